//! Time, memory and patience: a run ends when it is told to, wherever the engine is, and from any thread.
#![cfg(feature = "datafusion")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod suite;

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use varvite_sql::{DataFusionExecutor, Limits, MemoryTable, Query, QueryExecutor};

/// A query that takes hours: every row with every row with every row.
const ENDLESS: &str = "SELECT count(*) AS n FROM t a, t b, t c WHERE a.x + b.x > c.x * 3";

fn numbers(rows: i64) -> MemoryTable {
    let numbers: Vec<i64> = (0..rows).map(|x| (x * 7919) % 100_003).collect();
    let batch = |part: &[i64]| {
        RecordBatch::try_from_iter([("x", Arc::new(Int64Array::from(part.to_vec())) as ArrayRef)]).unwrap()
    };
    let batches: Vec<RecordBatch> = numbers.chunks(8192).map(batch).collect();
    MemoryTable::try_new(batches[0].schema(), batches).unwrap()
}

fn query(sql: &str, rows: i64) -> Query {
    Query::new(sql).with_table("t", numbers(rows))
}

#[test]
fn a_run_ends_in_time() {
    let executor = DataFusionExecutor::try_new().unwrap();
    let begun = Instant::now();
    let limits = Limits::default().with_timeout(Duration::from_millis(300));
    let error = executor.execute(&query(ENDLESS, 20_000), &limits).unwrap().collect_batch().unwrap_err();
    assert_eq!(error.code(), "VV1110", "{error}");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[test]
fn a_run_is_cancelled_from_another_thread() {
    let executor = DataFusionExecutor::try_new().unwrap();
    let run = executor.execute(&query(ENDLESS, 20_000), &Limits::default()).unwrap();
    let canceller = run.canceller();
    let waiting = std::thread::spawn(move || (run.collect_batch().unwrap_err(), Instant::now()));
    std::thread::sleep(Duration::from_millis(200));
    let told = Instant::now();
    canceller.cancel();
    let (error, ended) = waiting.join().unwrap();
    assert_eq!(error.code(), "VV1111", "{error}");
    assert!(ended - told < Duration::from_secs(5), "{:?}", ended - told);
}

#[test]
fn a_sort_beyond_its_memory_is_put_aside() {
    let folder = tempfile::tempdir().unwrap();
    // In one part: what several sort at once shares the memory as the machine's threads come by.
    let executor = DataFusionExecutor::try_new().unwrap().with_spill_folder(folder.path());
    let executor = executor.with_partitions(std::num::NonZeroUsize::MIN);
    let limits = Limits::default().with_memory(8 << 20);
    let mut run = executor.execute(&query("SELECT x FROM t ORDER BY x", 1_500_000), &limits).unwrap();
    let (mut rows, mut last) = (0, i64::MIN);
    for batch in run.by_ref() {
        let batch = batch.unwrap();
        for x in batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap().values() {
            assert!(last <= *x);
            last = *x;
        }
        rows += batch.num_rows();
    }
    let statistics = run.statistics();
    assert_eq!(rows, 1_500_000);
    assert!(statistics.spilled.unwrap() > 0 && statistics.peak_memory.unwrap() <= 8 << 20, "{statistics:?}");
}

#[test]
fn what_cannot_be_put_aside_ends_the_run() {
    let executor = DataFusionExecutor::try_new().unwrap();
    let sql = "SELECT count(*) AS n FROM t a JOIN t b ON a.x = b.x";
    let limits = Limits::default().with_memory(200_000);
    let error = executor.execute(&query(sql, 500_000), &limits).unwrap().collect_batch().unwrap_err();
    assert_eq!(error.code(), "VV1112", "{error}");
}

#[test]
fn batches_have_no_more_rows_than_asked_for() {
    let executor = DataFusionExecutor::try_new().unwrap();
    let limits = Limits::default().with_batch_rows(100);
    let run = executor.execute(&query("SELECT x + 1 AS y FROM t ORDER BY y", 1_050), &limits).unwrap();
    let sizes: Vec<usize> = run.map(|batch| batch.unwrap().num_rows()).collect();
    assert!(sizes.iter().all(|rows| *rows <= 100) && sizes.iter().sum::<usize>() == 1_050, "{sizes:?}");
}

#[tokio::test]
async fn it_works_within_a_callers_runtime() {
    let executor = DataFusionExecutor::try_new().unwrap();
    let rows = suite::rows(&executor, &query("SELECT count(*) AS n FROM t", 10)).unwrap();
    assert_eq!(rows, [["10"]]);
    let run = executor.execute(&query(ENDLESS, 1000), &Limits::default()).unwrap();
    drop(executor);
    drop(run);
}
