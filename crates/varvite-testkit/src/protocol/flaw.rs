//! [`Flaw`]: ways of the protocol that look right and are not.

/// One way that was taken or considered, and what takes its place. A model with a flaw shows what it leads to; the
/// protocol is the one without any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Flaw {
    /// After publishing, a version at or below the floor does not count and is made again. Instead: it counts if the
    /// record before it still stands; else nobody can tell.
    VoidBelowFloor,
    /// A record that does not count, as far as its writer can tell, is removed. Instead: it stays; what is void harms
    /// nobody.
    LateIsWithdrawn,
    /// Vacuum keeps what versions up to the newest one replaced, but not the newest one's own files: a newer commit may
    /// have replaced those meanwhile.
    VacuumForgetsNewest,
    /// A dataset is dropped by whoever loses patience with the lock. Instead: only who holds it removes files.
    DropWithoutLock,
    /// Records expire without the lock, too. Instead: only who holds it removes records or makes them void.
    ExpireWithoutLock,
    /// Dropping removes staged records first. Instead: again before the last record goes.
    StagedRecordsGoFirst,
    /// Dropping removes the newest records first. Instead: the oldest, so that no number is free after a record that stands.
    RecordsGoNewestFirst,
    /// Dropping removes records once. Instead: once more when no staged record is left, as one may have been published.
    RecordsGoOnce,
    /// Who makes a dataset where one was dropped removes the lock file that it holds. Instead: only the dropper does, last.
    LockFileGoesEarly,
    /// The first commit does not look whether there are records. Instead: none stands once its own is staged.
    FirstIsBlind,
    /// Files of the version are moved back into the data folder, whatever came after it.
    RestoreAlways,
    /// Whatever is listed in the folders belongs to the dataset that the process knows. Instead: only if its version still
    /// stands afterwards.
    ListedIsOurs,
    /// A lock is held on a file that was removed meanwhile.
    LockFileUnchecked,
    /// Who holds the lock removes all staged records. Instead: those of versions that are taken.
    LockerRemovesStaged,
    /// A file that is missing fails a write. Instead: if there is a newer version, the race was lost.
    MissingFails,
    /// Who has no lock leaves a witness, too: perhaps in the folder of the next dataset.
    WitnessWithoutLock,
    /// A record that expires between listing and reading fails a reader. Instead: it looks again.
    ListOnce,
    /// A handle whose version's record has expired takes the dataset for dropped.
    ExpiredIsDropped,
}

/// Flaws of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Flaws(u32);

impl Flaws {
    /// No flaw: the protocol.
    pub const NONE: Self = Self(0);

    /// This flaw, too.
    pub fn with(self, flaw: Flaw) -> Self {
        Self(self.0 | 1 << flaw as u16)
    }

    pub(super) fn has(self, flaw: Flaw) -> bool {
        self.0 & 1 << flaw as u16 != 0
    }
}
