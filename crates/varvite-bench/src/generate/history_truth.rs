//! [`Truth`]: what a join must come to, found without any engine.

use super::history::{EntityTable, HistoryRows};
use crate::feature_case::{TTL_US, TableFact};
use crate::outcome::ColumnFact;

/// The rows of each key, sorted: a search by halves finds what an entity row sees.
pub(super) struct Truth<'a> {
    rows: &'a HistoryRows,
    /// Rows in order of key, event time, created time.
    order: Vec<u32>,
    /// Where the rows of each key begin in `order`; one more at the end.
    starts: Vec<usize>,
}

impl<'a> Truth<'a> {
    /// Of keys below `keys`.
    pub(super) fn new(rows: &'a HistoryRows, keys: usize) -> Self {
        let mut order: Vec<u32> = (0_u32..).take(rows.keys.len()).collect();
        order.sort_unstable_by_key(|row| {
            let row = *row as usize;
            (rows.keys[row], rows.events[row], rows.created[row])
        });
        let is_before = |row: u32, key: usize| usize::try_from(rows.keys[row as usize]).is_ok_and(|found| found < key);
        let starts = (0..=keys).map(|key| order.partition_point(|row| is_before(*row, key))).collect();
        Self { rows, order, starts }
    }

    /// What the features of all entity rows come to.
    pub(super) fn fact(&self, entities: &EntityTable) -> TableFact {
        let winners: Vec<Option<usize>> =
            entities.keys.iter().zip(&entities.times).map(|(key, time)| self.winner(*key, *time)).collect();
        let columns = self.rows.features.iter().map(|column| {
            let value = |winner: &Option<usize>| winner.map(|row| column[row]).filter(|value| !value.is_nan());
            let mut fact = ColumnFact::default();
            fact.add(winners.iter().map(value), 0, winners.len());
            fact
        });
        TableFact { rows: winners.len() as u64, columns: columns.collect() }
    }

    /// The newest row at `time`, the one created last among those of one event time; none that is older than the TTL.
    fn winner(&self, key: i64, time: i64) -> Option<usize> {
        let key = usize::try_from(key).ok()?;
        let of_key = &self.order[*self.starts.get(key)?..*self.starts.get(key + 1)?];
        let seen = of_key.partition_point(|row| self.rows.events[*row as usize] <= time);
        let newest = of_key[..seen].last().map(|row| *row as usize)?;
        (time - self.rows.events[newest] <= TTL_US).then_some(newest)
    }
}
