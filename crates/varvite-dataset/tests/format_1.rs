//! Datasets that the first engine of format 1 wrote stay readable and writable, and today's engine writes the same.
//!
//! The fixtures are never made anew: what a newer engine may write besides gets fixtures of its own. They were made by
//! `VARVITE_MAKE_FIXTURES=folder cargo test -p varvite-dataset --test format_1`.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Float64Array, Int32Array, Int64Array, ListArray, RecordBatch, StringArray, StructArray,
    TimestampNanosecondArray,
};
use arrow::datatypes::{DataType, Field, Int32Type, Schema};
use bytes::Bytes;
use common::path;
use serde_json::Value;
use varvite_dataset::{Dataset, Duplicates, Error, Retention, ScanOptions, VacuumOptions, WriteOptions};
use varvite_storage::{LocalStorage, MemoryStorage, Storage};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/format-1");
/// Of a key, with every version.
const WHOLE: (&str, Option<&str>) = ("JFK/1h", Some("Station:JFK/1h"));
/// Without its first records and files.
const EXPIRED: (&str, Option<&str>) = ("expired", None);

const HOUR: i64 = 3_600_000_000_000;

fn open(storage: Arc<dyn Storage>, (name, key): (&str, Option<&str>)) -> Dataset {
    Dataset::at(storage, path(name), key.map(str::to_owned)).unwrap()
}

/// Rows of these hours and values, with the columns of after the change or before it.
fn rows(rows: &[(i64, i32)], evolved: bool) -> RecordBatch {
    let narrow: Int32Array = rows.iter().map(|row| (row.1 % 3 != 0).then_some(row.1)).collect();
    let list = |row: &(i64, i32)| (row.1 % 4 != 0).then(|| vec![Some(row.1), None]);
    let nested = StructArray::from(vec![
        (Arc::new(Field::new("a", DataType::Int32, true)), Arc::new(narrow.clone()) as ArrayRef),
        (
            Arc::new(Field::new("b", DataType::Utf8, true)),
            Arc::new(rows.iter().map(|row| Some(format!("é{}", row.1))).collect::<StringArray>()),
        ),
    ]);
    let float = |row: &(i64, i32)| if row.1 % 5 == 0 { f64::NAN } else { f64::from(row.1) / 2.0 };
    let wide: Int64Array = narrow.iter().map(|value| value.map(i64::from)).collect();
    let times = TimestampNanosecondArray::from_iter_values(rows.iter().map(|row| row.0 * HOUR)).with_timezone("UTC");
    let texts: StringArray =
        rows.iter().map(|row| (row.1 % 2 != 0).then_some(["AAPL", ""][usize::from(row.1 > 5)])).collect();
    let later: Int64Array = rows.iter().map(|row| (row.1 >= 100).then(|| i64::from(row.1))).collect();
    let mut columns: Vec<(&str, ArrayRef, bool)> = vec![
        ("ts", Arc::new(times), false),
        ("n", if evolved { Arc::new(wide) } else { Arc::new(narrow) }, true),
        ("x", Arc::new(rows.iter().map(|row| Some(float(row))).collect::<Float64Array>()), true),
        ("s", Arc::new(texts), true),
        ("l", Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(rows.iter().map(list))), true),
        ("st", Arc::new(nested), true),
    ];
    if evolved {
        columns.push(("z", Arc::new(later), true));
    }
    let fields: Vec<Field> =
        columns.iter().map(|(name, array, null)| Field::new(*name, array.data_type().clone(), *null)).collect();
    let arrays = columns.into_iter().map(|(_, array, _)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

fn options() -> WriteOptions {
    WriteOptions::ordered_on("ts").with_row_group_target_size(2).with_duplicates_on(Duplicates::on(["ts"]))
}

fn make() -> MemoryStorage {
    let storage = MemoryStorage::new();
    let dataset = open(Arc::new(storage.clone()), WHOLE);
    let first = options().with_metadata("source", "by hand").with_app("loader", 1);
    let _ = dataset.write(rows(&[(1, 1), (2, 2), (4, 4), (8, 8)], false), &first).unwrap();
    let _ = dataset.write(rows(&[(2, 12), (3, 3)], false), &options()).unwrap();
    let _ = dataset.tag("before", Some(0)).unwrap();
    let _ = dataset.write(rows(&[(9, 100), (10, 101)], true), &options().with_evolution(true)).unwrap();
    let _ = dataset.delete_range("1970-01-01T04:00:00Z".."1970-01-01T05:00:00Z", &options()).unwrap();
    let expired = open(Arc::new(storage.clone()), EXPIRED);
    for hour in 1..4 {
        let _ = expired.write(rows(&[(0, hour), (i64::from(hour), hour)], false), &options()).unwrap();
    }
    let vacuum = VacuumOptions::default().with_retention(Retention::NEWEST).with_log_expiry(true);
    let _ = expired.vacuum(&vacuum).unwrap();
    let _ = expired.write(rows(&[(5, 5)], false), &options()).unwrap();
    storage
}

/// The rows of each version of the first dataset, the fourth of which changes none.
fn versions() -> [(u64, RecordBatch); 5] {
    let second = [(1, 1), (2, 12), (3, 3), (4, 4), (8, 8)];
    let third = [(1, 1), (2, 12), (3, 3), (4, 4), (8, 8), (9, 100), (10, 101)];
    [
        (0, rows(&[(1, 1), (2, 2), (4, 4), (8, 8)], false)),
        (1, rows(&second, false)),
        (2, rows(&second, false)),
        (3, rows(&third, true)),
        (4, rows(&[(1, 1), (2, 12), (3, 3), (8, 8), (9, 100), (10, 101)], true)),
    ]
}

/// The files of a dataset, without advice that may be there or not.
fn worth_keeping(storage: &MemoryStorage) -> BTreeMap<String, Bytes> {
    let files = storage.files().into_iter().map(|(path, bytes)| (path.to_string(), bytes));
    files.filter(|(path, _)| path.strip_suffix(".lock").is_none() && !path.ends_with("/reserve")).collect()
}

fn files_below(folder: &Path, name: &str, found: &mut BTreeMap<String, Bytes>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = format!("{name}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            files_below(&entry.path(), &format!("{name}/"), found);
        } else {
            found.insert(name, fs::read(entry.path()).unwrap().into());
        }
    }
}

fn fixtures() -> BTreeMap<String, Bytes> {
    let mut found = BTreeMap::new();
    files_below(Path::new(FIXTURES), "", &mut found);
    found
}

fn write_below(folder: &Path, files: &BTreeMap<String, Bytes>) {
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// A copy on disk, which may be written to.
fn copy() -> (tempfile::TempDir, Arc<dyn Storage>) {
    let folder = tempfile::tempdir().unwrap();
    write_below(folder.path(), &fixtures());
    let storage = Arc::new(LocalStorage::open(folder.path()).unwrap());
    (folder, storage)
}

#[track_caller]
fn holds(dataset: &Dataset, expected: &RecordBatch) {
    let found = dataset.read(&ScanOptions::default()).unwrap();
    assert_eq!(found.schema().fields(), expected.schema().fields());
    common::assert_same(&StructArray::from(found), &StructArray::from(expected.clone()));
}

#[test]
fn every_version_is_read() {
    let (_folder, storage) = copy();
    let dataset = open(storage, WHOLE);
    for (version, expected) in versions() {
        holds(&dataset.version(version).unwrap(), &expected);
    }
    holds(&dataset, &versions()[4].1);
    holds(&dataset.tagged("before").unwrap(), &versions()[0].1);
    let snapshot = dataset.snapshot().unwrap();
    assert_eq!(snapshot.key_value_metadata["source"], "by hand");
    assert_eq!((snapshot.key.as_deref(), snapshot.apps["loader"], snapshot.version), (WHOLE.1, 1, 4));
    let operations: Vec<String> = dataset.log().unwrap().into_iter().map(|commit| commit.op).collect();
    assert_eq!(operations, ["merge", "merge", "tag", "merge", "delete"]);
    assert!(dataset.check(true).unwrap().is_ok());
}

#[test]
fn what_expired_is_behind_a_checkpoint() {
    let (_folder, storage) = copy();
    let dataset = open(storage, EXPIRED);
    holds(&dataset, &rows(&[(0, 3), (1, 1), (2, 2), (3, 3), (5, 5)], false));
    assert!(matches!(dataset.version(1), Err(Error::VersionExpired { .. })));
    assert!(dataset.check(true).unwrap().is_ok());
}

#[test]
fn both_are_written_to() {
    let (_folder, storage) = copy();
    let dataset = open(Arc::clone(&storage), WHOLE);
    let again = dataset.write(rows(&[(1, 7)], true), &options().with_app("loader", 1)).unwrap();
    assert!(!again.committed(), "it was applied before");
    let report = dataset.write(rows(&[(3, 13), (11, 111)], true), &WriteOptions::default()).unwrap();
    assert_eq!((report.inserted, report.updated, report.version_after), (1, 1, Some(5)));
    let expected = [(1, 1), (2, 12), (3, 13), (8, 8), (9, 100), (10, 101), (11, 111)];
    holds(&open(Arc::clone(&storage), WHOLE), &rows(&expected, true));
    let expired = open(Arc::clone(&storage), EXPIRED);
    let _ = expired.write(rows(&[(6, 6)], false), &WriteOptions::default()).unwrap();
    for written in [dataset, expired] {
        let report = written.check(true).unwrap();
        assert!(report.is_ok(), "{report}");
    }
}

/// Names, and all of a record but what depends on how Parquet was encoded. A difference is another format, or a
/// field that old readers pass over: then it is said here.
#[test]
fn todays_engine_writes_the_same_records() {
    let made = worth_keeping(&make());
    if let Ok(folder) = std::env::var("VARVITE_MAKE_FIXTURES") {
        write_below(Path::new(&folder), &made);
    }
    let old = fixtures();
    let names = |files: &BTreeMap<String, Bytes>| files.keys().map(|name| without_hash(name)).collect::<Vec<_>>();
    assert_eq!(names(&made), names(&old));
    for (name, bytes) in made.iter().filter(|(name, _)| name.strip_suffix(".json").is_some()) {
        assert_eq!(record(bytes), record(&old[name]), "{name}");
    }
}

/// A checkpoint's name has the hash of its bytes.
fn without_hash(name: &str) -> String {
    let parts = name.strip_suffix(".parquet").and_then(|name| name.rsplit_once('-'));
    match parts {
        Some((version, hash)) if hash.len() == 32 => format!("{version}-….parquet"),
        _ => name.to_owned(),
    }
}

fn record(bytes: &Bytes) -> Value {
    let text = std::str::from_utf8(bytes).unwrap();
    let mut record: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    record["parent"] = Value::Null;
    for file in record["add"].as_array_mut().unwrap() {
        for depends_on_encoding in ["len", "end", "tail", "sum"] {
            assert!(file[depends_on_encoding].take() != Value::Null, "{depends_on_encoding}");
        }
    }
    record
}
