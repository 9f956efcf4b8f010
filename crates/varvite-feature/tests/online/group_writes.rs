//! Whatever is written by way of the group, what is served is what a historical read finds (S13, S15).

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch};
use arrow::datatypes::Int64Type;
use proptest::prelude::*;
use varvite_feature::{EntityRows, GroupHistory, HistoricalOptions, WriteMode};

use crate::world::{Row, World, at, batch};

#[derive(Debug, Clone)]
enum Step {
    /// Rows, whether they bring no created time, and the clock, which may go back.
    Write(Vec<Row>, bool, i64, WriteMode),
    Delete(i64),
    Serve,
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (0..4_i64, 0..6_i64, prop::option::of(0..20_i64), prop::option::of(0..100_i64));
    prop::collection::vec(row, 1..6)
}

fn step() -> impl Strategy<Value = Step> {
    let mode = prop_oneof![
        2 => Just(WriteMode::Append),
        5 => Just(WriteMode::Upsert),
        1 => Just(WriteMode::Overwrite),
        1 => Just(WriteMode::OverwriteRange { start: at(0), end: at(6) }),
    ];
    prop_oneof![
        6 => (rows(), any::<bool>(), 0..20_i64, mode).prop_map(|(rows, bare, clock, mode)| Step::Write(rows, bare, clock, mode)),
        1 => (0..4_i64).prop_map(Step::Delete),
        4 => Just(Step::Serve),
    ]
}

fn keys() -> RecordBatch {
    RecordBatch::try_from_iter([("k", Arc::new(Int64Array::from_iter_values(0..5)) as ArrayRef)]).unwrap()
}

fn check(world: &World, history: &GroupHistory) {
    world.up_to(1000);
    let _ = history.dataset().refresh().unwrap();
    let entities = EntityRows::at(keys(), at(1000)).unwrap();
    let read = history.get_historical_features(&entities, &["v"], &HistoricalOptions::default()).unwrap();
    let read = read.to_batch().unwrap();
    let read = read.column_by_name("v").unwrap().as_primitive::<Int64Type>();
    let expected: Vec<String> =
        (0..5).map(|row| if read.is_valid(row) { read.value(row).to_string() } else { "-".to_owned() }).collect();
    let served = world.values(&[0, 1, 2, 3, 4], 1000);
    let served: Vec<&str> = served.split(", ").map(|text| text.split(' ').next().unwrap()).collect();
    assert_eq!(served, expected);
}

fn write(history: &GroupHistory, rows: &[Row], bare: bool, clock: i64, mode: WriteMode) {
    let wanted: &[usize] = if bare { &[0, 1, 3] } else { &[0, 1, 2, 3] };
    let _ = history.write(&[batch(rows, 0).project(wanted).unwrap()], mode, at(clock)).unwrap();
}

fn history(world: &World) -> GroupHistory {
    GroupHistory::new(world.group.as_ref().clone(), world.dataset.clone()).with_row_group_target_size(3)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20) })]

    #[test]
    fn s15_what_is_served_is_what_is_read(steps in prop::collection::vec(step(), 1..10)) {
        let world = World::new(None);
        let history = history(&world);
        write(&history, &[(0, 0, None, None)], false, 0, WriteMode::Append);
        for step in &steps {
            match step {
                Step::Write(rows, bare, clock, mode) => write(&history, rows, *bare, *clock, *mode),
                Step::Delete(key) => {
                    let _ = history.delete(&[keys().slice(usize::try_from(*key).unwrap(), 1)]).unwrap();
                }
                Step::Serve => check(&world, &history),
            }
        }
        check(&world, &history);
    }
}

#[test]
fn s15_an_upsert_by_a_clock_that_is_behind_is_served() {
    let world = World::new(None);
    let history = history(&world);
    write(&history, &[(1, 5, Some(100), Some(1))], false, 0, WriteMode::Append);
    check(&world, &history);
    write(&history, &[(1, 5, None, Some(2))], true, 50, WriteMode::Upsert);
    check(&world, &history);
    assert_eq!(world.values(&[1], 1000), "2 PRESENT @5");
}
