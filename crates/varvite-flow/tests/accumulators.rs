//! Accumulators that users write: of any column, and of the same name; and what else tells states apart.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use varvite_flow::arrow::array::{ArrayRef, Float64Array, Int32Array, RecordBatch, TimestampMicrosecondArray};
use varvite_flow::{
    Accumulator, Binding, Check, Dataflow, Folded, Item, Kind, Module, Moments, Node, Part, Sum, Whole, Window,
    WindowSpec, assert_agreement,
};

macro_rules! accumulator {
    ($item:ident, $ty:ty) => {
        #[derive(Debug, Clone, Default, Serialize, Deserialize)]
        pub(crate) struct Total(pub(crate) i64);

        impl Accumulator for Total {
            const ITEM: Item = Item::$item;

            fn fold(&mut self, part: &Part<'_>) {
                #[allow(clippy::cast_possible_truncation, clippy::cast_lossless, reason = "small numbers")]
                part.for_each(|value: $ty| self.0 += value as i64);
            }

            fn merge(&mut self, later: &Self) {
                self.0 += later.0;
            }
        }
    };
}

mod one {
    use super::*;
    accumulator!(Any, i32);
}

mod two {
    use super::*;
    accumulator!(F64, f64);
}

fn window() -> WindowSpec {
    WindowSpec::new("t", Duration::from_secs(10))
}

fn rows(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let len = i64::try_from(columns[0].1.len()).unwrap();
    let t: ArrayRef = Arc::new((0..len).map(Some).collect::<TimestampMicrosecondArray>());
    RecordBatch::try_from_iter(columns.into_iter().chain([("t", t)])).unwrap()
}

#[test]
fn a_window_of_any_column_sees_its_type_row_by_row_too() {
    #[expect(clippy::cast_possible_truncation, reason = "small numbers")]
    let whole = Node::row("i", ["x"], |x: f64| x as i32);
    let module =
        Module::new().node(whole).node(Node::row("m", ["i"], |i: Window<one::Total>| i.0).with_window("i", window()));
    let flow = Dataflow::builder().with(module).build().unwrap();
    let x: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0, 4.0]));
    assert_agreement(&flow, &["m"], &[rows(vec![("x", x)])]);
}

#[test]
fn two_accumulators_of_one_name_over_one_column_are_refused() {
    let node = Node::row("y", ["x", "a", "b"], |_: f64, a: Folded<two::Total>, b: Folded<one::Total>| a.0 + b.0);
    let node = node.with_binding("a", Binding::source("x")).with_binding("b", Binding::source("x"));
    let error = Dataflow::builder().with(Module::new().node(node)).build().unwrap_err();
    assert_eq!((error.kind(), &error.problems[0].names[..]), (Kind::TypeMismatch, &["x".to_owned()][..]));
    assert!(error.to_string().contains("called Total"), "{error}");
}

#[test]
fn both_zeros_are_one_key_and_one_value() {
    let module = Module::new()
        .node(Node::row("m", ["x"], |x: Window<Sum>| x.sum()).with_window("x", window().by("k")))
        .node(Node::row("k2", ["k"], |k: f64| k).with_check(Check::unique()));
    let flow = Dataflow::builder().with(module).build().unwrap();
    let x: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0]));
    let k: ArrayRef = Arc::new(Float64Array::from(vec![0.0, -0.0]));
    let rows = rows(vec![("x", x), ("k", k)]);
    let made = flow.run().frame(&rows).get_named(&["m"]).unwrap();
    assert_eq!(made.column::<f64>("m").unwrap().to_vec(), [Some(1.0), Some(3.0)]);
    assert_eq!(flow.run().frame(&rows).get_named(&["k2"]).unwrap_err().kind(), Kind::CheckFailed);
}

#[test]
fn a_fit_under_another_config_is_refused() {
    let flow = |scale: f64| {
        let module = Module::new()
            .node(Node::whole("total", ["x", "scale"], |x: Folded<one::Total>, scale: Whole<f64>| {
                Whole(x.0 > 1 && *scale > 1.0)
            }))
            .node(Node::row("y", ["x", "total"], |_: i32, total: Whole<bool>| *total));
        Dataflow::builder().with(module).config("scale", scale).build().unwrap()
    };
    let x: ArrayRef = Arc::new(Int32Array::from(vec![1, 2]));
    let fitted = flow(1.0).fit_named(&[rows(vec![("x", x)])], &["y"]).unwrap();
    assert!(flow(1.0).stream_named(&fitted, &["y"]).is_ok());
    assert_eq!(flow(2.0).stream_named(&fitted, &["y"]).err().unwrap().kind(), Kind::OtherGraph);
}

/// The mean of what a sum can tell, however rows are cut into parts.
#[test]
fn infinite_values_have_an_infinite_mean_and_no_deviation() {
    let nan = f64::NAN;
    let inf = f64::INFINITY;
    let cases: [(&[f64], f64); 7] = [
        (&[1.0, inf, 2.0], inf),
        (&[inf, 1.0], inf),
        (&[1.0, inf, inf, 3.0], inf),
        (&[1.0, -inf, 2.0, -inf], -inf),
        (&[inf, 1.0, -inf], nan),
        (&[-inf, 1.0, inf, 1.0], nan),
        (&[inf, 1.0, nan, inf], nan),
    ];
    let nodes = [
        Node::whole("mean", ["x"], |x: Folded<Moments>| Whole(x.mean())),
        Node::whole("std", ["x"], |x: Folded<Moments>| Whole(x.std())),
        Node::row("mean_of_all", ["mean"], |mean: Whole<f64>| *mean),
        Node::row("std_of_all", ["std"], |std: Whole<f64>| *std),
    ];
    let flow = Dataflow::builder().with(Module::new().nodes(nodes)).build().unwrap();
    let batch = |values: &[f64]| {
        let x: ArrayRef = Arc::new(Float64Array::from(values.to_vec()));
        RecordBatch::try_from_iter([("x", x)]).unwrap()
    };
    for (values, mean) in cases {
        for cut in 0..values.len() {
            let (one, two) = values.split_at(cut);
            let fitted = flow.fit_named(&[batch(one), batch(two)], &["mean_of_all", "std_of_all"]).unwrap();
            let found = |name: &str| fitted.get(name).unwrap().as_f64().unwrap();
            let same = found("mean").to_bits() == mean.to_bits() || found("mean").is_nan() && mean.is_nan();
            assert!(same, "{values:?} cut at {cut}: {}", found("mean"));
            assert!(found("std").is_nan(), "{values:?} cut at {cut}");
        }
    }
    // Parts that are folded each by itself.
    let fold = |values: &[f64]| flow.run().frame(&batch(values)).get_named(&["mean"]).unwrap().value::<f64>("mean");
    let mut many = vec![1.0; 200_000];
    assert_eq!(fold(&many), Some(1.0));
    many[70_000] = f64::INFINITY;
    assert_eq!(fold(&many), Some(f64::INFINITY));
}
