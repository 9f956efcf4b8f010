//! [`Reader`]: the rows of one partition, read while the caller waits.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::datatypes::SchemaRef;
use datafusion::common::{DataFusionError, Result as Outcome, ScalarValue};
use datafusion::physical_plan::metrics::Count;
use varvite_dataset::{Dataset, KeyRange, Scan, ScanOptions};

use crate::Error;
use crate::datafusion::tally::Tally;

/// All that reading a partition takes.
pub(super) struct Reader {
    pub(super) table: String,
    pub(super) schema: SchemaRef,
    pub(super) parts: VecDeque<Part>,
    pub(super) batch_rows: usize,
    /// Rows that are still wanted.
    pub(super) left: u64,
    pub(super) tally: Arc<Tally>,
    pub(super) opened: Count,
    pub(super) current: Option<Open>,
}

/// A piece with its dataset, and where the columns come from.
pub(super) struct Part {
    pub(super) dataset: Dataset,
    pub(super) range: KeyRange,
    pub(super) row_groups: std::ops::Range<usize>,
    /// All rows of the row groups, if they are all in the range.
    pub(super) whole: Option<u64>,
    pub(super) columns: Vec<Origin>,
}

/// Where a column comes from.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    /// The dataset.
    Stored(String),
    /// The key.
    Constant(ScalarValue),
    /// Nowhere: the dataset does not have it.
    Missing,
}

/// A piece while it is read.
pub(super) enum Open {
    Scan {
        scan: Box<Scan>,
        columns: Vec<Origin>,
        opened: usize,
    },
    /// Rows that need no reading.
    Rows {
        left: u64,
        columns: Vec<Origin>,
    },
}

impl Reader {
    /// The next batch; `None` after the last.
    pub(super) fn next_batch(&mut self) -> Outcome<Option<RecordBatch>> {
        while self.left > 0 {
            if self.current.is_none() {
                let Some(part) = self.parts.pop_front() else { return Ok(None) };
                self.current = Some(self.open(part)?);
            }
            match self.advance()? {
                Some(batch) => {
                    self.left = self.left.saturating_sub(batch.num_rows() as u64);
                    return Ok(Some(batch));
                }
                None => self.current = None,
            }
        }
        Ok(None)
    }

    fn open(&self, part: Part) -> Outcome<Open> {
        let stored = |origin: &Origin| match origin {
            Origin::Stored(name) => Some(name.clone()),
            _ => None,
        };
        let names: Vec<String> = part.columns.iter().filter_map(stored).collect();
        if let (true, Some(rows)) = (names.is_empty(), part.whole) {
            return Ok(Open::Rows { left: rows, columns: part.columns });
        }
        let mut options = ScanOptions::default()
            .with_range(part.range)
            .with_row_groups(part.row_groups)
            .with_columns(names)
            .with_batch_size(self.batch_rows);
        options.limit = Some(self.left);
        let scan = part.dataset.scan(&options).map_err(|error| self.failed(error))?;
        Ok(Open::Scan { scan: Box::new(scan), columns: part.columns, opened: 0 })
    }

    fn advance(&mut self) -> Outcome<Option<RecordBatch>> {
        match &mut self.current {
            None => Ok(None),
            Some(Open::Rows { left, columns }) => {
                let rows = (*left).min(self.left).min(self.batch_rows as u64);
                *left -= rows;
                let rows = usize::try_from(rows).unwrap_or(self.batch_rows);
                if rows == 0 { Ok(None) } else { assemble(&self.schema, columns, &[], rows).map(Some) }
            }
            Some(Open::Scan { scan, columns, opened }) => {
                let batch = scan.next_batch();
                let now = scan.row_groups_opened();
                self.opened.add(now - *opened);
                self.tally.add_row_groups(now - *opened);
                *opened = now;
                match batch {
                    Ok(Some(batch)) => assemble(&self.schema, columns, batch.columns(), batch.num_rows()).map(Some),
                    Ok(None) => Ok(None),
                    Err(error) => Err(self.failed(error)),
                }
            }
        }
    }

    fn failed(&self, error: varvite_dataset::Error) -> DataFusionError {
        self.tally.fail(Error::dataset(&self.table)(error))
    }
}

/// A batch of the table's columns.
fn assemble(schema: &SchemaRef, columns: &[Origin], stored: &[ArrayRef], rows: usize) -> Outcome<RecordBatch> {
    let mut stored = stored.iter();
    let column = |(origin, field): (&Origin, &arrow::datatypes::FieldRef)| match origin {
        Origin::Stored(name) => stored
            .next()
            .cloned()
            .ok_or_else(|| DataFusionError::Internal(format!("column `{name}` was asked for and did not come"))),
        Origin::Constant(value) => value.to_array_of_size(rows),
        Origin::Missing => Ok(new_null_array(field.data_type(), rows)),
    };
    let columns = columns.iter().zip(schema.fields()).map(column).collect::<Outcome<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}
