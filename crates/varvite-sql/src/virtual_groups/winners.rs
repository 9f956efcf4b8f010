//! [`Winners`]: of the rows that a query gives for an entity row, the one that answers it.

use arrow::array::{Array, ArrayRef, Int64Array, new_null_array};
use arrow::compute::interleave;
use arrow::datatypes::DataType;
use arrow::row::{RowConverter, SortField};

use crate::{Error, Result};

/// Chooses a row for each entity row, as answers come batch after batch.
pub(super) struct Winners {
    /// One list a feature: the values of each batch; the first holds one null.
    values: Vec<Vec<ArrayRef>>,
    /// Features that win together.
    tracks: Vec<Track>,
}

struct Track {
    features: Vec<usize>,
    /// Rows without a value of the feature do not take part.
    skips_nulls: bool,
    best: Vec<Option<Best>>,
}

#[derive(Debug, Clone, Copy)]
struct Best {
    event: Option<i64>,
    place: (usize, usize),
}

/// Rows of one batch: the entity row that each is for, and when it began to be true, if rows are dated.
pub(super) struct Rows<'a> {
    pub(super) entities: &'a Int64Array,
    pub(super) events: Option<&'a Int64Array>,
}

impl Winners {
    /// For features of these types; with `last_known` each wins by itself, by its newest value.
    pub(super) fn new(types: &[DataType], entities: usize, last_known: bool) -> Self {
        let track = |features, skips_nulls| Track { features, skips_nulls, best: vec![None; entities] };
        let tracks = if last_known {
            (0..types.len()).map(|feature| track(vec![feature], true)).collect()
        } else {
            vec![track((0..types.len()).collect(), false)]
        };
        Self { values: types.iter().map(|of| vec![new_null_array(of, 1)]).collect(), tracks }
    }

    /// Takes in a batch. `lower` is the earliest event time that each entity row may see.
    ///
    /// # Errors
    /// The entity row that has two rows, where none is newer.
    pub(super) fn take(&mut self, rows: &Rows<'_>, features: &[ArrayRef], lower: &[i64]) -> Result<(), TakeError> {
        for (values, array) in self.values.iter_mut().zip(features) {
            values.push(ArrayRef::clone(array));
        }
        let Self { values, tracks } = self;
        let batch = values.first().map_or(0, |values| values.len() - 1);
        for row in 0..rows.entities.len() {
            let entity = usize::try_from(rows.entities.value(row)).unwrap_or(usize::MAX);
            let event = match rows.events {
                None => None,
                Some(events) if events.is_null(row) || events.value(row) < lower[entity] => continue,
                Some(events) => Some(events.value(row)),
            };
            for track in &mut *tracks {
                if track.skips_nulls && features[track.features[0]].is_null(row) {
                    continue;
                }
                let challenger = Best { event, place: (batch, row) };
                if wins(challenger, track.best[entity], &track.features, values, entity)? {
                    track.best[entity] = Some(challenger);
                }
            }
        }
        Ok(())
    }

    /// The values of each feature, one for each entity row.
    pub(super) fn finish(self) -> Result<Vec<ArrayRef>> {
        let mut found = Vec::with_capacity(self.values.len());
        for (feature, values) in self.values.iter().enumerate() {
            let Some(track) = self.tracks.iter().find(|track| track.features.contains(&feature)) else { continue };
            let places: Vec<(usize, usize)> =
                track.best.iter().map(|best| best.map_or((0, 0), |best| best.place)).collect();
            let arrays: Vec<&dyn Array> = values.iter().map(AsRef::as_ref).collect();
            found.push(interleave(&arrays, &places).map_err(Error::arrow("choose rows"))?);
        }
        Ok(found)
    }
}

/// Why a batch could not be taken in.
#[derive(Debug)]
pub(super) enum TakeError {
    /// This entity row has several rows, and nothing says which answers.
    Several(usize),
    Other(Error),
}

fn wins(
    challenger: Best,
    best: Option<Best>,
    features: &[usize],
    values: &[Vec<ArrayRef>],
    entity: usize,
) -> Result<bool, TakeError> {
    let Some(best) = best else { return Ok(true) };
    match challenger.event.cmp(&best.event) {
        std::cmp::Ordering::Greater => Ok(true),
        std::cmp::Ordering::Less => Ok(false),
        std::cmp::Ordering::Equal if challenger.event.is_none() => Err(TakeError::Several(entity)),
        std::cmp::Ordering::Equal => is_greater(challenger, best, features, values).map_err(TakeError::Other),
    }
}

/// Of two rows of one time the greater wins, value by value: an engine gives them in any order, and the answer is one.
fn is_greater(a: Best, b: Best, features: &[usize], values: &[Vec<ArrayRef>]) -> Result<bool> {
    let fields = features.iter().map(|feature| SortField::new(values[*feature][0].data_type().clone())).collect();
    let converter = RowConverter::new(fields).map_err(Error::arrow("compare rows"))?;
    let row = |best: Best| {
        let columns: Vec<ArrayRef> =
            features.iter().map(|feature| values[*feature][best.place.0].slice(best.place.1, 1)).collect();
        converter.convert_columns(&columns).map_err(Error::arrow("compare rows"))
    };
    Ok(row(a)?.row(0) > row(b)?.row(0))
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

    fn won(
        entities: &[Option<i64>],
        events: Option<&[Option<i64>]>,
        values: &[Option<i64>],
        last_known: bool,
    ) -> Result<Vec<Option<i64>>, TakeError> {
        let mut winners = Winners::new(&[DataType::Int64], 2, last_known);
        let (entities, events) = (numbers(entities), events.map(numbers));
        let rows = Rows { entities: &entities, events: events.as_ref() };
        winners.take(&rows, &[Arc::new(numbers(values))], &[5, 5])?;
        let found = winners.finish().map_err(TakeError::Other)?;
        Ok(found[0].as_primitive::<Int64Type>().iter().collect())
    }

    #[test]
    fn the_newest_row_wins_and_those_that_are_too_old_or_undated_do_not() {
        let entities = [Some(0), Some(0), Some(0), Some(1), Some(1)];
        let events = [Some(6), Some(8), Some(7), Some(4), None];
        let values = [Some(1), Some(2), Some(3), Some(4), Some(5)];
        assert_eq!(won(&entities, Some(&events), &values, false).unwrap(), [Some(2), None]);
    }

    #[test]
    fn the_last_known_value_may_be_older() {
        let (entities, events) = ([Some(0), Some(0)], [Some(6), Some(8)]);
        let values = [Some(1), None];
        assert_eq!(won(&entities, Some(&events), &values, true).unwrap(), [Some(1), None]);
        assert_eq!(won(&entities, Some(&events), &values, false).unwrap(), [None, None]);
    }

    #[test]
    fn rows_of_one_time_have_one_winner_in_any_order() {
        let (entities, events) = ([Some(0), Some(0)], [Some(6), Some(6)]);
        for values in [[Some(1), Some(2)], [Some(2), Some(1)]] {
            assert_eq!(won(&entities, Some(&events), &values, false).unwrap()[0], Some(2));
        }
    }

    #[test]
    fn two_undated_rows_are_an_error() {
        let found = won(&[Some(1), Some(1)], None, &[Some(1), Some(2)], false);
        assert!(matches!(found, Err(TakeError::Several(1))));
    }
}
