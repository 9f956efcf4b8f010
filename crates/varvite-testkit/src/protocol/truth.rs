//! [`Truth`]: what was committed, whatever the disk says.

use super::disk::{Op, Record};

/// The commits that count, and those that were acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Truth {
    /// The versions of the dataset that stands, from the first on.
    pub(super) versions: Vec<Record>,
    /// Acknowledged records.
    acknowledged: Vec<Record>,
}

impl Truth {
    /// A record was given its name: it counts if it follows the newest version.
    pub(super) fn publish(&mut self, record: &Record) {
        let follows = match self.versions.last() {
            None => record.version == 0,
            Some(newest) => {
                let next = record.version == newest.version + 1 && record.dataset == newest.dataset;
                next && record.parent == Some(newest.by)
            }
        };
        if !follows {
            return;
        }
        if record.op == Op::Drop {
            *self = Self::default();
        } else {
            self.versions.push(*record);
        }
    }

    pub(super) fn acknowledge(&mut self, record: &Record) {
        // What is acknowledged after the dataset was dropped went with it.
        if self.versions.first().is_some_and(|first| first.dataset == record.dataset) {
            self.acknowledged.push(*record);
            self.acknowledged.sort_unstable_by_key(|record| record.version);
        }
    }

    pub(super) fn is(&self, dataset: usize) -> bool {
        self.versions.first().is_some_and(|first| first.dataset == dataset)
    }

    /// Versions that can be read.
    pub(super) fn readable(&self) -> &[Record] {
        let from = self.versions.last().map_or(0, |newest| newest.readable_from);
        &self.versions[from..]
    }

    /// Acknowledged commits are there, and none is there twice.
    pub(super) fn check(&self) -> Result<(), String> {
        for record in &self.acknowledged {
            if self.versions.get(record.version) != Some(record) {
                return Err(format!(
                    "an acknowledged commit is lost: version {} of writer {}",
                    record.version, record.by
                ));
            }
        }
        for (at, record) in self.versions.iter().enumerate() {
            let same = |other: &Record| other.by == record.by && other.op == record.op && record.op != Op::Vacuum;
            if self.versions[..at].iter().any(same) {
                return Err(format!("a commit of writer {} counts twice", record.by));
            }
        }
        Ok(())
    }
}
