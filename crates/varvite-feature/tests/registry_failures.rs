//! Failing storages, power cuts, damaged and missing files: before or after, never between, and always by name.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::sync::Arc;

use common::registry::{checkpoint_path, group, groups, names, registry, replace, revision_path};
use varvite_feature::{Error, Registry, RegistryChange};
use varvite_schema::Definitions;
use varvite_storage::sim::{Faults, SimStorage};
use varvite_storage::{CountingStorage, FailingStorage, Failure, MemoryStorage, Operation, Storage, StoragePath};

/// A registry of so many revisions.
fn with_revisions(count: u64) -> MemoryStorage {
    let storage = MemoryStorage::new();
    let registry = registry(&storage);
    for at in 1..=count {
        registry.apply(&groups([format!("g{at}").as_str()])).unwrap();
    }
    storage
}

#[test]
fn a_storage_that_fails_at_any_call_leaves_the_state_before_or_after() {
    let kinds: [fn(u64) -> Failure; 3] =
        [Failure::at_call, |nth| Failure::at_call(nth).after_effect(), |nth| Failure::at_call(nth).from_then_on()];
    // A first revision, one of many, and one with a checkpoint.
    for before in [0, 3, 63] {
        let sound = with_revisions(before);
        for kind in kinds {
            for nth in 1.. {
                let disk = sound.fork();
                let storage = FailingStorage::new(Arc::new(disk.clone()));
                let failing = registry(&storage);
                storage.arm(kind(nth));
                let outcome = failing.apply(&groups(["new"]));
                let failed = storage.failed();
                storage.disarm();
                let fresh = registry(&disk);
                let revision = fresh.state().unwrap().revision();
                let is_there = names(&fresh).contains(&"new".to_owned());
                assert_eq!(revision, before + u64::from(is_there));
                match &outcome {
                    Ok(applied) => assert!(is_there && applied.state.revision() == revision),
                    Err(Error::RegistryUnknown { revision, .. }) => assert_eq!(*revision, before + 1),
                    Err(error) => assert!(!is_there, "{error}"),
                }
                // The same handle goes on.
                failing.apply(&groups(["new"])).unwrap();
                assert_eq!(failing.state().unwrap(), fresh.state().unwrap());
                assert_eq!(fresh.state().unwrap().revision(), before + 1);
                if failed == 0 {
                    assert!(nth > 5);
                    break;
                }
            }
        }
    }
}

/// What callers that race are told, as names of groups.
fn apply_some(storage: &SimStorage, caller: usize) -> Vec<String> {
    let registry = registry(storage);
    let names = (0..4).map(|at| format!("c{caller}-{at}"));
    names.filter(|name| registry.apply(&groups([name.as_str()])).is_ok()).collect()
}

#[test]
fn s14_what_was_acknowledged_outlives_a_power_cut() {
    let mut cuts = 0;
    for seed in 0..150 {
        let storage = SimStorage::new(seed);
        let power_cut = (seed % 5 != 0).then_some(5 + seed * 2 % 120);
        let faults =
            Faults { failing: 15, lost_answers: 15, switches: 400, slow_lists: 200, power_cut, ..Faults::default() };
        storage.arm(seed, faults);
        let callers: Vec<_> = (1..=3).map(|caller| move |storage: &SimStorage| apply_some(storage, caller)).collect();
        let acknowledged: Vec<String> = storage.run(callers).into_iter().flat_map(Result::unwrap).collect();
        cuts += u32::from(storage.power_is_off());
        let after = storage.crash(seed);
        let found = names(&registry(&after));
        for name in &acknowledged {
            assert!(found.contains(name), "seed {seed}: {name} is lost: {found:?}");
        }
        // What is there can be changed, and history is whole.
        let registry = registry(&after);
        registry.apply(&groups(["later"])).unwrap();
        assert_eq!(registry.history().unwrap().len() as u64, registry.state().unwrap().revision());
    }
    assert!(cuts > 60, "{cuts}");
}

#[test]
fn nobody_builds_on_a_revision_that_may_not_last() {
    for (nth, seed) in (1..=2).flat_map(|nth| (0..40).map(move |seed| (nth, seed))) {
        let disk = SimStorage::new(seed);
        let _ = registry(&disk).apply(&groups(["a"])).unwrap();
        // One shows its revision, and is gone before it lasts. The first sync is that of the revision before.
        let storage = FailingStorage::new(Arc::new(disk.clone()));
        storage.arm(Failure::at_call_of(Operation::Sync, 2));
        let error = registry(&storage).apply(&groups(["b"])).unwrap_err();
        assert_eq!(error.code(), "VV0408");
        // Another goes on from there, until the power goes.
        storage.arm(Failure::at_call_of(Operation::Sync, nth).from_then_on());
        assert!(registry(&storage).apply(&groups(["c"])).is_err());
        let after = disk.crash(seed);
        let found = names(&registry(&after));
        assert!(["a", "b", "c"].iter().take(found.len()).eq(found.iter()), "{found:?}");
        assert!(found.len() >= if nth == 2 { 2 } else { 1 }, "{found:?}");
    }
}

#[test]
fn s14_what_is_there_already_is_made_to_last_before_it_is_acknowledged() {
    for seed in 0..20 {
        let disk = SimStorage::new(seed);
        let storage = FailingStorage::new(Arc::new(disk.clone()));
        storage.arm(Failure::at_call_of(Operation::Sync, 1));
        assert!(registry(&storage).apply(&groups(["a"])).is_err());
        assert!(registry(&disk).apply(&groups(["a"])).unwrap().plan.is_empty(), "it is there");
        assert_eq!(names(&registry(&disk.crash(seed))), ["a"]);
    }
}

#[track_caller]
fn is_damaged(registry: &Registry, revision: u64, reason: &str) {
    let error = registry.state().unwrap_err();
    let Error::RegistryDamaged { file, reason: found } = &error else { panic!("{error}") };
    assert_eq!(*file, revision_path(revision).to_string());
    assert!(found.contains(reason), "{error}");
    assert_eq!(error.code(), "VV0402");
}

#[test]
fn s20_a_damaged_revision_is_named() {
    let storage = with_revisions(5);
    let text = String::from_utf8(storage.get(&revision_path(3)).unwrap().to_vec()).unwrap();
    let damage = [
        (text[..text.len() / 2].to_owned(), "does not end in a checksum"),
        (String::new(), "does not end in a checksum"),
        (text.replace("g3", "g9"), "its checksum is"),
        (String::from_utf8(storage.get(&revision_path(2)).unwrap().to_vec()).unwrap(), "it is revision 2"),
    ];
    for (text, reason) in damage {
        let copy = storage.fork();
        replace(&copy, &revision_path(3), text);
        is_damaged(&registry(&copy), 3, reason);
        // What came before can still be read, by one who knows that there is more.
        let error = registry(&copy).apply(&groups(["new"])).unwrap_err();
        assert_eq!(error.code(), "VV0402");
    }
    let copy = storage.fork();
    copy.delete(&revision_path(3)).unwrap();
    is_damaged(&registry(&copy), 3, "it is missing");
    // Another registry's revision of the same number.
    let other = MemoryStorage::new();
    (1..=4).for_each(|at| drop(registry(&other).apply(&groups([format!("h{at}").as_str()])).unwrap()));
    let copy = storage.fork();
    replace(&copy, &revision_path(4), other.get(&revision_path(4)).unwrap().to_vec());
    is_damaged(&registry(&copy), 4, "it does not follow the revision before");
}

#[test]
fn ends_of_lines_are_no_damage() {
    let storage = with_revisions(3);
    let expected = registry(&storage).state().unwrap();
    for revision in 1..=3 {
        let text = String::from_utf8(storage.get(&revision_path(revision)).unwrap().to_vec()).unwrap();
        replace(&storage, &revision_path(revision), text.replace('\n', "\r\n"));
    }
    assert_eq!(registry(&storage).state().unwrap(), expected);
}

#[test]
fn opening_reads_few_files_however_many_revisions_there_are() {
    let storage = with_revisions(200);
    assert!([64, 128, 192].iter().all(|at| storage.head(&checkpoint_path(*at)).unwrap().is_some()));
    let counting = CountingStorage::new(Arc::new(storage));
    let state = registry(&counting).state().unwrap();
    assert_eq!((state.revision(), state.definitions().groups().len()), (200, 200));
    // The checkpoint, its revision, the 8 after it, and the next, which is not there.
    assert_eq!(counting.counts().calls(Operation::Get), 11);
    let old = registry(&counting);
    old.state().unwrap();
    counting.reset();
    assert_eq!(old.at_revision(130).unwrap().definitions().groups().len(), 130);
    assert!(counting.counts().calls(Operation::Get) <= 6);
}

#[test]
fn a_checkpoint_that_is_damaged_or_missing_is_passed_over() {
    let storage = with_revisions(130);
    let expected = registry(&storage).state().unwrap();
    let sound = storage.get(&checkpoint_path(128)).unwrap().to_vec();
    let text = String::from_utf8(sound.clone()).unwrap();
    let older = storage.get(&checkpoint_path(64)).unwrap().to_vec();
    for damaged in [Vec::new(), sound[..900].to_vec(), text.replace("g7\"", "g8\"").into_bytes(), older] {
        let copy = storage.fork();
        replace(&copy, &checkpoint_path(128), damaged.clone());
        assert_eq!(registry(&copy).state().unwrap(), expected);
        replace(&copy, &checkpoint_path(64), damaged);
        assert_eq!(registry(&copy).state().unwrap(), expected);
        copy.delete(&checkpoint_path(64)).unwrap();
        copy.delete(&checkpoint_path(128)).unwrap();
        let again = registry(&copy);
        assert_eq!(again.state().unwrap(), expected);
        // The next change leaves a sound one.
        again.apply(&groups(["new"])).unwrap();
        assert!(copy.head(&checkpoint_path(131)).unwrap().is_some());
        assert_eq!(registry(&copy).state().unwrap(), again.state().unwrap());
    }
}

#[test]
fn a_checkpoint_of_another_past_is_passed_over() {
    let (ours, theirs) = (with_revisions(70), MemoryStorage::new());
    let other = registry(&theirs);
    (1..=70).for_each(|at| drop(other.apply(&groups([format!("h{at}").as_str()])).unwrap()));
    let expected = registry(&ours).state().unwrap();
    replace(&ours, &checkpoint_path(64), theirs.get(&checkpoint_path(64)).unwrap().to_vec());
    assert_eq!(registry(&ours).state().unwrap(), expected);
}

#[test]
fn a_registry_that_was_put_back_is_noticed() {
    let storage = with_revisions(5);
    let known = registry(&storage);
    let base = known.state().unwrap();
    // Back to revision 3, as version control might do.
    storage.delete(&revision_path(5)).unwrap();
    storage.delete(&revision_path(4)).unwrap();
    let change = RegistryChange::new().with_definitions(groups(["new"]));
    let error = known.commit(&base, change.clone()).unwrap_err();
    assert!(matches!(error, Error::RegistryConflict { expected: 5, found: 3 }), "{error}");
    assert_eq!(known.state().unwrap().revision(), 3);
    // And on, another way.
    let other = registry(&storage);
    (0..2).for_each(|at| drop(other.apply(&groups([format!("other{at}").as_str()])).unwrap()));
    let error = known.commit(&base, change).unwrap_err();
    assert!(matches!(error, Error::RegistryConflict { expected: 5, found: 5 }), "{error}");
    assert_eq!(names(&known), ["g1", "g2", "g3", "other0", "other1"]);
}

#[test]
fn foreign_files_are_left_alone() {
    let storage = with_revisions(2);
    for name in ["README.md", "3.json", "0000000000000000000x.json", "00000000000000000000.json"] {
        let path = StoragePath::try_new(format!("store/registry/revisions/{name}")).unwrap();
        let staged = storage.stage(&path, "?".into()).unwrap();
        let _ = storage.publish(&staged).unwrap();
    }
    assert_eq!(registry(&storage).state().unwrap().revision(), 2);
    let owned = Definitions::try_new(vec![group("g1").owner("me").build().unwrap()], vec![]).unwrap();
    assert_eq!(registry(&storage).apply(&owned).unwrap().state.revision(), 3);
}
