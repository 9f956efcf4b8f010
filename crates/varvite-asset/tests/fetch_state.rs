//! Shared values: one fetch for all who ask, kept until refreshed or cleared. And the cache: what was read is not read
//! again, and what was overwritten is.
#![allow(clippy::unwrap_used, clippy::result_large_err, reason = "tests")]

mod fetching;

use std::sync::Arc;
use std::time::Duration;

use fetching::{Weather, block_on, catalog_on, now, rows_of, span, write};
use varvite_asset::{
    AssetCollection, AssetWrite, Catalog, Collection, FeatureModel, Fetch, FetchOptions, Fetched, Missing, Result,
    Shared,
};
use varvite_storage::{CountingStorage, DelayingStorage, FailingStorage, Failure, MemoryStorage, Operation, Storage};

#[derive(AssetCollection)]
struct Report {
    #[fetch(start = "2025-01-01", end = "2025-01-06")]
    days: Vec<Weather>,
    #[fetch(latest, tolerance = 30)]
    newest: Vec<Weather>,
}

/// A catalog with three days, the storage that counts below it.
fn counted() -> (Catalog, CountingStorage) {
    let counting = CountingStorage::new(Arc::new(MemoryStorage::new()));
    let catalog = catalog_on(Arc::new(counting.clone()));
    write(&catalog, 1..=3, 10);
    counting.reset();
    (catalog, counting)
}

/// How many files were opened for their rows since the last time.
fn opens(counting: &CountingStorage) -> u64 {
    let counts = counting.reset();
    counts.calls(Operation::GetRange)
}

static EVERYWHERE: Shared<Report> = Shared::new();

#[test]
fn a_static_is_filled_by_whoever_asks_first() {
    let (catalog, _) = counted();
    assert!(EVERYWHERE.peek().is_none());
    let first = block_on(EVERYWHERE.get(&catalog)).unwrap();
    let again = block_on(EVERYWHERE.get(&catalog)).unwrap();
    assert!(Arc::ptr_eq(&first, &again));
    assert_eq!((first.days.len(), first.newest.len()), (30, 10));
    EVERYWHERE.clear();
    assert!(EVERYWHERE.peek().is_none());
    assert_eq!(first.days.len(), 30, "what was handed out stays");
}

#[test]
fn many_who_ask_at_once_are_answered_by_one_fetch() {
    let (catalog, counting) = counted();
    let alone = Shared::<Report>::new();
    block_on(alone.get(&catalog)).unwrap();
    let one = opens(&counting);
    assert!(one > 0);
    let shared = Arc::new(Shared::<Report>::new());
    // On two runtimes of several threads each.
    let askers: Vec<_> = (0..2)
        .map(|_| {
            let (shared, catalog) = (Arc::clone(&shared), catalog.clone());
            std::thread::spawn(move || {
                let runtime =
                    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
                runtime.block_on(async move {
                    let asked = (0..8).map(|_| {
                        let (shared, catalog) = (Arc::clone(&shared), catalog.clone());
                        tokio::spawn(async move { shared.get(&catalog).await.unwrap() })
                    });
                    let mut found: Vec<Arc<Fetched<Report>>> = Vec::new();
                    for asked in asked.collect::<Vec<_>>() {
                        found.push(asked.await.unwrap());
                    }
                    found
                })
            })
        })
        .collect();
    let found: Vec<_> = askers.into_iter().flat_map(|asker| asker.join().unwrap()).collect();
    assert_eq!(found.len(), 16);
    assert!(found.iter().all(|other| Arc::ptr_eq(other, &found[0])));
    assert_eq!(opens(&counting), one);
}

#[test]
fn if_the_first_goes_away_the_next_one_fetches() {
    let counting = CountingStorage::new(Arc::new(MemoryStorage::new()));
    write(&catalog_on(Arc::new(counting.clone())), 1..=3, 10);
    let slow = DelayingStorage::new(
        Arc::new(counting.clone()),
        Duration::from_millis(30),
        [Operation::GetRange, Operation::Get, Operation::List],
    );
    let catalog = catalog_on(Arc::new(slow));
    block_on(async {
        let shared = Shared::<Report>::new();
        let first = tokio::time::timeout(Duration::from_millis(40), shared.get(&catalog));
        let second = async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            shared.get(&catalog).await
        };
        let (first, second) = tokio::join!(first, second);
        assert!(first.is_err(), "it was too slow");
        assert_eq!(second.unwrap().days.len(), 30);
    });
}

#[test]
fn if_the_first_fails_the_next_one_fetches() {
    let failing = FailingStorage::new(Arc::new(MemoryStorage::new()));
    let catalog = catalog_on(Arc::new(failing.clone()));
    write(&catalog, 1..=3, 10);
    let shared = Shared::<Report>::new();
    failing.arm(Failure::at_call(1));
    assert!(block_on(shared.get(&catalog)).is_err());
    assert!(shared.peek().is_none());
    assert_eq!(block_on(shared.get(&catalog)).unwrap().days.len(), 30);
}

#[test]
fn a_refresh_keeps_what_did_not_change() {
    let (catalog, counting) = counted();
    let catalog = catalog.with_cache(16 << 20);
    let shared = Shared::<Report>::new();
    let request = Report::request().missing(Missing::Warn);
    let before = block_on(shared.get_with(&catalog, request, &FetchOptions::default())).unwrap();
    assert!(opens(&counting) > 0);
    let same = block_on(shared.refresh(&catalog)).unwrap();
    assert!(Arc::ptr_eq(&before, &same));
    assert_eq!(opens(&counting), 0, "nothing was read but lists");
    // The same with a clock that went on.
    let later = catalog.clone().with_clock(|| now().plus_ns(3_600_000_000_000));
    assert!(Arc::ptr_eq(&before, &block_on(shared.refresh(&later)).unwrap()));

    let _ = catalog.write(&rows_of(3, 5, 2), &AssetWrite::replace()).unwrap();
    counting.reset();
    let after = block_on(shared.refresh(&catalog)).unwrap();
    assert_eq!((before.days.len(), after.days.len(), after.newest.len()), (30, 25, 5));
    assert_eq!(after.days[20..], rows_of(3, 5, 2));
    let hits: u64 = after.summary().fields.iter().map(|field| field.cache_hits).sum();
    assert!(hits >= 2, "the first two days were not read again: {hits}");
    assert!(Arc::ptr_eq(&after, &shared.peek().unwrap()));
    assert_eq!(before.days.len(), 30, "what was handed out stays");
}

#[test]
fn an_overwritten_interval_is_never_stale() {
    let (catalog, counting) = counted();
    let catalog = catalog.with_cache(16 << 20);
    let fetch = || -> Result<Fetched<Vec<Weather>>> {
        block_on(catalog.fetch_rows::<Weather>(span("2025-01-01..2025-01-04"), &FetchOptions::default()))
    };
    let first = fetch().unwrap();
    assert_eq!((first[0].station, first.summary().fields[0].cache_hits), (1, 0));
    counting.reset();
    let again = fetch().unwrap();
    assert_eq!((again.summary().fields[0].cache_hits, opens(&counting)), (3, 0));
    assert_eq!(*again, *first);
    let _ = catalog.write(&rows_of(1, 10, 7), &AssetWrite::replace()).unwrap();
    let after = fetch().unwrap();
    assert_eq!((after[0].station, after.summary().fields[0].cache_hits), (7, 2));
    // Other columns, and a part of a file, are other entries.
    let fewer = Fetch::from(span("2025-01-02T12:00:00Z..2025-01-04")).columns(["station", "temperature"]);
    let fewer = block_on(catalog.fetch_rows::<Weather>(fewer, &FetchOptions::default())).unwrap();
    assert_eq!((fewer.len(), fewer.summary().fields[0].cache_hits), (15, 0));
    assert!(fewer.iter().all(|row| row.humidity.is_none()));
}

/// One file of many bytes is kept, though it is most of what the cache holds.
#[test]
fn a_large_file_is_kept() {
    #[derive(FeatureModel, Debug, Clone, PartialEq)]
    #[model(asset = "texts", undated)]
    struct Text {
        text: String,
    }
    let catalog = catalog_on(Arc::new(MemoryStorage::new())).with_cache(48 << 20);
    let texts: Vec<Text> = (0..4).map(|at| Text { text: at.to_string().repeat(5 << 20) }).collect();
    let _ = catalog.replace(&texts).unwrap();
    let fetch = || block_on(catalog.fetch_rows::<Text>(Fetch::default(), &FetchOptions::default())).unwrap();
    let (first, again) = (fetch(), fetch());
    assert_eq!(first.plan().num_files(), 1);
    let hits = |fetched: &Fetched<Vec<Text>>| fetched.summary().fields[0].cache_hits;
    assert_eq!((hits(&first), hits(&again)), (0, 1));
    assert!(*again == texts);
}

#[test]
fn a_full_cache_lets_go() {
    let (catalog, _) = counted();
    let catalog = catalog.with_cache(1);
    for _ in 0..2 {
        let mut collection = Collection::new();
        let rows = collection.rows::<Weather>("rows", span("..")).unwrap();
        let got = catalog.fetch_collection_blocking(collection, &FetchOptions::default()).unwrap();
        assert_eq!((got[rows].len(), got.summary().fields[0].cache_hits), (30, 0));
    }
    let _: &Arc<dyn Storage> = catalog.storage();
}
