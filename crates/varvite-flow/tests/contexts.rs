//! One graph in three contexts: the same answers to the bit, and refusals where there can be none.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use proptest::prelude::*;
use varvite_flow::arrow::array::{ArrayRef, Float64Array, RecordBatch};
use varvite_flow::{
    Check, Column, Dataflow, Fitted, Folded, Kind, Module, Moments, Node, Severity, Sum, Value, Whole, assert_agreement,
};

fn batch(columns: &[(&str, Vec<Option<f64>>)]) -> RecordBatch {
    let columns =
        columns.iter().map(|(name, values)| (*name, Arc::new(Float64Array::from(values.clone())) as ArrayRef, true));
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn scaled() -> Module {
    Module::new()
        .node(Node::whole("mean", ["x"], |x: Folded<Moments>| Whole(x.mean())))
        .node(Node::whole("std", ["x"], |x: Folded<Moments>| Whole(x.std())))
        .node(Node::row("z", ["x", "mean", "std"], |x: f64, mean: Whole<f64>, std: Whole<f64>| (x - *mean) / *std))
}

fn flow(module: Module) -> Dataflow {
    Dataflow::builder().with(module).build().unwrap()
}

#[test]
fn a_fit_is_stored_and_comes_back() {
    let flow = flow(scaled());
    let rows = batch(&[("x", vec![Some(1.0), None, Some(4.0), Some(4.0)])]);
    let fitted = flow.fit_named(&[rows], &["z"]).unwrap();
    assert_eq!(fitted.names().collect::<Vec<_>>(), ["mean", "std"]);
    let back: Fitted = serde_json::from_str(&serde_json::to_string(&fitted).unwrap()).unwrap();
    assert_eq!(back, fitted);
    assert_eq!(back.get("mean"), Some(Value::F64(3.0)));
}

#[test]
fn another_graph_s_fit_is_refused() {
    let fitted = flow(scaled()).fit_named(&[batch(&[("x", vec![Some(1.0)])])], &["z"]).unwrap();
    let other = flow(scaled().node(Node::row("y", ["x"], |x: f64| x)));
    assert_eq!(other.stream_named(&fitted, &["z"]).err().unwrap().kind(), Kind::OtherGraph);
    assert_eq!(other.online_named(&fitted, &["z"]).err().unwrap().kind(), Kind::OtherGraph);
}

#[test]
fn what_was_not_fitted_is_named() {
    let flow = flow(scaled());
    let fitted = flow.fit_named(&[batch(&[("x", vec![Some(1.0)])])], &["mean"]).unwrap();
    let error = flow.online_named(&fitted, &["z"]).err().unwrap();
    assert_eq!((error.kind(), &error.problems[0].names[..]), (Kind::NeedsFitted, &["std".to_owned()][..]));
}

#[test]
fn what_needs_no_data_set_goes_without_a_fit() {
    let flow = flow(scaled().node(Node::row("half", ["x"], |x: f64| x / 2.0)));
    let error = flow.fit_named(&[], &["half"]).unwrap_err();
    assert!(error.to_string().contains("`unfitted`"), "{error}");
    let mut online = flow.online_named(&flow.unfitted(), &["half"]).unwrap();
    assert_eq!(online.call(&[Value::F64(3.0)]).unwrap(), [Value::F64(1.5)]);
    assert_eq!(flow.online_named(&flow.unfitted(), &["z"]).unwrap_err().kind(), Kind::NeedsFitted);
    let known = flow.unfitted().replace("mean", 2.0).replace("std", 4.0);
    let made = flow.stream_named(&known, &["z"]).unwrap().push(&batch(&[("x", vec![Some(4.0)])])).unwrap();
    assert_eq!(made.column::<f64>("z").unwrap().to_vec(), [Some(0.5)]);
}

#[test]
fn a_run_fits_with_its_inputs_and_replacements() {
    let limit = |x: Folded<Moments>, factor: Whole<f64>| Whole(x.mean() * *factor);
    let module = scaled().node(Node::whole("limit", ["x", "factor"], limit)).node(Node::row(
        "over",
        ["z", "limit"],
        |z: f64, limit: Whole<f64>| z > *limit,
    ));
    let (flow, rows) = (flow(module), batch(&[("x", vec![Some(1.0), Some(3.0)])]));
    assert_eq!(flow.fit_named(std::slice::from_ref(&rows), &["over"]).unwrap_err().kind(), Kind::MissingInput);
    let fitted = flow.run().frame(&rows).input("factor", 2.0).replace_named("std", 4.0).fit_named(&["over"]).unwrap();
    let of = |name: &str| fitted.get(name).unwrap();
    assert_eq!((of("limit"), of("mean"), of("std")), (Value::F64(4.0), Value::F64(2.0), Value::F64(4.0)));
    // What was fitted needs its inputs no more.
    let mut stream = flow.stream_named(&fitted, &["over"]).unwrap();
    let made = stream.push(&batch(&[("x", vec![Some(20.0)])])).unwrap();
    assert_eq!(made.column::<bool>("over").unwrap().to_vec(), [Some(true)]);
}

#[test]
fn a_whole_column_is_refused_outside_a_data_set() {
    let flow = flow(Module::new().node(Node::whole("rank", ["x"], |x: Column<f64>| x)).node(Node::row(
        "y",
        ["rank"],
        |rank: f64| rank,
    )));
    let fitted = flow.fit_named(&[batch(&[("x", vec![Some(1.0)])])], &["y"]).unwrap();
    for error in [flow.online_named(&fitted, &["y"]).err().unwrap(), flow.stream_named(&fitted, &["y"]).err().unwrap()]
    {
        assert_eq!((error.kind(), &error.problems[0].names[..]), (Kind::NeedsFitted, &["rank".to_owned()][..]));
    }
}

#[test]
fn a_running_stream_takes_each_batch_in_first() {
    let flow = flow(Module::new().node(Node::whole("total", ["x"], |x: Folded<Sum>| Whole(x.sum()))).node(Node::row(
        "share",
        ["x", "total"],
        |x: f64, total: Whole<f64>| x / *total,
    )));
    let fitted = flow.fit_named(&[batch(&[("x", vec![Some(2.0)])])], &["share"]).unwrap();
    let mut stream = flow.running_stream_named(&fitted, &["share"]).unwrap();
    let share = |made: varvite_flow::Outputs| made.column::<f64>("share").unwrap().to_vec();
    assert_eq!(share(stream.push(&batch(&[("x", vec![Some(6.0)])])).unwrap()), [Some(0.75)]);
    // The state goes through storage, and the stream goes on.
    let state = Fitted::from_json(&stream.state().unwrap().to_json().unwrap()).unwrap();
    let mut resumed = flow.running_stream_named(&state, &["share"]).unwrap();
    assert_eq!(share(resumed.push(&batch(&[("x", vec![Some(8.0)])])).unwrap()), [Some(0.5)]);
}

#[test]
fn checks_hold_on_single_rows_unless_they_need_more() {
    let of = |check: Check| flow(Module::new().node(Node::row("y", ["x"], |x: f64| x).with_check(check)));
    let fitted = |flow: &Dataflow| flow.fit_named(&[batch(&[("x", vec![Some(1.0)])])], &["y"]).unwrap();
    let ranged = of(Check::range(0.0..=2.0));
    let mut online = ranged.online_named(&fitted(&ranged), &["y"]).unwrap();
    assert_eq!(online.call(&[Value::F64(1.0)]).unwrap(), [Value::F64(1.0)]);
    assert_eq!(online.call(&[Value::F64(3.0)]).unwrap_err().kind(), Kind::CheckFailed);
    let warned = of(Check::range(0.0..=2.0).with_severity(Severity::Warn));
    assert!(warned.online_named(&fitted(&warned), &["y"]).unwrap().call(&[Value::F64(3.0)]).is_ok());
    let unique = of(Check::unique());
    assert_eq!(unique.online_named(&fitted(&unique), &["y"]).err().unwrap().kind(), Kind::CheckNotApplicable);
}

#[test]
fn an_input_with_a_default_is_not_asked_for() {
    let scaled = Node::row("y", ["x", "factor"], |x: f64, factor: f64| x * factor).with_default("factor", 2.0);
    let flow = flow(Module::new().node(scaled));
    let fitted = flow.fit_named(&[batch(&[("x", vec![Some(1.0)])])], &["y"]).unwrap();
    let mut online = flow.online_named(&fitted, &["y"]).unwrap();
    assert_eq!(online.required_inputs().map(|(name, _)| name).collect::<Vec<_>>(), ["x"]);
    assert_eq!(online.call(&[Value::F64(3.0)]).unwrap(), [Value::F64(6.0)]);
    let mut both = flow.online_given(&fitted, &["y"], &["factor"]).unwrap();
    assert_eq!(both.required_inputs().map(|(name, _)| name).collect::<Vec<_>>(), ["factor", "x"]);
    assert_eq!(both.call(&[Value::F64(5.0), Value::F64(3.0)]).unwrap(), [Value::F64(15.0)]);
    let mut stream = flow.stream_named(&fitted, &["y"]).unwrap();
    let made = stream.push(&batch(&[("x", vec![Some(1.0)])])).unwrap();
    assert_eq!(made.column::<f64>("y").unwrap().to_vec(), [Some(2.0)]);
}

#[test]
fn a_fit_goes_through_batches_one_by_one() {
    let flow = flow(scaled());
    let of = |values: &[f64]| batch(&[("x", values.iter().copied().map(Some).collect())]);
    let whole = flow.fit_named(&[of(&[1.0, 2.0, 3.0, 6.0])], &["z"]).unwrap();
    let parts = flow.fit_named(&[of(&[1.0]), of(&[2.0, 3.0]), of(&[]), of(&[6.0])], &["z"]).unwrap();
    assert_eq!((parts.num_rows(), parts.get("mean")), (4, whole.get("mean")));
    let other = batch(&[("y", vec![Some(1.0)])]);
    assert!(flow.fit_named(&[of(&[1.0]), other], &["z"]).is_err());
}

#[test]
fn what_cannot_be_stored_is_refused_with_the_node_s_name() {
    let pair = Node::whole("pair", ["x"], |x: Folded<Moments>| Whole((x.mean(), x.count())));
    let flow =
        flow(Module::new().node(pair).node(Node::row("y", ["x", "pair"], |x: f64, pair: &(f64, u64)| x - pair.0)));
    let error = flow.fit_named(&[batch(&[("x", vec![Some(1.0)])])], &["y"]).unwrap_err();
    assert_eq!((error.kind(), &error.problems[0].names[..]), (Kind::NotStorable, &["pair".to_owned()][..]));
    assert!(Fitted::from_json("{\"form\": 9}").unwrap_err().to_string().contains("form 9"));
}

/// One node of a random graph: which operation, and which earlier columns it reads.
type Plan = Vec<(u8, usize, usize)>;

fn random(plan: &Plan) -> (Module, Vec<String>) {
    let mut names = vec!["a".to_owned(), "b".to_owned()];
    let mut module = Module::new();
    for (at, &(op, one, two)) in plan.iter().enumerate() {
        let (one, two) = (names[one % names.len()].clone(), names[two % names.len()].clone());
        let (name, params) = (format!("n{at}"), [one.as_str(), two.as_str()]);
        let node = match op % 5 {
            0 => Node::row(&name, params, |one: f64, two: f64| one + two),
            1 => Node::row(&name, params, |one: f64, two: Option<f64>| two.map(|two| one * two)),
            2 => Node::row(&name, params, |one: Option<f64>, two: Option<f64>| one.or(two).unwrap_or(-1.0)),
            3 => Node::row(&name, params, |one: f64, two: f64| (two > 0.0).then_some(one / two)),
            _ => {
                let mean = format!("mean{at}");
                let module_mean = Node::whole(&mean, [params[0]], |x: Folded<Moments>| Whole(x.mean()));
                module = module.node(module_mean);
                Node::row(&name, [&mean, params[1]], |mean: Whole<f64>, two: f64| two - *mean)
            }
        };
        module = module.node(node);
        names.push(name);
    }
    (module, names.split_off(2))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn random_graphs_agree_in_all_contexts(
        plan in prop::collection::vec((any::<u8>(), any::<usize>(), any::<usize>()), 1..12),
        rows in prop::collection::vec((prop::option::of(-9.0..9.0), prop::option::of(-9.0..9.0)), 1..40),
        cuts in prop::collection::vec(1usize..12, 1..8),
    ) {
        let (module, names) = random(&plan);
        let flow = flow(module);
        let mut batches = Vec::new();
        let mut rest = &rows[..];
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (now, later) = rest.split_at((*cut).min(rest.len()));
            let a = now.iter().map(|row| row.0).collect();
            batches.push(batch(&[("a", a), ("b", now.iter().map(|row| row.1).collect())]));
            rest = later;
        }
        let request: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_agreement(&flow, &request, &batches);
    }
}

#[test]
fn what_is_replaced_by_hand_goes_before_what_was_fitted() {
    let flow = flow(scaled());
    let rows = batch(&[("x", vec![Some(1.0), Some(5.0)])]);
    let fitted = flow.fit_named(std::slice::from_ref(&rows), &["z"]).unwrap();
    let run = flow.run().fitted(&fitted).replace_named("mean", 0.0).replace_named("std", 2.0);
    let made = run.frame(&rows).get_named(&["z"]).unwrap();
    assert_eq!(made.column::<f64>("z").unwrap().to_vec(), [Some(0.5), Some(2.5)]);
    let fitted = flow.fit_named(std::slice::from_ref(&rows), &["mean"]).unwrap();
    let made = flow.run().fitted(&fitted).replace_named("std", 2.0).frame(&rows).get_named(&["z"]).unwrap();
    assert_eq!(made.column::<f64>("z").unwrap().to_vec(), [Some(-1.0), Some(1.0)]);
}

#[test]
fn a_misspelt_replacement_is_told_before_what_it_leaves_lacking() {
    let flow = flow(scaled());
    let misspelt = flow.unfitted().replace("meann", 1.0).replace("std", 1.0);
    for error in [flow.stream_named(&misspelt, &["z"]).err(), flow.online_named(&misspelt, &["z"]).err()] {
        assert_eq!(error.unwrap().to_string(), "there is no node `meann`; did you mean `mean`?");
    }
}

#[test]
fn a_column_that_comes_twice_is_refused_if_it_is_read() {
    let flow = flow(Module::new().node(Node::row("y", ["x"], |x: f64| x)));
    let rows = batch(&[("x", vec![Some(1.0)]), ("x", vec![Some(2.0)]), ("n", vec![None]), ("n", vec![None])]);
    let offline = flow.run().frame(&rows).get_named(&["y"]).map(|_| ()).unwrap_err();
    let streamed = flow.stream_named(&flow.unfitted(), &["y"]).unwrap().push(&rows).map(|_| ()).unwrap_err();
    for error in [offline, streamed] {
        assert_eq!(error.kind(), Kind::InputTypeMismatch);
        assert_eq!(error.to_string(), "the rows have several columns `x`: which is meant?");
    }
    let rows = rows.project(&[0, 2, 3]).unwrap();
    assert!(flow.run().frame(&rows).get_named(&["y"]).is_ok(), "nobody reads the other");
}

#[test]
fn a_missing_input_comes_with_the_column_that_may_have_been_meant() {
    let flow = flow(scaled());
    let rows = batch(&[("X", vec![Some(1.0)]), ("y", vec![None])]);
    let unfitted = flow.unfitted().replace("mean", 0.0).replace("std", 1.0);
    for error in [
        flow.run().frame(&rows).get_named(&["z"]).err(),
        flow.run().frame(&rows).explain(&["z"]).err(),
        flow.fit_named(std::slice::from_ref(&rows), &["z"]).err(),
        flow.stream_named(&unfitted, &["z"]).unwrap().push(&rows).err(),
    ] {
        let error = error.unwrap();
        assert_eq!(error.kind(), Kind::MissingInput);
        assert!(error.to_string().ends_with("; did you mean `X`?"), "{error}");
    }
}

#[test]
fn a_row_of_too_few_values_is_told_what_is_wanted() {
    let flow = flow(Module::new().node(Node::row("sum", ["x", "y"], |x: f64, y: f64| x + y)));
    let mut online = flow.online_named(&flow.unfitted(), &["sum"]).unwrap();
    let error = online.call(&[Value::F64(1.0)]).map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "a row was given 1 values, and 2 are wanted: `x`, `y`");
}

#[test]
fn stored_values_with_a_part_that_is_not_known_are_refused() {
    let fitted = flow(scaled()).unfitted().to_json().unwrap();
    let other = fitted.replacen('{', "{\"windowz\":{},", 1);
    assert!(Fitted::from_json(&fitted).is_ok());
    assert!(Fitted::from_json(&other).unwrap_err().to_string().contains("unknown field `windowz`"));
}
