//! [`CurrentFile`]: a file seen with the columns that the dataset has now, whatever it was written with.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};

use super::{OpenFile, Portions, StoredFile, open, side_by_side};
use crate::{DataFile, Error, Result, Snapshot, evolve};

/// An opened file: columns that it lacks are null, narrower ones are widened.
pub(crate) struct CurrentFile {
    file: OpenFile,
    own: SchemaRef,
    now: SchemaRef,
}

type Batches = Box<dyn Iterator<Item = Result<RecordBatch>> + Send>;

impl CurrentFile {
    /// Opens a file of `snapshot`, to be read with the columns `now`.
    ///
    /// # Errors
    /// As [`open`].
    pub(crate) fn open(stored: StoredFile, facts: &DataFile, snapshot: &Snapshot, now: &SchemaRef) -> Result<Self> {
        let own = snapshot.schema_of(facts).ok_or_else(|| older_than_columns(stored.path().to_string()))?;
        Ok(Self { file: open(stored, facts, own)?, own: Arc::clone(own), now: Arc::clone(now) })
    }

    /// The rows at `rows` (all if `None`) of the columns at `projection` (all if `None`), batch by batch.
    pub(crate) fn batches(
        &self,
        projection: Option<&[usize]>,
        rows: Option<Range<u64>>,
        portions: Portions,
    ) -> Result<Batches> {
        if self.own == self.now {
            return side_by_side::batches(&self.file, projection, rows, portions, &self.own);
        }
        let wanted = match projection {
            None => Arc::clone(&self.now),
            Some(columns) => self.project(columns)?,
        };
        let columns = self.own_columns(&wanted);
        let batches = side_by_side::batches(&self.file, Some(&columns), rows, portions, &self.own)?;
        Ok(Box::new(batches.map(move |batch| evolve::adapt(&batch?, &wanted))))
    }

    pub(super) fn file(&self) -> &OpenFile {
        &self.file
    }

    fn project(&self, columns: &[usize]) -> Result<SchemaRef> {
        let projected = self.now.project(columns);
        projected.map(Arc::new).map_err(|source| Error::Arrow { action: "select columns", source })
    }

    /// The positions in the file of the columns that it has; the first one where it has none, for the number of rows.
    fn own_columns(&self, wanted: &Schema) -> Vec<usize> {
        let found: Vec<usize> =
            wanted.fields().iter().filter_map(|field| self.own.index_of(field.name()).ok()).collect();
        if found.is_empty() { vec![0] } else { found }
    }
}

/// What is wrong with a file for which the record knows no columns.
pub(crate) fn older_than_columns(file: String) -> Error {
    Error::Corrupt { file, offset: None, reason: "it is older than the first columns".to_owned() }
}
