//! [`Reader`]: the rows of all inputs, one stretch of the ordered column after the other.

use std::sync::Arc;

use arrow::array::RecordBatch;
use varvite_dataset::{ColumnPath, Dataset, KeyRange, Ordered, OrderedValue, ScanOptions};
use varvite_store::{Chunk, IntersectionOptions, Intersections};

use super::Input;
use super::spans::after;
use crate::{Error, InputRows, Result};

/// Rows of all inputs. Rows of one value are never parted.
pub(crate) struct Reader<'a> {
    job: &'a str,
    inputs: Arc<[Input]>,
    names: Arc<[String]>,
    column: ColumnPath,
    chunks: Intersections<String>,
}

/// Rows of all inputs in one stretch.
pub(crate) struct Stretch {
    pub(crate) rows: InputRows,
    /// The values of the rows of each input that has any.
    pub(crate) values: Vec<Option<Ordered>>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(
        job: &'a str,
        inputs: &Arc<[Input]>,
        column: &ColumnPath,
        range: KeyRange,
        batch_rows: usize,
    ) -> Result<Self> {
        let stored = inputs.iter().filter(|input| input.dataset.schema().is_some());
        let datasets: Vec<(String, Dataset)> =
            stored.map(|input| (input.name.clone(), input.dataset.clone())).collect();
        let mut options = IntersectionOptions::default().with_range(range).max_rows(batch_rows);
        if let [Input { columns: Some(columns), .. }] = &inputs[..] {
            options = options.with_columns(with_ordered(columns, column));
        }
        let chunks = Intersections::over(datasets, &options).map_err(Error::store(job))?;
        let names = inputs.iter().map(|input| input.name.clone()).collect();
        Ok(Self { job, inputs: Arc::clone(inputs), names, column: column.clone(), chunks })
    }

    pub(crate) fn next(&mut self) -> Result<Option<Stretch>> {
        let Some(chunk) = self.chunks.next() else { return Ok(None) };
        let chunk: Chunk<String> = chunk.map_err(Error::store(self.job))?;
        let mut rows = chunk.into_rows();
        let (mut batches, mut values) = (Vec::new(), Vec::new());
        for input in &*self.inputs {
            let batch = match (rows.remove(&input.name), input.dataset.schema()) {
                (Some(batch), _) => Some(batch),
                (None, Some(schema)) => Some(RecordBatch::new_empty(schema)),
                (None, None) => None,
            };
            let batch = batch.map(|batch| projected(input, batch, &self.column)).transpose()?;
            let of_batch = batch.as_ref().filter(|batch| batch.num_rows() > 0);
            let ordered = of_batch.map(|batch| Ordered::try_new(batch, &self.column));
            values.push(ordered.transpose().map_err(Error::dataset(self.job, &input.name))?);
            batches.push(batch);
        }
        Ok(Some(Stretch { rows: InputRows::new(Arc::clone(&self.names), batches), values }))
    }
}

/// The last rows of each input before a value, as many of each as are told, and none before the start of `range`.
pub(crate) fn rows_before(
    job: &str,
    inputs: &[Input],
    column: &ColumnPath,
    range: &KeyRange,
    before: &OrderedValue,
    rows: &[usize],
) -> Result<InputRows> {
    let nothing = KeyRange { start: Some(before.clone()), end: Some(before.clone()) };
    let of_input = |(input, &rows): (&Input, &usize)| {
        if input.dataset.schema().is_none() {
            return Ok(None);
        }
        let options = ScanOptions::default().with_range(nothing.clone()).with_n_prev(rows);
        let batch = input.dataset.read(&options).map_err(Error::dataset(job, &input.name))?;
        let values = Ordered::try_new(&batch, column).map_err(Error::dataset(job, &input.name))?;
        let first = range.start.as_ref().map_or(0, |start| values.lower_bound(start));
        projected(input, batch.slice(first, batch.num_rows() - first), column).map(Some)
    };
    let batches = inputs.iter().zip(rows).map(of_input).collect::<Result<Vec<_>>>()?;
    Ok(InputRows::new(inputs.iter().map(|input| input.name.clone()).collect(), batches))
}

/// The value of the row of an input that follows a value as the `nth`, counted from 1; `None` if there are fewer.
pub(crate) fn follower(
    job: &str,
    input: &Input,
    column: &ColumnPath,
    value: &OrderedValue,
    nth: usize,
) -> Result<Option<OrderedValue>> {
    let (Some(start), Some(_)) = (after(value), input.dataset.schema()) else { return Ok(None) };
    let range = KeyRange { start: Some(start), end: None };
    let options = ScanOptions::default().with_range(range).with_columns([column.top()]).with_limit(nth as u64);
    let read = input.dataset.read(&options).and_then(|batch| Ordered::try_new(&batch, column));
    let values = read.map_err(Error::dataset(job, &input.name))?;
    Ok((values.len() >= nth).then(|| values.bounds()).flatten().map(|(_, last)| last))
}

fn projected(input: &Input, batch: RecordBatch, column: &ColumnPath) -> Result<RecordBatch> {
    let Some(columns) = &input.columns else { return Ok(batch) };
    let columns = with_ordered(columns, column);
    let schema = batch.schema();
    let positions = columns.iter().map(|name| schema.index_of(name)).collect::<Result<Vec<_>, _>>();
    let project = Error::arrow("take columns");
    positions.and_then(|positions| batch.project(&positions)).map_err(project)
}

impl Stretch {
    /// The smallest and the largest value of all inputs.
    pub(crate) fn bounds(&self) -> Option<(OrderedValue, OrderedValue)> {
        let bounds: Vec<_> = self.values.iter().flatten().filter_map(Ordered::bounds).collect();
        let first = bounds.iter().map(|(first, _)| first).min()?.clone();
        let last = bounds.iter().map(|(_, last)| last).max()?.clone();
        Some((first, last))
    }

    /// The same without the first rows of each input.
    pub(crate) fn without_first(&self, names: Arc<[String]>, rows: &[usize]) -> InputRows {
        let given: Vec<Option<RecordBatch>> = names
            .iter()
            .zip(rows)
            .map(|(name, &skip)| {
                let batch = self.rows.get(name)?;
                let skip = skip.min(batch.num_rows());
                Some(batch.slice(skip, batch.num_rows() - skip))
            })
            .collect();
        InputRows::new(names, given)
    }
}

/// The columns, and the ordered one if it is not among them.
fn with_ordered(columns: &[String], ordered: &ColumnPath) -> Vec<String> {
    let mut columns = columns.to_vec();
    if !columns.iter().any(|column| column == ordered.top()) {
        columns.push(ordered.top().to_owned());
    }
    columns
}
