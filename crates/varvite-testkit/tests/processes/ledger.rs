//! [`Ledger`]: what writers began and were promised, compared with the log.

use std::collections::{BTreeMap, BTreeSet};

use varvite_dataset::Dataset;

use crate::reader;
use crate::writer::{Said, Writer};

/// What writers have said, by writer and number.
#[derive(Default)]
pub(crate) struct Ledger {
    begun: BTreeSet<(u16, u64)>,
    acknowledged: BTreeMap<(u16, u64), u64>,
}

impl Ledger {
    /// Where a writer begins anew.
    pub(crate) fn first_unacknowledged(&self, writer: u16) -> u64 {
        let last = self.acknowledged.range((writer, 0)..=(writer, u64::MAX)).next_back();
        last.map_or(0, |((_, k), _)| k + 1)
    }

    /// Waits for a writer's end and notes what it said; its exit code, if it was not killed.
    pub(crate) fn take(&mut self, writer: Writer) -> Option<i32> {
        let number = writer.number;
        let (said, code) = writer.end();
        for said in said {
            match said {
                Said::Begin { k } => {
                    self.begun.insert((number, k));
                }
                Said::Acknowledged { k, version } => {
                    let before = self.acknowledged.insert((number, k), version);
                    assert!(before.is_none_or(|before| before == version), "commit {k} of writer {number} moved");
                }
            }
        }
        code
    }

    /// Each acknowledged commit is in the version that was promised; none is there twice, none was never begun.
    pub(crate) fn verify(&self, dataset: &Dataset) {
        let mut found = BTreeMap::new();
        for (at, (version, commit)) in reader::commits(dataset).into_iter().enumerate() {
            assert_eq!(version, at as u64, "a version is missing");
            assert!(self.begun.contains(&commit), "{commit:?} was never begun");
            let before = found.insert(commit, version);
            assert!(before.is_none(), "{commit:?} is in versions {before:?} and {version}");
        }
        for (commit, version) in &self.acknowledged {
            assert_eq!(found.get(commit), Some(version), "{commit:?} was acknowledged");
        }
    }
}
