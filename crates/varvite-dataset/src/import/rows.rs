//! [`SeedRows`]: the rows of a seed dataset in order, compared with what its metadata says of them.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchReader};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use varvite_storage::{Storage, StoragePath};

use super::seed::{SeedDataset, SeedRowGroup, failed};
use crate::file::ForeignFile;
use crate::{ColumnPath, Error, Ordered, OrderedType, OrderedValue, Result};

type Batches = Box<dyn Iterator<Item = Result<RecordBatch>> + Send>;

/// Reads file after file. An error of ours is an [`ArrowError::ExternalError`].
pub(super) struct SeedRows {
    storage: Arc<dyn Storage>,
    folder: StoragePath,
    ordered_on: ColumnPath,
    schema: SchemaRef,
    remaining: VecDeque<SeedRowGroup>,
    current: Option<Current>,
}

/// The row group that is being read.
struct Current {
    path: StoragePath,
    expected: SeedRowGroup,
    batches: Batches,
    rows: u64,
    /// The last value so far, and its type.
    last: Option<(OrderedValue, OrderedType)>,
}

impl SeedRows {
    /// Looks at the footer of each file: all have the same columns, and as many rows as the metadata says.
    pub(super) fn open(seed: &SeedDataset, ordered_on: &ColumnPath) -> Result<Option<Self>> {
        let mut schema: Option<SchemaRef> = None;
        for group in &seed.row_groups {
            let file = open(&seed.storage, &seed.folder, group)?;
            if file.num_rows() != group.num_rows {
                let reason = format!("it has {} rows, and the metadata says {}", file.num_rows(), group.num_rows);
                return Err(file.corrupt(reason));
            }
            match &schema {
                None => schema = Some(Arc::clone(file.schema())),
                Some(first) if first.fields() == file.schema().fields() => {}
                Some(_) => return Err(file.corrupt("its columns are not those of the files before it")),
            }
        }
        Ok(schema.map(|schema| Self {
            storage: Arc::clone(&seed.storage),
            folder: seed.folder.clone(),
            ordered_on: ordered_on.clone(),
            schema,
            remaining: seed.row_groups.iter().cloned().collect(),
            current: None,
        }))
    }

    fn advance(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            let current = match &mut self.current {
                Some(current) => current,
                none => {
                    let Some(group) = self.remaining.pop_front() else { return Ok(None) };
                    none.insert(Current::open(&self.storage, &self.folder, group)?)
                }
            };
            match current.batches.next() {
                Some(batch) => {
                    let batch = batch?;
                    current.note(&batch, &self.ordered_on)?;
                    return Ok(Some(batch));
                }
                None => current.check()?,
            }
            self.current = None;
        }
    }
}

impl Current {
    fn open(storage: &Arc<dyn Storage>, folder: &StoragePath, group: SeedRowGroup) -> Result<Self> {
        let path = folder.join(&group.file).map_err(|source| failed(folder, source))?;
        let batches = Box::new(open(storage, folder, &group)?.batches());
        Ok(Self { path, expected: group, batches, rows: 0, last: None })
    }

    fn note(&mut self, batch: &RecordBatch, ordered_on: &ColumnPath) -> Result<()> {
        // Whether rows are in order is asked where they are written, which may sort them.
        let ordered = Ordered::unchecked(batch, ordered_on)?;
        let Some(last) = batch.num_rows().checked_sub(1) else { return Ok(()) };
        if self.rows == 0 {
            self.compare("begins", &ordered.value(0), &self.expected.min, ordered.ordered_type())?;
        }
        self.last = Some((ordered.value(last), ordered.ordered_type().clone()));
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Compares what was read with the metadata.
    fn check(&self) -> Result<()> {
        let num_rows = self.expected.num_rows;
        if self.rows != num_rows {
            return Err(self.corrupt(format!("it has {} rows, and the metadata says {num_rows}", self.rows)));
        }
        match &self.last {
            Some((last, ordered)) => self.compare("ends", last, &self.expected.max, ordered),
            None => Ok(()),
        }
    }

    fn compare(&self, does: &str, found: &OrderedValue, expected: &str, ordered: &OrderedType) -> Result<()> {
        // The metadata may hold the values in a wider type.
        if ordered.parse(expected).ok().as_ref() == Some(found) {
            return Ok(());
        }
        let found = ordered.format(found);
        Err(self.corrupt(format!("it {does} at {found}, and the metadata says {expected}")))
    }

    fn corrupt(&self, reason: String) -> Error {
        Error::Corrupt { file: self.path.to_string(), offset: None, reason }
    }
}

fn open(storage: &Arc<dyn Storage>, folder: &StoragePath, group: &SeedRowGroup) -> Result<ForeignFile> {
    let path = folder.join(&group.file).map_err(|source| failed(folder, source))?;
    ForeignFile::open(Arc::clone(storage), path)
}

impl Iterator for SeedRows {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance().map_err(|error| ArrowError::ExternalError(Box::new(error))).transpose()
    }
}

impl RecordBatchReader for SeedRows {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}
