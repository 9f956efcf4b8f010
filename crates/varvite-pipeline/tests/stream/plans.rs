//! What a run would do, told from metadata, and how far one is.

use varvite_pipeline::{HoldBack, Late, LatePlan, StreamJob, StreamOptions, StreamProgress};
use varvite_storage::Storage;

use crate::world::{World, batch, bin_options, dataset, input_options, minute_sums, numbered, running_sum};

#[test]
fn a_plan_says_what_the_run_then_does() {
    let world = World::new();
    world.append(&numbered(0..100));
    let options = StreamOptions::default().with_commit_rows(25);
    let job = world.sums().with_options(options);
    let plan = job.plan(&running_sum()).unwrap();
    assert_eq!((plan.resumes_from, plan.next_checkpoint, plan.inputs[0].rows.about), (None, 1, 100));
    assert!(!world.output.exists(), "nothing is written");
    let _ = job.run(running_sum()).unwrap();
    assert_eq!(job.plan(&running_sum()).unwrap().inputs[0].rows.about, 0);

    world.append(&numbered(100..130));
    let plan = job.plan(&running_sum()).unwrap();
    let expected = "job `sums`, step `running-sum` version 1: goes on from checkpoint 4, taken until 1970-01-01T00:01:39Z\n\
                    input `input`: version 1 after 0, about 30 rows to take (30 to 50)\n\
                    commits from checkpoint 5 on, until 1970-01-01T00:02:09Z at most, each of about 25 rows";
    assert_eq!((plan.to_string().as_str(), &plan.late), (expected, &LatePlan::None));
    assert_eq!(job.run(running_sum()).unwrap().rows_in, 30);
    assert!(job.plan(&running_sum()).unwrap().to_string().ends_with("nothing to take"));
}

#[test]
fn late_rows_that_the_log_tells_of_are_planned_for() {
    let world = World::new();
    world.append(&numbered((0..100).map(|at| 10 * at)));
    let job = |late| world.bins().with_options(StreamOptions::default().with_late(late));
    let _ = job(Late::Error).run(minute_sums()).unwrap();
    world.append(&[(61, 100)]);
    world.append(&[(1010, 1)]);
    let minute = "1970-01-01T00:01:00Z..1970-01-01T00:02:00Z".to_owned();
    for (policy, expected) in [
        (Late::Error, LatePlan::Refused),
        (Late::Ignore, LatePlan::Ignored),
        (Late::Recompute, LatePlan::Recomputed(vec![minute.clone()])),
    ] {
        let plan = job(policy).plan(&minute_sums()).unwrap();
        assert_eq!(
            (plan.inputs[0].changed.as_slice(), plan.late),
            (&["1970-01-01T00:01:01Z".to_owned()][..], expected)
        );
    }
    let other = StreamJob::new("sums", "input", &world.input, &world.output, bin_options());
    assert_eq!(other.plan(&running_sum()).unwrap().resumes_from, None, "another job");
    let error = job(Late::Error).plan(&running_sum()).unwrap_err();
    assert_eq!(error.code(), "VV1003", "another step");
    assert_eq!(job(Late::Recompute).run(minute_sums()).unwrap().recomputed, [minute]);

    let _ = world.input.delete_range(100..120, &input_options()).unwrap();
    let plan = job(Late::Recompute).plan(&minute_sums()).unwrap();
    assert_eq!(plan.late, LatePlan::Unknown, "{plan}");
    assert!(plan.inputs[0].unknown.is_some());
}

#[test]
fn what_is_held_back_is_not_planned() {
    let world = World::new();
    let later = dataset(world.storage.clone(), "later");
    world.append(&numbered(0..50));
    let _ = later.write(batch(&numbered(0..10)), &input_options()).unwrap();
    let job = world.sums().with_input("later", &later);
    let job = job.with_options(StreamOptions::default().with_hold_back(HoldBack::Newest));
    let plan = job.plan(&running_sum()).unwrap();
    let most: Vec<u64> = plan.inputs.iter().map(|input| input.rows.at_most).collect();
    assert_eq!((most, plan.until.as_deref()), (vec![20, 10], Some("1970-01-01T00:00:09Z")));
}

/// Rows are what a plan does without: their files may even be gone.
#[test]
fn a_plan_reads_no_rows() {
    let world = World::new();
    world.append(&numbered(0..100));
    let _ = world.sums().run(running_sum()).unwrap();
    world.append(&numbered(50..200));
    let mut gone = 0;
    for file in world.storage.list(world.input.path()).unwrap() {
        if file.name.ends_with(".parquet") {
            world.storage.delete(&world.input.path().join(&file.name).unwrap()).unwrap();
            gone += 1;
        }
    }
    assert!(gone > 5, "{gone}");
    let plan = world.sums().plan(&running_sum()).unwrap();
    assert_eq!(plan.late, LatePlan::Refused);
    assert_eq!(world.sums().run(running_sum()).unwrap_err().code(), "VV1020", "a run compares rows");
}

#[test]
fn progress_grows_to_all_rows() {
    let world = World::new();
    world.append(&numbered(0..100));
    let _ = world.sums().run(running_sum()).unwrap();
    world.append(&numbered(100..200));
    let job = world.sums().with_options(StreamOptions::default().with_batch_rows(10).with_commit_rows(40));
    let mut told: Vec<StreamProgress> = Vec::new();
    let report = job.run_with(running_sum(), &mut |progress| told.push(*progress)).unwrap();
    assert!(told.is_sorted_by_key(|progress| (progress.rows_done, progress.commits)), "{told:?}");
    assert!(told.iter().all(|progress| progress.rows_planned == 100), "{told:?}");
    let last = told.last().unwrap();
    assert_eq!((last.rows_done, last.batches, last.commits), (100, 10, report.commits));
}
