//! [`Winners`]: of the rows that are offered to a place, the newest.

use std::cmp::Ordering;

use arrow::array::{Array, ArrayRef, Int64Array, new_null_array};
use arrow::compute::interleave;
use arrow::datatypes::DataType;
use arrow::row::{RowConverter, SortField};

use crate::{Error, Result};

/// Rows that are held before those that have lost are let go.
const HELD: usize = 1 << 20;

/// The row of nulls, which is the first batch.
const NULLS: (usize, usize) = (0, 0);

/// Chooses a row for each place, as rows come batch after batch, in any order.
#[derive(Debug)]
pub(super) struct Winners {
    /// One list a feature: its values in each batch that is held.
    values: Vec<Vec<ArrayRef>>,
    held: usize,
    tracks: Vec<Track>,
}

/// Features that win together.
#[derive(Debug)]
struct Track {
    features: Vec<usize>,
    /// Rows without a value of the feature do not take part.
    skips_nulls: bool,
    best: Vec<Option<Best>>,
}

/// The best row of a place so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Best {
    /// When it began to be true; `None` if rows are not dated.
    pub(super) event: Option<i64>,
    at: (usize, usize),
}

/// Rows of one batch.
pub(super) struct Rows<'a> {
    /// The place that each is offered to, if any.
    pub(super) places: &'a [Option<u32>],
    /// When each began to be true, if rows are dated: one without a time is not offered.
    pub(super) events: Option<&'a Int64Array>,
}

/// Why a batch could not be taken in.
#[derive(Debug)]
pub(super) enum TakeError {
    /// This place has several rows, and nothing says which answers.
    Several(u32),
    Other(Error),
}

impl Winners {
    /// For features of these types; with `last_known` each wins by itself, by its newest value.
    pub(super) fn new(types: &[DataType], places: usize, last_known: bool) -> Self {
        let track = |features, skips_nulls| Track { features, skips_nulls, best: vec![None; places] };
        let tracks = if last_known {
            (0..types.len()).map(|feature| track(vec![feature], true)).collect()
        } else {
            vec![track((0..types.len()).collect(), false)]
        };
        Self { values: types.iter().map(|of| vec![new_null_array(of, 1)]).collect(), held: 0, tracks }
    }

    /// Takes in a batch.
    ///
    /// # Errors
    /// The place that has two rows, where rows are not dated.
    pub(super) fn take(&mut self, rows: &Rows<'_>, features: &[ArrayRef]) -> Result<(), TakeError> {
        let held: usize = self.tracks.iter().map(|track| track.best.len()).sum();
        if self.held >= HELD.max(2 * held) {
            self.let_go().map_err(TakeError::Other)?;
        }
        self.held += rows.places.len();
        for (values, array) in self.values.iter_mut().zip(features) {
            values.push(ArrayRef::clone(array));
        }
        let Self { values, tracks, .. } = self;
        let batch = values.first().map_or(0, |values| values.len() - 1);
        tracks.iter_mut().try_for_each(|track| track.take(rows, values, batch))
    }

    /// Lets go of rows that have lost.
    fn let_go(&mut self) -> Result<()> {
        let mut kept = vec![NULLS];
        for best in self.tracks.iter_mut().flat_map(|track| track.best.iter_mut().flatten()) {
            kept.push(best.at);
            best.at = (1, kept.len() - 1);
        }
        for values in &mut self.values {
            *values = vec![ArrayRef::clone(&values[0]), taken(values, &kept)?];
        }
        self.held = kept.len();
        Ok(())
    }

    /// The values of each feature, for what `answers` makes of the best rows of all places: one value for each of them.
    pub(super) fn finish(self, answers: impl Fn(&[Option<Best>]) -> Vec<Option<Best>>) -> Result<Vec<ArrayRef>> {
        let mut found: Vec<Option<ArrayRef>> = vec![None; self.values.len()];
        for track in &self.tracks {
            let rows = answers(&track.best);
            let rows: Vec<(usize, usize)> = rows.into_iter().map(|best| best.map_or(NULLS, |best| best.at)).collect();
            for feature in &track.features {
                found[*feature] = Some(taken(&self.values[*feature], &rows)?);
            }
        }
        Ok(found.into_iter().flatten().collect())
    }
}

impl Track {
    fn take(&mut self, rows: &Rows<'_>, values: &[Vec<ArrayRef>], batch: usize) -> Result<(), TakeError> {
        let skipped = self.features.first().filter(|_| self.skips_nulls);
        let skipped = skipped.and_then(|feature| values[*feature][batch].logical_nulls());
        for (row, place) in rows.places.iter().enumerate() {
            let Some(place) = *place else { continue };
            let is_undated = rows.events.is_some_and(|events| events.is_null(row));
            if is_undated || skipped.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                continue;
            }
            let event = rows.events.map(|events| events.value(row));
            let challenger = Best { event, at: (batch, row) };
            if self.wins(challenger, place, values)? {
                self.best[place as usize] = Some(challenger);
            }
        }
        Ok(())
    }

    fn wins(&self, challenger: Best, place: u32, values: &[Vec<ArrayRef>]) -> Result<bool, TakeError> {
        let Some(best) = self.best[place as usize] else { return Ok(true) };
        match challenger.event.cmp(&best.event) {
            Ordering::Greater => Ok(true),
            Ordering::Less => Ok(false),
            Ordering::Equal if challenger.event.is_none() => Err(TakeError::Several(place)),
            Ordering::Equal => self.is_greater(challenger, best, values).map_err(TakeError::Other),
        }
    }

    /// Of two rows of one time the greater wins, value by value: an engine gives them in any order, and the answer is one.
    fn is_greater(&self, a: Best, b: Best, values: &[Vec<ArrayRef>]) -> Result<bool> {
        let type_of = |feature: &usize| SortField::new(values[*feature][0].data_type().clone());
        let converter =
            RowConverter::new(self.features.iter().map(type_of).collect()).map_err(Error::arrow("compare rows"))?;
        let row = |best: Best| {
            let (batch, row) = best.at;
            let columns: Vec<ArrayRef> =
                self.features.iter().map(|feature| values[*feature][batch].slice(row, 1)).collect();
            converter.convert_columns(&columns).map_err(Error::arrow("compare rows"))
        };
        Ok(row(a)?.row(0) > row(b)?.row(0))
    }
}

fn taken(values: &[ArrayRef], rows: &[(usize, usize)]) -> Result<ArrayRef> {
    let arrays: Vec<&dyn Array> = values.iter().map(AsRef::as_ref).collect();
    interleave(&arrays, rows).map_err(Error::arrow("choose rows"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;

    use super::*;

    fn numbers(values: &[Option<i64>]) -> Int64Array {
        values.iter().copied().collect()
    }

    fn take(
        winners: &mut Winners,
        places: &[u32],
        events: Option<&[Option<i64>]>,
        values: &[Option<i64>],
    ) -> Result<(), TakeError> {
        let places: Vec<Option<u32>> = places.iter().copied().map(Some).collect();
        let events = events.map(numbers);
        winners.take(&Rows { places: &places, events: events.as_ref() }, &[Arc::new(numbers(values))])
    }

    fn finish(winners: Winners) -> Vec<Option<i64>> {
        let found = winners.finish(<[_]>::to_vec).unwrap();
        found[0].as_primitive::<Int64Type>().iter().collect()
    }

    #[test]
    fn the_newest_row_wins_and_one_without_a_time_does_not() {
        let mut winners = Winners::new(&[DataType::Int64], 2, false);
        let events = [Some(6), Some(8), Some(7), None];
        take(&mut winners, &[0, 0, 0, 1], Some(&events), &[Some(1), Some(2), Some(3), Some(4)]).unwrap();
        assert_eq!(finish(winners), [Some(2), None]);
    }

    #[test]
    fn the_last_known_value_may_be_older() {
        for (last_known, expected) in [(true, Some(1)), (false, None)] {
            let mut winners = Winners::new(&[DataType::Int64], 1, last_known);
            take(&mut winners, &[0, 0], Some(&[Some(6), Some(8)]), &[Some(1), None]).unwrap();
            assert_eq!(finish(winners), [expected]);
        }
    }

    #[test]
    fn rows_of_one_time_have_one_winner_in_any_order() {
        for values in [[Some(1), Some(2)], [Some(2), Some(1)]] {
            let mut winners = Winners::new(&[DataType::Int64], 1, false);
            take(&mut winners, &[0, 0], Some(&[Some(6), Some(6)]), &values).unwrap();
            assert_eq!(finish(winners), [Some(2)]);
        }
    }

    #[test]
    fn two_undated_rows_are_an_error() {
        let mut winners = Winners::new(&[DataType::Int64], 2, false);
        let found = take(&mut winners, &[1, 1], None, &[Some(1), Some(2)]);
        assert!(matches!(found, Err(TakeError::Several(1))));
    }

    #[test]
    fn winners_outlive_the_batches_that_they_came_in() {
        let mut winners = Winners::new(&[DataType::Int64], 2, false);
        take(&mut winners, &[0, 1], Some(&[Some(1), Some(9)]), &[Some(1), Some(9)]).unwrap();
        winners.let_go().unwrap();
        take(&mut winners, &[0, 1], Some(&[Some(2), Some(8)]), &[Some(2), Some(8)]).unwrap();
        winners.let_go().unwrap();
        assert_eq!(finish(winners), [Some(2), Some(9)]);
    }
}
