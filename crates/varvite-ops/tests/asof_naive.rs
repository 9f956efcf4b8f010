//! An as-of merge in chunks, with its state saved between any two, is that of a loop over all pairs.
#![allow(clippy::unwrap_used, clippy::from_iter_instead_of_collect, reason = "tests")]

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, TimestampSecondArray};
use arrow::compute::concat_batches;
use arrow::datatypes::Int64Type;
use proptest::prelude::*;
use varvite_ops::{AsofFrame, AsofMerge, AsofOptions, AsofState, EarlierRows, Matching, Tolerance};

/// A row: time, value.
type Row = (i64, Option<i64>);

fn times(times: &[i64]) -> RecordBatch {
    RecordBatch::try_from_iter([("t", Arc::new(TimestampSecondArray::from(times.to_vec())) as ArrayRef)]).unwrap()
}

fn rows(rows: &[Row]) -> RecordBatch {
    let times: ArrayRef = Arc::new(TimestampSecondArray::from_iter_values(rows.iter().map(|row| row.0)));
    let values: ArrayRef = Arc::new(Int64Array::from_iter(rows.iter().map(|row| row.1)));
    let texts: ArrayRef =
        Arc::new(StringArray::from_iter(rows.iter().map(|row| row.1.map(|value| format!("v{value}")))));
    let columns = [("t", times), ("v", values), ("s", texts)];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
}

#[derive(Debug, Clone)]
struct Case {
    targets: Vec<i64>,
    chosen: Vec<u32>,
    groups: Vec<Vec<Row>>,
    matching: Matching,
    n_prev: usize,
    tolerance: Option<u64>,
    fill: Option<Vec<i64>>,
    /// Where the line of time is cut.
    cuts: Vec<i64>,
}

impl Case {
    fn options(&self) -> AsofOptions {
        let mut frame = AsofFrame::new(self.matching).with_n_prev(self.n_prev);
        if let Some(tolerance) = self.tolerance {
            frame = frame.with_tolerance(Tolerance::Units(tolerance));
        }
        if let Some(fill) = &self.fill {
            let values: Vec<Row> = fill.iter().map(|value| (0, Some(*value))).collect();
            frame = frame.with_fill(rows(&values).project(&[1, 2]).unwrap());
        }
        AsofOptions::new("t", [frame]).with_prefixes([["p_"]])
    }

    /// The values of a target's window, found among all rows.
    fn naive(&self, target: usize) -> Vec<Option<i64>> {
        let (time, group) = (self.targets[target], &self.groups[self.chosen[target] as usize]);
        let before = |row: &&Row| match self.matching {
            Matching::Before => row.0 < time,
            Matching::AtOrBefore => row.0 <= time,
        };
        let matched: Vec<&Row> = group.iter().filter(before).collect();
        let filled = |back: usize| {
            let fill = self.fill.as_ref()?;
            Some(fill[fill.len().saturating_sub(back)])
        };
        let of_window = |back: usize| match matched.len().checked_sub(back + 1) {
            None => filled(back + 1 - matched.len()),
            Some(row) => match self.tolerance {
                Some(tolerance) if matched[row].0.abs_diff(time) > tolerance => filled(usize::MAX),
                _ => matched[row].1,
            },
        };
        (0..=self.n_prev).rev().map(of_window).collect()
    }
}

fn merge(case: &Case, cuts: &[i64]) -> RecordBatch {
    let mut edges: Vec<i64> = cuts.to_vec();
    edges.extend([i64::MIN, i64::MAX]);
    edges.sort_unstable();
    let mut merge = AsofMerge::try_new(case.options()).unwrap();
    let mut found = Vec::new();
    for edge in edges.windows(2) {
        let within = |time: i64| edge[0] <= time && time < edge[1];
        let chosen: Vec<usize> = (0..case.targets.len()).filter(|at| within(case.targets[*at])).collect();
        let targets: Vec<i64> = chosen.iter().map(|at| case.targets[*at]).collect();
        let of_group =
            |group: &Vec<Row>| vec![rows(&group.iter().copied().filter(|row| within(row.0)).collect::<Vec<_>>())];
        let groups: Vec<Vec<RecordBatch>> = case.groups.iter().map(of_group).collect();
        let result = if groups.len() == 1 {
            merge.push(&times(&targets), &groups[0])
        } else {
            let chosen = chosen.iter().map(|at| case.chosen[*at]).collect();
            merge.push_groups(&times(&targets), &groups, &[chosen])
        };
        found.push(result.unwrap());
        let saved = serde_json::to_string(&merge.state()).unwrap();
        let state: AsofState = serde_json::from_str(&saved).unwrap();
        assert_eq!(state, merge.state());
        merge = AsofMerge::restore(case.options(), state).unwrap();
    }
    concat_batches(&found[0].schema(), &found).unwrap()
}

fn ascending(len: std::ops::Range<usize>) -> impl Strategy<Value = Vec<i64>> {
    prop::collection::vec(-20_i64..20, len).prop_map(|mut times| {
        times.sort_unstable();
        times
    })
}

fn group() -> impl Strategy<Value = Vec<Row>> {
    (ascending(0..25), prop::collection::vec(prop::option::weighted(0.8, 0_i64..100), 25))
        .prop_map(|(times, values)| times.into_iter().zip(values).collect())
}

fn case() -> impl Strategy<Value = Case> {
    let matching = prop_oneof![Just(Matching::Before), Just(Matching::AtOrBefore)];
    let fill = prop::option::of(prop::collection::vec(-9_i64..0, 1..5));
    (
        (ascending(0..25), prop::collection::vec(any::<u32>(), 25), prop::collection::vec(group(), 1..4)),
        (matching, 0_usize..4, prop::option::of(0_u64..12), fill),
        prop::collection::vec(-22_i64..22, 0..6),
    )
        .prop_map(|((targets, chosen, groups), (matching, n_prev, tolerance, fill), cuts)| {
            let count = u32::try_from(groups.len()).unwrap();
            let chosen = chosen[..targets.len()].iter().map(|chosen| chosen % count).collect();
            Case { targets, chosen, groups, matching, n_prev, tolerance, fill, cuts }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_merge_is_a_loop_over_all_pairs(case in case()) {
        let found = merge(&case, &case.cuts);
        prop_assert_eq!(found.num_rows(), case.targets.len());
        prop_assert_eq!(&found, &merge(&case, &[]));
        for target in 0..case.targets.len() {
            for (at, wanted) in case.naive(target).into_iter().enumerate() {
                let back = case.n_prev - at;
                let suffix = if case.n_prev == 0 { String::new() } else { format!("_{back}") };
                let values = found[&*format!("p_v{suffix}")].as_primitive::<Int64Type>();
                let texts = found[&*format!("p_s{suffix}")].as_string::<i32>();
                prop_assert_eq!(values.is_valid(target).then(|| values.value(target)), wanted);
                let text = texts.is_valid(target).then(|| texts.value(target).to_owned());
                prop_assert_eq!(text, wanted.map(|value| format!("v{value}")));
            }
        }
    }
}

fn plain(matching: Matching) -> AsofMerge {
    AsofMerge::try_new(AsofOptions::new("t", [AsofFrame::new(matching)])).unwrap()
}

#[test]
fn a_target_before_what_was_merged_is_refused_or_told_to_match() {
    let mut merge = plain(Matching::Before);
    let _ = merge.push(&times(&[5]), &[rows(&[(4, Some(1)), (7, Some(2))])]).unwrap();
    let before = merge.state();
    let error = merge.push(&times(&[6]), &[rows(&[])]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "target row 0 is at 1970-01-01T00:00:06Z, but group 0, frame 0 had a row at 1970-01-01T00:00:07Z in an earlier call"
    );
    assert_eq!(error.code(), "VV0812");
    // A row of an earlier call at the same time is no match either.
    assert_eq!(merge.push(&times(&[7]), &[rows(&[])]).unwrap_err().code(), "VV0812");
    assert_eq!(merge.push(&times(&[9]), &[rows(&[(6, None)])]).unwrap_err().code(), "VV0810");
    assert_eq!(merge.state(), before);

    let options = AsofOptions::new("t", [AsofFrame::new(Matching::Before)]).with_earlier_rows(EarlierRows::Precede);
    let mut merge = AsofMerge::try_new(options).unwrap();
    let _ = merge.push(&times(&[5]), &[rows(&[(4, Some(1)), (7, Some(2))])]).unwrap();
    let found = merge.push(&times(&[6]), &[rows(&[])]).unwrap();
    assert_eq!(found["v"].as_primitive::<Int64Type>().value(0), 2);
}

#[test]
fn names_that_are_equal_are_refused() {
    let options = AsofOptions::new("t", [AsofFrame::new(Matching::Before), AsofFrame::new(Matching::Before)]);
    let mut merge = AsofMerge::try_new(options).unwrap();
    let error = merge.push(&times(&[1]), &[rows(&[]), rows(&[])]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "two columns of the result are named `v`: `v` of frame 0 at join position 0 and `v` of frame 1 at join position 0"
    );
    let targets = RecordBatch::try_from_iter([
        ("t", Arc::new(TimestampSecondArray::from(vec![1])) as ArrayRef),
        ("v", Arc::new(Int64Array::from(vec![1]))),
    ])
    .unwrap();
    let error = plain(Matching::Before).push(&targets, &[rows(&[])]).unwrap_err();
    assert_eq!(error.code(), "VV0802");
}

#[test]
fn columns_that_change_are_refused() {
    let mut merge = plain(Matching::Before);
    let _ = merge.push(&times(&[5]), &[rows(&[(4, Some(1))])]).unwrap();
    let floats = RecordBatch::try_from_iter([
        ("t", Arc::new(TimestampSecondArray::from(vec![6])) as ArrayRef),
        ("v", Arc::new(arrow::array::Float64Array::from(vec![4.5]))),
        ("s", Arc::new(StringArray::from(vec!["x"]))),
    ])
    .unwrap();
    let error = merge.push(&times(&[9]), std::slice::from_ref(&floats)).unwrap_err();
    let expected = "the columns of group 0, frame 0 do not fit: column `v` was Int64 and is Float64";
    assert_eq!(error.to_string(), expected);
    let error = merge.push(&times(&[9]), &[floats.project(&[0, 2]).unwrap()]).unwrap_err();
    let expected = "the columns of group 0, frame 0 do not fit: column `v` is missing";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn groups_that_do_not_fit_are_refused() {
    let text = |groups: &[Vec<RecordBatch>], chosen: &[Vec<u32>]| {
        plain(Matching::Before).push_groups(&times(&[1, 2]), groups, chosen).unwrap_err().to_string()
    };
    let group = || vec![rows(&[])];
    assert_eq!(text(&[], &[]), "the groups do not fit: there is none");
    assert_eq!(text(&[group(), vec![]], &[]), "the groups do not fit: group 1 has 0 frames instead of 1");
    let expected = "the groups do not fit: target row 1 chooses group 2 at join position 0, of 2";
    assert_eq!(text(&[group(), group()], &[vec![0, 2]]), expected);
    let expected = "the groups do not fit: join position 0 has 1 choices for 2 targets";
    assert_eq!(text(&[group(), group()], &[vec![0]]), expected);
}

#[test]
fn an_ordered_column_that_misses_values_is_refused() {
    let mut merge = plain(Matching::Before);
    let targets = TimestampSecondArray::from(vec![Some(1), None]);
    let targets = RecordBatch::try_from_iter([("t", Arc::new(targets) as ArrayRef)]).unwrap();
    let error = merge.push(&targets, &[rows(&[])]).unwrap_err();
    assert_eq!(error.to_string(), "column `t` of targets is null at row 1, but rows are ordered on it");
}

#[test]
fn a_state_of_other_options_is_refused() {
    let state = plain(Matching::Before).state();
    let other = AsofOptions::new("t", [AsofFrame::new(Matching::AtOrBefore)]);
    assert_eq!(AsofMerge::restore(other, state).unwrap_err().code(), "VV0830");
}

#[test]
fn targets_keep_their_columns_and_strings_can_be_ordered_on() {
    let text = |values: &[&str]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    let targets = RecordBatch::try_from_iter([("id", text(&["x", "y"])), ("t", text(&["b", "d"]))]).unwrap();
    let rows = RecordBatch::try_from_iter([("t", text(&["a", "c"])), ("v", text(&["1", "2"]))]).unwrap();
    let found = plain(Matching::Before).push(&targets, &[rows]).unwrap();
    let names: Vec<String> = found.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["id", "t", "v"]);
    assert_eq!(found["v"].as_string::<i32>().iter().collect::<Vec<_>>(), [Some("1"), Some("2")]);
}
