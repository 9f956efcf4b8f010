//! Lineage of columns: what expressions are made of.
#![allow(clippy::unwrap_used, reason = "tests")]

use varvite_flow::polars::prelude::{IntoLazy, col, df, lit};
use varvite_flow::{ColExpr, Dataflow, Folded, Frame, FrameModel, Item, Kind, Module, Moments, Node, Whole};

struct Orders;

impl FrameModel for Orders {
    fn columns() -> Vec<(String, Item)> {
        vec![("amount".to_owned(), Item::F64), ("tax".to_owned(), Item::F64)]
    }
}

fn flow() -> Dataflow {
    let gross = Node::expr("gross", ["orders"], |orders: Frame<Orders>| -> ColExpr<f64> {
        (orders.column::<f64>("amount").into_expr() + col("tax")).into()
    });
    let module = Module::new()
        .node(Node::frame("cleaned", ["raw"], |raw: Frame| raw).columns::<f64>(["net"]))
        .node(gross)
        .node(Node::row("half", ["x"], |x: f64| x / 2.0))
        // `unread` is a parameter, and no column of the expression.
        .node(Node::expr(
            "sum",
            ["half", "y", "unread"],
            |half: ColExpr<f64>, y: ColExpr<f64>, _unread: ColExpr<f64>| half + y,
        ))
        .node(Node::expr("twice", ["sum", "y"], |sum: ColExpr<f64>, y: ColExpr<f64>| -> ColExpr<f64> {
            (sum.into_expr() * lit(2.0) + y.into_expr()).into()
        }))
        .node(Node::whole("mean", ["y"], |y: Folded<Moments>| Whole(y.mean())))
        .node(Node::expr("away", ["sum", "mean"], |sum: ColExpr<f64>, mean: Whole<f64>| sum - mean));
    Dataflow::builder().with(module).build().unwrap()
}

#[test]
fn an_expression_knows_the_columns_that_it_is_made_of() {
    let flow = flow();
    let columns = |node: &str| flow.leaf_columns(node).unwrap().into_iter().collect::<Vec<_>>().join(" ");
    assert_eq!(columns("sum"), "half y");
    assert_eq!(columns("twice"), "half y");
    assert_eq!(columns("away"), "half y");
    assert_eq!(columns("gross"), "orders.amount orders.tax");
    assert_eq!(columns("net"), "cleaned.net");
    assert_eq!(flow.leaf_columns("half").unwrap_err().kind(), Kind::UnknownNode);
}

#[test]
fn views_tell_columns() {
    let flow = flow();
    let json = flow.view().to_json();
    let node = |name: &str| json["nodes"].as_array().unwrap().iter().find(|node| node["name"] == name).unwrap().clone();
    assert_eq!(node("sum")["columns"], serde_json::json!(["half", "y"]));
    assert_eq!(node("sum")["expression"], "[(col(\"half\")) + (col(\"y\"))]");
    assert_eq!(node("gross")["columns"], serde_json::json!(["orders.amount", "orders.tax"]));
    // It needs a value to be told.
    assert!(node("away").get("expression").is_none() && node("half").get("columns").is_none());
    let dot = flow.view().to_dot();
    assert!(dot.contains(r#""orders" -> "gross" [label="amount, tax"];"#), "{dot}");
    assert!(dot.contains(r#""cleaned" -> "net" [label="net"];"#), "{dot}");
    assert!(dot.contains(r#""half" -> "sum";"#), "{dot}");
}

#[test]
fn lineage_and_runs_tell_the_same() {
    let orders = df!("amount" => [1.0], "tax" => [0.5]).unwrap().lazy();
    let made = flow().run().input("orders", orders).get_named(&["gross"]).unwrap();
    assert!(made.get("gross").is_some());
}
