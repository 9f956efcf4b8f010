//! What is refused, and what is left unchanged then.

use arrow::array::RecordBatch;
use varvite_dataset::{Mode, WriteOptions};
use varvite_pipeline::{Reset, Stateful, StepError, StreamJob, StreamOptions};

use crate::world::{World, batch, dataset, numbered, rows, running_sum, summed};

fn world() -> World {
    let world = World::new();
    world.append(&numbered(0..10));
    let _ = world.sums().run(running_sum()).unwrap();
    world.append(&[(20, 1)]);
    world
}

#[track_caller]
fn check_refused(world: &World, job: &StreamJob, code: &str, says: &str) {
    let before = world.output.snapshot().map(|snapshot| snapshot.version);
    let error = job.run(running_sum()).unwrap_err();
    assert_eq!((error.code(), error.to_string().as_str()), (code, says));
    assert_eq!(world.output.snapshot().map(|snapshot| snapshot.version), before);
}

#[test]
fn another_step_is_refused_and_both_are_named() {
    let world = world();
    let other = Stateful::new("running-sum", 2, 0_i64, |_: &mut i64, given: RecordBatch| Ok::<_, StepError>(given));
    let error = world.sums().run(other).unwrap_err();
    let says = "job `sums` was run with step `running-sum` version 1, and is now given step `running-sum` version 2";
    assert_eq!((error.code(), error.to_string().as_str()), ("VV1003", says));
    assert!(error.help().unwrap().contains("reset"));
    let _ = world.sums().run(running_sum()).unwrap();
}

#[test]
fn other_inputs_are_refused() {
    let world = world();
    let options = || WriteOptions::ordered_on("at");
    let renamed = StreamJob::new("sums", "clicks", &world.input, &world.output, options());
    let says = "job `sums` cannot go on: it was run with the inputs `input`, and is now given `clicks`";
    check_refused(&world, &renamed, "VV1004", says);
    let other = dataset(world.storage.clone(), "other");
    let job = StreamJob::new("sums", "input", &other, &world.output, options());
    let says = "job `sums` cannot go on: nothing is stored any more in input `input`";
    check_refused(&world, &job, "VV1004", says);
    let _ = other.write(batch(&[(1, 1)]), &options()).unwrap();
    let says = "job `sums` cannot go on: input `input` is another dataset than it was";
    check_refused(&world, &job, "VV1004", says);
}

#[test]
fn names_and_options_that_make_no_sense_are_refused() {
    let world = world();
    let job = |name: &str, options| StreamJob::new(name, "input", &world.input, &world.output, options);
    let options = WriteOptions::ordered_on("at");
    check_refused(&world, &job("", options.clone()), "VV1001", "`` cannot be used as a name: it is empty");
    let twice = job("a", options.clone()).with_input("input", &world.input);
    check_refused(&world, &twice, "VV1001", "`input` cannot be used as a name: two inputs have it");
    let says = "option `mode` cannot be used: each commit would take the place of the one before";
    check_refused(&world, &job("a", options.clone().with_mode(Mode::Overwrite)), "VV1002", says);
    let says = "option `app` cannot be used: the job names its writes itself";
    check_refused(&world, &job("a", options.with_app("x", 1)), "VV1002", says);
}

#[test]
fn a_step_that_fails_loses_nothing_of_what_was_committed() {
    let world = World::new();
    let all = numbered(0..100);
    world.append(&all);
    let mut fails = true;
    for _ in 0..2 {
        let step = Stateful::new("running-sum", 1, 0_i64, move |sum: &mut i64, given: RecordBatch| {
            let given = rows(&given);
            if fails && given.iter().any(|row| row.0 == 55) {
                return Err(StepError::from("no 55"));
            }
            let add = |&(at, n): &(i64, i64)| {
                *sum += n;
                (at, *sum)
            };
            Ok(batch(&given.iter().map(add).collect::<Vec<_>>()))
        });
        let options = StreamOptions::default().with_commit_rows(10);
        let outcome = world.sums().with_options(options).run(step);
        if fails {
            let error = outcome.unwrap_err();
            assert_eq!(error.code(), "VV1012");
            let says =
                "step `running-sum` version 1 failed on the rows from 1970-01-01T00:00:50Z to 1970-01-01T00:00:59Z";
            assert_eq!(error.to_string(), says);
            world.output.refresh().unwrap();
            assert_eq!(world.stored(), summed(&all[..50]));
        }
        fails = false;
    }
    assert_eq!(world.stored(), summed(&all));
}

#[test]
fn a_checkpoint_that_cannot_be_read_is_refused() {
    let world = world();
    for (text, says) in [
        ("no json", "it is no JSON: expected ident at line 1 column 2"),
        ("{}", "it has no format"),
        (r#"{"format": 2}"#, "its format is 2, and 1 is known"),
    ] {
        let options = WriteOptions::default().with_metadata("varvite.job.sums", text);
        let _ = world.output.write(varvite_dataset::Rows::none(), &options).unwrap();
        let location = world.output.location();
        let says = format!("the checkpoint of job `sums` in `{location}` cannot be used: {says}");
        check_refused(&world, &world.sums(), "VV1011", &says);
    }
    world.sums().reset(Reset::RemoveRows).unwrap();
    let _ = world.sums().run(running_sum()).unwrap();
}

#[test]
fn rows_of_another_job_are_not_removed() {
    let world = world();
    let other = StreamJob::new("other", "input", &world.input, &world.output, WriteOptions::ordered_on("at"))
        .with_options(StreamOptions::default().with_shared_output());
    let _ = other.run(running_sum()).unwrap();
    assert_eq!(other.reset(Reset::RemoveRows).unwrap_err().code(), "VV1002");
    other.reset(Reset::KeepRows).unwrap();
    world.sums().reset(Reset::RemoveRows).unwrap();
    assert_eq!(world.stored(), []);
}

/// A job that was given another name would make all rows again.
#[test]
fn rows_that_another_job_has_made_are_not_made_again() {
    let world = world();
    let options = || WriteOptions::ordered_on("at");
    let renamed = StreamJob::new("totals", "input", &world.input, &world.output, options());
    let says = "job `totals` would make the rows again that job `sums` has made by step `running-sum` version 1 from input `input`";
    check_refused(&world, &renamed, "VV1032", says);
    assert_eq!(renamed.plan(&running_sum()).unwrap_err().code(), "VV1032");
    // Another step, another input, an output with a key: those are no doubles.
    let other = Stateful::new("other", 1, 0_i64, |_: &mut i64, given: RecordBatch| Ok::<_, StepError>(given));
    assert!(renamed.plan(&other).is_ok());
    let clicks = dataset(world.storage.clone(), "clicks");
    let _ = clicks.write(batch(&[(1, 1)]), &options()).unwrap();
    assert!(StreamJob::new("clicks", "input", &clicks, &world.output, options()).plan(&running_sum()).is_ok());
    let keyed = options().with_duplicates_on(varvite_dataset::Duplicates::on(["at"]));
    assert!(StreamJob::new("totals", "input", &world.input, &world.output, keyed).plan(&running_sum()).is_ok());
    let told = StreamOptions::default().with_shared_output();
    assert_eq!(renamed.with_options(told).run(running_sum()).unwrap().rows_in, 11);
    // One that was begun before goes on.
    let _ = world.sums().run(running_sum()).unwrap();
}
