//! A storage that fails at any one call, or at several: before the call took effect, or after.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use common::scripted::{Fate, Scripted};
use common::{data_names, named, on_t, open, rows, stored, table};
use varvite_dataset::{Dataset, Duplicates, Error, Mode, Result, Rows, ScanOptions, WriteOptions, WriteReport};
use varvite_storage::{MemoryStorage, Storage};

/// A dataset, and a write to it that can be run twice: rows are told apart by all their columns.
struct Case {
    storage: MemoryStorage,
    rows: Vec<(i64, i64)>,
    options: WriteOptions,
}

fn options() -> WriteOptions {
    on_t().with_duplicates_on(Duplicates::on(["t"]))
}

fn cases() -> Vec<(&'static str, Case)> {
    let merge = vec![(0, 0), (3, 1), (6, 61), (7, 1), (9, 1)];
    let existing = || stored().0;
    vec![
        ("merge", Case { storage: existing(), rows: merge.clone(), options: options() }),
        ("first write", Case { storage: MemoryStorage::new(), rows: merge.clone(), options: options() }),
        ("overwrite", Case { storage: existing(), rows: merge, options: options().with_mode(Mode::Overwrite) }),
        (
            "append",
            Case {
                storage: existing(),
                rows: vec![(7, 1), (8, 2)],
                options: options().with_app("me", 1).with_mode(Mode::Append),
            },
        ),
        ("metadata", Case { storage: existing(), rows: Vec::new(), options: options().with_metadata("a", "b") }),
        ("repeat", Case { storage: existing(), rows: vec![(1, 10), (5, 50)], options: options() }),
        (
            "gathering",
            Case {
                storage: existing(),
                rows: vec![(8, 1)],
                options: options().with_row_group_target_size(9).with_max_n_off_target_rgs(0),
            },
        ),
    ]
}

impl Case {
    fn write(&self, dataset: &Dataset) -> Result<WriteReport> {
        let rows = if self.rows.is_empty() { Rows::none() } else { table(&self.rows).into() };
        dataset.write(rows, &self.options)
    }

    /// The rows and entries before and after the write.
    fn states(&self) -> [State; 2] {
        let storage = self.storage.fork();
        let before = state(&storage);
        let _ = self.write(&open(&storage).unwrap()).unwrap();
        [before, state(&storage)]
    }
}

type State = (Vec<(i64, i64)>, usize);

/// What a fresh handle sees; everything of it is sound.
#[track_caller]
fn state(storage: &MemoryStorage) -> State {
    let dataset = open(storage).unwrap();
    if !dataset.exists() {
        return (Vec::new(), 0);
    }
    let report = dataset.check(true).unwrap();
    assert!(report.is_ok(), "{report}");
    (rows(&dataset), dataset.snapshot().unwrap().key_value_metadata.len())
}

/// Runs every case under every script of the family, until a script finds nothing left to fail.
#[track_caller]
fn check<S>(family: impl Fn(usize) -> S)
where
    S: Fn(usize, &'static str) -> Fate + Send + Sync + 'static,
{
    for (name, case) in cases() {
        let [old, new] = case.states();
        for at in 0.. {
            assert!(at < 300, "{name}: never succeeds");
            let storage = Scripted::new(case.storage.fork());
            let dataset = open(&storage).unwrap();
            let script = family(at);
            storage.follow(move |number, call, _| script(number, call));
            let written = case.write(&dataset);
            let failed = storage.heal();
            let found = state(&storage.inner);
            match &written {
                Ok(_) => assert_eq!(found, new, "{name}, call {at}: acknowledged"),
                Err(Error::CommitUnknown { .. }) => {
                    assert!(found == old || found == new, "{name}, call {at}: {found:?}");
                }
                Err(error) => {
                    assert_eq!(error.code(), "VV0140", "{name}, call {at}: {error}");
                    assert_eq!(found, old, "{name}, call {at}: {error}");
                }
            }
            // Trying again works, for this handle and for one that was opened since; nothing arrives twice.
            let elsewhere = storage.inner.fork();
            let fresh = open(&elsewhere).unwrap();
            for (dataset, storage) in [(&dataset, &storage.inner), (&fresh, &elsewhere)] {
                if let Err(error) = case.write(dataset) {
                    let stands = written.is_ok() || found == new;
                    let again = matches!(error, Error::AppendBehind { .. }) && stands;
                    assert!(again, "{name}, call {at}: a retry failed: {error}");
                }
                assert_eq!(state(storage), new, "{name}, call {at}: after a retry");
            }
            if !failed {
                assert!(written.is_ok());
                break;
            }
        }
    }
}

fn at(wanted: bool, fate: Fate) -> Fate {
    if wanted { fate } else { Fate::Works }
}

#[test]
fn any_call_may_fail_without_effect() {
    check(|at_call| move |number, _| at(number == at_call, Fate::FailsBefore));
}

#[test]
fn any_answer_may_be_lost() {
    check(|at_call| move |number, _| at(number == at_call, Fate::FailsAfter));
}

#[test]
fn the_storage_may_vanish_at_any_call() {
    check(|at_call| move |number, _| at(number >= at_call, Fate::FailsBefore));
    check(|at_call| {
        move |number, _| at(number >= at_call, at(number == at_call, Fate::FailsAfter).or(Fate::FailsBefore))
    });
}

#[test]
fn a_lost_answer_and_another_failure_soon_after() {
    for distance in 1..5 {
        check(|at_call| {
            move |number, _| {
                at(number == at_call, Fate::FailsAfter).or(at(number == at_call + distance, Fate::FailsBefore))
            }
        });
    }
}

trait Or {
    fn or(self, other: Self) -> Self;
}

impl Or for Fate {
    fn or(self, other: Self) -> Self {
        if self == Self::Works { other } else { self }
    }
}

#[test]
fn a_failed_write_leaves_no_files_behind() {
    for (name, case) in cases() {
        for (fate, at_call) in
            [Fate::FailsBefore, Fate::FailsAfter].into_iter().flat_map(|fate| (0..60).map(move |at| (fate, at)))
        {
            let storage = Scripted::new(case.storage.fork());
            let dataset = open(&storage).unwrap();
            // What removes files may itself fail: that is another test's affair.
            storage.follow(move |number, call, _| {
                at(number == at_call && !["delete", "rename", "create_folder"].contains(&call), fate)
            });
            let written = case.write(&dataset);
            storage.heal();
            if !matches!(written, Err(Error::CommitUnknown { .. })) {
                let newest = named(&open(&storage.inner).unwrap());
                assert_eq!(data_names(&storage.inner), newest, "{name}, call {at_call} {fate:?}: {written:?}");
            }
        }
    }
}

#[test]
fn the_next_write_tidies_up_what_an_earlier_one_could_not() {
    for (name, case) in cases() {
        for (fate, at_call) in
            [Fate::FailsBefore, Fate::FailsAfter].into_iter().flat_map(|fate| (0..60).map(move |at| (fate, at)))
        {
            let storage = Scripted::new(case.storage.fork());
            let dataset = open(&storage).unwrap();
            storage.follow(move |number, _, _| at(number >= at_call, fate));
            let _ = case.write(&dataset);
            storage.heal();
            let _ = open(&storage).unwrap().write(table(&[(2, 7), (9, 7)]), &options()).unwrap();
            assert_eq!(data_names(&storage.inner), named(&open(&storage).unwrap()), "{name}, call {at_call} {fate:?}");
        }
    }
}

/// What opening and reading give when one call after the other fails.
fn failed_reads() -> Vec<Error> {
    let storage = Scripted::new(stored().0);
    let dataset = open(&storage).unwrap();
    let expected = rows(&dataset);
    let mut errors = Vec::new();
    loop {
        let at_call = errors.len();
        storage.follow(move |number, _, _| at(number == at_call, Fate::FailsBefore));
        let read = open(&storage).and_then(|dataset| dataset.read(&ScanOptions::default()));
        if !storage.heal() {
            assert_eq!(common::rows_of(&read.unwrap()), expected);
            return errors;
        }
        errors.push(read.unwrap_err());
        storage.follow(move |number, _, _| at(number == at_call, Fate::FailsBefore));
        let refreshed = dataset.refresh();
        assert_eq!(refreshed.is_err(), storage.heal());
        assert_eq!(rows(&dataset), expected);
    }
}

#[test]
fn reading_fails_or_gives_all_rows() {
    assert!(failed_reads().len() > 10);
}

#[test]
fn a_storage_that_fails_is_not_taken_for_damage() {
    for (at_call, error) in failed_reads().into_iter().enumerate() {
        assert_eq!(error.code(), "VV0140", "call {at_call}: {error}");
    }
}

#[test]
fn an_unknown_commit_is_found_by_its_transaction() {
    let storage = Scripted::new(stored().0);
    let dataset = open(&storage).unwrap();
    storage.cannot_sync_what_it_publishes();
    let error = dataset.write(table(&[(7, 7)]), &options()).unwrap_err();
    storage.heal();
    let Error::CommitUnknown { version, txn, .. } = &error else { panic!("{error}") };
    let log = open(&storage).unwrap().log().unwrap();
    assert_eq!(log.last().map(|commit| (commit.version, &commit.txn)), Some((*version, txn)));
    assert_eq!(error.code(), "VV0121");
    assert!(storage.list(&common::path("d")).unwrap().len() > 3);
}

#[test]
fn rows_that_are_there_already_are_acknowledged_when_they_last() {
    let storage = Scripted::new(stored().0);
    for options in [options(), options().with_app("me", 1)] {
        storage.cannot_sync_what_it_publishes();
        let unknown = open(&storage).unwrap().write(table(&[(7, 7)]), &options).unwrap_err();
        assert_eq!(unknown.code(), "VV0121");
        // Everybody sees the rows now, and a power cut would still take them away.
        let again = open(&storage).unwrap().write(table(&[(7, 7)]), &options);
        assert_eq!(again.unwrap_err().code(), "VV0140");
        storage.heal();
        let again = open(&storage).unwrap().write(table(&[(7, 7)]), &options).unwrap();
        assert_eq!((again.identical, again.committed()), (1, false));
    }
}

#[test]
fn a_storage_that_fails_where_old_records_are_gone_is_not_taken_for_damage() {
    let (inner, dataset) = stored();
    let options = varvite_dataset::VacuumOptions::default().with_retention(varvite_dataset::Retention::NEWEST);
    let _ = dataset.delete_range(1..3, &WriteOptions::default()).unwrap();
    let _ = dataset.vacuum(&options.with_log_expiry(true)).unwrap();
    let storage = Scripted::new(inner);
    for at_call in 0.. {
        storage.follow(move |number, _, _| at(number == at_call, Fate::FailsBefore));
        let opened = open(&storage);
        if !storage.heal() {
            break;
        }
        assert_eq!(opened.unwrap_err().code(), "VV0140", "call {at_call}");
    }
}
