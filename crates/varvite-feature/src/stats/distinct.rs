//! [`Distinct`]: about how many different values there are, in bounded memory.
//!
//! The k smallest hashes are kept: with fewer the count is exact, with more it is estimated from the largest of them
//! (k minimum values; Bar-Yossef, Jayram, Kumar, Sivakumar, Trevisan: "Counting distinct elements in a data stream", 2002).

use std::collections::BTreeSet;

/// How many hashes are kept: the estimate is then off by about 1.6 % (one standard error).
const KEPT: usize = 4096;

/// A sketch of the values seen.
#[derive(Debug, Clone, Default)]
pub(super) struct Distinct {
    smallest: BTreeSet<u64>,
}

impl Distinct {
    /// Takes the hash of a value.
    pub(super) fn add(&mut self, hash: u64) {
        if self.smallest.len() < KEPT {
            self.smallest.insert(hash);
            return;
        }
        let greatest = self.smallest.last().copied().unwrap_or(u64::MAX);
        if hash < greatest && self.smallest.insert(hash) {
            self.smallest.pop_last();
        }
    }

    /// Whether [`count`](Self::count) is exact.
    pub(super) fn is_exact(&self) -> bool {
        self.smallest.len() < KEPT
    }

    /// How many different values there were, as far as can be told.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate"
    )]
    pub(super) fn count(&self) -> u64 {
        match self.smallest.last() {
            Some(greatest) if !self.is_exact() => {
                let share = (*greatest as f64 + 1.0) / 2.0_f64.powi(64);
                ((KEPT - 1) as f64 / share).round() as u64
            }
            _ => self.smallest.len() as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(clippy::cast_precision_loss, reason = "a test")]
    fn relative_error(values: u64) -> f64 {
        let mut sketch = Distinct::default();
        for value in (0..values).chain(0..values / 2) {
            sketch.add(xxhash_rust::xxh3::xxh3_64(&value.to_le_bytes()));
        }
        (sketch.count() as f64 / values as f64 - 1.0).abs()
    }

    #[test]
    fn few_are_counted_and_many_estimated() {
        assert!(relative_error(1) == 0.0 && relative_error(4000) == 0.0);
        assert!(relative_error(10_000) < 0.06 && relative_error(300_000) < 0.06);
    }
}
