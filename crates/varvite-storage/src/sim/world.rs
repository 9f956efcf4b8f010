//! [`World`]: the disk, the callers, and the chance that rules them.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::disk::{Disk, FileId};
use super::faults::{Fate, Faults, Struck};
use super::trace::{Call, Event, Trace};
use super::turns::Turns;
use crate::random::{Random, STEP, mix};
use crate::{Entry, Operation, StoragePath};

/// Longest time for which the disk is full, in calls.
const LONGEST_FULL: u64 = 60;
/// How old a stale list may be, in calls.
const STALEST: u64 = 20;

/// What all handles of a simulation share.
#[derive(Debug)]
pub(super) struct World {
    pub(super) disk: Disk,
    pub(super) turns: Turns,
    pub(super) trace: Trace,
    pub(super) locks: BTreeMap<FileId, u32>,
    pub(super) faults: Faults,
    /// Decides what happens, call by call.
    pub(super) chance: Random,
    /// Where the random bits of the callers come from.
    seed: u64,
    pub(super) clients: BTreeMap<u32, Client>,
    /// How many calls there were, without syncs.
    pub(super) calls: u64,
    /// The time: a call takes 1, and it passes while all callers are held up.
    pub(super) now: u64,
    clock_ms: i64,
    full_until: u64,
    power: Power,
    /// What was done to callers, by what they were at.
    pub(super) struck: BTreeMap<(u32, u64), Struck>,
}

#[derive(Debug, Default)]
pub(super) struct Client {
    pub(super) mark: u64,
    calls: u64,
    draws: u64,
    killed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Power {
    On,
    /// It lasts for some of the syncs that come now.
    Going,
    Off,
}

impl World {
    pub(super) fn new(disk: Disk, seed: u64, clock_ms: i64) -> Self {
        Self {
            disk,
            turns: Turns::default(),
            trace: Trace::default(),
            locks: BTreeMap::new(),
            faults: Faults::default(),
            chance: Random::of(&[seed, 1]),
            seed,
            clients: BTreeMap::new(),
            calls: 0,
            now: 0,
            clock_ms,
            full_until: 0,
            power: Power::On,
            struck: BTreeMap::new(),
        }
    }

    /// Everything starts from here: counts, traces, callers. The disk is as it was.
    pub(super) fn arm(&mut self, seed: u64, faults: Faults) {
        let disk = std::mem::take(&mut self.disk);
        let clock_ms = self.clock_ms;
        *self = Self { faults, ..Self::new(disk, mix(self.seed) ^ seed, clock_ms) };
    }

    pub(super) fn client(&mut self, client: u32) -> &mut Client {
        self.clients.entry(client).or_default()
    }

    pub(super) fn is_gone(&self, client: u32) -> bool {
        self.power == Power::Off || self.clients.get(&client).is_some_and(|client| client.killed)
    }

    pub(super) fn power_is_off(&self) -> bool {
        self.power != Power::On
    }

    /// Milliseconds since 1970: one a call, but for jumps.
    pub(super) fn clock_ms(&self) -> i64 {
        self.clock_ms.saturating_add(i64::try_from(self.now).unwrap_or(i64::MAX))
    }

    pub(super) fn random_bits(&mut self, client: u32) -> u64 {
        let seed = mix(self.seed ^ STEP.wrapping_mul(u64::from(client) + 1));
        let drawn = self.client(client);
        drawn.draws += 1;
        mix(seed.wrapping_add(drawn.draws.wrapping_mul(STEP)))
    }

    /// Counts a call and says what becomes of it.
    pub(super) fn fate(&mut self, client: u32, operation: Operation, path: &StoragePath) -> Fate {
        let is_sync = matches!(operation, Operation::Sync | Operation::SyncStaged);
        let fate = if is_sync { self.fate_of_sync(client, path) } else { self.fate_in_turn(client, operation) };
        let mark = self.client(client).mark;
        let strike = match fate {
            Fate::Works => Struck::No,
            Fate::Fails(_) | Fate::LosesAnswer(_) => Struck::Failed,
            Fate::Gone { .. } => Struck::Gone,
        };
        let struck = self.struck.entry((client, mark)).or_default();
        *struck = strike.max(*struck);
        let call = Call { at: self.calls, client, mark, operation, path: path.clone(), fate: fate.describe() };
        self.trace.record(call);
        fate
    }

    fn fate_in_turn(&mut self, client: u32, operation: Operation) -> Fate {
        if self.power == Power::Going {
            self.power = Power::Off;
        }
        if self.is_gone(client) {
            return Fate::Gone { took_effect: false };
        }
        (self.now, self.calls) = (self.now + 1, self.calls + 1);
        let caller = self.client(client);
        caller.calls += 1;
        let calls = caller.calls;
        if self.faults.kill == Some((client, calls)) {
            self.client(client).killed = true;
            self.locks.retain(|_, holder| *holder != client);
            return Fate::Gone { took_effect: self.chance.chance(500) };
        }
        if self.faults.power_cut == Some(self.calls) {
            self.power = if self.chance.chance(333) { Power::Going } else { Power::Off };
            if self.power == Power::Off {
                return Fate::Gone { took_effect: self.chance.chance(500) };
            }
        }
        if self.chance.chance(self.faults.clock_jumps) {
            const DECADE_MS: i64 = 10 * 365 * 86_400_000;
            let jumps = [-10 * DECADE_MS, -86_400_000, -1_000, 1_000, 86_400_000, DECADE_MS];
            let jump = jumps[usize::try_from(self.chance.below(jumps.len() as u64)).unwrap_or_default()];
            self.clock_ms = self.clock_ms.saturating_add(jump);
        }
        if self.chance.chance(self.faults.full_disk) {
            self.full_until = self.now + self.chance.below(LONGEST_FULL);
        }
        self.faults.draw(operation, self.now < self.full_until, &mut self.chance)
    }

    /// Syncs may come side by side, in any order: their fate hangs on who makes them and when, not on how many there
    /// were before.
    fn fate_of_sync(&mut self, client: u32, path: &StoragePath) -> Fate {
        if self.is_gone(client) {
            return Fate::Gone { took_effect: false };
        }
        let mut hasher = DefaultHasher::new();
        path.hash(&mut hasher);
        let calls = self.client(client).calls;
        let mut random = Random::of(&[self.seed, u64::from(client), calls, hasher.finish()]);
        if self.power == Power::Going {
            return Fate::Gone { took_effect: random.chance(500) };
        }
        let fate = self.faults.draw(Operation::Sync, false, &mut random);
        if matches!(fate, Fate::Fails(_)) && random.chance(500) {
            self.disk.drop_pages(path);
        }
        fate
    }

    /// Notes that a name came or went.
    pub(super) fn note(&mut self, client: u32, path: &StoragePath, created: bool, bytes: bytes::Bytes) {
        let mark = self.client(client).mark;
        self.trace.events.push(Event { at: self.calls, client, mark, path: path.clone(), created, bytes });
    }

    /// A list as it may have been, if it is to be a stale one.
    pub(super) fn stale(&mut self, folder: &StoragePath, entries: Vec<Entry>) -> Vec<Entry> {
        if !self.chance.chance(self.faults.stale_lists) {
            return entries;
        }
        let since = self.calls.saturating_sub(self.chance.below(STALEST + 1));
        let mut entries: BTreeMap<String, Entry> =
            entries.into_iter().map(|entry| (entry.name.clone(), entry)).collect();
        let recent = self.trace.events.iter().rev().take_while(|event| event.at > since);
        for event in recent.filter(|event| event.path.is_child_of(folder)) {
            let name = event.path.name().to_owned();
            if event.created {
                entries.remove(&name);
            } else {
                let len = event.bytes.len() as u64;
                entries.insert(name.clone(), Entry { name, kind: crate::EntryKind::File, len });
            }
        }
        entries.into_values().collect()
    }
}
