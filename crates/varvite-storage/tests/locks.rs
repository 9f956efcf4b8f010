//! Advisory locks: one holder, also among processes, for as long as it lives.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use varvite_storage::{LocalStorage, Storage, StoragePath};

/// Names the root to the process that is started to hold a lock.
const ROOT: &str = "VARVITE_TEST_LOCK_ROOT";
const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(60);

fn lock_path() -> StoragePath {
    StoragePath::try_new("a.lock").unwrap()
}

fn open() -> (TempDir, LocalStorage) {
    let temporary = tempfile::tempdir().unwrap();
    let storage = LocalStorage::open(temporary.path()).unwrap();
    (temporary, storage)
}

/// Whether the lock is had within `patience`, and after how long.
fn takes(storage: &LocalStorage, patience: Duration) -> (bool, Duration) {
    let start = Instant::now();
    let taken = storage.lock(&lock_path(), patience).unwrap().is_some();
    (taken, start.elapsed())
}

/// Runs this program once more, to hold the lock until its input ends.
fn other_process(root: &TempDir) -> Child {
    let mut other = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "holds_the_lock_for_another_test", "--nocapture"])
        .env(ROOT, root.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(other.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("the lock is held")));
    // Whatever else it says is read, so that it does not fail for want of a reader.
    std::thread::spawn(move || lines.for_each(drop));
    other
}

#[test]
fn holds_the_lock_for_another_test() {
    let Some(root) = std::env::var_os(ROOT) else { return };
    let storage = LocalStorage::open(root).unwrap();
    let _held = storage.lock(&lock_path(), LONG).unwrap().unwrap();
    println!("the lock is held");
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

#[test]
fn a_second_taker_gives_up_after_its_patience() {
    let (temporary, storage) = open();
    let held = storage.lock(&lock_path(), Duration::ZERO).unwrap().unwrap();
    for storage in [&storage, &LocalStorage::open(temporary.path()).unwrap()] {
        let (taken, waited) = takes(storage, SHORT);
        assert!(!taken && waited >= SHORT && waited < LONG, "{waited:?}");
    }
    drop(held);
    assert!(takes(&storage, Duration::ZERO).0);
}

#[test]
fn another_process_excludes_us_until_it_ends() {
    let (temporary, storage) = open();
    let mut other = other_process(&temporary);
    assert!(!takes(&storage, SHORT).0);
    drop(other.stdin.take());
    assert!(takes(&storage, LONG).0);
    assert!(other.wait().unwrap().success());
}

#[test]
fn a_killed_process_leaves_no_lock() {
    let (temporary, storage) = open();
    let mut other = other_process(&temporary);
    assert!(!takes(&storage, Duration::ZERO).0);
    other.kill().unwrap();
    other.wait().unwrap();
    assert!(takes(&storage, Duration::ZERO).0);
}

#[test]
fn who_waits_for_a_file_that_is_removed_locks_the_one_that_stands_there() {
    let (temporary, storage) = open();
    let first = storage.lock(&lock_path(), Duration::ZERO).unwrap().unwrap();
    let waiting = LocalStorage::open(temporary.path()).unwrap();
    let waiting = std::thread::spawn(move || takes(&waiting, 4 * SHORT));
    std::thread::sleep(SHORT);
    storage.delete(&lock_path()).unwrap();
    let second = storage.lock(&lock_path(), Duration::ZERO).unwrap();
    assert!(second.is_some());
    drop(first);
    assert!(!waiting.join().unwrap().0);
}

#[test]
fn a_process_that_we_started_does_not_inherit_the_lock() {
    let (_temporary, storage) = open();
    let held = storage.lock(&lock_path(), Duration::ZERO).unwrap().unwrap();
    let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
    drop(held);
    // With patience, as a process that is only just starting may not have closed its copies yet.
    assert!(takes(&storage, LONG).0);
    drop(child.stdin.take());
    child.wait().unwrap();
}

#[test]
fn where_no_lock_can_be_there_is_none() {
    let (temporary, storage) = open();
    std::fs::create_dir(temporary.path().join("folder")).unwrap();
    for at in ["folder", "missing/a.lock"] {
        assert!(storage.lock(&StoragePath::try_new(at).unwrap(), LONG).unwrap().is_none());
    }
}
