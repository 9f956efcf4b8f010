//! The facts that every storage must meet: the trait's words, as functions that panic where one does not hold.
//!
//! ```
//! use varvite_storage::{MemoryStorage, suite};
//!
//! for (name, fact) in suite::FACTS {
//!     println!("{name}");
//!     fact(&MemoryStorage::new());
//! }
//! ```
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "what does not hold is to panic")]

mod concurrent;

use bytes::Bytes;

pub use concurrent::*;

use crate::{Entry, EntryKind, Error, Published, Result, Storage, StoragePath};

/// A fact and its name. It is given a storage whose root is empty and leaves files behind.
pub type Fact = (&'static str, fn(&dyn Storage));

macro_rules! facts {
    ($($name:ident),+ $(,)?) => {
        /// Every fact: run each on an empty root of its own.
        pub const FACTS: &[Fact] = &[$((stringify!($name), $name)),+];
    };
}

facts![
    what_is_published_is_read_back,
    what_is_missing_is_not_found,
    ranges_are_exact,
    staged_bytes_are_hidden,
    a_dropped_stage_leaves_nothing,
    publishing_replaces_nothing,
    one_of_racing_publishers_wins,
    one_of_racing_moves_wins,
    names_are_listed_in_order,
    all_safe_names_are_stored,
    folders_are_created_with_parents,
    a_move_replaces_nothing,
    only_files_are_moved,
    deleting_twice_is_fine,
    only_empty_folders_are_deleted,
    files_are_no_folders,
    folders_are_no_files,
    the_root_is_a_folder,
    everything_can_be_synced,
    a_lock_excludes_until_it_is_dropped,
    any_patience_is_fine,
    random_bits_do_not_repeat,
];

fn path(text: &str) -> StoragePath {
    StoragePath::try_new(text).unwrap()
}

fn write(storage: &dyn Storage, at: &str, content: &str) -> Published {
    let staged = storage.stage(&path(at), Bytes::copy_from_slice(content.as_bytes())).unwrap();
    storage.publish(&staged).unwrap()
}

fn create(storage: &dyn Storage, at: &str, content: &str) {
    assert_eq!(write(storage, at, content), Published::Created, "{at}");
}

fn folder(storage: &dyn Storage, at: &str) {
    storage.create_folder(&path(at)).unwrap();
}

#[track_caller]
fn check_content(storage: &dyn Storage, at: &str, content: &str) {
    assert_eq!(storage.get(&path(at)).unwrap(), content, "{at}");
}

/// Checks names, kinds and lengths, written as `name` or `name/`, without hidden files.
#[track_caller]
fn check_list(storage: &dyn Storage, at: &str, expected: &[&str]) {
    let entries = storage.list(&path(at)).unwrap();
    let shown = |entry: &Entry| match entry.kind {
        EntryKind::File => entry.name.clone(),
        EntryKind::Folder => format!("{}/", entry.name),
        EntryKind::Other => format!("{}?", entry.name),
    };
    let names: Vec<String> = entries.iter().filter(|entry| !entry.name.starts_with(".tmp-")).map(shown).collect();
    assert_eq!(names, expected, "in `{at}`");
}

#[track_caller]
fn check_not_found<T: std::fmt::Debug>(result: Result<T>) {
    let error = result.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
}

#[track_caller]
fn check_wrong_kind<T: std::fmt::Debug>(result: Result<T>) {
    let error = result.unwrap_err();
    assert!(matches!(error, Error::WrongKind { .. }), "{error:?}");
}

/// Bytes come back as they were, and their length is known.
pub fn what_is_published_is_read_back(storage: &dyn Storage) {
    let long = "0123456789".repeat(100_000);
    for (at, content) in [("a", "bytes"), ("empty", ""), ("long", &long)] {
        create(storage, at, content);
        check_content(storage, at, content);
        let entry = Entry { name: at.to_owned(), kind: EntryKind::File, len: content.len() as u64 };
        assert_eq!(storage.head(&path(at)).unwrap(), Some(entry));
    }
}

/// Missing files and folders are an error where they are needed, and none where nothing is to be done.
pub fn what_is_missing_is_not_found(storage: &dyn Storage) {
    folder(storage, "folder");
    create(storage, "there", "");
    for at in ["missing", "folder/missing", "missing/below", "missing/far/below"] {
        let at = path(at);
        check_not_found(storage.get(&at));
        check_not_found(storage.get_range(&at, 0..0));
        check_not_found(storage.sync(&at));
        check_not_found(storage.rename(&at, &path("new")));
        check_not_found(storage.stage(&at.join("below").unwrap(), Bytes::new()));
        check_not_found(storage.rename(&path("there"), &at.join("below").unwrap()));
        assert_eq!(storage.head(&at).unwrap(), None);
        assert_eq!(storage.list(&at).unwrap(), []);
        storage.delete(&at).unwrap();
        assert!(!storage.delete_folder(&at).unwrap());
    }
    check_list(storage, "", &["folder/", "there"]);
}

/// A range is given whole or refused.
pub fn ranges_are_exact(storage: &dyn Storage) {
    create(storage, "a", "0123456789");
    let at = path("a");
    for (range, expected) in [(0..10, "0123456789"), (3..5, "34"), (9..10, "9"), (0..0, ""), (4..4, ""), (10..10, "")] {
        assert_eq!(storage.get_range(&at, range.clone()).unwrap(), expected, "{range:?}");
    }
    let backwards = std::ops::Range { start: 5, end: 3 };
    for range in [0..11, 10..11, 11..11, 11..12, 0..u64::MAX, u64::MAX - 1..u64::MAX, u64::MAX..u64::MAX, backwards] {
        let result = storage.get_range(&at, range.clone());
        assert!(matches!(result, Err(Error::OutOfRange { end, .. }) if end == range.end), "{range:?}: {result:?}");
    }
}

/// Before it is published nothing shows of a file but, maybe, a hidden name.
pub fn staged_bytes_are_hidden(storage: &dyn Storage) {
    folder(storage, "folder");
    let at = path("folder/a");
    let staged = storage.stage(&at, "bytes".into()).unwrap();
    assert_eq!(staged.path, at);
    storage.sync_staged(&staged).unwrap();
    assert_eq!(storage.head(&at).unwrap(), None);
    check_not_found(storage.get(&at));
    check_list(storage, "folder", &[]);
    assert_eq!(storage.publish(&staged).unwrap(), Published::Created);
    check_list(storage, "folder", &["a"]);
}

/// Dropping what was staged removes the hidden file, published or not, and not the published one.
pub fn a_dropped_stage_leaves_nothing(storage: &dyn Storage) {
    drop(storage.stage(&path("a"), "bytes".into()).unwrap());
    assert_eq!(storage.list(&StoragePath::root()).unwrap(), []);
    create(storage, "a", "first");
    assert_eq!(write(storage, "a", "second"), Published::AlreadyExists);
    assert_eq!(storage.list(&StoragePath::root()).unwrap().len(), 1);
    check_content(storage, "a", "first");
}

/// Whatever stands at a path stays.
pub fn publishing_replaces_nothing(storage: &dyn Storage) {
    create(storage, "a", "first");
    assert_eq!(write(storage, "a", "second"), Published::AlreadyExists);
    check_content(storage, "a", "first");
    folder(storage, "folder");
    assert_eq!(write(storage, "folder", "bytes"), Published::AlreadyExists);
    let staged = storage.stage(&path("late"), "late".into()).unwrap();
    create(storage, "late", "early");
    assert_eq!(storage.publish(&staged).unwrap(), Published::AlreadyExists);
    drop(staged);
    check_content(storage, "late", "early");
    check_list(storage, "", &["a", "folder/", "late"]);
}

/// A list is one folder deep, ascending by bytes, with kinds and lengths.
pub fn names_are_listed_in_order(storage: &dyn Storage) {
    for name in ["folder/b", "folder-z", "empty"] {
        folder(storage, name);
    }
    for name in ["folder/é", "folder/a", "folder/b/deep", "folder/B", "folder/a.b", "folder/a-b", "folder/10"] {
        create(storage, name, name);
    }
    check_list(storage, "", &["empty/", "folder/", "folder-z/"]);
    check_list(storage, "empty", &[]);
    check_list(storage, "folder", &["10", "B", "a", "a-b", "a.b", "b/", "é"]);
    let lens: Vec<u64> = storage.list(&path("folder")).unwrap().iter().map(|entry| entry.len).collect();
    assert_eq!(lens, [9, 8, 8, 10, 10, 0, 9]);
}

/// Names that are unusual but safe work like any other.
pub fn all_safe_names_are_stored(storage: &dyn Storage) {
    let long = "n".repeat(255);
    let wide = "é".repeat(127);
    for name in [" ", "a b", "...", "..a", "-rf", "*", "line\nbreak", "ключ", "%2e%2e", "con", "~", &long, &wide] {
        create(storage, name, name);
        check_content(storage, name, name);
        let entry = storage.head(&path(name)).unwrap().unwrap();
        assert!(storage.list(&StoragePath::root()).unwrap().contains(&entry));
        storage.delete(&path(name)).unwrap();
        folder(storage, name);
        create(storage, &format!("{name}/{name}"), "below");
    }
}

/// Parents come with a folder, and what stands there stays.
pub fn folders_are_created_with_parents(storage: &dyn Storage) {
    folder(storage, "a/b/c");
    create(storage, "a/b/file", "bytes");
    for again in ["a/b/c", "a/b", "a", ""] {
        folder(storage, again);
    }
    check_list(storage, "a", &["b/"]);
    check_list(storage, "a/b", &["c/", "file"]);
    check_list(storage, "a/b/c", &[]);
    check_content(storage, "a/b/file", "bytes");
}

/// A moved file has its bytes, and a taken name keeps its own.
pub fn a_move_replaces_nothing(storage: &dyn Storage) {
    folder(storage, "folder");
    create(storage, "a", "a");
    create(storage, "b", "b");
    for taken in ["b", "folder", "a", ""] {
        assert_eq!(storage.rename(&path("a"), &path(taken)).unwrap(), Published::AlreadyExists, "{taken}");
    }
    check_list(storage, "", &["a", "b", "folder/"]);
    check_content(storage, "b", "b");
    assert_eq!(storage.rename(&path("a"), &path("folder/new")).unwrap(), Published::Created);
    check_list(storage, "", &["b", "folder/"]);
    check_content(storage, "folder/new", "a");
}

/// Folders stay where they are.
pub fn only_files_are_moved(storage: &dyn Storage) {
    folder(storage, "folder");
    for from in ["folder", ""] {
        check_wrong_kind(storage.rename(&path(from), &path("new")));
    }
    check_list(storage, "", &["folder/"]);
}

/// A deleted file is gone, and its name free.
pub fn deleting_twice_is_fine(storage: &dyn Storage) {
    create(storage, "a", "first");
    storage.delete(&path("a")).unwrap();
    storage.delete(&path("a")).unwrap();
    check_not_found(storage.get(&path("a")));
    create(storage, "a", "second");
    check_content(storage, "a", "second");
}

/// A folder with anything in it stays, and so does the root.
pub fn only_empty_folders_are_deleted(storage: &dyn Storage) {
    folder(storage, "a/b");
    create(storage, "a/file", "");
    let delete = |at: &str| storage.delete_folder(&path(at)).unwrap();
    assert_eq!((delete("a"), delete("a/b"), delete("a/b"), delete("a")), (false, true, false, false));
    storage.delete(&path("a/file")).unwrap();
    assert_eq!((delete("a"), delete("a"), delete("")), (true, false, false));
    folder(storage, "a/b");
    check_list(storage, "", &["a/"]);
}

/// Nothing is below a file, and no call treats one as a folder.
pub fn files_are_no_folders(storage: &dyn Storage) {
    create(storage, "file", "bytes");
    create(storage, "other", "");
    check_wrong_kind(storage.list(&path("file")));
    check_wrong_kind(storage.create_folder(&path("file")));
    check_wrong_kind(storage.delete_folder(&path("file")));
    for below in ["file/below", "file/far/below"] {
        let at = path(below);
        check_wrong_kind(storage.get(&at));
        check_wrong_kind(storage.get_range(&at, 0..0));
        check_wrong_kind(storage.head(&at));
        check_wrong_kind(storage.list(&at));
        check_wrong_kind(storage.create_folder(&at));
        check_wrong_kind(storage.stage(&at, Bytes::new()));
        check_wrong_kind(storage.sync(&at));
        check_wrong_kind(storage.rename(&at, &path("new")));
        check_wrong_kind(storage.rename(&path("other"), &at));
        check_wrong_kind(storage.delete(&at));
        check_wrong_kind(storage.delete_folder(&at));
    }
    check_list(storage, "", &["file", "other"]);
    check_content(storage, "file", "bytes");
}

/// No call treats a folder as a file.
pub fn folders_are_no_files(storage: &dyn Storage) {
    folder(storage, "folder");
    check_wrong_kind(storage.get(&path("folder")));
    check_wrong_kind(storage.get_range(&path("folder"), 0..0));
    check_wrong_kind(storage.delete(&path("folder")));
    let entry = Entry { name: "folder".to_owned(), kind: EntryKind::Folder, len: 0 };
    assert_eq!(storage.head(&path("folder")).unwrap(), Some(entry));
}

/// The root can be listed, but not read, written or deleted.
pub fn the_root_is_a_folder(storage: &dyn Storage) {
    let root = StoragePath::root();
    let entry = Entry { name: String::new(), kind: EntryKind::Folder, len: 0 };
    assert_eq!(storage.head(&root).unwrap(), Some(entry));
    check_wrong_kind(storage.get(&root));
    check_wrong_kind(storage.get_range(&root, 0..0));
    check_wrong_kind(storage.stage(&root, Bytes::new()));
    check_wrong_kind(storage.delete(&root));
    assert!(!storage.delete_folder(&root).unwrap());
    check_list(storage, "", &[]);
}

/// Files, folders and the root are made durable without a complaint.
pub fn everything_can_be_synced(storage: &dyn Storage) {
    folder(storage, "a");
    create(storage, "a/file", "bytes");
    for at in ["", "a", "a/file"] {
        storage.sync(&path(at)).unwrap();
    }
}
