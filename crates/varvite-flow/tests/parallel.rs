//! Nodes that do not read each other run side by side, within a bound, with one answer.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use varvite_flow::{All, Dataflow, Each, FlowType, Kind, Module, Node, Value, Whole};

const NAP: Duration = Duration::from_millis(300);

fn sleepers() -> Dataflow {
    let slow = |add: i64| {
        move |x: i64| {
            std::thread::sleep(NAP);
            x + add
        }
    };
    let module = Module::new()
        .node(Node::value("a", ["x"], slow(1)))
        .node(Node::value("b", ["x"], slow(2)))
        .node(Node::value("sum", ["a", "b"], |a: i64, b: i64| a * 10 + b));
    Dataflow::builder().with(module).build().unwrap()
}

#[test]
fn two_that_wait_take_as_long_as_one() {
    let flow = sleepers();
    let begin = Instant::now();
    let made = flow.run().input("x", 1_i64).max_parallel(2).get_named(&["sum"]).unwrap();
    assert!(begin.elapsed() < NAP * 2, "{:?}", begin.elapsed());
    assert_eq!(made.value::<i64>("sum"), Some(23));
    let begin = Instant::now();
    let made = flow.run().input("x", 1_i64).max_parallel(1).get_named(&["sum"]).unwrap();
    assert!(begin.elapsed() >= NAP * 2);
    assert_eq!(made.value::<i64>("sum"), Some(23));
}

#[test]
fn a_fan_out_stays_within_the_bound() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (inner, highest) = (Arc::clone(&now), Arc::clone(&most));
    let module = Module::new()
        .node(Node::whole("items", [], || Each((0..24_i64).collect())))
        .node(Node::value("work", ["items"], move |item: i64| {
            highest.fetch_max(inner.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(5));
            inner.fetch_sub(1, Ordering::SeqCst);
            item * item
        }))
        .node(Node::whole("all", ["work"], |all: All<i64>| Whole(all.0)));
    let flow = Dataflow::builder().with(module).build().unwrap();
    let made = flow.run().max_parallel(3).get_named(&["all"]).unwrap();
    assert_eq!(made.value::<Vec<i64>>("all"), Some((0..24).map(|item| item * item).collect()));
    assert_eq!((now.load(Ordering::SeqCst), most.load(Ordering::SeqCst)), (0, 3));
}

#[test]
fn the_first_failure_in_the_order_of_the_nodes_is_told() {
    let fail = |name: &'static str, nap: u64| {
        Node::dynamic(name, vec![], FlowType::of::<i64>(), move |_: &[&Value]| {
            std::thread::sleep(Duration::from_millis(nap));
            Err(format!("{name} cannot"))
        })
    };
    let module = Module::new().node(fail("p", 30)).node(fail("q", 0)).node(Node::value("fine", [], || 1_i64));
    let flow = Dataflow::builder().with(module).build().unwrap();
    for _ in 0..3 {
        let error = flow.run().get_named(&["fine", "p", "q"]).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (Kind::NodeFailed, "node `p` failed: p cannot"));
    }
}

#[test]
fn a_panic_ends_the_run_and_nothing_else() {
    let module =
        Module::new()
            .node(Node::value("broken", ["x"], |x: i64| 10 / x))
            .node(Node::value("fine", ["x"], |x: i64| x + 1));
    let flow = Dataflow::builder().with(module).build().unwrap();
    let error = flow.run().input("x", 0_i64).get_named(&["broken", "fine"]).unwrap_err();
    assert_eq!(error.to_string(), "node `broken` failed: it panicked: attempt to divide by zero (x = 0)");
    let partial = flow.run().input("x", 0_i64).get_partial(&["broken", "fine"]).unwrap();
    assert_eq!(partial.get("fine").unwrap().unwrap(), &Value::I64(1));
    assert!(partial.get("broken").unwrap().is_err());
    assert_eq!(flow.run().input("x", 2_i64).get_named(&["broken"]).unwrap().value::<i64>("broken"), Some(5));
}
