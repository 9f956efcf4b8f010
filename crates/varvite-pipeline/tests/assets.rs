//! Assets as sources and sinks of jobs.
#![allow(clippy::unwrap_used, clippy::struct_field_names, reason = "tests")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Float64Type;
use varvite_asset::chrono::{DateTime, TimeDelta, Utc};
use varvite_asset::{AssetWrite, Catalog, Error as AssetError, FeatureModel, FetchOptions, Missing, Span, Want, When};
use varvite_dataset::{Dataset, WriteOptions};
use varvite_flow::{Dataflow, Module, Node};
use varvite_pipeline::{Error, Job, Sink, Source};
use varvite_storage::{CountingStorage, FailingStorage, Failure, MemoryStorage, Operation, StoragePath};

/// The rows of each station are in files of their own.
#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "stations", resolution = "1d", time = at)]
struct Station {
    at: DateTime<Utc>,
    #[model(key)]
    station: String,
    temperature: f64,
}

/// What a flow makes of them.
#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "warmth", resolution = "1d", time = at)]
struct Warmth {
    at: DateTime<Utc>,
    #[model(key)]
    station: String,
    kelvin: Option<f64>,
}

fn stations(count: i32) -> Vec<Station> {
    let row = |station: i32, hour: i32| Station {
        at: DateTime::UNIX_EPOCH + TimeDelta::hours(hour.into()),
        station: format!("s{station:03}"),
        temperature: f64::from(station * 100 + hour),
    };
    (1..=count).flat_map(|station| (0..30).map(move |hour| row(station, hour))).collect()
}

fn flow() -> Dataflow {
    flow_of(|temperature: f64| temperature + 273.0)
}

fn flow_of(kelvin: impl Fn(f64) -> f64 + Send + Sync + 'static) -> Dataflow {
    Dataflow::builder().with(Module::new().node(Node::row("kelvin", ["temperature"], kelvin))).build().unwrap()
}

fn want() -> Want {
    Want::new("rows", Arc::new(Station::schema().clone()))
}

/// A catalog of so many stations, and what counts and fails below it.
fn failing(count: i32) -> (Catalog, CountingStorage, FailingStorage) {
    let counting = CountingStorage::new(Arc::new(MemoryStorage::new()));
    let failing = FailingStorage::new(Arc::new(counting.clone()));
    let catalog = Catalog::at(Arc::new(failing.clone()), StoragePath::root()).unwrap();
    let _ = catalog.write(&stations(count), &AssetWrite::replace()).unwrap();
    (catalog, counting, failing)
}

fn job(catalog: &Catalog, want: Want, sink: Sink) -> Job {
    let source = Source::asset(catalog, want, FetchOptions::default().with_max_concurrent(1));
    Job::new(&flow()).load("stations", source).save(&["at", "station"], &["kelvin"], sink)
}

fn read_parquet(path: &Path) -> RecordBatch {
    let file = std::fs::File::open(path).unwrap();
    let builder = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let schema = builder.schema().clone();
    let batches: Vec<_> = builder.build().unwrap().map(Result::unwrap).collect();
    arrow::compute::concat_batches(&schema, &batches).unwrap()
}

fn check_kelvin(rows: &RecordBatch, count: i32) {
    let expected = stations(count);
    let kelvin = rows["kelvin"].as_primitive::<Float64Type>().iter();
    assert!(kelvin.eq(expected.iter().map(|row| Some(row.temperature + 273.0))));
    assert!(rows["station"].as_string::<i32>().iter().eq(expected.iter().map(|row| Some(row.station.as_str()))));
}

#[test]
fn an_asset_is_loaded_at_once_and_in_batches() {
    let folder = tempfile::tempdir().unwrap();
    let (catalog, _, _) = failing(20);
    let path = folder.path().join("kelvin.parquet");
    let done = job(&catalog, want(), Sink::parquet(&path)).run().unwrap();
    assert_eq!(done.to_string(), "`stations`: 600 rows\nsaved kelvin: 600 rows");
    check_kelvin(&read_parquet(&path), 20);
    std::fs::remove_file(&path).unwrap();
    let done = job(&catalog, want(), Sink::parquet(&path)).run_in_batches(&flow().unfitted()).unwrap();
    assert_eq!(done.to_string(), "`stations`: 600 rows\nsaved kelvin: 600 rows");
    check_kelvin(&read_parquet(&path), 20);
}

#[test]
fn batches_are_read_as_they_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (catalog, counting, _) = failing(60);
    let reads = |counting: &CountingStorage| counting.counts().calls(Operation::GetRange);
    let path = folder.path().join("kelvin.parquet");
    counting.reset();
    let _ = job(&catalog, want(), Sink::parquet(&path)).run().unwrap();
    let all = reads(&counting);
    counting.reset();
    // How much was read when the first row is computed: a little ahead, and by far not all.
    let at_first = Arc::new(AtomicU64::new(0));
    let (seen, counted) = (Arc::clone(&at_first), counting.clone());
    let flow = flow_of(move |temperature| {
        if seen.load(Ordering::SeqCst) == 0 {
            std::thread::sleep(std::time::Duration::from_millis(50));
            seen.store(reads(&counted), Ordering::SeqCst);
        }
        temperature
    });
    let source = Source::asset(&catalog, want(), FetchOptions::default().with_max_concurrent(1));
    let job = Job::new(&flow).load("stations", source).save(&["at"], &["kelvin"], Sink::parquet(&path));
    let done = job.run_in_batches(&flow.unfitted()).unwrap();
    assert_eq!(done.saved.num_rows, 1800);
    let first = at_first.load(Ordering::SeqCst);
    assert!(first > 0 && first * 4 < all, "{first} of {all} reads");
}

#[test]
fn a_job_runs_within_any_runtime() {
    let run = || {
        let (catalog, _, _) = failing(1);
        let memory = Arc::new(MemoryStorage::new());
        let output = Dataset::at(memory, StoragePath::try_new("kelvin").unwrap(), None).unwrap();
        let done = job(&catalog, want(), Sink::dataset(&output, WriteOptions::ordered_on("at"))).run().unwrap();
        assert_eq!((done.saved[0].num_rows, done.saved[0].version), (30, Some(0)));
    };
    run();
    let current = tokio::runtime::Builder::new_current_thread().build().unwrap();
    current.block_on(async { run() });
    let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    threads.block_on(async { tokio::spawn(async move { run() }).await.unwrap() });
}

#[test]
fn wanted_columns_and_times_alone_are_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kelvin.parquet");
    let (catalog, _, _) = failing(2);
    let mut some = want();
    some.columns = Some(vec!["temperature".to_owned()]);
    some.when = When::Within("1970-01-02..".parse::<Span>().unwrap());
    let load = |want: Want| {
        let source = Source::asset(&catalog, want, FetchOptions::default());
        Job::new(&flow()).load("stations", source).save(&["temperature"], &["kelvin"], Sink::parquet(&path)).run()
    };
    let done = load(some.clone()).unwrap();
    assert_eq!(done.saved[0].num_rows, 12);
    // Nothing was written there, so that there are no rows, but their columns.
    some.when = When::Within("1980-01-02..1980-01-05".parse::<Span>().unwrap());
    assert_eq!(load(some.clone()).unwrap().saved[0].num_rows, 0);
    some.missing = Missing::Fail;
    let error = load(some).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string()),
        ("VV1031", "`stations`: asset stations 1d v1 cannot be loaded".into())
    );
    let Error::Asset { source, .. } = &error else { panic!("{error:?}") };
    assert!(matches!(**source, AssetError::MissingIntervals { .. }), "{source:?}");
    assert_eq!(error.help(), source.help());
    let error = load(Want::files("stations", "stations", 1)).unwrap_err();
    assert_eq!(error.code(), "VV1031", "{error}");
}

#[test]
fn an_error_names_the_partition_and_leaves_the_output() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kelvin.parquet");
    let (catalog, counting, failing) = failing(10);
    counting.reset();
    let _ = job(&catalog, want(), Sink::parquet(&path)).run().unwrap();
    let all = counting.counts().calls(Operation::GetRange);
    let before = std::fs::read(&path).unwrap();
    let memory = Arc::new(MemoryStorage::new());
    let output = Dataset::at(memory, StoragePath::try_new("kelvin").unwrap(), None).unwrap();
    for sink in [Sink::parquet(&path), Sink::dataset(&output, WriteOptions::ordered_on("kelvin"))] {
        failing.arm(Failure::at_call_of(Operation::GetRange, all));
        let error = job(&catalog, want(), sink).run_in_batches(&flow().unfitted()).unwrap_err();
        assert_eq!(failing.failed(), 1);
        let Error::Asset { name, asset, source, .. } = &error else { panic!("{error:?}") };
        assert_eq!((name.as_str(), asset.as_str()), ("stations", "stations 1d v1"));
        let AssetError::Scan { field, place, .. } = &**source else { panic!("{source:?}") };
        assert!(field == "stations" && place.contains("station=s010"), "the last one: {place}");
        assert!(std::fs::read(&path).unwrap() == before && !output.exists());
    }
}

#[test]
fn an_asset_is_saved() {
    let (catalog, _, _) = failing(4);
    let schema = Arc::new(Warmth::schema().clone());
    let sink = || Sink::asset(&catalog, Arc::clone(&schema), AssetWrite::replace());
    let done = job(&catalog, want(), sink()).run().unwrap();
    assert_eq!(done.to_string(), "`stations`: 120 rows\nsaved kelvin: 120 rows");
    let rows = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let all = "..".parse::<Span>().unwrap();
    let stored = rows.block_on(catalog.fetch_rows::<Warmth>(all, &FetchOptions::default())).unwrap();
    let made = |row: Station| Warmth { at: row.at, station: row.station, kelvin: Some(row.temperature + 273.0) };
    assert_eq!(*stored, stations(4).into_iter().map(made).collect::<Vec<_>>());
    // The key is not there.
    let error = Job::new(&flow())
        .load("rows", Source::rows([Station::encode(&stations(1)).unwrap()]))
        .save(&["at"], &["kelvin"], sink())
        .run()
        .unwrap_err();
    assert_eq!(error.to_string(), "`output`: asset warmth 1d v1 cannot be saved");
}
