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
