//! [`GroupHistory`]: the rows of one version of a group, as they are stored.

use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchReader};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use varvite_dataset::{Dataset, RowGroupTarget, Scan, ScanOptions};
use varvite_schema::FeatureGroupSchema;

use crate::{Error, Result, columns};

/// The rows of one version of a group: an ordered dataset, read as its definition has them.
///
/// Rows are ordered on the event time; those of one time stand in the order in which they were committed. A group
/// without an event time is ordered by commits alone.
#[derive(Debug, Clone)]
pub struct GroupHistory {
    pub(crate) group: FeatureGroupSchema,
    pub(crate) dataset: Dataset,
    pub(crate) row_group_target_size: Option<RowGroupTarget>,
}

impl GroupHistory {
    /// The history of `group` in a dataset, stored or not.
    pub fn new(group: FeatureGroupSchema, dataset: Dataset) -> Self {
        Self { group, dataset, row_group_target_size: None }
    }

    /// Changes what a row group aims for: a number of rows or a period. It holds for writes from now on.
    pub fn with_row_group_target_size(mut self, target: impl Into<RowGroupTarget>) -> Self {
        self.row_group_target_size = Some(target.into());
        self
    }

    /// The same with a handle of its own on the version that this one sees.
    pub fn detached(&self) -> Self {
        Self { dataset: self.dataset.detached(), ..self.clone() }
    }

    /// The definition.
    pub fn group(&self) -> &FeatureGroupSchema {
        &self.group
    }

    /// The dataset below. Beside the columns of the group it has `__commit`: the version that each row was written with.
    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// Number of stored rows, repeats and corrections counted.
    pub fn num_rows(&self) -> u64 {
        self.dataset.snapshot().map_or(0, |snapshot| snapshot.num_rows())
    }

    /// The columns of the group, in the order of its definition.
    pub fn schema(&self) -> SchemaRef {
        columns::defined(&self.group, self.dataset.schema().as_deref(), None)
    }

    /// All rows that `options` ask for, batch by batch; none while nothing is stored.
    ///
    /// # Errors
    /// [`Error::Dataset`] for bad options and damaged files.
    pub fn scan(&self, options: &ScanOptions) -> Result<HistoryScan> {
        let wanted = self.wanted(options)?;
        let stored = self.dataset.schema();
        let Some(stored) = stored else { return Ok(HistoryScan { wanted, scan: None, name: self.group.id() }) };
        let there = wanted.fields().iter().map(|field| field.name()).filter(|name| stored.index_of(name).is_ok());
        let mut names: Vec<String> = there.cloned().collect();
        if names.is_empty() {
            // Rows are counted even where none of the columns asked for is stored yet.
            names.push(columns::COMMIT.to_owned());
        }
        let scan = self.dataset.scan(&options.clone().with_columns(names)).map_err(|source| self.failed(source))?;
        Ok(HistoryScan { wanted, scan: Some(scan), name: self.group.id() })
    }

    /// The columns that `options` ask for, with [`columns::COMMIT`] if they name it.
    fn wanted(&self, options: &ScanOptions) -> Result<SchemaRef> {
        let all = columns::stored(&self.schema());
        let Some(names) = &options.columns else { return Ok(self.schema()) };
        let position = |name: &String| {
            all.index_of(name).map_err(|_| {
                let known: Vec<&str> = self.group.columns().map(|column| column.name).collect();
                let reason = format!("there is no `{name}`: there is {}", known.join(", "));
                Error::InvalidOption { option: "columns", reason }
            })
        };
        let positions = names.iter().map(position).collect::<Result<Vec<_>>>()?;
        all.project(&positions).map(Arc::new).map_err(crate::error::arrow("choose columns"))
    }

    pub(crate) fn failed(&self, source: varvite_dataset::Error) -> Error {
        Error::Dataset { name: self.group.id(), source: Box::new(source) }
    }
}

/// Stored rows of a group, batch by batch, in stored order.
pub struct HistoryScan {
    wanted: SchemaRef,
    scan: Option<Scan>,
    name: String,
}

impl HistoryScan {
    /// The columns of every batch.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.wanted)
    }

    /// The next rows; `None` at the end.
    ///
    /// # Errors
    /// [`Error::Dataset`] for a damaged file.
    pub fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        let Some(scan) = &mut self.scan else { return Ok(None) };
        let batch =
            scan.next_batch().map_err(|source| Error::Dataset { name: self.name.clone(), source: Box::new(source) })?;
        batch.map(|batch| columns::adapt(&batch, &self.wanted)).transpose()
    }
}

impl Iterator for HistoryScan {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_batch().map_err(|error| ArrowError::ExternalError(Box::new(error))).transpose()
    }
}

impl RecordBatchReader for HistoryScan {
    fn schema(&self) -> SchemaRef {
        Self::schema(self)
    }
}
