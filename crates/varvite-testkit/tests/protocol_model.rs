//! Every order of calls in which processes can share a dataset, on a model of the disk: the protocol holds, and each
//! way that was given up leads to harm.
//!
//! A longer look: `VARVITE_MODEL=all`, best with `--release`. `--nocapture` shows what happens step by step.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Instant;

use varvite_testkit::protocol::{Flaw, Flaws, Found, Role, World, explore, sweep};

const APPENDS: Role = Role::Writer { commits: 1, rewrites: false };
const REWRITES: Role = Role::Writer { commits: 1, rewrites: true };
const APPENDS_TWICE: Role = Role::Writer { commits: 2, rewrites: false };
const REWRITES_TWICE: Role = Role::Writer { commits: 2, rewrites: true };
const VACUUM: Role = Role::Vacuum { retained: 1, expires: false };
const VACUUM_KEEPS_TWO: Role = Role::Vacuum { retained: 2, expires: false };
const EXPIRES: Role = Role::Vacuum { retained: 1, expires: true };

/// Most states of one exploration.
const LIMIT: usize = 60_000_000;

/// Processes on a dataset of so many versions, of which so many may be killed.
type Scenario<'a> = (usize, &'a [Role], u8);

fn world(scenario: Scenario, flaws: Flaws) -> World {
    let (versions, roles, crashes) = scenario;
    World::new(versions, roles, flaws).with_crashes(crashes)
}

#[track_caller]
fn holds(scenario: Scenario) {
    let start = Instant::now();
    let world = world(scenario, Flaws::NONE);
    let mut found = sweep(&world, LIMIT);
    if matches!(found, Found::Violation { .. }) {
        found = explore(&world, LIMIT); // a shortest way there
    }
    match found {
        Found::Nothing { states } => println!("{scenario:?}: {states} states in {:.1?}", start.elapsed()),
        Found::Unfinished { states } => panic!("{scenario:?}: more than {states} states"),
        Found::Violation { property, trace } => panic!("{scenario:?}: {property}\n  {}", trace.join("\n  ")),
    }
}

/// With the flaw a property fails, and this is how.
#[track_caller]
fn fails(flaw: Flaw, scenario: Scenario, expected: &str) {
    match explore(&world(scenario, Flaws::NONE.with(flaw)), LIMIT) {
        Found::Violation { property, trace } => {
            println!("{flaw:?}: {property}\n  {}", trace.join("\n  "));
            assert!(property.contains(expected), "{property}");
        }
        found => panic!("{flaw:?} does no harm: {found:?}"),
    }
}

#[test]
fn writers() {
    holds((1, &[APPENDS, REWRITES], 2));
    holds((0, &[APPENDS, REWRITES], 1));
    holds((1, &[REWRITES_TWICE, APPENDS], 0));
}

#[test]
fn writers_and_vacuum() {
    holds((2, &[REWRITES, VACUUM], 1));
    holds((2, &[REWRITES_TWICE, VACUUM_KEEPS_TWO], 0));
    holds((2, &[VACUUM, VACUUM_KEEPS_TWO], 1));
}

#[test]
fn writers_and_expiry() {
    holds((2, &[REWRITES, EXPIRES], 1));
    holds((0, &[APPENDS, EXPIRES], 1));
    holds((2, &[EXPIRES, EXPIRES], 1));
}

#[test]
fn readers() {
    holds((2, &[Role::Reader, REWRITES], 1));
    holds((2, &[Role::Reader, EXPIRES], 1));
    holds((2, &[Role::Reader, Role::Dropper], 1));
}

#[test]
fn removal() {
    holds((2, &[REWRITES, Role::Dropper], 1));
    holds((1, &[VACUUM, Role::Dropper], 1));
    holds((2, &[EXPIRES, Role::Dropper], 1));
    holds((0, &[APPENDS, APPENDS, Role::Dropper], 0));
}

#[test]
fn three_writers() {
    holds((1, &[APPENDS, REWRITES, APPENDS], 0));
}

#[test]
fn a_commit_below_the_floor_is_not_made_again() {
    fails(Flaw::VoidBelowFloor, (1, &[APPENDS, EXPIRES], 0), "a file of version 2 is gone");
}

#[test]
fn an_expired_version_is_not_a_dropped_dataset() {
    fails(Flaw::ExpiredIsDropped, (1, &[APPENDS, REWRITES, EXPIRES], 0), "takes the dataset for dropped");
}

#[test]
fn vacuum_keeps_the_files_of_its_own_version() {
    fails(Flaw::VacuumForgetsNewest, (2, &[REWRITES, VACUUM], 0), "a file of version 2 is gone");
}

#[test]
fn records_go_only_under_the_lock() {
    fails(Flaw::DropWithoutLock, (1, &[APPENDS, Role::Dropper, APPENDS], 0), "the log seems damaged");
    fails(Flaw::ExpireWithoutLock, (1, &[EXPIRES, Role::Dropper, APPENDS], 0), "a reader gets Nothing");
}

/// A writer that is behind, while the dataset is dropped.
const BEHIND: Scenario = (1, &[APPENDS, Role::Dropper, APPENDS_TWICE], 0);

#[test]
fn staged_records_go_after_records() {
    fails(Flaw::StagedRecordsGoFirst, BEHIND, "a record is missing");
}

#[test]
fn records_go_from_the_oldest_on() {
    fails(Flaw::RecordsGoNewestFirst, BEHIND, "a record is missing");
}

#[test]
fn records_go_once_more_when_nothing_is_staged() {
    fails(Flaw::RecordsGoOnce, BEHIND, "a record is missing");
}

#[test]
fn a_record_is_not_withdrawn() {
    fails(Flaw::LateIsWithdrawn, BEHIND, "a record is missing");
}

#[test]
fn a_first_writer_looks_for_records() {
    fails(Flaw::FirstIsBlind, (0, &[APPENDS, APPENDS, Role::Dropper], 0), "a reader gets Nothing");
}

#[test]
fn the_lock_file_stays_what_it_is() {
    fails(Flaw::LockFileUnchecked, (1, &[Role::Dropper, APPENDS, Role::Dropper], 0), "");
    fails(Flaw::LockFileGoesEarly, (1, &[Role::Dropper, APPENDS, Role::Dropper], 1), "");
}

#[test]
fn what_is_listed_may_be_of_another_dataset() {
    fails(Flaw::ListedIsOurs, (1, &[APPENDS, Role::Dropper, APPENDS], 0), "at rest");
}

#[test]
fn a_witness_may_be_of_another_dataset() {
    fails(Flaw::WitnessWithoutLock, (1, &[APPENDS, Role::Dropper], 0), "there is a witness, but no record");
}

#[test]
fn a_writer_that_is_behind_brings_nothing_back() {
    fails(Flaw::RestoreAlways, (1, &[APPENDS, REWRITES], 0), "at rest");
}

#[test]
fn who_is_slow_does_not_fail() {
    fails(Flaw::LockerRemovesStaged, (1, &[APPENDS, APPENDS], 0), "failed: a staged record");
    fails(Flaw::MissingFails, (1, &[APPENDS, APPENDS], 0), "failed: a staged file");
}

#[test]
fn readers_look_again() {
    fails(Flaw::ListOnce, (2, &[Role::Reader, EXPIRES], 0), "failed: a listed record is gone");
}

/// More processes, more commits, more deaths. Where they are not asked for, one of them.
#[test]
fn everything() {
    let scenarios: [Scenario; 13] = [
        (2, &[EXPIRES, Role::Dropper, Role::Reader], 1),
        (1, &[APPENDS, REWRITES, APPENDS], 1),
        (0, &[APPENDS, REWRITES, APPENDS], 1),
        (2, &[REWRITES, APPENDS, VACUUM_KEEPS_TWO], 1),
        (1, &[APPENDS, REWRITES_TWICE, EXPIRES], 0),
        (0, &[APPENDS, REWRITES_TWICE, EXPIRES], 0),
        (1, &[REWRITES, APPENDS, EXPIRES], 1),
        (1, &[REWRITES, Role::Dropper, APPENDS_TWICE], 1),
        (1, &[Role::Dropper, Role::Dropper, APPENDS_TWICE], 1),
        (0, &[APPENDS, APPENDS, Role::Dropper], 1),
        (0, &[APPENDS, Role::Dropper, VACUUM], 1),
        (1, &[EXPIRES, Role::Dropper, APPENDS_TWICE], 1),
        (2, &[EXPIRES, EXPIRES, REWRITES], 1),
    ];
    let all = std::env::var_os("VARVITE_MODEL").is_some();
    scenarios.into_iter().take(if all { scenarios.len() } else { 1 }).for_each(holds);
}
