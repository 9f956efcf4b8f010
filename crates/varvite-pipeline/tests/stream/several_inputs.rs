//! Jobs of several inputs, which are walked over together.

use proptest::prelude::*;
use varvite_dataset::{Dataset, ScanOptions, WriteOptions};
use varvite_pipeline::{HoldBack, InputRows, Late, Stateful, StepError, StreamJob, StreamOptions};

use crate::world::{Row, World, batch, dataset, input_options, rows};

/// Each row of `trades` gets the last value of `quotes` at or before it.
fn as_of() -> Stateful<Option<i64>> {
    Stateful::over("as-of", 1, None, |last: &mut Option<i64>, given: &InputRows| {
        let of = |name: &str| given.get(name).map(rows).unwrap_or_default();
        let (quotes, trades) = (of("quotes"), of("trades"));
        let mut quotes = quotes.into_iter().peekable();
        let made: Vec<Row> = trades
            .into_iter()
            .map(|(at, _)| {
                while let Some((_, n)) = quotes.next_if(|quote| quote.0 <= at) {
                    *last = Some(n);
                }
                (at, last.unwrap_or(-1))
            })
            .collect();
        *last = quotes.last().map(|quote| quote.1).or(*last);
        Ok::<_, StepError>(batch(&made))
    })
}

fn expected(quotes: &[Row], trades: &[Row]) -> Vec<Row> {
    let last = |at: i64| quotes.iter().rev().find(|quote| quote.0 <= at).map_or(-1, |quote| quote.1);
    trades.iter().map(|&(at, _)| (at, last(at))).collect()
}

struct Two {
    quotes: Dataset,
    trades: Dataset,
    output: Dataset,
}

impl Two {
    fn new() -> Self {
        let World { storage, input, output } = World::new();
        Self { quotes: dataset(storage, "quotes"), trades: input, output }
    }

    fn job(&self, options: StreamOptions) -> StreamJob {
        StreamJob::new("as-of", "quotes", &self.quotes, &self.output, WriteOptions::ordered_on("at"))
            .with_input("trades", &self.trades)
            .with_columns(["n"])
            .with_options(options)
    }
}

fn read(dataset: &Dataset) -> Vec<Row> {
    dataset.refresh().unwrap();
    if dataset.schema().is_none() { Vec::new() } else { rows(&dataset.read(&ScanOptions::default()).unwrap()) }
}

#[test]
fn an_input_may_not_be_stored_yet() {
    let two = Two::new();
    let _ = two.trades.write(batch(&[(1, 0), (2, 0)]), &input_options()).unwrap();
    let _ = two.job(StreamOptions::default()).run(as_of()).unwrap();
    assert_eq!(read(&two.output), [(1, -1), (2, -1)]);
    // Rows behind what was taken are late in an input of any age.
    let _ = two.quotes.write(batch(&[(1, 5), (3, 7)]), &input_options()).unwrap();
    let error = two.job(StreamOptions::default()).run(as_of()).unwrap_err();
    assert_eq!(error.code(), "VV1005", "{error}");
    let ignore = StreamOptions::default().with_late(Late::Ignore);
    let _ = two.trades.write(batch(&[(4, 0)]), &input_options()).unwrap();
    let report = two.job(ignore).run(as_of()).unwrap();
    assert_eq!(report.inputs.iter().map(|input| input.late_rows).collect::<Vec<_>>(), [1, 0], "{report}");
    assert_eq!(read(&two.output), [(1, -1), (2, -1), (4, 7)]);
}

#[test]
fn held_back_the_slower_input_counts() {
    let two = Two::new();
    let _ = two.quotes.write(batch(&[(1, 5), (3, 7)]), &input_options()).unwrap();
    let _ = two.trades.write(batch(&[(1, 0), (2, 0), (3, 0), (9, 0)]), &input_options()).unwrap();
    let held = StreamOptions::default().with_hold_back(HoldBack::Newest);
    let _ = two.job(held.clone()).run(as_of()).unwrap();
    assert_eq!(read(&two.output), [(1, 5), (2, 5)]);
    let _ = two.quotes.write(batch(&[(3, 8), (10, 1)]), &input_options()).unwrap();
    let _ = two.job(held).run(as_of()).unwrap();
    assert_eq!(read(&two.output), [(1, 5), (2, 5), (3, 8)]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, failure_persistence: None, ..ProptestConfig::default() })]

    /// Rows of both come in order of time, split anywhere, and are held back until the slower input is there.
    #[test]
    fn any_split_comes_to_the_same(
        quotes in proptest::collection::vec(0_i64..4, 0..60),
        trades in proptest::collection::vec(0_i64..4, 0..60),
        cuts in proptest::collection::vec((0_usize..60, 0_usize..60, 1_usize..9), 0..6),
    ) {
        let times = |steps: &[i64]| -> Vec<Row> {
            let add = |at: &mut i64, step: &i64| { *at += step; Some(*at) };
            (1..).zip(steps.iter().scan(0, add)).map(|(n, at)| (at, n)).collect()
        };
        let (quotes, trades) = (times(&quotes), times(&trades));
        let two = Two::new();
        let mut done = (0, 0);
        let write = |dataset: &Dataset, new: &[Row]| {
            if !new.is_empty() {
                let _ = dataset.write(batch(new), &input_options()).unwrap();
            }
        };
        for (quote, trade, commit) in cuts {
            let (quote, trade) = (quote.clamp(done.0, quotes.len()), trade.clamp(done.1, trades.len()));
            write(&two.quotes, &quotes[done.0..quote]);
            write(&two.trades, &trades[done.1..trade]);
            done = (quote, trade);
            // Before both are there nothing can be said to be complete.
            if two.quotes.exists() && two.trades.exists() {
                let options = StreamOptions::default().with_hold_back(HoldBack::Newest).with_commit_rows(commit);
                let _ = two.job(options).run(as_of()).unwrap();
            }
        }
        write(&two.quotes, &quotes[done.0..]);
        write(&two.trades, &trades[done.1..]);
        let _ = two.job(StreamOptions::default()).run(as_of()).unwrap();
        prop_assert_eq!(read(&two.output), expected(&quotes, &trades));
    }
}
