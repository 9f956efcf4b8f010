//! A simulated disk does what its faults say, and does it again for the same seed.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::time::Duration;

use varvite_storage::sim::{Faults, SimStorage};
use varvite_storage::{Published, Result, Storage, StoragePath};

fn path(text: &str) -> StoragePath {
    StoragePath::try_new(text).unwrap()
}

fn create(storage: &SimStorage, at: &str) -> Result<Published> {
    let staged = storage.stage(&path(at), at.to_owned().into())?;
    storage.sync_staged(&staged)?;
    storage.publish(&staged)
}

/// Creates ten files and looks at each; how many calls of it worked.
fn work(storage: &SimStorage, folder: &str) -> usize {
    let _ = storage.create_folder(&path(folder));
    let at = |file: i32| format!("{folder}/{file}");
    let created = (0..10).filter(|file| create(storage, &at(*file)).is_ok()).count();
    let listed = storage.list(&path(folder)).map_or(0, |names| names.len());
    created + listed + (0..10).filter(|file| storage.get(&path(&at(*file))).is_ok()).count()
}

fn names(storage: &SimStorage) -> Vec<String> {
    storage.files().into_iter().map(|(path, _)| path.to_string()).collect()
}

fn rough() -> Faults {
    Faults {
        failing: 50,
        lost_answers: 50,
        full_disk: 20,
        clock_jumps: 50,
        switches: 300,
        stalls: 30,
        slow_lists: 500,
        ..Faults::default()
    }
}

#[test]
fn a_seed_repeats_everything() {
    let run = |seed| {
        let storage = SimStorage::new(seed);
        storage.arm(seed, rough());
        let callers = ["a", "a", "b"].map(|folder| move |storage: &SimStorage| work(storage, folder));
        let worked: Vec<usize> = storage.run(Vec::from(callers)).into_iter().map(Result::unwrap).collect();
        (storage.fingerprint(), storage.now_ms(), worked, names(&storage), storage.crash(seed).files())
    };
    let runs: Vec<_> = (0..20).map(run).collect();
    assert_eq!(runs, (0..20).map(run).collect::<Vec<_>>());
    assert_eq!(runs.iter().map(|run| run.0).collect::<BTreeSet<_>>().len(), 20);
}

#[test]
fn callers_take_turns_at_every_call() {
    let storage = SimStorage::new(1);
    storage.arm(2, Faults { switches: 500, ..Faults::default() });
    let _ = storage.run(Vec::from(["a", "b"].map(|folder| move |storage: &SimStorage| work(storage, folder))));
    let clients: Vec<u32> = storage.calls().iter().map(|call| call.client).collect();
    let switches = clients.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!(switches > 10, "{switches}");
}

#[test]
fn who_is_held_up_goes_on_later() {
    let storage = SimStorage::new(1);
    storage.arm(2, Faults { stalls: 200, ..Faults::default() });
    let worked = storage.run(Vec::from(["a", "b"].map(|folder| move |storage: &SimStorage| work(storage, folder))));
    assert!(worked.into_iter().all(|worked| worked.unwrap() == 30));
}

#[test]
fn a_caller_that_panics_leaves_the_turn_to_others() {
    let storage = SimStorage::new(1);
    let caller = |number: i32| {
        move |storage: &SimStorage| {
            let worked = work(storage, "a");
            assert!(number > 0, "number {number}");
            worked
        }
    };
    let results = storage.run(vec![caller(0), caller(1)]);
    assert!(results[0].is_err() && results[1].is_ok());
}

#[test]
fn some_calls_fail_and_some_of_them_work_all_the_same() {
    let storage = SimStorage::new(1);
    storage.arm(2, Faults { lost_answers: 300, ..Faults::default() });
    let outcomes: Vec<bool> = (0..100).map(|file| create(&storage, &file.to_string()).is_ok()).collect();
    storage.disarm();
    let stands = |file: usize| storage.head(&path(&file.to_string())).unwrap().is_some();
    assert!((0..100).all(|file| stands(file) || !outcomes[file]));
    assert!((0..100).any(|file| stands(file) && !outcomes[file]));
}

#[test]
fn a_full_disk_still_deletes() {
    let storage = SimStorage::new(1);
    assert_eq!(create(&storage, "a").unwrap(), Published::Created);
    storage.arm(2, Faults { full_disk: 1000, ..Faults::default() });
    storage.delete(&path("a")).unwrap();
    assert!((0..100).any(|_| create(&storage, "a").is_err()));
}

#[test]
fn nothing_works_after_a_power_cut() {
    for at in 1..=32 {
        let storage = SimStorage::new(at);
        storage.arm(at, Faults { power_cut: Some(at), ..Faults::default() });
        let _ = work(&storage, "a");
        let left = names(&storage);
        assert!(create(&storage, "b").is_err() && storage.list(&StoragePath::root()).is_err());
        assert!(storage.lock(&path("lock"), Duration::ZERO).is_err());
        assert_eq!(names(&storage), left);
        let after = storage.crash(at);
        assert_eq!(create(&after, "b").unwrap(), Published::Created);
    }
}

#[test]
fn a_killed_caller_lets_go_of_its_lock_and_others_go_on() {
    let storage = SimStorage::new(1);
    let (killed, other) = (storage.client(1), storage.client(2));
    storage.arm(2, Faults { kill: Some((1, 2)), ..Faults::default() });
    let lock = killed.lock(&path("lock"), Duration::ZERO).unwrap();
    assert!(lock.is_some() && other.lock(&path("lock"), Duration::ZERO).unwrap().is_none());
    assert!(killed.get(&path("a")).is_err());
    assert!(other.lock(&path("lock"), Duration::ZERO).unwrap().is_some());
    assert!(create(&killed, "a").is_err() && create(&other, "a").is_ok());
}

#[test]
fn a_staged_file_of_a_killed_caller_stays() {
    let storage = SimStorage::new(1);
    storage.arm(2, Faults { kill: Some((0, 2)), ..Faults::default() });
    assert!(create(&storage, "a").is_err());
    assert!(names(&storage).iter().any(|name| name.starts_with(".tmp-a-")));
}

#[test]
fn a_slow_list_shows_what_was_there_all_the_time() {
    let mut shown = BTreeSet::new();
    for seed in 0..200 {
        let storage = SimStorage::new(seed);
        assert!(["old", "stays"].iter().all(|name| create(&storage, name).is_ok()));
        storage.arm(seed, Faults { switches: 500, slow_lists: 1000, ..Faults::default() });
        let change = |storage: &SimStorage| {
            let _ = create(storage, "new").unwrap();
            storage.delete(&path("old")).unwrap();
            Vec::new()
        };
        let list = |storage: &SimStorage| {
            let names = storage.list(&StoragePath::root()).unwrap().into_iter().map(|entry| entry.name);
            names.filter(|name| !name.starts_with(".tmp-")).collect::<Vec<_>>()
        };
        let caller = |lists: bool| move |storage: &SimStorage| if lists { list(storage) } else { change(storage) };
        shown.insert(storage.run(vec![caller(false), caller(true)]).pop().unwrap().unwrap().join(" "));
    }
    let expected = ["new old stays", "new stays", "old stays", "stays"];
    assert_eq!(shown.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn a_stale_list_is_one_of_an_earlier_time() {
    let storage = SimStorage::new(1);
    storage.arm(2, Faults { stale_lists: 1000, ..Faults::default() });
    let list = || storage.list(&StoragePath::root()).unwrap().len();
    let (mut written, mut behind) = (0, 0);
    for file in 0..20 {
        let _ = create(&storage, &file.to_string()).unwrap();
        written += 1;
        let listed = list();
        assert!(listed <= written);
        behind += usize::from(listed < written);
    }
    assert!(behind > 0);
}

#[test]
fn events_tell_who_made_a_name_and_at_what() {
    let storage = SimStorage::new(1);
    let client = storage.client(7);
    client.mark(3);
    let _ = create(&client, "a").unwrap();
    assert_eq!(storage.rename(&path("a"), &path("b")).unwrap(), Published::Created);
    let events: Vec<_> = storage.events().iter().map(|e| (e.client, e.mark, e.path.to_string(), e.created)).collect();
    let expected = [(7, 3, "a", true), (0, 0, "a", false), (0, 0, "b", true)];
    assert_eq!(events, expected.map(|(client, mark, path, created)| (client, mark, path.to_owned(), created)));
}
