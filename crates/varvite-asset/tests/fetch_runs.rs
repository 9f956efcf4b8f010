//! How a fetch runs: order, bounds, progress, runtimes, streams, checks.
#![allow(clippy::unwrap_used, clippy::result_large_err, reason = "tests")]

mod fetching;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fetching::{Station, Weather, block_on, catalog, catalog_on, day, rows, span, stations, write};
use futures_util::{StreamExt, TryStreamExt};
use varvite_asset::chrono::{DateTime, Utc};
use varvite_asset::{AssetWrite, Batches, Collection, Error, FeatureModel, Fetch, FetchOptions, Progress, Want};
use varvite_storage::{DelayingStorage, MemoryStorage, Operation, Storage};

/// A catalog of stations whose reads take a while.
fn slow(count: i64) -> varvite_asset::Catalog {
    let memory: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let _ = catalog_on(Arc::clone(&memory)).write(&stations(1, count, 10), &AssetWrite::replace()).unwrap();
    catalog_on(Arc::new(DelayingStorage::new(memory, Duration::from_millis(3), [Operation::GetRange])))
}

#[test]
fn order_is_that_of_the_plan_whatever_is_ready_first() {
    let catalog = slow(30);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    for most in [1, 3, 16] {
        let options = FetchOptions::default().with_max_concurrent(most);
        let found = runtime.block_on(catalog.fetch_rows::<Station>(span(".."), &options)).unwrap();
        assert_eq!(*found, stations(1, 30, 10), "{most} at a time");
    }
}

#[test]
fn two_runtimes_fetch_from_one_catalog_at_once() {
    let catalog = slow(10);
    let fetchers: Vec<_> = (0..4)
        .map(|_| {
            let catalog = catalog.clone();
            std::thread::spawn(move || {
                block_on(catalog.fetch_rows::<Station>(span(".."), &FetchOptions::default())).unwrap().into_inner()
            })
        })
        .collect();
    for fetcher in fetchers {
        assert_eq!(fetcher.join().unwrap(), stations(1, 10, 10));
    }
}

/// Notes how many reads there are at a time.
#[derive(Debug)]
struct AtOnce {
    now: AtomicUsize,
    most: AtomicUsize,
}

#[test]
fn no_more_scans_read_than_allowed() {
    let memory: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let _ = catalog_on(Arc::clone(&memory)).write(&stations(1, 24, 10), &AssetWrite::replace()).unwrap();
    let at_once = Arc::new(AtOnce { now: AtomicUsize::new(0), most: AtomicUsize::new(0) });
    let catalog = catalog_on(Arc::new(fetching::Watched {
        inner: memory,
        watch: {
            let at_once = Arc::clone(&at_once);
            Box::new(move |begins| {
                if begins {
                    let now = at_once.now.fetch_add(1, Ordering::SeqCst) + 1;
                    at_once.most.fetch_max(now, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(2));
                } else {
                    at_once.now.fetch_sub(1, Ordering::SeqCst);
                }
                Ok(())
            })
        },
    }));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let fetch = |options: FetchOptions| {
        at_once.most.store(0, Ordering::SeqCst);
        let found = runtime.block_on(catalog.fetch_rows::<Station>(span(".."), &options)).unwrap();
        assert_eq!(found.len(), 240);
        at_once.most.load(Ordering::SeqCst)
    };
    // A scan reads its columns side by side, so a scan alone may have several reads.
    let alone = fetch(FetchOptions::default().with_max_concurrent(1));
    let three = fetch(FetchOptions::default().with_max_concurrent(3));
    assert!(three > alone && three <= 3 * alone, "{alone} alone, {three} of three");
    // With no bytes to spare, each scan runs alone.
    let without_bytes = fetch(FetchOptions::default().with_max_bytes_in_flight(1));
    assert!(without_bytes <= alone, "{alone} alone, {without_bytes} without bytes");
}

#[test]
fn progress_ends_with_all_that_was_planned() {
    let catalog = slow(12);
    let seen: Arc<Mutex<Vec<Progress>>> = Arc::default();
    let calls = Arc::clone(&seen);
    let options = FetchOptions::default().with_progress(move |progress| calls.lock().unwrap().push(*progress));
    block_on(catalog.fetch_rows::<Station>(span(".."), &options)).unwrap();
    let seen = seen.lock().unwrap();
    let (first, last) = (seen.first().unwrap(), seen.last().unwrap());
    assert_eq!((first.scans, first.scans_done, first.rows), (12, 0, 0));
    assert_eq!((last.scans_done, last.rows, last.fields_done, last.bytes_done), (12, 120, 1, last.bytes));
    assert!(seen.windows(2).all(|pair| pair[0].rows <= pair[1].rows && pair[0].scans_done <= pair[1].scans_done));
}

#[test]
fn a_stream_gives_what_a_fetch_gives() {
    let catalog = slow(25);
    let options = FetchOptions::default().with_max_concurrent(4);
    block_on(async {
        let streamed: Vec<Station> = catalog.stream::<Station>(span(".."), &options).try_concat().await.unwrap();
        assert_eq!(streamed, stations(1, 25, 10));
        let fetched = catalog.fetch_rows::<Station>(span(".."), &options).await.unwrap();
        assert_eq!(*fetched, streamed);
        let want = Want::new("rows", Arc::new(Station::schema().clone()));
        let batches: Vec<_> = catalog.stream_batches(want, &options).try_collect().await.unwrap();
        let mut rows = Vec::new();
        for batch in &batches {
            Station::decode(batch, &mut rows).unwrap();
        }
        assert_eq!(rows, streamed);
        let error = catalog.stream::<Station>(Fetch::default().columns(["nothing"]), &options).next().await;
        assert!(matches!(error, Some(Err(Error::InvalidOption { .. }))));
    });
}

#[test]
fn a_stream_reads_no_further_than_it_is_taken() {
    let memory: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let _ = catalog_on(Arc::clone(&memory)).write(&stations(1, 40, 10), &AssetWrite::replace()).unwrap();
    let reads = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&reads);
    let watch = Box::new(move |begins| {
        counted.fetch_add(u64::from(begins), Ordering::SeqCst);
        Ok(())
    });
    let catalog = catalog_on(Arc::new(fetching::Watched { inner: memory, watch }));
    block_on(async {
        let all: Vec<Station> =
            catalog.stream::<Station>(span(".."), &FetchOptions::default()).try_concat().await.unwrap();
        assert_eq!(all.len(), 400);
        let each = reads.swap(0, Ordering::SeqCst) / 40;
        let mut stream = catalog.stream::<Station>(span(".."), &FetchOptions::default().with_max_concurrent(2));
        assert_eq!(stream.next().await.unwrap().unwrap(), stations(1, 1, 10));
        tokio::time::sleep(Duration::from_millis(30)).await;
        drop(stream);
        tokio::time::sleep(Duration::from_millis(30)).await;
        let taken = reads.load(Ordering::SeqCst);
        assert!(taken <= each * 4, "{taken} reads for the first piece, where one takes {each}");
    });
}

#[test]
fn batches_have_the_columns_of_the_model() {
    let catalog = catalog();
    write(&catalog, [1], 3);
    let mut collection = Collection::new();
    let mut want = Want::new("rows", Arc::new(Weather::schema().clone()));
    want.columns = Some(vec!["humidity".to_owned(), "station".to_owned()]);
    let batches = collection.add_want::<Batches>(want).unwrap();
    let got = catalog.fetch_collection_blocking(collection, &FetchOptions::default()).unwrap();
    let batch = got[batches].concat().unwrap();
    assert_eq!((batch.num_rows(), got[batches].num_rows()), (3, 3));
    let schema = batch.schema();
    assert_eq!(schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>(), ["humidity", "station"]);
}

/// What was written without checks, read with them.
#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "weather", resolution = "1d", time = at)]
struct Checked {
    at: DateTime<Utc>,
    #[model(check(unique))]
    temperature: f64,
    station: i64,
    #[model(default)]
    humidity: Option<f64>,
}

#[test]
fn rows_that_break_a_check_are_not_returned() {
    let catalog = catalog();
    let mut twice = fetching::rows_of(1, 3, 1);
    twice[2].temperature = twice[0].temperature;
    let _ = catalog.write(&twice, &AssetWrite::replace()).unwrap();
    let fetch = |options: FetchOptions| block_on(catalog.fetch_rows::<Checked>(span(".."), &options));
    let error = fetch(FetchOptions::default()).unwrap_err();
    assert_eq!(error.code(), "VV0615");
    let Error::Scan { place, source, .. } = &error else { panic!("{error:?}") };
    assert!(place.contains(".parquet") && source.to_string().contains("temperature"), "{place}: {source}");
    let found = fetch(FetchOptions::default().with_checks(false)).unwrap();
    assert_eq!((found.len(), found[0].at), (3, day(1)));
    assert_eq!(rows(&catalog, span("..")).len(), 3);
}
