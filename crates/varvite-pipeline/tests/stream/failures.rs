//! A storage that fails at any call: the run says so, and the next one ends what it began.

use std::sync::Arc;

use varvite_dataset::{Dataset, Duplicates};
use varvite_pipeline::{Late, StreamJob, StreamOptions};
use varvite_storage::{FailingStorage, Failure, MemoryStorage, Storage, StoragePath};

use crate::world::{World, batch, bin_options, binned, input_options, minute_sums, numbered, rows};

fn job(storage: &Arc<dyn Storage>) -> Option<StreamJob> {
    let at = |name: &str| Dataset::at(Arc::clone(storage), StoragePath::try_new(name).unwrap(), None).ok();
    let options = StreamOptions::default().with_commit_rows(15).with_late(Late::Recompute);
    Some(StreamJob::new("bins", "input", &at("input")?, &at("output")?, bin_options()).with_options(options))
}

fn disk(storage: &MemoryStorage) -> Arc<dyn Storage> {
    Arc::new(storage.clone())
}

/// A job that is half done, with new and late rows.
fn begun() -> MemoryStorage {
    let world = World::new();
    world.append(&numbered((0..40).map(|at| 10 * at)));
    let _ = job(&disk(&world.storage)).unwrap().run(minute_sums()).unwrap();
    let _ = world.input.write(batch(&[(33, 5), (395, 1)]), &input_options()).unwrap();
    let _ = world.input.delete_range(100..130, &input_options().with_duplicates_on(Duplicates::KeepAll)).unwrap();
    world.append(&numbered((40..80).map(|at| 10 * at)));
    world.storage
}

#[test]
fn a_run_that_fails_anywhere_goes_on_exactly_where_it_was() {
    let sound = begun();
    let all = rows(&World::on(sound.fork()).input.read(&varvite_dataset::ScanOptions::default()).unwrap());
    let kinds: [fn(u64) -> Failure; 3] =
        [Failure::at_call, |nth| Failure::at_call(nth).after_effect(), |nth| Failure::at_call(nth).from_then_on()];
    for (kind, failure) in kinds.into_iter().enumerate() {
        let mut failures = 0;
        for nth in 1.. {
            let disk = sound.fork();
            let failing = FailingStorage::new(Arc::new(disk.clone()));
            let storage: Arc<dyn Storage> = Arc::new(failing.clone());
            failing.arm(failure(nth));
            let outcome = job(&storage).map(|job| job.run(minute_sums()));
            let failed = failing.failed();
            failures += u64::from(!matches!(outcome, Some(Ok(_))));
            let report = job(&self::disk(&disk)).unwrap().run(minute_sums());
            let report = report.unwrap_or_else(|error| panic!("kind {kind}, call {nth}: {error}"));
            assert_eq!(World::on(disk).stored(), binned(&all), "kind {kind}, call {nth}: {report}");
            if failed == 0 {
                assert!(nth > 50 && failures > 30, "it calls the storage: {nth}, {failures}");
                break;
            }
        }
    }
}
