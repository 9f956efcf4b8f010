//! What a power cut leaves: of names and bytes that were not synced, anything.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::disk::{Change, Disk, File, FileId, Lasting};
use crate::StoragePath;
use crate::random::Random;
use crate::tree::Tree;

/// The disk writes this many bytes at once.
const SECTOR: usize = 512;

/// Which changes of names survive that were not synced.
#[derive(Debug, Clone, Copy)]
enum Survival {
    Nothing,
    Everything,
    /// The first so many: the journal was written up to there.
    First(u64),
    /// Each by chance, in 1000: the disk wrote them in an order of its own.
    Each(u32),
}

impl Survival {
    fn draw(unsynced: u64, random: &mut Random) -> Self {
        match random.below(6) {
            0 => Self::Nothing,
            1 => Self::Everything,
            2 | 3 => Self::First(random.below(unsynced + 1)),
            4 => Self::Each(500),
            _ => Self::Each(u32::try_from(random.below(1000)).unwrap_or(500)),
        }
    }

    fn spares(self, at: u64, random: &mut Random) -> bool {
        match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::First(count) => at < count,
            Self::Each(per_mille) => random.chance(per_mille),
        }
    }
}

/// The disk as it is found when the power is back.
pub(super) fn after_power_cut(disk: &Disk, random: &mut Random) -> Disk {
    let unsynced = disk.changes.iter().filter(|(_, synced)| !synced).count() as u64;
    let survival = Survival::draw(unsynced, random);
    let mut names = disk.first.clone();
    let mut at = 0;
    for (change, synced) in &disk.changes {
        if *synced || survival.spares(at, random) {
            apply(change, &mut names);
        }
        at += u64::from(!synced);
    }
    collect(disk, names, random)
}

/// Repeats a change on names that may lack those before it.
fn apply(change: &Change, names: &mut Tree<FileId>) {
    let is_there = |names: &Tree<FileId>, folder: &StoragePath| folder.is_root() || names.folders.contains(folder);
    let link = |names: &mut Tree<FileId>, path: &StoragePath, file: FileId| {
        let folder = path.parent().unwrap_or_default();
        if is_there(names, &folder) && !names.folders.contains(path) {
            names.files.insert(path.clone(), file);
        }
    };
    match change {
        Change::Link { path, file } => link(names, path, *file),
        Change::Unlink { path } => drop(names.files.remove(path)),
        Change::Move { from, to, file } => {
            names.files.remove(from);
            link(names, to, *file);
        }
        Change::MakeFolder { path } => {
            if is_there(names, &path.parent().unwrap_or_default()) && !names.files.contains_key(path) {
                names.folders.insert(path.clone());
            }
        }
        Change::RemoveFolder { path } => {
            // Whatever is still in it, because its removal was lost, cannot be reached any more.
            let below = |other: &StoragePath| other == path || other.ancestors().any(|folder| folder == *path);
            names.folders.retain(|folder| !below(folder));
            names.files.retain(|file, _| !below(file));
        }
    }
}

/// Keeps the files that have a name, with the bytes that were written.
fn collect(disk: &Disk, mut names: Tree<FileId>, random: &mut Random) -> Disk {
    let mut files = Vec::new();
    let mut moved = BTreeMap::new();
    for file in names.files.values_mut() {
        *file = *moved.entry(*file).or_insert_with(|| {
            let bytes = written(&disk.files[*file], random);
            files.push(File { bytes, lasting: Lasting::Synced });
            files.len() - 1
        });
    }
    Disk::switched_on(files, names)
}

/// The bytes of a file that reached the disk.
fn written(file: &File, random: &mut Random) -> Bytes {
    let len = file.bytes.len();
    if file.lasting == Lasting::Synced || len == 0 {
        return file.bytes.clone();
    }
    let end = usize::try_from(random.below(len as u64 + 1)).unwrap_or(len);
    match random.below(5) {
        0 => Bytes::new(),
        1 => file.bytes.clone(),
        2 => file.bytes.slice(..end),
        // The length was written, and only some of the bytes.
        3 => with_holes(&file.bytes, random),
        _ => with_holes(&file.bytes.slice(..end), random),
    }
}

fn with_holes(bytes: &Bytes, random: &mut Random) -> Bytes {
    let mut left = bytes.to_vec();
    left.chunks_mut(SECTOR).filter(|_| random.chance(500)).for_each(|sector| sector.fill(0));
    left.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> StoragePath {
        StoragePath::try_new(text).unwrap()
    }

    /// The names of all files after every power cut of many seeds, each with its bytes.
    fn outcomes(disk: &Disk) -> std::collections::BTreeSet<Vec<(String, Bytes)>> {
        let after = |seed| after_power_cut(disk, &mut Random::new(seed)).all();
        let shown = |all: Vec<(StoragePath, Bytes)>| all.into_iter().map(|(path, bytes)| (path.to_string(), bytes));
        (0..300).map(|seed| shown(after(seed)).collect()).collect()
    }

    fn staged() -> Disk {
        let mut disk = Disk::default();
        disk.stage(&path("a"), &path("hidden"), Bytes::from_static(b"bytes")).unwrap();
        disk
    }

    fn publish(disk: &mut Disk) {
        assert_eq!(disk.publish(&path("hidden"), &path("a")).unwrap(), crate::Published::Created);
    }

    #[test]
    fn synced_bytes_lose_their_name_if_the_folder_was_not_synced() {
        let mut disk = staged();
        disk.sync(&path("hidden")).unwrap();
        publish(&mut disk);
        let outcomes = outcomes(&disk);
        assert!(outcomes.iter().flatten().all(|(_, bytes)| bytes == "bytes"));
        let names = |outcome: &[(String, Bytes)]| outcome.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let mut seen: Vec<_> = outcomes.iter().map(|outcome| names(outcome).join(" ")).collect();
        seen.sort();
        assert_eq!(seen, ["", "a", "a hidden", "hidden"]);
    }

    #[test]
    fn synced_names_lose_their_bytes_if_the_file_was_not_synced() {
        let mut disk = staged();
        publish(&mut disk);
        disk.sync(&StoragePath::root()).unwrap();
        let outcomes = outcomes(&disk);
        assert!(outcomes.iter().all(|outcome| outcome.len() == 2));
        let contents: Vec<&Bytes> = outcomes.iter().map(|outcome| &outcome[0].1).collect();
        assert!(contents.iter().any(|bytes| *bytes == "bytes") && contents.iter().any(|bytes| *bytes == "byt"));
        assert!(contents.iter().any(|bytes| bytes.is_empty()) && contents.iter().any(|bytes| *bytes == "\0\0\0\0\0"));
    }

    #[test]
    fn what_was_synced_stays() {
        let mut disk = staged();
        publish(&mut disk);
        disk.sync(&path("a")).unwrap();
        disk.sync(&StoragePath::root()).unwrap();
        assert_eq!(outcomes(&disk).len(), 1);
        disk.delete(&path("hidden")).unwrap();
        assert_eq!(outcomes(&disk).len(), 2);
    }

    #[test]
    fn a_sync_after_one_that_failed_lies() {
        let mut disk = staged();
        publish(&mut disk);
        disk.drop_pages(&path("a"));
        disk.sync(&path("a")).unwrap();
        disk.sync(&StoragePath::root()).unwrap();
        assert!(outcomes(&disk).len() > 1);
    }

    #[test]
    fn a_moved_file_is_at_one_of_both_places() {
        let mut disk = staged();
        disk.create_folder(&path("folder")).unwrap();
        disk.sync_way(&path("folder"));
        assert_eq!(disk.rename(&path("hidden"), &path("folder/b")).unwrap(), crate::Published::Created);
        let outcomes = outcomes(&disk);
        let names: std::collections::BTreeSet<&str> =
            outcomes.iter().flatten().map(|(name, _)| name.as_str()).collect();
        assert!(outcomes.iter().all(|outcome| outcome.len() == 1));
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["folder/b", "hidden"]);
    }

    #[test]
    fn nothing_is_left_in_a_folder_that_is_gone() {
        let mut disk = Disk::default();
        disk.create_folder(&path("folder")).unwrap();
        disk.stage(&path("folder/a"), &path("folder/hidden"), Bytes::new()).unwrap();
        for folder in ["", "folder"] {
            disk.sync(&path(folder)).unwrap();
        }
        disk.delete(&path("folder/hidden")).unwrap();
        assert!(disk.delete_folder(&path("folder")).unwrap());
        disk.sync(&StoragePath::root()).unwrap();
        assert_eq!(outcomes(&disk).into_iter().flatten().count(), 0);
    }
}
