//! [`SegmentedAggregation`]: rows cut into bins, and values of each.

mod accumulate;
mod cursor;
mod events;
mod held;
mod interval;
mod options;
mod plan;
mod state;
mod touched;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema, SchemaRef};

pub use options::{Aggregate, Bins, EmptyBins, Function, PeriodBins, RowLabel, SegmentOptions, Side, Snapshots};
pub use state::SegmentState;
pub use touched::{Touched, patch, touched_bins};

use crate::keys::{Keys, find, text};
use crate::{Error, Result};
use accumulate::{Accumulator, Failure, accumulator, detached};
use cursor::{Cursor, last_row};
use plan::join;

/// Cuts ordered rows into bins and aggregates each, call after call.
///
/// The result of a call has the bins that its rows are in, in order; the last one may still be open. It comes again,
/// complete, first in the result of the next call. So of bins with equal labels the last one holds: whoever keeps the
/// last row of each label, as a write with `duplicates_on` the label does, has what one call over all rows gives, bit
/// by bit, however the rows were portioned.
///
/// Columns of the result: the labels, then the aggregates in the order of the options. See [`Function`] for nulls and
/// NaN, [`EmptyBins`] for bins without rows, [`Snapshots`] for values in between.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use arrow::array::{ArrayRef, AsArray, Float64Array, RecordBatch, TimestampSecondArray};
/// use arrow::datatypes::Float64Type;
/// use varvite_ops::{Bins, Function, SegmentOptions, SegmentedAggregation};
/// use varvite_time::Period;
///
/// let rows = |ts: Vec<i64>, size: Vec<f64>| {
///     let size = Arc::new(Float64Array::from(size)) as ArrayRef;
///     RecordBatch::try_from_iter([("ts", Arc::new(TimestampSecondArray::from(ts)) as ArrayRef), ("size", size)])
/// };
/// let options = SegmentOptions::new("ts", Bins::every(Period::MINUTE), [Function::Sum.of("size")]);
/// let mut minutes = SegmentedAggregation::try_new(options)?;
///
/// let first = minutes.push(&rows(vec![0, 30, 70], vec![1.0, 2.0, 3.0])?)?;
/// assert_eq!(first.bins["size_sum"].as_primitive::<Float64Type>().values(), &[3.0, 3.0]);
/// assert_eq!(first.closed().num_rows(), 1);
///
/// let second = minutes.push(&rows(vec![80], vec![4.0])?)?;
/// assert_eq!(second.bins["size_sum"].as_primitive::<Float64Type>().values(), &[7.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct SegmentedAggregation {
    options: SegmentOptions,
    /// `None` before the first call.
    memory: Option<Memory>,
}

/// Bins and snapshots of one call.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Segments {
    /// One row a bin.
    pub bins: RecordBatch,
    /// Whether the last bin is still open.
    pub open: bool,
    /// One row a snapshot, if they were asked for. The last one may come again, complete, with the next call.
    pub snapshots: Option<RecordBatch>,
}

impl Segments {
    /// The bins without one that is still open.
    pub fn closed(&self) -> RecordBatch {
        self.bins.slice(0, self.bins.num_rows() - usize::from(self.open))
    }
}

/// What is remembered between calls.
#[derive(Debug, Clone)]
struct Memory {
    /// The columns that are read.
    columns: SchemaRef,
    /// The last ordered value, as a batch of one row; none before the first row.
    last: RecordBatch,
    bins: Cursor,
    snapshots: Cursor,
    accumulators: Vec<Box<dyn Accumulator>>,
}

impl SegmentedAggregation {
    /// Makes an aggregation that has seen nothing yet.
    ///
    /// # Errors
    /// [`Error::DuplicateColumn`], [`Error::InvalidOption`] for options that do not fit together.
    pub fn try_new(options: SegmentOptions) -> Result<Self> {
        options.check()?;
        Ok(Self { options, memory: None })
    }

    /// Goes on from a saved state.
    ///
    /// # Errors
    /// [`Error::State`] if it was saved with other options, or by another version.
    pub fn restore(options: SegmentOptions, state: SegmentState) -> Result<Self> {
        state.into_aggregation(options)
    }

    /// What is remembered, to be saved: the options and the open bin.
    ///
    /// # Errors
    /// [`Error::Arrow`], if a value cannot be kept.
    pub fn state(&self) -> Result<SegmentState> {
        SegmentState::of(self)
    }

    /// The options.
    pub fn options(&self) -> &SegmentOptions {
        &self.options
    }

    /// Takes rows in, and returns the bins that they are in. Without rows, the open bin comes again.
    ///
    /// Columns that no option names are ignored.
    ///
    /// # Errors
    /// The aggregation is then as before.
    /// - [`Error::UnknownColumn`], [`Error::UnsupportedType`]; [`Error::ColumnsChanged`] for other types than before.
    /// - [`Error::Unordered`], [`Error::Unorderable`], naming the row.
    /// - [`Error::TooManyBins`] for rows with more than ten million empty bins between them; [`Error::Overflow`].
    pub fn push(&mut self, rows: &RecordBatch) -> Result<Segments> {
        let mut memory = match &self.memory {
            Some(memory) => memory.clone(),
            None => Memory::new(&self.options, rows.schema_ref())?,
        };
        let rows = memory.fit(rows)?;
        let segments = memory.step(&self.options, &rows, false)?;
        self.memory = Some(memory);
        Ok(segments)
    }

    /// Returns the open bin as it ended, and snapshots that waited for a later row; `None` if nothing was ever pushed.
    /// The aggregation begins anew afterwards.
    ///
    /// # Errors
    /// [`Error::Overflow`]. The aggregation is then as before.
    pub fn finish(&mut self) -> Result<Option<Segments>> {
        let Some(mut memory) = self.memory.clone() else { return Ok(None) };
        let none = RecordBatch::new_empty(Arc::clone(&memory.columns));
        let segments = memory.step(&self.options, &none, true)?;
        self.memory = None;
        Ok(Some(segments))
    }
}

impl Memory {
    /// Begins with columns of these types.
    fn new(options: &SegmentOptions, schema: &Schema) -> Result<Self> {
        let rows = RecordBatch::new_empty(Arc::new(schema.clone()));
        let field = |name: &&str| Ok(Field::new(*name, find(&rows, name, "rows")?.data_type().clone(), true));
        let fields = options.columns().iter().map(field).collect::<Result<Vec<_>>>()?;
        let columns = Arc::new(Schema::new(fields));
        let none = RecordBatch::new_empty(Arc::clone(&columns));
        let of_column =
            |aggregate: &Aggregate| accumulator(aggregate, find(&none, &aggregate.input, "rows")?.data_type());
        Ok(Self {
            last: RecordBatch::new_empty(Arc::new(Schema::new(vec![columns.field(0).clone()]))),
            bins: Cursor::of_bins(&options.bins, &options.ordered_on, &none)?,
            snapshots: Cursor::of_snapshots(options.snapshots.as_ref(), &options.ordered_on, &none)?,
            accumulators: options.aggregates.iter().map(of_column).collect::<Result<_>>()?,
            columns,
        })
    }

    /// The columns that are read, with the types of the first call.
    fn fit(&self, rows: &RecordBatch) -> Result<RecordBatch> {
        let column = |field: &Arc<Field>| {
            let found = find(rows, field.name(), "rows")?;
            if found.data_type() == field.data_type() {
                return Ok(Arc::clone(found));
            }
            let reason = format!("column `{}` was {} and is {}", field.name(), field.data_type(), found.data_type());
            Err(Error::ColumnsChanged { place: "rows".to_owned(), reason })
        };
        let columns = self.columns.fields().iter().map(column).collect::<Result<Vec<_>>>()?;
        RecordBatch::try_new(Arc::clone(&self.columns), columns).map_err(Error::arrow("take rows to aggregate"))
    }

    fn step(&mut self, options: &SegmentOptions, rows: &RecordBatch, ended: bool) -> Result<Segments> {
        let on = options.ordered_on.as_str();
        let keys = Keys::try_new(rows, on, "rows")?;
        self.check_after(&keys, rows, on)?;
        let bins = self.bins.events(rows, &keys, options.empty == EmptyBins::LeftOut, ended)?;
        let snapshots = self.snapshots.events(rows, &keys, false, ended)?;
        let open = bins.open && !ended;
        let (last_bin, last_snapshot) = (last_row(&bins.labels), last_row(&snapshots.labels));
        let plan = join(bins, snapshots, ended);
        let mut of_bins = vec![self.bins.labels(&plan.bins, rows, on)?];
        let mut of_snapshots = vec![self.snapshots.labels(&plan.snapshots, rows, on)?];
        for (aggregate, accumulator) in options.aggregates.iter().zip(&mut self.accumulators) {
            let output = accumulator.run(find(rows, &aggregate.input, "rows")?, &plan.steps);
            let output = output.map_err(|failure| match failure {
                Failure::Overflow { bin } => Error::Overflow { output: aggregate.output.clone(), bin },
                Failure::Other(error) => error,
            })?;
            of_bins.push(output.bins);
            of_snapshots.push(output.snapshots);
        }
        self.bins.keep_label(last_bin, rows, on)?;
        self.snapshots.keep_label(last_snapshot, rows, on)?;
        if let Some(row) = rows.num_rows().checked_sub(1) {
            let last = detached(find(rows, on, "rows")?, row)?;
            self.last = batch(self.last.schema(), vec![last])?;
        }
        let snapshots = match options.snapshots {
            None => None,
            Some(_) => Some(batch(self.result(options, &self.snapshots), of_snapshots)?),
        };
        Ok(Segments { bins: batch(self.result(options, &self.bins), of_bins)?, open, snapshots })
    }

    /// Rows do not lie before those of earlier calls.
    fn check_after(&self, keys: &Keys, rows: &RecordBatch, on: &str) -> Result<()> {
        if self.last.num_rows() == 0 || keys.len() == 0 {
            return Ok(());
        }
        if !keys.is_below(0, &Keys::try_new(&self.last, on, "rows")?, 0) {
            return Ok(());
        }
        let (value, before) = (text(find(rows, on, "rows")?, 0), text(self.last.column(0), 0));
        Err(Error::Unordered { column: on.to_owned(), place: "rows".to_owned(), row: 0, value, before })
    }

    fn result(&self, options: &SegmentOptions, cursor: &Cursor) -> SchemaRef {
        let mut fields = vec![Field::new(&options.label, cursor.data_type().clone(), true)];
        let outputs = options.aggregates.iter().zip(&self.accumulators);
        fields.extend(
            outputs.map(|(aggregate, accumulator)| Field::new(&aggregate.output, accumulator.data_type(), true)),
        );
        Arc::new(Schema::new(fields))
    }
}

fn batch(schema: SchemaRef, columns: Vec<ArrayRef>) -> Result<RecordBatch> {
    let rows = columns.first().map_or(0, Array::len);
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema, columns, &options).map_err(Error::arrow("put bins together"))
}
