//! [`InputRows`]: the rows of every input in one range.

use std::sync::Arc;

use arrow::array::RecordBatch;

use crate::StepError;

/// The rows of every input in one range of the ordered column.
#[derive(Debug, Clone)]
pub struct InputRows {
    names: Arc<[String]>,
    batches: Vec<Option<RecordBatch>>,
}

impl InputRows {
    pub(crate) fn new(names: Arc<[String]>, batches: Vec<Option<RecordBatch>>) -> Self {
        debug_assert_eq!(names.len(), batches.len());
        Self { names, batches }
    }

    /// The rows of an input, perhaps none; `None` if nothing was ever stored there, or there is no such input.
    pub fn get(&self, name: &str) -> Option<&RecordBatch> {
        let at = self.names.iter().position(|known| known == name)?;
        self.batches[at].as_ref()
    }

    /// The rows of the only input.
    ///
    /// # Errors
    /// There are several.
    pub fn only(&self) -> Result<&RecordBatch, StepError> {
        match &self.batches[..] {
            [Some(batch)] => Ok(batch),
            _ => Err(format!("the step takes one input, and there are {}", self.names.join(", ")).into()),
        }
    }

    /// Names and rows of the inputs that have any columns, in the order of the job.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &RecordBatch)> {
        let named = self.names.iter().zip(&self.batches);
        named.filter_map(|(name, batch)| batch.as_ref().map(|batch| (name.as_str(), batch)))
    }

    /// Number of rows of all inputs together.
    pub fn num_rows(&self) -> usize {
        self.batches.iter().flatten().map(RecordBatch::num_rows).sum()
    }
}
