//! Injected failures: which call fails, and whether it took effect.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use varvite_storage::{Error, FailingStorage, Failure, MemoryStorage, Operation, Result, Staged, Storage, StoragePath};

fn path(text: &str) -> StoragePath {
    StoragePath::try_new(text).unwrap()
}

/// A storage with a file and two empty folders, and something staged.
fn prepared() -> (MemoryStorage, FailingStorage, Staged) {
    let inner = MemoryStorage::new();
    inner.replace(&path("file"), "bytes".into());
    for folder in ["empty", "other"] {
        inner.create_folder(&path(folder)).unwrap();
    }
    let staged = inner.stage(&path("new"), "new".into()).unwrap();
    (inner.clone(), FailingStorage::new(Arc::new(inner)), staged)
}

fn call(storage: &dyn Storage, operation: Operation, staged: &Staged) -> Result<()> {
    match operation {
        Operation::Get => storage.get(&path("file")).map(drop),
        Operation::GetRange => storage.get_range(&path("file"), 0..1).map(drop),
        Operation::Head => storage.head(&path("file")).map(drop),
        Operation::List => storage.list(&path("")).map(drop),
        Operation::CreateFolder => storage.create_folder(&path("created")),
        Operation::Stage => storage.stage(&path("new"), "new".into()).map(drop),
        Operation::Publish => storage.publish(staged).map(|_| ()),
        Operation::SyncStaged => storage.sync_staged(staged),
        Operation::Sync => storage.sync(&path("file")),
        Operation::Rename => storage.rename(&path("file"), &path("moved")).map(|_| ()),
        Operation::Delete => storage.delete(&path("file")),
        Operation::DeleteFolder => storage.delete_folder(&path("empty")).map(drop),
        Operation::Lock => storage.lock(&path("lock"), Duration::ZERO).map(drop),
    }
}

fn everything(storage: &MemoryStorage) -> String {
    format!("{:?} {:?}", storage.files(), storage.list(&StoragePath::root()).unwrap())
}

#[track_caller]
fn check_injected(result: Result<()>) {
    let error = result.unwrap_err();
    assert!(matches!(&error, Error::Io { source, .. } if source.to_string() == "injected failure"), "{error:?}");
}

/// The calls, counted from 1, of which `failure` fails some: `.` passed, `x` failed.
#[track_caller]
fn check_calls(failure: Failure, calls: &[Operation], expected: &str) {
    let (_, storage, staged) = prepared();
    storage.arm(failure);
    let outcomes: String =
        calls.iter().map(|operation| if call(&storage, *operation, &staged).is_ok() { '.' } else { 'x' }).collect();
    assert_eq!(outcomes, expected);
    assert_eq!(storage.failed(), expected.matches('x').count() as u64);
}

#[test]
fn a_failure_before_the_effect_has_none() {
    for operation in Operation::ALL {
        let (inner, storage, staged) = prepared();
        let before = everything(&inner);
        storage.arm(Failure::at_call_of(operation, 1));
        check_injected(call(&storage, operation, &staged));
        assert_eq!(everything(&inner), before, "{operation:?}");
    }
}

#[test]
fn a_lost_answer_has_the_effect() {
    for operation in Operation::ALL {
        let (inner, storage, staged) = prepared();
        let undisturbed = inner.fork();
        call(&undisturbed, operation, &staged).unwrap();
        storage.arm(Failure::at_call_of(operation, 1).after_effect());
        check_injected(call(&storage, operation, &staged));
        assert_eq!(everything(&inner), everything(&undisturbed), "{operation:?}");
    }
}

#[test]
fn a_lost_lock_is_let_go() {
    let (_, storage, staged) = prepared();
    storage.arm(Failure::at_call(1).after_effect());
    check_injected(call(&storage, Operation::Lock, &staged));
    assert!(storage.lock(&path("lock"), Duration::ZERO).unwrap().is_some());
}

#[test]
fn the_nth_call_fails() {
    use Operation::{Get, Head, List};
    let calls = [Get, Head, Get, List, Get, Head];
    check_calls(Failure::at_call(1), &calls, "x.....");
    check_calls(Failure::at_call(3), &calls, "..x...");
    check_calls(Failure::at_call(3).from_then_on(), &calls, "..xxxx");
    check_calls(Failure::at_call_of(Get, 2), &calls, "..x...");
    check_calls(Failure::at_call_of(Get, 2).from_then_on(), &calls, "..x.x.");
    check_calls(Failure::at_call_of(Head, 2).after_effect(), &calls, ".....x");
    check_calls(Failure::at_call(7), &calls, "......");
    check_calls(Failure::at_call(0).from_then_on(), &calls, "......");
}

#[test]
fn what_is_not_armed_passes() {
    let (_, storage, staged) = prepared();
    call(&storage, Operation::Get, &staged).unwrap();
    storage.arm(Failure::at_call(1).from_then_on());
    check_injected(call(&storage, Operation::Get, &staged));
    storage.disarm();
    call(&storage, Operation::Get, &staged).unwrap();
    assert_eq!(storage.failed(), 1);
    storage.arm(Failure::at_call(2));
    assert_eq!(storage.failed(), 0);
    call(&storage, Operation::Get, &staged).unwrap();
    check_injected(call(&storage.clone(), Operation::Get, &staged));
}
