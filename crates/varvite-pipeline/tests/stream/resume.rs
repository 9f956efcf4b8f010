//! Runs that go on where the last one ended.

use varvite_pipeline::{HoldBack, Reset, StreamOptions};

use crate::world::{World, numbered, running_sum, summed};

#[test]
fn a_run_takes_what_came_since_the_last() {
    let world = World::new();
    let rows = numbered(0..100);
    let mut taken = 0;
    for end in [10, 11, 40, 40, 100] {
        if end > taken {
            world.append(&rows[taken..end]);
        }
        let report = world.sums().run(running_sum()).unwrap();
        assert_eq!(report.rows_in, (end - taken) as u64, "{report}");
        assert_eq!(report.commits, u64::from(end > taken));
        taken = end;
        assert_eq!(world.stored(), summed(&rows[..end]));
    }
    let checkpoint = world.sums().checkpoint().unwrap().unwrap();
    assert_eq!((checkpoint.sequence, checkpoint.rows_in, checkpoint.rows_out), (4, 100, 100));
    assert_eq!(checkpoint.watermark.as_deref(), Some("1970-01-01T00:01:39Z"));
}

#[test]
fn nothing_is_written_before_there_are_rows() {
    let world = World::new();
    let report = world.sums().run(running_sum()).unwrap();
    assert_eq!((report.commits, report.output_version, report.watermark), (0, None, None));
    assert!(world.sums().checkpoint().unwrap().is_none());
    world.sums().reset(Reset::RemoveRows).unwrap();
    assert!(!world.output.exists());
}

#[test]
fn commits_are_as_often_as_they_are_asked_for() {
    let world = World::new();
    let rows = numbered((0..1000).map(|at| at / 3));
    world.append(&rows);
    let often = StreamOptions::default().with_commit_rows(10);
    let report = world.sums().with_options(often).run(running_sum()).unwrap();
    // Three rows share a value, and are never parted.
    assert_eq!(report.commits, 56, "{report}");
    assert_eq!(world.stored(), summed(&rows));

    let other = World::new();
    other.append(&rows);
    let options = StreamOptions::default().with_batch_rows(10).with_buffer_bytes(16 * 100);
    let report = other.sums().with_options(options).run(running_sum()).unwrap();
    assert!((9..=11).contains(&report.commits), "{report}");
    assert_eq!(other.stored(), summed(&rows));
}

#[test]
fn rows_of_the_newest_value_may_come_later_and_are_taken_once() {
    let world = World::new();
    let rows = numbered([1, 2, 2, 2, 2, 3]);
    world.append(&rows[..3]);
    let _ = world.sums().run(running_sum()).unwrap();
    world.append(&rows[3..4]);
    let report = world.sums().run(running_sum()).unwrap();
    assert_eq!(report.rows_in, 1, "{report}");
    world.append(&rows[4..]);
    let report = world.sums().run(running_sum()).unwrap();
    assert_eq!(report.rows_in, 2, "{report}");
    assert_eq!(world.stored(), summed(&rows));
}

#[test]
fn the_newest_value_may_be_held_back() {
    let world = World::new();
    let rows = numbered([1, 2, 2, 3, 3, 4]);
    let job = || world.sums().with_options(StreamOptions::default().with_hold_back(HoldBack::Newest));
    world.append(&rows[..3]);
    assert_eq!(job().run(running_sum()).unwrap().rows_in, 1);
    assert_eq!(job().run(running_sum()).unwrap().rows_in, 0);
    world.append(&rows[3..]);
    assert_eq!(job().run(running_sum()).unwrap().rows_in, 4);
    assert_eq!(world.stored(), summed(&rows[..5]));
    // Without it the rest is taken, too.
    assert_eq!(world.sums().run(running_sum()).unwrap().rows_in, 1);
    assert_eq!(world.stored(), summed(&rows));
}

#[test]
fn a_range_says_what_is_taken() {
    let world = World::new();
    let rows = numbered(0..50);
    world.append(&rows);
    let job = |end: i64| world.sums().with_options(StreamOptions::default().with_range(10..end));
    assert_eq!(job(20).run(running_sum()).unwrap().rows_in, 10);
    assert_eq!(job(20).run(running_sum()).unwrap().rows_in, 0);
    assert_eq!(job(15).run(running_sum()).unwrap().rows_in, 0);
    // Rows before the range are as if they were not there.
    world.append(&[(5, 1000)]);
    assert_eq!(job(30).run(running_sum()).unwrap().rows_in, 10);
    assert_eq!(world.stored(), summed(&rows[10..30]));
}

#[test]
fn a_job_that_is_reset_begins_anew() {
    let world = World::new();
    let rows = numbered(0..30);
    world.append(&rows);
    let _ = world.sums().run(running_sum()).unwrap();
    world.sums().reset(Reset::RemoveRows).unwrap();
    assert!(world.sums().checkpoint().unwrap().is_none());
    assert_eq!(world.stored(), []);
    let report = world.sums().run(running_sum()).unwrap();
    assert_eq!((report.rows_in, report.resumed_from), (30, None));
    assert_eq!(world.stored(), summed(&rows));
    assert_eq!(world.sums().checkpoint().unwrap().unwrap().sequence, 3, "numbers are never used again");

    world.sums().reset(Reset::KeepRows).unwrap();
    let _ = world.sums().run(running_sum()).unwrap();
    assert_eq!(world.stored().len(), 60, "without a key all rows are kept");
}

#[test]
fn a_report_says_what_was_done() {
    let world = World::new();
    world.append(&numbered(0..3));
    let _ = world.sums().run(running_sum()).unwrap();
    world.append(&[(3, 1)]);
    let report = world.sums().run(running_sum()).unwrap();
    let expected = "job `sums`, step `running-sum` version 1: went on from checkpoint 1\n\
                    1 rows in, 1 out, 1 commits, until 1970-01-01T00:00:03Z\n\
                    input `input`: version 1";
    assert_eq!(report.to_string(), expected);
    assert_eq!(report.output_version, Some(1));
}
