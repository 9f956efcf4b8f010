//! After late data only the bins that it touched are computed again, and the result is that of a full computation.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, TimestampSecondArray};
use arrow::datatypes::TimestampSecondType;
use proptest::prelude::*;
use varvite_ops::{
    EmptyBins, Function, PeriodBins, SegmentOptions, SegmentedAggregation, Side, Touched, patch, touched_bins,
};
use varvite_time::{Period, TimeUnit};

type Row = (i64, i64);

fn batch(rows: &[Row]) -> RecordBatch {
    RecordBatch::try_from_iter([
        ("t", Arc::new(TimestampSecondArray::from_iter_values(rows.iter().map(|row| row.0))) as ArrayRef),
        ("v", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.1)))),
    ])
    .unwrap()
}

fn aggregate(options: &SegmentOptions, rows: &[Row]) -> RecordBatch {
    SegmentedAggregation::try_new(options.clone()).unwrap().push(&batch(rows)).unwrap().bins
}

/// The bins after `changed`, computed again only where that is needed.
fn renew(options: &SegmentOptions, bins: &PeriodBins, old: &RecordBatch, now: &[Row], changed: &[Row]) -> RecordBatch {
    let ranges: Vec<_> = changed.iter().map(|row| row.0..row.0 + 1).collect();
    let touched = touched_bins(bins, TimeUnit::Second, &ranges).unwrap();
    let renewed = |touched: &Touched| {
        let rows: Vec<Row> = now.iter().copied().filter(|row| touched.input.contains(&row.0)).collect();
        aggregate(options, &rows)
    };
    let renewed: Vec<RecordBatch> = touched.iter().map(renewed).collect();
    // Nothing else was computed.
    for (touched, bins) in touched.iter().zip(&renewed) {
        let labels = bins.column(0).as_primitive::<TimestampSecondType>();
        assert!(labels.values().iter().all(|label| touched.labels.contains(label)));
    }
    patch(options, old, &touched, &renewed).unwrap()
}

fn some_rows(len: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec((-300_i64..300, 0_i64..100), len)
}

fn sorted(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort_by_key(|row| row.0);
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn renewed_bins_are_those_of_a_full_computation(
        rows in some_rows(0..30),
        late in some_rows(0..6),
        deleted in 0_usize..6,
        sides in any::<(bool, bool)>(),
        leave_out in any::<bool>(),
        period in prop_oneof![Just("10s"), Just("1min"), Just("7s")],
    ) {
        let side = |right| if right { Side::Right } else { Side::Left };
        let bins = PeriodBins::new(period.parse::<Period>().unwrap()).closed(side(sides.0)).label(side(sides.1));
        let functions = [Function::Sum.of("v"), Function::Last.of("v"), Function::Count.of("v"), Function::Rows.of("v")];
        let empty = if leave_out { EmptyBins::LeftOut } else { EmptyBins::Null };
        let options = SegmentOptions::new("t", bins, functions).with_empty(empty);

        let old = aggregate(&options, &sorted(rows.clone()));
        let (gone, stays) = rows.split_at(deleted.min(rows.len()));
        let now = sorted(stays.iter().chain(&late).copied().collect());
        let changed: Vec<Row> = gone.iter().chain(&late).copied().collect();
        let renewed = renew(&options, &bins, &old, &now, &changed);
        prop_assert_eq!(renewed, aggregate(&options, &now));
    }
}

#[test]
fn an_untouched_bin_is_not_even_looked_at() {
    let bins = PeriodBins::new(Period::MINUTE);
    let options = SegmentOptions::new("t", bins, [Function::Sum.of("v")]);
    // The old result says 7 of a bin that has 1: it stays, for nothing touched it.
    let old = aggregate(&options, &[(0, 7), (60, 2)]);
    let now = [(0, 1), (60, 2), (61, 3)];
    let found = renew(&options, &bins, &old, &now, &now[2..]);
    assert_eq!(found.column(1).as_ref(), &Int64Array::from(vec![7, 5]) as &dyn Array);
}

#[test]
fn touched_bins_are_joined_with_their_neighbours() {
    let bins = PeriodBins::new(Period::MINUTE).closed(Side::Right);
    let touched = touched_bins(&bins, TimeUnit::Second, &[60..61, 61..62, 500..500, 300..301, -1..0]).unwrap();
    let entry = |input, labels| Touched { input, labels };
    assert_eq!(touched, [entry(-59..=120, -60..=60), entry(241..=300, 240..=240)]);
}

#[test]
fn the_first_tick_of_all_is_in_the_first_bin() {
    for side in [Side::Left, Side::Right] {
        let bins = PeriodBins::new(Period::MINUTE).closed(side);
        let options = SegmentOptions::new("t", bins, [Function::Sum.of("v")]);
        let old = aggregate(&options, &[(i64::MIN, 1), (i64::MIN + 1, 2)]);
        let late = (i64::MIN, 4);
        let now = [(i64::MIN, 1), late, (i64::MIN + 1, 2)];
        assert_eq!(renew(&options, &bins, &old, &now, &[late]), aggregate(&options, &now), "{side:?}");
    }
}

#[test]
fn bins_by_rows_cannot_be_patched() {
    let options = SegmentOptions::new("t", varvite_ops::Bins::rows(3.try_into().unwrap()), [Function::Sum.of("v")]);
    let old = aggregate(&options, &[(0, 1)]);
    assert_eq!(patch(&options, &old, &[], &[]).unwrap_err().code(), "VV0801");
}
