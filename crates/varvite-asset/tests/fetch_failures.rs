//! What a fetch does when storage fails, hangs or loses files, and when nobody waits any more.
#![allow(clippy::unwrap_used, clippy::result_large_err, reason = "tests")]

mod fetching;

use std::sync::Arc;
use std::time::Duration;

use fetching::{Station, catalog_on, span, stations};
use varvite_asset::{
    AssetWrite, Catalog, Collection, Error, Fetch, FetchOptions, Fetched, LakeFile, LakeWrite, Missing, Result, Retries,
};
use varvite_storage::{
    CountingStorage, DelayingStorage, EntryKind, FailingStorage, Failure, MemoryStorage, Operation, Storage,
    StoragePath,
};

/// A catalog of so many stations, each in a scan of its own, and what fails and counts below it.
fn failing(count: i64) -> (Catalog, FailingStorage, CountingStorage) {
    let counting = CountingStorage::new(Arc::new(MemoryStorage::new()));
    let failing = FailingStorage::new(Arc::new(counting.clone()));
    let catalog = catalog_on(Arc::new(failing.clone()));
    let _ = catalog.write(&stations(1, count, 10), &AssetWrite::replace()).unwrap();
    counting.reset();
    (catalog, failing, counting)
}

async fn fetch(catalog: &Catalog, options: &FetchOptions) -> Result<Fetched<Vec<Station>>> {
    catalog.fetch_rows::<Station>(span(".."), options).await
}

fn retries(attempts: u32) -> FetchOptions {
    let minute = Duration::from_secs(60);
    FetchOptions::default().with_retries(Retries { attempts, first_delay: minute, max_delay: minute * 10 })
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_tried_again_and_no_row_comes_twice() {
    let (catalog, failing, _) = failing(3);
    for nth in 1..40 {
        failing.arm(Failure::at_call_of(Operation::GetRange, nth).transient());
        let found = fetch(&catalog, &retries(2)).await.unwrap();
        assert_eq!(*found, stations(1, 3, 10), "call {nth}");
        assert_eq!(found.summary().fields[0].retries, failing.failed(), "call {nth}");
        if failing.failed() == 0 {
            assert!(nth > 3, "reading takes calls");
            return;
        }
    }
    panic!("reading took too many calls");
}

#[tokio::test(start_paused = true)]
async fn it_is_tried_so_often_and_no_more() {
    let (catalog, failing, _) = failing(1);
    failing.arm(Failure::at_call_of(Operation::GetRange, 1).transient().from_then_on());
    let started = tokio::time::Instant::now();
    let error = fetch(&catalog, &retries(5)).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert_eq!(failing.failed(), 5);
    assert!(started.elapsed() > Duration::from_secs(1), "there were waits");
}

#[tokio::test]
async fn what_lasts_is_not_tried_again_and_names_its_place() {
    let (catalog, failing, counting) = failing(20);
    fetch(&catalog, &FetchOptions::default()).await.unwrap();
    let all = counting.reset().calls(Operation::GetRange);
    failing.arm(Failure::at_call_of(Operation::GetRange, 1));
    let error = fetch(&catalog, &FetchOptions::default().with_max_concurrent(1)).await.unwrap_err();
    assert_eq!(failing.failed(), 1);
    let Error::Scan { field, asset, place, source } = &error else { panic!("{error:?}") };
    assert_eq!((field.as_str(), asset.as_str()), ("rows", "stations 1d v1"));
    assert!(place.contains(".parquet") && place.contains("2025-01-01"), "{place}");
    assert!(matches!(**source, Error::Dataset { .. }), "{source:?}");
    let read = counting.reset().calls(Operation::GetRange);
    assert!(read * 4 < all, "after the first error nothing begins: {read} of {all} reads");
}

#[tokio::test]
async fn files_that_vanished_are_named() {
    let storage = Arc::new(MemoryStorage::new());
    let catalog = catalog_on(storage.clone());
    let _ = catalog.write(&stations(1, 2, 10), &AssetWrite::replace()).unwrap();
    // A plan holds the version; then somebody's vacuum takes its files.
    let root = StoragePath::try_new("features").unwrap();
    let mut folders = vec![root];
    let mut gone = 0;
    while let Some(folder) = folders.pop() {
        for entry in storage.list(&folder).unwrap() {
            let path = folder.join(&entry.name).unwrap();
            if entry.name.ends_with(".parquet") {
                storage.delete(&path).unwrap();
                gone += 1;
            } else if entry.kind == EntryKind::Folder {
                folders.push(path);
            }
        }
    }
    assert_eq!(gone, 2);
    let error = fetch(&catalog, &FetchOptions::default()).await.unwrap_err();
    assert!(matches!(&error, Error::Scan { place, .. } if place.contains(".parquet")), "{error:?}");
}

#[tokio::test]
async fn a_fetch_that_is_dropped_begins_nothing_more() {
    let counting = CountingStorage::new(Arc::new(MemoryStorage::new()));
    let _ = catalog_on(Arc::new(counting.clone())).write(&stations(1, 20, 10), &AssetWrite::replace()).unwrap();
    let slow = DelayingStorage::new(Arc::new(counting.clone()), Duration::from_millis(20), [Operation::GetRange]);
    let catalog = catalog_on(Arc::new(slow));
    counting.reset();
    let all = fetch(&catalog, &FetchOptions::default()).await.map(|_| counting.reset()).unwrap();
    let options = FetchOptions::default().with_max_concurrent(2);
    let dropped = tokio::time::timeout(Duration::from_millis(120), fetch(&catalog, &options)).await;
    assert!(dropped.is_err());
    // What runs comes to its next batch.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let then = counting.counts().calls(Operation::GetRange);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let later = counting.counts().calls(Operation::GetRange);
    assert_eq!(then, later, "nothing goes on");
    assert!(later < all.calls(Operation::GetRange), "{later} of {}", all.calls(Operation::GetRange));
}

/// Fetches on a storage whose listings and looks at metadata are slow, drops that after a while, and tells how many calls
/// there were once no more came, and how many a whole listing has.
async fn listed_until_dropped(
    catalog: &Catalog,
    counting: &CountingStorage,
    wants: impl Fn() -> Collection,
) -> (u64, u64) {
    const READS: [Operation; 4] = [Operation::Get, Operation::GetRange, Operation::Head, Operation::List];
    counting.reset();
    catalog.plan_collection(&wants(), &FetchOptions::default()).unwrap();
    let whole = counting.reset().total();
    let slow = DelayingStorage::new(Arc::new(counting.clone()), Duration::from_millis(5), READS);
    let (catalog, options) = (catalog_on(Arc::new(slow)), FetchOptions::default());
    let fetch = catalog.fetch_collection(wants(), &options);
    assert!(tokio::time::timeout(Duration::from_millis(60), fetch).await.is_err());
    // The thread comes to its next entry.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let then = counting.counts().total();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(then, counting.counts().total(), "nothing goes on");
    (then, whole)
}

#[tokio::test]
async fn a_listing_ends_when_its_fetch_is_dropped() {
    let counting = CountingStorage::new(Arc::new(MemoryStorage::new()));
    let catalog = catalog_on(Arc::new(counting.clone()));
    let _ = catalog.write(&stations(1, 30, 10), &AssetWrite::replace()).unwrap();
    for minute in 0..60 {
        let date = format!("2025-01-01T00:{minute:02}:00Z").parse().unwrap();
        catalog.put(&LakeWrite::new("raw", date, "txt"), "text").unwrap();
    }
    let wants = |fetch: Fetch| {
        let mut wants = Collection::new();
        wants.add::<Vec<LakeFile>>("files", fetch.lake("raw")).unwrap();
        wants
    };
    let rows = || {
        let mut wants = Collection::new();
        wants.rows::<Station>("rows", span("..")).unwrap();
        wants
    };
    for (kind, (calls, whole)) in [
        ("partitions", listed_until_dropped(&catalog, &counting, rows).await),
        ("dates", listed_until_dropped(&catalog, &counting, || wants(span("..").into())).await),
    ] {
        assert!(calls > 2 && calls * 2 < whole, "{kind}: {calls} calls of {whole}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_and_a_fetch_that_take_too_long_end() {
    let memory: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let _ = catalog_on(Arc::clone(&memory)).write(&stations(1, 2, 10), &AssetWrite::replace()).unwrap();
    let slow = DelayingStorage::new(memory, Duration::from_millis(200), [Operation::GetRange]);
    let catalog = catalog_on(Arc::new(slow));
    let limit = Duration::from_millis(50);
    let error = fetch(&catalog, &FetchOptions::default().with_scan_timeout(limit)).await.unwrap_err();
    assert_eq!(error.code(), "VV0620");
    assert!(matches!(&error, Error::Scan { place, .. } if place.contains(".parquet")), "{error:?}");
    let error = fetch(&catalog, &FetchOptions::default().with_timeout(limit)).await.unwrap_err();
    assert_eq!(error.to_string(), "the fetch took longer than 50ms");
    let enough = FetchOptions::default().with_timeout(limit * 200).with_scan_timeout(limit * 100);
    assert_eq!(fetch(&catalog, &enough).await.unwrap().len(), 20);
}

#[tokio::test]
async fn every_field_is_tried_where_that_is_asked_for() {
    let (catalog, failing, _) = failing(2);
    let collection = || {
        let mut collection = Collection::new();
        let good = collection.rows::<Station>("good", Fetch::default().key("station", "001")).unwrap();
        let fails = Fetch::from(span("2025-02-01..2025-02-02")).missing(Missing::Fail);
        let bad = collection.rows::<Station>("bad", fails).unwrap();
        let also = collection.rows::<Station>("also", Fetch::default().key("station", "002")).unwrap();
        (collection, good, bad, also)
    };
    let error = catalog.fetch_collection(collection().0, &FetchOptions::default()).await.unwrap_err();
    assert!(matches!(error, Error::MissingIntervals { .. }), "{error:?}");

    let all = FetchOptions::default().collect_all(true);
    let error = catalog.fetch_collection(collection().0, &all).await.unwrap_err();
    assert!(matches!(&error, Error::Several(errors) if errors.len() == 1), "{error:?}");

    let (wants, good, bad, also) = collection();
    let mut got = catalog.fetch_outcomes(wants, &FetchOptions::default()).await.unwrap();
    assert_eq!(got.errors().map(|(field, _)| field.to_owned()).collect::<Vec<_>>(), ["bad"]);
    assert_eq!(got.take(good).unwrap().unwrap(), stations(1, 1, 10));
    assert!(matches!(got.take(bad), Some(Err(Error::MissingIntervals { .. }))));
    assert_eq!(got.take(also).unwrap().unwrap(), stations(1, 2, 10)[10..]);
    assert!(got.take(also).is_none());
    assert_eq!(got.summary().fields.len(), 2);

    // One that fails while it is read takes none of the others with it.
    failing.arm(Failure::at_call_of(Operation::GetRange, 1));
    let (wants, good, _, also) = collection();
    let mut got = catalog.fetch_outcomes(wants, &FetchOptions::default().with_max_concurrent(1)).await.unwrap();
    let outcomes = [got.take(good).unwrap().is_ok(), got.take(also).unwrap().is_ok()];
    assert_eq!(outcomes.iter().filter(|ok| **ok).count(), 1);
}

#[test]
fn outside_of_a_runtime_it_is_said_what_to_do() {
    let (catalog, ..) = failing(1);
    let options = FetchOptions::default();
    let fetch = fetch(&catalog, &options);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let polled = Box::pin(fetch).as_mut().poll(&mut context);
    assert!(matches!(polled, std::task::Poll::Ready(Err(Error::NoRuntime))));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut collection = Collection::new();
    collection.rows::<Station>("rows", span("..")).unwrap();
    let within = runtime.block_on(async { catalog.fetch_collection_blocking(collection, &FetchOptions::default()) });
    assert!(matches!(within, Err(Error::NoRuntime)));
}
