//! A segmented aggregation gives the same however its rows are portioned, and what a plain group-by gives.
#![allow(clippy::unwrap_used, clippy::from_iter_instead_of_collect, reason = "tests")]

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampSecondArray,
};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use proptest::prelude::*;
use varvite_ops::{
    Aggregate, Bins, EmptyBins, Function, PeriodBins, RowLabel, SegmentOptions, SegmentState, SegmentedAggregation,
    Side, Snapshots,
};
use varvite_time::Period;

/// A row: time, value, label.
type Row = (i64, Option<f64>, u8);

fn batch(rows: &[Row]) -> RecordBatch {
    let times: ArrayRef =
        Arc::new(TimestampSecondArray::from_iter_values(rows.iter().map(|row| row.0)).with_timezone("UTC"));
    let floats: ArrayRef = Arc::new(Float64Array::from_iter(rows.iter().map(|row| row.1)));
    #[allow(clippy::cast_possible_truncation, reason = "small")]
    let ints: ArrayRef = Arc::new(Int32Array::from_iter(rows.iter().map(|row| row.1.map(|v| v as i32))));
    let texts: ArrayRef = Arc::new(StringArray::from_iter(rows.iter().map(|row| row.1.map(|v| format!("v{v}")))));
    let flags: ArrayRef = Arc::new(BooleanArray::from_iter(rows.iter().map(|row| row.1.map(|v| v > 0.0))));
    let labels: ArrayRef = Arc::new(StringArray::from_iter_values(rows.iter().map(|row| format!("l{}", row.2))));
    let columns = [("t", times), ("f", floats), ("i", ints), ("s", texts), ("b", flags), ("label", labels)];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
}

const FUNCTIONS: [Function; 10] = [
    Function::First,
    Function::Last,
    Function::Min,
    Function::Max,
    Function::Sum,
    Function::Mean,
    Function::Var,
    Function::Std,
    Function::Count,
    Function::Rows,
];

fn aggregates() -> Vec<Aggregate> {
    let numbers = ["f", "i"].into_iter().flat_map(|column| FUNCTIONS.map(|function| function.of(column)));
    let ordered = [Function::First, Function::Last, Function::Min, Function::Max, Function::Count];
    let others = ["s", "b", "t"].into_iter().flat_map(|column| ordered.map(|function| function.of(column)));
    numbers.chain(others).collect()
}

/// Keeps the last row of each label.
#[derive(Default)]
struct Kept(Vec<RecordBatch>);

impl Kept {
    fn add(&mut self, rows: &RecordBatch) {
        let again = match (self.0.last(), rows.num_rows()) {
            (Some(last), 1..) => last.column(0).as_ref() == rows.column(0).slice(0, 1).as_ref(),
            _ => false,
        };
        if again {
            self.0.pop();
        }
        self.0.extend((0..rows.num_rows()).map(|row| rows.slice(row, 1)));
    }

    fn together(&self, like: &RecordBatch) -> RecordBatch {
        concat_batches(like.schema_ref(), &self.0).unwrap()
    }
}

/// Cuts rows into chunks; between any two, the state is saved and loaded.
fn in_chunks(options: &SegmentOptions, rows: &RecordBatch, cuts: &[usize]) -> (RecordBatch, Option<RecordBatch>) {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (rows.num_rows() + 1)).collect();
    cuts.extend([0, rows.num_rows()]);
    cuts.sort_unstable();
    let (mut bins, mut snapshots) = (Kept::default(), Kept::default());
    let mut operator = SegmentedAggregation::try_new(options.clone()).unwrap();
    let mut like = None;
    let mut take = |segments: varvite_ops::Segments| {
        bins.add(&segments.bins);
        if let Some(rows) = &segments.snapshots {
            snapshots.add(rows);
        }
        like = Some(segments);
    };
    for pair in cuts.windows(2) {
        take(operator.push(&rows.slice(pair[0], pair[1] - pair[0])).unwrap());
        let saved = serde_json::to_string(&operator.state().unwrap()).unwrap();
        let state: SegmentState = serde_json::from_str(&saved).unwrap();
        operator = SegmentedAggregation::restore(options.clone(), state).unwrap();
    }
    take(operator.finish().unwrap().unwrap());
    let like = like.unwrap();
    (bins.together(&like.bins), like.snapshots.as_ref().map(|like| snapshots.together(like)))
}

fn in_one(options: &SegmentOptions, rows: &RecordBatch) -> (RecordBatch, Option<RecordBatch>) {
    in_chunks(options, rows, &[])
}

/// Bits, so that NaN equals itself and `-0.0` differs from `0.0`.
fn bits(batch: &RecordBatch) -> Vec<ArrayRef> {
    let of_column = |column: &ArrayRef| match column.as_primitive_opt::<Float64Type>() {
        Some(floats) => Arc::new(floats.unary::<_, Int64Type>(|value| value.to_bits().cast_signed())) as ArrayRef,
        None => Arc::clone(column),
    };
    batch.columns().iter().map(of_column).collect()
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let value = prop_oneof![
        3 => (-5_i32..5).prop_map(|v| Some(f64::from(v) / 2.0)),
        1 => Just(None),
        1 => prop_oneof![Just(f64::NAN), Just(-0.0), Just(f64::INFINITY), Just(0.1)].prop_map(Some),
    ];
    let steps =
        prop::collection::vec((prop_oneof![2 => Just(0), 4 => 1_i64..30, 1 => 100_i64..400], value, 0_u8..2), 0..40);
    (-500_i64..500, steps).prop_map(|(start, steps)| {
        let mut time = start;
        let row = |(step, value, label): (i64, Option<f64>, u8)| {
            time += step;
            (time, value, label)
        };
        steps.into_iter().map(row).collect()
    })
}

fn bins() -> impl Strategy<Value = Bins> {
    let side = || prop_oneof![Just(Side::Left), Just(Side::Right)];
    let count = (1_u64..5).prop_map(|count| NonZeroU64::new(count).unwrap());
    prop_oneof![
        3 => (prop_oneof![Just("1min"), Just("7s"), Just("1h"), Just("90s"), Just("1d")], side(), side()).prop_map(
            |(period, closed, label)| PeriodBins::new(period.parse::<Period>().unwrap()).closed(closed).label(label).into()
        ),
        1 => count.prop_map(|count| Bins::Rows { count, label: RowLabel::Ordinal }),
    ]
}

fn snapshots() -> impl Strategy<Value = Option<Snapshots>> {
    prop_oneof![
        Just(None),
        bins().prop_map(|bins| Some(Snapshots::Every(bins))),
        (prop::collection::btree_set(-600_i64..900, 0..8), any::<bool>()).prop_map(|(times, right)| {
            let closed = if right { Side::Right } else { Side::Left };
            Some(Snapshots::At { times: times.into_iter().collect(), closed })
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn chunks_give_what_one_call_gives(
        rows in rows(),
        bins in bins(),
        snapshots in snapshots(),
        leave_out in any::<bool>(),
        cuts in prop::collection::vec(0_usize..100, 0..6),
    ) {
        let mut options = SegmentOptions::new("t", bins, aggregates());
        if let Some(snapshots) = snapshots {
            options = options.with_snapshots(snapshots);
        }
        if leave_out {
            options = options.with_empty(EmptyBins::LeftOut);
        }
        let rows = batch(&rows);
        let (one, one_snapshots) = in_one(&options, &rows);
        let (many, many_snapshots) = in_chunks(&options, &rows, &cuts);
        prop_assert_eq!(bits(&one), bits(&many));
        prop_assert_eq!(one_snapshots.as_ref().map(bits), many_snapshots.as_ref().map(bits));
    }

    #[test]
    fn bins_of_a_period_are_those_of_a_group_by(rows in rows(), right in any::<bool>(), leave_out in any::<bool>()) {
        let closed = if right { Side::Right } else { Side::Left };
        let empty = if leave_out { EmptyBins::LeftOut } else { EmptyBins::Null };
        let bins = PeriodBins::new(Period::MINUTE).closed(closed);
        let options = SegmentOptions::new("t", bins, aggregates()).with_empty(empty);
        let (found, _) = in_one(&options, &batch(&rows));
        let mut groups: BTreeMap<i64, Vec<Option<f64>>> = BTreeMap::new();
        for (time, value, _) in &rows {
            let within = if right { time - 1 } else { *time };
            groups.entry(within.div_euclid(60) * 60).or_default().push(*value);
        }
        if let (Some(first), Some(last), false) = (groups.keys().next().copied(), groups.keys().last().copied(), leave_out) {
            (first..last).step_by(60).for_each(|label| {
                groups.entry(label).or_default();
            });
        }
        let labels = cast(found.column(0), &DataType::Int64).unwrap();
        prop_assert_eq!(labels.as_primitive::<Int64Type>().values().to_vec(), groups.keys().copied().collect::<Vec<_>>());
        for (row, values) in groups.values().enumerate() {
            check_group(&found, row, values);
        }
    }

    #[test]
    fn snapshots_are_running_values_of_the_open_bin(
        rows in rows(),
        times in prop::collection::btree_set(-600_i64..900, 0..8),
        right in any::<bool>(),
        cuts in prop::collection::vec(0_usize..100, 0..6),
    ) {
        let closed = if right { Side::Right } else { Side::Left };
        let times: Vec<i64> = times.into_iter().collect();
        let options = SegmentOptions::new("t", Bins::every(Period::MINUTE), [Function::Rows.of("f").named("n")])
            .with_snapshots(Snapshots::At { times: times.clone(), closed });
        let (_, found) = in_chunks(&options, &batch(&rows), &cuts);
        // What was seen until then, of the bin that the last tick looked at is in.
        let wanted: Vec<i64> = times.iter().map(|time| {
            let last = if right { *time } else { time - 1 };
            let of_bin = |row: &&Row| row.0 <= last && row.0.div_euclid(60) == last.div_euclid(60);
            i64::try_from(rows.iter().filter(of_bin).count()).unwrap()
        }).collect();
        let found = found.unwrap();
        prop_assert_eq!(found["n"].as_primitive::<Int64Type>().values().to_vec(), wanted);
        let labels = cast(found.column(0), &DataType::Int64).unwrap();
        prop_assert_eq!(labels.as_primitive::<Int64Type>().values().to_vec(), times);
    }

    #[test]
    fn labels_cut_where_they_change(rows in rows(), cuts in prop::collection::vec(0_usize..100, 0..6)) {
        let options = SegmentOptions::new("t", Bins::column("label"), [Function::Rows.of("f").named("n")]);
        let mut runs: Vec<(u8, i64)> = Vec::new();
        for row in &rows {
            match runs.last_mut() {
                Some(run) if run.0 == row.2 => run.1 += 1,
                _ => runs.push((row.2, 1)),
            }
        }
        let (found, _) = in_chunks(&options, &batch(&rows), &cuts);
        let labels: Vec<&str> = found.column(0).as_string::<i32>().iter().flatten().collect();
        let counts = found["n"].as_primitive::<Int64Type>().values().to_vec();
        prop_assert_eq!(labels, runs.iter().map(|run| if run.0 == 0 { "l0" } else { "l1" }).collect::<Vec<_>>());
        prop_assert_eq!(counts, runs.iter().map(|run| run.1).collect::<Vec<_>>());
    }
}

/// Compares one bin with values computed plainly.
fn check_group(found: &RecordBatch, row: usize, values: &[Option<f64>]) {
    let float = |name: &str| {
        let column = found[name].as_primitive::<Float64Type>();
        column.is_valid(row).then(|| column.value(row))
    };
    let int = |name: &str| found[name].as_primitive::<Int64Type>().value(row);
    let same = |found: Option<f64>, wanted: Option<f64>| match (found, wanted) {
        (Some(a), Some(b)) => a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()),
        (None, None) => true,
        _ => false,
    };
    let there: Vec<f64> = values.iter().flatten().copied().collect();
    let numbers: Vec<f64> = there.iter().copied().filter(|value| !value.is_nan()).collect();
    let or_nan = |best: Option<f64>| best.or_else(|| there.first().map(|_| f64::NAN));
    let total: f64 = there.iter().fold(0.0, |sum, value| sum + value);
    assert!(same(float("f_first"), there.first().copied()));
    assert!(same(float("f_last"), there.last().copied()));
    assert!(same(float("f_min"), or_nan(numbers.iter().copied().min_by(f64::total_cmp))));
    assert!(same(float("f_max"), or_nan(numbers.iter().copied().max_by(f64::total_cmp))));
    assert!(same(float("f_sum"), (!there.is_empty()).then_some(total)));
    #[allow(clippy::cast_precision_loss, reason = "small")]
    let count = there.len() as f64;
    assert!(same(float("f_mean"), (!there.is_empty()).then_some(total / count)));
    assert_eq!(int("f_count"), i64::try_from(there.len()).unwrap());
    assert_eq!(int("f_rows"), i64::try_from(values.len()).unwrap());
    if there.len() > 1 && there.iter().all(|value| value.is_finite()) {
        let mean = total / count;
        let variance = there.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
        assert!((float("f_var").unwrap() - variance).abs() < 1e-9);
        assert!((float("f_std").unwrap() - variance.sqrt()).abs() < 1e-9);
    }
    #[allow(clippy::cast_possible_truncation, reason = "small")]
    let whole: i64 = there.iter().map(|value| i64::from(*value as i32)).sum();
    let sum = found["i_sum"].as_primitive::<Int64Type>();
    assert_eq!(sum.is_valid(row).then(|| sum.value(row)), (!there.is_empty()).then_some(whole));
    let texts: Vec<String> = there.iter().map(|value| format!("v{value}")).collect();
    let text = |name: &str| {
        let column = found[name].as_string::<i32>();
        column.is_valid(row).then(|| column.value(row).to_owned())
    };
    assert_eq!(text("s_min"), texts.iter().min().cloned());
    assert_eq!(text("s_max"), texts.iter().max().cloned());
    assert_eq!(text("s_last"), texts.last().cloned());
}

#[test]
fn a_state_of_other_options_is_refused() {
    let options = |period| SegmentOptions::new("t", Bins::every(period), [Function::Sum.of("f")]);
    let mut operator = SegmentedAggregation::try_new(options(Period::HOUR)).unwrap();
    let _ = operator.push(&batch(&[(0, Some(1.0), 0)])).unwrap();
    let state = operator.state().unwrap();
    let error = SegmentedAggregation::restore(options(Period::DAY), state.clone()).unwrap_err();
    assert_eq!(error.code(), "VV0830");
    let newer = serde_json::to_string(&state).unwrap().replace("\"version\":1", "\"version\":2");
    let newer: SegmentState = serde_json::from_str(&newer).unwrap();
    let error = SegmentedAggregation::restore(options(Period::HOUR), newer).unwrap_err();
    assert_eq!(error.to_string(), "the saved state does not fit: it has version 2, and we know 1");
}

#[test]
fn a_call_that_fails_changes_nothing() {
    let options = SegmentOptions::new("t", Bins::every(Period::HOUR), [Function::Sum.of("i")]);
    let mut operator = SegmentedAggregation::try_new(options).unwrap();
    let _ = operator.push(&batch(&[(0, Some(1.0), 0), (10, Some(1.0), 0)])).unwrap();
    let before = operator.state().unwrap();
    let late = operator.push(&batch(&[(20, Some(1.0), 0), (9, None, 0)])).unwrap_err();
    assert_eq!(
        late.to_string(),
        "column `t` of rows descends at row 1: 1970-01-01T00:00:09Z after 1970-01-01T00:00:20Z"
    );
    let late = operator.push(&batch(&[(9, None, 0)])).unwrap_err();
    assert_eq!(late.code(), "VV0810");
    let other = RecordBatch::try_from_iter([
        ("t", Arc::new(TimestampSecondArray::from(vec![30]).with_timezone("UTC")) as ArrayRef),
        ("i", Arc::new(Int64Array::from(vec![1]))),
    ])
    .unwrap();
    let changed = operator.push(&other).unwrap_err();
    assert_eq!(changed.to_string(), "the columns of rows do not fit: column `i` was Int32 and is Int64");
    assert_eq!(operator.state().unwrap(), before);
}

#[test]
fn a_sum_that_does_not_fit_names_its_bin() {
    let rows = |values: Vec<i64>| {
        let times = TimestampSecondArray::from_iter_values((0..).step_by(60).take(values.len()));
        RecordBatch::try_from_iter([("t", Arc::new(times) as ArrayRef), ("v", Arc::new(Int64Array::from(values)))])
            .unwrap()
    };
    let sums = |period| SegmentOptions::new("t", Bins::every(period), [Function::Sum.of("v")]);
    let mut hours = SegmentedAggregation::try_new(sums(Period::HOUR)).unwrap();
    let error = hours.push(&rows(vec![i64::MAX, 1])).unwrap_err();
    assert_eq!(error.to_string(), "`v_sum` overflows in bin 0 of this call");
    // Only the sum of a bin has to fit, not those on the way.
    let found = hours.push(&rows(vec![i64::MAX, 1, -1])).unwrap();
    assert_eq!(found.bins["v_sum"].as_primitive::<Int64Type>().value(0), i64::MAX);
}

#[test]
fn bins_that_would_be_too_many_are_refused() {
    let options = SegmentOptions::new("t", Bins::every(Period::SECOND), [Function::Sum.of("f")]);
    let mut operator = SegmentedAggregation::try_new(options.clone()).unwrap();
    let far = batch(&[(0, None, 0), (20_000_000, None, 0)]);
    assert_eq!(operator.push(&far).unwrap_err().code(), "VV0820");
    let mut operator = SegmentedAggregation::try_new(options.with_empty(EmptyBins::LeftOut)).unwrap();
    assert_eq!(operator.push(&far).unwrap().bins.num_rows(), 2);
}

#[test]
fn options_that_do_not_fit_are_refused() {
    let same = [Function::Sum.of("f").named("x"), Function::Min.of("f").named("x")];
    let error = SegmentedAggregation::try_new(SegmentOptions::new("t", Bins::every(Period::DAY), same)).unwrap_err();
    assert_eq!(error.to_string(), "two columns of the result are named `x`: Sum of `f` and Min of `f`");
    let push = |bins: Bins, aggregate: Aggregate| {
        let mut operator = SegmentedAggregation::try_new(SegmentOptions::new("t", bins, [aggregate])).unwrap();
        operator.push(&batch(&[(0, None, 0)])).unwrap_err().to_string()
    };
    let day = || Bins::every(Period::DAY);
    assert_eq!(push(day(), Function::Sum.of("s")), "column `s` of rows is Utf8: Sum does not take it");
    assert_eq!(push(day(), Function::Sum.of("z")), "rows have no column `z`: `t`, `f`, `i`, `s`, `b`, `label`");
    let short = Period::try_new(1, varvite_time::PeriodUnit::Millisecond).unwrap();
    assert_eq!(
        push(Bins::every(short), Function::Sum.of("f")),
        "option `bins` cannot be used: 1ms is shorter than 1s, in which the ordered column counts"
    );
}
