//! Tables that were made elsewhere: values of the future are found, and only those (S02, S08).

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array};
use varvite_feature::{EntityRows, FeatureStore, HistoricalOptions, LeakReport, WriteMode};
use varvite_schema::{FeatureGroupSchema, FeatureSchema};

use crate::world::{batch, doubles, ints, simple, store, texts, times};

/// Two users: 10 until 10 us, 20 from 20 us on, 30 from 30 us on; and one without rows.
fn store_of(data_type: &str, values: ArrayRef) -> FeatureStore {
    let store = store();
    let group = FeatureGroupSchema::builder("g").entity_key("k", "bigint").event_time("at").created_time("made");
    store.register(&group.feature(FeatureSchema::builder("v", data_type)).build().unwrap()).unwrap();
    let created = times([Some(10), Some(25), None]);
    let rows = batch([("k", ints([1, 1, 1])), ("at", times([10, 20, 30])), ("made", created), ("v", values)]);
    let _ = store.write("g", &[rows], WriteMode::Append).unwrap();
    store
}

fn check(store: &FeatureStore, asked: &[i64], given: ArrayRef, options: &HistoricalOptions) -> LeakReport {
    let table = batch([("k", ints(vec![1; asked.len()])), ("v", given), ("t", times(asked.iter().copied()))]);
    store.leak_check(&EntityRows::at_times(table, "t").unwrap(), ["g.v"], options).unwrap()
}

fn counts(report: &LeakReport) -> (usize, usize, usize) {
    (report.columns[0].equal, report.columns[0].different, report.columns[0].leaked)
}

#[test]
fn s02_a_clean_table_is_clean() {
    let store = store_of("bigint", ints([10, 20, 30]));
    let report = check(
        &store,
        &[9, 10, 19, 20, 99],
        ints([None, Some(10), Some(10), Some(20), Some(30)]),
        &HistoricalOptions::default(),
    );
    assert!(report.is_clean() && !report.has_leaks());
    assert_eq!(counts(&report), (5, 0, 0));
    assert_eq!(report.to_string(), "v: 5 equal, 0 from the future, 0 different");
}

#[test]
fn s02_a_value_of_the_future_is_told_from_a_wrong_one() {
    let store = store_of("bigint", ints([10, 20, 30]));
    let given = ints([Some(10), Some(20), Some(30), Some(77), None, Some(10)]);
    let report = check(&store, &[9, 19, 19, 19, 19, 25], given, &HistoricalOptions::default());
    assert_eq!(counts(&report), (0, 3, 3));
    assert!(report.has_leaks());
    assert_eq!(
        report.to_string(),
        "v: 0 equal, 3 from the future, 3 different\n  \
         row 0, v: 10, known was null; that came at 1970-01-01T00:00:00.000010Z\n  \
         row 1, v: 20, known was 10; that came at 1970-01-01T00:00:00.000020Z\n  \
         row 2, v: 30, known was 10; that came at 1970-01-01T00:00:00.000030Z\n  \
         row 3, v: 77, known was 10\n  \
         row 4, v: null, known was 10\n  \
         row 5, v: 10, known was 20"
    );
}

#[test]
fn s08_what_became_known_later_is_a_leak_where_that_counts() {
    let store = store_of("bigint", ints([10, 20, 30]));
    let known = HistoricalOptions::default().with_known_as_of(true);
    let given = || ints([20, 20, 30]);
    assert_eq!(counts(&check(&store, &[20, 25, 30], given(), &HistoricalOptions::default())), (3, 0, 0));
    let report = check(&store, &[20, 25, 30], given(), &known);
    assert_eq!(counts(&report), (1, 1, 1));
    assert_eq!(report.differences[0].from.as_deref(), Some("1970-01-01T00:00:00.000025Z"));
}

#[test]
fn s02_where_the_same_time_is_the_future_its_values_are_leaks() {
    let store = store_of("bigint", ints([10, 20, 30]));
    let strict = HistoricalOptions::default().with_allow_exact_match(false);
    assert_eq!(counts(&check(&store, &[20, 21], ints([20, 20]), &strict)), (1, 0, 1));
}

#[test]
fn s19_values_that_the_type_does_not_hold_are_not_taken_for_others() {
    let int: ArrayRef = arrow::compute::cast(&ints([10, 20, 30]), &arrow::datatypes::DataType::Int32).unwrap();
    let store = store_of("int", int);
    let none = HistoricalOptions::default();
    // No nulls are made of what is too large, and fractions are not cut off.
    assert_eq!(counts(&check(&store, &[9, 10], ints([5_000_000_000, 10]), &none)), (1, 1, 0));
    assert_eq!(counts(&check(&store, &[10, 10, 9], doubles([Some(10.5), Some(10.0), None]), &none)), (2, 1, 0));
    assert_eq!(counts(&check(&store, &[9, 9], texts([Some("ten"), None]), &none)), (1, 1, 0));
    // What other tools made of integers with nulls is still an integer.
    let floats: ArrayRef = Arc::new(Float64Array::from(vec![Some(10.0), None]));
    assert!(check(&store, &[10, 9], floats, &none).is_clean());
}

#[test]
fn s20_a_table_without_the_features_is_refused() {
    let store = store();
    store.register(&simple("g").build().unwrap()).unwrap();
    let table = batch([("k", ints([1])), ("w", ints([1])), ("t", times([1]))]);
    let table = EntityRows::at_times(table, "t").unwrap();
    let error = store.leak_check(&table, ["g.v"], &HistoricalOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "the entity table cannot be used: it has none of the columns v");
}

#[test]
fn s20_nan_is_the_same_value_as_nan() {
    let store = store_of("double", doubles([Some(f64::NAN), Some(1.0), None]));
    let given = doubles([Some(f64::NAN), None, Some(1.0), None]);
    let report = check(&store, &[10, 10, 10, 30], given, &HistoricalOptions::default());
    assert_eq!(counts(&report), (2, 1, 1));
}
