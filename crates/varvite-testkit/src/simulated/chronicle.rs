//! [`Chronicle`]: every commit in the order in which it became visible, as the disk saw it, and what the model makes of
//! it. It knows nothing of what the callers were told.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use serde::Deserialize;
use varvite_storage::StoragePath;
use varvite_storage::sim::{Event, SimStorage};

use super::caller::Done;
use super::state::{Deed, State};
use crate::model::{Counts, Same};

/// A record as it became visible.
#[derive(Debug, Clone)]
pub(super) struct Commit {
    /// Which caller it is of, and which of its operations in this phase; nobody's after the phase.
    pub(super) by: Option<(u32, u64)>,
    /// What the record says, hash and all.
    pub(super) bytes: Bytes,
    hash: String,
    /// What the version holds.
    pub(super) state: State,
    /// What a merge is to report.
    pub(super) counts: Option<Counts>,
    /// Whether a caller was told that it stands, or that what it wanted does as of this version.
    pub(super) acknowledged: bool,
    pub(super) at_ms: i64,
    readable_from: u64,
    pub(super) tags: BTreeMap<String, u64>,
}

impl Commit {
    /// Whether an older version can be read as long as this one is the newest.
    pub(super) fn keeps(&self, version: u64) -> bool {
        version >= self.readable_from || self.tags.values().any(|tagged| *tagged == version)
    }
}

/// One dataset from its first commit to its removal.
#[derive(Debug, Clone)]
pub(super) struct Generation {
    pub(super) id: String,
    pub(super) commits: Vec<Commit>,
}

impl Generation {
    pub(super) fn is_dropped(&self) -> bool {
        self.commits.last().is_some_and(|commit| commit.state.dropped)
    }

    /// Whether there was a version that did not keep this one.
    pub(super) fn may_be_expired(&self, version: u64) -> bool {
        self.commits.iter().any(|commit| !commit.keeps(version))
    }
}

#[derive(Debug, Default)]
pub(super) struct Chronicle {
    /// Each but the last one is dropped.
    pub(super) generations: Vec<Generation>,
    /// Records up to this one of the newest generation are void.
    floor: Option<u64>,
    /// Records that came too late to count: their number had been taken, or the dataset was gone.
    void: Vec<Bytes>,
}

/// What the chronicle reads of a record.
#[derive(Deserialize)]
struct Record {
    dataset: String,
    version: u64,
    parent: String,
    at_ms: i64,
    #[serde(default)]
    tags: Tags,
    readable_from: Option<u64>,
}

#[derive(Default, Deserialize)]
struct Tags {
    #[serde(default)]
    set: BTreeMap<String, u64>,
    #[serde(default)]
    unset: Vec<String>,
}

/// The version that a record of the dataset is of.
pub(super) fn version_of(path: &StoragePath) -> Option<u64> {
    numbered(path, "", ".json")
}

/// The version up to which records are void by this file.
fn floor_of(path: &StoragePath) -> Option<u64> {
    numbered(path, "floor-", "")
}

fn numbered(path: &StoragePath, begin: &str, end: &str) -> Option<u64> {
    let name = path.as_str().strip_prefix("d_opdmd/")?.strip_prefix(begin)?.strip_suffix(end)?;
    (name.len() == 20).then(|| name.parse().ok())?
}

/// The log on a disk.
#[derive(Debug)]
pub(super) struct OnDisk {
    /// The records that count, in order.
    pub(super) records: Vec<(u64, Bytes)>,
    pub(super) floor: Option<u64>,
}

impl Chronicle {
    /// Takes up what became visible in a phase.
    pub(super) fn extend(&mut self, events: &[Event], done: &[Done], same: Same) -> Result<()> {
        for commit in self.generations.iter_mut().flat_map(|generation| &mut generation.commits) {
            commit.by = None;
        }
        for event in events {
            if let Some(floor) = floor_of(&event.path).filter(|_| event.created) {
                self.floor = self.floor.max(Some(floor));
            }
            let Some(version) = version_of(&event.path) else { continue };
            let did = done.iter().find(|done| (done.client, done.mark) == (event.client, event.mark));
            let deed = &did.with_context(|| format!("client {} did nothing {}", event.client, event.mark))?.deed;
            let what = || format!("version {version} of client {}, mark {}", event.client, event.mark);
            if event.created {
                self.take(event, version, deed, same).with_context(what)?;
            } else {
                let is_over = self.generations.last().is_none_or(Generation::is_dropped);
                let is_void = self.floor.is_some_and(|floor| version <= floor) || self.void.contains(&event.bytes);
                ensure!(is_over || is_void, "{deed:?} removed the record of {}", what());
            }
        }
        Ok(())
    }

    fn take(&mut self, event: &Event, version: u64, deed: &Deed, same: Same) -> Result<()> {
        let text = std::str::from_utf8(&event.bytes)?;
        let (line, hash) = text.split_once('\n').context("the record has no second line")?;
        let record: Record = serde_json::from_str(line)?;
        ensure!(record.version == version, "the record is of version {}", record.version);
        let is_over = self.generations.last().is_none_or(Generation::is_dropped);
        if is_over && version == 0 {
            self.generations.push(Generation { id: record.dataset.clone(), commits: Vec::new() });
            self.floor = None;
        } else if is_over || self.floor.is_some_and(|floor| version <= floor) {
            self.void.push(event.bytes.clone());
            return Ok(());
        }
        let Some(current) = self.generations.last_mut() else { bail!("it is the first record there is") };
        ensure!(current.id == record.dataset, "it is of another dataset than the one that stands");
        let expected = current.commits.len() as u64;
        ensure!(version == expected, "the version after {expected} commits");
        let before = current.commits.last();
        ensure!(record.parent == before.map_or("", |before| &before.hash), "it does not chain to the record before it");
        let mut state = before.map(|before| before.state.clone()).unwrap_or_default();
        let mut tags = before.map(|before| before.tags.clone()).unwrap_or_default();
        let readable_from = record.readable_from.or(before.map(|before| before.readable_from)).unwrap_or_default();
        tags.extend(record.tags.set);
        tags.retain(|name, _| !record.tags.unset.contains(name));
        let counts = state.apply(deed, same)?;
        current.commits.push(Commit {
            by: Some((event.client, event.mark)),
            bytes: event.bytes.clone(),
            hash: hash.trim_end().to_owned(),
            state,
            counts,
            acknowledged: false,
            at_ms: record.at_ms,
            readable_from,
            tags,
        });
        Ok(())
    }

    /// The log on a disk, without records that do not count.
    pub(super) fn on_disk(&self, storage: &SimStorage) -> OnDisk {
        let files = storage.files();
        let floor = files.iter().filter_map(|(path, _)| floor_of(path)).max();
        let records = files.into_iter().filter_map(|(path, bytes)| Some((version_of(&path)?, bytes)));
        let counts =
            |(version, bytes): &(u64, Bytes)| floor.is_none_or(|floor| *version > floor) && !self.void.contains(bytes);
        OnDisk { records: records.filter(counts).collect(), floor }
    }

    /// The commits of one operation in this phase.
    pub(super) fn of(&self, done: &Done) -> Vec<(&Generation, usize)> {
        let by = Some((done.client, done.mark));
        let versions = |generation: &Generation| 0..generation.commits.len();
        let all = self.generations.iter().flat_map(|each| versions(each).map(move |version| (each, version)));
        all.filter(|(generation, version)| generation.commits[*version].by == by).collect()
    }

    /// A dataset by its id.
    pub(super) fn dataset(&self, id: &str) -> Option<&Generation> {
        self.generations.iter().find(|generation| generation.id == id)
    }

    /// The dataset that stands, or stood last.
    pub(super) fn current(&self) -> Option<&Generation> {
        self.generations.last()
    }

    /// Somebody was told that `version` of a dataset stands.
    pub(super) fn acknowledge(&mut self, id: &str, version: usize) {
        let generation = self.generations.iter_mut().find(|generation| generation.id == id);
        if let Some(commit) = generation.and_then(|generation| generation.commits.get_mut(version)) {
            commit.acknowledged = true;
        }
    }

    /// Only the first `len` commits of one dataset are left, and nothing of the others. Those before it stay known as
    /// long as a power cut may bring back the records that say that they are dropped.
    pub(super) fn cut_to(&mut self, left: Option<(usize, usize)>, floor: Option<u64>, durable: bool) {
        match left {
            Some((at, len)) => {
                self.generations.truncate(at + 1);
                self.generations[at].commits.truncate(len);
            }
            None => self.generations.retain(Generation::is_dropped),
        }
        if durable {
            let first = left.map_or(self.generations.len(), |(at, _)| at);
            self.generations.drain(..first);
        }
        self.floor = floor;
    }
}
