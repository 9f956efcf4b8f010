//! [`Faults`]: what goes wrong, and how often.

use std::io;

use crate::Operation;
use crate::random::Random;

/// What goes wrong in a simulation. Chances are in 1000 calls; by default nothing does.
///
/// ```
/// use varvite_storage::sim::Faults;
///
/// let rough = Faults { failing: 20, lost_answers: 20, switches: 300, power_cut: Some(40), ..Faults::default() };
/// assert_ne!(rough, Faults::default());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// Calls that fail without an effect: no space, no permission, an error of the disk, an interruption. After a sync
    /// that failed the disk may have forgotten the bytes.
    pub failing: u32,
    /// Calls that change something, fail, and have their effect all the same.
    pub lost_answers: u32,
    /// Calls at which the disk becomes full, for up to 60 calls. Deleting and moving still work.
    pub full_disk: u32,
    /// Calls after which the clock jumps, by seconds or by decades.
    pub clock_jumps: u32,
    /// Calls at which another caller goes on. At 0 one does all its work, then the next.
    pub switches: u32,
    /// Calls at which a caller is held up for up to 400 calls of others.
    pub stalls: u32,
    /// Lists that are not of one moment: a name that comes or goes meanwhile is in it or not. Only among callers that
    /// take turns.
    pub slow_lists: u32,
    /// Lists that show a folder as it was up to 20 calls ago, as an object store may. No storage of this crate does
    /// that, and the engine need not bear it.
    pub stale_lists: u32,
    /// The call at which the power goes, counted from 1 over all callers, without syncs: before it takes effect,
    /// after, or at the syncs that follow, of which then some reach the disk.
    pub power_cut: Option<u64>,
    /// A caller that is killed, and the call at which it is, counted from 1: before it takes effect or after.
    pub kill: Option<(u32, u64)>,
}

/// What was done to a caller.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Struck {
    /// Nothing: all its calls worked.
    #[default]
    No,
    /// At least one of its calls failed.
    Failed,
    /// It was killed, or the power went.
    Gone,
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Works,
    Fails(io::ErrorKind),
    /// It takes effect and fails.
    LosesAnswer(io::ErrorKind),
    /// The caller is gone; whether the call still took effect.
    Gone {
        took_effect: bool,
    },
}

impl Faults {
    /// Draws the fate of one call.
    pub(super) fn draw(&self, operation: Operation, is_full: bool, random: &mut Random) -> Fate {
        use Operation::{CreateFolder, Publish, Stage};
        let needs_space = matches!(operation, Stage | Publish | CreateFolder);
        if is_full && needs_space {
            return Fate::Fails(io::ErrorKind::StorageFull);
        }
        if random.chance(self.failing) {
            return Fate::Fails(kind(needs_space, random));
        }
        if !operation.only_reads() && random.chance(self.lost_answers) {
            return Fate::LosesAnswer(kind(false, random));
        }
        Fate::Works
    }
}

fn kind(needs_space: bool, random: &mut Random) -> io::ErrorKind {
    use io::ErrorKind::{Interrupted, Other, PermissionDenied, StorageFull, TimedOut};
    let kinds = [Other, PermissionDenied, Interrupted, TimedOut, StorageFull];
    let count = if needs_space { kinds.len() } else { kinds.len() - 1 };
    kinds[usize::try_from(random.below(count as u64)).unwrap_or_default()]
}
