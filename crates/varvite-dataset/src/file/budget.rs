//! [`Budget`]: the memory that a batch may take, and the [`Allowance`] of all that are decoded at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parquet::errors::ParquetError;

use super::limits::{MAX_BATCH, MAX_ROW, PAGE};

/// The memory that one reader may take of what all of a scan may, beside [`PAGE`] for each column.
#[derive(Debug, Clone)]
pub(super) struct Allowance {
    /// For several rows at once.
    batch: u64,
    /// For one row, together with the other readers that are down to one.
    single: Arc<Single>,
}

#[derive(Debug)]
struct Single {
    limit: u64,
    spent: AtomicU64,
}

impl Default for Allowance {
    fn default() -> Self {
        Self::new(MAX_BATCH, MAX_ROW)
    }
}

impl Allowance {
    pub(super) fn new(batch: u64, row: u64) -> Self {
        Self { batch, single: Arc::new(Single { limit: row, spent: AtomicU64::new(0) }) }
    }

    /// Shares of readers that work side by side: half is shared out evenly, half in proportion to what each is expected
    /// to take.
    pub(super) fn split(&self, expected: &[u64]) -> Vec<Self> {
        let total = expected.iter().map(|bytes| u128::from(*bytes)).sum::<u128>().max(1);
        let even = self.batch / 2 / (expected.len() as u64).max(1);
        let in_proportion =
            |bytes: u64| u64::try_from(u128::from(self.batch / 2) * u128::from(bytes) / total).unwrap_or_default();
        let batches = expected.iter().map(|bytes| even + in_proportion(*bytes));
        batches.map(|batch| Self { batch, single: Arc::clone(&self.single) }).collect()
    }
}

/// The memory that a batch may take, shared by the columns that it is decoded from.
#[derive(Debug, Clone)]
pub(super) struct Budget(Arc<Account>);

/// Used by one thread at a time, but for what is said of single rows.
#[derive(Debug)]
struct Account {
    allowance: Allowance,
    /// What is granted for the pages in use.
    pages: u64,
    /// What each row takes at least.
    least: u64,
    spent: AtomicU64,
    /// What of it is noted in the allowance for single rows.
    noted: AtomicU64,
    batch_rows: AtomicU64,
    /// What each row takes at least, and what it may take at most of the dictionaries in use.
    row_bytes: AtomicU64,
    exceeded: AtomicBool,
}

impl Budget {
    /// For rows of so many columns, which take so many bytes at least.
    pub(super) fn new(columns: usize, row_bytes: u64, allowance: Allowance) -> Self {
        Self(Arc::new(Account {
            allowance,
            pages: PAGE.saturating_mul(columns as u64),
            least: row_bytes,
            spent: AtomicU64::new(0),
            noted: AtomicU64::new(0),
            batch_rows: AtomicU64::new(0),
            row_bytes: AtomicU64::new(row_bytes),
            exceeded: AtomicBool::new(false),
        }))
    }

    /// Without a limit: to find out what is taken.
    pub(super) fn unlimited() -> Self {
        Self::new(0, 0, Allowance::new(u64::MAX, u64::MAX))
    }

    /// A batch of so many rows is begun: whether it can fit.
    pub(super) fn begin(&self, batch_rows: u64) -> bool {
        let account = &self.0;
        account.release();
        account.batch_rows.store(batch_rows, Ordering::Relaxed);
        account.exceeded.store(false, Ordering::Relaxed);
        account.spent.store(0, Ordering::Relaxed);
        self.spend(batch_rows.saturating_mul(account.row_bytes.load(Ordering::Relaxed))).is_ok()
    }

    /// The dictionaries that were in use are not any more.
    pub(super) fn forget_dictionaries(&self) {
        self.0.row_bytes.store(self.0.least, Ordering::Relaxed);
    }

    pub(super) fn is_exceeded(&self) -> bool {
        self.0.exceeded.load(Ordering::Relaxed)
    }

    /// What was spent of the batch.
    pub(super) fn spent(&self) -> u64 {
        self.0.spent.load(Ordering::Relaxed)
    }

    pub(super) fn spend(&self, bytes: u64) -> Result<(), ParquetError> {
        let spent = self.spent().saturating_add(bytes);
        self.0.spent.store(spent, Ordering::Relaxed);
        if self.0.fits(spent.saturating_sub(self.0.pages)) {
            return Ok(());
        }
        self.0.exceeded.store(true, Ordering::Relaxed);
        Err(ParquetError::General("a batch takes too much memory".to_owned()))
    }

    /// From now on, each row may take so many bytes more.
    pub(super) fn spend_by_row(&self, bytes: u64) -> Result<(), ParquetError> {
        let before = self.0.row_bytes.load(Ordering::Relaxed);
        self.0.row_bytes.store(before.saturating_add(bytes), Ordering::Relaxed);
        self.spend(bytes.saturating_mul(self.0.batch_rows.load(Ordering::Relaxed)))
    }
}

impl Account {
    /// Whether a batch may take so many bytes, beyond what is granted for pages.
    fn fits(&self, bytes: u64) -> bool {
        if self.batch_rows.load(Ordering::Relaxed) > 1 {
            return bytes <= self.allowance.batch;
        }
        let single = &self.allowance.single;
        if bytes > single.limit {
            return false;
        }
        let more = bytes - self.noted.swap(bytes, Ordering::Relaxed);
        single.spent.fetch_add(more, Ordering::Relaxed).saturating_add(more) <= single.limit
    }

    fn release(&self) {
        self.allowance.single.spent.fetch_sub(self.noted.swap(0, Ordering::Relaxed), Ordering::Relaxed);
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_side_by_side_take_no_more_than_one() {
        for expected in [&[1_u64; 32][..], &[0; 5], &[7, 1 << 40, 3], &[u64::MAX; 32]] {
            let shares = Allowance::new(1 << 28, 1 << 30).split(expected);
            let total: u64 = shares.iter().map(|share| share.batch).sum();
            assert!(total <= 1 << 28, "{total} of {expected:?}");
            assert!(shares.iter().all(|share| share.batch >= (1 << 27) / expected.len() as u64));
        }
        let shares = Allowance::new(1 << 28, 1 << 30).split(&[1, 3]);
        assert_eq!([shares[0].batch, shares[1].batch], [3 << 25, 5 << 25]);
    }

    #[test]
    fn single_rows_of_readers_side_by_side_share_one_limit() {
        let shares = Allowance::new(1 << 20, 100).split(&[1, 1]);
        let [one, other] = [&shares[0], &shares[1]].map(|share| Budget::new(0, 10, share.clone()));
        assert!(one.begin(1) && other.begin(1));
        assert!(one.spend(50).is_ok());
        assert!(other.spend(40).is_err() && other.is_exceeded(), "60 and 50 of 100");
        assert!(other.begin(1000), "several rows have their own limit");
        assert!(one.begin(1), "the next row");
        assert!(other.begin(1) && other.spend(70).is_ok());
        drop(other);
        assert!(one.spend(90).is_ok());
        assert!(one.spend(1).is_err());
    }
}
