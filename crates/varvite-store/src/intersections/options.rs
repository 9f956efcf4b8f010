//! [`IntersectionOptions`]: what to walk over, and in what portions.

use std::collections::BTreeMap;
use std::fmt::Display;

use varvite_dataset::{Dataset, KeyRange};
use varvite_time::Period;

use crate::{Error, Result};

/// What to walk over, and in what portions.
///
/// ```
/// use varvite_store::IntersectionOptions;
/// let days = IntersectionOptions::<String>::default()
///     .with_range("2013-01-01".."2013-02-01")
///     .with_n_prev(24)
///     .every("1D".parse()?);
/// # Ok::<(), varvite_time::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct IntersectionOptions<K> {
    /// Rows to walk over: start included, end excluded. Default: all.
    pub range: KeyRange,
    /// How many rows before the start of the range each key's first chunk begins with. Without a start there are none.
    /// Default: 0.
    pub n_prev: NPrev<K>,
    /// Cuts chunks at the ends of periods, whatever the layout. Periods without rows are passed over: a range without
    /// rows has no chunk.
    pub every: Option<Period>,
    /// No key has more rows than this in a chunk, unless more share one value; rows of `n_prev` do not count.
    pub max_rows: Option<usize>,
    /// Columns at the top, in the order wanted. Default: all, in stored order.
    pub columns: Option<Vec<String>>,
}

/// How many rows before the start of the range each key's first chunk begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NPrev<K> {
    /// The same for every key.
    All(usize),
    /// By key; 0 for those not named.
    ByKey(BTreeMap<K, usize>),
    /// One number a key, in the order in which the keys are given.
    InOrder(Vec<usize>),
}

impl<K> Default for IntersectionOptions<K> {
    fn default() -> Self {
        Self { range: KeyRange::default(), n_prev: NPrev::All(0), every: None, max_rows: None, columns: None }
    }
}

impl<K> IntersectionOptions<K> {
    /// Walks over `range` alone: `5..`, `"2013-01-01".."2013-02-01"`, `..`.
    pub fn with_range(mut self, range: impl Into<KeyRange>) -> Self {
        self.range = range.into();
        self
    }

    /// Begins with so many earlier rows: a number for all keys, a map by key, or one number a key in their order.
    pub fn with_n_prev(mut self, n_prev: impl Into<NPrev<K>>) -> Self {
        self.n_prev = n_prev.into();
        self
    }

    /// Cuts chunks at the ends of periods, whatever the layout.
    pub fn every(mut self, period: Period) -> Self {
        self.every = Some(period);
        self
    }

    /// Cuts chunks so that no key has more than `rows` rows in one, whatever the layout.
    pub fn max_rows(mut self, rows: usize) -> Self {
        self.max_rows = Some(rows);
        self
    }

    /// Reads these columns alone, in this order.
    pub fn with_columns<C: Into<String>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.columns = Some(columns.into_iter().map(Into::into).collect());
        self
    }
}

impl<K> From<usize> for NPrev<K> {
    fn from(rows: usize) -> Self {
        Self::All(rows)
    }
}

impl<K> From<BTreeMap<K, usize>> for NPrev<K> {
    fn from(rows: BTreeMap<K, usize>) -> Self {
        Self::ByKey(rows)
    }
}

impl<K> From<Vec<usize>> for NPrev<K> {
    fn from(rows: Vec<usize>) -> Self {
        Self::InOrder(rows)
    }
}

impl<K, const N: usize> From<[usize; N]> for NPrev<K> {
    fn from(rows: [usize; N]) -> Self {
        Self::InOrder(rows.to_vec())
    }
}

impl<K: Ord + Display> NPrev<K> {
    /// One number a dataset.
    pub(crate) fn resolve(&self, datasets: &[(K, Dataset)]) -> Result<Vec<usize>> {
        match self {
            Self::All(rows) => Ok(vec![*rows; datasets.len()]),
            Self::InOrder(rows) if rows.len() == datasets.len() => Ok(rows.clone()),
            Self::InOrder(rows) => {
                Err(Error::NPrev { reason: format!("{} numbers for {} keys", rows.len(), datasets.len()) })
            }
            Self::ByKey(rows) => match rows.keys().find(|key| !datasets.iter().any(|(walked, _)| walked == *key)) {
                Some(key) => Err(Error::NPrev { reason: format!("`{key}` is not walked over") }),
                None => Ok(datasets.iter().map(|(key, _)| rows.get(key).copied().unwrap_or(0)).collect()),
            },
        }
    }
}
