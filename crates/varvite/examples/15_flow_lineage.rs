//! A graph seen: where a feature comes from, what a change touches, pictures of it, what a request runs.

use std::error::Error;
use std::sync::Arc;

use varvite::arrow::array::{ArrayRef, Float64Array, RecordBatch};
use varvite::dataflow;
use varvite::flow::{Dataflow, Progress};

#[dataflow]
mod credit {
    use varvite::flow::{Folded, Moments, Whole};

    #[node(tags(owner = "risk"))]
    pub fn debt_ratio(debt: f64, income: f64) -> Option<f64> {
        (income > 0.0).then(|| debt / income)
    }

    /// The usual ratio among all customers.
    #[node(tags(owner = "risk", pii = "no"))]
    pub fn usual_ratio(debt_ratio: Folded<Moments>) -> Whole<f64> {
        Whole(debt_ratio.mean())
    }

    #[node]
    pub fn is_adult(age: f64) -> bool {
        age >= 18.0
    }

    /// Above one: more in debt than is usual.
    #[node(version = 2, check(finite))]
    pub fn score(debt_ratio: f64, usual_ratio: Whole<f64>, is_adult: bool) -> Option<f64> {
        is_adult.then(|| debt_ratio / *usual_ratio)
    }

    #[node]
    pub fn newsletter(age: f64, clicks: f64) -> bool {
        age < 30.0 && clicks > 3.0
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let flow = Dataflow::builder().with(credit::module()).build()?;

    println!("The columns of `score`: {}", flow.upstream_columns("score")?.join(", "));
    println!("What a change of `age` touches: {:?}", flow.downstream("age")?);
    println!("Nodes of the risk department: {}\n", flow.tagged("owner", Some("risk")).join(", "));

    // A part of the graph, in any form: what a request needs, the ways from one name to another, what has a tag.
    println!("From `debt` to `score`:\n{}", flow.view().between("debt", "score")?.to_text());
    println!("{}", flow.view().of_request(&["score"])?.to_mermaid());
    println!("{}", flow.view().tagged("owner", Some("risk")).to_dot());
    let node = &flow.view().to_json()["nodes"][3];
    println!("{node}\n");

    // A picture without Graphviz.
    let folder = tempfile::tempdir()?;
    let picture = folder.path().join("credit.svg");
    std::fs::write(&picture, flow.view().to_svg())?;
    println!("{} bytes of SVG\n", std::fs::metadata(&picture)?.len());

    // What a request runs, before and while it does.
    let column = |values: [f64; 3]| Arc::new(Float64Array::from(values.to_vec())) as ArrayRef;
    let customers = RecordBatch::try_from_iter([
        ("debt", column([100.0, 50.0, 30.0])),
        ("income", column([50.0, 100.0, 0.0])),
        ("age", column([40.0, 17.0, 60.0])),
    ])?;
    let run = flow.run().frame(&customers);
    run.explain(&["score"])?.iter().for_each(|line| println!("- {line}"));
    let progress = Progress::new(|done, total| println!("{done} of {total} nodes"));
    let score = run.observe(Arc::new(progress)).get::<credit::score>()?;
    println!("{:?}", score.to_vec());
    Ok(())
}
