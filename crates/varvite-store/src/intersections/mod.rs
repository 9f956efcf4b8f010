//! Walking over several datasets in lock step.

mod chunk;
mod cursor;
mod options;
mod plan;

use std::collections::BTreeSet;
use std::fmt::Display;

use arrow::array::RecordBatch;
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, IntoParallelRefMutIterator, ParallelIterator};
use varvite_dataset::{
    ColumnPath, DEFAULT_BATCH_SIZE, Dataset, KeyRange, OrderedType, OrderedValue, ScanOptions, Snapshot,
};
use varvite_time::Period;

pub use chunk::Chunk;
pub use options::{IntersectionOptions, NPrev};

use crate::{Error, Result};
use cursor::Cursor;
use plan::{Plan, Span, plan_intersections};

/// Chunks of several datasets, one range of the ordered column after the other.
///
/// Every chunk holds all rows in its range of every key that takes part; chunks are disjoint and in order, and put
/// together they are exactly the rows in the range that was asked for, behind the earlier rows of `n_prev`. A key takes
/// part if one of its row groups reaches into the range; it is then in every chunk, with or without rows.
///
/// Memory: the rows of one chunk, and ahead of it about 130,000 rows and 16 MiB of stored bytes, shared out to the keys;
/// beyond a few hundred keys, at least 1,024 rows and 64 KiB a key. With chunks cut by layout, a chunk is at most one block a key:
/// the row groups that share a value at their borders, of which there is usually one.
#[derive(Debug)]
pub struct Intersections<K> {
    cursors: Vec<(K, Cursor)>,
    cutting: Cutting,
    /// Where the next chunk begins.
    from: Option<OrderedValue>,
    end: Option<OrderedValue>,
    finished: bool,
}

/// Where chunks end.
#[derive(Debug)]
enum Cutting {
    /// At the borders of stored blocks.
    Layout(std::vec::IntoIter<OrderedValue>),
    /// Where the rows themselves say so.
    Rows { ordered: OrderedType, every: Option<Period>, max_rows: Option<usize> },
}

impl<K: Ord + Clone + Display + Send + Sync> Intersections<K> {
    /// Walks over these datasets, each as its handle sees it now.
    ///
    /// # Errors
    /// [`Error::NoKeys`], [`Error::DuplicateKey`]; [`Error::OrderedOnMismatch`] if the datasets are not ordered on the
    /// same column and type; [`Error::NPrev`], [`Error::Every`] for options that do not fit; [`Error::Dataset`] for a
    /// bound or a column that a dataset does not take.
    pub fn over(datasets: Vec<(K, Dataset)>, options: &IntersectionOptions<K>) -> Result<Self> {
        check_keys(&datasets)?;
        let n_prev = options.n_prev.resolve(&datasets)?;
        let walked = datasets
            .into_iter()
            .zip(n_prev)
            .map(|((key, dataset), n_prev)| Walked::new(key, &dataset, n_prev))
            .collect::<Result<Vec<_>>>()?;
        check_order(&walked)?;
        let Some(ordered) = walked.iter().find_map(|walked| walked.snapshot.ordered_type.clone()) else {
            return Ok(Self::nothing());
        };
        let first = &walked[0];
        let range = ordered.coerce_range(&options.range).map_err(Error::dataset(first.key.to_string()))?;
        let plan = plan_intersections(&walked.iter().map(Walked::spans).collect::<Vec<_>>(), &range);
        let cutting = cutting(&plan, options, &ordered)?;
        let taking_part = plan.takes_part.iter().filter(|takes_part| **takes_part).count();
        let share = Share::of(taking_part);
        let cursors = walked
            .into_par_iter()
            .zip(plan.takes_part)
            .filter(|(_, takes_part)| *takes_part)
            .map(|(walked, _)| walked.cursor(&range, options, share))
            .collect::<Result<Vec<_>>>()?;
        // A range that ends before it starts has no rows, but its start still has rows before it.
        let end = range.end.map(|end| range.start.clone().map_or(end.clone(), |start| end.max(start)));
        Ok(Self { finished: cursors.is_empty(), cursors, cutting, from: range.start, end })
    }

    fn nothing() -> Self {
        Self {
            cursors: Vec::new(),
            cutting: Cutting::Layout(Vec::new().into_iter()),
            from: None,
            end: None,
            finished: true,
        }
    }

    /// The keys that take part, in the order given.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.cursors.iter().map(|(key, _)| key)
    }

    fn next_chunk(&mut self) -> Result<Option<Chunk<K>>> {
        let Some((start, end)) = self.next_range()? else { return Ok(None) };
        self.from.clone_from(&end);
        let take = |(key, cursor): &mut (K, Cursor)| -> Result<(K, RecordBatch)> {
            let rows = cursor.take_before(end.as_ref()).map_err(Error::dataset(key.to_string()))?;
            Ok((key.clone(), rows))
        };
        let rows = self.cursors.par_iter_mut().map(take).collect::<Result<Vec<_>>>()?;
        Ok(Some(Chunk::new(KeyRange { start, end }, rows.into_iter().collect())))
    }

    /// The range of the next chunk; `None` after the last.
    fn next_range(&mut self) -> Result<Option<(Option<OrderedValue>, Option<OrderedValue>)>> {
        if self.finished {
            return Ok(None);
        }
        match &mut self.cutting {
            Cutting::Layout(edges) => {
                let edge = edges.next();
                self.finished = edge.is_none();
                Ok(Some((self.from.clone(), edge.or_else(|| self.end.clone()))))
            }
            Cutting::Rows { ordered, every, max_rows } => {
                let (ordered, every, max_rows) = (ordered.clone(), *every, *max_rows);
                let Some(first) = self.first_value()? else {
                    self.finished = true;
                    return Ok(None);
                };
                let mut start = self.from.clone();
                let mut end = self.end.clone();
                if let Some((tile_start, tile_end)) = every.and_then(|period| ordered.tile(period, &first)) {
                    start = start.max(Some(tile_start));
                    end = earlier(end, tile_end);
                }
                if let Some(max_rows) = max_rows {
                    end = earlier(end, self.end_by_rows(&first, max_rows)?);
                }
                Ok(Some((start, end)))
            }
        }
    }

    /// The smallest value that is still to come.
    fn first_value(&mut self) -> Result<Option<OrderedValue>> {
        let from = self.from.clone();
        let first = |(key, cursor): &mut (K, Cursor)| {
            cursor.value_from(from.as_ref(), 0).map_err(Error::dataset(key.to_string()))
        };
        let firsts = self.cursors.par_iter_mut().map(first).collect::<Result<Vec<_>>>()?;
        Ok(firsts.into_iter().flatten().min())
    }

    /// The value before which no key has more than `max_rows` rows from `first` on; beyond `first` in any case.
    fn end_by_rows(&mut self, first: &OrderedValue, max_rows: usize) -> Result<Option<OrderedValue>> {
        let mut end = None;
        for (key, cursor) in &mut self.cursors {
            let mut at = max_rows;
            let value = loop {
                let value = cursor.value_from(Some(first), at).map_err(Error::dataset(key.to_string()))?;
                // Rows of one value are never parted.
                match value {
                    Some(value) if value == *first => at += 1,
                    other => break other,
                }
            };
            end = earlier(end, value);
        }
        Ok(end)
    }
}

/// The smaller of two bounds of which either may be open.
fn earlier(a: Option<OrderedValue>, b: Option<OrderedValue>) -> Option<OrderedValue> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn cutting<K>(plan: &Plan, options: &IntersectionOptions<K>, ordered: &OrderedType) -> Result<Cutting> {
    if let Some(period) = options.every
        && !ordered.is_temporal()
    {
        let reason = format!("the datasets are ordered on {}, which is no time", ordered.data_type());
        return Err(Error::Every { period: period.to_string(), reason });
    }
    Ok(match (options.every, options.max_rows) {
        (None, None) => Cutting::Layout(plan.edges.clone().into_iter()),
        (every, max_rows) => {
            Cutting::Rows { ordered: ordered.clone(), every, max_rows: max_rows.map(|rows| rows.max(1)) }
        }
    })
}

/// What the scan of one key may hold ahead of the walk.
#[derive(Debug, Clone, Copy)]
struct Share {
    rows: usize,
    bytes: u64,
}

impl Share {
    /// Of what all keys together hold, but for a least below which reading becomes slow. Decoders hold as much again.
    fn of(keys: usize) -> Self {
        const ROWS: usize = 1 << 17;
        const LEAST_ROWS: usize = 1 << 10;
        const BYTES: u64 = 16 << 20;
        const LEAST_BYTES: u64 = 64 << 10;
        let rows = (ROWS / keys.max(1)).clamp(LEAST_ROWS, DEFAULT_BATCH_SIZE);
        Self { rows, bytes: (BYTES / keys.max(1) as u64).max(LEAST_BYTES) }
    }

    /// For one of so many columns. At most so little that scans do not read ahead by themselves: the other keys are read
    /// meanwhile.
    fn bytes_of_column(self, columns: u64) -> u64 {
        const MOST: u64 = 512 << 10;
        (self.bytes / columns).min(MOST)
    }
}

/// One of the datasets, on the version that the walk sees.
struct Walked<K> {
    key: K,
    dataset: Dataset,
    snapshot: std::sync::Arc<Snapshot>,
    n_prev: usize,
}

impl<K: Display> Walked<K> {
    fn new(key: K, dataset: &Dataset, n_prev: usize) -> Result<Self> {
        let dataset = dataset.detached();
        match dataset.snapshot() {
            Some(snapshot) => Ok(Self { key, dataset, snapshot, n_prev }),
            None => Err(Error::NotFound { key: key.to_string() }),
        }
    }

    fn spans(&self) -> Vec<Span<'_>> {
        self.snapshot.files.iter().map(|file| Span { min: &file.min, max: &file.max }).collect()
    }

    fn cursor(self, range: &KeyRange, options: &IntersectionOptions<K>, share: Share) -> Result<(K, Cursor)> {
        let on = &self.snapshot.settings.ordered_on;
        let mut scan = ScanOptions::default()
            .with_range(range.clone())
            .with_n_prev(self.n_prev)
            .with_batch_size(share.rows)
            .with_read_ahead(share.bytes_of_column(self.num_columns(options)));
        let mut dropped = 0;
        if let Some(columns) = &options.columns {
            // Rows are cut by the ordered column, whether it was asked for or not.
            let hidden = (!columns.iter().any(|column| column == on.top())).then(|| on.top().to_owned());
            dropped = usize::from(hidden.is_some());
            scan = scan.with_columns(columns.iter().cloned().chain(hidden));
        }
        let scan = self.dataset.scan(&scan).map_err(Error::dataset(self.key.to_string()))?;
        Ok((self.key, Cursor::new(scan, on.clone(), dropped)))
    }

    fn num_columns(&self, options: &IntersectionOptions<K>) -> u64 {
        let stored = self.snapshot.schema.as_ref().map_or(0, |schema| schema.fields().len());
        options.columns.as_ref().map_or(stored, Vec::len).max(1) as u64
    }

    fn order(&self) -> (&ColumnPath, Option<&OrderedType>) {
        (&self.snapshot.settings.ordered_on, self.snapshot.ordered_type.as_ref())
    }
}

fn check_keys<K: Ord + Display>(datasets: &[(K, Dataset)]) -> Result<()> {
    if datasets.is_empty() {
        return Err(Error::NoKeys);
    }
    let mut seen = BTreeSet::new();
    match datasets.iter().find(|(key, _)| !seen.insert(key)) {
        Some((key, _)) => Err(Error::DuplicateKey { key: key.to_string() }),
        None => Ok(()),
    }
}

/// Refuses datasets that are not ordered on the same column and type. Those without columns have no type yet.
fn check_order<K: Display>(walked: &[Walked<K>]) -> Result<()> {
    let first = walked.iter().find(|walked| walked.order().1.is_some()).unwrap_or(&walked[0]);
    let (column, ordered) = first.order();
    let differs = |other: &&Walked<K>| {
        let (other_column, other_ordered) = other.order();
        other_column != column || (other_ordered.is_some() && other_ordered != ordered)
    };
    let text = |walked: &Walked<K>| match walked.order() {
        (column, Some(ordered)) => format!("`{column}` ({})", ordered.data_type()),
        (column, None) => format!("`{column}`"),
    };
    match walked.iter().find(differs) {
        Some(other) => Err(Error::OrderedOnMismatch {
            key: other.key.to_string(),
            found: text(other),
            first: first.key.to_string(),
            expected: text(first),
        }),
        None => Ok(()),
    }
}

impl<K: Ord + Clone + Display + Send + Sync> Iterator for Intersections<K> {
    type Item = Result<Chunk<K>>;

    fn next(&mut self) -> Option<Self::Item> {
        let chunk = self.next_chunk();
        if chunk.is_err() {
            self.finished = true;
        }
        chunk.transpose()
    }
}
