//! How the files of a dropped dataset go, by who dropped it or by who makes the next one.

use super::disk::{Disk, Files};
use super::flaw::Flaw;
use super::process::{Call, Role};
use super::world::World;

impl World {
    pub(super) fn remove(&mut self, at: usize) {
        let Some(own) = self.processes[at].own else { return };
        let disk = &mut self.disk;
        let process = &mut self.processes[at];
        process.call = match process.call {
            Call::RemoveStaged => {
                disk.staged = Disk::empty().staged;
                Call::RemoveList
            }
            Call::RemoveList => {
                process.files = disk.data.and(disk.replaced);
                Call::RemoveFiles
            }
            Call::RemoveFiles => {
                disk.data = disk.data.without(process.files);
                disk.replaced = disk.replaced.without(process.files);
                process.files = Files::NONE;
                Call::RemoveWitness
            }
            Call::RemoveWitness => {
                disk.witness = None;
                Call::RemoveFloor
            }
            Call::RemoveFloor => {
                disk.floor = None;
                Call::RemoveCheckpoints
            }
            Call::RemoveCheckpoints => {
                disk.checkpoints = Disk::empty().checkpoints;
                Call::RemoveListRecords
            }
            Call::RemoveListRecords => {
                let listed = (0..own.version).filter(|version| disk.records[*version].is_some());
                process.records = listed.fold(0, |bits, version| bits | 1 << version);
                Call::RemoveRecord
            }
            Call::RemoveRecord => match process.next_record(self.flaws.has(Flaw::RecordsGoNewestFirst)) {
                Some(next) => {
                    disk.records[next] = None;
                    process.records &= !(1 << next);
                    Call::RemoveRecord
                }
                None if self.flaws.has(Flaw::StagedRecordsGoFirst) || process.again => Call::RemoveLast,
                None => Call::RemoveStagedAgain,
            },
            Call::RemoveStagedAgain => {
                disk.staged = Disk::empty().staged;
                process.again = !self.flaws.has(Flaw::RecordsGoOnce);
                if process.again { Call::RemoveListRecords } else { Call::RemoveLast }
            }
            Call::RemoveLast => {
                disk.records[own.version] = None;
                let next = matches!(process.role, Role::Writer { .. });
                if next && !self.flaws.has(Flaw::LockFileGoesEarly) { Call::Stage } else { Call::RemoveLockFile }
            }
            _ => {
                disk.lock_file += 1;
                if matches!(process.role, Role::Writer { .. }) { Call::Stage } else { Call::Unlock }
            }
        };
    }
}
