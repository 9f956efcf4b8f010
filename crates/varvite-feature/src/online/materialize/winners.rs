//! The greatest row of each key of a chunk, found before the database is asked.

use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;
use std::ops::Range;

use crate::online::row::Rank;

/// The greatest row of each key.
#[derive(Default)]
pub(super) struct Winners {
    entries: Vec<Winner>,
    by_key: HashTable<usize>,
    /// All keys, one behind the other.
    keys: Vec<u8>,
    hasher: DefaultHashBuilder,
}

/// A row of a chunk.
#[derive(Debug, Clone)]
pub(super) struct Winner {
    key: Range<usize>,
    pub(super) rank: Rank,
    /// Which batch of the chunk it is in, and where.
    pub(super) batch: usize,
    pub(super) row: usize,
}

impl Winners {
    /// Takes a row, if none of its key is greater.
    pub(super) fn offer(&mut self, key: &[u8], rank: Rank, batch: usize, row: usize) {
        let hash = self.hasher.hash_one(key);
        let known = self.by_key.find(hash, |at| self.keys[self.entries[*at].key.clone()] == *key);
        if let Some(at) = known.copied() {
            let entry = &mut self.entries[at];
            if rank >= entry.rank {
                (entry.rank, entry.batch, entry.row) = (rank, batch, row);
            }
            return;
        }
        let start = self.keys.len();
        self.keys.extend_from_slice(key);
        let at = self.entries.len();
        self.entries.push(Winner { key: start..self.keys.len(), rank, batch, row });
        let (entries, keys, hasher) = (&self.entries, &self.keys, &self.hasher);
        self.by_key.insert_unique(hash, at, |at| hasher.hash_one(&keys[entries[*at].key.clone()]));
    }

    /// Keys and their rows, in order of keys: neighbours are in one page of the database.
    pub(super) fn sorted(&self) -> Vec<(&[u8], &Winner)> {
        let mut sorted: Vec<_> = self.entries.iter().map(|entry| (&self.keys[entry.key.clone()], entry)).collect();
        sorted.sort_unstable_by_key(|(key, _)| *key);
        sorted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_row_of_a_key_wins_wherever_it_stands() {
        let rank = |event, created, commit, row| Rank { event, created, commit, row };
        let mut winners = Winners::default();
        winners.offer(b"b", rank(5, None, 9, 0), 0, 0);
        winners.offer(b"a", rank(1, Some(7), 1, 0), 0, 1);
        winners.offer(b"a", rank(1, None, 9, 9), 0, 2);
        winners.offer(b"b", rank(4, Some(1), 10, 0), 1, 0);
        winners.offer(b"a", rank(1, Some(7), 1, 1), 1, 1);
        let found: Vec<_> = winners.sorted().into_iter().map(|(key, won)| (key, won.batch, won.row)).collect();
        assert_eq!(found, [(&b"a"[..], 1, 1), (&b"b"[..], 0, 0)]);
    }
}
