//! Readers keep their version whatever writers do, and writers lose nothing of one another.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use common::scripted::{Fate, Scripted};
use common::{data_names, files_in, ints, named, on_t, open, path, rows, rows_of, stored, table, tens};
use varvite_dataset::{Dataset, Duplicates, Error, Mode, Scan, ScanOptions, WriteOptions};
use varvite_storage::{LocalStorage, MemoryStorage, Storage};

fn whole() -> Vec<(i64, i64)> {
    (1..=6).map(|t| (t, 10 * t)).collect()
}

/// The rows that a scan still has.
fn rest(scan: &mut Scan) -> Vec<(i64, i64)> {
    let mut rows = Vec::new();
    while let Some(batch) = scan.next_batch().unwrap() {
        rows.extend(rows_of(&batch));
    }
    rows
}

fn keyed() -> WriteOptions {
    on_t().with_duplicates_on(Duplicates::AllColumns)
}

#[test]
fn a_scan_keeps_the_rows_of_its_version() {
    for taken in 0..=3 {
        let (storage, reader) = stored();
        let mut scan = reader.scan(&ScanOptions::default().with_batch_size(2)).unwrap();
        let mut found = Vec::new();
        for _ in 0..taken {
            found.extend(rows_of(&scan.next_batch().unwrap().unwrap()));
        }
        let writer = open(&storage).unwrap();
        let _ = writer.write(tens([0, 3, 5, 9]), &on_t()).unwrap();
        let _ = writer.write(tens([8]), &on_t().with_mode(Mode::Overwrite)).unwrap();
        found.extend(rest(&mut scan));
        assert_eq!(found, whole());
        assert_eq!(rows(&open(&storage).unwrap()), [(8, 80)]);
        // The handle stays where it is until it is told to move.
        assert_eq!(rows(&reader), whole());
        assert!(reader.refresh().unwrap());
        assert_eq!(rows(&reader), [(8, 80)]);
        assert!(!reader.refresh().unwrap());
    }
}

#[test]
fn a_scan_keeps_its_rows_in_the_middle_of_a_row_group() {
    let storage = MemoryStorage::new();
    let options = WriteOptions::ordered_on("t");
    let reader = open(&storage).unwrap();
    // Columns that cannot be packed into a few blocks.
    let noise = |t: i64| t.wrapping_mul(0x5851_F42D_4C95_7F2D).rotate_left(17).wrapping_mul(0x2545_F491_4F6C_DD1D);
    let all: Vec<(i64, i64)> = (0..300_000).map(|t| ((t << 42) + (noise(t) >> 23), noise(t))).collect();
    let _ = reader.write(table(&all), &options).unwrap();
    let mut scan = reader.scan(&ScanOptions::default().with_batch_size(1000)).unwrap();
    let mut found = rows_of(&scan.next_batch().unwrap().unwrap());
    let _ = open(&storage).unwrap().write(tens([8]), &options.with_mode(Mode::Overwrite)).unwrap();
    found.extend(rest(&mut scan));
    assert!(found == all, "{} rows", found.len());
}

#[test]
fn a_file_may_be_moved_between_two_calls() {
    for at_call in 0.. {
        let storage = Scripted::new(stored().0);
        let reader = open(&storage).unwrap();
        let inner = storage.inner.clone();
        storage.follow(move |number, _, _| {
            if number == at_call {
                let _ = open(&inner).unwrap().write(tens([8]), &on_t().with_mode(Mode::Overwrite)).unwrap();
            }
            Fate::Works
        });
        assert_eq!(rows(&reader), whole(), "overwritten before call {at_call}");
        storage.heal();
        if rows(&open(&storage).unwrap()).len() != 1 {
            break;
        }
    }
}

#[test]
fn a_detached_handle_goes_its_own_way() {
    let (_, dataset) = stored();
    let (clone, detached) = (dataset.clone(), dataset.detached());
    let _ = dataset.write(tens([7]), &on_t()).unwrap();
    assert_eq!((rows(&clone).len(), rows(&detached).len()), (7, 6));
    let _ = detached.write(tens([8]), &on_t()).unwrap();
    assert_eq!((rows(&detached).len(), rows(&dataset).len()), (8, 7));
}

#[test]
fn a_handle_that_is_behind_writes_onto_the_newest_version() {
    let (storage, behind) = stored();
    let writer = open(&storage).unwrap();
    let _ = writer.write(table(&[(2, 0), (9, 0)]), &on_t()).unwrap();
    let report = behind.write(table(&[(2, 1), (8, 1)]), &on_t()).unwrap();
    assert_eq!((report.version_before, report.version_after, report.late), (Some(3), Some(4), 2));
    let expected = [(1, 10), (2, 20), (2, 0), (2, 1), (3, 30), (4, 40), (5, 50), (6, 60), (8, 1), (9, 0)];
    assert_eq!(rows(&behind), expected);
    assert_eq!(data_names(&storage), named(&behind));
}

#[test]
fn a_handle_that_is_behind_does_not_take_old_rows_for_stored_ones() {
    let (storage, behind) = stored();
    let _ = open(&storage).unwrap().write(tens([8]), &keyed().with_mode(Mode::Overwrite)).unwrap();
    let report = behind.write(tens([3]), &keyed()).unwrap();
    assert_eq!((report.inserted, report.identical), (1, 0), "{report}");
    assert_eq!(rows(&open(&storage).unwrap()), [(3, 30), (8, 80)]);
    // Nor an entry.
    let late = behind.detached();
    let _ = behind.write(tens([]), &on_t().with_metadata("a", "1")).unwrap();
    let _ = late.write(tens([]), &on_t().without_metadata("a")).unwrap();
    assert!(open(&storage).unwrap().snapshot().unwrap().key_value_metadata.is_empty());
}

#[test]
fn an_append_of_a_handle_that_is_behind_is_checked_against_the_newest_rows() {
    let (storage, behind) = stored();
    let _ = open(&storage).unwrap().write(tens([20]), &on_t()).unwrap();
    let error = behind.write(tens([7]), &on_t().with_mode(Mode::Append)).unwrap_err();
    assert!(matches!(error, Error::AppendBehind { .. }), "{error}");
    assert_eq!(data_names(&storage), named(&open(&storage).unwrap()));
}

#[test]
fn two_first_writes_are_two_writes() {
    let storage = MemoryStorage::new();
    let (a, b) = (open(&storage).unwrap(), open(&storage).unwrap());
    let _ = a.write(tens([1, 3]), &on_t()).unwrap();
    let report = b.write(tens([2, 4]), &on_t()).unwrap();
    assert_eq!((report.version_before, report.version_after), (Some(0), Some(1)));
    assert_eq!(rows(&b).len(), 4);
    let c = open(&storage).unwrap();
    for (other, code) in [("v", "VV0108"), ("t", "VV0107")] {
        let storage = MemoryStorage::new();
        let (a, b) = (open(&storage).unwrap(), open(&storage).unwrap());
        let _ = a.write(tens([1]), &on_t()).unwrap();
        let before = storage.files();
        let strange = match other {
            "v" => tens([1]),
            _ => common::batch([("t", ints([1])), ("v", ints([1])), ("w", ints([1]))]),
        };
        assert_eq!(b.write(strange, &WriteOptions::ordered_on(other)).unwrap_err().code(), code);
        assert_eq!(storage.files(), before);
    }
    assert!(c.check(true).unwrap().is_ok());
}

/// Writers in threads of their own, each with a handle of its own on the same storage.
fn in_threads(storage: &Arc<dyn Storage>, writers: i64, write: impl Fn(&Dataset, i64) + Sync) -> Dataset {
    let open = || Dataset::at(Arc::clone(storage), path("d"), None).unwrap();
    let start = Barrier::new(usize::try_from(writers).unwrap());
    thread::scope(|scope| {
        for writer in 0..writers {
            let (dataset, start, write) = (open(), &start, &write);
            scope.spawn(move || {
                start.wait();
                write(&dataset, writer);
            });
        }
    });
    open()
}

fn storages() -> Vec<(Option<tempfile::TempDir>, Arc<dyn Storage>)> {
    let folder = tempfile::tempdir().unwrap();
    let local = LocalStorage::open(folder.path()).unwrap();
    vec![(None, Arc::new(MemoryStorage::new())), (Some(folder), Arc::new(local))]
}

/// The data folder holds the files of the newest version, and no others.
#[track_caller]
fn assert_at_rest(storage: &dyn Storage, dataset: &Dataset) {
    let found: Vec<String> = storage.list(&path("d")).unwrap().into_iter().map(|entry| entry.name).collect();
    assert_eq!(found, named(dataset));
}

#[test]
fn writers_of_disjoint_rows_lose_nothing() {
    for (_folder, storage) in storages() {
        let dataset = in_threads(&storage, 4, |dataset, writer| {
            for step in 0..6 {
                let _ = dataset.write(tens([100 * writer + step, 100 * writer + step + 50]), &on_t()).unwrap();
            }
        });
        let expected: BTreeSet<_> = (0..4)
            .flat_map(|writer| (0..6).flat_map(move |step| [0, 50].map(|half| 100 * writer + step + half)))
            .collect();
        assert_eq!(
            rows(&dataset).into_iter().map(|row| row.0).collect::<Vec<_>>(),
            expected.into_iter().collect::<Vec<_>>()
        );
        assert_eq!(dataset.snapshot().unwrap().version, 23);
        assert!(dataset.check(true).unwrap().findings.is_empty());
        assert_at_rest(storage.as_ref(), &dataset);
    }
}

#[test]
fn writers_of_the_same_rows_store_them_once() {
    for (_folder, storage) in storages() {
        let dataset = in_threads(&storage, 4, |dataset, writer| {
            for step in 0..6 {
                let _ = dataset.write(tens(step..step + 5 + writer % 2), &keyed()).unwrap();
            }
        });
        assert_eq!(rows(&dataset), (0..11).map(|t| (t, 10 * t)).collect::<Vec<_>>());
        assert!(dataset.check(true).unwrap().findings.is_empty());
        assert_at_rest(storage.as_ref(), &dataset);
    }
}

#[test]
fn overlapping_rows_without_a_key_all_arrive() {
    let storage = MemoryStorage::new();
    let dataset = in_threads(&(Arc::new(storage.clone()) as Arc<dyn Storage>), 4, |dataset, writer| {
        for step in 0..6 {
            let _ = dataset
                .write(table(&[(step, writer), (3, writer), (9, writer)][..if step > 3 { 1 } else { 3 }]), &on_t())
                .unwrap();
        }
    });
    let mut found = rows(&dataset);
    assert!(found.is_sorted_by_key(|row| row.0));
    found.sort_unstable();
    let mut expected: Vec<_> = (0..4)
        .flat_map(|writer| {
            (0..6).flat_map(move |step| {
                [(step, writer), (3, writer), (9, writer)].into_iter().take(if step > 3 { 1 } else { 3 })
            })
        })
        .collect();
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(data_names(&storage), named(&dataset));
}

#[test]
fn readers_beside_writers_see_whole_versions() {
    for (_folder, storage) in storages() {
        let open = || Dataset::at(Arc::clone(&storage), path("d"), None).unwrap();
        let _ = open().write(table(&(0..20).map(|t| (t, 0)).collect::<Vec<_>>()), &on_t()).unwrap();
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let readers: Vec<_> = (0..2)
                .map(|_| {
                    scope.spawn(|| {
                        let reader = open();
                        while !done.load(Ordering::Relaxed) {
                            reader.refresh().unwrap();
                            let found = rows(&reader);
                            assert_eq!(found.len(), 20);
                            assert!(found.iter().all(|row| row.1 == found[0].1), "{found:?}");
                        }
                    })
                })
                .collect();
            let writer = open();
            for step in 1..60 {
                let all = table(&(0..20).map(|t| (t, step)).collect::<Vec<_>>());
                let _ = writer.write(all, &on_t().with_duplicates_on(Duplicates::on(["t"]))).unwrap();
            }
            done.store(true, Ordering::Relaxed);
            for reader in readers {
                reader.join().unwrap();
            }
        });
    }
}

#[test]
fn a_write_that_is_tried_again_by_its_name_is_applied_once() {
    let (storage, dataset) = stored();
    let again = open(&storage).unwrap();
    let first = dataset.write(tens([7, 8]), &on_t().with_app("feed", 0)).unwrap();
    assert_eq!((first.inserted, first.version_after), (2, Some(3)));
    let before = storage.files();
    // By the handle that wrote, by one that does not know of it, and by a new one.
    for handle in [&dataset, &again, &open(&storage).unwrap()] {
        let report = handle.write(tens([7, 8]), &on_t().with_app("feed", 0)).unwrap();
        assert_eq!((report.inserted, report.committed(), report.version_after), (0, false, Some(3)), "{report}");
        assert_eq!(report.rows_in, report.inserted + report.updated + report.identical + report.dropped);
    }
    assert_eq!(storage.files(), before);
    let _ = dataset.write(tens([7]), &on_t().with_app("other", 0)).unwrap();
    let _ = dataset.write(tens([9]), &on_t().with_app("feed", 5)).unwrap();
    let _ = dataset.write(tens([9]), &on_t().with_app("feed", 4)).unwrap();
    assert_eq!(rows(&dataset).iter().filter(|row| row.0 > 6).map(|row| row.0).collect::<Vec<_>>(), [7, 7, 8, 9]);
    assert_eq!(dataset.log().unwrap().last().unwrap().app, Some(("feed".to_owned(), 5)));
    // A write of nothing has a name too.
    let report = dataset.write(tens([]), &on_t().with_app("feed", 6)).unwrap();
    assert!(report.committed());
}

#[test]
fn one_name_in_many_threads_is_applied_once() {
    let storage = MemoryStorage::new();
    let dataset = in_threads(&(Arc::new(storage.clone()) as Arc<dyn Storage>), 4, |dataset, _| {
        for seq in 0..5 {
            let seq_time = i64::try_from(seq).unwrap();
            let _ = dataset.write(tens([seq_time, 50 + seq_time]), &on_t().with_app("feed", seq)).unwrap();
        }
    });
    let times: Vec<i64> = rows(&dataset).into_iter().map(|row| row.0).collect();
    assert_eq!(times, (0..5).chain(50..55).collect::<Vec<_>>());
    assert_eq!(data_names(&storage), named(&dataset));
}

#[test]
fn at_rest_the_folder_is_the_newest_version() {
    let (storage, dataset) = stored();
    let mut all: BTreeSet<String> = data_names(&storage).into_iter().collect();
    for (times, options) in [
        (vec![2, 4], on_t()),
        (vec![1, 2, 3], keyed()),
        (vec![7], on_t().with_max_n_off_target_rgs(0).with_row_group_target_size(4)),
        (vec![9], on_t().with_mode(Mode::Append)),
        (vec![5], on_t().with_mode(Mode::Overwrite)),
        (vec![5], keyed()),
    ] {
        let _ = dataset.write(tens(times), &options).unwrap();
        assert_eq!(data_names(&storage), named(&dataset));
        all.extend(named(&dataset));
        let replaced = files_in(&storage, "d_opdmd/replaced").into_iter().map(|(path, _)| path.name().to_owned());
        let both: BTreeSet<String> = replaced.chain(named(&dataset)).collect();
        assert_eq!(both, all, "older versions find their files");
    }
}

#[test]
fn a_removed_dataset_is_gone_and_may_begin_anew() {
    let (storage, dataset) = stored();
    let behind = open(&storage).unwrap();
    let _ = dataset.write(tens([3]), &on_t()).unwrap();
    dataset.remove().unwrap();
    assert!(storage.files().is_empty() && !dataset.exists() && !open(&storage).unwrap().exists());
    let error = behind.refresh().unwrap_err();
    assert!(matches!(error, Error::Dropped { .. }), "{error}");
    let _ = dataset.write(tens([1]), &on_t()).unwrap();
    assert_eq!(rows(&open(&storage).unwrap()), [(1, 10)]);
}

#[test]
fn a_handle_of_a_removed_dataset_cannot_harm_its_successor() {
    for commits in 1..5 {
        let (storage, dataset) = stored();
        let behind = open(&storage).unwrap();
        dataset.remove().unwrap();
        for time in 0..commits {
            let _ = dataset.write(tens([time]), &on_t()).unwrap();
        }
        let error = behind.write(tens([9]), &on_t()).unwrap_err();
        assert!(matches!(error, Error::Dropped { .. }), "{error}");
        assert!(behind.refresh().is_err());
        assert_eq!(rows(&open(&storage).unwrap()).len(), usize::try_from(commits).unwrap());
    }
}
