//! [`Latest`]: the newest row of each key.

use arrow::array::{ArrayRef, new_null_array};
use arrow::compute::interleave;
use arrow::datatypes::DataType;

use super::sweep::Fold;
use crate::{Error, Result};

/// Rows that are held before those that nobody needs any more are let go.
const HELD: usize = 1 << 20;

/// A row of a batch that is held; the first batch is one row of nulls.
type Place = (usize, usize);

/// Where the row of nulls is.
const NULLS: Place = (0, 0);

/// Keeps the newest row of each key, and of each entity row the one that it is answered with.
pub(super) struct Latest {
    /// One list a column: its array in each batch that is held.
    held: Vec<Vec<ArrayRef>>,
    rows: usize,
    newest: Vec<Place>,
    answers: Vec<Place>,
}

impl Latest {
    pub(super) fn new(types: &[DataType], keys: usize, entities: usize) -> Self {
        let held = types.iter().map(|data_type| vec![new_null_array(data_type, 1)]).collect();
        Self { held, rows: 0, newest: vec![NULLS; keys], answers: vec![NULLS; entities] }
    }

    /// Begins a batch with these columns.
    pub(super) fn begin(&mut self, columns: &[ArrayRef]) -> Result<()> {
        // What is kept is counted, too: letting go would be in vain.
        if self.rows >= HELD.max(2 * (self.newest.len() + self.answers.len())) {
            self.compact()?;
        }
        self.rows += columns.first().map_or(0, |column| column.len());
        for (held, column) in self.held.iter_mut().zip(columns) {
            held.push(ArrayRef::clone(column));
        }
        Ok(())
    }

    /// The columns of the answers.
    pub(super) fn finish(self) -> Result<Vec<ArrayRef>> {
        self.held.iter().map(|held| taken(held, &self.answers)).collect()
    }

    /// Lets go of rows that are neither the newest of a key nor an answer.
    fn compact(&mut self) -> Result<()> {
        let places: Vec<Place> = [NULLS].iter().chain(&self.newest).chain(&self.answers).copied().collect();
        for held in &mut self.held {
            *held = vec![held[0].clone(), taken(held, &places)?];
        }
        self.rows = places.len();
        let moved = |(at, place): (usize, &mut Place)| {
            if *place != NULLS {
                *place = (1, at + 1);
            }
        };
        self.newest.iter_mut().chain(&mut self.answers).enumerate().for_each(moved);
        Ok(())
    }
}

fn taken(held: &[ArrayRef], places: &[Place]) -> Result<ArrayRef> {
    let arrays: Vec<&dyn arrow::array::Array> = held.iter().map(AsRef::as_ref).collect();
    interleave(&arrays, places).map_err(Error::arrow("take the newest rows"))
}

impl Fold for Latest {
    fn push(&mut self, key: u32, row: usize) -> Result<()> {
        let batch = self.held.first().map_or(0, |held| held.len() - 1);
        self.newest[key as usize] = (batch, row);
        Ok(())
    }

    fn answer(&mut self, key: u32, entity: u32) {
        self.answers[entity as usize] = self.newest[key as usize];
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{AsArray, Int64Array};
    use arrow::datatypes::Int64Type;

    use super::*;

    fn column(values: impl IntoIterator<Item = i64>) -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(values))
    }

    #[test]
    fn answers_outlive_the_batches_that_they_came_from() {
        let mut latest = Latest::new(&[DataType::Int64], 2, 3);
        latest.begin(&[column([1, 2])]).unwrap();
        latest.push(0, 0).unwrap();
        latest.answer(0, 2);
        latest.push(0, 1).unwrap();
        latest.compact().unwrap();
        latest.begin(&[column([7])]).unwrap();
        latest.answer(0, 1);
        latest.answer(1, 0);
        let found = latest.finish().unwrap();
        let found: Vec<Option<i64>> = found[0].as_primitive::<Int64Type>().iter().collect();
        assert_eq!(found, [None, Some(2), Some(1)]);
    }
}
