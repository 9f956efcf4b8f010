//! A query reads the version that it was planned with, beside writers and vacuums; older files get the columns of today.
#![cfg(feature = "datafusion")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod suite;

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray};
use varvite_dataset::{Dataset, WriteOptions};
use varvite_sql::{DataFusionExecutor, Limits, Query, QueryExecutor};

fn options() -> WriteOptions {
    let mut options = WriteOptions::ordered_on("x");
    options.row_group_target_size = Some(1_000.into());
    options
}

fn rows(range: std::ops::Range<i64>) -> RecordBatch {
    let x = Int64Array::from_iter_values(range);
    RecordBatch::try_from_iter([("y", Arc::new(x.clone()) as ArrayRef), ("x", Arc::new(x) as ArrayRef)]).unwrap()
}

#[test]
fn a_run_keeps_its_version_beside_writers() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = Dataset::open_or_new(folder.path().join("d")).unwrap();
    let _ = dataset.write(rows(0..100_000), &options()).unwrap();
    let executor = DataFusionExecutor::try_new().unwrap();
    let query = Query::new("SELECT x, y FROM t ORDER BY x").with_table("t", dataset.clone());
    let limits = Limits::default().with_batch_rows(500);
    let mut run = executor.execute(&query, &limits).unwrap();
    let first = run.next().unwrap().unwrap().num_rows();
    // Another handle rewrites all of it, and tidies up.
    let other = Dataset::open(folder.path().join("d")).unwrap();
    let _ = other.delete_range(0..100_000, &options()).unwrap();
    let _ = other.write(rows(5..50), &options()).unwrap();
    let read: usize = run.map(|batch| batch.unwrap().num_rows()).sum();
    assert_eq!(first + read, 100_000);
    // The handle that was given still sees its version, until it is refreshed.
    assert_eq!(suite::rows(&executor, &query.clone().with_sql("SELECT count(*) AS n FROM t")).unwrap(), [["100000"]]);
    assert!(dataset.refresh().unwrap());
    assert_eq!(suite::rows(&executor, &query.with_sql("SELECT count(*) AS n FROM t")).unwrap(), [["45"]]);
}

#[test]
fn a_version_that_expired_is_told_by_its_own_code() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = Dataset::open_or_new(folder.path().join("d")).unwrap();
    let _ = dataset.write(rows(0..5_000), &options()).unwrap();
    let old = Dataset::open(folder.path().join("d")).unwrap();
    std::fs::remove_dir_all(folder.path().join("d")).unwrap();
    let executor = DataFusionExecutor::try_new().unwrap();
    let query = Query::new("SELECT sum(y) AS s FROM t").with_table("t", old);
    let error = executor.execute(&query, &Limits::default()).unwrap().collect_batch().unwrap_err();
    assert!(matches!(error, varvite_sql::Error::Dataset { .. }), "{error:?}");
}

#[test]
fn older_rows_have_the_columns_of_today() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = Dataset::open_or_new(folder.path().join("d")).unwrap();
    let x = |values: Vec<i64>| Arc::new(Int64Array::from(values)) as ArrayRef;
    let narrow = [("x", x(vec![1, 2, 3])), ("y", Arc::new(Int32Array::from(vec![7, 8, 9])) as ArrayRef)];
    let _ = dataset.write(RecordBatch::try_from_iter(narrow).unwrap(), &options()).unwrap();
    let wide = RecordBatch::try_from_iter([
        ("x", x(vec![4])),
        ("y", x(vec![10_000_000_000])),
        ("note", Arc::new(StringArray::from(vec!["new"])) as ArrayRef),
    ]);
    let evolving = options().with_evolution(true);
    let _ = dataset.write(wide.unwrap(), &evolving).unwrap();
    let executor = DataFusionExecutor::try_new().unwrap();
    let ask = |sql: &str| suite::rows(&executor, &Query::new(sql).with_table("t", dataset.clone())).unwrap();
    assert_eq!(ask("SELECT y, note FROM t WHERE x >= 3 ORDER BY x"), [["9", "null"], ["10000000000", "new"]]);
    assert_eq!(ask("SELECT count(*) AS n, count(note) AS m, min(x) AS a FROM t"), [["4", "1", "1"]]);
}
