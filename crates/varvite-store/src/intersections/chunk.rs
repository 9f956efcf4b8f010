//! [`Chunk`]: the rows of every key in one range.

use std::collections::{BTreeMap, btree_map};
use std::ops::Index;

use arrow::array::RecordBatch;
use varvite_dataset::KeyRange;

/// The rows of every key that takes part, in one range of the ordered column.
#[derive(Debug, Clone, PartialEq)]
pub struct Chunk<K> {
    range: KeyRange,
    rows: BTreeMap<K, RecordBatch>,
}

impl<K: Ord> Chunk<K> {
    pub(crate) fn new(range: KeyRange, rows: BTreeMap<K, RecordBatch>) -> Self {
        Self { range, rows }
    }

    /// The range that the rows lie in, but for the earlier rows that the first chunk begins with.
    pub fn range(&self) -> &KeyRange {
        &self.range
    }

    /// The rows of `key`, perhaps none; `None` if the key takes no part.
    pub fn get(&self, key: &K) -> Option<&RecordBatch> {
        self.rows.get(key)
    }

    /// The keys with their rows, in order.
    pub fn iter(&self) -> btree_map::Iter<'_, K, RecordBatch> {
        self.rows.iter()
    }

    /// Number of rows of all keys together.
    pub fn num_rows(&self) -> usize {
        self.rows.values().map(RecordBatch::num_rows).sum()
    }

    /// The map itself.
    pub fn into_rows(self) -> BTreeMap<K, RecordBatch> {
        self.rows
    }
}

impl<K: Ord> Index<&K> for Chunk<K> {
    type Output = RecordBatch;

    /// The rows of a key that takes part.
    ///
    /// # Panics
    /// If it takes no part: [`Chunk::get`] tells.
    fn index(&self, key: &K) -> &RecordBatch {
        &self.rows[key]
    }
}

impl<K> IntoIterator for Chunk<K> {
    type Item = (K, RecordBatch);
    type IntoIter = btree_map::IntoIter<K, RecordBatch>;

    fn into_iter(self) -> Self::IntoIter {
        self.rows.into_iter()
    }
}

impl<'a, K: Ord> IntoIterator for &'a Chunk<K> {
    type Item = (&'a K, &'a RecordBatch);
    type IntoIter = btree_map::Iter<'a, K, RecordBatch>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
