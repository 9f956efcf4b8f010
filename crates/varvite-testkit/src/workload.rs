//! [`Workload`]: the rows of every commit, a pure function of a seed, the writer's number and the commit's.
//!
//! So whoever verifies a dataset needs nothing but its history to know what it must hold.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int32Array, Int64Array, RecordBatch};
use arrow::datatypes::{Int32Type, Int64Type};
use arrow::error::ArrowError;
use clap::ValueEnum;

/// The column that rows are ordered on.
pub const ORDERED_ON: &str = "ts";

/// Where the rows of a commit lie among those of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Pattern {
    /// Behind the rows of the writer's earlier commits.
    Append,
    /// Somewhere in a span, all kept.
    Scatter,
    /// At random values of a span; of equal values the last written stays.
    Upsert,
}

/// What all writers of a dataset have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Workload {
    /// Seed of all values.
    pub seed: u64,
    /// Rows a commit, fewer than 65,536.
    pub rows: u16,
    /// Where they lie.
    pub pattern: Pattern,
    /// Width of the range of scattered rows and of upserts, at least 1.
    pub span: u64,
}

/// One row: the ordered value, the writer, its commit, the position in the commit, a random value.
pub type CommitRow = (i64, i32, i64, i32, i64);

impl Workload {
    /// The rows of commit `k` of `writer` (below 16), sorted on the ordered column; equal values stand as they were made.
    pub fn rows_of(&self, writer: u16, k: u64) -> Vec<CommitRow> {
        let base = self.seed ^ u64::from(writer) << 48 ^ k << 16;
        let start = splitmix64(base ^ 0xA5A5) % self.span;
        let row = |position: u16| {
            let (i, w) = (u64::from(position), u64::from(writer));
            let ts = match self.pattern {
                Pattern::Append => {
                    k.wrapping_mul(u64::from(self.rows)).wrapping_add(i).wrapping_mul(16).wrapping_add(w)
                }
                Pattern::Scatter => ((start + 37 * i) % self.span).wrapping_mul(16).wrapping_add(w),
                Pattern::Upsert => splitmix64(base ^ 0x5A5A ^ i) % self.span,
            };
            (signed(ts), i32::from(writer), signed(k), i32::from(position), signed(splitmix64(base ^ i)))
        };
        let mut rows: Vec<CommitRow> = (0..self.rows).map(row).collect();
        rows.sort_by_key(|row| row.0);
        rows
    }

    /// What a dataset holds after these commits, given as writer and number in the order of versions: sorted rows.
    pub fn replay(&self, commits: impl IntoIterator<Item = (u16, u64)>) -> Vec<CommitRow> {
        let mut rows: Vec<CommitRow> = commits.into_iter().flat_map(|(writer, k)| self.rows_of(writer, k)).collect();
        if self.pattern == Pattern::Upsert {
            rows.sort_by_key(|row| row.0); // stable: of equal values the last written is last
            rows.reverse();
            rows.dedup_by_key(|row| row.0);
        }
        rows.sort_unstable();
        rows
    }
}

/// The usual finaliser, as in the public-domain generator of that name.
pub fn splitmix64(x: u64) -> u64 {
    let x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ x >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ x >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ x >> 31
}

fn signed(word: u64) -> i64 {
    i64::from_ne_bytes(word.to_ne_bytes())
}

/// The rows as columns `ts`, `w`, `k`, `i`, `val`.
///
/// # Errors
/// None that a caller can cause.
pub fn to_batch(rows: &[CommitRow]) -> Result<RecordBatch, ArrowError> {
    let wide = |of: fn(&CommitRow) -> i64| -> ArrayRef { Arc::new(rows.iter().map(of).collect::<Int64Array>()) };
    let narrow = |of: fn(&CommitRow) -> i32| -> ArrayRef { Arc::new(rows.iter().map(of).collect::<Int32Array>()) };
    RecordBatch::try_from_iter([
        (ORDERED_ON, wide(|row| row.0)),
        ("w", narrow(|row| row.1)),
        ("k", wide(|row| row.2)),
        ("i", narrow(|row| row.3)),
        ("val", wide(|row| row.4)),
    ])
}

/// The rows of a batch that [`to_batch`] made; `None` if its columns are others.
pub fn from_batch(batch: &RecordBatch) -> Option<Vec<CommitRow>> {
    let wide = |name: &str| batch.column_by_name(name)?.as_primitive_opt::<Int64Type>();
    let narrow = |name: &str| batch.column_by_name(name)?.as_primitive_opt::<Int32Type>();
    let (ts, w, k, i, val) = (wide(ORDERED_ON)?, narrow("w")?, wide("k")?, narrow("i")?, wide("val")?);
    let row = |at| (ts.value(at), w.value(at), k.value(at), i.value(at), val.value(at));
    Some((0..batch.num_rows()).map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workload(pattern: Pattern) -> Workload {
        Workload { seed: 7, rows: 4, pattern, span: 100 }
    }

    #[test]
    fn appended_rows_follow_those_of_the_commit_before() {
        let ts: Vec<i64> = workload(Pattern::Append).rows_of(2, 1).iter().map(|row| row.0).collect();
        assert_eq!(ts, [66, 82, 98, 114]); // (1 * 4 + i) * 16 + 2
    }

    #[test]
    fn values_are_those_of_the_reference() {
        assert_eq!(splitmix64(0), 0xE220_A839_7B1D_CDAF);
        let row = workload(Pattern::Scatter).rows_of(3, 5)[0];
        assert_eq!((row.1, row.2), (3, 5));
    }

    #[test]
    fn of_equal_values_the_last_written_is_replayed() {
        let workload = Workload { span: 1, ..workload(Pattern::Upsert) };
        let rows = workload.replay([(0, 0), (1, 0), (0, 1)]);
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].1, rows[0].2, rows[0].3), (0, 1, 3));
    }

    #[test]
    fn a_batch_gives_its_rows_back() {
        let rows = workload(Pattern::Upsert).rows_of(1, 9);
        assert_eq!(from_batch(&to_batch(&rows).unwrap()), Some(rows));
    }
}
