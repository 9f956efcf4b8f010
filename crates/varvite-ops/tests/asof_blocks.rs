//! A call that is worked through in several blocks gives what many small calls give, whatever the types.
#![allow(clippy::unwrap_used, clippy::from_iter_instead_of_collect, reason = "tests")]

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Decimal128Array, Int16Array, Int64Array, RecordBatch, StringArray, TimestampSecondArray,
};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::DataType;
use varvite_ops::{AsofFrame, AsofMerge, AsofOptions, Matching, Tolerance};

/// Seconds with targets: a block of 65,536 of them, and a part of one.
const TARGETS: i64 = 70_000;
/// Far below a block.
const FEW: i64 = 9_013;

fn times(times: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(TimestampSecondArray::from_iter_values(times).with_timezone("UTC"))
}

/// Targets of these seconds, several in some of them.
fn targets(seconds: std::ops::Range<i64>) -> (RecordBatch, Vec<i64>) {
    let at: Vec<i64> =
        seconds.flat_map(|second| std::iter::repeat_n(second, if second % 50 == 0 { 2 } else { 1 })).collect();
    (RecordBatch::try_from_iter([("t", times(at.iter().copied()))]).unwrap(), at)
}

/// Rows of a group: many seconds have none, and long stretches.
fn rows(group: i64, seconds: std::ops::Range<i64>) -> RecordBatch {
    let at: Vec<i64> = seconds
        .filter(|second| (second * 7 + group) % 5 != 0 && second / 1_000 % 9 != group && *second > 1_500)
        .collect();
    let some = |at: &i64, every: i64| (at % every != 0).then_some(*at);
    let texts = StringArray::from_iter(at.iter().map(|at| some(at, 13).map(|at| format!("v{}", at % 100))));
    let texts: ArrayRef = Arc::new(texts);
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let decimals = Decimal128Array::from_iter(at.iter().map(|at| some(at, 11).map(i128::from)));
    let columns: [(&str, ArrayRef); 8] = [
        ("t", times(at.iter().copied())),
        ("full", Arc::new(Int64Array::from_iter_values(at.iter().map(|at| at * 2 + group)))),
        ("some", Arc::new(Int16Array::from_iter(at.iter().map(|at| some(at, 7).map(|at| (at % 300) as i16))))),
        ("time", times(at.iter().map(|at| at + 5))),
        ("exact", Arc::new(decimals.with_precision_and_scale(20, 4).unwrap())),
        ("yes", Arc::new(BooleanArray::from_iter(at.iter().map(|at| some(at, 17).map(|at| at % 2 == 0))))),
        ("name", cast(&texts, &dictionary).unwrap()),
        ("text", texts),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
}

/// Merges second by second in portions of so many, each target with the group that its time names.
fn merge(frame: &AsofFrame, groups: i64, portion: i64) -> RecordBatch {
    let options = AsofOptions::new("t", [frame.clone()]).with_prefixes([["a_"]]);
    let mut merge = AsofMerge::try_new(options).unwrap();
    let mut made = Vec::new();
    for start in (0..TARGETS).step_by(usize::try_from(portion).unwrap()) {
        let seconds = start..TARGETS.min(start + portion);
        let (targets, at) = targets(seconds.clone());
        let chosen = at.iter().map(|at| u32::try_from(at / 3 % groups).unwrap()).collect();
        let groups: Vec<Vec<RecordBatch>> = (0..groups).map(|group| vec![rows(group, seconds.clone())]).collect();
        made.push(match groups.as_slice() {
            [only] => merge.push(&targets, only).unwrap(),
            several => merge.push_groups(&targets, several, &[chosen]).unwrap(),
        });
    }
    concat_batches(&made[0].schema(), &made).unwrap()
}

#[track_caller]
fn check(frame: &AsofFrame) {
    for groups in [1, 3] {
        let whole = merge(frame, groups, TARGETS);
        assert!(whole["a_full_0"].null_count() < whole.num_rows() / 2);
        // Two portions: the second has rows before it that are remembered.
        assert_eq!(whole, merge(frame, groups, FEW));
        assert_eq!(whole, merge(frame, groups, TARGETS / 2 + 1));
    }
}

#[test]
fn blocks_change_nothing() {
    check(&AsofFrame::new(Matching::AtOrBefore).with_n_prev(1));
}

#[test]
fn blocks_change_nothing_where_rows_are_too_old_or_stand_for_missing_ones() {
    let fill = rows(0, 2_001..2_004);
    let fill = fill.project(&[1, 2, 3, 4, 5, 6, 7]).unwrap();
    let tolerant = AsofFrame::new(Matching::Before).with_n_prev(2).with_tolerance(Tolerance::Units(3));
    check(&tolerant);
    let filled = tolerant.with_fill(fill);
    check(&filled);
    // What fills is seen: nothing is null in a column without nulls of its own.
    assert_eq!(merge(&filled, 1, TARGETS)["a_full_2"].null_count(), 0);
}

#[test]
fn a_large_call_without_rows_gives_nulls() {
    let mut merge = AsofMerge::try_new(AsofOptions::new("t", [AsofFrame::new(Matching::Before)])).unwrap();
    let (targets, _) = targets(0..TARGETS);
    let made = merge.push(&targets, &[rows(0, 0..0)]).unwrap();
    assert!(made.columns()[1..].iter().all(|column| column.null_count() == targets.num_rows()));
}
