//! A disk without room: vacuum makes some.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::scripted::{Fate, Scripted};
use common::{files_in, open, rows, stored, tens};
use varvite_dataset::{Dataset, Retention, VacuumOptions, WriteOptions};
use varvite_storage::MemoryStorage;

fn newest_only() -> VacuumOptions {
    VacuumOptions::default().with_retention(Retention::NEWEST)
}

fn used(storage: &MemoryStorage) -> usize {
    storage.files().iter().map(|(_, bytes)| bytes.len()).sum()
}

/// A dataset with files of older versions. From here on, nothing can be stored beyond what there is now.
fn full() -> (Scripted, Dataset) {
    let (storage, dataset) = stored();
    let _ = dataset.delete_range(1..4, &WriteOptions::default()).unwrap();
    let storage = Scripted::new(storage);
    let (inner, limit) = (storage.inner.clone(), used(&storage.inner));
    storage.follow(move |_, call, _| if call == "stage" && used(&inner) >= limit { Fate::IsFull } else { Fate::Works });
    (storage, dataset)
}

#[test]
fn a_vacuum_works_on_a_full_disk() {
    let (storage, dataset) = full();
    let expected = rows(&dataset);
    let error = open(&storage).unwrap().write(tens([9]), &WriteOptions::default()).unwrap_err();
    assert_eq!(error.code(), "VV0140", "{error}");
    let report = open(&storage).unwrap().vacuum(&newest_only()).unwrap();
    assert_eq!((report.files_deleted, report.version_after), (2, 4));
    assert!(files_in(&storage.inner, "d_opdmd/replaced").is_empty());
    assert_eq!(rows(&open(&storage).unwrap()), expected);
    assert!(open(&storage).unwrap().check(true).unwrap().is_ok());
}

#[test]
fn a_reserve_is_kept_again_once_there_is_room() {
    let (storage, _) = full();
    let reserve = || files_in(&storage.inner, "d_opdmd").into_iter().find(|(path, _)| path.name() == "reserve");
    assert_eq!(reserve().unwrap().1.len(), 8192);
    let _ = open(&storage).unwrap().vacuum(&newest_only()).unwrap();
    storage.heal();
    let _ = open(&storage).unwrap().delete_range(4..5, &WriteOptions::default()).unwrap();
    assert_eq!(reserve().unwrap().1.len(), 8192);
}

#[test]
fn a_reserve_goes_with_its_dataset() {
    let (storage, dataset) = full();
    storage.heal();
    dataset.remove().unwrap();
    assert!(storage.inner.files().is_empty(), "{:?}", storage.inner.files());
}
