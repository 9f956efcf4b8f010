//! How a commit is made, and how the data folder is tidied after it.

use super::disk::{Files, Loaded, Op, Record};
use super::flaw::Flaw;
use super::process::{Call, Outcome, Role};
use super::world::World;

impl World {
    /// What a commit does before its record has a name.
    pub(super) fn prepare(&mut self, at: usize) {
        match self.processes[at].call {
            Call::Clear => self.clear(at),
            Call::Stage => self.stage(at),
            Call::StageRecord => {
                let process = &mut self.processes[at];
                self.disk.staged[at] = process.own.map(|own| (own.version, process.stagings));
                process.stagings += 1;
                process.call = Call::Sync;
            }
            Call::Sync if !self.disk.data.holds(self.processes[at].added) => self.miss(at, "a staged file"),
            Call::Sync => self.processes[at].call = Call::Check,
            _ => self.check_base(at),
        }
    }

    /// How a record gets its name, and what follows at once.
    pub(super) fn commit(&mut self, at: usize) {
        match self.processes[at].call {
            Call::Publish => self.publish(at),
            Call::Counts => self.count(at),
            Call::Withdraw => {
                if let Some(own) = self.processes[at].own {
                    self.disk.records[own.version] = None;
                }
                self.processes[at].end(Outcome::Dropped);
            }
            Call::SyncLog => self.acknowledge(at),
            _ => self.witness(at),
        }
    }

    /// What a removal left goes before a new dataset takes its place.
    fn clear(&mut self, at: usize) {
        let newest = self.disk.versions().last().and_then(|newest| self.disk.records[*newest]);
        let process = &mut self.processes[at];
        match newest.filter(|newest| newest.op == Op::Drop) {
            None => process.call = Call::Stage,
            Some(_) if !process.locked => process.end(Outcome::Busy),
            Some(dropped) => {
                process.own = Some(dropped);
                process.call = Call::RemoveStaged;
            }
        }
    }

    fn stage(&mut self, at: usize) {
        let process = self.processes[at];
        let version = process.base.map_or(0, |base| base.version + 1);
        let files = process.base.map_or(Files::NONE, |base| base.files);
        let mut own = Record {
            version,
            by: at,
            dataset: process.base.map_or(at, |base| base.dataset),
            parent: process.base.map(|base| base.by),
            op: Op::Drop,
            removed: Files::NONE,
            files,
            readable_from: process.base.map_or(0, |base| base.readable_from),
        };
        let mut added = Files::NONE;
        match process.role {
            Role::Writer { rewrites, .. } => {
                own.op = Op::Write(process.number);
                own.removed = if rewrites { files } else { Files::NONE };
                if !self.disk.has(own.removed) {
                    self.processes[at].own = Some(own);
                    return self.miss(at, "a file to rewrite");
                }
                added = Files::of(at, version, process.stagings);
                own.files = files.without(own.removed).and(added);
            }
            Role::Vacuum { retained, .. } => {
                own.op = Op::Vacuum;
                let from = (version + 1).saturating_sub(usize::from(retained));
                if from <= own.readable_from {
                    // All that may go has gone: what is left is looked for.
                    self.processes[at].own = process.base;
                    self.processes[at].call = Call::TidyList;
                    return;
                }
                own.readable_from = from;
            }
            Role::Dropper | Role::Reader => {}
        }
        self.disk.data = self.disk.data.and(added);
        let process = &mut self.processes[at];
        (process.own, process.added, process.call) = (Some(own), added, Call::StageRecord);
    }

    fn check_base(&mut self, at: usize) {
        let gone = match self.processes[at].base {
            Some(base) => !self.disk.stands(&base),
            None => !self.has(Flaw::FirstIsBlind) && !self.disk.versions().is_empty(),
        };
        if !gone {
            self.processes[at].call = Call::Publish;
        } else if self.has(Flaw::ExpiredIsDropped) {
            self.processes[at].end(Outcome::Dropped);
        } else {
            self.lose(at);
        }
    }

    fn publish(&mut self, at: usize) {
        let Some(own) = self.processes[at].own else { return };
        if self.disk.staged[at].take().is_none() {
            return self.miss(at, "a staged record");
        }
        if self.disk.records[own.version].is_some() {
            return self.lose(at);
        }
        self.disk.records[own.version] = Some(own);
        self.truth.publish(&own);
        self.processes[at].call = Call::Counts;
    }

    /// Whether the record counts that was just published: its name may have been free only because it had expired.
    fn count(&mut self, at: usize) {
        let process = self.processes[at];
        let Some(own) = process.own else { return };
        let floor = self.disk.floor;
        let counts = match process.base {
            _ if self.has(Flaw::VoidBelowFloor) => {
                if floor.is_some_and(|floor| own.version <= floor) {
                    return self.lose(at);
                }
                true
            }
            None => floor.is_none(),
            Some(base) => self.disk.stands(&base),
        };
        let expired_since = process.base.is_some_and(|base| floor == Some(base.version));
        let same = matches!(self.disk.load(), Loaded::Version(newest) if newest.dataset == own.dataset);
        let withdraws = self.has(Flaw::LateIsWithdrawn);
        let process = &mut self.processes[at];
        if counts || (same && expired_since) {
            process.call = Call::SyncLog;
        } else if withdraws {
            process.call = Call::Withdraw;
        } else {
            // It may have counted until it expired, and it may have come too late.
            process.end(if same { Outcome::Unknown } else { Outcome::Dropped });
        }
    }

    fn acknowledge(&mut self, at: usize) {
        let Some(own) = self.processes[at].own else { return };
        self.truth.acknowledge(&own);
        let process = &mut self.processes[at];
        process.call = match process.role {
            Role::Dropper if process.locked || self.flaws.has(Flaw::DropWithoutLock) => Call::RemoveStaged,
            Role::Dropper => Call::Unlock,
            _ => Call::Witness,
        };
    }

    fn witness(&mut self, at: usize) {
        let Some(own) = self.processes[at].own else { return };
        if self.processes[at].locked || self.has(Flaw::WitnessWithoutLock) {
            self.disk.witness = self.disk.witness.max(Some(own.version));
        }
        self.processes[at].call = Call::TidyList;
    }

    /// Another writer was faster: what was staged goes, and the commit is planned again on the newest version.
    pub(super) fn lose(&mut self, at: usize) {
        let loaded = self.disk.load();
        let process = &mut self.processes[at];
        self.disk.data = self.disk.data.without(process.added);
        self.disk.staged[at] = None;
        process.added = Files::NONE;
        match (loaded, process.base) {
            (Loaded::Version(newest), Some(base)) if newest.dataset != base.dataset => process.end(Outcome::Dropped),
            (Loaded::Version(newest), _) => (process.base, process.call) = (Some(newest), Call::Stage),
            (Loaded::Nothing, Some(_)) => process.end(Outcome::Dropped),
            (Loaded::Nothing, None) => process.call = Call::Clear,
            (Loaded::Damaged(reason), _) => process.end(Outcome::Failed(reason)),
        }
    }

    /// Something is missing that the process staged or reads: it is gone for good reason only if the race is lost.
    fn miss(&mut self, at: usize, what: &'static str) {
        let process = self.processes[at];
        let newer = match (self.disk.load(), process.base) {
            (Loaded::Version(newest), Some(base)) => newest.dataset != base.dataset || newest.version > base.version,
            _ => true,
        };
        if newer && !self.has(Flaw::MissingFails) {
            self.lose(at);
        } else {
            self.processes[at].end(Outcome::Failed(what));
        }
    }

    pub(super) fn tidy(&mut self, at: usize) {
        let Some(own) = self.processes[at].own else { return };
        match self.processes[at].call {
            Call::TidyList => {
                let (locked, all) = (self.processes[at].locked, self.has(Flaw::LockerRemovesStaged));
                let listed =
                    self.disk.staged.iter().enumerate().filter_map(|(by, staged)| Some((by, staged.as_ref()?)));
                let dead = listed.filter(|(_, (version, _))| all || *version <= own.version);
                let dead = dead.filter(|_| locked).map(|(by, (version, nth))| Files::of(by, *version, *nth));
                let process = &mut self.processes[at];
                process.staged = dead.fold(Files::NONE, Files::and);
                process.files = self.disk.data.both(Files::up_to(own.version)).without(own.files);
                process.restored = own.files.without(self.disk.data);
                process.call = Call::TidyStands;
            }
            Call::TidyStands => {
                // What was listed while the version stood is not of another dataset.
                let stands = self.disk.stands(&own) || self.has(Flaw::ListedIsOurs);
                let process = &mut self.processes[at];
                process.call = if stands { Call::TidyStaged } else { Call::Unlock };
            }
            Call::TidyStaged => {
                let process = &mut self.processes[at];
                for (by, staged) in self.disk.staged.iter_mut().enumerate() {
                    *staged = staged.filter(|(version, nth)| !process.staged.holds(Files::of(by, *version, *nth)));
                }
                process.staged = Files::NONE;
                process.call = if process.files.is_empty() { Call::TidyNewest } else { Call::TidyMove };
            }
            Call::TidyMove => {
                let Some(file) = self.processes[at].files.any() else { return };
                if self.disk.data.holds(file) {
                    self.disk.data = self.disk.data.without(file);
                    self.disk.replaced = self.disk.replaced.and(file);
                }
                let process = &mut self.processes[at];
                process.files = process.files.without(file);
                process.call = if process.files.is_empty() { Call::TidyNewest } else { Call::TidyMove };
            }
            Call::TidyNewest => {
                let newer = self.disk.records[own.version + 1].is_some();
                let restores = self.has(Flaw::RestoreAlways) || (self.processes[at].locked && !newer);
                let process = &mut self.processes[at];
                let back = restores && !process.restored.is_empty();
                process.call = if back { Call::TidyRestore } else { after_tidying(process.role) };
            }
            _ => {
                let Some(file) = self.processes[at].restored.any() else { return };
                if self.disk.replaced.holds(file) {
                    self.disk.replaced = self.disk.replaced.without(file);
                    self.disk.data = self.disk.data.and(file);
                }
                let process = &mut self.processes[at];
                process.restored = process.restored.without(file);
                process.call =
                    if process.restored.is_empty() { after_tidying(process.role) } else { Call::TidyRestore };
            }
        }
    }
}

fn after_tidying(role: Role) -> Call {
    if matches!(role, Role::Vacuum { .. }) { Call::VacuumList } else { Call::Unlock }
}
