//! Bins by random splits, batch sizes, interruptions and late data equal those of all rows at once.

use arrow::array::RecordBatch;
use proptest::prelude::*;
use varvite_dataset::{Retention, ScanOptions};
use varvite_pipeline::{HoldBack, Late, Scope, Stateful, StepError, StreamOptions};

use crate::world::{Open, Row, World, batch, binned, forget, input_options, minute_sums, rows};

#[derive(Debug, Clone)]
enum Event {
    /// Rows come, so many seconds after the newest one, or before it.
    Rows(Vec<(i64, i64)>),
    /// Rows of a stretch go.
    Delete(i64, i64),
    /// A run that dies when it has been given so many batches.
    Run { dies_at: Option<usize>, batch_rows: usize, commit_rows: usize, hold_back: bool },
}

fn event() -> impl Strategy<Value = Event> {
    let rows = proptest::collection::vec((-150_i64..200, -9_i64..9), 1..30);
    let run = (proptest::option::of(0_usize..6), 1_usize..40, 1_usize..60, any::<bool>());
    prop_oneof![
        3 => rows.prop_map(Event::Rows),
        1 => (0_i64..600, 1_i64..100).prop_map(|(from, len)| Event::Delete(from, len)),
        4 => run.prop_map(|(dies_at, batch_rows, commit_rows, hold_back)| Event::Run { dies_at, batch_rows, commit_rows, hold_back }),
    ]
}

/// Minute sums that die.
fn mortal(dies_at: Option<usize>) -> Stateful<Open> {
    let mut step = minute_sums();
    let mut given = 0;
    Stateful::over("minute-sums", 1, Open::default(), move |open: &mut Open, rows| {
        use varvite_pipeline::{State, Step};
        given += 1;
        if dies_at.is_some_and(|at| given > at) {
            return Err(StepError::from("dead"));
        }
        step.begin(Some(&State::encode(open)?))?;
        let made: RecordBatch = step.push(rows)?;
        *open = step.state()?.decode()?;
        Ok(made)
    })
    .with_scope(Scope::Tile("1m".parse().unwrap()))
}

fn play(events: &[Event], keeps_versions: bool) {
    let world = World::new();
    let mut write = input_options();
    if !keeps_versions {
        write = write.with_retention(Retention::NEWEST);
    }
    let mut newest = 300;
    for event in events {
        match event {
            Event::Rows(list) => {
                let mut new: Vec<Row> = list.iter().map(|&(after, n)| ((newest + after).max(0), n)).collect();
                new.sort_by_key(|row| row.0);
                newest = newest.max(new.last().map_or(0, |row| row.0));
                let _ = world.input.write(batch(&new), &write).unwrap();
                if !keeps_versions {
                    forget(&world.input);
                }
            }
            Event::Delete(from, len) if keeps_versions && world.input.exists() => {
                let _ = world.input.delete_range(*from..from + len, &write).unwrap();
            }
            Event::Delete(..) => {}
            Event::Run { dies_at, batch_rows, commit_rows, hold_back } => {
                let hold_back = if *hold_back { HoldBack::Newest } else { HoldBack::Nothing };
                let options = StreamOptions::default()
                    .with_late(Late::Recompute)
                    .with_batch_rows(*batch_rows)
                    .with_commit_rows(*commit_rows)
                    .with_hold_back(hold_back);
                match world.bins().with_options(options).run(mortal(*dies_at)) {
                    Ok(_) => {}
                    Err(error) => assert_eq!(error.code(), "VV1012", "{error}"),
                }
            }
        }
    }
    let _ = world.bins().with_options(StreamOptions::default().with_late(Late::Recompute)).run(minute_sums()).unwrap();
    let all = if world.input.exists() { rows(&world.input.read(&ScanOptions::default()).unwrap()) } else { Vec::new() };
    assert_eq!(world.stored(), binned(&all));
}

/// Late rows are computed anew in a commit of their own: what came to the watermark is taken after it, by whichever run.
#[test]
fn rows_at_the_watermark_are_taken_by_the_run_after_one_that_died_when_it_had_computed_anew() {
    let run = |dies_at| Event::Run { dies_at, batch_rows: 1, commit_rows: 1, hold_back: false };
    let late = Event::Rows(vec![(-1, 4), (0, 1), (1, 2)]);
    for keeps_versions in [true, false] {
        play(&[Event::Rows(vec![(0, 8)]), run(None), late.clone(), run(Some(1))], keeps_versions);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bins_of_a_stream_are_those_of_all_rows(events in proptest::collection::vec(event(), 1..12)) {
        play(&events, true);
    }

    #[test]
    fn so_they_are_where_only_the_log_tells_what_came(events in proptest::collection::vec(event(), 1..12)) {
        play(&events, false);
    }
}
