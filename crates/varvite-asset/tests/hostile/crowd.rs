//! Many at once: getters of one value, readers beside writers, writers of different partitions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use varvite_asset::chrono::{DateTime, Utc};
use varvite_asset::{
    AssetCollection, AssetWrite, Catalog, Collection, FeatureModel, FetchOptions, Fetched, Shared, Span,
};
use varvite_storage::{CountingStorage, FailingStorage, Failure, MemoryStorage, Operation};

use super::world::{DAYS, ROWS, Reading, all, block_on, catalog_on, day, once, rows_of, write};

#[derive(AssetCollection)]
struct Report {
    #[fetch(start = "2025-01-01", end = "2025-02-01")]
    rows: Vec<Reading>,
    #[fetch(start = "2025-01-01", end = "2025-02-01")]
    again: Vec<Reading>,
}

/// All ask at once, and the first fetch fails: one error, one more fetch, one value.
#[test]
fn sixty_four_ask_and_the_first_fails() {
    let counting = CountingStorage::new(Arc::new(MemoryStorage::new()));
    let failing = FailingStorage::new(Arc::new(counting.clone()));
    let catalog = catalog_on(&failing);
    write(&catalog, &all(1));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(3).enable_time().build().unwrap();
    counting.reset();
    runtime.block_on(Shared::<Report>::new().get(&catalog)).unwrap();
    let one = counting.reset().calls(Operation::GetRange);
    for nth in [1, 3, 6, 9] {
        let shared: Arc<Shared<Report>> = Arc::default();
        failing.arm(Failure::at_call(nth));
        counting.reset();
        let outcomes = runtime.block_on(async {
            let tasks: Vec<_> = (0..64)
                .map(|_| {
                    let (shared, catalog) = (Arc::clone(&shared), catalog.clone());
                    tokio::spawn(async move { shared.get_with(&catalog, Report::request(), &once()).await })
                })
                .collect();
            let mut outcomes = Vec::new();
            for task in tasks {
                outcomes.push(task.await.unwrap());
            }
            outcomes
        });
        let values: Vec<&Arc<Fetched<Report>>> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()).collect();
        assert_eq!(values.len(), 63, "call {nth}: one got the error");
        assert!(values.iter().all(|value| Arc::ptr_eq(value, values[0]) && value.rows == all(1)));
        let read = counting.reset().calls(Operation::GetRange);
        assert!(read <= 2 * one, "call {nth}: {read} reads, {one} for one fetch");
    }
}

/// Nobody hangs where every fetch fails, and everybody is told.
#[test]
fn sixty_four_ask_and_all_fail() {
    let failing = FailingStorage::new(Arc::new(MemoryStorage::new()));
    let catalog = catalog_on(&failing);
    write(&catalog, &all(1));
    failing.arm(Failure::at_call_of(Operation::GetRange, 1).from_then_on());
    let shared: Arc<Shared<Report>> = Arc::default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(3).enable_time().build().unwrap();
    let failed = runtime.block_on(async {
        let tasks = (0..64).map(|_| {
            let (shared, catalog) = (Arc::clone(&shared), catalog.clone());
            tokio::spawn(async move { shared.get(&catalog).await.is_err() })
        });
        let mut failed = 0;
        for task in tasks.collect::<Vec<_>>() {
            failed += usize::from(task.await.unwrap());
        }
        failed
    });
    assert_eq!(failed, 64);
    assert!(shared.peek().is_none());
    failing.disarm();
    assert_eq!(block_on(shared.get(&catalog)).unwrap().rows, all(1));
}

/// A write of all days is one commit: whoever reads meanwhile has the rows of one write, in all fields.
#[test]
fn readers_see_whole_writes() {
    let folder = tempfile::tempdir().unwrap();
    let writer = Catalog::open(folder.path()).unwrap();
    write(&writer, &all(0));
    let (done, fetches) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for reader in 0..2 {
            let (done, fetches) = (&done, &fetches);
            let catalog = Catalog::open(folder.path()).unwrap();
            let catalog = if reader == 0 { catalog } else { catalog.with_cache(1 << 20) };
            scope.spawn(move || {
                let mut last = 0;
                while !done.load(Ordering::Relaxed) {
                    let report = block_on(catalog.fetch::<Report>(&FetchOptions::default())).unwrap();
                    let value = report.rows[0].value;
                    assert!(value >= last, "time goes on: {value} after {last}");
                    assert_eq!(report.rows, all(value));
                    assert_eq!(report.again, report.rows, "fields of one fetch see one moment");
                    last = value;
                    fetches.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for value in 1..=25 {
            write(&writer, &all(value));
        }
        done.store(true, Ordering::Relaxed);
    });
    assert!(fetches.load(Ordering::Relaxed) > 2);
}

#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "stations", resolution = "1d", time = at)]
struct Station {
    at: DateTime<Utc>,
    #[model(key)]
    number: i64,
    value: i64,
}

/// Catalogs of their own, as processes have them: days and partitions of one asset, replaced and merged, empty ones too.
#[test]
fn writers_of_different_days_and_partitions_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (writers, rounds) = (4_i64, 5_i64);
    std::thread::scope(|scope| {
        for writer in 0..writers {
            let catalog = Catalog::open(folder.path()).unwrap();
            scope.spawn(move || {
                for round in 0..rounds {
                    let of = round * writers + writer;
                    let rows: Vec<Station> =
                        (0..2).map(|station| Station { at: day(of), number: station, value: of }).collect();
                    let how = if writer == 0 { AssetWrite::merge() } else { AssetWrite::replace() };
                    let _ = catalog.write(&rows, &how).unwrap();
                    let span = Span::between(
                        varvite_time::Instant::new(day(100 + of).timestamp(), varvite_time::TimeUnit::Second),
                        varvite_time::Instant::new(day(101 + of).timestamp(), varvite_time::TimeUnit::Second),
                    );
                    let empty = AssetWrite::replace().covering(span).partition("number", "0");
                    let _ = catalog.write::<Station>(&[], &empty).unwrap();
                }
            });
        }
    });
    let catalog = Catalog::open(folder.path()).unwrap();
    let mut collection = Collection::new();
    let handle = collection.rows::<Station>("rows", Span::all()).unwrap();
    let got = catalog.fetch_collection_blocking(collection, &FetchOptions::default()).unwrap();
    let all = writers * rounds;
    let expected: Vec<Station> = (0..2)
        .flat_map(|station| (0..all).map(move |of| Station { at: day(of), number: station, value: of }))
        .collect();
    assert_eq!(got[handle], expected);
    let intervals = &got.plan().fields[0].intervals;
    let written: u64 =
        intervals.written.iter().map(|(run, _)| Station::schema().resolution().unwrap().count(*run)).sum();
    assert_eq!(written, 2 * all.unsigned_abs(), "days with rows, and days without");
    assert_eq!(intervals.found, all.unsigned_abs(), "days without rows were written of one station alone");
}

/// The future of a fetch can be sent to any thread, also with its request and its options.
#[test]
fn fetches_run_in_tasks() {
    let memory = MemoryStorage::new();
    write(&catalog_on(&memory), &all(1));
    let catalog = catalog_on(&memory);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    runtime.block_on(async {
        let tasks = (0..16).map(|task| {
            let catalog = catalog.clone();
            tokio::spawn(async move {
                let options = FetchOptions::default().with_max_concurrent(1 + task % 3);
                if task % 2 == 0 {
                    catalog.fetch::<Report>(&options).await.unwrap().rows.len()
                } else {
                    let request = Report::request().rows("2025-01-01..2025-01-02".parse::<Span>().unwrap());
                    catalog.fetch_with::<Report>(request, &options).await.unwrap().rows.len()
                }
            })
        });
        for (task, handle) in tasks.collect::<Vec<_>>().into_iter().enumerate() {
            let days = if task % 2 == 0 { DAYS } else { 1 };
            assert_eq!(handle.await.unwrap(), usize::try_from(days * ROWS).unwrap());
        }
    });
    assert_eq!(rows_of(0, 1).len(), 40);
}
