//! [`Pieces`]: answers of some rows after the other, put back in the order of the rows.

use arrow::array::{Array, ArrayRef, UInt64Array};
use arrow::compute::{concat, take};

use crate::{Error, Result};

/// Values of each feature, as they come.
pub(super) struct Pieces {
    values: Vec<Vec<ArrayRef>>,
    /// For each row where its values stand; a row without has nulls.
    places: Vec<Option<u64>>,
    answered: u64,
}

impl Pieces {
    pub(super) fn new(features: usize, rows: usize) -> Self {
        Self { values: vec![Vec::new(); features], places: vec![None; rows], answered: 0 }
    }

    /// Adds the values of these rows.
    pub(super) fn add(&mut self, rows: &[u64], values: Vec<ArrayRef>) {
        for row in rows {
            if let Some(place) = usize::try_from(*row).ok().and_then(|row| self.places.get_mut(row)) {
                *place = Some(self.answered);
            }
            self.answered += 1;
        }
        for (known, array) in self.values.iter_mut().zip(values) {
            known.push(array);
        }
    }

    /// The values of each feature, one for each row.
    ///
    /// # Errors
    /// [`Error::Arrow`] for more text than a column can hold.
    pub(super) fn finish(self) -> Result<Vec<ArrayRef>> {
        let places = UInt64Array::from(self.places);
        let joined = |values: Vec<ArrayRef>| {
            let arrays: Vec<&dyn Array> = values.iter().map(AsRef::as_ref).collect();
            let all = concat(&arrays).map_err(Error::arrow("join answers"))?;
            take(&all, &places, None).map_err(Error::arrow("put answers in order"))
        };
        self.values.into_iter().map(joined).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{AsArray, Int64Array};
    use arrow::datatypes::Int64Type;

    use super::*;

    #[test]
    fn rows_come_back_in_their_order() {
        let mut pieces = Pieces::new(1, 4);
        pieces.add(&[3, 0], vec![Arc::new(Int64Array::from(vec![30, 0]))]);
        pieces.add(&[1], vec![Arc::new(Int64Array::from(vec![10]))]);
        let found = pieces.finish().unwrap();
        let found: Vec<Option<i64>> = found[0].as_primitive::<Int64Type>().iter().collect();
        assert_eq!(found, [Some(0), Some(10), None, Some(30)]);
    }
}
