//! What dataflows come to: no data, since inputs are made as they are needed.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use varvite_bench::flow::{FlowCase, FlowFact, Shape};

/// Writes what graphs of each shape and size that is measured come to.
pub(super) fn generate(dir: &Path, rows: usize) -> Result<()> {
    let mut facts = BTreeMap::new();
    for (name, shape, sizes) in
        [("chain", Shape::Chain, [100, 1_000, 100_000].as_slice()), ("layered", Shape::Layered, &[100, 1_000])]
    {
        for nodes in sizes {
            facts.insert(format!("{name}-{nodes}"), FlowFact::of_values(&shape.plain(*nodes, 1.0)));
        }
    }
    facts.insert("rows".to_owned(), of_rows(rows));
    FlowCase { rows, facts }.write(dir)
}

/// 100 layered nodes of each row, of which the input is its number.
#[expect(clippy::cast_precision_loss, reason = "rows are far below 2^53")]
fn of_rows(rows: usize) -> FlowFact {
    let made: Vec<Vec<f64>> = (0..rows).map(|row| Shape::Layered.plain(100, row as f64)).collect();
    let columns: Vec<Vec<f64>> = (0..made[0].len()).map(|at| made.iter().map(|row| row[at]).collect()).collect();
    FlowFact::of_columns(rows, columns.iter().map(Vec::as_slice))
}
