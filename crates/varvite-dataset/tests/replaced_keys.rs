//! Rows that take the place of stored ones with the same keys, as one commit: compared with a sorted list.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{batch, ints, on_t, open, rows, stored, table, tens};
use proptest::prelude::*;
use varvite_dataset::WriteOptions;
use varvite_storage::MemoryStorage;

/// What is to stand: rows without the keys, and the new ones behind their equals.
fn replaced(stored: &[(i64, i64)], keys: &[(i64, i64)], new: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let mut rows: Vec<_> = stored.iter().filter(|row| !keys.contains(row)).copied().collect();
    rows.extend(new);
    rows.sort_by_key(|row| row.0);
    rows
}

#[test]
fn rows_take_the_place_of_their_keys() {
    let (_, dataset) = stored();
    let before = dataset.snapshot().unwrap();
    let report = dataset.replace_keys(tens([3, 4]), table(&[(3, 31), (9, 90)]), &WriteOptions::default()).unwrap();
    assert_eq!((report.inserted, report.deleted), (2, 2));
    assert_eq!(rows(&dataset), [(1, 10), (2, 20), (3, 31), (5, 50), (6, 60), (9, 90)]);
    assert_eq!(dataset.log().unwrap().last().unwrap().op, "upsert");
    let kept = |name: &String| dataset.snapshot().unwrap().files.iter().any(|file| file.name == *name);
    assert_eq!(before.files.iter().filter(|file| kept(&file.name)).count(), 2, "what does not overlap stays");
}

#[test]
fn a_new_dataset_has_the_rows() {
    let dataset = open(&MemoryStorage::new()).unwrap();
    let _ = dataset.replace_keys(batch([("t", ints([7]))]), tens([7, 8]), &on_t()).unwrap();
    assert_eq!(rows(&dataset), [(7, 70), (8, 80)]);
}

proptest! {
    #[test]
    fn any_replacement_is_that_of_a_list(
        first in prop::collection::vec((0_i64..12, 0_i64..3), 0..20),
        keys in prop::collection::vec((0_i64..12, 0_i64..3), 0..6),
        mut new in prop::collection::vec((0_i64..12, 3_i64..6), 0..6),
        row_group in 1_u64..5,
    ) {
        let dataset = open(&MemoryStorage::new()).unwrap();
        let options = on_t().with_row_group_target_size(row_group);
        let mut expected = replaced(&[], &[], &first);
        for chunk in first.chunks(4) {
            let mut chunk = chunk.to_vec();
            chunk.sort_by_key(|row| row.0);
            let _ = dataset.write(table(&chunk), &options).unwrap();
        }
        prop_assert_eq!(rows_or_none(&dataset), expected.clone());
        new.sort_by_key(|row| row.0);
        if new.is_empty() && !dataset.exists() {
            return Ok(());
        }
        expected = replaced(&expected, &keys, &new);
        let _ = dataset.replace_keys(table(&keys), table(&new), &options).unwrap();
        prop_assert_eq!(rows_or_none(&dataset), expected);
        prop_assert!(dataset.check(true).unwrap().is_ok());
    }
}

fn rows_or_none(dataset: &varvite_dataset::Dataset) -> Vec<(i64, i64)> {
    if dataset.schema().is_some() { rows(dataset) } else { Vec::new() }
}
