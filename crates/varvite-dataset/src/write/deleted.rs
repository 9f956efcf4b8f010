//! [`DeletedKeys`]: the keys of rows that are to go.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::row::{RowConverter, SortField};

use super::duplicates::canonical;
use super::incoming::{Incoming, Memory, Rules};
use super::plan::Positions;
use super::rows::Rows;
use crate::{ColumnPath, Error, Ordered, Result};

/// Keys in order of the ordered column, and what tells whether a stored row has one of them.
#[derive(Debug)]
pub(crate) struct DeletedKeys {
    pub(crate) keys: Incoming,
    /// The columns given.
    names: Vec<String>,
    encoder: RowConverter,
    encoded: HashSet<Box<[u8]>>,
}

impl DeletedKeys {
    /// Takes the keys for a dataset with these columns.
    ///
    /// # Errors
    /// As a write for columns that are not stored or have another type, and for nulls in the ordered column.
    pub(crate) fn collect(
        rows: Rows,
        stored: &SchemaRef,
        ordered_on: &ColumnPath,
        memory: &Memory<'_>,
    ) -> Result<Self> {
        let schema = key_schema(&rows, stored, ordered_on)?;
        let rules = Rules { schema: &schema, ordered_on, key: None, sort: true, evolve: false, memory };
        let keys = Incoming::collect(rows, &rules)?;
        let fields = schema.fields().iter().map(|field| SortField::new(field.data_type().clone())).collect();
        let encoder = RowConverter::new(fields).map_err(|_| Error::InvalidOption {
            option: "keys",
            reason: "values of one of the columns cannot be compared".to_owned(),
        })?;
        let mut encoded = HashSet::new();
        for batch in keys.slices(0..keys.len()) {
            let arrays: Vec<ArrayRef> = batch?.columns().iter().map(canonical).collect();
            let rows = encoder.convert_columns(&arrays).map_err(compare)?;
            encoded.extend(rows.iter().map(|row| Box::from(row.as_ref())));
        }
        let names = schema.fields().iter().map(|field| field.name().clone()).collect();
        Ok(Self { keys, names, encoder, encoded })
    }

    /// The stretches of rows of a stored batch that have none of the keys.
    pub(super) fn others(&self, batch: &RecordBatch, ordered: &Ordered) -> Result<Vec<Range<usize>>> {
        let candidates = self.candidates(ordered);
        let doomed = self.doomed(batch, &candidates)?;
        let mut stretches = Vec::new();
        let mut from = 0;
        for row in doomed {
            if from < row {
                stretches.push(from..row);
            }
            from = row + 1;
        }
        if from < batch.num_rows() {
            stretches.push(from..batch.num_rows());
        }
        Ok(stretches)
    }

    /// The rows whose ordered value is that of a key.
    fn candidates(&self, ordered: &Ordered) -> Vec<u32> {
        let Some((first, last)) = ordered.bounds() else { return Vec::new() };
        let (mut at, end) = (self.keys.below(&first), self.keys.up_to(&last));
        let mut rows = Vec::new();
        while at < end {
            let value = self.keys.value(at);
            let equal = ordered.lower_bound(&value)..ordered.upper_bound(&value);
            rows.extend(equal.filter_map(|row| u32::try_from(row).ok()));
            at = self.keys.up_to(&value);
        }
        rows
    }

    fn doomed(&self, batch: &RecordBatch, candidates: &[u32]) -> Result<Vec<usize>> {
        if candidates.is_empty() {
            return Ok(Vec::new());
        }
        let positions = UInt32Array::from(candidates.to_vec());
        let arrays = self.names.iter().filter_map(|name| batch.column_by_name(name));
        let arrays = arrays.map(|array| Ok(canonical(&take(array, &positions, None)?))).collect::<Result<Vec<_>, _>>();
        let rows = self.encoder.convert_columns(&arrays.map_err(compare)?).map_err(compare)?;
        let found = rows.iter().zip(candidates).filter(|(row, _)| self.encoded.contains(row.as_ref()));
        Ok(found.map(|(_, row)| *row as usize).collect())
    }
}

/// The stored columns that are given, in stored order.
fn key_schema(rows: &Rows, stored: &SchemaRef, ordered_on: &ColumnPath) -> Result<SchemaRef> {
    let given = rows.schema().unwrap_or_else(|| Arc::new(Schema::empty()));
    if let Some(unknown) = given.fields().iter().find(|field| stored.column_with_name(field.name()).is_none()) {
        return Err(crate::schema::unknown_column(stored, &unknown.name().into()));
    }
    if given.column_with_name(ordered_on.top()).is_none() {
        let reason = format!("the ordered column `{ordered_on}` belongs to every key");
        return Err(Error::InvalidOption { option: "keys", reason });
    }
    let fields = stored.fields().iter().filter(|field| given.column_with_name(field.name()).is_some());
    Ok(Arc::new(Schema::new(fields.cloned().collect::<Vec<_>>())))
}

fn compare(source: arrow::error::ArrowError) -> Error {
    Error::Arrow { action: "compare rows", source }
}
