//! Parameters that are references: what they may refer to, and what is refused when the graph is built.
#![allow(clippy::unwrap_used, reason = "tests")]

use varvite_flow::{Dataflow, Kind, Module, Node, Value, Whole};

#[track_caller]
fn is_refused(node: Node, told: &str) {
    let error = Dataflow::builder().with(Module::new().node(node)).build().unwrap_err();
    assert_eq!(error.kind(), Kind::TypeMismatch);
    assert_eq!(error.problems[0].names, ["n", "v"]);
    assert!(error.to_string().contains(told), "{error}");
}

#[test]
fn what_is_kept_in_another_form_cannot_be_referred_to() {
    is_refused(Node::whole("n", ["v"], |v: &u32| Whole(i64::from(*v))), "`&u32`");
    is_refused(Node::whole("n", ["v"], |v: &i32| Whole(i64::from(*v))), "`&i32`");
    is_refused(Node::whole("n", ["v"], |v: &f32| Whole(f64::from(*v))), "`&f32`");
    is_refused(Node::whole("n", ["v"], |v: &String| Whole(v.is_empty())), "take `Whole<String>`");
    is_refused(Node::row("n", ["x", "v"], |_: f64, v: &Vec<f64>| v[0]), "`&Vec<f64>`");
    is_refused(Node::row("n", ["x", "v"], |x: f64, v: &Option<f64>| v.unwrap_or(x)), "`&Option<f64>`");
}

#[test]
fn what_is_kept_as_it_is_can_be_referred_to() {
    #[derive(Clone)]
    struct Own(f64);
    let module = Module::new()
        .node(Node::whole("own", [], || Whole(Own(1.5))))
        .node(Node::whole("any", [], || Whole(Value::from("a"))))
        .node(Node::whole("both", ["own", "any"], |own: &Own, any: &Value| Whole(format!("{} {any:?}", own.0))));
    let flow = Dataflow::builder().with(module).build().unwrap();
    assert_eq!(flow.run().get_named(&["both"]).unwrap().value::<String>("both").unwrap(), "1.5 \"a\"");
}

#[test]
fn parts_are_taken_out_of_what_is_kept_in_another_form() {
    let module = Module::new()
        .node(Node::whole("list", [], || Whole(vec![1.5_f64, 2.5])).field("first", |list: &Vec<f64>| list[0]))
        .node(Node::whole("text", [], || Whole("abc".to_owned())).field("length", |text: &String| text.len() == 3));
    let flow = Dataflow::builder().with(module).build().unwrap();
    let made = flow.run().get_named(&["first", "length"]).unwrap();
    assert_eq!((made.value::<f64>("first"), made.value::<bool>("length")), (Some(1.5), Some(true)));
}
