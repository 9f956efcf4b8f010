//! [`Process`]: where a writer, a vacuum, a removal or a reader stands.

use std::fmt;

use super::disk::{Files, Listed, Record, versions};

/// What a process is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Makes commits, each of which adds a file.
    Writer {
        /// How many.
        commits: u8,
        /// Whether each replaces all files that there are.
        rewrites: bool,
    },
    /// Makes old versions unreadable, and removes their files.
    Vacuum {
        /// How many versions stay readable, at least 1.
        retained: u8,
        /// Whether their records go, too.
        expires: bool,
    },
    /// Drops the dataset.
    Dropper,
    /// Opens the dataset, call by call.
    Reader,
}

/// The next call of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Call {
    Load,
    Lock,
    Clear,
    Stage,
    StageRecord,
    Sync,
    Check,
    Publish,
    Counts,
    Withdraw,
    SyncLog,
    Witness,
    TidyList,
    TidyStands,
    TidyStaged,
    TidyMove,
    TidyNewest,
    TidyRestore,
    VacuumList,
    VacuumStands,
    VacuumDelete,
    Checkpoint,
    Floor,
    VoidList,
    VoidDelete,
    RemoveStaged,
    RemoveList,
    RemoveFiles,
    RemoveWitness,
    RemoveFloor,
    RemoveCheckpoints,
    RemoveListRecords,
    RemoveRecord,
    RemoveStagedAgain,
    RemoveLast,
    RemoveLockFile,
    Unlock,
    List,
    ListAgain,
    Read,
    Ended(Outcome),
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Outcome {
    Done,
    /// Others were at work: try again.
    Busy,
    /// The dataset was dropped.
    Dropped,
    /// Nobody can tell whether the commit counts.
    Unknown,
    /// An error that nobody caused.
    Failed(&'static str),
    /// It was killed.
    Dead,
}

/// One process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Process {
    pub(super) role: Role,
    pub(super) call: Call,
    /// The version that it works on.
    pub(super) base: Option<Record>,
    /// The record that it commits, or the version that it tidies and vacuums.
    pub(super) own: Option<Record>,
    /// The file that it stages.
    pub(super) added: Files,
    /// How many records it has staged.
    pub(super) stagings: u8,
    /// Number of its commit.
    pub(super) number: u8,
    /// Files that it is about to move or delete.
    pub(super) files: Files,
    /// Staged records that it is about to delete, by who staged them and the how many-th they are.
    pub(super) staged: Files,
    /// Files that it is about to move back.
    pub(super) restored: Files,
    /// Versions whose records it is about to delete, as bits.
    pub(super) records: u8,
    /// Whether it removes records a second time.
    pub(super) again: bool,
    /// What a reader has listed, the time before and the last time.
    pub(super) listed: [Listed; 2],
    /// The lock file that it opened.
    pub(super) lock_file: u8,
    pub(super) locked: bool,
}

impl Process {
    pub(super) fn new(role: Role) -> Self {
        Self {
            role,
            call: if role == Role::Reader { Call::List } else { Call::Load },
            base: None,
            own: None,
            added: Files::NONE,
            number: 0,
            stagings: 0,
            files: Files::NONE,
            staged: Files::NONE,
            restored: Files::NONE,
            records: 0,
            again: false,
            listed: [Listed::default(); 2],
            lock_file: 0,
            locked: false,
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.call, Call::Ended(_))
    }

    pub(super) fn expires(&self) -> bool {
        matches!(self.role, Role::Vacuum { expires: true, .. })
    }

    pub(super) fn end(&mut self, outcome: Outcome) {
        *self = Self { call: Call::Ended(outcome), base: self.base, ..Self::new(self.role) };
    }

    /// The oldest or the newest version whose record it is about to delete.
    pub(super) fn next_record(&self, newest: bool) -> Option<usize> {
        let versions = versions(self.records);
        if newest { versions.last().copied() } else { versions.first().copied() }
    }
}

/// What happened to a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub(super) process: usize,
    pub(super) role: Role,
    pub(super) what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// The call, and how it went on.
    Call(Call, Call),
    LosesPatience,
    Dies,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let role = match self.role {
            Role::Writer { .. } => "writer",
            Role::Vacuum { .. } => "vacuum",
            Role::Dropper => "dropper",
            Role::Reader => "reader",
        };
        write!(f, "{role} {}: ", self.process)?;
        match self.what {
            What::Call(call, Call::Ended(outcome)) => write!(f, "{call:?}, ends: {outcome:?}"),
            What::Call(
                call @ (Call::Check | Call::Publish | Call::Sync | Call::Counts),
                Call::Stage | Call::StageRecord,
            ) => {
                write!(f, "{call:?}, has lost")
            }
            What::Call(call, _) => write!(f, "{call:?}"),
            What::LosesPatience => f.write_str("goes on without the lock"),
            What::Dies => f.write_str("is killed"),
        }
    }
}
