//! Fetches that are given up at any moment: nothing more begins, no thread stays, the next one works.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use varvite_asset::AssetWrite;
use varvite_asset::chrono::{DateTime, TimeDelta, Utc};
use varvite_asset::{Catalog, FeatureModel, FetchOptions, Shared, Span};
use varvite_storage::{CountingStorage, DelayingStorage, MemoryStorage, Operation};

use super::world::{catalog_on, day};

/// So many partitions, each a scan of its own.
const STATIONS: i64 = 24;

#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "stations", resolution = "1d", time = at)]
struct Station {
    at: DateTime<Utc>,
    #[model(key)]
    station: i64,
}

#[derive(varvite_asset::AssetCollection)]
struct Report {
    #[fetch(start = "2025-01-01", end = "2025-02-01")]
    stations: Vec<Station>,
}

fn rows() -> Vec<Station> {
    let row = |row: i64| Station { at: day(0) + TimeDelta::minutes(row % 5), station: 100 + row / 5 };
    (0..STATIONS * 5).map(row).collect()
}

/// A catalog each of whose calls takes a while, and what counts them.
fn slow() -> (Catalog, CountingStorage) {
    let memory = MemoryStorage::new();
    let _ = catalog_on(&memory).write(&rows(), &AssetWrite::replace()).unwrap();
    let counting = CountingStorage::new(Arc::new(memory));
    let delayed = DelayingStorage::new(Arc::new(counting.clone()), Duration::from_millis(2), Operation::ALL);
    (catalog_on(&delayed), counting)
}

async fn fetched(catalog: &Catalog, options: &FetchOptions) -> usize {
    catalog.fetch_rows::<Station>(Span::all(), options).await.unwrap().len()
}

/// How many reads there were, once none was added for a while.
fn settled(counting: &CountingStorage) -> u64 {
    let mut last = (counting.counts().calls(Operation::GetRange), 0);
    while last.1 < 4 {
        std::thread::sleep(Duration::from_millis(20));
        let now = counting.counts().calls(Operation::GetRange);
        last = if now == last.0 { (now, last.1 + 1) } else { (now, 0) };
    }
    last.0
}

/// The threads of this process.
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

#[test]
fn whenever_it_is_dropped_nothing_more_begins() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(8)
        .enable_time()
        .build()
        .unwrap();
    let (catalog, counting) = slow();
    let options = FetchOptions::default().with_max_concurrent(3);
    let started = std::time::Instant::now();
    assert_eq!(runtime.block_on(fetched(&catalog, &options)), rows().len());
    let whole = started.elapsed();
    let scans = counting.reset().calls(Operation::GetRange);
    // Calls of one scan: those that run when a fetch is dropped may come to their ends.
    let of_scan = scans.div_ceil(u64::try_from(STATIONS).unwrap());
    let mut random = fastrand::Rng::with_seed(3);
    let (mut dropped, mut early) = (0, 0);
    for _ in 0..30 {
        counting.reset();
        let after = whole.mul_f64(random.f64());
        let outcome = runtime.block_on(async { tokio::time::timeout(after, fetched(&catalog, &options)).await });
        let at_drop = counting.counts().calls(Operation::GetRange);
        if outcome.is_err() {
            dropped += 1;
            early += u64::from(at_drop < scans);
            let then = settled(&counting);
            assert!(then <= at_drop + 3 * of_scan, "{at_drop} calls, then {then}, of {scans}");
        }
    }
    assert!(dropped > 5 && early > 3, "{dropped} were dropped, {early} before all was read");
    assert_eq!(runtime.block_on(fetched(&catalog, &options)), rows().len(), "the next one works");
}

#[test]
fn no_thread_stays() {
    let (catalog, _) = slow();
    let options = FetchOptions::default().with_max_concurrent(4);
    let before = threads();
    for round in 0..20 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let wait = Duration::from_millis(round % 7);
        let _ = runtime.block_on(async { tokio::time::timeout(wait, fetched(&catalog, &options)).await });
        // Waits for blocking threads.
        drop(runtime);
    }
    // Other tests of this process have threads of their own: none stays for each round.
    assert!(threads() < before + 20, "{before} threads, then {}", threads());
}

#[test]
fn a_stream_that_is_dropped_reads_no_further() {
    let (catalog, counting) = slow();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
    let options = FetchOptions::default().with_max_concurrent(2);
    counting.reset();
    let all = runtime.block_on(async {
        let mut stream = catalog.stream::<Station>(Span::all(), &options);
        let mut rows = 0;
        while let Some(some) = stream.next().await {
            rows += some.unwrap().len();
        }
        rows
    });
    assert_eq!(all, rows().len());
    let whole = counting.reset().calls(Operation::GetRange);
    runtime.block_on(async {
        let mut stream = catalog.stream::<Station>(Span::all(), &options);
        assert!(stream.next().await.unwrap().is_ok());
    });
    let read = settled(&counting);
    assert!(read < whole / 2, "{read} of {whole}");
}

/// Whoever fetches for all goes away again and again: in the end somebody has the value.
#[test]
fn a_shared_value_survives_those_who_give_up() {
    let (catalog, _) = slow();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let shared: Arc<Shared<Report>> = Arc::default();
    runtime.block_on(async {
        let mut random = fastrand::Rng::with_seed(5);
        let impatient: Vec<_> = (0..16)
            .map(|_| {
                let (shared, catalog) = (Arc::clone(&shared), catalog.clone());
                let wait = Duration::from_micros(random.u64(100..20_000));
                tokio::spawn(async move { tokio::time::timeout(wait, shared.get(&catalog)).await.is_ok() })
            })
            .collect();
        let patient = shared.get(&catalog).await.unwrap();
        assert_eq!(patient.stations.len(), rows().len());
        for task in impatient {
            task.await.unwrap();
        }
        assert!(Arc::ptr_eq(&patient, &shared.get(&catalog).await.unwrap()));
    });
}

/// A runtime that ends in the middle of a fetch leaves the place free for others.
#[test]
fn a_runtime_that_ends_takes_its_fetch_with_it() {
    let (catalog, _) = slow();
    let shared: Arc<Shared<Report>> = Arc::default();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
    let (theirs, catalog_of_theirs) = (Arc::clone(&shared), catalog.clone());
    let task = runtime.spawn(async move { theirs.get(&catalog_of_theirs).await.map(drop) });
    std::thread::sleep(Duration::from_millis(8));
    runtime.shutdown_background();
    drop(task);
    let found = super::world::block_on(shared.get(&catalog)).unwrap();
    assert_eq!(found.stations.len(), rows().len());
}
