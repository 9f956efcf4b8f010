//! Random graphs give one answer: on the data set, in batches of any cut, row by row.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(clippy::cast_possible_wrap, reason = "few rows, short texts")]
#![allow(clippy::many_single_char_names, reason = "a letter tells the type: float, int, text, truth")]

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use varvite_flow::arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use varvite_flow::{
    Count, Dataflow, Folded, LateRows, MinMax, Module, Moments, Node, Sum, Whole, Window, WindowSpec, assert_agreement,
};

/// A row: how much later it is than the one before (less than 0: earlier), and its values.
type Row = (i64, Option<f64>, Option<i64>, Option<&'static str>, Option<bool>);

fn batch(start: i64, rows: &[Row]) -> RecordBatch {
    let mut now = start;
    let times = rows.iter().map(|row| {
        now += row.0;
        now
    });
    let time: TimestampMicrosecondArray = times.collect::<Vec<_>>().into();
    let columns: [(&str, ArrayRef); 5] = [
        ("time", Arc::new(time.with_timezone("UTC"))),
        ("f0", Arc::new(rows.iter().map(|row| row.1).collect::<Float64Array>())),
        ("i0", Arc::new(rows.iter().map(|row| row.2).collect::<Int64Array>())),
        ("s0", Arc::new(rows.iter().map(|row| row.3).collect::<StringArray>())),
        ("b0", Arc::new(rows.iter().map(|row| row.4).collect::<BooleanArray>())),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
}

/// Columns by type, as far as they are made.
struct Names {
    floats: Vec<String>,
    ints: Vec<String>,
    texts: Vec<String>,
    truths: Vec<String>,
}

/// One node: which operation, which of the columns of each type, which span.
type Step = (u8, usize, usize, u64);

fn node(at: usize, step: Step, names: &mut Names, module: Module) -> Module {
    let (op, one, two, span) = step;
    let pick = |of: &[String], which: usize| of[which % of.len()].clone();
    let (f, g) = (pick(&names.floats, one), pick(&names.floats, two));
    let (i, s, b) = (pick(&names.ints, one), pick(&names.texts, two), pick(&names.truths, one));
    let (f, g, i, s, b) = (f.as_str(), g.as_str(), i.as_str(), s.as_str(), b.as_str());
    let window = || WindowSpec::new("time", Duration::from_micros(span)).late_rows(LateRows::Drop);
    let name = format!("n{at}");
    let made = |names: &mut Vec<String>| names.push(name.clone());
    let helper = format!("whole{at}");
    match op % 13 {
        0 => {
            made(&mut names.floats);
            module.node(Node::row(&name, [f, g], |f: f64, g: Option<f64>| g.map(|g| f - g)))
        }
        1 => {
            made(&mut names.ints);
            module.node(Node::row(&name, [i, s], |i: i64, s: Option<&str>| {
                i.wrapping_add(s.map_or(-1, |s| s.len() as i64))
            }))
        }
        2 => {
            made(&mut names.texts);
            module.node(Node::row(&name, [s, i], |s: &str, i: Option<i64>| (s.len() < 40).then(|| format!("{s}{i:?}"))))
        }
        3 => {
            made(&mut names.truths);
            module.node(Node::row(&name, [f, b], |f: f64, b: bool| (f > 0.0) ^ b))
        }
        4 => {
            made(&mut names.floats);
            let module = module.node(Node::whole(&helper, [f], |f: Folded<Moments>| Whole(f.mean())));
            module.node(Node::row(&name, [g, &helper], |g: f64, mean: Whole<f64>| g - *mean))
        }
        5 => {
            made(&mut names.floats);
            module.node(Node::row(&name, [g, f], |g: f64, f: Folded<MinMax>| f.max().map(|max| g * max)))
        }
        6 => {
            made(&mut names.floats);
            module.node(Node::row(&name, [f], |f: Window<Sum>| f.sum()).with_window(f, window().by(s)))
        }
        7 => {
            made(&mut names.floats);
            let spec = window().by(i).by(b).without_own_row();
            module.node(Node::row(&name, [f], |f: Window<Moments>| f.mean()).with_window(f, spec))
        }
        8 => {
            made(&mut names.ints);
            let count = |s: Window<Count>, i: Option<i64>| s.count as i64 * 10 + i.unwrap_or(1) % 3;
            module.node(
                Node::row(&name, ["text", "number"], count)
                    .with_binding("text", varvite_flow::Binding::source(s))
                    .with_binding("number", varvite_flow::Binding::source(i))
                    .with_window("text", window()),
            )
        }
        9 => {
            made(&mut names.texts);
            module.node(Node::row(&name, [b, s], |b: Option<bool>, s: Option<String>| match b {
                Some(true) => s,
                Some(false) => Some("no".to_owned()),
                None => None,
            }))
        }
        10 => {
            made(&mut names.floats);
            module.node(
                Node::row(&name, [f, g], |f: Window<MinMax>, g: f64| f.min().map(|min| g - min))
                    .with_window(f, window()),
            )
        }
        11 => {
            made(&mut names.ints);
            let module = module.node(Node::whole(&helper, [i], |i: Folded<Count>| Whole(i.count as i64)));
            module.node(Node::row(&name, [&helper, b], |count: Whole<i64>, b: Option<bool>| {
                *count + i64::from(b == Some(true))
            }))
        }
        _ => {
            made(&mut names.truths);
            module.node(Node::row(&name, [s], |s: Option<&str>| s.is_none_or(|s| s.contains('a'))))
        }
    }
}

fn graph(steps: &[Step]) -> (Dataflow, Vec<String>) {
    let first = |name: &str| vec![name.to_owned()];
    let mut names = Names { floats: first("f0"), ints: first("i0"), texts: first("s0"), truths: first("b0") };
    let mut module = Module::new();
    for (at, &step) in steps.iter().enumerate() {
        // Two windows or rows of one column in one function are one parameter, which is no matter here.
        let (op, one, two, span) = step;
        let two =
            if names.floats.len() > 1 && one % names.floats.len() == two % names.floats.len() { two + 1 } else { two };
        let op = if names.floats.len() == 1 && matches!(op % 13, 0 | 5 | 10) { 6 } else { op };
        module = node(at, (op, one, two, span), &mut names, module);
    }
    let flow = Dataflow::builder().with(module).build().unwrap();
    (flow, (0..steps.len()).map(|at| format!("n{at}")).collect())
}

fn row() -> impl Strategy<Value = Row> {
    let text = prop::sample::select(vec!["", "a", "b", "ab"]);
    let step = prop_oneof![9 => 0i64..4, 1 => Just(-1i64)];
    let float = prop_oneof![4 => -9.0..9.0, 1 => Just(f64::NAN), 1 => -1e15..1e15];
    (step, prop::option::of(float), prop::option::of(-9i64..9), prop::option::of(text), prop::option::of(any::<bool>()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn random_graphs_agree(
        steps in prop::collection::vec((any::<u8>(), any::<usize>(), any::<usize>(), 1u64..12), 1..14),
        rows in prop::collection::vec(row(), 1..50),
        cuts in prop::collection::vec(1usize..12, 1..8),
    ) {
        let (flow, names) = graph(&steps);
        let (mut batches, mut rest, mut start) = (Vec::new(), &rows[..], 0);
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (now, later) = rest.split_at((*cut).min(rest.len()));
            batches.push(batch(start, now));
            start += now.iter().map(|row| row.0).sum::<i64>();
            rest = later;
        }
        let request: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_agreement(&flow, &request, &batches);
        // The state is the same however the rows were cut.
        let fitted = flow.fit_named(&batches, &request).unwrap();
        let all = varvite_flow::arrow::compute::concat_batches(&batches[0].schema(), &batches).unwrap();
        let state = |batches: &[RecordBatch]| {
            let mut stream = flow.stream_named(&fitted, &request).unwrap();
            for batch in batches {
                stream.push(batch).unwrap();
            }
            stream.state().unwrap().to_json().unwrap()
        };
        prop_assert_eq!(state(&batches), state(&[all]));
    }
}
