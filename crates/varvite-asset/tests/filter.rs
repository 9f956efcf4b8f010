//! Filters against a model that asks value by value.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Decimal128Array, DictionaryArray, Float32Array, Float64Array, Int8Array,
    RecordBatch, StringArray, StringViewArray, TimestampSecondArray,
};
use arrow::datatypes::Int8Type;
use proptest::prelude::*;
use varvite_asset::chrono::{DateTime, NaiveDate};
use varvite_asset::{Col, Decimal, FeatureModel, Filter};
use varvite_time::Instant;

fn batch(column: ArrayRef) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable([("x", column, true)]).unwrap()
}

#[track_caller]
fn check(filter: &Filter, column: impl Array + 'static, wanted: &[Option<bool>]) {
    let mask = filter.mask(&batch(Arc::new(column))).unwrap();
    assert_eq!(mask, BooleanArray::from(wanted.to_vec()), "{filter}");
}

const YES: Option<bool> = Some(true);
const NO: Option<bool> = Some(false);

#[test]
fn literals_beyond_a_columns_type_and_between_its_values() {
    let x: Col<i64> = Col::new("x");
    let column = || Int8Array::from(vec![Some(-128), Some(5), None, Some(127)]);
    check(&x.lt(300), column(), &[YES, YES, None, YES]);
    check(&x.gt(-300), column(), &[YES, YES, None, YES]);
    check(&x.gt(300), column(), &[NO, NO, None, NO]);
    check(&x.ne(300), column(), &[YES, YES, None, YES]);
    check(&x.eq(300), column(), &[NO, NO, None, NO]);
    check(&x.is_in([5_i64, 300]), column(), &[NO, YES, None, NO]);
    check(&x.between(5, u64::MAX), column(), &[NO, YES, None, YES]);
    let halves: Col<Instant> = Col::new("x");
    let half: Instant = "1970-01-01T00:00:00.5Z".parse().unwrap();
    let seconds = || TimestampSecondArray::from(vec![0, 1]);
    check(&halves.gt(half), seconds(), &[NO, YES]);
    check(&halves.le(half), seconds(), &[YES, NO]);
    check(&halves.eq(half), seconds(), &[NO, NO]);
    check(&halves.ne(half), seconds(), &[YES, YES]);
    check(&halves.lt(DateTime::from_timestamp(1, 0).unwrap()), seconds(), &[YES, NO]);
    check(&halves.ge(NaiveDate::from_ymd_opt(1970, 1, 1).unwrap()), seconds(), &[YES, YES]);
    let decimal: Col<Decimal<9, 2>> = Col::new("x");
    let column = Decimal128Array::from(vec![1250, 1300]).with_precision_and_scale(9, 2).unwrap();
    check(&decimal.gt("12.5".parse::<Decimal<9, 2>>().unwrap()), column.clone(), &[NO, YES]);
    check(&decimal.eq(13), column, &[NO, YES]);
}

#[test]
fn nan_is_greatest_and_zeros_are_one() {
    let x: Col<f64> = Col::new("x");
    let column = || Float64Array::from(vec![f64::NAN, -0.0, 1.5, f64::INFINITY]);
    check(&x.gt(1.0), column(), &[YES, NO, YES, YES]);
    check(&x.lt(f64::NAN), column(), &[NO, YES, YES, YES]);
    check(&x.eq(f64::NAN), column(), &[YES, NO, NO, NO]);
    check(&x.eq(0.0), column(), &[NO, YES, NO, NO]);
    check(&x.is_in([0, 7]), column(), &[NO, YES, NO, NO]);
    check(&x.gt(f64::INFINITY), column(), &[YES, NO, NO, NO]);
    let x: Col<f32> = Col::new("x");
    check(&x.le(0.1), Float32Array::from(vec![0.1, 0.2]), &[YES, NO]);
}

#[test]
fn texts_in_any_form() {
    let x: Col<String> = Col::new("x");
    let texts = vec![Some("a"), None, Some("b")];
    check(&x.gt("a"), StringArray::from(texts.clone()), &[NO, None, YES]);
    check(&x.le("a"), StringViewArray::from(texts.clone()), &[YES, None, NO]);
    check(&x.is_in(["b"]), texts.into_iter().collect::<DictionaryArray<Int8Type>>(), &[NO, None, YES]);
    let x: Col<bool> = Col::new("x");
    check(&x.eq(true), BooleanArray::from(vec![Some(true), None, Some(false)]), &[YES, None, NO]);
}

#[test]
fn what_is_unknown_stays_unknown() {
    let x: Col<i8> = Col::new("x");
    let column = || Int8Array::from(vec![Some(1), None]);
    check(&x.is_null(), column(), &[NO, YES]);
    check(&x.is_not_null(), column(), &[YES, NO]);
    check(&(x.eq(1) | x.is_null()), column(), &[YES, YES]);
    check(&(x.eq(1) & x.is_not_null()), column(), &[YES, NO]);
    check(&!x.eq(1), column(), &[NO, None]);
    check(&Filter::All(vec![]), column(), &[YES, YES]);
    check(&Filter::Any(vec![]), column(), &[NO, NO]);
}

/// What a comparison says, value by value.
fn naive(comparison: usize, order: std::cmp::Ordering) -> bool {
    [order.is_eq(), order.is_ne(), order.is_lt(), order.is_le(), order.is_gt(), order.is_ge()][comparison]
}

proptest! {
    #[test]
    fn whole_numbers_compare_as_value_by_value(
        values in proptest::collection::vec(proptest::option::of(any::<i8>()), 0..40),
        literal in -300_i64..300, comparison in 0_usize..6,
    ) {
        let x: Col<i64> = Col::new("x");
        let filter = [x.eq(literal), x.ne(literal), x.lt(literal), x.le(literal), x.gt(literal), x.ge(literal)][comparison].clone();
        let wanted = values.iter().map(|value| value.map(|value| naive(comparison, i64::from(value).cmp(&literal))));
        let wanted: BooleanArray = wanted.collect();
        prop_assert_eq!(filter.mask(&batch(Arc::new(Int8Array::from(values)))).unwrap(), wanted);
    }

    #[test]
    fn floats_compare_as_value_by_value(
        values in proptest::collection::vec(proptest::option::of(prop_oneof![any::<f64>(), -2.0..2.0, Just(0.5)]), 0..40),
        literal in prop_oneof![any::<f64>(), -2.0..2.0, Just(0.5)], comparison in 0_usize..6,
    ) {
        let order = |value: f64| value.partial_cmp(&literal).unwrap_or_else(|| value.is_nan().cmp(&literal.is_nan()));
        let x: Col<f64> = Col::new("x");
        let filter = [x.eq(literal), x.ne(literal), x.lt(literal), x.le(literal), x.gt(literal), x.ge(literal)][comparison].clone();
        let wanted: BooleanArray = values.iter().map(|value| value.map(|value| naive(comparison, order(value)))).collect();
        prop_assert_eq!(filter.mask(&batch(Arc::new(Float64Array::from(values)))).unwrap(), wanted);
    }

    #[test]
    fn texts_compare_as_value_by_value(
        values in proptest::collection::vec(proptest::option::of("[ab]{0,2}"), 0..40),
        literal in "[ab]{0,2}", comparison in 0_usize..6,
    ) {
        let x: Col<String> = Col::new("x");
        let l = literal.as_str();
        let filter = [x.eq(l), x.ne(l), x.lt(l), x.le(l), x.gt(l), x.ge(l)][comparison].clone();
        let wanted = values.iter().map(|value| value.as_ref().map(|value| naive(comparison, value.as_str().cmp(l))));
        let wanted: BooleanArray = wanted.collect();
        prop_assert_eq!(filter.mask(&batch(Arc::new(StringArray::from(values)))).unwrap(), wanted);
    }
}

#[test]
fn the_text_of_a_filter_is_read_back() {
    let (x, odd, word): (Col<i64>, Col<String>, Col<f64>) = (Col::new("x"), Col::new("a `b` c"), Col::new("Not"));
    let filter = (x.between(-1, 2) | odd.eq("it's")) & !(word.is_in([0.5, -1.0]) | x.is_null()) & odd.is_not_null();
    let text = "((x >= -1 and x <= 2) or `a ``b`` c` == 'it''s') and not (`Not` in (0.5, -1.0) or x is null) \
                and `a ``b`` c` is not null";
    assert_eq!(filter.to_string(), text);
    assert_eq!(text.parse::<Filter>().unwrap().to_string(), text);
}

#[derive(FeatureModel)]
#[model(asset = "weather", undated)]
struct Weather {
    temperature: Option<f64>,
    date: NaiveDate,
}

#[test]
fn a_filter_is_checked_against_a_model() {
    Weather::TEMPERATURE.gt(3).validate(Weather::schema()).unwrap();
    let other: Col<String> = Col::new("temprature");
    let text: Col<String> = Col::new("date");
    let message = (other.eq("x") & !text.is_in(["2024-13-01"])).validate(Weather::schema()).unwrap_err().to_string();
    assert_eq!(
        message,
        "option `filter` cannot be used: weather v1 has no column `temprature`: do you mean `temperature`?; \
         column `date`: `2024-13-01` is no instant: the calendar has no such date; write it like \
         `2013-01-31`, `2013-01-31T10:00` or `2013-01-31T10:00:05.25+01:00`"
    );
    let rows = [Weather { temperature: Some(4.0), date: NaiveDate::from_ymd_opt(2024, 2, 1).unwrap() }];
    let batch = Weather::encode(&rows).unwrap();
    let february = Weather::DATE.ge(NaiveDate::from_ymd_opt(2024, 2, 1).unwrap());
    assert_eq!(february.mask(&batch).unwrap(), BooleanArray::from(vec![true]));
    assert!(other.is_null().mask(&batch).is_err());
}
