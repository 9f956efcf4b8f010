//! What can be seen of a graph and of its runs: views, lineage, observers.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};

use varvite_flow::arrow::array::{ArrayRef, Float64Array, RecordBatch};
use varvite_flow::{Check, CheckOutcome, Dataflow, Folded, Module, Moments, Node, Observer, Progress, Severity, Whole};

fn flow() -> Dataflow {
    let module = Module::new()
        .node(Node::whole("mean", ["age"], |age: Folded<Moments>| Whole(age.mean())).with_tag("owner", "risk"))
        .node(
            Node::row("z", ["age", "mean"], |age: f64, mean: Whole<f64>| age - *mean)
                .with_doc("How far from the mean, if a < b.")
                .with_check(Check::range(-1.0..=1.0).with_severity(Severity::Warn)),
        )
        .node(Node::row("scaled", ["z", "scale"], |z: f64, scale: Whole<f64>| z * *scale))
        .node(Node::row("other", ["spend"], |spend: f64| spend));
    Dataflow::builder().with(module).build().unwrap()
}

fn ages() -> RecordBatch {
    let age: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0, 6.0]));
    RecordBatch::try_from_iter([("age", age)]).unwrap()
}

#[test]
fn a_graph_is_drawn_without_any_other_tool() {
    let flow = flow();
    let svg = flow.view().of_request(&["scaled"]).unwrap().to_svg();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{svg}");
    let names = ["age", "scale", "mean", "z", "scaled"];
    assert!(names.iter().all(|name| svg.contains(&format!(">{name}</text>"))) && !svg.contains(">other<"), "{svg}");
    assert_eq!((svg.matches("<rect ").count(), svg.matches("marker-end").count()), (5, 5));
    assert!(svg.contains("<title>How far from the mean, if a &lt; b.</title>"), "{svg}");
    // Arrows point to the right.
    let x = |name: &str| {
        let at = svg.find(&format!(">{name}</text>")).unwrap();
        let rect = svg[..at].rfind("<rect x=\"").unwrap() + "<rect x=\"".len();
        svg[rect..].split('"').next().unwrap().parse::<usize>().unwrap()
    };
    assert!(
        flow.edges().iter().filter(|edge| names.contains(&&*edge.reader)).all(|edge| x(&edge.source) < x(&edge.reader))
    );
    let text = flow.view().between("age", "z").unwrap().to_text();
    assert_eq!(text, "age: row f64 (input)\nmean: f64 <- age\nz: row f64 <- age, mean\n");
    assert_eq!(flow.view().tagged("owner", Some("risk")).to_text(), "mean: f64\n");
}

#[test]
fn a_node_s_columns_are_told() {
    let flow = flow();
    assert_eq!(flow.upstream_columns("scaled").unwrap(), ["age"]);
    assert_eq!(flow.upstream_columns("other").unwrap(), ["spend"]);
    assert!(flow.upstream_columns("othr").is_err());
}

#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Observer for Notes {
    fn planned(&self, plan: &[String]) {
        self.0.lock().unwrap().push(format!("{} lines", plan.len()));
    }

    fn segment_started(&self, segment: &str) {
        self.0.lock().unwrap().push(segment.to_owned());
    }

    fn node_finished(&self, node: &str) {
        self.0.lock().unwrap().push(node.to_owned());
    }

    fn check_failed(&self, outcome: &CheckOutcome) {
        self.0.lock().unwrap().push(format!("{}: {}", outcome.node, outcome.message));
    }
}

#[test]
fn an_observer_is_told_what_happens() {
    let (flow, notes) = (flow(), Arc::new(Notes::default()));
    flow.run().frame(&ages()).observe(notes.clone()).get_named(&["z"]).unwrap();
    let expected = [
        "3 lines",
        "pass over rows: load age; fold age by Moments",
        "call mean",
        "mean",
        "pass over rows: load age; compute z; check z; keep z",
        "z: 2 of 3 rows",
        "z",
    ];
    assert_eq!(*notes.0.lock().unwrap(), expected);
}

#[test]
fn progress_counts_to_the_end() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let inner = Arc::clone(&told);
    let progress = Progress::new(move |done, total| inner.lock().unwrap().push((done, total)));
    let run =
        flow().run().frame(&ages()).input("scale", 2.0).observe(Arc::new(progress)).get_named(&["scaled"]).map(drop);
    run.unwrap();
    assert_eq!(*told.lock().unwrap(), [(0, 3), (1, 3), (2, 3), (3, 3)]);
}
