//! [`Chronicle`]: every commit in the order in which it became visible, as the disk saw it, and what the model makes of
//! it. It knows nothing of what the callers were told.

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use varvite_storage::StoragePath;
use varvite_storage::sim::{Event, SimStorage};

use super::caller::Done;
use super::operation::Deed;
use super::state::State;
use crate::model::{Counts, Same};

/// A record as it became visible.
#[derive(Debug, Clone)]
pub(super) struct Commit {
    /// Which caller it is of, and which of its operations in this phase; nobody's after the phase.
    pub(super) by: Option<(u32, u64)>,
    /// What the record says, hash and all.
    pub(super) bytes: bytes::Bytes,
    hash: String,
    /// What the version holds.
    pub(super) state: State,
    /// What a merge is to report.
    pub(super) counts: Option<Counts>,
    /// Whether a caller was told that it stands, or that what it wanted does as of this version.
    pub(super) acknowledged: bool,
}

/// One dataset from its first commit to its removal.
#[derive(Debug, Clone)]
pub(super) struct Generation {
    pub(super) id: String,
    pub(super) commits: Vec<Commit>,
}

#[derive(Debug, Default)]
pub(super) struct Chronicle {
    /// The last one stands, unless a removal has begun.
    pub(super) generations: Vec<Generation>,
}

/// What the chronicle reads of a record.
#[derive(Deserialize)]
struct Record {
    dataset: String,
    version: u64,
    parent: String,
}

/// The version that a record of the dataset is of.
pub(super) fn version_of(path: &StoragePath) -> Option<u64> {
    let name = path.as_str().strip_prefix("d_opdmd/")?.strip_suffix(".json")?;
    (name.len() == 20).then(|| name.parse().ok())?
}

/// The records on a disk, in order.
pub(super) fn records(storage: &SimStorage) -> Vec<(u64, bytes::Bytes)> {
    let files = storage.files();
    files.into_iter().filter_map(|(path, bytes)| Some((version_of(&path)?, bytes))).collect()
}

impl Chronicle {
    /// Takes up what became visible in a phase.
    pub(super) fn extend(&mut self, events: &[Event], done: &[Done], same: Same) -> Result<()> {
        for commit in self.generations.iter_mut().flat_map(|generation| &mut generation.commits) {
            commit.by = None;
        }
        for event in events {
            let Some(version) = version_of(&event.path) else { continue };
            let did = done.iter().find(|done| (done.client, done.mark) == (event.client, event.mark));
            let deed = &did.with_context(|| format!("client {} did nothing {}", event.client, event.mark))?.deed;
            if event.created {
                let taken = self.take(event, version, deed, same);
                taken.with_context(|| format!("version {version} of client {}, mark {}", event.client, event.mark))?;
            } else {
                ensure!(matches!(deed, Deed::Remove), "{deed:?} removed the record of version {version}");
            }
        }
        Ok(())
    }

    fn take(&mut self, event: &Event, version: u64, deed: &Deed, same: Same) -> Result<()> {
        let text = std::str::from_utf8(&event.bytes)?;
        let (line, hash) = text.split_once('\n').context("the record has no second line")?;
        let record: Record = serde_json::from_str(line)?;
        ensure!(record.version == version, "the record is of version {}", record.version);
        if version == 0 {
            self.generations.push(Generation { id: record.dataset.clone(), commits: Vec::new() });
        }
        let Some(current) = self.generations.last_mut() else { bail!("it is the first record there is") };
        ensure!(current.id == record.dataset, "it is of another dataset than the one that stands");
        let expected = current.commits.len() as u64;
        ensure!(version == expected, "the version after {expected} commits");
        let parent = current.commits.last().map_or("", |commit| &commit.hash);
        ensure!(record.parent == parent, "it does not chain to the record before it");
        let mut state = current.commits.last().map(|commit| commit.state.clone()).unwrap_or_default();
        let counts = state.apply(deed, same)?;
        let (by, hash) = (Some((event.client, event.mark)), hash.trim_end().to_owned());
        let bytes = event.bytes.clone();
        current.commits.push(Commit { by, bytes, hash, state, counts, acknowledged: false });
        Ok(())
    }

    /// The commits of one operation in this phase, with their versions and the dataset's id.
    pub(super) fn of(&self, done: &Done) -> Vec<(&Generation, usize)> {
        let by = Some((done.client, done.mark));
        let all = self
            .generations
            .iter()
            .flat_map(|generation| (0..generation.commits.len()).map(move |version| (generation, version)));
        all.filter(|(generation, version)| generation.commits[*version].by == by).collect()
    }

    /// One version of one dataset.
    pub(super) fn version(&self, id: &str, version: u64) -> Option<&State> {
        let generation = self.generations.iter().find(|generation| generation.id == id)?;
        Some(&generation.commits.get(usize::try_from(version).ok()?)?.state)
    }

    /// The dataset that stands, if one does.
    pub(super) fn current(&self) -> Option<&Generation> {
        self.generations.last()
    }

    /// Somebody was told that `version` of the newest dataset stands.
    pub(super) fn acknowledge(&mut self, version: usize) {
        if let Some(commit) = self.generations.last_mut().and_then(|generation| generation.commits.get_mut(version)) {
            commit.acknowledged = true;
        }
    }

    /// Only the first `len` commits of the newest dataset are left, and no dataset before it.
    pub(super) fn cut_to(&mut self, len: usize) {
        let newest = self.generations.pop();
        self.generations.clear();
        self.generations.extend(newest.filter(|_| len > 0).map(|mut newest| {
            newest.commits.truncate(len);
            newest
        }));
    }
}
