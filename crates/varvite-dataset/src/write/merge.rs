//! [`Merge`]: stored and incoming rows of one run as one ordered stream, each key once.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch};
use arrow::compute::{FilterBuilder, concat, concat_batches, interleave};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::duplicates::{DuplicateKey, Fate, fates};
use super::origins::{Origin, Origins};
use crate::ordered::{Side, Stretch};
use crate::{ColumnPath, Error, Ordered, OrderedValue, Result};

/// Merged rows, and where each of them stands already. An incoming row equal to a stored one has that one's place.
#[derive(Debug)]
pub(crate) struct Merged {
    pub(crate) batch: RecordBatch,
    pub(crate) ordered: Ordered,
    pub(crate) origins: Origins,
}

/// How many incoming rows met stored ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) inserted: u64,
    pub(crate) updated: u64,
    pub(crate) identical: u64,
}

/// A stretch of stored rows with its place: rows of one row group that follow each other.
pub(crate) struct StoredRows {
    pub(crate) batch: RecordBatch,
    pub(crate) row_group: usize,
    pub(crate) first_row: u64,
}

/// Rows of one side that are not merged yet.
struct Buffer {
    batch: RecordBatch,
    ordered: Ordered,
    origins: Origins,
    /// Whether more rows may follow.
    open: bool,
}

/// Merges two ordered streams piece by piece: what is emitted is complete up to a value, so rows of equal value always
/// meet in one piece. Memory: one batch a side, or all rows of one value where they are more.
pub(crate) struct Merge<'a, S, I> {
    schema: &'a SchemaRef,
    ordered_on: &'a ColumnPath,
    key: Option<&'a DuplicateKey>,
    stored: S,
    incoming: I,
    left: Buffer,
    right: Buffer,
    pub(crate) tally: Tally,
}

impl<'a, S, I> Merge<'a, S, I>
where
    S: Iterator<Item = Result<StoredRows>>,
    I: Iterator<Item = Result<RecordBatch>>,
{
    pub(crate) fn new(
        schema: &'a SchemaRef,
        ordered_on: &'a ColumnPath,
        key: Option<&'a DuplicateKey>,
        stored: S,
        incoming: I,
    ) -> Result<Self> {
        let empty = || -> Result<Buffer> {
            let batch = RecordBatch::new_empty(schema.clone());
            let ordered = Ordered::unchecked(&batch, ordered_on)?;
            Ok(Buffer { batch, ordered, origins: Origins::default(), open: true })
        };
        let (left, right) = (empty()?, empty()?);
        Ok(Self { schema, ordered_on, key, stored, incoming, left, right, tally: Tally::default() })
    }

    /// The next merged rows in order; `None` after the last.
    pub(crate) fn next(&mut self) -> Result<Option<Merged>> {
        loop {
            if self.left.batch.num_rows() == 0 && self.left.open {
                self.fill_left()?;
                continue;
            }
            if self.right.batch.num_rows() == 0 && self.right.open {
                self.fill_right()?;
                continue;
            }
            if self.left.batch.num_rows() == 0 && self.right.batch.num_rows() == 0 {
                return Ok(None);
            }
            let bound = self.bound();
            let (left, right) = (self.left.until(bound.as_ref()), self.right.until(bound.as_ref()));
            if left + right == 0 {
                // All that is here has one value, and more of it may follow on the side that ends with it.
                self.extend()?;
                continue;
            }
            let (left, right) = (self.left.split(left), self.right.split(right));
            let merged = self.merge(&left, &right)?;
            if merged.batch.num_rows() > 0 {
                return Ok(Some(merged));
            }
        }
    }

    /// Rows below this value are complete; `None`: all are.
    fn bound(&self) -> Option<OrderedValue> {
        [&self.left, &self.right]
            .into_iter()
            .filter(|side| side.open)
            .filter_map(|side| side.ordered.bounds().map(|(_, last)| last))
            .min()
    }

    fn extend(&mut self) -> Result<()> {
        let last = |side: &Buffer| side.ordered.bounds().map(|(_, last)| last);
        if self.left.open && (!self.right.open || last(&self.left) <= last(&self.right)) {
            self.fill_left()
        } else {
            self.fill_right()
        }
    }

    fn fill_left(&mut self) -> Result<()> {
        match self.stored.next().transpose()? {
            None => self.left.open = false,
            Some(rows) => {
                let first = Some((rows.row_group, rows.first_row));
                self.left.push(self.schema, self.ordered_on, rows.batch, first)?;
            }
        }
        Ok(())
    }

    fn fill_right(&mut self) -> Result<()> {
        match self.incoming.next().transpose()? {
            None => self.right.open = false,
            Some(batch) => self.right.push(self.schema, self.ordered_on, batch, None)?,
        }
        Ok(())
    }

    fn merge(&mut self, stored: &Buffer, incoming: &Buffer) -> Result<Merged> {
        let stretches = stored.ordered.merge(&incoming.ordered);
        let batch = assemble(self.schema, &stored.batch, &incoming.batch, &stretches)?;
        let mut origins = Origins::default();
        for stretch in &stretches {
            let from = if stretch.side == Side::Stored { &stored.origins } else { &incoming.origins };
            origins.extend(from, stretch.rows.clone());
        }
        let ordered = Ordered::unchecked(&batch, self.ordered_on)?;
        let Some(key) = self.key else {
            self.tally.inserted += incoming.batch.num_rows() as u64;
            return Ok(Merged { batch, ordered, origins });
        };
        self.drop_duplicates(key, Merged { batch, ordered, origins })
    }

    fn drop_duplicates(&mut self, key: &DuplicateKey, merged: Merged) -> Result<Merged> {
        let stretches = merged.origins.stretches(0..merged.origins.len());
        let stored: Vec<bool> =
            stretches.flat_map(|(first, rows)| std::iter::repeat_n(first.is_some(), rows)).collect();
        let fates = fates(&merged.batch, &merged.ordered, key, &stored)?;
        let mut origins = Origins::default();
        for (row, fate) in fates.iter().enumerate() {
            match fate {
                Fate::Dropped => continue,
                Fate::Stays if stored[row] => {}
                Fate::Stays => self.tally.inserted += 1,
                Fate::Updates => self.tally.updated += 1,
                Fate::Equals(_) => self.tally.identical += 1,
            }
            let origin = if let Fate::Equals(twin) = fate { *twin } else { row };
            origins.push(merged.origins.at(origin), 1);
        }
        if origins.len() == fates.len() {
            return Ok(Merged { origins, ..merged });
        }
        let keep: BooleanArray = fates.iter().map(|fate| Some(*fate != Fate::Dropped)).collect();
        let predicate = FilterBuilder::new(&keep).optimize().build();
        let batch = by_column(self.schema, |at| predicate.filter(merged.batch.column(at)))
            .map_err(|source| Error::Arrow { action: "drop duplicates", source })?;
        let ordered = Ordered::unchecked(&batch, self.ordered_on)?;
        Ok(Merged { batch, ordered, origins })
    }
}

impl Buffer {
    fn until(&self, bound: Option<&OrderedValue>) -> usize {
        bound.map_or(self.ordered.len(), |bound| self.ordered.lower_bound(bound))
    }

    fn split(&mut self, at: usize) -> Self {
        let rest = self.batch.num_rows() - at;
        let head = Self {
            batch: self.batch.slice(0, at),
            ordered: self.ordered.slice(0..at),
            origins: self.origins.slice(0..at),
            open: false,
        };
        self.origins = self.origins.slice(at..at + rest);
        self.batch = self.batch.slice(at, rest);
        self.ordered = self.ordered.slice(at..at + rest);
        head
    }

    /// Adds rows that follow each other, the first of which stands at `first`.
    fn push(&mut self, schema: &SchemaRef, on: &ColumnPath, batch: RecordBatch, first: Origin) -> Result<()> {
        self.origins.push(first, batch.num_rows());
        self.batch = if self.batch.num_rows() == 0 {
            batch
        } else {
            concat_batches(schema, [&self.batch, &batch])
                .map_err(|source| Error::Arrow { action: "join batches", source })?
        };
        self.ordered = Ordered::unchecked(&self.batch, on)?;
        Ok(())
    }
}

/// The rows that `stretches` name, in their order. Few long stretches are joined whole, many short ones row by row.
fn assemble(
    schema: &SchemaRef,
    stored: &RecordBatch,
    incoming: &RecordBatch,
    stretches: &[Stretch],
) -> Result<RecordBatch> {
    const ROWS_WORTH_JOINING: usize = 32;
    let arrow = |source| Error::Arrow { action: "merge rows", source };
    let side = |stretch: &Stretch| if stretch.side == Side::Stored { stored } else { incoming };
    if let [stretch] = stretches {
        return Ok(side(stretch).slice(stretch.rows.start, stretch.rows.len()));
    }
    let rows: usize = stretches.iter().map(|stretch| stretch.rows.len()).sum();
    if rows >= stretches.len() * ROWS_WORTH_JOINING {
        let slices: Vec<_> =
            stretches.iter().map(|stretch| side(stretch).slice(stretch.rows.start, stretch.rows.len())).collect();
        let column = |at: usize| {
            let parts: Vec<&dyn Array> = slices.iter().map(|slice| slice.column(at).as_ref()).collect();
            concat(&parts)
        };
        return by_column(schema, column).map_err(arrow);
    }
    let indices: Vec<(usize, usize)> = stretches
        .iter()
        .flat_map(|stretch| stretch.rows.clone().map(|row| (usize::from(stretch.side == Side::Incoming), row)))
        .collect();
    by_column(schema, |at| interleave(&[stored.column(at).as_ref(), incoming.column(at).as_ref()], &indices))
        .map_err(arrow)
}

/// A batch of columns that are made side by side.
fn by_column(
    schema: &SchemaRef,
    column: impl Fn(usize) -> Result<ArrayRef, ArrowError> + Sync,
) -> Result<RecordBatch, ArrowError> {
    let columns = (0..schema.fields().len()).into_par_iter().map(&column).collect::<Result<_, _>>()?;
    RecordBatch::try_new(Arc::clone(schema), columns)
}
