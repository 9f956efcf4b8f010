//! Opening the files of a frame: within the bounds, retries and timeouts of its fetch, and no longer than somebody waits.
#![allow(clippy::unwrap_used, clippy::result_large_err, reason = "tests")]

mod fetching;

use std::io::ErrorKind;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fetching::{Station, Watched, catalog_on, day, span, stations};
use tokio::runtime::Builder;
use varvite_asset::chrono::{DateTime, TimeDelta, Utc};
use varvite_asset::{
    AssetWrite, Catalog, Collection, Error, FeatureModel, Fetch, FetchOptions, FieldSummary, Frame, Progress, Result,
    Retries,
};
use varvite_storage::{FailingStorage, Failure, LocalStorage, MemoryStorage, Operation, Storage, StoragePath};

/// Partitions, a file each.
const STATIONS: i64 = 6;

/// A row a minute, a file each, in one partition.
#[derive(FeatureModel, Debug, Clone)]
#[model(asset = "minutes", resolution = "1m", time = at)]
struct Minute {
    at: DateTime<Utc>,
}

/// A folder of files, of which each opening is watched.
struct World {
    folder: tempfile::TempDir,
    openings: Arc<AtomicU64>,
}

impl World {
    fn new() -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap(), openings: Arc::default() };
        let _ = catalog_on(world.files()).write(&stations(1, STATIONS, 10), &AssetWrite::replace()).unwrap();
        world
    }

    fn files(&self) -> Arc<dyn Storage> {
        Arc::new(LocalStorage::open(self.folder.path()).unwrap())
    }

    /// Before each opening, `watch` is asked with its number, from 1.
    fn watched(&self, watch: impl Fn(u64) -> Option<ErrorKind> + Send + Sync + 'static) -> Catalog {
        self.openings.store(0, Ordering::SeqCst);
        let openings = Arc::clone(&self.openings);
        let watch = Box::new(move |begins| {
            let failed = if begins { watch(openings.fetch_add(1, Ordering::SeqCst) + 1) } else { None };
            failed.map_or(Ok(()), |kind| Err(failure(kind)))
        });
        catalog_on(Arc::new(Watched { inner: self.files(), watch }))
    }

    fn openings(&self) -> u64 {
        self.openings.load(Ordering::SeqCst)
    }

    /// How many openings there are once no more come.
    async fn settled(&self) -> u64 {
        let mut last = u64::MAX;
        while last != self.openings() {
            last = self.openings();
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        last
    }
}

fn failure(kind: ErrorKind) -> varvite_storage::Error {
    let path = StoragePath::try_new("some").unwrap();
    varvite_storage::Error::Io { action: "open", path, source: kind.into() }
}

fn retries(attempts: u32) -> FetchOptions {
    let minute = Duration::from_secs(60);
    FetchOptions::default().with_retries(Retries { attempts, first_delay: minute, max_delay: minute * 10 })
}

/// Fetches a frame on a runtime whose time passes at once, and collects it.
fn fetched(catalog: &Catalog, options: &FetchOptions) -> Result<(usize, FieldSummary)> {
    let mut wants = Collection::new();
    let frame = wants.add::<Frame<Station>>("frame", span("..")).unwrap();
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let mut found = runtime.block_on(catalog.fetch_collection(wants, options))?;
    let rows = found.take(frame).unwrap().collect().unwrap().height();
    Ok((rows, found.summary().fields[0].clone()))
}

async fn frame_of<M: FeatureModel>(catalog: &Catalog, options: &FetchOptions) -> Result<()> {
    let mut wants = Collection::new();
    wants.add::<Frame<M>>("frame", span("..")).unwrap();
    catalog.fetch_collection(wants, options).await.map(drop)
}

#[test]
fn what_may_pass_is_tried_again_without_what_is_open_already() {
    let world = World::new();
    for failing in 1..=6 {
        let catalog = world.watched(move |nth| (nth == failing).then_some(ErrorKind::Interrupted));
        let (rows, summary) = fetched(&catalog, &retries(2)).unwrap();
        assert_eq!((rows, summary.retries), (60, 1), "opening {failing}");
        assert_eq!(world.openings(), 7, "opening {failing}");
    }
}

#[test]
fn each_partition_is_tried_as_often_as_a_scan() {
    let world = World::new();
    let catalog = world.watched(|nth| (nth % 3 != 0).then_some(ErrorKind::TimedOut));
    let (rows, summary) = fetched(&catalog, &retries(3)).unwrap();
    assert_eq!((rows, summary.retries), (60, 12));

    let catalog = world.watched(|nth| (nth > 2).then_some(ErrorKind::TimedOut));
    let error = fetched(&catalog, &retries(5)).unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    assert_eq!(world.openings(), 2 + 5);
}

#[test]
fn what_lasts_is_not_tried_again_and_names_its_place() {
    let world = World::new();
    let catalog = world.watched(|nth| (nth == 3).then_some(ErrorKind::PermissionDenied));
    let error = fetched(&catalog, &retries(5)).unwrap_err();
    assert_eq!(world.openings(), 3);
    let Error::Scan { field, asset, place, source } = &error else { panic!("{error:?}") };
    assert_eq!((field.as_str(), asset.as_str()), ("frame", "stations 1d v1"));
    assert!(place.contains(".parquet") && place.contains("2025-01-01"), "{place}");
    assert!(matches!(**source, Error::Dataset { .. }), "{source:?}");
}

#[test]
fn rows_of_a_storage_without_files_are_tried_again() {
    let failing = FailingStorage::new(Arc::new(MemoryStorage::new()));
    let catalog = catalog_on(Arc::new(failing.clone()));
    let _ = catalog.write(&stations(1, STATIONS, 10), &AssetWrite::replace()).unwrap();
    for nth in 1..40 {
        failing.arm(Failure::at_call_of(Operation::GetRange, nth).transient());
        let (rows, summary) = fetched(&catalog, &retries(2)).unwrap();
        assert_eq!((rows, summary.retries), (60, failing.failed()), "call {nth}");
        if failing.failed() == 0 {
            assert!(nth > 6, "reading takes calls");
            return;
        }
    }
    panic!("reading took too many calls");
}

#[tokio::test]
async fn frames_are_opened_by_as_many_scans_as_are_allowed() {
    let world = World::new();
    let (now, most) = (AtomicU64::new(0), Arc::new(AtomicU64::new(0)));
    let seen = Arc::clone(&most);
    let watch = Box::new(move |begins| {
        if begins {
            seen.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(10));
        } else {
            now.fetch_sub(1, Ordering::SeqCst);
        }
        Ok(())
    });
    let catalog = catalog_on(Arc::new(Watched { inner: world.files(), watch }));
    for bound in [1, 2, 4] {
        most.store(0, Ordering::SeqCst);
        let mut wants = Collection::new();
        for at in 0..6 {
            wants.add::<Frame<Station>>(format!("frame {at}"), span("..")).unwrap();
        }
        let options = FetchOptions::default().with_max_concurrent(bound);
        catalog.fetch_collection(wants, &options).await.unwrap();
        let most = usize::try_from(most.load(Ordering::SeqCst)).unwrap();
        assert!(most <= bound, "{most} at once of {bound}");
        assert!(bound == 1 || most > 1, "{most} at once of {bound}");
    }
}

#[tokio::test]
async fn a_fetch_that_is_dropped_opens_nothing_more() {
    let world = World::new();
    let slow = |_| {
        std::thread::sleep(Duration::from_millis(30));
        None
    };
    let catalog = world.watched(slow);
    let options = FetchOptions::default();
    let limit = Duration::from_millis(100);
    assert!(tokio::time::timeout(limit, frame_of::<Station>(&catalog, &options)).await.is_err());
    assert!(world.settled().await < 6, "{} of 6", world.openings());

    let error = frame_of::<Station>(&catalog, &options.clone().with_timeout(limit)).await.unwrap_err();
    assert_eq!(error.to_string(), "the fetch took longer than 100ms");
    let error = frame_of::<Station>(&catalog, &options.with_scan_timeout(limit)).await.unwrap_err();
    assert_eq!(error.code(), "VV0620");
    assert!(matches!(&error, Error::Scan { place, .. } if place.contains(".parquet")), "{error:?}");
}

/// Many files of one partition are opened side by side, yet not all of them before it is asked whether to go on.
#[tokio::test]
async fn nor_the_rest_of_a_partition() {
    const FILES: u64 = 1500;
    let world = World::new();
    let minutes = (0..1500).map(|minute| Minute { at: day(1) + TimeDelta::minutes(minute) });
    let _ = catalog_on(world.files()).write(&minutes.collect::<Vec<_>>(), &AssetWrite::replace()).unwrap();
    let begun = Arc::new(tokio::sync::Notify::new());
    let first = Arc::clone(&begun);
    let catalog = world.watched(move |_| {
        first.notify_one();
        std::thread::sleep(Duration::from_micros(200));
        None
    });
    let options = FetchOptions::default();
    tokio::select! {
        done = frame_of::<Minute>(&catalog, &options) => panic!("{done:?}"),
        () = begun.notified() => {}
    }
    let opened = world.settled().await;
    assert!(opened > 0 && opened < FILES, "{opened} of {FILES}");
}

#[tokio::test]
async fn progress_and_other_fields_take_frames_for_scans() {
    let world = World::new();
    let catalog = world.watched(|nth| (nth == 1).then_some(ErrorKind::PermissionDenied));
    let seen: Arc<Mutex<Vec<Progress>>> = Arc::default();
    let into = Arc::clone(&seen);
    let options = FetchOptions::default()
        .with_max_concurrent(1)
        .with_progress(move |progress| into.lock().unwrap().push(*progress));
    let mut wants = Collection::new();
    let fails = wants.add::<Frame<Station>>("fails", span("..")).unwrap();
    let frame = wants.add::<Frame<Station>>("frame", span("..")).unwrap();
    let empty = wants.add::<Frame<Station>>("empty", span("2024-01-01..2024-01-02")).unwrap();
    let rows = wants.rows::<Station>("rows", Fetch::default().key("station", "001")).unwrap();
    let mut got = catalog.fetch_outcomes(wants, &options).await.unwrap();
    assert!(matches!(got.take(fails), Some(Err(Error::Scan { .. }))));
    assert_eq!(got.take(rows).unwrap().unwrap().len(), 10);
    let frames = [got.take(frame).unwrap().unwrap(), got.take(empty).unwrap().unwrap()];
    let collected = tokio::task::spawn_blocking(move || frames.map(|frame| frame.collect().unwrap().height()));
    assert_eq!(collected.await.unwrap(), [60, 0]);
    let seen = seen.lock().unwrap();
    let counts = |at: &Progress| [at.fields, at.fields_done, at.scans, at.scans_done];
    assert_eq!(counts(&seen[0]), [4, 0, 3, 0]);
    assert_eq!(counts(seen.last().unwrap()), [4, 3, 3, 2]);
}
