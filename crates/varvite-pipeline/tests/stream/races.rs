//! Several runs of one job at once, and other writers of the output.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use varvite_dataset::{Compact, Rows, WriteOptions};
use varvite_pipeline::{Error, Stateful, StepError, StreamJob, StreamOptions};
use varvite_storage::{DelayingStorage, Operation};

use crate::world::{World, dataset, numbered, running_sum, summed};

/// The running sum that does something else first, once.
fn sum_after(meanwhile: impl FnOnce() + Send + 'static) -> Stateful<i64> {
    let mut meanwhile = Some(meanwhile);
    Stateful::new("running-sum", 1, 0_i64, move |sum: &mut i64, given: RecordBatch| {
        if let Some(meanwhile) = meanwhile.take() {
            meanwhile();
        }
        let add = |(at, n): (i64, i64)| {
            *sum += n;
            (at, *sum)
        };
        let made: Vec<_> = crate::world::rows(&given).into_iter().map(add).collect();
        Ok::<_, StepError>(crate::world::batch(&made))
    })
}

#[test]
fn of_two_runs_at_once_one_is_told_of_the_other() {
    for begun in [false, true] {
        let world = World::new();
        let all = numbered(0..40);
        if begun {
            world.append(&all[..10]);
            let _ = world.sums().run(running_sum()).unwrap();
        }
        world.append(&all[if begun { 10 } else { 0 }..]);
        let other = World::on(world.storage.clone());
        let step = sum_after(move || {
            let _ = other.sums().run(running_sum()).unwrap();
        });
        let error = world.sums().run(step).unwrap_err();
        let Error::OtherRun { expected, found, .. } = &error else { panic!("{error}") };
        assert_eq!((*expected, *found), (u64::from(begun), u64::from(begun) + 1));
        assert_eq!(error.code(), "VV1008");
        assert_eq!(world.stored(), summed(&all));
        assert_eq!(world.sums().run(running_sum()).unwrap().rows_in, 0);
    }
}

#[test]
fn other_writers_of_the_output_are_no_hindrance() {
    let world = World::new();
    let all = numbered(0..40);
    world.append(&all[..10]);
    let _ = world.sums().run(running_sum()).unwrap();
    world.append(&all[10..]);
    let other = World::on(world.storage.clone());
    let step = sum_after(move || {
        other.output.tag("before", None).unwrap();
        let _ = other.output.compact(Compact::Everything, &WriteOptions::default()).unwrap();
        let metadata = WriteOptions::default().with_metadata("owner", "ada");
        let _ = other.output.write(Rows::none(), &metadata).unwrap();
    });
    let _ = world.sums().run(step).unwrap();
    assert_eq!(world.stored(), summed(&all));
    let snapshot = world.output.snapshot().unwrap();
    assert_eq!(snapshot.key_value_metadata.get("owner").map(String::as_str), Some("ada"));
}

#[test]
fn many_threads_run_one_job_until_all_is_done() {
    let world = World::new();
    let all = numbered(0..300);
    world.append(&all);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let storage = world.storage.clone();
            scope.spawn(move || {
                let world = World::on(storage);
                loop {
                    let job = world.sums().with_options(StreamOptions::default().with_commit_rows(7));
                    match job.run(running_sum()) {
                        Ok(_) => break,
                        Err(Error::OtherRun { .. }) => {}
                        Err(other) => panic!("{other}: {:?}", std::error::Error::source(&other)),
                    }
                }
            });
        }
    });
    assert_eq!(world.stored(), summed(&all));
}

#[test]
fn two_jobs_may_share_an_output() {
    let world = World::new();
    let all = numbered(0..20);
    world.append(&all);
    let other = StreamJob::new("other", "input", &world.input, &world.output, WriteOptions::ordered_on("at"))
        .with_options(StreamOptions::default().with_shared_output());
    for _ in 0..2 {
        let _ = world.sums().run(running_sum()).unwrap();
        let _ = other.run(running_sum()).unwrap();
    }
    assert_eq!(world.stored().len(), 40);
}

/// A checkpoint is read before the inputs are: what it says of them is never newer than they are.
#[test]
fn a_run_that_another_one_passes_while_it_begins_is_no_run_of_other_inputs() {
    let world = World::new();
    let all = numbered(0..20);
    world.append(&all[..10]);
    let _ = world.sums().run(running_sum()).unwrap();
    let slow = DelayingStorage::new(
        Arc::new(world.storage.clone()),
        Duration::from_millis(20),
        [Operation::Head, Operation::List, Operation::Get],
    );
    let slow = StreamJob::new("sums", "input", &world.input, &dataset(slow, "output"), WriteOptions::ordered_on("at"));
    let other = World::on(world.storage.clone());
    let outcome = std::thread::scope(|scope| {
        let outcome = scope.spawn(|| slow.run(running_sum()));
        std::thread::sleep(Duration::from_millis(10));
        other.append(&all[10..]);
        let _ = other.sums().run(running_sum()).unwrap();
        outcome.join().unwrap()
    });
    assert!(matches!(outcome, Ok(_) | Err(Error::OtherRun { .. })), "{outcome:?}");
    assert_eq!(world.stored(), summed(&all));
}
