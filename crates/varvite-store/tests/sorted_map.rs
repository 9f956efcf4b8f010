//! A store is a sorted map whose values live in folders.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{numbers, rows};
use varvite_dataset::{ScanOptions, WriteOptions};
use varvite_key::{Key, sublevel, toplevel};
use varvite_store::{Catalog, KeyFilter, Store};

#[sublevel]
struct Sampling {
    every: String,
}

#[toplevel]
struct Bars {
    symbol: String,
    venue: u32,
    sampling: Sampling,
}

fn key(symbol: &str, venue: u32) -> Bars {
    Bars::new(symbol, venue, Sampling::new("1min").unwrap()).unwrap()
}

fn fill(store: &Store<Bars>, keys: &[Bars]) {
    for key in keys {
        let _ = store.dataset(key).unwrap().write(rows(&[1, 2], 0), &WriteOptions::ordered_on("t")).unwrap();
    }
}

#[test]
fn keys_come_back_from_disk_in_their_own_order() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::<Bars>::open(folder.path()).unwrap();
    let keys = [key("a", 9), key("a", 10), key("b/c", 1)];
    fill(&store, &[keys[2].clone(), keys[1].clone(), keys[0].clone()]);

    let again = Store::<Bars>::open(folder.path()).unwrap();
    assert_eq!(again.keys().unwrap(), keys);
    assert_eq!((again.len().unwrap(), again.is_empty().unwrap()), (3, false));
    assert_eq!(again.range(key("a", 10)..).unwrap(), keys[1..]);
    assert_eq!(again.filter(|key| key.symbol() == "a").unwrap(), keys[..2]);
    assert_eq!(again.select(&KeyFilter::default().with("venue", 10)).unwrap(), [keys[1].clone()]);
    assert_eq!(again.select(&"every=1min".parse().unwrap()).unwrap().len(), 3);
    for entry in &again {
        let (key, dataset) = entry.unwrap();
        assert_eq!(numbers(&dataset.read(&ScanOptions::default()).unwrap()), [0, 1], "{key}");
    }
}

#[test]
fn a_field_that_keys_do_not_have_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::<Bars>::open(folder.path()).unwrap();
    let error = store.select(&KeyFilter::default().with("city", "x")).unwrap_err();
    assert_eq!(error.to_string(), "keys have no field `city`: they have `symbol`, `venue`, `every`");
}

#[test]
fn asking_for_a_key_creates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("store");
    let store = Store::<Bars>::open(&root).unwrap();
    assert!(store.get(&key("a", 1)).unwrap().is_none());
    assert!(!store.contains_key(&key("a", 1)).unwrap());
    assert!(store.keys().unwrap().is_empty());
    assert!(!root.exists());
}

#[test]
fn a_dataset_is_listed_from_its_first_write_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::<Bars>::open(folder.path()).unwrap();
    let dataset = store.dataset(&key("a", 1)).unwrap();
    assert!(store.keys().unwrap().is_empty());
    let _ = dataset.write(rows(&[1], 0), &WriteOptions::ordered_on("t")).unwrap();
    assert_eq!(store.keys().unwrap(), [key("a", 1)]);
    assert!(store.contains_key(&key("a", 1)).unwrap());
}

#[test]
fn removing_takes_empty_folders_along_and_leaves_others() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::<Bars>::open(folder.path()).unwrap();
    fill(&store, &[key("a", 1), key("b", 1)]);
    std::fs::write(folder.path().join("b-1/notes.txt"), "mine").unwrap();
    store.remove(&key("a", 1)).unwrap();
    store.remove(&key("b", 1)).unwrap();
    assert_eq!(store.remove(&key("b", 1)).unwrap_err().code(), "VV0201");
    assert!(store.keys().unwrap().is_empty());
    assert!(!folder.path().join("a-1").exists());
    let left: Vec<_> =
        std::fs::read_dir(folder.path().join("b-1")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["notes.txt"]);
}

#[test]
fn a_removed_dataset_can_be_written_anew() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::<Bars>::open(folder.path()).unwrap();
    fill(&store, &[key("a", 1)]);
    store.remove(&key("a", 1)).unwrap();
    fill(&store, &[key("a", 1)]);
    assert_eq!(store.get(&key("a", 1)).unwrap().unwrap().snapshot().unwrap().version, 0);
}

#[test]
fn foreign_things_are_passed_over_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::<Bars>::open(folder.path()).unwrap();
    fill(&store, &[key("a", 1)]);
    let root = folder.path();
    std::fs::write(root.join("readme.txt"), "x").unwrap();
    std::fs::create_dir_all(root.join("a-x/1min_opdmd")).unwrap();
    std::fs::create_dir_all(root.join("a-1/stray")).unwrap();
    assert_eq!(store.keys().unwrap(), [key("a", 1)]);

    let report = store.check(true).unwrap();
    let foreign: Vec<&str> = report.foreign.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(foreign, ["a-1/stray", "a-x/1min_opdmd", "readme.txt"]);
    assert!(report.is_ok());
    assert!(report.to_string().ends_with("1 datasets checked, 3 foreign, all sound"), "{report}");
}

#[test]
fn a_damaged_dataset_is_listed_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::<Bars>::open(folder.path()).unwrap();
    fill(&store, &[key("a", 1)]);
    let data = folder.path().join("a-1/1min");
    let file = std::fs::read_dir(&data).unwrap().next().unwrap().unwrap().path();
    std::fs::write(&file, b"not parquet").unwrap();
    assert_eq!(store.keys().unwrap(), [key("a", 1)]);
    assert!(!store.check(false).unwrap().is_ok());
}

#[test]
fn a_catalog_knows_the_keys_without_their_types() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::<Bars>::open(folder.path()).unwrap();
    fill(&store, &[key("b", 1), key("a", 2)]);
    let catalog = Catalog::open(folder.path()).unwrap();
    let entries = catalog.entries().unwrap();
    let paths: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
    assert_eq!(paths, ["a-2/1min", "b-1/1min"]);
    assert_eq!(entries[0].key_type.as_deref(), Some("Bars"));
    let fields: Vec<String> = entries[0].fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(fields, ["symbol=a", "venue=2", "every=1min"]);
    assert!(catalog.dataset("a-2/1min").unwrap().exists());
    assert_eq!(catalog.dataset("nothing").unwrap_err().code(), "VV0201");
    assert_eq!(catalog.key_types().unwrap(), [Bars::schema()]);
}
