//! What is read: row groups of the range, datasets of the key, nothing where statistics answer; order without a sort.
#![cfg(feature = "datafusion")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod suite;

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use varvite_dataset::{Dataset, WriteOptions};
use varvite_sql::{DataFusionExecutor, Limits, Query, QueryExecutor, RunStatistics};

const ROWS: i64 = 400_000;
const EACH: u64 = 20_000;

fn numbers(folder: &tempfile::TempDir) -> Dataset {
    let dataset = Dataset::open_or_new(folder.path().join("numbers")).unwrap();
    let x = Int64Array::from_iter_values(0..ROWS);
    let y = Int64Array::from_iter_values((0..ROWS).map(|x| (x * 7919) % 1000));
    let rows = [("x", Arc::new(x) as ArrayRef), ("y", Arc::new(y) as ArrayRef)];
    let mut options = WriteOptions::ordered_on("x");
    options.row_group_target_size = Some(EACH.into());
    let _ = dataset.write(RecordBatch::try_from_iter(rows).unwrap(), &options).unwrap();
    dataset
}

fn run(dataset: &Dataset, sql: &str) -> (Vec<Vec<String>>, RunStatistics, String) {
    let executor = DataFusionExecutor::try_new().unwrap();
    let query = Query::new(sql).with_table("t", dataset.clone());
    let text = executor.plan(&query).unwrap().text;
    let mut run = executor.execute(&query, &Limits::default()).unwrap();
    let rows = run.by_ref().flat_map(|batch| suite::text(&batch.unwrap())).collect();
    (rows, run.statistics(), text)
}

#[test]
fn only_row_groups_of_the_range_are_opened() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = numbers(&folder);
    let (rows, statistics, text) = run(&dataset, "SELECT sum(y) AS s FROM t WHERE x >= 50000 AND x < 70000");
    assert_eq!(rows.len(), 1);
    assert_eq!((statistics.rows_read, statistics.row_groups), (Some(20_000), Some((2, 20))));
    assert!(text.contains("row groups 2 of 20, x in 50000..70000, columns [y]"), "{text}");
    assert!(!text.contains("FilterExec"), "the range is exact: {text}");

    let (rows, statistics, _) = run(&dataset, "SELECT y FROM t WHERE x IN (5, 399999) ORDER BY x");
    assert_eq!((rows.len(), statistics.rows_read, statistics.row_groups), (2, Some(2), Some((2, 20))));
    let (rows, statistics, _) = run(&dataset, "SELECT y FROM t WHERE x > 400000");
    assert_eq!((rows.len(), statistics.row_groups), (0, Some((0, 20))));
}

#[test]
fn order_needs_no_sort_and_a_limit_ends_early() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = numbers(&folder);
    let (rows, statistics, text) = run(&dataset, "SELECT x FROM t ORDER BY x");
    assert!(rows.len() == 400_000 && rows.windows(2).all(|pair| pair[0][0].len() <= pair[1][0].len()));
    assert!(!text.contains("SortExec"), "{text}");
    assert_eq!(statistics.row_groups, Some((20, 20)));

    let (rows, statistics, text) = run(&dataset, "SELECT x, y FROM t WHERE x >= 30000 ORDER BY x LIMIT 3");
    assert_eq!(rows.iter().map(|row| row[0].as_str()).collect::<Vec<_>>(), ["30000", "30001", "30002"]);
    assert!(!text.contains("SortExec") && text.contains("limit 3"), "{text}");
    assert!(statistics.row_groups.unwrap().0 <= 2 && statistics.rows_read.unwrap() <= 6, "{statistics:?}");

    let (rows, statistics, _) = run(&dataset, "SELECT x FROM t LIMIT 5");
    assert_eq!((rows.len(), statistics.row_groups), (5, Some((1, 20))));
}

#[test]
fn statistics_answer_without_reading() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = numbers(&folder);
    let (rows, statistics, _) = run(&dataset, "SELECT count(*) AS n, min(x) AS a, max(x) AS z FROM t");
    assert_eq!(rows, [["400000", "0", "399999"]]);
    assert!(matches!(statistics.row_groups, None | Some((0, _))), "{statistics:?}");
    let (rows, statistics, _) = run(&dataset, "SELECT count(*) AS n FROM t WHERE x >= 20000 AND x < 60000");
    assert_eq!((rows, statistics.row_groups.map(|(read, _)| read)), (vec![vec!["40000".to_owned()]], Some(0)));
}

#[test]
fn a_filter_on_keys_opens_its_datasets_alone() {
    let fixture = suite::Fixture::new();
    let executor = DataFusionExecutor::try_new().unwrap();
    let query = Query::new("SELECT id FROM \"Bar\" WHERE symbol = $symbol AND length(symbol) > 3 ORDER BY ts")
        .with_tables(&fixture.tables)
        .with_value("symbol", "O'Neil; DROP TABLE bar--");
    let plan = executor.plan(&query).unwrap();
    assert!(plan.text.contains("1 of 5 datasets") && !plan.text.contains("SortExec"), "{plan}");
    let mut run = executor.execute(&query, &Limits::default()).unwrap();
    let rows: Vec<_> = run.by_ref().flat_map(|batch| suite::text(&batch.unwrap())).flatten().collect();
    assert_eq!(rows, ["20", "21", "22", "23", "24", "25"]);
    assert_eq!(run.statistics().row_groups, Some((3, 15)));
}
