//! Columns decoded side by side, on rayon's threads, and batches put together from all.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use rayon::iter::{IntoParallelRefMutIterator, ParallelIterator};

use super::budget::Allowance;
use super::{OpenFile, Portions};
use crate::{Error, Result};

type Batches = Box<dyn Iterator<Item = Result<RecordBatch>> + Send>;

/// Fewer rows are not worth another thread.
const MIN_ROWS: u64 = 1 << 14;
/// More parts than threads let them share out the work as it comes: columns of one size may take very different times.
const MAX_PARTS: usize = 32;

/// The rows at `rows` of the columns at `projection`, which become columns of `schema`.
pub(super) fn batches(
    file: &OpenFile,
    projection: Option<&[usize]>,
    rows: Option<Range<u64>>,
    portions: Portions,
    schema: &SchemaRef,
) -> Result<Batches> {
    let all: Vec<usize> = (0..schema.fields().len()).collect();
    let wanted = projection.unwrap_or(&all);
    let num_rows = rows.as_ref().map_or(file.num_rows(), |rows| rows.end - rows.start);
    if rayon::current_num_threads().min(wanted.len()) < 2 || num_rows.min(portions.rows as u64) < MIN_ROWS {
        return file.batches(projection, rows, portions);
    }
    let sizes: Vec<u64> = wanted.iter().map(|column| file.column_size(*column)).collect();
    let shares = shares(&sizes, MAX_PARTS);
    // All parts together take the memory of one batch.
    let memory = |places: &Vec<usize>| {
        places.iter().map(|place| file.column_memory(wanted[*place])).fold(0, u64::saturating_add)
    };
    let allowances = Allowance::default().split(&shares.iter().map(memory).collect::<Vec<u64>>());
    let open = |(places, allowance): (Vec<usize>, Allowance)| -> Result<Part> {
        let columns: Vec<usize> = places.iter().map(|place| wanted[*place]).collect();
        let batches = file.batches_within(Some(&columns), rows.clone(), portions, allowance)?;
        Ok(Part { batches, places, pending: None })
    };
    let parts = shares.into_iter().zip(allowances).map(open).collect::<Result<Vec<_>>>()?;
    let schema = match projection {
        None => Arc::clone(schema),
        Some(columns) => {
            schema.project(columns).map(Arc::new).map_err(|source| Error::Arrow { action: "select columns", source })?
        }
    };
    Ok(Box::new(SideBySide { parts, schema, name: file.name().to_owned(), failed: false }))
}

/// Shares out the places of columns of these sizes so that the largest share is small.
fn shares(sizes: &[u64], count: usize) -> Vec<Vec<usize>> {
    let mut shares = vec![(0_u64, Vec::new()); count];
    let mut places: Vec<usize> = (0..sizes.len()).collect();
    places.sort_by_key(|place| std::cmp::Reverse(sizes[*place]));
    for place in places {
        if let Some(smallest) = shares.iter_mut().min_by_key(|(size, _)| *size) {
            smallest.0 += sizes[place].max(1);
            smallest.1.push(place);
        }
    }
    shares.into_iter().map(|(_, places)| places).filter(|places| !places.is_empty()).collect()
}

/// Some of the columns.
struct Part {
    batches: Batches,
    /// Where its columns stand among all.
    places: Vec<usize>,
    /// Rows that another part has not reached yet: within limits of memory, parts cut batches as they need.
    pending: Option<RecordBatch>,
}

impl Part {
    fn fill(&mut self) -> Result<()> {
        while self.pending.as_ref().is_none_or(|batch| batch.num_rows() == 0) {
            let Some(batch) = self.batches.next() else { return Ok(()) };
            self.pending = Some(batch?);
        }
        Ok(())
    }

    fn available(&self) -> usize {
        self.pending.as_ref().map_or(0, RecordBatch::num_rows)
    }
}

struct SideBySide {
    parts: Vec<Part>,
    schema: SchemaRef,
    /// For messages.
    name: String,
    failed: bool,
}

impl SideBySide {
    fn advance(&mut self) -> Result<Option<RecordBatch>> {
        self.parts.par_iter_mut().map(Part::fill).collect::<Result<()>>()?;
        let rows = self.parts.iter().map(Part::available).min().unwrap_or(0);
        if rows == 0 {
            let uneven = self.parts.iter().any(|part| part.available() > 0);
            return if uneven { Err(self.uneven()) } else { Ok(None) };
        }
        let mut columns: Vec<Option<ArrayRef>> = vec![None; self.schema.fields().len()];
        for part in &mut self.parts {
            let Some(batch) = part.pending.take() else { continue };
            for (place, column) in part.places.iter().zip(batch.columns()) {
                columns[*place] = Some(column.slice(0, rows));
            }
            part.pending = Some(batch.slice(rows, batch.num_rows() - rows));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns.into_iter().flatten().collect(), &options)
            .map(Some)
            .map_err(|source| Error::Arrow { action: "put columns together", source })
    }
}

impl SideBySide {
    fn uneven(&self) -> Error {
        Error::Corrupt { file: self.name.clone(), offset: None, reason: "its columns differ in length".to_owned() }
    }
}

impl Iterator for SideBySide {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let batch = self.advance();
        self.failed = batch.is_err();
        batch.transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_shared_out_by_size() {
        assert_eq!(shares(&[5, 1, 4, 2], 2), [vec![0, 1], vec![2, 3]]);
        assert_eq!(shares(&[0, 0], 3), [vec![0], vec![1]]);
    }
}
