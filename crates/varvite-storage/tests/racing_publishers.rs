//! Many publish the same path at once: one wins, and readers see its bytes or nothing.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::scope;

use varvite_storage::{LocalStorage, MemoryStorage, Published, Storage, StoragePath};

const WRITERS: usize = 24;
const ROUNDS: usize = 20;

/// Bytes by which the writer is known, long enough to be written in several steps.
fn content(writer: usize) -> String {
    format!("{writer:04}").repeat(20_000)
}

/// Every writer has a storage of its own, as in another process.
fn check(open: impl Fn() -> Box<dyn Storage> + Sync) {
    for round in 0..ROUNDS {
        let path = StoragePath::try_new(format!("round-{round}")).unwrap();
        let (start, done) = (Barrier::new(WRITERS + 1), AtomicBool::new(false));
        scope(|scope| {
            let reader = scope.spawn(|| {
                let storage = open();
                start.wait();
                let mut seen = Vec::new();
                while !done.load(Ordering::Relaxed) {
                    seen.extend(storage.get(&path).ok());
                }
                seen
            });
            let writers: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    let (open, start, path) = (&open, &start, &path);
                    scope.spawn(move || {
                        let storage = open();
                        let staged = storage.stage(path, content(writer).into()).unwrap();
                        start.wait();
                        storage.publish(&staged).unwrap() == Published::Created
                    })
                })
                .collect();
            let won: Vec<bool> = writers.into_iter().map(|writer| writer.join().unwrap()).collect();
            done.store(true, Ordering::Relaxed);
            let winners: Vec<usize> = (0..WRITERS).filter(|writer| won[*writer]).collect();
            assert_eq!(winners.len(), 1, "{winners:?}");
            let expected = content(winners[0]);
            assert!(open().get(&path).unwrap() == expected);
            assert!(reader.join().unwrap().iter().all(|seen| *seen == expected), "a reader saw other bytes");
        });
    }
    assert_eq!(open().list(&StoragePath::root()).unwrap().len(), ROUNDS, "hidden files stayed");
}

#[test]
fn on_local_files() {
    let folder = tempfile::tempdir().unwrap();
    check(|| Box::new(LocalStorage::open(folder.path()).unwrap()));
}

#[test]
fn in_memory() {
    let storage = MemoryStorage::new();
    check(|| Box::new(storage.clone()));
}
