//! Rows that do not fit: every kind of refusal, with its rows, and nothing is written (S06, S13, S20).

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Decimal256Array, Float32Array, Int8Array, RecordBatch,
    TimestampMillisecondArray, TimestampSecondArray, UInt64Array,
};
use arrow::datatypes::i256;
use varvite_feature::{Error, FeatureStore, RefusalKind, ValidationReport, WriteMode};
use varvite_schema::{DataType, FeatureBuilder, FeatureGroupSchema, FeatureSchema};

use crate::world::{batch, doubles, int32s, ints, rows, simple, store, stored_lines, texts, times, us};

const MODES: [WriteMode; 3] = [WriteMode::Append, WriteMode::Upsert, WriteMode::Overwrite];

/// What is said when `tables` are written, after making sure that nothing was.
#[track_caller]
fn refused(store: &FeatureStore, group: &str, tables: &[RecordBatch]) -> ValidationReport {
    let before = stored_lines(&store.group(group).unwrap());
    let range = WriteMode::OverwriteRange { start: us(0), end: us(1_000_000) };
    let mut reports = Vec::new();
    for mode in MODES.into_iter().chain([range]) {
        match store.write(group, tables, mode) {
            Err(Error::Refused { report, group: found }) => {
                assert!(found.starts_with(group));
                reports.push(report);
            }
            other => panic!("{mode}: {other:?}"),
        }
        let after = store.group(group).unwrap();
        assert_eq!(stored_lines(&after), before);
    }
    assert!(reports.iter().all(|report| *report == reports[0]));
    reports.swap_remove(0)
}

fn strict_store() -> FeatureStore {
    let store = store();
    let group = FeatureGroupSchema::builder("g")
        .entity_key("k", DataType::BigInt)
        .entity_key("t", DataType::String)
        .event_time("at")
        .created_time("made")
        .feature(FeatureSchema::builder("age", DataType::Int).nullable(false).min(0).max(150))
        .feature(FeatureSchema::builder("tier", DataType::String).allowed(["gold", "tin"]));
    store.register(&group.build().unwrap()).unwrap();
    let sound = table(&[Some(1)], &[Some("a")], &[Some(10)], &[Some(40)], &[None]);
    let _ = store.write("g", &[sound], WriteMode::Append).unwrap();
    store
}

fn table(
    k: &[Option<i64>],
    t: &[Option<&'static str>],
    at: &[Option<i64>],
    age: &[Option<i32>],
    tier: &[Option<&'static str>],
) -> RecordBatch {
    batch([
        ("k", ints(k.iter().copied())),
        ("t", texts(t.iter().copied())),
        ("at", times(at.iter().copied())),
        ("age", int32s(age.iter().copied())),
        ("tier", texts(tier.iter().copied())),
    ])
}

#[test]
fn s20_all_that_is_wrong_is_told_at_once_with_rows_over_all_tables() {
    let store = strict_store();
    let (a, gold) = (Some("a"), Some("gold"));
    let first = table(&[Some(1), None], &[a, a], &[Some(1), Some(2)], &[Some(0), Some(-1)], &[gold, None]);
    let second = table(
        &[Some(1), None, Some(3)],
        &[None, a, Some("")],
        &[None, Some(2), None],
        &[None, Some(151), Some(150)],
        &[Some("Gold"), Some(""), gold],
    );
    let report = refused(&store, "g", &[first, second]);
    assert_eq!(report.rows, 5);
    assert_eq!(
        report.to_string(),
        "column `k` is null, but it is an entity key (2 rows: 1, 3); \
         column `age` is -1, but must be at least 0 (1 row: 1); \
         column `t` is null, but it is an entity key (1 row: 2); \
         column `at` is null, but it is the event time (2 rows: 2, 4); \
         column `age` is null, but it is defined as not null (1 row: 2); \
         column `age` is 151, but must be at most 150 (1 row: 3); \
         column `tier` is Gold, but must be one of `gold`, `tin` (2 rows: 2, 3)"
    );
    assert_eq!(report.kind(), Some(RefusalKind::NullKey));
}

#[test]
fn s20_columns_that_do_not_fit_are_named_with_those_that_do() {
    let store = strict_store();
    let lines = |tables: &[RecordBatch]| refused(&store, "g", tables).to_string().replace("; ", "\n");
    let one = batch([("k", texts(["1"])), ("at", ints([1])), ("agee", ints([1]))]);
    assert_eq!(
        lines(&[one]),
        "column `agee` is not one of the group, which has k, t, at, made, age, tier\n\
         column `k` is Utf8, but is defined as bigint\n\
         column `t` is missing: it is an entity key and not nullable\n\
         column `at` is Int64, but a time is a timestamp or a date\n\
         column `age` is missing: it is a feature and not nullable"
    );
    // Only the second table lacks a column; a number that may not fit is none.
    let sound = || table(&[Some(1)], &[Some("a")], &[Some(1)], &[Some(1)], &[None]);
    let without = sound().project(&[0, 2, 3]).unwrap();
    assert_eq!(lines(&[sound(), without]), "column `t` is missing: it is an entity key and not nullable");
    let unsigned: ArrayRef = Arc::new(UInt64Array::from(vec![1]));
    let wide = batch([("k", unsigned), ("t", texts(["a"])), ("at", times([1])), ("age", ints([1]))]);
    assert_eq!(
        lines(&[wide]),
        "column `k` is UInt64, but is defined as bigint\ncolumn `age` is Int64, but is defined as int"
    );
}

#[test]
fn a_column_that_stands_twice_is_refused() {
    let store = store();
    store.register(&simple("g").build().unwrap()).unwrap();
    let twice = batch([("k", ints([1])), ("at", times([1])), ("v", ints([1])), ("v", ints([2]))]);
    let report = refused(&store, "g", &[twice]);
    assert_eq!(report.to_string(), "column `v` stands in a table more than once");
}

#[test]
fn many_rows_are_counted_and_the_first_ones_listed() {
    let store = strict_store();
    let many = |age: i32| {
        let (k, t, at) = (vec![Some(1); 8], vec![Some("a"); 8], vec![Some(1); 8]);
        table(&k, &t, &at, &[Some(age); 8], &[None; 8])
    };
    let report = refused(&store, "g", &[many(5), many(200), many(300)]);
    assert_eq!(
        report.to_string(),
        "column `age` is 200, but must be at most 150 (16 rows: 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, ...)"
    );
    assert_eq!(report.refusals[0].count, 16);
    assert_eq!(report.rows, 24);
}

#[test]
fn s06_nulls_of_any_kind_are_nulls() {
    let store = store();
    store.register(&simple("g").build().unwrap()).unwrap();
    let nulls: ArrayRef = Arc::new(arrow::array::NullArray::new(2));
    let report = refused(&store, "g", &[batch([("k", Arc::clone(&nulls)), ("at", times([1, 2])), ("v", nulls)])]);
    assert_eq!(report.to_string(), "column `k` is null, but it is an entity key (2 rows: 0, 1)");
    // A dictionary whose key is there and whose value is null.
    let values = texts([Some("a"), None]);
    let keys = arrow::array::Int8Array::from(vec![0, 1, 0]);
    let dictionary: ArrayRef = Arc::new(arrow::array::DictionaryArray::new(keys, values));
    let group = FeatureGroupSchema::builder("words")
        .entity_key("w", DataType::String)
        .feature(FeatureSchema::builder("v", DataType::String).nullable(false));
    store.register(&group.build().unwrap()).unwrap();
    let tables = [batch([("w", Arc::clone(&dictionary)), ("v", dictionary)])];
    let Err(Error::Refused { report, .. }) = store.write("words", &tables, WriteMode::Append) else { panic!() };
    assert_eq!(
        report.to_string(),
        "column `w` is null, but it is an entity key (1 row: 1); \
         column `v` is null, but it is defined as not null (1 row: 1)"
    );
}

#[test]
fn s07_times_that_the_stored_unit_does_not_hold_are_refused() {
    let store = store();
    store.register(&simple("g").build().unwrap()).unwrap();
    let seconds: ArrayRef = Arc::new(TimestampSecondArray::from(vec![100]));
    let _ =
        store.write("g", &[batch([("k", ints([1])), ("at", seconds), ("v", ints([1]))])], WriteMode::Append).unwrap();
    let finer: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![Some(5000), Some(5001), Some(-1)]));
    let report = {
        let table = batch([("k", ints([1, 1, 1])), ("at", finer), ("v", ints([1, 1, 1]))]);
        let Err(Error::Refused { report, .. }) = store.write("g", &[table], WriteMode::Append) else { panic!() };
        report
    };
    assert_eq!(report.kind(), Some(RefusalKind::TimeOutOfRange));
    assert_eq!(
        report.to_string(),
        "column `at` has times that Timestamp(s), the type that is stored, does not hold exactly (2 rows: 1, 2)"
    );
    assert_eq!(stored_lines(&store.group("g").unwrap()).len(), 1);
}

#[test]
fn s13_rows_outside_the_range_that_they_replace_are_refused() {
    let store = store();
    store.register(&simple("g").build().unwrap()).unwrap();
    let _ = store.write("g", &[rows(&[(1, 5, 1)])], WriteMode::Append).unwrap();
    let tables = [rows(&[(1, 4, 0), (1, 3, 1)]), rows(&[(2, 9, 2), (2, 10, 3)])];
    let mode = WriteMode::OverwriteRange { start: us(4), end: us(10) };
    let Err(Error::Refused { report, .. }) = store.write("g", &tables, mode) else { panic!() };
    assert_eq!(report.kind(), Some(RefusalKind::OutsideRange));
    assert_eq!(report.to_string(), "column `at` lies outside the range that is replaced (2 rows: 1, 3)");
    assert_eq!(stored_lines(&store.group("g").unwrap()).len(), 1);
}

/// The rows of `values` that are refused by the limits of a feature.
#[track_caller]
fn check_limits(feature: FeatureBuilder, values: ArrayRef, expected: &str) {
    let store = store();
    let group = FeatureGroupSchema::builder("g").entity_key("k", DataType::BigInt).event_time("at").feature(feature);
    store.register(&group.build().unwrap()).unwrap();
    let len = i64::try_from(values.len()).unwrap();
    let table = batch([("k", ints(0..len)), ("at", times(0..len)), ("v", values)]);
    let found = match store.write("g", &[table], WriteMode::Append) {
        Ok(_) => String::new(),
        Err(Error::Refused { report, .. }) => report.to_string(),
        Err(error) => panic!("{error}: {:?}", std::error::Error::source(&error)),
    };
    assert_eq!(found.replace("column `v` ", ""), expected);
}

fn feature(data_type: &str) -> FeatureBuilder {
    FeatureSchema::builder("v", data_type)
}

#[test]
fn s20_limits_of_numbers() {
    let int = || feature("int").min(-1).max(1);
    let limits = "is -2, but must be at least -1 (1 row: 0); is 2, but must be at most 1 (1 row: 4)";
    check_limits(int(), int32s([Some(-2), Some(-1), None, Some(1), Some(2)]), limits);
    check_limits(int(), Arc::new(Int8Array::from(vec![Some(-2), Some(-1), None, Some(1), Some(2)])), limits);
    check_limits(feature("bigint").allowed([1, 3]), ints([1, 2, 3]), "is 2, but must be one of `1`, `3` (1 row: 1)");
    // NaN is within no limits; without limits it is a value.
    let nan = || doubles([f64::NAN, -f64::NAN, 0.5]);
    check_limits(feature("double").min(0), nan(), "is NaN, but must be at least 0 (2 rows: 0, 1)");
    check_limits(feature("double").max(9), nan(), "is NaN, but must be at most 9 (2 rows: 0, 1)");
    check_limits(feature("double").allowed([0.5]), nan(), "is NaN, but must be one of `0.5` (2 rows: 0, 1)");
    check_limits(feature("double"), nan(), "");
    let infinite = doubles([f64::INFINITY, f64::NEG_INFINITY]);
    check_limits(
        feature("double").min(0).max(1),
        infinite,
        "is -inf, but must be at least 0 (1 row: 1); is inf, but must be at most 1 (1 row: 0)",
    );
    let floats: ArrayRef = Arc::new(Float32Array::from(vec![0.1, 0.2, 0.3]));
    check_limits(feature("float").min(0.1).max(0.2), floats, "is 0.3, but must be at most 0.2 (1 row: 2)");
}

#[test]
fn s20_the_two_zeros_are_equal() {
    let zeros = || doubles([0.0, -0.0]);
    check_limits(feature("double").min(0), zeros(), "");
    check_limits(feature("double").max(0), zeros(), "");
    check_limits(feature("double").allowed([0.0]), zeros(), "");
    check_limits(feature("double").min(-0.0).max(-0.0), zeros(), "");
    let floats: ArrayRef = Arc::new(Float32Array::from(vec![-0.0, 0.0]));
    check_limits(feature("float").min(0).max(0).allowed([0.0]), floats, "");
}

#[test]
fn s20_limits_of_other_types() {
    let decimals = |precision, scale, values: Vec<i128>| -> ArrayRef {
        Arc::new(Decimal128Array::from(values).with_precision_and_scale(precision, scale).unwrap())
    };
    check_limits(
        feature("decimal(10, 2)").min("1.50").max("2.00"),
        decimals(10, 2, vec![149, 150, 200, 201]),
        "is 1.49, but must be at least 1.50 (1 row: 0); is 2.01, but must be at most 2.00 (1 row: 3)",
    );
    check_limits(
        feature("decimal(10, 2)").allowed(["1.50", "3"]),
        decimals(10, 2, vec![150, 300, 310]),
        "is 3.10, but must be one of `1.50`, `3.00` (1 row: 2)",
    );
    let wide = |values: [i128; 3]| -> ArrayRef {
        let array = Decimal256Array::from_iter_values(values.map(i256::from_i128));
        Arc::new(array.with_precision_and_scale(50, 2).unwrap())
    };
    check_limits(
        feature("decimal(50, 2)").min(1).max("2.5"),
        wide([99, 100, 251]),
        "is 0.99, but must be at least 1.00 (1 row: 0); is 2.51, but must be at most 2.50 (1 row: 2)",
    );
    check_limits(
        feature("boolean").allowed([true]),
        Arc::new(BooleanArray::from(vec![Some(true), Some(false), None])),
        "is false, but must be one of `true` (1 row: 1)",
    );
    check_limits(
        feature("string").min("b").max("d"),
        texts([Some("a"), Some("b"), Some("d"), Some("da"), None]),
        "is a, but must be at least b (1 row: 0); is da, but must be at most d (1 row: 3)",
    );
    let dates: ArrayRef = Arc::new(Date32Array::from(vec![-1, 0, 1]));
    check_limits(
        feature("date").min("1970-01-01").max("1970-01-01"),
        dates,
        "is 1969-12-31, but must be at least 1970-01-01 (1 row: 0); \
         is 1970-01-02, but must be at most 1970-01-01 (1 row: 2)",
    );
}

#[test]
fn s20_limits_of_timestamps_are_instants() {
    let milliseconds = |zone: Option<&str>| -> ArrayRef {
        let array = TimestampMillisecondArray::from(vec![-1, 0, 1, 1000, 1001]);
        Arc::new(match zone {
            Some(zone) => array.with_timezone(zone),
            None => array,
        })
    };
    let limited = |data_type: &str| feature(data_type).min("1970-01-01T00:00:00Z").max("1970-01-01T00:00:01Z");
    check_limits(
        limited("timestamp[ms]"),
        milliseconds(None),
        "is 1969-12-31T23:59:59.999, but must be at least 1970-01-01T00:00:00Z (1 row: 0); \
         is 1970-01-01T00:00:01.001, but must be at most 1970-01-01T00:00:01Z (1 row: 4)",
    );
    check_limits(
        limited("timestamp[ms, Europe/Berlin]"),
        milliseconds(Some("Europe/Berlin")),
        "is 1970-01-01T00:59:59.999+01:00, but must be at least 1970-01-01T00:00:00Z (1 row: 0); \
         is 1970-01-01T01:00:01.001+01:00, but must be at most 1970-01-01T00:00:01Z (1 row: 4)",
    );
    let seconds: ArrayRef = Arc::new(TimestampSecondArray::from(vec![-1, 0, 1, 2]).with_timezone("UTC"));
    check_limits(
        limited("timestamp[s, UTC]"),
        seconds,
        "is 1969-12-31T23:59:59Z, but must be at least 1970-01-01T00:00:00Z (1 row: 0); \
         is 1970-01-01T00:00:02Z, but must be at most 1970-01-01T00:00:01Z (1 row: 3)",
    );
}
