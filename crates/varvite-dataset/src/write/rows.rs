//! [`Rows`]: what a write takes.

use arrow::array::{RecordBatch, RecordBatchReader};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;

/// The rows of a write: a batch, several, a reader of batches, or none.
///
/// ```
/// use varvite_dataset::Rows;
/// let nothing = Rows::none(); // only metadata changes, or the layout is repaired
/// ```
pub struct Rows(pub(crate) Input);

pub(crate) enum Input {
    None,
    Batches(Vec<RecordBatch>),
    Reader(Box<dyn RecordBatchReader + Send>),
}

impl Rows {
    /// No rows: the write changes metadata, and repairs row groups that are off target if it is told to.
    pub fn none() -> Self {
        Self(Input::None)
    }

    /// Rows that are read batch by batch.
    pub fn reader(reader: impl RecordBatchReader + Send + 'static) -> Self {
        Self(Input::Reader(Box::new(reader)))
    }

    /// Whether all rows are in memory already, so that putting them aside would save none.
    pub(crate) fn are_in_memory(&self) -> bool {
        !matches!(self.0, Input::Reader(_))
    }

    /// The columns, where rows are given.
    pub(crate) fn schema(&self) -> Option<SchemaRef> {
        match &self.0 {
            Input::None => None,
            Input::Batches(batches) => batches.first().map(RecordBatch::schema),
            Input::Reader(reader) => Some(reader.schema()),
        }
    }

    pub(crate) fn into_batches(self) -> Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>>> {
        match self.0 {
            Input::None => Box::new(std::iter::empty()),
            Input::Batches(batches) => Box::new(batches.into_iter().map(Ok)),
            Input::Reader(reader) => Box::new(reader),
        }
    }
}

impl From<RecordBatch> for Rows {
    fn from(batch: RecordBatch) -> Self {
        Self(Input::Batches(vec![batch]))
    }
}

impl From<Vec<RecordBatch>> for Rows {
    fn from(batches: Vec<RecordBatch>) -> Self {
        if batches.is_empty() { Self::none() } else { Self(Input::Batches(batches)) }
    }
}

impl From<Box<dyn RecordBatchReader + Send>> for Rows {
    fn from(reader: Box<dyn RecordBatchReader + Send>) -> Self {
        Self(Input::Reader(reader))
    }
}
