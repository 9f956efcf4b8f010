//! [`Disk`]: what stands in the folders of one dataset, in small values.

/// Versions that a model can have.
pub(super) const VERSIONS: usize = 8;

/// A set of data files. A file is known by who wrote it, for which version, and as the how many-th of his: no name is
/// used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Files(u128);

impl Files {
    pub(super) const NONE: Self = Self(0);

    /// The file that `writer` makes for `version`, the `nth` that it stages. Two in a row are told apart, which is enough:
    /// it makes a second one for the same version only where the dataset was dropped.
    pub(super) fn of(writer: usize, version: usize, nth: u8) -> Self {
        Self(1 << ((writer * VERSIONS + version) * 2 + usize::from(nth % 2)))
    }

    /// Files of all writers for versions up to `version`.
    pub(super) fn up_to(version: usize) -> Self {
        let all =
            |writer| (0..=version).map(move |version| Self::of(writer, version, 0).and(Self::of(writer, version, 1)));
        (0..VERSIONS).flat_map(all).fold(Self::NONE, Self::and)
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn holds(self, other: Self) -> bool {
        other.without(self).is_empty()
    }

    /// One of the files, if there is one.
    pub(super) fn any(self) -> Option<Self> {
        (self.0 != 0).then(|| Self(1 << self.0.trailing_zeros()))
    }
}

/// What a record does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Op {
    /// Adds and removes files: the commit of this number of its writer.
    Write(u8),
    /// Says from which version on all can be read.
    Vacuum,
    /// Ends the dataset.
    Drop,
}

/// A record, with what replaying it gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Record {
    pub(super) version: usize,
    pub(super) by: usize,
    /// Who made record 0, and with it the dataset.
    pub(super) dataset: usize,
    /// Who made the record before; for version 0 nobody.
    pub(super) parent: Option<usize>,
    pub(super) op: Op,
    pub(super) removed: Files,
    /// The files of the version.
    pub(super) files: Files,
    pub(super) readable_from: usize,
}

impl Record {
    fn follows(&self, before: Option<&Self>) -> bool {
        match before {
            None => self.version == 0 && self.parent.is_none(),
            Some(before) => self.parent == Some(before.by) && self.dataset == before.dataset,
        }
    }
}

/// What a log looks like that was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loaded {
    /// There is no dataset.
    Nothing,
    /// The newest version.
    Version(Record),
    /// The log is damaged, or seems so.
    Damaged(&'static str),
}

/// What a process has listed, versions as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Listed {
    pub(super) records: u8,
    pub(super) checkpoints: u8,
    pub(super) witness: Option<usize>,
}

/// The versions that bits stand for, in order.
pub(super) fn versions(bits: u8) -> Vec<usize> {
    (0..VERSIONS).filter(|version| bits & 1 << version != 0).collect()
}

/// Everything on disk that the protocol looks at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Disk {
    /// The data folder.
    pub(super) data: Files,
    /// The folder of replaced files.
    pub(super) replaced: Files,
    pub(super) records: [Option<Record>; VERSIONS],
    /// The record that each process has staged: the version that it is for, and the how many-th it is.
    pub(super) staged: [Option<(usize, u8)>; VERSIONS],
    /// The versions of which there is a checkpoint, with their records.
    pub(super) checkpoints: [Option<Record>; VERSIONS],
    pub(super) floor: Option<usize>,
    /// The newest version that a witness names.
    pub(super) witness: Option<usize>,
    /// How often the lock file was made anew.
    pub(super) lock_file: u8,
}

impl Disk {
    pub(super) fn empty() -> Self {
        Self {
            data: Files::NONE,
            replaced: Files::NONE,
            records: [None; VERSIONS],
            staged: [None; VERSIONS],
            checkpoints: [None; VERSIONS],
            floor: None,
            witness: None,
            lock_file: 0,
        }
    }

    pub(super) fn has(&self, files: Files) -> bool {
        self.data.and(self.replaced).holds(files)
    }

    pub(super) fn stands(&self, record: &Record) -> bool {
        self.records[record.version].as_ref() == Some(record)
    }

    /// What a list of the log shows.
    pub(super) fn list(&self) -> Listed {
        let void = |version: usize| self.floor.is_some_and(|floor| version <= floor);
        let bits = |stands: &dyn Fn(usize) -> bool| {
            (0..VERSIONS).filter(|version| stands(*version)).fold(0, |bits, version| bits | 1 << version)
        };
        Listed {
            records: bits(&|version| self.records[version].is_some() && !void(version)),
            checkpoints: bits(&|version| self.checkpoints[version].is_some()),
            witness: self.witness,
        }
    }

    /// The versions of records that are not void.
    pub(super) fn versions(&self) -> Vec<usize> {
        versions(self.list().records)
    }

    /// Opens the log, all at once.
    pub(super) fn load(&self) -> Loaded {
        let listed = self.list();
        self.replay(listed, listed.witness)
    }

    /// Replays what was listed, as far as it still stands.
    pub(super) fn replay(&self, listed: Listed, witness: Option<usize>) -> Loaded {
        let checkpoints = versions(listed.checkpoints);
        let listed = versions(listed.records);
        let Some(last) = listed.last() else {
            return witness.map_or(Loaded::Nothing, |_| Loaded::Damaged("there is a witness, but no record"));
        };
        if self.records[*last].is_some_and(|record| record.op == Op::Drop) {
            return Loaded::Nothing;
        }
        let checkpoints = checkpoints.iter().rev().filter_map(|version| self.checkpoints[*version]);
        let mut newest = { checkpoints }.find(|checkpoint| self.stands(checkpoint));
        let next = newest.map_or(0, |newest| newest.version + 1);
        for (expected, version) in (next..).zip(listed.iter().filter(|version| **version >= next)) {
            match self.records[*version] {
                None => return Loaded::Damaged("a listed record is gone"),
                Some(_) if *version != expected => return Loaded::Damaged("a record is missing"),
                Some(record) if !record.follows(newest.as_ref()) => return Loaded::Damaged("a record does not chain"),
                Some(record) => newest = Some(record),
            }
        }
        let Some(newest) = newest else { return Loaded::Damaged("no record can be used") };
        match witness {
            Some(witness) if witness > newest.version => Loaded::Damaged("a witness names a newer version"),
            _ => Loaded::Version(newest),
        }
    }
}
