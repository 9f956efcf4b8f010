//! Operators take columns of every type that has what they need, and give them back as they were.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, TimeUnit};
use varvite_ops::{
    AsofFrame, AsofMerge, AsofOptions, Bins, Function, Matching, SegmentOptions, SegmentState, SegmentedAggregation,
    Side, Snapshots, Tolerance,
};
use varvite_time::{Period, PeriodUnit};

fn ints(values: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

fn typed(values: &[i64], data_type: &DataType) -> ArrayRef {
    // Arrow reads no dates or times out of wider integers in all cases, so by way of the narrow ones.
    let narrow = match data_type {
        DataType::Date32 | DataType::Time32(_) => cast(&ints(values), &DataType::Int32).unwrap(),
        _ => ints(values),
    };
    cast(&narrow, data_type).unwrap()
}

fn numbers() -> Vec<DataType> {
    use DataType::{Float16, Float32, Float64, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64};
    vec![Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64, Float16, Float32, Float64]
}

fn ordered() -> Vec<DataType> {
    let mut types = numbers();
    types.extend([
        DataType::Date32,
        DataType::Date64,
        DataType::Timestamp(TimeUnit::Second, None),
        DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
        DataType::Timestamp(TimeUnit::Microsecond, Some("Europe/Berlin".into())),
        DataType::Timestamp(TimeUnit::Nanosecond, None),
        DataType::Decimal128(10, 2),
        DataType::Decimal256(40, 2),
        DataType::Utf8,
        DataType::LargeUtf8,
        DataType::Utf8View,
    ]);
    types
}

fn others() -> Vec<DataType> {
    vec![
        DataType::Time32(TimeUnit::Second),
        DataType::Time64(TimeUnit::Nanosecond),
        DataType::Duration(TimeUnit::Millisecond),
        DataType::Boolean,
    ]
}

/// First, last, smallest and largest of a bin that is cut by a state that is saved.
fn extremes(column: &ArrayRef) -> Vec<ArrayRef> {
    let rows = RecordBatch::try_from_iter([("t", ints(&[0, 1, 2, 3])), ("v", Arc::clone(column))]).unwrap();
    let functions = [Function::First, Function::Last, Function::Min, Function::Max].map(|function| function.of("v"));
    let options = SegmentOptions::new("t", Bins::rows(4.try_into().unwrap()), functions);
    let mut operator = SegmentedAggregation::try_new(options.clone()).unwrap();
    let _ = operator.push(&rows.slice(0, 2)).unwrap();
    let saved = serde_json::to_string(&operator.state().unwrap()).unwrap();
    let state: SegmentState = serde_json::from_str(&saved).unwrap();
    let found = SegmentedAggregation::restore(options, state).unwrap().push(&rows.slice(2, 2)).unwrap();
    found.bins.columns()[1..].to_vec()
}

#[test]
fn values_of_any_type_have_first_last_smallest_and_largest() {
    for data_type in ordered().into_iter().chain(others()) {
        let column = typed(&[3, 1, 4, 2], &data_type);
        let found = extremes(&column);
        for (found, wanted) in found.iter().zip([3, 2, 1, 4]) {
            assert_eq!(found, &typed(&[wanted], &data_type), "{data_type}");
        }
    }
}

#[test]
fn numbers_have_sums() {
    for data_type in numbers() {
        let rows = RecordBatch::try_from_iter([("t", ints(&[0, 1])), ("v", typed(&[3, 4], &data_type))]).unwrap();
        let functions = [Function::Sum, Function::Mean, Function::Var, Function::Std].map(|function| function.of("v"));
        let options = SegmentOptions::new("t", Bins::rows(2.try_into().unwrap()), functions);
        let found = SegmentedAggregation::try_new(options).unwrap().push(&rows).unwrap().bins;
        let sum = if data_type.is_floating() {
            DataType::Float64
        } else if data_type.is_signed_integer() {
            DataType::Int64
        } else {
            DataType::UInt64
        };
        assert_eq!(&found["v_sum"], &typed(&[7], &sum), "{data_type}");
        let float = |value: f64| Arc::new(Float64Array::from(vec![value])) as ArrayRef;
        let rest = [("v_mean", 3.5), ("v_var", 0.5), ("v_std", 0.5_f64.sqrt())];
        assert!(rest.into_iter().all(|(name, value)| found[name] == float(value)), "{data_type}");
    }
}

#[test]
fn rows_are_matched_on_any_type_that_they_can_be_ordered_on() {
    for data_type in ordered() {
        let targets = RecordBatch::try_from_iter([("t", typed(&[2, 5], &data_type))]).unwrap();
        let rows =
            RecordBatch::try_from_iter([("t", typed(&[1, 2, 4], &data_type)), ("v", ints(&[10, 20, 40]))]).unwrap();
        for (matching, wanted) in [(Matching::Before, [10, 40]), (Matching::AtOrBefore, [20, 40])] {
            let mut merge = AsofMerge::try_new(AsofOptions::new("t", [AsofFrame::new(matching)])).unwrap();
            let found = merge.push(&targets, std::slice::from_ref(&rows)).unwrap();
            assert_eq!(&found["v"], &ints(&wanted), "{data_type}");
        }
    }
}

#[test]
fn values_of_any_type_are_matched() {
    for data_type in ordered().into_iter().chain(others()) {
        let targets = RecordBatch::try_from_iter([("t", ints(&[0, 2, 5]))]).unwrap();
        let rows = RecordBatch::try_from_iter([("t", ints(&[1, 4])), ("v", typed(&[1, 2], &data_type))]).unwrap();
        let mut merge =
            AsofMerge::try_new(AsofOptions::new("t", [AsofFrame::new(Matching::Before).with_n_prev(1)])).unwrap();
        let _ = merge.push(&targets.slice(0, 2), &[rows.slice(0, 1)]).unwrap();
        let found = merge.push(&targets.slice(2, 1), &[rows.slice(1, 1)]).unwrap();
        assert_eq!(&found["v_1"], &typed(&[1], &data_type), "{data_type}");
        assert_eq!(&found["v_0"], &typed(&[2], &data_type), "{data_type}");
    }
}

#[test]
fn a_tolerance_is_told_in_the_terms_of_the_column() {
    let found = |on: &DataType, tolerance| {
        let targets = RecordBatch::try_from_iter([("t", typed(&[110, 111], on))]).unwrap();
        let rows = RecordBatch::try_from_iter([("t", typed(&[100], on)), ("v", ints(&[7]))]).unwrap();
        let frame = AsofFrame::new(Matching::Before).with_tolerance(tolerance);
        let merged = AsofMerge::try_new(AsofOptions::new("t", [frame]))?.push(&targets, &[rows])?;
        Ok::<_, varvite_ops::Error>(merged["v"].as_primitive::<Int64Type>().iter().collect::<Vec<_>>())
    };
    let seconds = DataType::Timestamp(TimeUnit::Second, None);
    let ten_seconds = Tolerance::Period(Period::try_new(10, PeriodUnit::Second).unwrap());
    assert_eq!(found(&seconds, ten_seconds).unwrap(), [Some(7), None]);
    assert_eq!(found(&DataType::UInt16, Tolerance::Units(10)).unwrap(), [Some(7), None]);
    assert_eq!(found(&DataType::Float32, Tolerance::Distance(10.0)).unwrap(), [Some(7), None]);
    assert_eq!(found(&DataType::Date32, Tolerance::Period(Period::WEEK)).unwrap(), [None, None]);
    let error = found(&DataType::Int64, ten_seconds).unwrap_err();
    assert_eq!(
        error.to_string(),
        "option `tolerance` cannot be used: Period(Period(10s)) is no difference of values of `t`, which are Int64"
    );
    assert_eq!(found(&seconds, Tolerance::Period(Period::MONTH)).unwrap_err().code(), "VV0801");
}

#[test]
fn bins_of_a_period_are_named_in_the_type_of_the_ordered_column() {
    let dates = typed(&[0, 30, 31, 90], &DataType::Date32);
    let rows = RecordBatch::try_from_iter([("day", Arc::clone(&dates)), ("v", ints(&[1, 2, 3, 4]))]).unwrap();
    let options = SegmentOptions::new("day", Bins::every(Period::MONTH), [Function::Sum.of("v")])
        .with_snapshots(Snapshots::At { times: vec![0, 40], closed: Side::Right })
        .with_label("month");
    let found = SegmentedAggregation::try_new(options).unwrap().push(&rows).unwrap();
    assert_eq!(&found.bins["month"], &typed(&[0, 31, 59, 90], &DataType::Date32));
    let sums = found.bins["v_sum"].as_primitive::<Int64Type>();
    assert_eq!(sums.iter().collect::<Vec<_>>(), [Some(3), Some(3), None, Some(4)]);
    let snapshots = found.snapshots.unwrap();
    assert_eq!(&snapshots["month"], &typed(&[0, 40], &DataType::Date32));
    assert_eq!(&snapshots["v_sum"], &ints(&[1, 3]));
}

#[test]
fn strings_cannot_be_cut_by_periods() {
    let rows = RecordBatch::try_from_iter([("t", Arc::new(StringArray::from(vec!["a"])) as ArrayRef)]).unwrap();
    let options = SegmentOptions::new("t", Bins::every(Period::DAY), [Function::Rows.of("t")]);
    let error = SegmentedAggregation::try_new(options).unwrap().push(&rows).unwrap_err();
    assert_eq!(error.to_string(), "column `t` of rows is Utf8: bins of a period need timestamps or dates");
}
