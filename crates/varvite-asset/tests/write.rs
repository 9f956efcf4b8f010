//! Writing a feature asset: intervals replaced, covered, merged; what is refused.
#![allow(clippy::unwrap_used, reason = "tests")]

mod weather;

use varvite_asset::{AssetWrite, Catalog, Error, Span};
use weather::{batch, partitions, schema, stored};

fn span(text: &str) -> Span {
    text.parse().unwrap()
}

#[test]
fn intervals_that_rows_touch_are_replaced_as_wholes() {
    let catalog = Catalog::in_memory();
    let write =
        |rows: &[weather::Row]| catalog.write_batches(&schema(&[]), &[batch(rows)], &AssetWrite::replace()).unwrap();
    let report = write(&[(2.5, "a", 3), (0.1, "a", 1), (0.2, "a", 2)]);
    assert_eq!((report.rows(), report.registered, report.partitions.len()), (3, true, 1));
    assert_eq!(stored(&catalog), (vec![1, 2, 3], "0..1 2..3".to_owned()));
    let report = write(&[(0.9, "b", 10)]);
    assert_eq!((report.deleted(), report.registered), (2, false));
    assert_eq!(stored(&catalog), (vec![10, 3], "0..1 2..3".to_owned()));
    assert_eq!(report.to_string().lines().next(), Some("weather 1d v1: 1 row"));
}

#[test]
fn several_intervals_are_one_commit_that_leaves_alone_what_lies_between() {
    let catalog = Catalog::in_memory();
    let rows: Vec<weather::Row> = (0..10).map(|day| (f64::from(day), "a", i64::from(day))).collect();
    let how = AssetWrite::replace();
    let _ = catalog.write_batches(&schema(&[]), &[batch(&rows)], &how).unwrap();
    let before = partitions(&catalog)[0].dataset.snapshot().unwrap();
    assert_eq!(before.files.len(), 10, "an interval is a row group");
    let _ = catalog.write_batches(&schema(&[]), &[batch(&[(8.0, "b", 80), (1.5, "b", 10)])], &how).unwrap();
    let after = partitions(&catalog)[0].dataset.snapshot().unwrap();
    assert_eq!(after.version, before.version + 1);
    let names: Vec<&str> = before.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(after.files.iter().filter(|file| names.contains(&file.name.as_str())).count(), 8);
    assert_eq!(stored(&catalog), (vec![0, 10, 2, 3, 4, 5, 6, 7, 80, 9], "0..10".to_owned()));
}

#[test]
fn no_rows_and_not_written_differ() {
    let catalog = Catalog::in_memory();
    let nothing = [batch(&[])];
    let none = catalog.write_batches(&schema(&[]), &nothing, &AssetWrite::replace()).unwrap();
    assert_eq!((none.partitions.len(), stored(&catalog).1.as_str()), (0, ""));
    let days = AssetWrite::replace().covering(span("1970-01-03..1970-01-05"));
    let _ = catalog.write_batches(&schema(&[]), &nothing, &days).unwrap();
    assert_eq!(stored(&catalog), (vec![], "2..4".to_owned()));
    let _ = catalog.write_batches(&schema(&[]), &[batch(&[(3.0, "a", 1)])], &AssetWrite::replace()).unwrap();
    assert_eq!(stored(&catalog), (vec![1], "2..4".to_owned()));
    let _ = catalog.write_batches(&schema(&[]), &nothing, &days).unwrap();
    assert_eq!(stored(&catalog), (vec![], "2..4".to_owned()), "rows go, what is covered stays");
}

#[test]
fn what_is_covered_is_whole_intervals_around_all_rows() {
    let catalog = Catalog::in_memory();
    let write = |rows: &[weather::Row], covering: &str| {
        catalog.write_batches(&schema(&[]), &[batch(rows)], &AssetWrite::replace().covering(span(covering)))
    };
    let error = write(&[], "1970-01-01T06:00Z..1970-01-02").unwrap_err();
    assert_eq!(error.code(), "VV0602");
    assert!(error.to_string().contains("1970-01-01T00:00:00Z..1970-01-02T00:00:00Z"), "{error}");
    let error = write(&[(0.0, "a", 1), (2.0, "a", 1)], "1970-01-01..1970-01-03").unwrap_err();
    assert!(error.to_string().contains("1970-01-03T00:00:00Z"), "{error}");
    assert!(write(&[], "..1970-01-03").is_err());
    assert!(partitions(&catalog).is_empty(), "nothing was written");
    let _ = write(&[(1.0, "a", 1)], "1970-01-01..1970-01-04").unwrap();
    assert_eq!(stored(&catalog), (vec![1], "0..3".to_owned()));
}

#[test]
fn merged_rows_are_kept_once() {
    let catalog = Catalog::in_memory();
    let merge =
        |rows: &[weather::Row]| catalog.write_batches(&schema(&[]), &[batch(rows)], &AssetWrite::merge()).unwrap();
    let _ = merge(&[(0.5, "a", 1), (1.0, "a", 2)]);
    let report = merge(&[(0.5, "a", 1), (0.5, "b", 1), (0.25, "a", 7), (5.0, "a", 3)]);
    assert_eq!((report.partitions[0].inserted, report.deleted()), (3, 0));
    let (mut values, covered) = stored(&catalog);
    values.sort_unstable();
    assert_eq!((values, covered.as_str()), (vec![1, 1, 2, 3, 7], "0..2 5..6"));
}

#[test]
fn columns_other_than_the_registered_ones_are_refused_with_what_differs() {
    let catalog = Catalog::in_memory();
    let rows = [batch(&[(0.0, "a", 1)])];
    let _ = catalog.write_batches(&schema(&[]), &rows, &AssetWrite::replace()).unwrap();
    let mut other = schema(&[]);
    other.columns.pop();
    other.columns[1].nullable = true;
    other.columns.push(varvite_asset::Column::new("wind", arrow::datatypes::DataType::Float64, true));
    other.columns[2].default = varvite_asset::ColumnDefault::Null;
    let given = rows[0].project(&[0, 1]).unwrap();
    let error = catalog.write_batches(&other, std::slice::from_ref(&given), &AssetWrite::replace()).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, Error::SchemaMismatch { .. }), "{text}");
    for part in [
        "`region` was registered as Utf8, and is given as Utf8, nullable",
        "`value` is gone",
        "`wind` (Float64, nullable) is new",
    ] {
        assert!(text.contains(part), "{text}");
    }
    other.version = 2;
    assert!(catalog.write_batches(&other, &[given], &AssetWrite::replace()).unwrap().registered);
    let mut turned = schema(&[]);
    turned.columns.reverse();
    let _ = catalog.write_batches(&turned, &[batch(&[(0.0, "a", 5)])], &AssetWrite::replace()).unwrap();
    assert_eq!(stored(&catalog).0, [5], "the order of columns is no difference");
}

#[test]
fn rows_that_do_not_fit_are_refused_before_anything_is_written() {
    let catalog = Catalog::in_memory();
    let write = |batch| catalog.write_batches(&schema(&[]), &[batch], &AssetWrite::replace()).unwrap_err();
    let rows = batch(&[(0.0, "a", 1), (1.0, "b", 2)]);
    let error = write(rows.project(&[0, 2]).unwrap());
    assert!(error.to_string().contains("no column `region`"), "{error}");
    let twice = arrow::array::RecordBatch::try_from_iter([("x", rows.column(2).clone())]).unwrap();
    let error = write(twice);
    assert!(error.to_string().contains("no column `x`: columns are ts, region, value"), "{error}");
    let texts = arrow::array::RecordBatch::try_from_iter([
        ("ts", rows.column(0).clone()),
        ("region", rows.column(1).clone()),
        ("value", rows.column(1).clone()),
    ]);
    assert!(write(texts.unwrap()).to_string().contains("`value` is Utf8: Int64 is needed"));
    let times = arrow::array::TimestampMicrosecondArray::from(vec![Some(0), None]).with_timezone("UTC");
    let null = arrow::array::RecordBatch::try_from_iter_with_nullable([
        ("ts", std::sync::Arc::new(times) as arrow::array::ArrayRef, true),
        ("region", rows.column(1).clone(), false),
        ("value", rows.column(2).clone(), true),
    ]);
    let error = write(null.unwrap());
    assert!(matches!(&error, Error::Decode { column, row: 1, .. } if column == "ts"), "{error}");
    assert!(partitions(&catalog).is_empty());
}

#[test]
fn narrower_types_are_taken_without_loss() {
    use arrow::array::{ArrayRef, Int32Array, LargeStringArray, RecordBatch, TimestampNanosecondArray};
    use std::sync::Arc;
    let catalog = Catalog::in_memory();
    let given = |ns: i64| {
        let columns: [(&str, ArrayRef); 3] = [
            ("value", Arc::new(Int32Array::from(vec![4]))),
            ("ts", Arc::new(TimestampNanosecondArray::from(vec![ns]))),
            ("region", Arc::new(LargeStringArray::from(vec!["é"]))),
        ];
        RecordBatch::try_from_iter(columns).unwrap()
    };
    let _ = catalog.write_batches(&schema(&[]), &[given(1_000)], &AssetWrite::replace()).unwrap();
    assert_eq!(stored(&catalog).0, [4]);
    let error = catalog.write_batches(&schema(&[]), &[given(1_001)], &AssetWrite::replace()).unwrap_err();
    assert!(error.to_string().contains("cannot hold every value"), "{error}");
}
