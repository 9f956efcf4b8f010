//! [`Sweep`]: rows of a source go by once, in order of time, and each entity row is answered when it has seen all it may.
//!
//! A key keeps what its [`Fold`] has come to, and a cursor in its entity rows, which are sorted by time. Before a row that
//! an entity row may not see is taken in, that entity row is answered. So an answer at any number of times costs one pass.

use crate::{Error, Result};

/// The number of a key that no entity row has.
pub(super) const NONE: u32 = u32::MAX;

/// What is kept of the rows of each key.
pub(super) trait Fold {
    /// Takes in a row of the batch at hand.
    fn push(&mut self, key: u32, row: usize) -> Result<()>;

    /// Notes what has come to be of the key as the answer of an entity row.
    fn answer(&mut self, key: u32, entity: u32);
}

/// The entity rows, and how far each key has come.
#[derive(Debug)]
pub(super) struct Sweep {
    /// Where the entity rows of each key begin; one more at the end.
    starts: Vec<u32>,
    /// The first entity row of each key that is not answered.
    cursors: Vec<u32>,
    /// Entity rows, sorted by key and time.
    entities: Vec<u32>,
    /// Of each, the latest event time that it may see.
    upper: Vec<i64>,
    /// The latest event time so far.
    latest: i64,
}

impl Sweep {
    /// Entity rows with the numbers of their keys ([`NONE`] for a null key) and the latest event time that each may see
    /// (`None` sees nothing).
    pub(super) fn new(keys: &[u32], upper: &[Option<i64>], num_keys: usize) -> Self {
        let of_row = |((row, key), upper): ((u32, &u32), &Option<i64>)| Some((*key, (*upper)?, row));
        let mut rows: Vec<(u32, i64, u32)> = (0..).zip(keys).zip(upper).filter_map(of_row).collect();
        rows.retain(|(key, ..)| *key != NONE);
        rows.sort_unstable();
        let mut starts = vec![0; num_keys + 1];
        for (key, ..) in &rows {
            starts[*key as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        Self {
            cursors: starts[..num_keys].to_vec(),
            starts,
            upper: rows.iter().map(|(_, upper, _)| *upper).collect(),
            entities: rows.into_iter().map(|(.., row)| row).collect(),
            latest: i64::MIN,
        }
    }

    /// Lets a batch go by: the numbers of its keys and its event times, which do not descend.
    pub(super) fn advance(&mut self, keys: &[u32], events: &[i64], fold: &mut impl Fold) -> Result<()> {
        for (row, (key, event)) in keys.iter().zip(events).enumerate() {
            if *event < self.latest {
                return Err(out_of_order());
            }
            self.latest = *event;
            if *key != NONE {
                self.answer_before(*key, *event, fold);
                fold.push(*key, row)?;
            }
        }
        Ok(())
    }

    /// Answers the entity rows of a key that may not see `event`.
    fn answer_before(&mut self, key: u32, event: i64, fold: &mut impl Fold) {
        let end = self.starts[key as usize + 1];
        let cursor = &mut self.cursors[key as usize];
        while *cursor < end && self.upper[*cursor as usize] < event {
            fold.answer(key, self.entities[*cursor as usize]);
            *cursor += 1;
        }
    }

    /// Answers all that are left: no more rows will come.
    pub(super) fn finish(mut self, fold: &mut impl Fold) {
        for (key, cursor) in (0_u32..).zip(std::mem::take(&mut self.cursors)) {
            for at in cursor..self.starts[key as usize + 1] {
                fold.answer(key, self.entities[at as usize]);
            }
        }
    }
}

fn out_of_order() -> Error {
    let source = "rows that were to come in order of time did not".into();
    Error::Engine { engine: "the query", source }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows that a key has had, as text.
    #[derive(Default)]
    struct Seen {
        rows: std::collections::BTreeMap<u32, Vec<usize>>,
        answers: std::collections::BTreeMap<u32, Vec<usize>>,
    }

    impl Fold for Seen {
        fn push(&mut self, key: u32, row: usize) -> Result<()> {
            self.rows.entry(key).or_default().push(row);
            Ok(())
        }

        fn answer(&mut self, key: u32, entity: u32) {
            self.answers.insert(entity, self.rows.get(&key).cloned().unwrap_or_default());
        }
    }

    #[test]
    fn each_entity_row_sees_what_is_not_after_it() {
        let mut sweep = Sweep::new(&[0, 1, 0, NONE, 0], &[Some(5), Some(4), Some(9), Some(9), None], 2);
        let mut seen = Seen::default();
        sweep.advance(&[0, 1, NONE, 0, 0], &[1, 5, 5, 5, 6], &mut seen).unwrap();
        sweep.finish(&mut seen);
        let expected = [(0, vec![0, 3]), (1, vec![]), (2, vec![0, 3, 4])];
        assert_eq!(seen.answers.into_iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn rows_out_of_order_are_an_error() {
        let mut sweep = Sweep::new(&[0], &[Some(5)], 1);
        assert!(sweep.advance(&[0, 0], &[2, 1], &mut Seen::default()).is_err());
    }
}
