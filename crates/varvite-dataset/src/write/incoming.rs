//! [`Incoming`]: the rows of a write, checked, in order, each key once.

use std::fs::File;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::SchemaRef;

use super::duplicates::{DuplicateKey, survivors};
use super::plan::Positions;
use super::rows::Rows;
use super::spill::{Spill, Spilled};
use crate::ordered::find_array;
use crate::{ColumnPath, Error, Ordered, OrderedValue, Result};

/// Checked rows: in order, and of equal rows only the last.
#[derive(Debug, Default)]
pub(crate) struct Incoming {
    parts: Vec<Part>,
    spill: Option<Spill>,
    /// The columns that rows are to have by now: spilled ones may have fewer.
    schema: Option<SchemaRef>,
    num_rows: u64,
    /// Rows given, before equal ones were dropped.
    pub(crate) rows_in: u64,
}

/// Rows of a batch. The ordered column stays in memory whatever happens to the batch: plans look into it.
#[derive(Debug)]
struct Part {
    start: u64,
    body: Body,
    ordered: Ordered,
}

#[derive(Debug)]
enum Body {
    Memory(RecordBatch),
    Spilled(Spilled),
}

impl Part {
    fn num_rows(&self) -> usize {
        self.ordered.len()
    }
}

/// What incoming rows must be.
pub(crate) struct Rules<'a> {
    pub(crate) schema: &'a SchemaRef,
    pub(crate) ordered_on: &'a ColumnPath,
    pub(crate) key: Option<&'a DuplicateKey>,
    pub(crate) sort: bool,
    /// Whether narrower and missing columns are taken.
    pub(crate) evolve: bool,
    pub(crate) memory: &'a Memory<'a>,
}

/// How much of the rows is held in memory, and where the rest goes.
pub(crate) struct Memory<'a> {
    /// In bytes.
    pub(crate) limit: usize,
    /// Gives a scratch file, where the storage has files.
    pub(crate) scratch: &'a dyn Fn() -> Result<Option<File>>,
}

impl Incoming {
    /// Takes `rows` if they are what `rules` ask for.
    ///
    /// # Errors
    /// Names the first row or column that is not; rows are counted over all batches.
    pub(crate) fn collect(rows: Rows, rules: &Rules<'_>) -> Result<Self> {
        let limit = if rows.are_in_memory() { usize::MAX } else { rules.memory.limit };
        let mut collector =
            Collector { rules, limit, parts: Vec::new(), open: None, rows_in: 0, num_rows: 0, held: 0, spill: None };
        let (mut batches, mut first_row) = (Vec::new(), 0);
        for batch in rows.into_batches() {
            let batch = batch.map_err(|source| Error::Input { source })?;
            check_no_nulls(&batch, rules.ordered_on, first_row)?;
            first_row += batch.num_rows() as u64;
            let batch = if rules.evolve { crate::evolve::filled(&batch, rules.schema)? } else { batch };
            let batch = crate::schema::conform(&batch, rules.schema)?;
            if batch.num_rows() == 0 {
                continue;
            }
            if rules.sort { batches.push(batch) } else { collector.push(batch)? }
        }
        if !batches.is_empty() {
            collector.push(sort(&batches, rules)?)?;
        }
        collector.finish()
    }

    /// The same rows with the columns of a wider schema.
    pub(crate) fn adapted(mut self, schema: &SchemaRef) -> Result<Self> {
        for part in &mut self.parts {
            if let Body::Memory(batch) = &mut part.body {
                *batch = crate::evolve::adapt(batch, schema)?;
            }
        }
        self.schema = Some(Arc::clone(schema));
        Ok(self)
    }

    /// These rows, batch by batch: without copies, or read back from where they were put aside.
    pub(crate) fn slices(&self, rows: Range<u64>) -> impl Iterator<Item = Result<RecordBatch>> {
        let first = self.parts.partition_point(|part| part.start + part.num_rows() as u64 <= rows.start);
        self.parts[first..].iter().take_while(move |part| part.start < rows.end).filter_map(move |part| {
            let from = usize::try_from(rows.start.saturating_sub(part.start)).ok()?;
            let to = part.num_rows().min(usize::try_from(rows.end - part.start).ok()?);
            Some(self.batch(part).map(|batch| batch.slice(from, to - from)))
        })
    }

    fn batch(&self, part: &Part) -> Result<RecordBatch> {
        match (&part.body, &self.spill, &self.schema) {
            (Body::Memory(batch), _, _) => Ok(batch.clone()),
            (Body::Spilled(place), Some(spill), Some(schema)) => crate::evolve::adapt(&spill.read(*place)?, schema),
            (Body::Spilled(_), _, _) => unreachable!("what was put aside has a file and columns"),
        }
    }

    /// Smallest and largest value of the ordered column.
    pub(crate) fn bounds(&self) -> Option<(OrderedValue, OrderedValue)> {
        let (first, last) = (self.parts.first()?, self.parts.last()?);
        Some((first.ordered.bounds()?.0, last.ordered.bounds()?.1))
    }

    fn position(&self, before: impl Fn(&Part) -> bool, within: impl Fn(&Ordered) -> usize) -> u64 {
        let part = self.parts.partition_point(before);
        self.parts.get(part).map_or(self.num_rows, |part| part.start + within(&part.ordered) as u64)
    }
}

impl Positions for Incoming {
    fn len(&self) -> u64 {
        self.num_rows
    }

    fn below(&self, value: &OrderedValue) -> u64 {
        self.position(
            |part| part.ordered.bounds().is_some_and(|(_, last)| last < *value),
            |ordered| ordered.lower_bound(value),
        )
    }

    fn up_to(&self, value: &OrderedValue) -> u64 {
        self.position(
            |part| part.ordered.bounds().is_some_and(|(_, last)| last <= *value),
            |ordered| ordered.upper_bound(value),
        )
    }

    fn value(&self, position: u64) -> OrderedValue {
        let part = &self.parts[self.parts.partition_point(|part| part.start + part.num_rows() as u64 <= position)];
        part.ordered.value(usize::try_from(position - part.start).unwrap_or(usize::MAX))
    }
}

/// Checks batches one after the other. The last rows of equal value stay open until a larger value is seen, so that
/// equal rows are found across batches.
struct Collector<'a> {
    rules: &'a Rules<'a>,
    /// How many bytes may be held.
    limit: usize,
    parts: Vec<Part>,
    open: Option<RecordBatch>,
    rows_in: u64,
    num_rows: u64,
    /// Bytes of the batches in memory.
    held: usize,
    spill: Option<Spill>,
}

impl Collector<'_> {
    fn push(&mut self, batch: RecordBatch) -> Result<()> {
        let first_row = self.rows_in;
        let column = self.rules.ordered_on;
        let ordered = Ordered::unchecked(&batch, column).map_err(|error| shift_row(error, first_row))?;
        ordered.check_ascending(column, first_row)?;
        self.check_follows(&ordered, first_row)?;
        self.rows_in += batch.num_rows() as u64;
        let Some(key) = self.rules.key else {
            return self.add(batch, ordered);
        };
        let (batch, ordered) = match self.open.take() {
            None => (batch, ordered),
            Some(open) => {
                let joined = concat_batches(self.rules.schema, [&open, &batch])
                    .map_err(|source| Error::Arrow { action: "join batches", source })?;
                let ordered = Ordered::unchecked(&joined, column)?;
                (joined, ordered)
            }
        };
        let last = ordered.value(ordered.len() - 1);
        let closed = ordered.lower_bound(&last);
        self.open = Some(batch.slice(closed, batch.num_rows() - closed));
        self.add_survivors(&batch.slice(0, closed), &ordered.slice(0..closed), key)
    }

    fn check_follows(&self, ordered: &Ordered, row: u64) -> Result<()> {
        let before = match (&self.open, self.parts.last()) {
            (Some(open), _) => Ordered::unchecked(open, self.rules.ordered_on)?.bounds(),
            (None, Some(part)) => part.ordered.bounds(),
            (None, None) => None,
        };
        let (Some((_, before)), Some((first, _))) = (before, ordered.bounds()) else { return Ok(()) };
        if before <= first {
            return Ok(());
        }
        let ordered_type = ordered.ordered_type();
        Err(Error::Unordered {
            column: self.rules.ordered_on.to_string(),
            row,
            value: ordered_type.format(&first),
            before: ordered_type.format(&before),
        })
    }

    fn add_survivors(&mut self, batch: &RecordBatch, ordered: &Ordered, key: &DuplicateKey) -> Result<()> {
        match survivors(batch, ordered, key)? {
            None => self.add(batch.clone(), ordered.clone())?,
            Some(rows) => {
                let batch = take_record_batch(batch, &UInt32Array::from(rows))
                    .map_err(|source| Error::Arrow { action: "drop duplicates", source })?;
                let ordered = Ordered::unchecked(&batch, self.rules.ordered_on)?;
                self.add(batch, ordered)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, batch: RecordBatch, ordered: Ordered) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let start = self.num_rows;
        self.num_rows += batch.num_rows() as u64;
        self.held += batch.get_array_memory_size();
        self.parts.push(Part { start, body: Body::Memory(batch), ordered });
        if self.held > self.limit { self.put_aside() } else { Ok(()) }
    }

    /// Moves all batches to the scratch file, where there is one.
    fn put_aside(&mut self) -> Result<()> {
        if self.spill.is_none() {
            self.spill = (self.rules.memory.scratch)()?.map(Spill::new);
        }
        let Some(spill) = &self.spill else { return Ok(()) };
        for part in self.parts.iter_mut().rev() {
            let Body::Memory(batch) = &part.body else { break };
            part.body = Body::Spilled(spill.write(batch)?);
            part.ordered = part.ordered.detached();
        }
        self.held = 0;
        Ok(())
    }

    fn finish(mut self) -> Result<Incoming> {
        if let (Some(open), Some(key)) = (self.open.take(), self.rules.key) {
            let ordered = Ordered::unchecked(&open, self.rules.ordered_on)?;
            self.add_survivors(&open, &ordered, key)?;
        }
        let schema = Some(Arc::clone(self.rules.schema));
        Ok(Incoming { parts: self.parts, spill: self.spill, schema, num_rows: self.num_rows, rows_in: self.rows_in })
    }
}

/// Names the row that misses a value before its batch is compared with a schema without nulls, which would not. A column
/// that is not there is left to that comparison.
fn check_no_nulls(batch: &RecordBatch, column: &ColumnPath, first_row: u64) -> Result<()> {
    let Ok(array) = find_array(batch, column) else { return Ok(()) };
    match array.nulls().and_then(|nulls| nulls.iter().position(|valid| !valid)) {
        None => Ok(()),
        Some(row) => Err(Error::Unorderable { column: column.to_string(), row: first_row + row as u64, found: "null" }),
    }
}

fn shift_row(error: Error, by: u64) -> Error {
    match error {
        Error::Unorderable { column, row, found } => Error::Unorderable { column, row: row + by, found },
        other => other,
    }
}

fn sort(batches: &[RecordBatch], rules: &Rules<'_>) -> Result<RecordBatch> {
    let arrow = |action| move |source| Error::Arrow { action, source };
    let all = concat_batches(&Arc::clone(rules.schema), batches).map_err(arrow("join batches"))?;
    let positions = Ordered::unchecked(&all, rules.ordered_on)?.sorted_positions()?;
    take_record_batch(&all, &UInt32Array::from(positions)).map_err(arrow("sort rows"))
}
