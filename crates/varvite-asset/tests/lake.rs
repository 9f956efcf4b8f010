//! Data-lake assets: dated files, their revisions, rows in them.
#![allow(clippy::unwrap_used, reason = "tests")]

mod weather;

use std::thread;

use varvite_asset::{AssetKind, Catalog, Error, LakeEntry, LakeFormat, LakeWrite, ModelSchema, Span};
use varvite_storage::StoragePath;
use varvite_time::Instant;
use weather::batch;

fn date(text: &str) -> Instant {
    text.parse().unwrap()
}

fn put(catalog: &Catalog, day: &str, bytes: &str) -> LakeEntry {
    catalog.put(&LakeWrite::new("exports", date(day), "txt"), bytes.to_owned()).unwrap()
}

fn lake_schema() -> ModelSchema {
    ModelSchema { kind: AssetKind::Lake, asset: "exports".to_owned(), ..weather::schema(&[]) }
}

#[test]
fn files_are_found_by_date() {
    let catalog = Catalog::in_memory().with_clock(|| date("2025-01-03T12:00:00Z"));
    for day in ["2025-01-03", "2025-01-01", "2025-01-02T06:00:00Z", "2025-02-01"] {
        put(&catalog, day, day);
    }
    let texts = |dates: varvite_asset::LakeDates| -> Vec<String> {
        let files = catalog.lake_files("exports", 1, dates).unwrap();
        files.iter().map(|file| String::from_utf8(catalog.read_lake(file).unwrap().to_vec()).unwrap()).collect()
    };
    let span = |text: &str| -> Span { text.parse().unwrap() };
    assert_eq!(texts(span("2025-01-01..2025-01-03").into()), ["2025-01-01", "2025-01-02T06:00:00Z"]);
    assert_eq!(texts(span("now-1d..now").into()), ["2025-01-03"]);
    assert_eq!(texts("2025-01-0".into()).len(), 3);
    assert_eq!(texts(Span::all().into()).len(), 4);
    assert_eq!(catalog.latest_lake("exports", 1).unwrap().unwrap().date, date("2025-02-01"));
    assert_eq!(catalog.latest_lake("exports", 2).unwrap(), None);
    assert_eq!(catalog.latest_lake("nothing", 1).unwrap(), None);
    assert!(catalog.lake_files("nothing", 1, Span::all()).unwrap().is_empty());
}

/// The path without the hash of the content.
fn plain(entry: &LakeEntry) -> String {
    let (before, after) = entry.path.as_str().rsplit_once('-').unwrap();
    format!("{before}{}", &after[16..])
}

#[test]
fn a_damaged_file_is_noticed_and_a_path_never_has_another_content() {
    let catalog = Catalog::in_memory();
    let first = put(&catalog, "2025-01-01", "one");
    let storage = catalog.storage();
    storage.delete(&first.path).unwrap();
    let staged = storage.stage(&first.path, "0ne".into()).unwrap();
    let _ = storage.publish(&staged).unwrap();
    let error = catalog.read_lake(&first).unwrap_err();
    assert_eq!(error.code(), "VV0631", "{error}");
    storage.delete(&first.path).unwrap();
    let again = put(&catalog, "2025-01-01", "two");
    assert_eq!(plain(&again), plain(&first));
    assert_ne!(again.path, first.path);
}

#[test]
fn a_new_write_is_a_new_revision_and_older_ones_go() {
    let catalog = Catalog::in_memory();
    let first = put(&catalog, "2025-01-01", "one");
    assert_eq!(plain(&first), "lake/exports/date=2025-01-01T00:00:00Z/v1.1.txt");
    let second = put(&catalog, "2025-01-01", "two");
    assert_eq!(catalog.read_lake(&first).unwrap(), "one", "readers that have begun go on");
    let other = LakeWrite::new("exports", date("2025-01-01"), "csv");
    let third = catalog.put(&other, "three").unwrap();
    assert_eq!(catalog.lake_files("exports", 1, Span::all()).unwrap(), std::slice::from_ref(&third));
    assert_eq!((third.format.as_str(), third.bytes), ("csv", 5));
    assert!(plain(&third).ends_with("/v1.3.csv"));
    assert!(catalog.read_lake(&first).is_err());
    assert_eq!(catalog.read_lake(&second).unwrap(), "two");
    let version = catalog.put(&other.with_version(2), "v2").unwrap();
    assert!(plain(&version).ends_with("/v2.1.csv"));
    assert_eq!(catalog.lake_files("exports", 1, Span::all()).unwrap(), [third]);
}

#[test]
fn foreign_files_and_folders_are_ignored() {
    let catalog = Catalog::in_memory();
    put(&catalog, "2025-01-01", "one");
    let storage = catalog.storage();
    for foreign in [
        "date=2025-01-01T00:00:00Z/README",
        "date=2025-01-01T00:00:00Z/v1.csv",
        "date=2025-01-01/v1.9.csv",
        "x/v1.9.csv",
        "v1.9.csv",
    ] {
        let path = StoragePath::try_new(format!("lake/exports/{foreign}")).unwrap();
        storage.create_folder(&path.parent().unwrap()).unwrap();
        let staged = storage.stage(&path, "x".into()).unwrap();
        let _ = storage.publish(&staged).unwrap();
    }
    let files = catalog.lake_files("exports", 1, Span::all()).unwrap();
    assert_eq!(files.len(), 1);
    assert!(plain(&files[0]).ends_with("/v1.1.txt"));
}

#[test]
fn what_would_not_come_back_is_refused() {
    let catalog = Catalog::in_memory();
    let at = date("2025-01-01");
    for bad in ["", "CSV", "a/b", "..", "a..b", "é", ".csv", "csv.", "a b"] {
        assert!(matches!(catalog.put(&LakeWrite::new("a", at, bad), "x"), Err(Error::InvalidName { .. })), "{bad}");
    }
    assert!(catalog.put(&LakeWrite::new("", at, "csv"), "x").is_err());
    assert!(catalog.put(&LakeWrite::new("é".repeat(70), at, "csv"), "x").is_err());
    assert!(catalog.put(&LakeWrite::new("a", Instant::from_ns(i128::MIN), "csv"), "x").is_err());
    assert!(catalog.assets().unwrap().is_empty());
    for name in ["a/b", "..", "é日本", "con", "a=b"] {
        let entry = catalog.put(&LakeWrite::new(name, at, "tar.gz"), name.to_owned()).unwrap();
        assert_eq!(catalog.latest_lake(name, 1).unwrap(), Some(entry));
    }
}

#[test]
fn racing_writers_each_get_a_revision() {
    let folder = tempfile::tempdir().unwrap();
    let texts: Vec<String> = (0..4).map(|writer| "x".repeat(writer + 1)).collect();
    thread::scope(|scope| {
        for text in &texts {
            let catalog = Catalog::open(folder.path()).unwrap();
            scope.spawn(move || {
                for _ in 0..20 {
                    put(&catalog, "2025-01-01", text);
                }
            });
        }
    });
    let catalog = Catalog::open(folder.path()).unwrap();
    let files = catalog.lake_files("exports", 1, Span::all()).unwrap();
    assert_eq!(files.len(), 1);
    assert!(texts.contains(&String::from_utf8(catalog.read_lake(&files[0]).unwrap().to_vec()).unwrap()));
    let left = catalog.storage().list(&files[0].path.parent().unwrap()).unwrap();
    assert!(left.len() <= 6, "older revisions go: {}", left.len());
}

#[test]
fn rows_come_back_from_every_format() {
    let catalog = Catalog::in_memory();
    let rows = batch(&[(0.5, "a,\"b\"\né", 1), (1.25, "", -2)]);
    for format in [LakeFormat::Parquet, LakeFormat::Csv, LakeFormat::JsonLines] {
        let entry = catalog
            .write_lake_batches(&lake_schema(), std::slice::from_ref(&rows), date("2025-01-01"), format)
            .unwrap();
        assert_eq!(entry.format, format.ending());
        let found = catalog.lake_batches(&lake_schema(), &entry).unwrap();
        assert_eq!(found.len(), 1, "{format}");
        assert_eq!(found[0].columns(), rows.columns(), "{format}");
    }
}

#[test]
fn files_of_others_give_the_columns_that_they_have() {
    let catalog = Catalog::in_memory();
    let read = |format: &str, text: &'static str| {
        let entry = catalog.put(&LakeWrite::new("exports", date("2025-01-01"), format), text).unwrap();
        catalog.lake_batches(&lake_schema(), &entry)
    };
    for (format, text) in [
        ("csv", "x,value,ts\nfoo,7,1970-01-02T00:00:00Z\n"),
        ("jsonl", "{\"ts\":\"1970-01-02T00:00:00Z\",\"x\":[1],\"value\":7}\n"),
    ] {
        let found = read(format, text).unwrap();
        let value = found[0].column_by_name("value").unwrap();
        assert_eq!(value.as_ref(), &arrow::array::Int64Array::from(vec![7]) as &dyn arrow::array::Array, "{format}");
        assert_eq!(found[0].column_by_name("ts").unwrap().len(), 1);
        assert!(found[0].column_by_name("x").is_none());
    }
    assert!(matches!(read("csv", "value\nseven\n"), Err(Error::Arrow { .. })));
    assert!(matches!(read("parquet", "no Parquet"), Err(Error::Arrow { .. })));
    let error = read("bin", "bytes").unwrap_err();
    assert!(error.to_string().contains("`bin` files are bytes alone"), "{error}");
}
