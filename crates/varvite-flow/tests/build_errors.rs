//! A graph that cannot be is refused with everything that is wrong with it.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use varvite_flow::{Binding, Check, Dataflow, Error, Kind, Module, Mount, Node, Phase, Sum, When, Window, WindowSpec};

fn refused(module: Module) -> Error {
    let error = Dataflow::builder().with(module).build().unwrap_err();
    assert_eq!(error.phase, Phase::Build);
    error
}

#[track_caller]
fn check(error: &Error, expected: &[(Kind, &[&str])]) {
    let found: Vec<(Kind, Vec<&str>)> = error
        .problems
        .iter()
        .map(|problem| (problem.kind, problem.names.iter().map(String::as_str).collect()))
        .collect();
    let expected: Vec<(Kind, Vec<&str>)> = expected.iter().map(|(kind, names)| (*kind, names.to_vec())).collect();
    assert_eq!(found, expected, "{error}");
}

fn add(name: &str, one: &str) -> Node {
    Node::value(name, [one], |one: i64| one + 1)
}

#[test]
fn all_at_once() {
    let module = Module::new()
        .node(add("a", "b"))
        .node(add("b", "a"))
        .node(add("c", "c"))
        .node(add("d", "x"))
        .node(add("d", "x"))
        .node(Node::value("e", ["d"], |text: String| text))
        .node(Node::value("f", ["x"], |text: String| text));
    check(
        &refused(module),
        &[
            (Kind::DuplicateNode, &["d"]),
            (Kind::TypeMismatch, &["e", "d"]),
            (Kind::ConflictingInputTypes, &["x"]),
            (Kind::Cycle, &["a", "b"]),
            (Kind::Cycle, &["c"]),
        ],
    );
}

#[test]
fn a_cycle_is_told_with_its_path() {
    let module = Module::new().node(add("a", "c")).node(add("b", "a")).node(add("c", "b")).node(add("waits", "a"));
    assert_eq!(refused(module).to_string(), "`a` reads `c` reads `b` reads `a`");
}

#[test]
fn a_row_is_no_whole() {
    let module = Module::new()
        .node(Node::row("r", ["x"], |x: f64| x))
        .node(Node::value("w", ["r"], |r: f64| r))
        .node(Node::row("s", ["w"], |w: f64| w));
    check(&refused(module), &[(Kind::TypeMismatch, &["w", "r"]), (Kind::TypeMismatch, &["s", "w"])]);
}

#[test]
fn variants_are_chosen_by_the_config_or_refused() {
    let us = || Node::value("k", [], || 1_i64).when(When::Is("r".to_owned(), "us".into()));
    let uk = || Node::value("k", [], || 2_i64).when(When::In("r".to_owned(), vec!["uk".into(), "us".into()]));
    let other = || Node::value("k", [], || 3_i64).or_else();
    let build = |nodes: Vec<Node>, r: &str| Dataflow::builder().with(Module::new().nodes(nodes)).config("r", r).build();
    let value = |nodes, r| build(nodes, r).unwrap().run().get_named(&["k"]).unwrap().value::<i64>("k");
    assert_eq!(value(vec![us(), other()], "us"), Some(1));
    assert_eq!(value(vec![uk(), other()], "fr"), Some(3));
    check(&build(vec![us()], "fr").unwrap_err(), &[(Kind::NoVariant, &["k"])]);
    check(&build(vec![us(), uk()], "us").unwrap_err(), &[(Kind::AmbiguousVariant, &["k"])]);
}

#[test]
fn config_keys_are_known_and_no_nodes() {
    let build = |key: &str| Dataflow::builder().with(Module::new().node(add("a", "region"))).config(key, 1_i64).build();
    check(&build("a").unwrap_err(), &[(Kind::ConfigIsNode, &["a"])]);
    let error = build("regoin").unwrap_err();
    check(&error, &[(Kind::UnknownConfig, &["regoin"])]);
    assert_eq!(error.problems[0].did_you_mean.as_deref(), Some("region"));
    assert_eq!(build("region").unwrap().run().get_named(&["a"]).unwrap().value::<i64>("a"), Some(2));
}

#[test]
fn a_check_fits_what_is_checked() {
    let module = Module::new().node(add("a", "x").with_check(Check::length(0..=3)));
    check(&refused(module), &[(Kind::CheckNotApplicable, &["a"])]);
}

#[test]
fn mounted_modules_read_each_other_and_what_is_wired() {
    let inner = || Module::new().node(add("feat", "src")).node(add("top", "feat"));
    let module = Module::new()
        .mount(Mount::new("s1", inner()).wire("src", Binding::source("x")))
        .mount(Mount::new("s2", inner()).wire("src", Binding::value(10_i64)))
        .node(Node::value("sum", ["s1.top", "s2.top"], |one: i64, two: i64| one + two));
    let flow = Dataflow::builder().with(module).build().unwrap();
    assert_eq!(flow.run().input("x", 1_i64).get_named(&["sum"]).unwrap().value::<i64>("sum"), Some(15));
    assert_eq!(flow.inputs().len(), 1);
}

#[test]
fn a_wire_to_what_a_mount_does_not_read_is_refused() {
    let inner = Module::new().node(add("feat", "src"));
    let error = refused(Module::new().mount(Mount::new("s1", inner).wire("srcs", Binding::source("x"))));
    check(&error, &[(Kind::UnknownInput, &["srcs"])]);
    assert_eq!(error.problems[0].did_you_mean.as_deref(), Some("src"));
    // Inputs of mounts further inside are wired from outside, too.
    let nested = Module::new().mount(Mount::new("a", Module::new().node(add("feat", "src"))));
    let module = Module::new().mount(Mount::new("b", nested).wire("src", Binding::source("x")));
    assert_eq!(Dataflow::builder().with(module).build().unwrap().inputs()[0].name, "x");
}

#[test]
fn a_long_cycle_is_told_in_short() {
    let module = (0..1_000).map(|at| add(&format!("n{at}"), &format!("n{}", (at + 1) % 1_000)));
    let error = refused(Module::new().nodes(module));
    assert_eq!(error.problems[0].names.len(), 1_000);
    let told = error.to_string();
    assert!(told.starts_with("`n0` reads `n1` reads "), "{told}");
    assert!(told.contains("reads … (985 more) reads"), "{told}");
    assert!(told.ends_with("`n999` reads `n0`"), "{told}");
    assert!(told.len() < 500, "{told}");
}

#[test]
fn what_is_said_of_no_parameter_is_found() {
    let node = || Node::row("off", ["amount", "mean"], |amount: f64, mean: f64| amount - mean);
    let error = refused(Module::new().node(node().with_default("meann", 1.0)));
    check(&error, &[(Kind::UnknownInput, &["off", "meann"])]);
    assert_eq!(error.to_string(), "`off` has no parameter `meann`; did you mean `mean`?");
    let error = refused(Module::new().node(node().with_binding("total", Binding::source("x"))));
    assert_eq!(error.to_string(), "`off` has no parameter `total`");
    let error = refused(Module::new().node(node().each("off_a", [("amuont", Binding::source("a"))])));
    assert_eq!(error.to_string(), "`off_a` has no parameter `amuont`; did you mean `amount`?");
    let window = WindowSpec::new("at", Duration::from_secs(1));
    let error = refused(Module::new().node(node().with_window("ammount", window)));
    assert_eq!(error.to_string(), "`off` has no parameter `ammount`; did you mean `amount`?");
}

#[test]
fn a_window_of_no_length_is_refused() {
    let node = Node::row("sum", ["x"], |x: Window<Sum>| x.sum());
    let error = refused(Module::new().node(node.with_window("x", WindowSpec::new("at", Duration::from_nanos(999)))));
    check(&error, &[(Kind::TypeMismatch, &["sum", "x"])]);
    assert!(error.to_string().ends_with("is a window of no length: a microsecond is the least"), "{error}");
}

#[test]
fn a_check_that_nothing_passes_is_refused() {
    let number = |check| Node::row("n", ["x"], |x: f64| x).with_check(check);
    let text = |check| Node::row("n", ["x"], |x: String| x).with_check(check);
    #[expect(clippy::reversed_empty_ranges, reason = "the mistake")]
    let (numbers, lengths) = (5.0..=1.0, 2..=1);
    for (node, told) in [
        (number(Check::range(numbers)), "check `range 5.0..=1.0` of `n` is a range in which nothing lies"),
        (number(Check::mean(f64::NAN..=1.0)), "check `mean NaN..=1.0` of `n` is a range in which nothing lies"),
        (text(Check::length(lengths)), "check `length 2..=1` of `n` is a range in which nothing lies"),
        (text(Check::pattern("[")), "check `pattern [` of `n` is no regular expression"),
    ] {
        let error = refused(Module::new().node(node));
        check(&error, &[(Kind::CheckNotApplicable, &["n"])]);
        assert_eq!(error.to_string(), told);
    }
}

#[test]
fn a_config_key_that_a_mount_does_not_read_is_refused() {
    let inner = || {
        let uk = Node::value("rate", [], || 2_i64).when(When::Is("region".to_owned(), "uk".into()));
        Module::new().node(uk).node(Node::value("rate", [], || 1_i64).or_else()).node(add("next", "src"))
    };
    // Also of mounts further inside.
    let nested = |mount: Mount| Module::new().mount(Mount::new("outer", Module::new().mount(mount)));
    for module in [
        Module::new().mount(Mount::new("s1", inner()).with_config("regoin", "uk")),
        nested(Mount::new("s1", inner()).with_config("regoin", "uk")),
        Module::new()
            .mount(Mount::new("s1", Module::new().mount(Mount::new("in", inner()))).with_config("regoin", "uk")),
    ] {
        let error = refused(module);
        check(&error, &[(Kind::UnknownConfig, &["regoin"])]);
        assert_eq!(error.problems[0].did_you_mean.as_deref(), Some("region"));
    }
    let error = refused(Module::new().mount(Mount::new("s1", inner()).with_config("src", 3_i64)));
    check(&error, &[(Kind::UnknownConfig, &["src"])]);
    assert!(error.to_string().contains("what is an input there is given by `Mount::wire`"), "{error}");
    // What another mount reads is none of this one's, and what one inside reads is.
    let other = Mount::new("s2", Module::new().node(add("a", "src"))).with_config("region", "uk");
    let error = refused(Module::new().mount(Mount::new("s1", inner()).with_config("region", "uk")).mount(other));
    check(&error, &[(Kind::UnknownConfig, &["region"])]);
    let outer = Mount::new("s1", Module::new().mount(Mount::new("in", inner()))).with_config("region", "uk");
    let flow = Dataflow::builder().with(Module::new().mount(outer)).build().unwrap();
    assert_eq!(flow.run().get_named(&["s1.in.rate"]).unwrap().value::<i64>("s1.in.rate"), Some(2));
}

#[test]
fn several_nodes_of_one_function_have_no_fields() {
    let split = |each: &[&'static str]| {
        let node = Node::value("split", ["x"], |x: i64| vec![x, x + 1]).field("first", |made: &Vec<i64>| made[0]);
        each.iter().fold(node, |node, name| node.each(*name, [("x", Binding::source(format!("x_{name}")))]))
    };
    let error = refused(Module::new().node(split(&["a", "b"])));
    check(&error, &[(Kind::DuplicateNode, &["first"])]);
    let text = error.to_string();
    assert!(text.contains("`split` has fields and is made for `a` and `b`: each would have a node `first`"), "{text}");
    let flow = Dataflow::builder().with(Module::new().node(split(&["a"]))).build().unwrap();
    assert_eq!(flow.run().input("x_a", 3_i64).get_named(&["first"]).unwrap().value::<i64>("first"), Some(3));
}

#[test]
fn names_that_nobody_sees_are_refused() {
    for (name, why) in [("", "letters"), (" ", "letters"), ("a\nb", "control"), (" a", "white space")] {
        let module = Module::new().node(Node::row(name, ["x"], |x: f64| x));
        let error = Dataflow::builder().with(module).build().unwrap_err();
        assert_eq!((error.kind(), error.problems[0].names.as_slice()), (Kind::InvalidName, &[name.to_owned()][..]));
        assert!(error.to_string().contains(why), "{error}");
    }
    let module = Module::new().node(Node::row("größe in m²", ["x"], |x: f64| x));
    assert!(Dataflow::builder().with(module).build().is_ok());
}
