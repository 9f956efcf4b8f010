//! Checks against a model that asks value by value.

#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "tests; what is exact is compared as such")]

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::DataType;
use proptest::prelude::*;
use varvite_asset::chrono::NaiveDate;
use varvite_asset::{Check, CheckKind, Checker, Decimal, FeatureModel, Violation};

#[derive(FeatureModel, Debug, Clone)]
#[model(asset = "readings", undated)]
struct Reading {
    #[model(check(monotonic = strict))]
    id: i64,
    #[model(check(range = -1.5..2.0))]
    value: f64,
    #[model(check(not_null, one_of = ["a", "b"]))]
    kind: Option<String>,
    #[model(check(length = 1..=3, pattern = "^[a-z]*$", unique))]
    code: String,
    #[model(check(range = "2024-01-01".."2025-01-01"))]
    day: NaiveDate,
    #[model(check(range = 0..=100, with = is_even))]
    price: Decimal<9, 2>,
    #[model(check(length = 2))]
    parts: Vec<i32>,
}

fn is_even(price: &Decimal<9, 2>) -> Result<(), String> {
    if price.unscaled() % 2 == 0 { Ok(()) } else { Err(format!("{price} cannot be halved")) }
}

fn good(id: i64) -> Reading {
    Reading {
        id,
        value: 1.0,
        kind: Some("a".to_owned()),
        code: char::from(b'a' + u8::try_from(id).unwrap()).to_string(),
        day: NaiveDate::from_ymd_opt(2024, 12, 31).unwrap(),
        price: "99.98".parse().unwrap(),
        parts: vec![1, 2],
    }
}

fn check(rows: &[Reading]) -> String {
    let mut checker = Checker::new(Reading::schema()).unwrap();
    checker.check(&Reading::encode(rows).unwrap()).map_or_else(|violations| violations.to_string(), |()| String::new())
}

#[test]
fn every_broken_check_is_named_with_its_first_rows() {
    assert_eq!(check(&[good(1), good(2)]), "");
    let bad = Reading {
        id: 1,
        value: 2.0,
        kind: None,
        code: "ABCD".to_owned(),
        day: NaiveDate::from_ymd_opt(2025, 1, 1).unwrap(),
        price: "100.01".parse().unwrap(),
        parts: vec![],
    };
    assert_eq!(
        check(&[good(1), bad.clone(), bad]),
        "column `id` breaks `strictly monotonic` in 2 rows, first 1: 1, 2: 1; \
         column `value` breaks `range -1.5..2.0` in 2 rows, first 1: 2.0, 2: 2.0; \
         column `kind` breaks `not null` in 2 rows, first 1: null, 2: null; \
         column `code` breaks `length 1..=3` in 2 rows, first 1: ABCD, 2: ABCD; \
         column `code` breaks `pattern \"^[a-z]*$\"` in 2 rows, first 1: ABCD, 2: ABCD; \
         column `code` breaks `unique` in 1 row, first 2: ABCD; \
         column `day` breaks `range \"2024-01-01\"..\"2025-01-01\"` in 2 rows, first 1: 2025-01-01, 2: 2025-01-01; \
         column `price` breaks `range 0..=100` in 2 rows, first 1: 100.01, 2: 100.01; \
         column `price` breaks `with is_even` in 1 row, first 1: 100.01 (100.01 cannot be halved); \
         column `parts` breaks `length 2..=2` in 2 rows, first 1: [], 2: []"
    );
}

#[test]
fn nan_lies_in_no_range() {
    let mut row = good(1);
    row.value = f64::NAN;
    assert_eq!(check(&[row]), "column `value` breaks `range -1.5..2.0` in 1 row, first 0: NaN");
}

#[test]
fn batches_are_judged_as_one() {
    let mut checker = Checker::new(Reading::schema()).unwrap();
    checker.check(&Reading::encode(&[good(1), good(2)]).unwrap()).unwrap();
    checker.check(&Reading::encode(&[]).unwrap()).unwrap();
    let message = checker.check(&Reading::encode(&[good(2)]).unwrap()).unwrap_err().to_string();
    assert_eq!(
        message,
        "column `id` breaks `strictly monotonic` in 1 row, first 2: 2; column `code` breaks `unique` in 1 row, first 2: c"
    );
}

#[test]
fn narrower_columns_are_judged_as_they_are_stored() {
    let column: ArrayRef = Arc::new(Int32Array::from(vec![1, 3, 2]));
    let batch = RecordBatch::try_from_iter([("id", column)]).unwrap();
    let message = Checker::new(Reading::schema()).unwrap().check(&batch).unwrap_err().to_string();
    assert_eq!(message, "column `id` breaks `strictly monotonic` in 1 row, first 2: 2");
}

#[test]
fn a_check_that_a_column_cannot_have_is_refused() {
    let mut schema = Reading::schema().clone();
    schema.columns[0].checks.push(Check::new(CheckKind::Pattern("x".to_owned())));
    let message = Checker::new(&schema).unwrap_err().to_string();
    assert_eq!(message, "option `check` cannot be used: column `id`: only text matches a pattern");
}

/// What one check says about a column in several batches.
fn found(kind: CheckKind, batches: Vec<ArrayRef>) -> Vec<Violation> {
    let mut schema = Reading::schema().clone();
    schema.columns.truncate(1);
    "x".clone_into(&mut schema.columns[0].name);
    schema.columns[0].data_type = batches[0].data_type().clone();
    schema.columns[0].checks = vec![Check::new(kind)];
    let mut checker = Checker::new(&schema).unwrap();
    let judged = batches.into_iter().filter_map(|column| {
        let batch = RecordBatch::try_from_iter_with_nullable([("x", column, true)]).unwrap();
        checker.check(&batch).err()
    });
    judged.flat_map(|violations| violations.0).collect()
}

fn rows(violations: &[Violation]) -> (u64, Vec<u64>) {
    let first = violations.iter().flat_map(|violation| violation.first.iter().map(|(row, _)| *row));
    (violations.iter().map(|violation| violation.count).sum(), first.collect())
}

/// As a checker that names three rows a batch.
fn naive<T: Clone>(batches: &[Vec<Option<T>>], mut is_good: impl FnMut(Option<&T>) -> bool) -> (u64, Vec<u64>) {
    let (mut count, mut first, mut row) = (0, Vec::new(), 0);
    for batch in batches {
        let mut of_batch = 0;
        for value in batch {
            if !is_good(value.as_ref()) {
                count += 1;
                of_batch += 1;
                if of_batch <= 3 {
                    first.push(row);
                }
            }
            row += 1;
        }
    }
    (count, first)
}

fn floats() -> impl Strategy<Value = Vec<Vec<Option<f64>>>> {
    let value = prop_oneof![-3.0..3.0, Just(f64::NAN), Just(-0.0), Just(0.0), Just(1.0)];
    proptest::collection::vec(proptest::collection::vec(proptest::option::of(value), 0..3000), 1..3)
}

fn texts() -> impl Strategy<Value = Vec<Vec<Option<String>>>> {
    proptest::collection::vec(proptest::collection::vec(proptest::option::of("[a-cé]{0,3}"), 0..20), 1..4)
}

fn float_columns(batches: &[Vec<Option<f64>>]) -> Vec<ArrayRef> {
    batches.iter().map(|batch| Arc::new(Float64Array::from(batch.clone())) as ArrayRef).collect()
}

fn text_columns(batches: &[Vec<Option<String>>]) -> Vec<ArrayRef> {
    batches.iter().map(|batch| Arc::new(StringArray::from(batch.clone())) as ArrayRef).collect()
}

proptest! {
    #[test]
    fn ranges(batches in floats(), min in -2.0_f64..1.0, max in -1.0_f64..2.0, max_included: bool) {
        let kind = CheckKind::Range { min: Some(min.into()), max: Some(max.into()), max_included };
        let good = |value: Option<&f64>| {
            value.is_none_or(|value| min <= *value && (*value < max || max_included && *value <= max))
        };
        prop_assert_eq!(rows(&found(kind, float_columns(&batches))), naive(&batches, good));
    }

    #[test]
    fn nulls_and_values_of_floats(batches in floats()) {
        prop_assert_eq!(
            rows(&found(CheckKind::NotNull, float_columns(&batches))),
            naive(&batches, |value| value.is_some())
        );
        prop_assert_eq!(
            rows(&found(CheckKind::OneOf(vec![0.into(), 1.0.into()]), float_columns(&batches))),
            naive(&batches, |value| value.is_none_or(|value| *value == 0.0 || *value == 1.0))
        );
        let mut seen = HashSet::new();
        prop_assert_eq!(
            rows(&found(CheckKind::Unique, float_columns(&batches))),
            naive(&batches, |value| value.is_none_or(|value| seen.insert(format!("{:?}", value + 0.0))))
        );
    }

    #[test]
    fn texts_are_checked(batches in texts(), strictly: bool) {
        prop_assert_eq!(
            rows(&found(CheckKind::Length { min: 1, max: Some(2) }, text_columns(&batches))),
            naive(&batches, |value| value.is_none_or(|value| (1..=2).contains(&value.chars().count())))
        );
        prop_assert_eq!(
            rows(&found(CheckKind::Pattern("^a".to_owned()), text_columns(&batches))),
            naive(&batches, |value| value.is_none_or(|value| value.starts_with('a')))
        );
        let mut last: Option<String> = None;
        let good = |value: Option<&String>| {
            let Some(value) = value else { return true };
            let good = last.as_ref().is_none_or(|last| if strictly { value > last } else { value >= last });
            last = Some(value.clone());
            good
        };
        prop_assert_eq!(
            rows(&found(CheckKind::Monotonic { strictly }, text_columns(&batches))),
            naive(&batches, good)
        );
        let mut seen = HashSet::new();
        prop_assert_eq!(
            rows(&found(CheckKind::Unique, text_columns(&batches))),
            naive(&batches, |value| value.is_none_or(|value| seen.insert(value.clone())))
        );
    }
}

/// What a range says of whole numbers in several batches, of a model with 64 bits.
fn out_of_range(data_type: DataType, batches: Vec<ArrayRef>) -> Vec<String> {
    let mut schema = Reading::schema().clone();
    schema.columns.truncate(1);
    schema.columns[0].data_type = data_type;
    let range = CheckKind::Range { min: Some(0.into()), max: Some(100.into()), max_included: true };
    schema.columns[0].checks = vec![Check::new(range), Check::new(CheckKind::Unique)];
    let mut checker = Checker::new(&schema).unwrap();
    let judged = batches.into_iter().filter_map(|column| {
        checker.check(&RecordBatch::try_from_iter([("id", column)]).unwrap()).err().map(|found| found.to_string())
    });
    judged.collect()
}

#[test]
fn wider_batches_after_narrow_ones_are_judged_as_they_are_stored() {
    let narrow = || Arc::new(Int32Array::from(vec![5])) as ArrayRef;
    let wide = Arc::new(Int64Array::from(vec![6, 5_000_000_000, 5]));
    assert_eq!(
        out_of_range(DataType::Int64, vec![narrow(), wide]),
        [
            "column `id` breaks `range 0..=100` in 1 row, first 2: 5000000000; column `id` breaks `unique` in 1 row, first 3: 5"
        ]
    );
    let real = Arc::new(Float64Array::from(vec![100.5, 5.0]));
    assert_eq!(
        out_of_range(DataType::Float64, vec![narrow(), real]),
        [
            "column `id` breaks `range 0..=100` in 1 row, first 1: 100.5; column `id` breaks `unique` in 1 row, first 2: 5.0"
        ]
    );
    let other = Arc::new(StringArray::from(vec!["7", "seven"]));
    let found = out_of_range(DataType::Int64, vec![narrow(), other]);
    assert!(found.len() == 1 && found[0].contains("seven"), "what is no number is no null: {found:?}");
}
