//! Folders that look like parts of datasets, and are none.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::sync::Arc;

use common::rows;
use varvite_dataset::WriteOptions;
use varvite_key::toplevel;
use varvite_storage::{MemoryStorage, Storage, StoragePath};
use varvite_store::{Catalog, Store};

#[toplevel]
struct City {
    name: String,
}

/// The suffix of a dataset's folder, without a dataset.
#[test]
fn a_folder_that_is_a_suffix_alone_is_no_dataset() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let store = Store::<City>::at(Arc::clone(&storage), StoragePath::root()).unwrap();
    let bern = City::new("Bern").unwrap();
    let _ = store.dataset(&bern).unwrap().write(rows(&[0, 1, 2], 0), &WriteOptions::ordered_on("t")).unwrap();
    let names = || {
        let entries = Catalog::at(Arc::clone(&storage), StoragePath::root()).entries().unwrap();
        entries.into_iter().map(|entry| entry.path).collect::<Vec<_>>()
    };
    let before = names();
    assert_eq!(before.len(), 1);
    for stray in ["_opdmd", "there/_opdmd"] {
        storage.create_folder(&StoragePath::try_new(stray).unwrap()).unwrap();
    }
    assert_eq!(names(), before);
    assert_eq!(store.keys().unwrap().len(), 1);
}
