//! Where the files of a version are, for other programs of the same machine.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use std::fs;

use common::{on_t, stored, table, tens};
use varvite_dataset::{Dataset, Retention, VacuumOptions};

#[test]
fn the_files_of_a_version_are_found_wherever_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = Dataset::open_or_new(folder.path().join("a")).unwrap();
    assert_eq!(dataset.local_files().unwrap(), Some(Vec::new()));
    let _ = dataset.write(tens([1, 3]), &on_t()).unwrap();
    let before = dataset.detached();
    let [first] = &before.local_files().unwrap().unwrap()[..] else { panic!("one file") };
    assert!(first.path.starts_with(fs::canonicalize(folder.path().join("a")).unwrap()));
    assert_eq!((first.num_rows, Some(&first.schema)), (2, dataset.schema().as_ref()));

    let _ = dataset.write(table(&[(2, 7)]), &on_t()).unwrap();
    let bytes = |dataset: &Dataset| -> Vec<_> {
        dataset.local_files().unwrap().unwrap().iter().map(|file| fs::read(&file.path).unwrap()).collect()
    };
    assert_ne!(bytes(&before), bytes(&dataset));
    assert!(before.local_files().unwrap().unwrap()[0].path.to_string_lossy().contains("replaced"));
}

#[test]
fn a_version_that_was_removed_is_no_list_of_missing_files() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = Dataset::open_or_new(folder.path().join("a")).unwrap();
    let _ = dataset.write(tens([1, 3]), &on_t()).unwrap();
    let before = dataset.detached();
    let _ = dataset.write(table(&[(2, 7)]), &on_t()).unwrap();
    let none = Retention::default().with_versions(1).with_age(std::time::Duration::ZERO);
    let _ = dataset.vacuum(&VacuumOptions::default().with_retention(none)).unwrap();
    assert_eq!(before.local_files().unwrap_err().code(), "VV0117");
}

#[test]
fn a_storage_without_files_of_the_system_has_none() {
    assert_eq!(stored().1.local_files().unwrap(), None);
}
