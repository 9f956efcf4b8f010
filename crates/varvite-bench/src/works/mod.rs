//! The works of `cargo xtask bench`, one file each.

mod append;
mod flow;
mod intersections;
mod keys;
mod merge;
mod online;
mod ops;
mod pit;
mod read;
mod served;
mod write;

pub(crate) use append::Append;
pub(crate) use flow::{Build, BuildAndRun, OneRow, Scalars};
pub(crate) use intersections::Intersections;
pub(crate) use keys::Keys;
pub(crate) use merge::Merge;
pub(crate) use online::{Materialize, Online};
pub(crate) use ops::{Asof, Segments};
pub(crate) use pit::PointInTime;
pub(crate) use read::Read;
pub(crate) use served::Served;
pub(crate) use write::Write;

use anyhow::{Context, Result};
use arrow::array::{Array, RecordBatch};
use varvite_dataset::{Dataset, ScanOptions};

use crate::case::{Case, Fact, fact};
use crate::outcome::Outcome;
use crate::place::{Place, disk_bytes};

/// Rows and sum of a dataset, read anew.
fn stored_fact(dataset: &Dataset, case: &Case) -> Result<Fact> {
    let mut stored = Fact { rows: 0, sum: 0.0 };
    let mut scan = dataset.scan(&ScanOptions::default().with_columns([case.value.as_str()]))?;
    while let Some(batch) = scan.next_batch()? {
        let more = fact(std::slice::from_ref(&batch), &case.value)?;
        stored = Fact { rows: stored.rows + more.rows, sum: stored.sum + more.sum };
    }
    Ok(stored)
}

/// Completes the outcome of a work that wrote into the scratch folder.
fn written(outcome: Outcome, dataset: &Dataset, case: &Case, place: &Place) -> Result<Outcome> {
    let fact = stored_fact(dataset, case)?;
    let disk_bytes = disk_bytes(&place.scratch).context("measuring the scratch folder")?;
    Ok(Outcome { rows: fact.rows, sum: Some(fact.sum), disk_bytes: Some(disk_bytes), ..outcome })
}

/// Bytes of the values of batches, however large the buffers are that they lie in.
pub(crate) fn memory(batches: &[RecordBatch]) -> Result<u64> {
    let arrays = batches.iter().flat_map(RecordBatch::columns);
    arrays.map(|array| Ok(array.to_data().get_slice_memory_size()? as u64)).sum()
}
