//! Rows that change behind the watermark: refused, ignored, or what they touched is computed anew.

use arrow::array::RecordBatch;
use varvite_dataset::{Duplicates, Retention, ScanOptions, WriteOptions};
use varvite_pipeline::{Error, Late, Reset, Scope, Stateful, StepError, StreamJob, StreamOptions};

use crate::world::{
    Row, World, batch, binned, forget, input_options, minute_sums, numbered, rows, running_sum, summed,
};

fn late(policy: Late) -> StreamOptions {
    StreamOptions::default().with_late(policy)
}

/// Each row is its own double.
fn doubled() -> Stateful<()> {
    let step = Stateful::new("doubled", 1, (), |(), given: RecordBatch| {
        Ok::<_, StepError>(batch(&rows(&given).into_iter().map(|(at, n)| (at, 2 * n)).collect::<Vec<_>>()))
    });
    step.with_scope(Scope::Row)
}

fn twice(given: &[Row]) -> Vec<Row> {
    given.iter().map(|&(at, n)| (at, 2 * n)).collect()
}

fn input(world: &World) -> Vec<Row> {
    rows(&world.input.read(&ScanOptions::default()).unwrap())
}

#[test]
fn late_rows_are_an_error_unless_told_otherwise() {
    let world = World::new();
    world.append(&numbered([10, 20, 30]));
    let _ = world.sums().run(running_sum()).unwrap();
    world.append(&[(15, 1), (20, 1), (40, 1)]);
    let before = world.output.snapshot().unwrap().version;
    let error = world.sums().run(running_sum()).unwrap_err();
    assert_eq!(error.code(), "VV1005");
    let text = "job `sums` has taken input `input` until 1970-01-01T00:00:30Z, and rows behind that changed: \
                1970-01-01T00:00:15Z to 1970-01-01T00:00:20Z";
    assert_eq!(error.to_string(), text);
    assert_eq!(world.output.snapshot().unwrap().version, before, "nothing was written");

    world.sums().reset(Reset::RemoveRows).unwrap();
    let _ = world.sums().run(running_sum()).unwrap();
    assert_eq!(world.stored(), summed(&input(&world)));
}

#[test]
fn rows_of_the_newest_value_in_front_of_others_are_late() {
    let world = World::new();
    let key = input_options().with_duplicates_on(Duplicates::on(["n"]));
    let _ = world.input.write(batch(&[(1, 1), (2, 2)]), &key).unwrap();
    let _ = world.sums().run(running_sum()).unwrap();
    // The same row again changes nothing; another one stands behind it.
    let _ = world.input.write(batch(&[(2, 2), (2, 3)]), &key).unwrap();
    assert_eq!(world.sums().run(running_sum()).unwrap().rows_in, 1);
    let _ = world.input.delete_range(2..3, &input_options()).unwrap();
    assert!(matches!(world.sums().run(running_sum()), Err(Error::LateRows { .. })));
}

#[test]
fn late_rows_may_be_ignored_and_are_counted_once() {
    let world = World::new();
    let first = numbered([10, 20, 30]);
    world.append(&first);
    let _ = world.sums().run(running_sum()).unwrap();
    world.append(&[(15, 1), (20, 1), (40, 7)]);
    let report = world.sums().with_options(late(Late::Ignore)).run(running_sum()).unwrap();
    assert_eq!((report.rows_in, report.inputs[0].late_rows), (1, 2), "{report}");
    let expected: Vec<Row> = first.iter().copied().chain([(40, 7)]).collect();
    assert_eq!(world.stored(), summed(&expected));
    let report = world.sums().run(running_sum()).unwrap();
    assert_eq!((report.rows_in, report.inputs[0].late_rows, report.commits), (0, 0, 0), "{report}");
}

#[test]
fn late_rows_alone_are_passed_over_for_good() {
    let world = World::new();
    world.append(&numbered([10, 20, 30]));
    let _ = world.sums().run(running_sum()).unwrap();
    world.append(&[(15, 1)]);
    let report = world.sums().with_options(late(Late::Ignore)).run(running_sum()).unwrap();
    assert_eq!((report.rows_in, report.inputs[0].late_rows, report.commits), (0, 1, 1), "{report}");
    assert_eq!(world.sums().run(running_sum()).unwrap().inputs[0].late_rows, 0);
}

#[test]
fn a_step_that_depends_on_all_rows_cannot_recompute() {
    let world = World::new();
    world.append(&numbered([10, 20, 30]));
    let _ = world.sums().run(running_sum()).unwrap();
    world.append(&[(15, 1)]);
    let error = world.sums().with_options(late(Late::Recompute)).run(running_sum()).unwrap_err();
    assert_eq!(error.code(), "VV1007");
}

#[test]
fn rows_that_changed_are_computed_anew_one_by_one() {
    let world = World::new();
    world.append(&numbered((0..100).map(|at| 10 * at)));
    let job = || world.sums().with_options(late(Late::Recompute));
    let _ = job().run(doubled()).unwrap();
    world.append(&[(55, 7), (300, 8), (2000, 9)]);
    let report = job().run(doubled()).unwrap();
    assert_eq!(world.stored(), twice(&input(&world)));
    assert_eq!(report.recomputed.len(), 2, "{report}");
    assert_eq!((report.rows_in, report.rows_out), (1, 1 + 3), "{report}");

    let _ = world.input.delete_range(100..200, &input_options()).unwrap();
    let _ = world.input.replace_range(500..600, batch(&[(599, 1)]), &input_options()).unwrap();
    let report = job().run(doubled()).unwrap();
    assert_eq!(world.stored(), twice(&input(&world)));
    assert_eq!((report.rows_in, report.rows_out), (0, 1), "{report}");
}

#[test]
fn bins_that_late_rows_touch_are_computed_anew() {
    let world = World::new();
    world.append(&numbered((0..100).map(|at| 10 * at)));
    let job = || world.bins().with_options(late(Late::Recompute));
    let _ = job().run(minute_sums()).unwrap();
    // A closed bin, an empty one, and the open one, which goes on.
    world.append(&[(61, 100)]);
    world.append(&[(985, 1000), (999, 1)]);
    let report = job().run(minute_sums()).unwrap();
    assert_eq!(world.stored(), binned(&input(&world)));
    assert_eq!(
        report.recomputed,
        ["1970-01-01T00:01:00Z..1970-01-01T00:02:00Z", "1970-01-01T00:16:00Z..1970-01-01T00:17:00Z"]
    );
    // The state is that of the open bin with the late row.
    world.append(&[(1000, 5), (1100, 6)]);
    let report = job().run(minute_sums()).unwrap();
    assert_eq!(world.stored(), binned(&input(&world)));
    assert_eq!((report.rows_in, report.recomputed.len()), (2, 0), "{report}");
}

#[test]
fn a_bin_whose_rows_are_all_gone_goes() {
    let world = World::new();
    world.append(&numbered((0..50).map(|at| 10 * at)));
    let job = || world.bins().with_options(late(Late::Recompute));
    let _ = job().run(minute_sums()).unwrap();
    let _ = world.input.delete_range(120..180, &input_options()).unwrap();
    let _ = job().run(minute_sums()).unwrap();
    assert_eq!(world.stored(), binned(&input(&world)));
    let _ = world.input.delete_range(.., &input_options()).unwrap();
    let _ = job().run(minute_sums()).unwrap();
    assert_eq!(world.stored(), []);
    world.append(&[(490, 1), (500, 2)]);
    let _ = job().run(minute_sums()).unwrap();
    assert_eq!(world.stored(), binned(&[(490, 1), (500, 2)]));
}

fn forgetful() -> WriteOptions {
    input_options().with_retention(Retention::NEWEST)
}

/// What a step goes on from is not about a tile before that of the watermark.
#[test]
fn late_rows_before_an_open_bin_that_is_empty_by_now_are_kept() {
    let world = World::new();
    world.append(&[(540, 1), (574, 2), (600, 3)]);
    let job = || world.bins().with_options(late(Late::Recompute));
    let _ = job().run(minute_sums()).unwrap();
    let _ = world.input.delete_range(541..601, &input_options()).unwrap();
    let _ = job().run(minute_sums()).unwrap();
    world.append(&[(599, 10), (600, 20), (700, 30)]);
    let _ = job().run(minute_sums()).unwrap();
    assert_eq!(world.stored(), binned(&input(&world)));
}

/// Without the version that was read, the log has to do.
#[test]
fn where_versions_are_not_kept_the_log_tells() {
    let world = World::new();
    let write = |rows: &[Row]| {
        let _ = world.input.write(batch(rows), &forgetful()).unwrap();
        forget(&world.input);
    };
    write(&numbered((0..30).map(|at| 10 * at)));
    let job = || world.bins().with_options(late(Late::Recompute));
    let _ = job().run(minute_sums()).unwrap();
    write(&[(300, 1), (310, 2)]);
    let report = job().run(minute_sums()).unwrap();
    assert_eq!((report.rows_in, report.recomputed.len()), (2, 0), "{report}");
    write(&[(65, 5)]);
    write(&[(310, 3), (320, 4)]);
    let report = job().run(minute_sums()).unwrap();
    assert_eq!((report.rows_in, report.inputs[0].late_rows, report.recomputed.len()), (2, 1, 1), "{report}");
    assert_eq!(world.stored(), binned(&input(&world)));

    let _ = world.input.delete_range(100..120, &forgetful()).unwrap();
    forget(&world.input);
    for policy in [Late::Error, Late::Recompute] {
        let error = world.bins().with_options(late(policy)).run(minute_sums()).unwrap_err();
        assert_eq!(error.code(), "VV1006", "{error}");
    }
    let report = world.bins().with_options(late(Late::Ignore)).run(minute_sums()).unwrap();
    assert!(report.inputs[0].unknown.is_some(), "{report}");
    assert_eq!(job().run(minute_sums()).unwrap().inputs[0].unknown, None, "it is ignored once");
}

#[test]
fn a_commit_that_only_changes_files_changes_nothing() {
    for forgets in [false, true] {
        let options = || if forgets { forgetful() } else { input_options() };
        let world = World::new();
        for rows in numbered(0..30).chunks(3) {
            let _ = world.input.write(batch(rows), &options()).unwrap();
        }
        let _ = world.sums().run(running_sum()).unwrap();
        let _ = world.input.compact(varvite_dataset::Compact::Everything, &options()).unwrap();
        world.input.tag("here", None).unwrap();
        world.input.untag("here").unwrap();
        if forgets {
            forget(&world.input);
        }
        let report = world.sums().run(running_sum()).unwrap();
        assert_eq!((report.rows_in, report.inputs[0].changed.len()), (0, 0), "{report}");
    }
}

/// Rows do not say which job made them: a range that is computed anew would take those of the other along.
#[test]
fn nothing_is_computed_anew_where_another_job_writes_too() {
    let world = World::new();
    world.append(&numbered([10, 20, 30]));
    let other = StreamJob::new("other", "input", &world.input, &world.output, WriteOptions::ordered_on("at"));
    let _ = world.sums().run(doubled()).unwrap();
    let _ = other.with_options(StreamOptions::default().with_shared_output()).run(doubled()).unwrap();
    world.append(&[(15, 1), (40, 1)]);
    let error = world.sums().with_options(late(Late::Recompute)).run(doubled()).unwrap_err();
    assert_eq!(error.code(), "VV1002", "{error}");
    assert_eq!(world.stored().len(), 6, "nothing went, and nothing came");
    let _ = world.sums().with_options(late(Late::Ignore)).run(doubled()).unwrap();
    assert_eq!(world.stored().len(), 7);
}

/// Rows at the watermark went, and it is not known which: those that come then are taken all the same.
#[test]
fn rows_that_come_to_a_watermark_whose_rows_went_are_taken() {
    let world = World::new();
    let forgetful = || forgetful().with_duplicates_on(Duplicates::KeepAll);
    let _ = world.input.write(batch(&[(10, 1), (20, 2), (20, 3), (20, 4)]), &forgetful()).unwrap();
    let _ = world.sums().run(doubled()).unwrap();
    let _ = world.input.delete_range(20..21, &forgetful()).unwrap();
    forget(&world.input);
    let _ = world.sums().with_options(late(Late::Ignore)).run(doubled()).unwrap();
    let _ = world.input.write(batch(&[(20, 5), (20, 6)]), &input_options()).unwrap();
    let report = world.sums().run(doubled()).unwrap();
    assert_eq!(report.rows_in, 2, "{report}");
    assert_eq!(world.stored(), [(10, 2), (20, 4), (20, 6), (20, 8), (20, 10), (20, 12)]);
}

/// A step that made nothing yet has an output without columns.
#[test]
fn late_rows_before_anything_was_made_are_computed_anew_and_reset() {
    let world = World::new();
    let even = || {
        let step = Stateful::new("even", 1, (), |(), given: RecordBatch| {
            Ok::<_, StepError>(batch(&rows(&given).into_iter().filter(|row| row.1 % 2 == 0).collect::<Vec<_>>()))
        });
        step.with_scope(Scope::Row)
    };
    let job = || world.sums().with_options(late(Late::Recompute));
    world.append(&[(10, 1), (30, 3)]);
    let _ = job().run(even()).unwrap();
    world.append(&[(15, 5)]);
    let _ = job().run(even()).unwrap();
    for _ in 0..2 {
        world.sums().reset(Reset::RemoveRows).unwrap();
    }
    let _ = job().run(even()).unwrap();
    world.append(&[(12, 2), (40, 4)]);
    let _ = job().run(even()).unwrap();
    assert_eq!(world.stored(), [(12, 2), (40, 4)]);
}

#[test]
fn a_range_may_begin_later_than_it_did() {
    let world = World::new();
    world.append(&numbered(0..60));
    let job = |from: i64, to: i64| world.sums().with_options(late(Late::Error).with_range(from..to));
    let _ = job(0, 10).run(doubled()).unwrap();
    world.append(&[(60, 61)]);
    let report = job(30, 40).run(doubled()).unwrap();
    assert_eq!(report.rows_in, 10, "{report}");
    world.append(&[(61, 62)]);
    assert_eq!(job(30, 50).run(doubled()).unwrap().rows_in, 10);
    let expected: Vec<Row> = input(&world).into_iter().filter(|row| row.0 < 10 || (30..50).contains(&row.0)).collect();
    assert_eq!(world.stored(), twice(&expected));
}
