//! Ranges replaced and deleted, keys deleted, row groups compacted: rows, reports, and what is left alone.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{batch, ints, named, on_t, open, rows, stored, table, tens};
use varvite_dataset::{Change, Compact, Duplicates, Error, KeyRange, WriteOptions};
use varvite_storage::MemoryStorage;

fn none() -> WriteOptions {
    WriteOptions::default()
}

#[test]
fn a_range_is_deleted() {
    let (_, dataset) = stored();
    let before = named(&dataset);
    let report = dataset.delete_range(2..4, &none()).unwrap();
    assert_eq!((report.rows_in, report.deleted, report.inserted), (0, 2, 0));
    assert_eq!((report.row_groups_kept, report.row_groups_rewritten, report.version_after), (1, 2, Some(3)));
    assert_eq!(rows(&dataset), [(1, 10), (4, 40), (5, 50), (6, 60)]);
    assert_eq!(named(&dataset).last(), before.last());
}

#[test]
fn row_groups_inside_a_deleted_range_are_not_read() {
    let (_, dataset) = stored();
    let report = dataset.delete_range(1..5, &none()).unwrap();
    assert_eq!((report.deleted, report.bytes_read, report.row_groups_new), (4, 0, 0));
    assert_eq!(rows(&dataset), [(5, 50), (6, 60)]);
}

#[test]
fn everything_may_be_deleted() {
    let (_, dataset) = stored();
    let report = dataset.delete_range(.., &none()).unwrap();
    assert_eq!((report.deleted, rows(&dataset).len()), (6, 0));
    let _ = dataset.write(tens([7]), &none()).unwrap();
    assert_eq!(rows(&dataset), [(7, 70)]);
}

#[test]
fn nothing_to_delete_is_no_commit() {
    let (_, dataset) = stored();
    for range in [KeyRange::from(100..200), (3..3).into(), (..0).into()] {
        let report = dataset.delete_range(range.clone(), &none()).unwrap();
        assert!(!report.committed() && report.deleted == 0, "{range}");
    }
    let keys = batch([("t", ints([2, 99])), ("v", ints([21, 0]))]);
    let report = dataset.delete_keys(keys, &none()).unwrap();
    assert!(!report.committed());
    assert_eq!(rows(&dataset).len(), 6);
}

#[test]
fn a_range_is_replaced() {
    let (_, dataset) = stored();
    let report = dataset.replace_range(2..5, table(&[(2, 0), (3, 0), (3, 1)]), &none()).unwrap();
    assert_eq!((report.rows_in, report.inserted, report.deleted), (3, 3, 3));
    assert_eq!(rows(&dataset), [(1, 10), (2, 0), (3, 0), (3, 1), (5, 50), (6, 60)]);
    assert!(named(&dataset).is_sorted());
}

#[test]
fn a_range_without_rows_is_filled() {
    let (_, dataset) = stored();
    let _ = dataset.write(tens([20, 21]), &none()).unwrap();
    let before = named(&dataset);
    let report = dataset.replace_range(10..20, tens([12, 13]), &none()).unwrap();
    assert_eq!((report.deleted, report.row_groups_rewritten, report.row_groups_new), (0, 0, 1));
    assert_eq!(rows(&dataset)[6..], [(12, 120), (13, 130), (20, 200), (21, 210)]);
    assert!(before.iter().all(|name| named(&dataset).contains(name)));
}

#[test]
fn a_row_outside_its_range_is_refused() {
    let (_, dataset) = stored();
    let error = dataset.replace_range(2..4, tens([2, 4]), &none()).unwrap_err();
    assert_eq!(error.to_string(), "a row at 4 lies outside the range 2..4");
    assert_eq!((dataset.refresh().unwrap(), rows(&dataset).len()), (false, 6));
}

#[test]
fn a_range_may_be_the_first_write() {
    let dataset = open(&MemoryStorage::new()).unwrap();
    assert!(matches!(dataset.delete_range(1..2, &none()), Err(Error::NotFound { .. })));
    assert!(matches!(dataset.delete_keys(tens([1]), &none()), Err(Error::NotFound { .. })));
    assert!(matches!(dataset.compact(Compact::OffTarget, &none()), Err(Error::NotFound { .. })));
    let _ = dataset.replace_range(1..3, tens([1, 2]), &on_t()).unwrap();
    assert_eq!(rows(&dataset), [(1, 10), (2, 20)]);
}

#[test]
fn keys_are_deleted() {
    let (_, dataset) = stored();
    let _ = dataset.write(table(&[(3, 31), (3, 32)]), &none()).unwrap();
    let kept = named(&dataset).first().cloned();
    let report = dataset.delete_keys(batch([("v", ints([31, 60])), ("t", ints([3, 6]))]), &none()).unwrap();
    assert_eq!((report.deleted, report.row_groups_rewritten), (2, 2), "{report}");
    assert_eq!(rows(&dataset), [(1, 10), (2, 20), (3, 30), (3, 32), (4, 40), (5, 50)]);
    assert_eq!(named(&dataset).first().cloned(), kept);
    let report = dataset.delete_keys(batch([("t", ints([3]))]), &none()).unwrap();
    assert_eq!((report.deleted, rows(&dataset)), (2, vec![(1, 10), (2, 20), (4, 40), (5, 50)]));
}

#[test]
fn keys_that_make_no_sense_are_refused() {
    let (_, dataset) = stored();
    let message = |keys| dataset.delete_keys(keys, &none()).unwrap_err().to_string();
    assert_eq!(
        message(batch([("v", ints([1]))])),
        "option `keys` is not usable: the ordered column `t` belongs to every key"
    );
    assert_eq!(message(batch([("t", ints([1])), ("w", ints([1]))])), "there is no column `w`");
    assert_eq!(rows(&dataset).len(), 6);
}

#[test]
fn small_row_groups_are_compacted() {
    let dataset = open(&MemoryStorage::new()).unwrap();
    for t in 0..9 {
        let _ = dataset.write(tens([t]), &on_t().with_row_group_target_size(4)).unwrap();
    }
    let planned = dataset.plan(Change::Compact(Compact::OffTarget), &none()).unwrap();
    assert_eq!((planned.row_groups_rewritten, planned.deleted_at_most), (9, 0));
    let report = dataset.compact(Compact::OffTarget, &none()).unwrap();
    // The last one is as it should be.
    assert_eq!((report.row_groups_new, report.row_groups_coalesced, report.deleted), (2, 8, 0));
    assert_eq!(rows(&dataset).len(), 9);
    let again = dataset.compact(Compact::OffTarget, &none()).unwrap();
    assert!(!again.committed(), "{again}");
}

#[test]
fn a_new_target_is_remembered() {
    let (_, dataset) = stored();
    let report = dataset.compact(Compact::Everything, &none().with_row_group_target_size(6)).unwrap();
    assert_eq!(report.row_groups_new, 1);
    assert_eq!(dataset.snapshot().unwrap().settings.row_group_target_size, 6.into());
}

#[test]
fn stored_duplicates_go_with_a_compaction() {
    let (_, dataset) = stored();
    let _ = dataset.write(table(&[(3, 31), (3, 32)]), &none()).unwrap();
    let on_t_alone = none().with_duplicates_on(Duplicates::on(["t"]));
    let report = dataset.compact(Compact::Everything, &on_t_alone).unwrap();
    assert_eq!(report.deleted, 2);
    assert_eq!(rows(&dataset), [(1, 10), (2, 20), (3, 32), (4, 40), (5, 50), (6, 60)]);
}

#[test]
fn a_verb_with_an_application_id_is_done_once() {
    let (_, dataset) = stored();
    let once = || none().with_app("job", 7);
    assert_eq!(dataset.delete_range(1..2, &once()).unwrap().deleted, 1);
    let _ = dataset.write(tens([1]), &none()).unwrap();
    assert!(!dataset.delete_range(1..2, &once()).unwrap().committed());
    assert_eq!(rows(&dataset).len(), 6);
}

#[test]
fn keys_are_deleted_from_rows_that_came_meanwhile() {
    let storage = varvite_storage::MemoryStorage::new();
    let _ = open(&storage).unwrap().write(varvite_dataset::Rows::none(), &on_t().with_metadata("a", "b")).unwrap();
    // This handle sees a dataset without columns, so that there is nothing to compare the keys with.
    let behind = open(&storage).unwrap();
    let _ = open(&storage).unwrap().write(tens([1, 2, 3]), &on_t()).unwrap();
    let report = behind.delete_keys(batch([("t", ints([2]))]), &WriteOptions::default().with_app("me", 1)).unwrap();
    assert_eq!(report.deleted, 1);
    assert_eq!(rows(&open(&storage).unwrap()), [(1, 10), (3, 30)]);
}
