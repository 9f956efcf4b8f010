//! What runs, and what does not: needs, replacements, defaults, failures, fan-outs; against a naive evaluator.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(clippy::cast_possible_wrap, reason = "small graphs")]

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use varvite_flow::{All, Dataflow, Each, FlowType, Item, Kind, Module, Node, Phase, Value, Whole};

fn diamond(runs: &Arc<AtomicUsize>) -> Dataflow {
    let runs = Arc::clone(runs);
    let module = Module::new()
        .node(Node::value("a", ["x"], move |x: i64| {
            runs.fetch_add(1, Ordering::Relaxed);
            x + 1
        }))
        .node(Node::value("b", ["a"], |a: i64| a * 2))
        .node(Node::value("c", ["a", "y"], |a: i64, y: i64| a + y).with_default("y", 10_i64))
        .node(Node::value("d", ["b", "c"], |b: i64, c: i64| b + c));
    Dataflow::builder().with(module).build().unwrap()
}

#[test]
fn each_node_runs_once_and_only_if_needed() {
    let runs = Arc::new(AtomicUsize::new(0));
    let flow = diamond(&runs);
    let made = flow.run().input("x", 1_i64).get_named(&["d", "c"]).unwrap();
    assert_eq!((made.value::<i64>("d"), made.value::<i64>("c")), (Some(16), Some(12)));
    assert_eq!(runs.load(Ordering::Relaxed), 1);
    assert_eq!(flow.run().replace_named("a", 5_i64).get_named(&["b"]).unwrap().value::<i64>("b"), Some(10));
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}

#[test]
fn names_of_the_wrong_kind_are_refused_before_anything_runs() {
    let runs = Arc::new(AtomicUsize::new(0));
    let flow = diamond(&runs);
    let kind = |error: varvite_flow::Error| {
        assert_eq!(error.phase, Phase::Plan);
        error.problems.iter().map(|problem| problem.kind).collect::<Vec<_>>()
    };
    assert_eq!(kind(flow.run().get_named(&["d"]).unwrap_err()), [Kind::MissingInput]);
    assert_eq!(kind(flow.run().input("x", 1_i64).get_named(&["dd"]).unwrap_err()), [Kind::UnknownNode]);
    let both = flow.run().input("a", 1_i64).input("z", 1_i64).replace_named("x", 1_i64).get_named(&["d"]).unwrap_err();
    assert_eq!(kind(both), [Kind::InputIsNode, Kind::UnknownInput, Kind::OverrideIsInput]);
    assert_eq!(kind(flow.run().input("x", 1.5).get_named(&["d"]).unwrap_err()), [Kind::InputTypeMismatch]);
    assert_eq!(runs.load(Ordering::Relaxed), 0);
}

#[test]
fn a_partial_run_returns_what_does_not_need_the_failure() {
    let fail = |why: &'static str| move |_: &[&Value]| Err(why.to_owned());
    let module = Module::new()
        .node(Node::dynamic("p", vec![], FlowType::of::<i64>(), fail("one")))
        .node(Node::dynamic("q", vec![], FlowType::of::<i64>(), fail("two")))
        .node(Node::value("after", ["p"], |p: i64| p))
        .node(Node::value("fine", [], || 1_i64));
    let flow = Dataflow::builder().with(module).build().unwrap();
    let error = flow.run().get_named(&["p", "q"]).unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (Kind::NodeFailed, "node `p` failed: one"));
    let made = flow.run().get_partial(&["after", "q", "fine"]).unwrap();
    assert_eq!(made.get("after").unwrap().unwrap_err().names, ["p"]);
    assert_eq!(made.get("q").unwrap().unwrap_err().names, ["q"]);
    assert_eq!(made.get("fine").unwrap().unwrap(), &Value::I64(1));
}

#[test]
fn a_fan_out_is_collected_in_order() {
    let module = Module::new()
        .node(Node::whole("nums", ["n"], |n: Whole<i64>| Each((0..*n).collect::<Vec<i64>>())))
        .node(Node::value("square", ["nums", "bias"], |num: i64, bias: i64| num * num + bias))
        .node(Node::whole("all", ["square"], |all: All<i64>| Whole(all.0)))
        .node(Node::whole("largest", ["square"], |all: All<i64>| Whole(all.iter().copied().max())))
        .node(Node::value("gap", ["square", "largest"], |own: i64, largest: Option<i64>| largest.unwrap_or(0) - own))
        .node(Node::whole("gaps", ["gap"], |all: All<i64>| Whole(all.0)));
    let flow = Dataflow::builder().with(module).build().unwrap();
    let made = flow.run().input("n", 4_i64).input("bias", 1_i64).get_named(&["all", "gaps"]).unwrap();
    assert_eq!(made.value::<Vec<i64>>("all"), Some(vec![1, 2, 5, 10]));
    assert_eq!(made.value::<Vec<i64>>("gaps"), Some(vec![9, 8, 5, 0]));
    let of = |error: varvite_flow::Error| (error.phase, error.kind());
    let run = || flow.run().input("n", 4_i64).input("bias", 1_i64);
    assert_eq!(of(run().get_named(&["square"]).unwrap_err()), (Phase::Plan, Kind::InsideEach));
    assert_eq!(
        of(run().replace_named("square", 1_i64).get_named(&["all"]).unwrap_err()),
        (Phase::Plan, Kind::InsideEach)
    );
}

#[test]
fn a_chain_of_a_hundred_thousand_nodes_builds_and_runs() {
    let name = |at: usize| if at == 0 { "x".to_owned() } else { format!("n{at}") };
    let node = |at: usize| Node::value(name(at), [&name(at - 1)], |before: i64| before + 1);
    let flow = Dataflow::builder().with(Module::new().nodes((1..=100_000).map(node))).build().unwrap();
    let made = flow.run().input("x", 0_i64).get_named(&["n100000"]).unwrap();
    assert_eq!(made.value::<i64>("n100000"), Some(100_000));
}

/// Node `at` reads these, all before it; below 2 are inputs.
type Reads = Vec<Vec<usize>>;

fn naive(reads: &Reads, replaced: &HashMap<usize, i64>, at: usize, cache: &mut HashMap<usize, i64>) -> i64 {
    if at < 2 {
        return at as i64 + 3;
    }
    if let Some(value) = replaced.get(&at).or(cache.get(&at)) {
        return *value;
    }
    let sum =
        reads[at - 2].iter().map(|&source| naive(reads, replaced, source, cache)).fold(at as i64, i64::wrapping_add);
    cache.insert(at, sum);
    sum
}

proptest! {
    #[test]
    fn random_graphs_are_what_a_recursion_makes_of_them(
        seeds in prop::collection::vec(prop::collection::vec(any::<usize>(), 0..4), 1..40),
        wanted in prop::collection::vec(any::<usize>(), 1..5),
        replaced in prop::collection::vec((any::<usize>(), -99_i64..99), 0..3),
    ) {
        let reads: Reads = seeds.iter().enumerate().map(|(at, seeds)| seeds.iter().map(|seed| seed % (at + 2)).collect()).collect();
        let name = |at: usize| format!("n{at}");
        let nodes = reads.iter().enumerate().map(|(at, reads)| {
            let own = at as i64 + 2;
            let params = reads.iter().enumerate().map(|(which, _)| (format!("p{which}"), FlowType::one(Item::I64))).collect();
            let sum = move |args: &[&Value]| {
                Ok(Value::I64(args.iter().filter_map(|value| value.as_i64()).fold(own, i64::wrapping_add)))
            };
            let node = Node::dynamic(name(at + 2), params, FlowType::one(Item::I64), sum);
            reads.iter().enumerate().fold(node, |node, (which, &source)| {
                node.with_binding(&format!("p{which}"), varvite_flow::Binding::Source(name(source)))
            })
        });
        // Definition order does not matter.
        let mut nodes: Vec<Node> = nodes.collect();
        nodes.reverse();
        let flow = Dataflow::builder().with(Module::new().nodes(nodes)).build().unwrap();
        let replaced: HashMap<usize, i64> = replaced.iter().map(|(at, value)| (at % reads.len() + 2, *value)).collect();
        let wanted: Vec<usize> = wanted.iter().map(|at| at % reads.len() + 2).collect();
        let request: Vec<String> = wanted.iter().map(|&at| name(at)).collect();
        let mut run = flow.run();
        for input in 0..2 {
            if flow.inputs().iter().any(|known| known.name == name(input)) {
                run = run.input(name(input), input as i64 + 3);
            }
        }
        for (at, value) in &replaced {
            run = run.replace_named(name(*at), *value);
        }
        let made = run.get_named(&request.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
        let mut cache = HashMap::new();
        for (at, (_, value)) in wanted.iter().zip(made.iter()) {
            prop_assert_eq!(value, &Value::I64(naive(&reads, &replaced, *at, &mut cache)));
        }
    }
}

#[test]
fn items_of_a_fan_out_may_be_given() {
    let module = Module::new()
        .node(Node::whole("items", [], || Each(vec![1_i64, 2, 3])))
        .node(Node::value("twice", ["items"], |item: i64| item * 2))
        .node(Node::whole("total", ["twice"], |all: All<i64>| Whole(all.iter().sum::<i64>())));
    let flow = Dataflow::builder().with(module).build().unwrap();
    let given = |items: Value| flow.run().replace_named("items", items).get_named(&["total"]);
    let made = given(vec![Value::I64(10), Value::I64(20)].into()).unwrap();
    assert_eq!(made.value::<i64>("total"), Some(60));
    assert_eq!(given(Value::I64(10)).unwrap_err().kind(), Kind::InputTypeMismatch);
}
