//! Stores of different key types below one root never read each other's folders.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;
mod folding;

use std::sync::Arc;

use common::rows;
use varvite_dataset::WriteOptions;
use varvite_key::toplevel;
use varvite_storage::{MemoryStorage, Storage, StoragePath};
use varvite_store::{Error, Store};

#[toplevel]
struct Station {
    origin: String,
}

#[toplevel]
struct City {
    name: String,
}

mod renamed {
    use varvite_key::toplevel;

    #[toplevel(name = "Station")]
    pub(crate) struct Site {
        origin: String,
    }

    #[toplevel(name = "Station")]
    pub(crate) struct Moved {
        origin: String,
        number: u8,
    }
}

fn at<K: varvite_key::Key>(storage: &Arc<dyn Storage>) -> Result<Store<K>, Error> {
    Store::at(Arc::clone(storage), StoragePath::root())
}

#[test]
fn each_type_lists_and_opens_its_own_datasets_alone() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let (stations, cities) = (at::<Station>(&storage).unwrap(), at::<City>(&storage).unwrap());
    let options = WriteOptions::ordered_on("t");
    let (jfk, paris) = (Station::new("JFK").unwrap(), City::new("Paris").unwrap());
    let _ = stations.dataset(&jfk).unwrap().write(rows(&[1], 0), &options).unwrap();
    let _ = cities.dataset(&paris).unwrap().write(rows(&[1], 0), &options).unwrap();

    assert_eq!(stations.keys().unwrap(), [jfk]);
    assert_eq!(cities.keys().unwrap(), [paris]);
    assert!(!stations.contains_key(&Station::new("Paris").unwrap()).unwrap());
    let error = stations.get(&Station::new("Paris").unwrap()).unwrap_err();
    assert_eq!(error.code(), "VV0110");
    assert!(stations.remove(&Station::new("Paris").unwrap()).is_err());
    assert_eq!(cities.len().unwrap(), 1);
}

#[test]
fn a_renamed_struct_keeps_its_datasets_by_name() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let stations = at::<Station>(&storage).unwrap();
    let dataset = stations.dataset(&Station::new("JFK").unwrap()).unwrap();
    let _ = dataset.write(rows(&[1], 0), &WriteOptions::ordered_on("t")).unwrap();
    let sites = at::<renamed::Site>(&storage).unwrap();
    assert_eq!(sites.keys().unwrap(), [renamed::Site::new("JFK").unwrap()]);
    assert!(sites.get(&renamed::Site::new("JFK").unwrap()).unwrap().is_some());
}

#[test]
fn a_type_that_changed_its_paths_is_refused() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let stations = at::<Station>(&storage).unwrap();
    let _ = stations.dataset(&Station::new("JFK").unwrap()).unwrap();
    let error = at::<renamed::Moved>(&storage).unwrap_err();
    assert_eq!(error.code(), "VV0202");
    assert_eq!(
        error.to_string(),
        "the root holds keys of type Station(origin: text), which have other paths than Station(origin: text, number: integer)"
    );
}

#[test]
fn on_a_disk_without_case_the_second_spelling_is_refused() {
    let storage: Arc<dyn Storage> = Arc::new(folding::CaseFolding(MemoryStorage::new()));
    let cities = at::<City>(&storage).unwrap();
    let options = WriteOptions::ordered_on("t");
    let (upper, lower) = (City::new("Berlin").unwrap(), City::new("berlin").unwrap());
    let _ = cities.dataset(&upper).unwrap().write(rows(&[1], 0), &options).unwrap();
    let error = cities.dataset(&lower).unwrap_err();
    assert_eq!(error.code(), "VV0110");
    assert_eq!(cities.dataset(&upper).unwrap().snapshot().unwrap().num_rows(), 1);
}
