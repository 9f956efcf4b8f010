//! [`World`]: a disk, the processes that share it, and what was committed.

use super::disk::{Disk, Files, Loaded, Op, Record};
use super::explore::System;
use super::flaw::{Flaw, Flaws};
use super::process::{Call, Outcome, Process, Role, Step, What};
use super::truth::Truth;

/// Who made what was there from the beginning.
const FOUNDER: usize = 7;

/// A state of the model.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct World {
    pub(super) flaws: Flaws,
    pub(super) disk: Disk,
    pub(super) truth: Truth,
    pub(super) processes: Vec<Process>,
    crashes_left: u8,
}

impl World {
    /// A dataset of so many versions, each of which adds a file, and processes that are about to begin.
    pub fn new(versions: usize, roles: &[Role], flaws: Flaws) -> Self {
        let mut world = Self {
            flaws,
            disk: Disk::empty(),
            truth: Truth::default(),
            processes: roles.iter().map(|role| Process::new(*role)).collect(),
            crashes_left: 0,
        };
        for version in 0..versions {
            let files = (0..=version).fold(Files::NONE, |files, version| files.and(Files::of(FOUNDER, version, 0)));
            let record = Record {
                version,
                by: FOUNDER,
                dataset: FOUNDER,
                parent: version.checked_sub(1).map(|_| FOUNDER),
                op: Op::Write(u8::try_from(version).unwrap_or(u8::MAX)),
                removed: Files::NONE,
                files,
                readable_from: 0,
            };
            world.disk.data = files;
            world.disk.records[version] = Some(record);
            world.disk.witness = Some(version);
            world.truth.publish(&record);
        }
        world
    }

    /// So many of the processes may be killed at any time.
    pub fn with_crashes(mut self, crashes: u8) -> Self {
        self.crashes_left = crashes;
        self
    }

    pub(super) fn has(&self, flaw: Flaw) -> bool {
        self.flaws.has(flaw)
    }

    /// Makes the next call of a process.
    fn call(&mut self, at: usize) {
        use Call as C;
        match self.processes[at].call {
            C::Load => self.load(at),
            C::Lock => self.lock(at),
            C::Unlock => self.unlock(at),
            C::Clear | C::Stage | C::StageRecord | C::Sync | C::Check => self.prepare(at),
            C::Publish | C::Counts | C::Withdraw | C::SyncLog | C::Witness => self.commit(at),
            C::TidyList | C::TidyStands | C::TidyStaged | C::TidyMove | C::TidyNewest | C::TidyRestore => self.tidy(at),
            C::VacuumList | C::VacuumStands | C::VacuumDelete => self.vacuum(at),
            C::Checkpoint | C::Floor | C::VoidList | C::VoidDelete => self.expire(at),
            C::RemoveStaged
            | C::RemoveList
            | C::RemoveFiles
            | C::RemoveWitness
            | C::RemoveFloor
            | C::RemoveCheckpoints
            | C::RemoveListRecords
            | C::RemoveRecord
            | C::RemoveStagedAgain
            | C::RemoveLast
            | C::RemoveLockFile => self.remove(at),
            C::List | C::ListAgain | C::Read => self.read(at),
            C::Ended(_) => {}
        }
    }

    fn load(&mut self, at: usize) {
        let loaded = self.disk.load();
        let process = &mut self.processes[at];
        process.lock_file = self.disk.lock_file;
        process.call = Call::Lock;
        match (loaded, process.role) {
            (Loaded::Version(newest), _) => process.base = Some(newest),
            (Loaded::Nothing, Role::Writer { .. }) => process.base = None,
            (Loaded::Nothing, _) => process.end(Outcome::Done),
            (Loaded::Damaged(reason), _) => process.end(Outcome::Failed(reason)),
        }
    }

    /// Whether another process holds the lock on the file that this one opened.
    fn is_locked_for(&self, at: usize) -> bool {
        let file = self.processes[at].lock_file;
        self.processes
            .iter()
            .enumerate()
            .any(|(other, process)| other != at && process.locked && process.lock_file == file)
    }

    fn lock(&mut self, at: usize) {
        let checks = !self.has(Flaw::LockFileUnchecked);
        let process = &mut self.processes[at];
        if checks && process.lock_file != self.disk.lock_file {
            process.lock_file = self.disk.lock_file; // it was removed meanwhile: the new one is tried
            return;
        }
        process.locked = true;
        process.call = after_lock(process);
    }

    fn unlock(&mut self, at: usize) {
        let process = &mut self.processes[at];
        process.locked = false;
        match process.role {
            Role::Writer { commits, .. } if process.number + 1 < commits => {
                *process = Process {
                    number: process.number + 1,
                    stagings: process.stagings,
                    base: process.own,
                    lock_file: process.lock_file,
                    call: Call::Lock,
                    ..Process::new(process.role)
                };
            }
            _ => process.end(Outcome::Done),
        }
    }

    fn read(&mut self, at: usize) {
        let (now, once) = (self.disk.list(), self.has(Flaw::ListOnce));
        let process = &mut self.processes[at];
        let [before, last] = process.listed;
        match process.call {
            Call::List => (process.listed[0], process.call) = (now, Call::ListAgain),
            Call::ListAgain => (process.listed[1], process.call) = (now, Call::Read),
            // The witness is the one that was noted first: a newer one may be of a version that was not listed yet.
            _ => match self.disk.replay(last, before.witness) {
                Loaded::Damaged(_) if !once && (before != last || last != now) => process.call = Call::List,
                Loaded::Damaged(reason) => process.end(Outcome::Failed(reason)),
                Loaded::Nothing | Loaded::Version(_) => process.end(Outcome::Done),
            },
        }
    }

    fn check_outcomes(&self) -> Result<(), String> {
        for (at, process) in self.processes.iter().enumerate() {
            let Call::Ended(outcome) = process.call else { continue };
            match outcome {
                Outcome::Failed(reason) => return Err(format!("process {at} failed: {reason}")),
                Outcome::Dropped if process.base.is_some_and(|base| self.truth.is(base.dataset)) => {
                    return Err(format!("process {at} takes the dataset for dropped"));
                }
                Outcome::Unknown if !self.processes.iter().any(Process::expires) => {
                    return Err(format!("process {at} cannot tell, though nothing expires"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// When all have ended and none was killed, the data folder holds the newest version and nothing else.
    fn check_rest(&self) -> Result<(), String> {
        let rests = |process: &Process| process.call == Call::Ended(Outcome::Done);
        let (true, Some(newest)) = (self.processes.iter().all(rests), self.truth.versions.last()) else {
            return Ok(());
        };
        if self.disk.data == newest.files {
            Ok(())
        } else {
            Err("at rest the data folder is not the newest version".to_owned())
        }
    }
}

/// What comes once the lock is held or given up.
fn after_lock(process: &Process) -> Call {
    match (process.role, process.base) {
        (Role::Writer { .. }, None) => Call::Clear,
        _ => Call::Stage,
    }
}

impl System for World {
    type Step = Step;

    fn next(&self) -> Vec<(Step, Self)> {
        let mut next = Vec::new();
        for (at, process) in self.processes.iter().enumerate().filter(|(_, process)| !process.has_ended()) {
            let mut push = |what: &dyn Fn(&Self) -> What, change: &dyn Fn(&mut Self)| {
                let mut after = self.clone();
                change(&mut after);
                next.push((Step { process: at, role: process.role, what: what(&after) }, after));
            };
            if process.call == Call::Lock && self.is_locked_for(at) {
                push(&|_| What::LosesPatience, &|after| after.processes[at].call = after_lock(process));
            } else {
                push(&|after| What::Call(process.call, after.processes[at].call), &|after| after.call(at));
            }
            if self.crashes_left > 0 {
                push(&|_| What::Dies, &|after| {
                    after.crashes_left -= 1;
                    after.processes[at].end(Outcome::Dead);
                });
            }
        }
        next
    }

    fn check(&self) -> Result<(), String> {
        match (self.disk.load(), self.truth.versions.last()) {
            (Loaded::Nothing, None) => {}
            (Loaded::Version(seen), Some(newest)) if seen == *newest => {}
            (Loaded::Damaged(reason), _) => return Err(format!("the log seems damaged: {reason}")),
            (seen, newest) => {
                let committed = newest.map(|newest| newest.version);
                return Err(format!("a reader gets {seen:?} instead of version {committed:?}"));
            }
        }
        for version in self.truth.readable() {
            if !self.disk.has(version.files) {
                return Err(format!("a file of version {} is gone", version.version));
            }
        }
        self.truth.check()?;
        self.check_outcomes()?;
        self.check_rest()
    }
}
