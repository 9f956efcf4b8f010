//! Random sequences of writes, against a sorted `Vec`.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch};
use arrow::datatypes::Int64Type;
use proptest::prelude::*;
use varvite_dataset::{Dataset, Duplicates, ScanOptions, WriteOptions};
use varvite_storage::{MemoryStorage, StoragePath};

type Row = (i64, i64, i64);

fn batch(rows: &[Row]) -> RecordBatch {
    let column = |get: fn(&Row) -> i64| Arc::new(rows.iter().map(get).collect::<Int64Array>()) as ArrayRef;
    RecordBatch::try_from_iter([("t", column(|row| row.0)), ("k", column(|row| row.1)), ("v", column(|row| row.2))])
        .unwrap()
}

fn rows(batch: &RecordBatch) -> Vec<Row> {
    let column = |at: usize| batch.column(at).as_primitive::<Int64Type>().values().to_vec();
    let (t, k, v) = (column(0), column(1), column(2));
    (0..batch.num_rows()).map(|row| (t[row], k[row], v[row])).collect()
}

/// Stored rows first among equals; of equal keys the last survives where it stands. Duplicates are only looked for
/// beside incoming rows, so the model holds where every write names the same key.
fn model(stored: &mut Vec<Row>, incoming: &[Row], deduplicate: bool) {
    stored.extend_from_slice(incoming);
    stored.sort_by_key(|row| row.0);
    if deduplicate {
        let all = stored.clone();
        let mut at = 0;
        stored.retain(|row| {
            at += 1;
            !all[at..].iter().any(|later| (later.0, later.1) == (row.0, row.1))
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn a_dataset_is_a_sorted_vec(
        writes in prop::collection::vec(
            (prop::collection::vec((0_i64..12, 0_i64..3, 0_i64..3), 0..12), 1_u64..6, prop::option::of(0_usize..3)),
            1..6,
        ),
        deduplicate: bool,
    ) {
        let storage = MemoryStorage::new();
        let dataset = Dataset::at(Arc::new(storage), StoragePath::try_new("d").unwrap(), None).unwrap();
        let mut expected = Vec::new();
        for (mut incoming, target, max_n) in writes {
            incoming.sort_by_key(|row| row.0);
            let mut options = WriteOptions::ordered_on("t").with_row_group_target_size(target);
            options.max_n_off_target_rgs = Some(max_n);
            if deduplicate {
                options = options.with_duplicates_on(Duplicates::on(["k"]));
            }
            let report = dataset.write(batch(&incoming), &options).unwrap();
            prop_assert_eq!(report.rows_in, incoming.len() as u64);
            prop_assert_eq!(report.rows_in, report.inserted + report.updated + report.identical + report.dropped);
            model(&mut expected, &incoming, deduplicate);
            let read = dataset.read(&ScanOptions::default()).unwrap();
            prop_assert_eq!(rows(&read), expected.clone());
            prop_assert!(dataset.check(true).unwrap().is_ok());
        }
        let part = dataset.read(&ScanOptions::default().with_range(3..8).with_n_prev(2)).unwrap();
        let start = expected.partition_point(|row| row.0 < 3);
        let end = expected.partition_point(|row| row.0 < 8);
        prop_assert_eq!(rows(&part), expected[start.saturating_sub(2)..end].to_vec());
    }
}
