//! Vacuum and log expiry: what no readable version needs goes.

use super::disk::Files;
use super::flaw::Flaw;
use super::process::{Call, Role};
use super::world::World;

impl World {
    pub(super) fn vacuum(&mut self, at: usize) {
        let Some(own) = self.processes[at].own else { return };
        match self.processes[at].call {
            Call::VacuumList => {
                let replaced = self.disk.records[own.readable_from + 1..=own.version].iter().flatten();
                let needed = replaced.fold(Files::NONE, |needed, record| needed.and(record.removed));
                let needed = if self.has(Flaw::VacuumForgetsNewest) { needed } else { needed.and(own.files) };
                let process = &mut self.processes[at];
                process.files = self.disk.replaced.both(Files::up_to(own.version)).without(needed);
                process.call = Call::VacuumStands;
            }
            Call::VacuumStands => {
                // What was listed while the version stood is not of another dataset.
                if self.disk.stands(&own) || self.has(Flaw::ListedIsOurs) {
                    self.after_vacuum_delete(at);
                } else {
                    self.processes[at].call = Call::Unlock;
                }
            }
            _ => {
                let Some(file) = self.processes[at].files.any() else { return };
                self.disk.replaced = self.disk.replaced.without(file);
                self.processes[at].files = self.processes[at].files.without(file);
                self.after_vacuum_delete(at);
            }
        }
    }

    pub(super) fn expire(&mut self, at: usize) {
        let Some(own) = self.processes[at].own else { return };
        match self.processes[at].call {
            Call::Checkpoint => {
                // From here on the log begins with this checkpoint.
                self.disk.checkpoints[own.readable_from] = self.disk.records[own.readable_from];
                self.processes[at].call = Call::Floor;
            }
            Call::Floor => {
                self.disk.floor = self.disk.floor.max(own.readable_from.checked_sub(1));
                self.processes[at].call = Call::VoidList;
            }
            Call::VoidList => {
                let floor = self.disk.floor.unwrap_or_default();
                let void = (0..=floor).filter(|version| self.disk.records[*version].is_some());
                self.processes[at].records = void.fold(0, |bits, version| bits | 1 << version);
                self.processes[at].call = Call::VoidDelete;
            }
            _ => match self.processes[at].next_record(false) {
                None => self.processes[at].call = Call::Unlock,
                Some(oldest) => {
                    self.disk.records[oldest] = None;
                    self.processes[at].records &= !(1 << oldest);
                }
            },
        }
    }

    fn after_vacuum_delete(&mut self, at: usize) {
        let floor = self.disk.floor;
        let unlocked = self.has(Flaw::ExpireWithoutLock);
        let process = &mut self.processes[at];
        let may_expire = process.locked || unlocked;
        let due = process.own.and_then(|own| own.readable_from.checked_sub(1));
        process.call = match process.role {
            _ if !process.files.is_empty() => Call::VacuumDelete,
            Role::Vacuum { expires: true, .. } if may_expire && due > floor => Call::Checkpoint,
            _ => Call::Unlock,
        };
    }
}
