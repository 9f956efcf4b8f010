//! Datasets that oups itself wrote (`fixtures/oups/make.py`) become ours: rows, order, types and plain metadata.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int64Type, TimeUnit};
use arrow::util::display::array_value_to_string;
use bytes::Bytes;
use common::path;
use varvite_dataset::{Dataset, Error, ImportReport, Result, ScanOptions, SeedDataset, WriteOptions};
use varvite_storage::{MemoryStorage, Storage};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/oups")
}

/// The files of a fixture, in memory.
fn copied(name: &str) -> MemoryStorage {
    let storage = MemoryStorage::new();
    let metadata = format!("{name}_opdmd");
    storage.replace(&path(&metadata), std::fs::read(fixtures().join(&metadata)).unwrap().into());
    storage.create_folder(&path(name)).unwrap();
    let Ok(folder) = std::fs::read_dir(fixtures().join(name)) else { return storage };
    for entry in folder.map(Result::unwrap) {
        let file = path(&format!("{name}/{}", entry.file_name().to_str().unwrap()));
        storage.replace(&file, std::fs::read(entry.path()).unwrap().into());
    }
    storage
}

fn seed(storage: &MemoryStorage, name: &str) -> Result<SeedDataset> {
    SeedDataset::at(Arc::new(storage.clone()), path(name))
}

fn target() -> Dataset {
    Dataset::at(Arc::new(MemoryStorage::new()), path("new"), None).unwrap()
}

fn import(storage: &MemoryStorage, name: &str, options: &WriteOptions) -> Result<(Dataset, ImportReport)> {
    let dataset = target();
    let report = seed(storage, name)?.import_into(&dataset, options)?;
    Ok((dataset, report))
}

fn read(dataset: &Dataset) -> RecordBatch {
    dataset.read(&ScanOptions::default()).unwrap()
}

fn shown(dataset: &Dataset) -> String {
    let rows = read(dataset);
    let cell = |row: usize, column: &ArrayRef| array_value_to_string(column, row).unwrap();
    let line = |row| {
        rows.columns().iter().map(|column| cell(row, column)).collect::<Vec<_>>().join(" | ").trim_end().to_owned()
    };
    (0..rows.num_rows()).map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn rows_and_plain_metadata_are_imported() {
    let (dataset, report) = import(&copied("day"), "day", &WriteOptions::default()).unwrap();
    assert_eq!((report.num_rows, report.row_groups, report.metadata_kept), (9, 3, 6));
    assert_eq!(report.written.as_ref().map(|written| (written.inserted, written.version_after)), Some((9, Some(0))));
    insta::assert_snapshot!(shown(&dataset), @r"
    2024-03-01T00:00:00 | A | 0.5 | 10
    2024-03-01T03:00:00 | B | 1.5 |
    2024-03-01T06:00:00 | Z | 2.25 | 1
    2024-03-01T09:00:00 | C, é | 3.5 | 40
    2024-03-01T12:00:00 | Y | 4.25 | 2
    2024-03-01T15:00:00 | B | 5.5 | 60
    2024-03-01T18:00:00 | B | 6.5 | 70
    2024-03-01T21:00:00 | A | 7.5 | 80
    2024-03-02T00:00:00 | A | 8.5 | 90
    ");
    let snapshot = dataset.snapshot().unwrap();
    assert_eq!((snapshot.version, snapshot.settings.ordered_on.to_string()), (0, "ts".to_owned()));
    let metadata: Vec<_> = snapshot.key_value_metadata.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let expected = [
        ("count", "3"),
        ("flag", "true"),
        ("owner", "ann"),
        ("same", "ann"),
        ("steps", r#"["a",["b",null]]"#),
        ("unit", "usd"),
    ];
    assert_eq!(metadata, expected);
    assert!(dataset.check(true).unwrap().is_ok());
    insta::assert_snapshot!(report.to_string().lines().next().unwrap(), @"9 rows in 3 row groups, ordered on `ts`; 6 entries of metadata kept");
}

#[test]
fn types_compression_and_categories_are_understood() {
    let (dataset, report) = import(&copied("ticks"), "ticks", &WriteOptions::default()).unwrap();
    assert_eq!((report.num_rows, report.metadata_kept), (12, 0));
    let rows = read(&dataset);
    let types: Vec<DataType> = rows.schema().fields().iter().map(|field| field.data_type().clone()).collect();
    let utc = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
    assert_eq!(types, [DataType::Int32, DataType::Utf8, DataType::Boolean, DataType::Float32, utc]);
    let kinds: Vec<&str> = rows.column(1).as_string::<i32>().iter().map(Option::unwrap).collect();
    assert_eq!(kinds.concat(), "xyzxyzxxxyyy");
    let numbers: ArrayRef = arrow::compute::cast(rows.column(0), &DataType::Int64).unwrap();
    assert_eq!(numbers.as_primitive::<Int64Type>().values().to_vec(), (-3..9).collect::<Vec<_>>());
    assert_eq!((rows.column(2).as_boolean().true_count(), rows.column(3).null_count()), (8, 0));
}

#[test]
fn the_source_is_only_read() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = Dataset::open_or_new(folder.path().join("day")).unwrap();
    let files = |root: &Path| {
        let mut found: Vec<_> = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        found.sort();
        found
    };
    let before = (files(&fixtures()), files(&fixtures().join("day")));
    let seed = SeedDataset::open(fixtures().join("day")).unwrap();
    let plan = seed.plan_import(&dataset, &WriteOptions::default()).unwrap();
    assert_eq!((plan.num_rows, plan.written.clone(), dataset.exists()), (9, None, false));
    let report = seed.import_into(&dataset, &WriteOptions::default()).unwrap();
    assert_eq!(ImportReport::clone(&plan).num_rows, report.num_rows);
    assert_eq!((files(&fixtures()), files(&fixtures().join("day"))), before);
    let again = seed.import_into(&dataset, &WriteOptions::default()).unwrap_err();
    assert!(matches!(again, Error::InvalidOption { option: "target", .. }), "{again}");
}

#[test]
fn metadata_with_objects_is_left_out_and_never_run() {
    let storage = copied("state");
    let missing = import(&storage, "state", &WriteOptions::default()).unwrap_err();
    assert!(matches!(missing, Error::OrderedOnMissing), "{missing}");
    let (dataset, report) = import(&storage, "state", &WriteOptions::ordered_on("ts")).unwrap();
    assert_eq!(
        (report.num_rows, report.metadata_kept, dataset.snapshot().unwrap().key_value_metadata.len()),
        (9, 0, 0)
    );
    let refused = report.metadata_refused.unwrap();
    assert!(refused.starts_with("instruction 0x") && refused.ends_with("builds more than plain values"), "{refused}");
}

#[test]
fn a_dataset_without_rows_keeps_its_metadata() {
    let (dataset, report) = import(&copied("empty"), "empty", &WriteOptions::default()).unwrap();
    assert_eq!((report.num_rows, report.row_groups, dataset.schema()), (0, 0, None));
    assert_eq!(dataset.snapshot().unwrap().key_value_metadata["owner"], "ann");
}

#[test]
fn options_go_before_what_the_source_says() {
    let options =
        WriteOptions::default().with_row_group_target_size(2).with_metadata("owner", "bob").without_metadata("unit");
    let (dataset, report) = import(&copied("day"), "day", &options).unwrap();
    let snapshot = dataset.snapshot().unwrap();
    assert_eq!((report.written.unwrap().row_groups_new, snapshot.key_value_metadata["owner"].as_str()), (5, "bob"));
    assert!(!snapshot.key_value_metadata.contains_key("unit"));
}

#[test]
fn files_that_the_metadata_does_not_name_are_left_out() {
    let storage = copied("day");
    let orphan = storage.get(&path("day/file_00000.parquet")).unwrap();
    storage.replace(&path("day/file_00003.parquet"), orphan);
    storage.replace(&path("day/notes.txt"), Bytes::new());
    let (dataset, report) = import(&storage, "day", &WriteOptions::default()).unwrap();
    assert_eq!((read(&dataset).num_rows(), report.ignored_files), (9, vec!["file_00003.parquet".to_owned()]));
}

#[test]
fn a_source_that_is_not_what_it_says_is_refused() {
    let check = |change: &dyn Fn(&MemoryStorage), expected: &str| {
        let storage = copied("day");
        change(&storage);
        let error = import(&storage, "day", &WriteOptions::default()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    let file = |number: u32| path(&format!("day/file_{number:05}.parquet"));
    let copy =
        |storage: &MemoryStorage, from: u32, to: u32| storage.replace(&file(to), storage.get(&file(from)).unwrap());
    check(&|storage| storage.delete(&file(1)).unwrap(), "`day/file_00001.parquet` is damaged: it is missing");
    check(
        &|storage| copy(storage, 0, 1),
        "it begins at 2024-03-01T00:00:00Z, and the metadata says 2024-03-01T12:00:00Z",
    );
    check(&|storage| copy(storage, 0, 2), "it has 4 rows, and the metadata says 1");
    let ticks = std::fs::read(fixtures().join("ticks/file_00000.parquet")).unwrap();
    check(&|storage| storage.replace(&file(1), ticks.clone().into()), "it has 5 rows, and the metadata says 4");
    check(&|storage| storage.replace(&file(1), "no Parquet"[..].into()), "it has no Parquet footer");
    check(&|storage| storage.replace(&path("day_opdmd"), storage.get(&file(1)).unwrap()), "it has no metadata of oups");
    check(&|storage| storage.delete(&path("day_opdmd")).unwrap(), "there is no dataset at");
}

#[test]
fn rows_that_oups_left_in_disorder_are_sorted_if_asked() {
    const HOUR: i64 = 3_600_000_000_000;
    // Two files of one dataset in each other's place, and a table that agrees: what oups itself can leave.
    let storage = copied("day");
    let swapped = |number: u32| path(&format!("day/file_{number:05}.parquet"));
    let (first, second) = (storage.get(&swapped(0)).unwrap(), storage.get(&swapped(1)).unwrap());
    storage.replace(&swapped(0), second);
    storage.replace(&swapped(1), first);
    let metadata = storage.get(&path("day_opdmd")).unwrap().to_vec();
    let exchange = |bytes: &mut Vec<u8>, column: &[i64]| {
        let at = |value: i64, bytes: &[u8]| bytes.windows(8).position(|window| window == value.to_le_bytes()).unwrap();
        let (a, b) = (at(column[0], bytes), at(column[1], bytes));
        bytes[a..a + 8].copy_from_slice(&column[1].to_le_bytes());
        bytes[b..b + 8].copy_from_slice(&column[0].to_le_bytes());
    };
    let midnight = 1_709_251_200_000_000_000;
    let mut bytes = metadata;
    exchange(&mut bytes, &[midnight, midnight + 12 * HOUR]);
    exchange(&mut bytes, &[midnight + 9 * HOUR, midnight + 21 * HOUR]);
    storage.replace(&path("day_opdmd"), bytes.into());
    let error = import(&storage, "day", &WriteOptions::default()).unwrap_err();
    assert!(matches!(error, Error::Unordered { row: 4, .. }), "{error}");
    let (dataset, _) = import(&storage, "day", &WriteOptions::default().with_sort(true)).unwrap();
    let (plain, _) = import(&copied("day"), "day", &WriteOptions::default()).unwrap();
    assert_eq!(shown(&dataset), shown(&plain));
}

#[test]
fn damaged_bytes_are_an_error_or_harmless_and_never_a_panic() {
    let sound = shown(&import(&copied("day"), "day", &WriteOptions::default()).unwrap().0);
    let mut refused = 0;
    for name in ["day_opdmd", "day/file_00001.parquet", "day/file_00002.parquet"] {
        let bytes = copied("day").get(&path(name)).unwrap();
        for at in 0..bytes.len() {
            let storage = copied("day");
            let mut damaged = bytes.to_vec();
            damaged[at] = damaged[at].wrapping_add(1 << (at % 8));
            storage.replace(&path(name), damaged.into());
            match import(&storage, "day", &WriteOptions::default()) {
                Ok((dataset, _)) => assert!(dataset.check(false).unwrap().is_ok()),
                Err(_) => refused += 1,
            }
            if at % 7 == 0 {
                storage.replace(&path(name), bytes.slice(..at));
                assert!(import(&storage, "day", &WriteOptions::default()).is_err(), "{name} cut to {at}");
            }
        }
    }
    assert!(refused > 1000 && !sound.is_empty(), "{refused}");
}
