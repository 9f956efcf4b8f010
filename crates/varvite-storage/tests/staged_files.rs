//! What is staged on a disk is complete, hidden in the same folder, and goes away again.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use varvite_storage::{LocalStorage, Published, Storage, StoragePath};

fn path(text: &str) -> StoragePath {
    StoragePath::try_new(text).unwrap()
}

fn storage_with_folder() -> (TempDir, LocalStorage) {
    let temporary = tempfile::tempdir().unwrap();
    let storage = LocalStorage::open(temporary.path()).unwrap();
    storage.create_folder(&path("folder")).unwrap();
    (temporary, storage)
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn a_staged_file_is_complete_under_a_hidden_name_beside_its_own() {
    let (temporary, storage) = storage_with_folder();
    let staged = storage.stage(&path("folder/a.parquet"), "bytes".into()).unwrap();
    let names = names(&temporary.path().join("folder"));
    assert!(matches!(&names[..], [name] if name.starts_with(".tmp-a.parquet-")), "{names:?}");
    let hidden = staged.temporary.clone().unwrap();
    assert_eq!(hidden.as_str(), format!("folder/{}", names[0]));
    assert_eq!(storage.get(&hidden).unwrap(), "bytes");
}

#[test]
fn long_names_are_cut_between_characters() {
    let (temporary, storage) = storage_with_folder();
    for name in ["n".repeat(255), "é".repeat(127), "n".repeat(199) + "é", "n".repeat(200), "n".repeat(201)] {
        let staged = storage.stage(&path(&name), "".into()).unwrap();
        assert!(staged.temporary.as_ref().unwrap().name().len() <= 255);
        assert_eq!(storage.publish(&staged).unwrap(), Published::Created);
    }
    assert!(!names(temporary.path()).iter().any(|name| name.starts_with(".tmp-")));
}

#[test]
fn stages_of_one_path_do_not_meet() {
    let (temporary, storage) = storage_with_folder();
    let first = storage.stage(&path("a"), "first".into()).unwrap();
    let second = storage.stage(&path("a"), "second".into()).unwrap();
    assert_ne!(first.temporary, second.temporary);
    drop(first);
    assert_eq!(storage.publish(&second).unwrap(), Published::Created);
    drop(second);
    assert_eq!(names(temporary.path()).len(), 2, "the folder and the file");
    assert_eq!(storage.get(&path("a")).unwrap(), "second");
}

#[test]
fn a_writer_that_vanishes_leaves_only_a_hidden_file() {
    let (temporary, storage) = storage_with_folder();
    let mut staged = storage.stage(&path("folder/a"), "bytes".into()).unwrap();
    staged.cleanup = None;
    drop(staged);
    assert_eq!(storage.head(&path("folder/a")).unwrap(), None);
    let left = names(&temporary.path().join("folder"));
    assert!(matches!(&left[..], [name] if name.starts_with(".tmp-")), "{left:?}");
    let again = storage.stage(&path("folder/a"), "again".into()).unwrap();
    assert_eq!(storage.publish(&again).unwrap(), Published::Created);
    assert_eq!(storage.get(&path("folder/a")).unwrap(), "again");
}

#[test]
fn a_hidden_file_that_someone_removed_is_not_published() {
    let (_temporary, storage) = storage_with_folder();
    let staged = storage.stage(&path("folder/a"), "bytes".into()).unwrap();
    storage.delete(staged.temporary.as_ref().unwrap()).unwrap();
    assert!(storage.sync_staged(&staged).unwrap_err().is_not_found());
    assert!(storage.publish(&staged).unwrap_err().is_not_found());
    assert_eq!(storage.head(&path("folder/a")).unwrap(), None);
}

#[test]
fn a_folder_that_was_replaced_does_not_get_the_file() {
    let (temporary, storage) = storage_with_folder();
    let staged = storage.stage(&path("folder/a"), "bytes".into()).unwrap();
    fs::rename(temporary.path().join("folder"), temporary.path().join("moved")).unwrap();
    storage.create_folder(&path("folder")).unwrap();
    assert!(storage.publish(&staged).unwrap_err().is_not_found());
    drop(staged);
    assert_eq!(names(&temporary.path().join("moved")), [""; 0]);
}
