//! What happened in a simulation: [`Call`]s for people, [`Event`]s for oracles, a fingerprint for repetitions.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;

use super::faults::Fate;
use crate::{Operation, StoragePath};

/// One call, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// How many calls there were before, of all callers, syncs left out.
    pub at: u64,
    /// Who called.
    pub client: u32,
    /// What the caller was at, see [`SimStorage::mark`](super::SimStorage::mark).
    pub mark: u64,
    /// What was called.
    pub operation: Operation,
    /// With which path.
    pub path: StoragePath,
    /// What was done to it.
    pub fate: &'static str,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, client, mark, operation, path, fate } = self;
        write!(f, "{at:5}  client {client}, mark {mark}: {operation:?} {path}{fate}")
    }
}

/// A name that came or went, hidden ones left out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// The number of the call.
    pub at: u64,
    /// Who called.
    pub client: u32,
    /// What the caller was at, see [`SimStorage::mark`](super::SimStorage::mark).
    pub mark: u64,
    /// The name.
    pub path: StoragePath,
    /// Whether it came.
    pub created: bool,
    /// The bytes under it.
    pub bytes: Bytes,
}

#[derive(Debug, Default)]
pub(super) struct Trace {
    pub(super) calls: Vec<Call>,
    pub(super) events: Vec<Event>,
    ordered: u64,
    /// Syncs come in no order: a caller may make them side by side.
    unordered: u64,
}

impl Trace {
    pub(super) fn record(&mut self, call: Call) {
        let mut hasher = DefaultHasher::new();
        (call.at, call.client, call.mark, call.operation, &call.path, call.fate).hash(&mut hasher);
        let hash = hasher.finish();
        if matches!(call.operation, Operation::Sync | Operation::SyncStaged) {
            self.unordered = self.unordered.wrapping_add(hash);
        } else {
            let mut hasher = DefaultHasher::new();
            (self.ordered, self.unordered, hash).hash(&mut hasher);
            (self.ordered, self.unordered) = (hasher.finish(), 0);
        }
        self.calls.push(call);
    }

    pub(super) fn fingerprint(&self) -> u64 {
        self.ordered ^ self.unordered
    }
}

impl Fate {
    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::Works => "",
            Self::Fails(_) => ": fails",
            Self::LosesAnswer(_) => ": takes effect, fails",
            Self::Gone { took_effect: true } => ": takes effect, the caller is gone",
            Self::Gone { took_effect: false } => ": the caller is gone",
        }
    }
}
