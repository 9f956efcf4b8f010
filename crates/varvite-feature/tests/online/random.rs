//! Random histories: what is served is the newest row of each key at the bound, however it came to be (S15, S16).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use proptest::prelude::*;
use varvite_dataset::{Change, Compact};
use varvite_feature::online::{MaterializeOptions, OnlineStore};
use varvite_feature::{EntityRows, GroupHistory, HistoricalOptions};
use varvite_schema::FeatureGroupSchema;

use crate::world::{Row, World, at, batch, next_commit, options};

const KEYS: i64 = 5;

#[derive(Debug, Clone)]
enum Step {
    Append(Vec<Row>),
    Overwrite(Vec<Row>),
    Replace(i64, i64, Vec<Row>),
    Delete(i64, i64),
    /// Rows take the place of those of their keys and times.
    Upsert(Vec<Row>),
    Compact,
    /// Materialize up to this time, in chunks of so many rows, stopped after so many chunks if at all.
    Serve(i64, usize, Option<u64>),
    Restart,
}

fn row() -> impl Strategy<Value = Row> {
    (0..KEYS, 0..20_i64, prop::option::of(0..3_i64), prop::option::of(0..100_i64))
}

fn step() -> impl Strategy<Value = Step> {
    let rows = || prop::collection::vec(row(), 1..8);
    prop_oneof![
        6 => rows().prop_map(Step::Append),
        1 => rows().prop_map(Step::Overwrite),
        1 => (0..20_i64, 1..6_i64, rows()).prop_map(|(from, len, rows)| Step::Replace(from, from + len, rows)),
        1 => (0..20_i64, 1..6_i64).prop_map(|(from, len)| Step::Delete(from, from + len)),
        2 => rows().prop_map(Step::Upsert),
        1 => Just(Step::Compact),
        6 => (0..22_i64, 1..9_usize, prop::option::of(1..4_u64)).prop_map(|(at, rows, stop)| Step::Serve(at, rows, stop)),
        1 => Just(Step::Restart),
    ]
}

/// A row with its commit and its place in it.
type Kept = (Row, i64, usize);

/// What the steps should make of the history.
#[derive(Default)]
struct Model(Vec<Kept>);

impl Model {
    fn add(&mut self, rows: &[Row], commit: i64) {
        self.0.extend(rows.iter().enumerate().map(|(place, row)| (*row, commit, place)));
    }

    /// The newest row of a key at a time.
    fn newest(&self, key: i64, bound: i64) -> String {
        let rows = self.0.iter().filter(|((k, event, ..), ..)| *k == key && *event <= bound);
        match rows.max_by_key(|((_, event, created, _), commit, place)| (*event, *created, *commit, *place)) {
            None => "- NOT_FOUND @-".to_owned(),
            Some(((_, event, _, None), ..)) => format!("- NULL_VALUE @{event}"),
            Some(((_, event, _, Some(value)), ..)) => format!("{value} PRESENT @{event}"),
        }
    }

    fn all(&self, bound: i64) -> String {
        (0..KEYS).map(|key| self.newest(key, bound)).collect::<Vec<_>>().join(", ")
    }
}

fn run(steps: Vec<Step>, ttl: Option<&str>) {
    let (mut world, mut model) = (World::new(ttl), Model::default());
    for step in steps {
        let commit = next_commit(&world.dataset);
        let options = options();
        let is_there = world.dataset.schema().is_some();
        match step {
            Step::Append(rows) => {
                world.append(&rows);
                model.add(&rows, commit);
            }
            Step::Overwrite(rows) => {
                world.overwrite(&rows);
                model.0.clear();
                model.add(&rows, commit);
            }
            Step::Replace(from, to, mut rows) if is_there => {
                rows.retain(|row| (from..to).contains(&row.1));
                let _ = world.dataset.replace_range(from..to, batch(&rows, commit), &options).unwrap();
                model.0.retain(|((_, event, ..), ..)| !(from..to).contains(event));
                model.add(&rows, commit);
            }
            Step::Delete(from, to) if is_there => {
                let _ = world.dataset.delete_range(from..to, &options).unwrap();
                model.0.retain(|((_, event, ..), ..)| !(from..to).contains(event));
            }
            Step::Upsert(mut rows) if is_there => {
                // Greater than all rows that they replace, which is what the writer of a group sees to (S13).
                for row in &mut rows {
                    row.2 = Some(100 + commit);
                }
                let keys = batch(&rows, commit).project(&[0, 1]).unwrap();
                let _ = world
                    .dataset
                    .apply(Change::ReplaceKeys(keys.into(), batch(&rows, commit).into()), &options)
                    .unwrap();
                model.0.retain(|((key, event, ..), ..)| !rows.iter().any(|row| (row.0, row.1) == (*key, *event)));
                model.add(&rows, commit);
            }
            Step::Compact if is_there => {
                let _ = world.dataset.compact(Compact::Everything, &options).unwrap();
            }
            Step::Serve(bound, chunk_rows, stop) => serve(&world, &model, bound, chunk_rows, stop),
            Step::Restart => world = world.reopened(),
            _ => {}
        }
    }
    serve(&world, &model, 25, 3, None);
}

/// Online at a time equals the join at that time (S15).
fn check_join(world: &World, bound: i64) {
    let keys = Arc::new(Int64Array::from_iter_values(0..=KEYS)) as ArrayRef;
    let entities = RecordBatch::try_from_iter([("k", keys)]).unwrap();
    let online = world.lookup().get(&entities, at(bound)).unwrap();
    let history = GroupHistory::new(FeatureGroupSchema::clone(&world.group), world.dataset.clone());
    let entities = EntityRows::at(entities, at(bound)).unwrap();
    let joined = history.get_historical_features(&entities, &["v"], &HistoricalOptions::default()).unwrap();
    let joined = joined.to_batch().unwrap();
    assert_eq!(online.column_by_name("v"), joined.column_by_name("v"), "online and joined at {bound}");
}

fn serve(world: &World, model: &Model, bound: i64, chunk_rows: usize, stop: Option<u64>) {
    let options = MaterializeOptions::up_to(at(bound)).with_chunk_rows(chunk_rows);
    let stopped = catch_unwind(AssertUnwindSafe(|| {
        let mut progress = |progress: &varvite_feature::online::MaterializeProgress| {
            if stop.is_some_and(|stop| progress.chunks >= stop) {
                std::panic::resume_unwind(Box::new("stopped"));
            }
        };
        world.store.materialize_with(&world.group, &world.dataset, &options, &mut progress).unwrap();
    }));
    if stopped.is_err() {
        assert!(stop.is_some(), "only what is stopped stops");
        return;
    }
    let keys: Vec<i64> = (0..KEYS).collect();
    if world.group.ttl().is_none() {
        assert_eq!(world.values(&keys, 100), model.all(bound), "up to {bound}");
        assert_eq!(world.values(&keys, bound), model.all(bound), "at {bound} it is the history at {bound}");
    }
    check_join(world, bound);
    let folder = tempfile::tempdir().unwrap();
    let full = OnlineStore::open(folder.path().join("full.redb")).unwrap();
    let report = full.materialize(&world.group, &world.dataset, &MaterializeOptions::up_to(at(bound))).unwrap();
    let status = world.store.status(&world.group, Some(&world.dataset)).unwrap();
    assert_eq!(status.keys, report.keys, "the same as all at once");
    assert!(!world.dataset.exists() || status.is_current(), "{status}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_too_old_is_withheld_as_in_the_join(steps in prop::collection::vec(step(), 1..10)) {
        run(steps, Some("5us"));
    }

    #[test]
    fn the_newest_row_at_the_bound_is_served(steps in prop::collection::vec(step(), 1..16)) {
        run(steps, None);
    }
}
