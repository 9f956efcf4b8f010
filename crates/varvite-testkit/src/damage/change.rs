//! [`Change`]: what is done to the files of a dataset.

use std::fmt;

use bytes::Bytes;
use fastrand::Rng;

use super::shape::Shape;
use super::tree::{DATA, DATASET, Files, Kind, LOG, REPLACED, version_in};

/// The ways of damaging files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each has its words in `word`")]
pub enum Damage {
    FlipBit,
    FlipBits,
    Zero,
    Ones,
    Noise,
    Cut,
    Empty,
    Extend,
    Insert,
    Remove,
    Double,
    Exchange,
    SwapWithin,
    ReplaceWithin,
    ReplaceFromOther,
    Delete,
    Rename,
    Copy,
    RollBack,
    Add,
    Link,
    WrongKind,
    Sparse,
    Forbid,
}

impl Damage {
    /// All ways, in the order of a table.
    pub const ALL: [Self; 24] = [
        Self::FlipBit,
        Self::FlipBits,
        Self::Zero,
        Self::Ones,
        Self::Noise,
        Self::Cut,
        Self::Empty,
        Self::Extend,
        Self::Insert,
        Self::Remove,
        Self::Double,
        Self::Exchange,
        Self::SwapWithin,
        Self::ReplaceWithin,
        Self::ReplaceFromOther,
        Self::Delete,
        Self::Rename,
        Self::Copy,
        Self::RollBack,
        Self::Add,
        Self::Link,
        Self::WrongKind,
        Self::Sparse,
        Self::Forbid,
    ];

    /// What is done, in words.
    pub fn word(self) -> &'static str {
        match self {
            Self::FlipBit => "one bit flipped",
            Self::FlipBits => "several bits flipped",
            Self::Zero => "bytes zeroed",
            Self::Ones => "bytes set to 255",
            Self::Noise => "bytes overwritten",
            Self::Cut => "cut",
            Self::Empty => "emptied",
            Self::Extend => "extended",
            Self::Insert => "bytes inserted",
            Self::Remove => "bytes removed",
            Self::Double => "bytes doubled",
            Self::Exchange => "bytes exchanged within",
            Self::SwapWithin => "swapped, same dataset",
            Self::ReplaceWithin => "replaced by another, same dataset",
            Self::ReplaceFromOther => "replaced by one of another dataset",
            Self::Delete => "deleted",
            Self::Rename => "renamed",
            Self::Copy => "copied under another name",
            Self::RollBack => "rolled back",
            Self::Add => "added",
            Self::Link => "replaced by a link",
            Self::WrongKind => "a folder, a file or a pipe in its place",
            Self::Sparse => "grown to 1 TiB",
            Self::Forbid => "not readable",
        }
    }

    const OF_BYTES: [Self; 12] = [
        Self::FlipBit,
        Self::FlipBits,
        Self::Zero,
        Self::Ones,
        Self::Noise,
        Self::Cut,
        Self::Empty,
        Self::Extend,
        Self::Insert,
        Self::Remove,
        Self::Double,
        Self::Exchange,
    ];
    const OF_FILES: [Self; 6] =
        [Self::SwapWithin, Self::ReplaceWithin, Self::ReplaceFromOther, Self::Delete, Self::Rename, Self::Copy];
}

/// What was done.
#[derive(Debug, Clone)]
pub struct Change {
    /// To what.
    pub kind: Kind,
    /// How.
    pub damage: Damage,
    /// Where, exactly.
    pub words: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}: {}", self.kind.word(), self.damage.word(), self.words)
    }
}

/// Changes the newest files of `ours`; `others` lend theirs. What has no effect is not counted as damage: something else
/// is tried.
pub(super) fn damage(ours: &Shape, others: [&Shape; 2], random: &mut Rng) -> (Change, Files) {
    loop {
        let mut files = ours.newest().files.clone();
        let changed = match random.u8(..10) {
            0 => Some(folder(ours, others, &mut files, random)),
            1 => add(others, &mut files, random),
            2..=4 => whole_file(others, &mut files, random),
            _ => bytes_of_file(&mut files, random),
        };
        if let Some(change) = changed.filter(|_| files != ours.newest().files) {
            return (change, files);
        }
    }
}

/// A file, each kind with the same chance: there are many more records than checkpoints.
fn choose(files: &Files, random: &mut Rng) -> Option<(Kind, String)> {
    let kind = Kind::ALL[random.usize(..Kind::ALL.len())];
    choose_of(files, kind, random).map(|path| (kind, path))
}

fn choose_of(files: &Files, kind: Kind, random: &mut Rng) -> Option<String> {
    let paths: Vec<&String> = files.keys().filter(|path| Kind::of(path) == kind).collect();
    // The newest record matters most.
    let newest = kind == Kind::Record && random.u8(..4) == 0;
    if newest { paths.last() } else { paths.get(random.usize(..paths.len().max(1))) }.map(|path| (*path).clone())
}

fn bytes_of_file(files: &mut Files, random: &mut Rng) -> Option<Change> {
    let (kind, path) = choose(files, random)?;
    let damage = Damage::OF_BYTES[random.usize(..Damage::OF_BYTES.len())];
    let before = files.get(&path)?.clone();
    let (after, at) = change_bytes(damage, &before, random)?;
    files.insert(path.clone(), after.into());
    Some(Change { kind, damage, words: format!("{path} of {} bytes, {at}", before.len()) })
}

fn change_bytes(damage: Damage, before: &[u8], random: &mut Rng) -> Option<(Vec<u8>, String)> {
    let mut bytes = before.to_vec();
    if damage == Damage::Extend {
        let most = if random.u8(..20) == 0 { 17 << 20 } else { 300 };
        let len = random.usize(1..most);
        let more: Vec<u8> = match random.u8(..3) {
            0 => vec![0; len],
            1 => noise(len.min(1 << 16), random),
            _ => before.iter().copied().cycle().take(if before.is_empty() { 0 } else { len }).collect(),
        };
        bytes.extend(&more);
        return Some((bytes, format!("by {}", more.len())));
    }
    if bytes.is_empty() {
        return None;
    }
    let start = random.usize(..bytes.len());
    let most = if random.bool() { 8 } else { 70_000 };
    let end = start + 1 + random.usize(..most.min(bytes.len() - start));
    let words = format!("at {start}..{end}");
    match damage {
        Damage::FlipBit => bytes[start] ^= 1 << random.u8(..8),
        Damage::FlipBits => {
            for _ in 0..random.u8(2..20) {
                let at = random.usize(..bytes.len());
                bytes[at] ^= 1 << random.u8(..8);
            }
        }
        Damage::Zero => bytes[start..end].fill(0),
        Damage::Ones => bytes[start..end].fill(0xff),
        Damage::Noise => bytes[start..end].copy_from_slice(&noise(end - start, random)),
        Damage::Cut => bytes.truncate(start),
        Damage::Empty => bytes.clear(),
        Damage::Insert => {
            let more = noise(random.usize(1..100), random);
            bytes.splice(start..start, more);
        }
        Damage::Remove => drop(bytes.drain(start..end)),
        Damage::Double => {
            let again = bytes[start..end].to_vec();
            bytes.splice(start..start, again);
        }
        Damage::Exchange => {
            let (len, to) = ((end - start).min(bytes.len() / 2), random.usize(..bytes.len()));
            for at in 0..len.min(bytes.len() - to).min(start.abs_diff(to)) {
                bytes.swap(start.min(to) + at, start.max(to) + at);
            }
        }
        _ => return None,
    }
    Some((bytes, words))
}

fn noise(len: usize, random: &mut Rng) -> Vec<u8> {
    (0..len).map(|_| random.u8(..)).collect()
}

fn whole_file(others: [&Shape; 2], files: &mut Files, random: &mut Rng) -> Option<Change> {
    let (kind, path) = choose(files, random)?;
    let damage = Damage::OF_FILES[random.usize(..Damage::OF_FILES.len())];
    // Of the same kind mostly.
    let partner = |files: &Files, random: &mut Rng| {
        if random.u8(..4) > 0 { choose_of(files, kind, random) } else { choose(files, random).map(|(_, path)| path) }
    };
    let mut words = path.clone();
    match damage {
        Damage::SwapWithin => {
            let other = partner(files, random)?;
            let (a, b) = (files.get(&path)?.clone(), files.get(&other)?.clone());
            words = format!("{path} and {other}");
            files.insert(path, b);
            files.insert(other, a);
        }
        Damage::ReplaceWithin => {
            let other = partner(files, random)?;
            words = format!("{path} by {other}");
            files.insert(path, files.get(&other)?.clone());
        }
        Damage::ReplaceFromOther => {
            let state = &others[random.usize(..2)].newest().files;
            // The same name where there is one: records and witnesses.
            let other = Some(path.clone()).filter(|path| state.contains_key(path) && random.bool());
            let other = other.or_else(|| partner(state, random))?;
            words = format!("{path} by {other} of another");
            files.insert(path, state.get(&other)?.clone());
        }
        Damage::Delete => {
            // A few at once, from the newest on, so that no trace of a version may be left.
            files.remove(&path);
            for _ in 0..random.u8(..3) {
                if let Some(more) = partner(files, random) {
                    files.remove(&more);
                    words.push(' ');
                    words.push_str(&more);
                }
            }
        }
        Damage::Rename | Damage::Copy => {
            let name = other_name(files, kind, &path, random)?;
            words = format!("{path} to {name}");
            let bytes = files.get(&path)?.clone();
            if damage == Damage::Rename {
                files.remove(&path);
            }
            files.insert(name, bytes);
        }
        _ => return None,
    }
    Some(Change { kind, damage, words })
}

/// Another name for a file: one that means something where possible.
fn other_name(files: &Files, kind: Kind, path: &str, random: &mut Rng) -> Option<String> {
    let newest = files.keys().filter_map(|path| version_in(path)).max().unwrap_or_default();
    let version = match random.u8(..4) {
        0 => newest + 1,
        1 => newest + random.u64(1..100),
        2 => random.u64(..),
        _ => random.u64(..=newest),
    };
    let name = path.rsplit('/').next()?;
    Some(match (kind, random.u8(..5)) {
        (_, 0) => format!("{DATA}{name}"),
        (_, 1) => format!("{REPLACED}{name}"),
        (Kind::Record, _) => format!("{LOG}{version:020}.json"),
        (Kind::Witness, _) => format!("{LOG}tail-{version:020}"),
        (Kind::Floor, _) => format!("{LOG}floor-{version:020}"),
        (Kind::Checkpoint, _) => format!("{LOG}{version:020}-{}", name.split('-').nth(1)?),
        (Kind::Data | Kind::Replaced, 2) => format!("{DATA}{}", name.replacen('8', "7", 1)),
        (Kind::Data | Kind::Replaced, 3) => format!("{DATA}{}", name.replace(".parquet", "0.parquet")),
        _ => format!("{path}-copy"),
    })
}

/// Everything of a folder: gone, as it was, or another's.
fn folder(ours: &Shape, others: [&Shape; 2], files: &mut Files, random: &mut Rng) -> Change {
    let prefix = [DATA, LOG, REPLACED, "x/"][random.usize(..4)];
    let (damage, from) = match random.u8(..8) {
        0 => (Damage::Delete, None),
        1 => (Damage::Empty, None),
        2 | 3 => (Damage::ReplaceFromOther, Some(others[random.usize(..2)].newest())),
        _ => (Damage::RollBack, Some(&ours.states[random.usize(..ours.states.len())])),
    };
    // Sometimes the witness survives, as if the copy had been made by name.
    let spared = if random.u8(..3) == 0 { Kind::Witness } else { Kind::Folder };
    let words = format!("{prefix} to {:?}, sparing {}", from.map(|state| state.version), spared.word());
    let within = |path: &str| path.starts_with(prefix) && Kind::of(path) != spared;
    if damage == Damage::Empty {
        files.iter_mut().filter(|(path, _)| within(path)).for_each(|(_, bytes)| *bytes = Bytes::new());
    } else {
        files.retain(|path, _| !within(path));
        let lent = from.into_iter().flat_map(|state| &state.files).filter(|(path, _)| within(path));
        files.extend(lent.map(|(path, bytes)| (path.clone(), bytes.clone())));
    }
    Change { kind: Kind::Folder, damage, words }
}

/// A file that does not belong.
fn add(others: [&Shape; 2], files: &mut Files, random: &mut Rng) -> Option<Change> {
    let newest = files.keys().filter_map(|path| version_in(path)).max().unwrap_or_default();
    let ahead = newest + random.u64(0..3);
    let hash = random.u64(..);
    let path = match random.u8(..13) {
        0 => format!("{LOG}{ahead:020}.json"),
        1 => format!("{LOG}tail-{ahead:020}"),
        2 => format!("{LOG}floor-{:020}", random.u64(..=ahead)),
        3 => format!("{LOG}{:020}-{hash:016x}{hash:016x}.parquet", random.u64(..=ahead)),
        4 => format!("{LOG}.tmp-{ahead:020}.json-{hash:016x}"),
        5 => format!("{DATA}.tmp-file_{hash:016x}8-{ahead:08x}-{hash:016x}.parquet"),
        6 => format!("{DATA}file_{hash:016x}8-{ahead:08x}-{hash:016x}.parquet"),
        7 => format!("{REPLACED}file_{hash:016x}8-{ahead:08x}-{hash:016x}.parquet"),
        8 => format!("{DATA}part-0.parquet"),
        9 => format!("{DATASET}.lock"),
        10 => format!("{LOG}{}.json", u64::MAX),
        11 => format!("{DATA}folder/file"),
        _ => format!("{LOG}notes.txt"),
    };
    let lender = &others[random.usize(..2)].newest().files;
    let (bytes, what) = match random.u8(..4) {
        0 => (Bytes::new(), "nothing"),
        1 => (noise(random.usize(1..200), random).into(), "noise"),
        2 => {
            (choose_of(lender, Kind::of(&path), random).and_then(|path| lender.get(&path).cloned())?, "another's bytes")
        }
        _ => (choose_of(files, Kind::of(&path), random).and_then(|path| files.get(&path).cloned())?, "own bytes"),
    };
    let words = format!("{path} with {what}");
    let kind = Kind::of(&path);
    // Names that are taken are other kinds of damage.
    (files.insert(path, bytes).is_none()).then_some(Change { kind, damage: Damage::Add, words })
}
