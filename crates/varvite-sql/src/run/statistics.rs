//! [`RunStatistics`]: what a run has come to.

use std::fmt;
use std::time::Duration;

use arrow::array::RecordBatch;
use serde::{Serialize, Serializer};

/// What a run has come to so far. What an engine does not tell is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RunStatistics {
    /// Rows that were handed out.
    pub rows: u64,
    /// Batches that were handed out.
    pub batches: u64,
    /// Bytes of memory of what was handed out.
    pub bytes: u64,
    /// From the call to the last batch; serialised as milliseconds.
    #[serde(rename = "elapsed_ms", serialize_with = "milliseconds")]
    pub elapsed: Duration,
    /// Rows that were read from tables.
    pub rows_read: Option<u64>,
    /// Row groups that were read, of those that there are.
    pub row_groups: Option<(u64, u64)>,
    /// Most bytes of memory that the engine held.
    pub peak_memory: Option<u64>,
    /// Bytes that were put aside on disk.
    pub spilled: Option<u64>,
}

fn milliseconds<S: Serializer>(elapsed: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}

impl RunStatistics {
    pub(super) fn count(&mut self, batch: &RecordBatch) {
        self.rows += batch.num_rows() as u64;
        self.batches += 1;
        self.bytes += batch.get_array_memory_size() as u64;
    }
}

impl fmt::Display for RunStatistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = if self.rows == 1 { "row" } else { "rows" };
        write!(f, "{} {noun} in {:.3} s", self.rows, self.elapsed.as_secs_f64())?;
        if let Some(read) = self.rows_read {
            write!(f, ", {read} rows read")?;
        }
        if let Some((read, all)) = self.row_groups {
            write!(f, ", {read} of {all} row groups")?;
        }
        if let Some(bytes) = self.peak_memory {
            write!(f, ", {bytes} bytes of memory at most")?;
        }
        self.spilled.filter(|bytes| *bytes > 0).map_or(Ok(()), |bytes| write!(f, ", {bytes} bytes put aside"))
    }
}
