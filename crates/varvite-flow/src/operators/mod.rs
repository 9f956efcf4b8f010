//! Operators of `varvite-ops` as nodes with a state.
//!
//! What has one row out for a row in reads columns of rows, and its columns are nodes of rows: an as-of merge. What makes
//! other rows, a segmented aggregation, makes a table, which is one value. Neither is there for single rows: what they
//! go on from is what a stream has left, and rows of other tables do not come one by one.

mod asof;
mod segments;

use std::sync::Arc;

use arrow::array::RecordBatch;
use serde::Serialize;

use crate::value::Value;

/// What a node of an operator does is told by its options: those of others make another graph.
fn code_of(options: &impl Serialize) -> varvite_ops::Result<u64> {
    let bytes = rmp_serde::to_vec_named(options);
    let bytes = bytes.map_err(|error| refused("options", format!("they cannot be stored: {error}")))?;
    Ok(xxhash_rust::xxh3::xxh3_64(&bytes))
}

fn refused(option: &'static str, reason: String) -> varvite_ops::Error {
    varvite_ops::Error::InvalidOption { option, reason }
}

/// Columns of rows as a batch.
fn batch(names: &[String], values: &[&Value]) -> Result<RecordBatch, String> {
    let column = |at: usize| match values[at] {
        Value::Column(column) => Ok((&names[at], Arc::clone(column), true)),
        other => Err(format!("`{}` is {}, and a column is wanted", names[at], other.type_name())),
    };
    let columns = (0..names.len()).map(column).collect::<Result<Vec<_>, String>>()?;
    RecordBatch::try_from_iter_with_nullable(columns).map_err(|error| error.to_string())
}
