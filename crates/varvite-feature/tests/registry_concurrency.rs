//! Threads and processes that change one registry at once lose nothing; a kill leaves the state before or after.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

mod common;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use common::registry::{group, groups, names};
use varvite_feature::Registry;
use varvite_schema::Outcome;
use varvite_storage::{LocalStorage, StoragePath};

/// Tells a child process where the registry is, and the first letters of its groups.
const CHILD: &str = "VARVITE_TEST_REGISTRY_CHILD";

fn open(folder: &Path) -> Registry {
    Registry::at(Arc::new(LocalStorage::open(folder).unwrap()), &StoragePath::root()).unwrap()
}

#[test]
fn s14_many_threads_register_and_all_groups_are_there() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let folder = folder.path();
            scope.spawn(move || {
                let registry = open(folder);
                for at in 0..4 {
                    let group = group(&format!("g-{thread}-{at}")).build().unwrap();
                    assert_eq!(registry.register_group(&group).unwrap(), Outcome::Created);
                }
            });
        }
    });
    let registry = open(folder.path());
    let mut found = names(&registry);
    found.sort();
    let expected: Vec<String> = (0..8).flat_map(|thread| (0..4).map(move |at| format!("g-{thread}-{at}"))).collect();
    assert_eq!(found, expected);
    assert_eq!(registry.state().unwrap().revision(), 32, "each made one revision");
}

#[test]
fn s14_threads_that_share_a_handle_all_register_too() {
    let folder = tempfile::tempdir().unwrap();
    let registry = open(folder.path());
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let registry = registry.clone();
            scope.spawn(move || registry.apply(&groups([format!("g-{thread}").as_str()])).unwrap());
        }
    });
    assert_eq!(names(&open(folder.path())).len(), 8);
}

/// Not a test of its own: what child processes run. It says each number that is acknowledged.
#[test]
#[ignore = "run by other tests, in processes of their own"]
fn child() {
    let Ok(given) = std::env::var(CHILD) else { return };
    let (prefix, folder) = given.split_once(':').unwrap();
    let registry = open(Path::new(folder));
    for at in 0..1000 {
        registry.apply(&groups([format!("{prefix}-{at}").as_str()])).unwrap();
        println!("applied {at}");
        if prefix.starts_with("few") && at == 19 {
            return;
        }
    }
}

fn spawn(folder: &Path, prefix: &str) -> Child {
    let test = std::env::current_exe().unwrap();
    let mut command = Command::new(test);
    command.args(["child", "--exact", "--ignored", "--nocapture"]);
    command.env(CHILD, format!("{prefix}:{}", folder.display()));
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// How many were acknowledged in what a child said.
fn acknowledged(output: impl BufRead) -> usize {
    output.lines().map_while(Result::ok).filter(|line| line.contains("applied ")).count()
}

#[test]
fn two_processes_that_apply_at_once_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let children = [spawn(folder.path(), "few-a"), spawn(folder.path(), "few-b")];
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(acknowledged(output.stdout.as_slice()), 20);
    }
    let mut found = names(&open(folder.path()));
    found.sort();
    let mut expected: Vec<String> =
        ["few-a", "few-b"].iter().flat_map(|prefix| (0..20).map(move |at| format!("{prefix}-{at}"))).collect();
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!(open(folder.path()).state().unwrap().revision(), 40);
}

#[test]
fn a_killed_process_leaves_the_state_before_or_after() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..6 {
        let prefix = format!("round{round}");
        let mut child = spawn(folder.path(), &prefix);
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("applied ") {
            line.clear();
            assert!(output.read_line(&mut line).unwrap() > 0, "the child ended");
        }
        std::thread::sleep(Duration::from_millis(7 * (round + 1)));
        child.kill().unwrap();
        child.wait().unwrap();
        let acknowledged = 1 + acknowledged(output);
        let registry = open(folder.path());
        let found: Vec<String> = names(&registry).into_iter().filter(|name| name.starts_with(&prefix)).collect();
        let expected: Vec<String> = (0..found.len()).map(|at| format!("{prefix}-{at}")).collect();
        assert_eq!(found, expected);
        assert!([acknowledged, acknowledged + 1].contains(&found.len()), "{acknowledged} of {}", found.len());
        // And it can be changed at once: nothing of the dead one is in the way.
        registry.apply(&groups([format!("after-{round}").as_str()])).unwrap();
    }
}
