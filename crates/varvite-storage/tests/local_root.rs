//! The root of a local storage: missing, in the way, removed, and with names in it that are not ours.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use varvite_storage::{EntryKind, LocalStorage, Storage, StoragePath};

#[test]
fn a_missing_root_is_empty_until_a_folder_is_created() {
    let temporary = tempfile::tempdir().unwrap();
    let root = temporary.path().join("far/root");
    let storage = LocalStorage::open(&root).unwrap();
    let (top, file) = (StoragePath::root(), StoragePath::try_new("file").unwrap());
    assert_eq!((storage.list(&top).unwrap(), storage.head(&file).unwrap()), (vec![], None));
    storage.delete(&file).unwrap();
    assert_eq!(storage.stage(&file, "".into()).unwrap_err().to_string(), "`.` is not there");
    assert!(!temporary.path().join("far").exists(), "reading created something");
    storage.create_folder(&top).unwrap();
    assert!(root.is_dir());
    assert_eq!(storage.location(), root.display().to_string());
}

#[test]
fn what_was_removed_by_others_is_created_again() {
    let temporary = tempfile::tempdir().unwrap();
    for root in [temporary.path().join("missing"), temporary.path().join("there")] {
        if root.ends_with("there") {
            fs::create_dir(&root).unwrap();
        }
        let storage = LocalStorage::open(&root).unwrap();
        for removed in [root.join("a/b"), root.clone()] {
            storage.create_folder(&StoragePath::try_new("a/b").unwrap()).unwrap();
            assert!(root.join("a/b").is_dir());
            fs::remove_dir_all(removed).unwrap();
        }
        storage.create_folder(&StoragePath::try_new("a/b").unwrap()).unwrap();
        assert!(root.join("a/b").is_dir());
    }
}

#[test]
fn a_file_is_no_root_and_no_part_of_it() {
    let temporary = tempfile::tempdir().unwrap();
    fs::write(temporary.path().join("file"), "").unwrap();
    for root in ["file", "file/below"] {
        let message = LocalStorage::open(temporary.path().join(root)).unwrap_err().to_string();
        assert!(message.starts_with("`.` is a file") && message.ends_with("where a folder belongs"), "{message}");
    }
}

#[test]
fn names_that_no_path_can_hold_are_listed_as_other() {
    let temporary = tempfile::tempdir().unwrap();
    for name in [&b"plain"[..], b"back\\slash", b"not-utf8-\xff"] {
        fs::write(temporary.path().join(OsStr::from_bytes(name)), "").unwrap();
    }
    let listed = LocalStorage::open(temporary.path()).unwrap().list(&StoragePath::root()).unwrap();
    let listed: Vec<_> = listed.iter().map(|entry| (entry.name.as_str(), entry.kind)).collect();
    let (file, other) = (EntryKind::File, EntryKind::Other);
    assert_eq!(listed, [("back\\slash", other), ("not-utf8-\u{fffd}", other), ("plain", file)]);
}
