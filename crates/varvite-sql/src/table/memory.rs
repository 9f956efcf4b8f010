//! [`MemoryTable`]: rows that a caller has.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use crate::{Error, Result};

/// The numbers of tables in memory: rows are not compared, so that each table is another one.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Rows in memory, all with the same columns.
#[derive(Debug, Clone)]
pub struct MemoryTable {
    schema: SchemaRef,
    batches: Arc<[RecordBatch]>,
    number: u64,
}

impl MemoryTable {
    /// Rows with these columns.
    ///
    /// # Errors
    /// [`Error::InvalidTable`] if a batch has others.
    pub fn try_new(schema: SchemaRef, batches: Vec<RecordBatch>) -> Result<Self> {
        if let Some(at) = batches.iter().position(|batch| batch.schema().fields() != schema.fields()) {
            let reason = format!("batch {at} has other columns than the schema");
            return Err(Error::InvalidTable { table: "in memory".to_owned(), reason });
        }
        Ok(Self { schema, batches: batches.into(), number: NEXT.fetch_add(1, Ordering::Relaxed) })
    }

    /// The columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The rows.
    pub fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }

    pub(super) fn version(&self) -> String {
        format!("memory {}", self.number)
    }
}

impl From<RecordBatch> for MemoryTable {
    fn from(batch: RecordBatch) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self { schema: batch.schema(), batches: vec![batch].into(), number }
    }
}
