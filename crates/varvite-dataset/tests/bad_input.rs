//! What is refused, with its code and its words, and that nothing is touched by it.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, RecordBatchIterator};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use common::{batch, ints, on_t, open, path, stored, table, tens};
use varvite_dataset::{Dataset, Duplicates, Error, Mode, Rows, ScanOptions, WriteOptions};
use varvite_storage::MemoryStorage;
use varvite_time::Period;

/// The error of a write to a dataset of the rows 1 to 6, which leaves every byte as it is.
#[track_caller]
fn refused(code: &str, rows: impl Into<Rows>, options: &WriteOptions) -> Error {
    let (storage, dataset) = stored();
    let (before, version) = (storage.files(), dataset.snapshot().unwrap().version);
    let error = dataset.write(rows, options).unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    assert_eq!(storage.files(), before, "a refused write left its marks");
    assert_eq!(dataset.snapshot().unwrap().version, version);
    assert_eq!(common::rows(&open(&storage).unwrap()).len(), 6);
    error
}

/// The error of a first write, after which there is nothing still.
#[track_caller]
fn refused_first(code: &str, rows: impl Into<Rows>, options: &WriteOptions) -> Error {
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    let error = dataset.write(rows, options).unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    assert!(storage.files().is_empty() && !dataset.exists());
    error
}

/// The error of a scan of the rows 1 to 6.
#[track_caller]
fn refused_scan(code: &str, options: &ScanOptions) -> Error {
    let error = stored().1.read(options).unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    error
}

fn later(times: &[i64]) -> RecordBatch {
    tens(times.iter().copied())
}

#[test]
fn descending_rows_are_refused() {
    let error = refused("VV0104", later(&[7, 9, 8]), &on_t());
    insta::assert_snapshot!(error, @"column `t` descends at row 2: 8 after 9");
}

#[test]
fn rows_that_descend_from_batch_to_batch_are_refused() {
    let batches = vec![later(&[7, 8]), later(&[]), later(&[8, 9]), later(&[8])];
    let error = refused("VV0104", batches.clone(), &on_t());
    insta::assert_snapshot!(error, @"column `t` descends at row 4: 8 after 9");
    let error = refused("VV0104", batches, &on_t().with_duplicates_on(Duplicates::AllColumns));
    insta::assert_snapshot!(error, @"column `t` descends at row 4: 8 after 9");
}

#[test]
fn a_descent_behind_dropped_duplicates_is_found_at_its_own_row() {
    let batches = vec![later(&[7, 7, 7]), later(&[7, 6])];
    let error = refused("VV0104", batches, &on_t().with_duplicates_on(Duplicates::on(["t"])));
    insta::assert_snapshot!(error, @"column `t` descends at row 4: 6 after 7");
}

#[test]
fn a_missing_value_in_the_ordered_column_is_refused() {
    let null = batch([("t", Arc::new(Int64Array::from(vec![Some(9), None])) as ArrayRef), ("v", ints([0, 0]))]);
    let error = refused("VV0103", vec![later(&[7, 8, 9]), null.clone()], &on_t());
    insta::assert_snapshot!(error, @"column `t` is null at row 4, but rows are ordered on it");
    let error = refused("VV0103", vec![later(&[7, 8, 9]), null.clone()], &on_t().with_sort(true));
    insta::assert_snapshot!(error, @"column `t` is null at row 4, but rows are ordered on it");
    let options = on_t().with_duplicates_on(Duplicates::AllColumns);
    let error = refused("VV0103", vec![later(&[7, 8, 9]), null], &options);
    insta::assert_snapshot!(error, @"column `t` is null at row 4, but rows are ordered on it");
}

#[test]
fn nan_in_the_ordered_column_is_refused() {
    let floats = |values: Vec<f64>| batch([("t", Arc::new(Float64Array::from(values)) as ArrayRef)]);
    let error = refused_first("VV0103", vec![floats(vec![0.0, 1.0]), floats(vec![2.0, f64::NAN])], &on_t());
    insta::assert_snapshot!(error, @"column `t` is NaN at row 3, but rows are ordered on it");
    let error = refused_first("VV0103", vec![floats(vec![0.0]), floats(vec![-f64::NAN])], &on_t().with_sort(true));
    insta::assert_snapshot!(error, @"column `t` is NaN at row 1, but rows are ordered on it");
}

#[test]
fn columns_that_are_not_the_stored_ones_are_refused() {
    let error = refused("VV0107", batch([("t", ints([7]))]), &on_t());
    insta::assert_snapshot!(error, @"column `v` does not fit the stored schema: the rows do not have it");
    let error = refused("VV0107", batch([("t", ints([7])), ("w", ints([7]))]), &on_t());
    insta::assert_snapshot!(error, @"column `w` does not fit the stored schema: the dataset has no such column");
    let error = refused("VV0107", batch([("t", ints([7])), ("v", ints([7])), ("w", ints([7]))]), &on_t());
    insta::assert_snapshot!(error, @"column `w` does not fit the stored schema: the dataset has no such column");
    let twice = Schema::new(vec![Field::new("t", DataType::Int64, true), Field::new("t", DataType::Int64, true)]);
    let twice = RecordBatch::try_new(Arc::new(twice), vec![ints([1]), ints([2])]).unwrap();
    let error = refused_first("VV0107", twice.clone(), &on_t());
    insta::assert_snapshot!(error, @"column `t` does not fit the stored schema: the name occurs twice");
    let error = refused("VV0107", twice, &on_t());
    insta::assert_snapshot!(error, @"column `t` does not fit the stored schema: the name occurs twice");
}

#[test]
fn a_column_given_twice_is_refused() {
    let field = |name: &str| Field::new(name, DataType::Int64, true);
    let schema = Arc::new(Schema::new(vec![field("t"), field("v"), field("v")]));
    let rows = RecordBatch::try_new(schema, vec![ints([7]), ints([1]), ints([2])]).unwrap();
    let error = refused("VV0107", rows, &on_t());
    insta::assert_snapshot!(error, @"column `v` does not fit the stored schema: the name occurs twice");
}

#[test]
fn another_type_is_refused() {
    let narrow = Arc::new(Int32Array::from(vec![7])) as ArrayRef;
    let error = refused("VV0107", batch([("t", ints([7])), ("v", narrow.clone())]), &on_t());
    insta::assert_snapshot!(error, @"column `v` does not fit the stored schema: it is Int64 there and Int32 here");
    let error = refused("VV0107", batch([("t", narrow), ("v", ints([7]))]), &on_t());
    insta::assert_snapshot!(error, @"column `t` does not fit the stored schema: it is Int64 there and Int32 here");
}

#[test]
fn a_second_batch_with_other_columns_is_refused_as_a_whole() {
    let error = refused("VV0107", vec![later(&[7, 8]), batch([("t", ints([9]))])], &on_t());
    insta::assert_snapshot!(error, @"column `v` does not fit the stored schema: the rows do not have it");
    let error = refused_first("VV0107", vec![later(&[7, 8]), batch([("t", ints([9]))])], &on_t());
    insta::assert_snapshot!(error, @"column `v` does not fit the stored schema: the rows do not have it");
}

#[test]
fn nulls_where_the_dataset_has_none_are_refused() {
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    let strict =
        Arc::new(Schema::new(vec![Field::new("t", DataType::Int64, false), Field::new("v", DataType::Int64, false)]));
    let rows = RecordBatch::try_new(strict, vec![ints([1]), ints([1])]).unwrap();
    let _ = dataset.write(rows, &on_t()).unwrap();
    let before = storage.files();
    let null = Arc::new(Int64Array::from(vec![None::<i64>])) as ArrayRef;
    let error = dataset.write(batch([("t", ints([2])), ("v", null)]), &on_t()).unwrap_err();
    assert_eq!((error.code(), storage.files()), ("VV0107", before));
    insta::assert_snapshot!(error, @"column `v` does not fit the stored schema: it has no nulls there, and some here");
}

#[test]
fn rows_without_columns_are_refused() {
    let error = refused_first("VV0107", RecordBatch::new_empty(Arc::new(Schema::empty())), &on_t());
    insta::assert_snapshot!(error, @"column `` does not fit the stored schema: there are no columns");
}

#[test]
fn an_ordered_column_that_is_not_there_is_refused() {
    let rows = || batch([("time", ints([1])), ("v", ints([1]))]);
    let error = refused_first("VV0106", rows(), &WriteOptions::ordered_on("tine"));
    insta::assert_snapshot!(error, @"there is no column `tine`: did you mean `time`?");
    let error = refused_first("VV0106", rows(), &WriteOptions::ordered_on(["time", "inner"]));
    insta::assert_snapshot!(error, @"there is no column `time.inner`: did you mean `time`?");
    let error = refused_first("VV0106", rows(), &WriteOptions::ordered_on(""));
    insta::assert_snapshot!(error, @"there is no column ``");
}

#[test]
fn a_type_without_order_is_refused() {
    let error = refused_first("VV0105", batch([("t", Arc::new(BooleanArray::from(vec![true])) as ArrayRef)]), &on_t());
    insta::assert_snapshot!(error, @"rows cannot be ordered on column `t` of type Boolean: use integers, floats, decimals, dates, timestamps or strings");
}

#[test]
fn a_duplicates_column_that_is_not_there_is_refused() {
    let rows = || batch([("t", ints([7])), ("v", ints([7]))]);
    let error = refused("VV0106", rows(), &on_t().with_duplicates_on(Duplicates::on(["vv"])));
    insta::assert_snapshot!(error, @"there is no column `vv`: did you mean `v`?");
    let error = refused("VV0106", rows(), &on_t().with_duplicates_on(Duplicates::on(["symbol"])));
    insta::assert_snapshot!(error, @"there is no column `symbol`");
    let _ = refused("VV0106", Rows::none(), &on_t().with_duplicates_on(Duplicates::on(["symbol"])));
}

#[test]
fn a_period_needs_a_temporal_column() {
    let options = on_t().with_row_group_target_size(Period::DAY);
    let error = refused("VV0111", later(&[7]), &options);
    insta::assert_snapshot!(error, @"option `row_group_target_size` is not usable: a period needs a date or a timestamp, but column `t` is Int64: give a number of rows");
}

#[test]
fn a_target_of_no_rows_is_refused() {
    let error = refused("VV0111", later(&[7]), &on_t().with_row_group_target_size(0));
    insta::assert_snapshot!(error, @"option `row_group_target_size` is not usable: a row group has at least 1 row");
    let _ = refused_first("VV0111", later(&[7]), &on_t().with_row_group_target_size(0));
    let _ = refused_first("VV0111", Rows::none(), &on_t().with_row_group_target_size(0));
}

#[test]
fn another_ordered_column_is_refused() {
    let error = refused("VV0108", later(&[7]), &WriteOptions::ordered_on("v"));
    insta::assert_snapshot!(error, @"the dataset is ordered on `t`, not on `v`");
    let error = refused("VV0108", Rows::none(), &WriteOptions::ordered_on(["t", "t"]));
    insta::assert_snapshot!(error, @"the dataset is ordered on `t`, not on `t.t`");
}

#[test]
fn a_new_dataset_without_an_ordered_column_is_refused() {
    let error = refused_first("VV0109", later(&[7]), &WriteOptions::default());
    insta::assert_snapshot!(error, @"a new dataset needs a column that it is ordered on");
    let _ = refused_first("VV0109", Rows::none(), &WriteOptions::default().with_metadata("a", "b"));
}

#[test]
fn rows_appended_behind_the_newest_are_refused() {
    let error = refused("VV0114", later(&[5, 9]), &on_t().with_mode(Mode::Append));
    insta::assert_snapshot!(error, @"rows begin at 5, before the newest stored 6, and can only be merged");
}

#[test]
fn input_that_breaks_off_changes_nothing() {
    let batches = vec![Ok(later(&[0, 7])), Err(ArrowError::ComputeError("the source is gone".to_owned()))];
    let reader = RecordBatchIterator::new(batches, later(&[]).schema());
    let error = refused("VV0141", Rows::reader(reader), &on_t());
    insta::assert_snapshot!(error, @"the input could not be read");
}

#[test]
fn another_key_is_refused() {
    let storage = MemoryStorage::new();
    let at = |key: &str| Dataset::at(Arc::new(storage.clone()), path("d"), Some(key.to_owned()));
    let (upper, lower) = (at("A").unwrap(), at("a").unwrap());
    let _ = upper.write(later(&[1]), &on_t()).unwrap();
    let before = storage.files();
    let error = at("a").unwrap_err();
    assert_eq!(error.code(), "VV0110");
    insta::assert_snapshot!(error, @"the dataset at `d` belongs to key `A`, not to `a`");
    // Opened before the other key was there.
    assert_eq!(lower.write(later(&[2]), &on_t()).unwrap_err().code(), "VV0110");
    assert_eq!(lower.check(true).unwrap_err().code(), "VV0110");
    assert_eq!(lower.repair(true).unwrap_err().code(), "VV0110");
    assert_eq!(storage.files(), before);
}

#[test]
fn a_row_group_that_is_not_there_is_refused() {
    let error = refused_scan("VV0113", &ScanOptions::default().with_row_groups([0, 3]));
    insta::assert_snapshot!(error, @"there is no row group 3: the dataset has 3");
}

#[test]
fn row_groups_out_of_order_are_refused() {
    let error = refused_scan("VV0111", &ScanOptions::default().with_row_groups([1, 0]));
    insta::assert_snapshot!(error, @"option `row_groups` is not usable: positions ascend, but 0 follows 1");
    let error = refused_scan("VV0111", &ScanOptions::default().with_row_groups([1, 1]));
    insta::assert_snapshot!(error, @"option `row_groups` is not usable: positions ascend, but 1 follows 1");
}

#[test]
fn a_column_that_is_not_there_cannot_be_read() {
    let error = refused_scan("VV0106", &ScanOptions::default().with_columns(["t", "V"]));
    insta::assert_snapshot!(error, @"there is no column `V`");
    let dataset = open(&MemoryStorage::new()).unwrap();
    let _ = dataset.write(batch([("t", ints([1])), ("price", ints([1]))]), &on_t()).unwrap();
    let error = dataset.read(&ScanOptions::default().with_columns(["prize"])).unwrap_err();
    insta::assert_snapshot!(error, @"there is no column `prize`: did you mean `price`?");
}

#[test]
fn a_bound_of_another_type_is_refused() {
    let error = refused_scan("VV0112", &ScanOptions::default().with_range("soon"..));
    insta::assert_snapshot!(error, @"`soon` is no Int64: write it as the column does");
    let error = refused_scan("VV0112", &ScanOptions::default().with_range(.."2.5"));
    insta::assert_snapshot!(error, @"`2.5` is no Int64: write it as the column does");
    let error = refused_scan("VV0112", &ScanOptions::default().with_range(2.5..));
    insta::assert_snapshot!(error, @"`Float(2.5)` is no Int64: give the bound in the column's own type, or as text");
    let error = refused_scan("VV0112", &ScanOptions::default().with_range(..u64::MAX));
    insta::assert_snapshot!(error, @"`UInt(18446744073709551615)` is no Int64: give the bound in the column's own type, or as text");
    let _ = refused_scan("VV0112", &ScanOptions::default().with_range(""..));
}

#[test]
fn batches_of_no_rows_are_batches_of_one() {
    let mut options = ScanOptions::default();
    options.batch_size = 0;
    assert_eq!(stored().1.read(&options).unwrap().num_rows(), 6);
}

#[test]
fn the_largest_target_is_a_target() {
    let (_, dataset) = stored();
    let options = on_t().with_row_group_target_size(u64::MAX).with_max_n_off_target_rgs(0);
    let _ = dataset.write(tens([7]), &options).unwrap();
    assert_eq!(common::rows(&dataset).len(), 7);
}

#[test]
fn nothing_is_read_where_nothing_is_stored() {
    let dataset = open(&MemoryStorage::new()).unwrap();
    for error in [
        dataset.read(&ScanOptions::default()).unwrap_err(),
        dataset.check(false).unwrap_err(),
        dataset.remove().unwrap_err(),
    ] {
        assert_eq!(error.code(), "VV0101", "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Dataset::open(folder.path().join("d")).unwrap_err().code(), "VV0101");
}

#[test]
fn names_that_no_dataset_can_have_are_refused() {
    let at = |name: &str| Dataset::at(Arc::new(MemoryStorage::new()), path(name), None).unwrap_err();
    for name in ["", ".d", "_d", "d_opdmd", "d.lock", "d.LOCK", "a/.d", "a/d_opdmd"] {
        assert_eq!(at(name).code(), "VV0102", "{name}");
    }
    insta::assert_snapshot!(at("_d"), @"a dataset cannot be named `_d`: names that are empty or begin with `.` or `_` are kept for other uses");
    insta::assert_snapshot!(at("d_opdmd"), @"a dataset cannot be named `d_opdmd`: names that end in `_opdmd` or `.lock` are kept for a dataset's own files");
    for name in ["", "/", "..", "a/..", "a/b\\c", "a/.d"] {
        assert_eq!(Dataset::open_or_new(name).unwrap_err().code(), "VV0102", "{name}");
    }
    insta::assert_snapshot!(Dataset::open_or_new("..").unwrap_err(), @"a dataset cannot be named `..`: it ends without a name");
}

#[test]
fn a_dataset_inside_the_folders_of_another_is_refused() {
    for name in ["d_opdmd/x", "d_opdmd/replaced", "a/d_opdmd/replaced/x"] {
        let error = Dataset::at(Arc::new(MemoryStorage::new()), path(name), None).unwrap_err();
        assert_eq!(error.code(), "VV0102", "{name}");
    }
}

/// Every file below a folder with its bytes, but for locks, which are always empty.
fn files_below(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            files.extend(files_below(&entry.path()));
        } else if entry.path().extension().is_none_or(|extension| extension != "lock") {
            files.push((entry.path(), fs::read(entry.path()).unwrap()));
        }
    }
    files.sort();
    files
}

#[test]
fn a_file_where_the_dataset_belongs_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("d"), "mine").unwrap();
    let before = files_below(folder.path());
    let error =
        Dataset::open_or_new(folder.path().join("d")).and_then(|d| d.write(table(&[(1, 1)]), &on_t())).unwrap_err();
    assert_eq!((error.code(), files_below(folder.path())), ("VV0140", before));
    insta::assert_snapshot!(error, @"creating of the dataset at `d` failed");
    insta::assert_snapshot!(std::error::Error::source(&error).unwrap(), @"`d` is a file, where a folder belongs");
    // A file as the parent.
    let error = Dataset::open_or_new(folder.path().join("d/e")).unwrap_err();
    assert_eq!(error.code(), "VV0140");
    insta::assert_snapshot!(error, @"opening of the dataset at `e` failed");
}

#[test]
#[cfg(unix)]
fn a_link_where_the_dataset_belongs_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink("elsewhere", folder.path().join("d")).unwrap();
    let error =
        Dataset::open_or_new(folder.path().join("d")).and_then(|d| d.write(table(&[(1, 1)]), &on_t())).unwrap_err();
    assert_eq!(error.code(), "VV0140");
    assert!(files_below(&folder.path().join("elsewhere")).is_empty());
}

#[test]
#[cfg(unix)]
fn a_folder_without_permission_is_left_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let dataset = Dataset::open_or_new(folder.path().join("d")).unwrap();
    let _ = dataset.write(tens([1, 2]), &on_t()).unwrap();
    let before = files_below(folder.path());
    let set = |mode| {
        for name in ["d", "d_opdmd"] {
            fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    set(0o555);
    if fs::write(folder.path().join("d/probe"), "").is_ok() {
        return; // the superuser needs no permission
    }
    let error = dataset.write(tens([1, 3]), &on_t()).unwrap_err();
    let read = Dataset::open(folder.path().join("d")).unwrap().read(&ScanOptions::default()).unwrap().num_rows();
    set(0o755);
    assert_eq!((error.code(), read, files_below(folder.path())), ("VV0140", 2, before));
    insta::assert_snapshot!(error, @"writing a data file of the dataset at `d` failed");
}
