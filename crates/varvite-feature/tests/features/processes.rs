//! Processes that write one store at once, and processes that are killed (S13).

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use arrow::array::RecordBatch;
use varvite_feature::{FeatureStore, WriteMode};

use crate::world::{batch, cases, column, ints, rows, simple, stored, times, us};

const FOLDER: &str = "VARVITE_FEATURE_FOLDER";
const WORK: &str = "VARVITE_FEATURE_WORK";

/// Not a test of its own: what the others start. Says `ack n` when the n-th piece of its work is done.
#[test]
fn child() {
    let (Ok(folder), Ok(work)) = (std::env::var(FOLDER), std::env::var(WORK)) else { return };
    let [verb, writer, from, to] = work.split(' ').collect::<Vec<_>>()[..] else { panic!("{work}") };
    let number = |text: &str| text.parse::<i64>().unwrap();
    println!("\nready");
    for n in number(from)..number(to) {
        let store = FeatureStore::open(&folder).unwrap();
        do_work(&store, verb, number(writer), n);
        println!("\nack {n}");
    }
}

const KEYS: i64 = 40;

/// One row of each key at one time, all with the value `n`.
fn all_keys(n: i64) -> Vec<RecordBatch> {
    vec![rows(&(0..KEYS).map(|key| (key, key / 8, n)).collect::<Vec<_>>())]
}

fn do_work(store: &FeatureStore, verb: &str, writer: i64, n: i64) {
    match verb {
        "append" => {
            store.register(&simple("g").build().unwrap()).unwrap();
            let _ = store
                .write("g", &[rows(&[(writer, n, 0), (writer, n, 1), (writer, -n, 2)])], WriteMode::Append)
                .unwrap();
        }
        "race" => {
            let group = simple("g").created_time("made").build().unwrap();
            store.register(&group).unwrap();
            let made = times(vec![2 * n + writer; 5]);
            let table =
                batch([("k", ints(0..5)), ("at", times([7; 5])), ("v", ints([2 * n + writer; 5])), ("made", made)]);
            let _ = store.write("g", &[table], WriteMode::Upsert).unwrap();
        }
        // Odd pieces delete what even ones wrote.
        "delete" if n % 2 == 1 => {
            let _ = store.delete("g", &[batch([("k", ints(0..KEYS))])]).unwrap();
        }
        "upsert" | "delete" => {
            let _ = store.write("g", &all_keys(n), WriteMode::Upsert).unwrap();
        }
        "range" => {
            let mode = WriteMode::OverwriteRange { start: us(0), end: us(KEYS) };
            let _ = store.write("g", &all_keys(n), mode).unwrap();
        }
        other => panic!("{other}"),
    }
}

fn start(folder: &Path, work: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["processes::child", "--exact", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(WORK, work)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[track_caller]
fn finish(mut child: Child) {
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(child.wait().unwrap().success(), "{said}");
}

#[test]
fn s13_processes_that_append_at_once_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let count = i64::from(cases(15));
    let children: Vec<Child> =
        (0..3).map(|writer| start(folder.path(), &format!("append {writer} 1 {}", count + 1))).collect();
    children.into_iter().for_each(finish);
    let history = FeatureStore::open(folder.path()).unwrap().group("g").unwrap();
    let found = stored(&history);
    let mut lines: Vec<String> = crate::world::lines(&found.project(&[0, 1, 2]).unwrap());
    let mut expected = Vec::new();
    for writer in 0..3 {
        let one = |n: i64| crate::world::lines(&rows(&[(writer, n, 0), (writer, n, 1), (writer, -n, 2)]));
        expected.extend((1..=count).flat_map(one));
    }
    lines.sort();
    expected.sort();
    assert_eq!(lines, expected);
    // Each commit wrote three rows, of one writer.
    let commits = column(&found, "__commit");
    for commit in &commits {
        assert_eq!(commits.iter().filter(|other| *other == commit).count(), 3, "commit {commit}");
    }
}

#[test]
fn s13_processes_that_upsert_at_once_leave_what_was_created_last() {
    let folder = tempfile::tempdir().unwrap();
    let count = i64::from(cases(15));
    let children: Vec<Child> = (0..2).map(|writer| start(folder.path(), &format!("race {writer} 0 {count}"))).collect();
    children.into_iter().for_each(finish);
    let found = stored(&FeatureStore::open(folder.path()).unwrap().group("g").unwrap());
    let last = (2 * (count - 1) + 1).to_string();
    assert_eq!(column(&found, "v"), vec![last; 5]);
}

/// Starts work at piece `from`, kills it some time after it has said so many pieces, and tells which pieces were done for
/// certain: those before the answer.
fn kill_after(folder: &Path, verb: &str, from: i64, pieces: usize, delay: Duration) -> i64 {
    let mut child = start(folder, &format!("{verb} 0 {from} 1000000"));
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let is_piece = |line: &String| line.starts_with("ack ") || line == "ready";
    assert_eq!(lines.by_ref().filter(is_piece).take(pieces + 1).count(), pieces + 1);
    std::thread::sleep(delay);
    child.kill().unwrap();
    child.wait().unwrap();
    let later = lines.filter_map(|line| line.strip_prefix("ack ")?.parse::<i64>().ok()).last();
    later.map_or(from + i64::try_from(pieces).unwrap(), |last| last + 1)
}

/// What a killed process may have left.
struct Killed<'a> {
    store: &'a FeatureStore,
    /// The pieces that are done for certain.
    done: std::ops::Range<i64>,
    /// The pieces of which one was the last to be done.
    last: &'a [i64],
}

/// Kills work again and again, and has what is left checked.
fn kill_often(verb: &str, check: impl Fn(&Killed<'_>)) {
    let folder = tempfile::tempdir().unwrap();
    let store = || FeatureStore::open(folder.path()).unwrap();
    store().register(&simple("g").build().unwrap()).unwrap();
    let _ = store().write("g", &all_keys(0), WriteMode::Append).unwrap();
    let (mut from, mut last, mut done) = (2, vec![0], 0);
    for kill in 0..cases(7) {
        let delay = Duration::from_micros(u64::from(kill) * 7919 % 41 * 500);
        let next = kill_after(folder.path(), verb, from, kill as usize % 3, delay);
        if next > from {
            last = vec![next - 1];
        }
        last.push(next);
        done += next - from;
        check(&Killed { store: &store(), done: from..next, last: &last });
        // Even pieces begin anew.
        from = next + 2 + next % 2;
    }
    assert!(done > 0, "some work was done between the kills");
    assert!(store().health_check().is_healthy());
}

#[test]
fn s13_a_killed_append_is_there_or_not() {
    kill_often("append", |Killed { store, done, .. }| {
        let found = stored(&store.group("g").unwrap());
        let at = column(&found, "at");
        let has = |n: i64| at.contains(&column(&rows(&[(0, -n, 0)]), "at")[0]);
        assert!(done.clone().all(has), "what was acknowledged is there");
        assert!(!has(done.end + 1));
        assert_eq!((found.num_rows() - 40) % 3, 0, "whole commits");
        let commits = column(&found, "__commit").into_iter().map(|commit| commit.parse::<usize>().unwrap());
        assert_eq!(commits.max(), Some((found.num_rows() - 40) / 3));
    });
}

/// All rows are of one piece: the last one, or the one after it. `is_gone` tells which pieces delete all rows.
fn check_whole(killed: &Killed<'_>, is_gone: impl Fn(i64) -> bool) {
    let found = column(&stored(&killed.store.group("g").unwrap()), "v");
    let is_left_by = |n: &i64| found == vec![n.to_string(); if is_gone(*n) { 0 } else { 40 }];
    assert!(killed.last.iter().any(is_left_by), "{found:?}, not of {:?}", killed.last);
}

#[test]
fn s13_a_killed_upsert_is_there_or_not() {
    kill_often("upsert", |killed| check_whole(killed, |_| false));
}

#[test]
fn s13_a_killed_overwrite_of_a_range_is_there_or_not() {
    kill_often("range", |killed| check_whole(killed, |_| false));
}

#[test]
fn s13_a_killed_deletion_is_there_or_not() {
    kill_often("delete", |killed| check_whole(killed, |n| n % 2 == 1));
}
