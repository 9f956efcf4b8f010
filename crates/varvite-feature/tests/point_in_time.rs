//! The join as of a point in time, compared with a nested loop over random histories (S01 to S08).
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, TimestampMicrosecondArray};
use arrow::datatypes::Int64Type;
use proptest::prelude::*;
use varvite_dataset::Dataset;
use varvite_feature::{EntityRows, GroupHistory, HistoricalOptions, NullPolicy, WriteMode};
use varvite_schema::{DataType, FeatureGroupSchema, FeatureSchema};
use varvite_storage::{MemoryStorage, StoragePath};
use varvite_time::Instant;

#[derive(Debug, Clone)]
struct Row {
    key: i64,
    event: i64,
    created: Option<i64>,
    v: Option<i64>,
    w: Option<i64>,
}

#[derive(Debug, Clone)]
struct Entity {
    key: Option<i64>,
    time: Option<i64>,
}

#[derive(Debug, Clone)]
struct Asked {
    ttl: Option<i64>,
    tolerance: Option<i64>,
    known_as_of: bool,
    last_known: bool,
    exact: bool,
}

/// What the definition of the join says, word by word.
fn nested_loop(history: &[Row], entity: &Entity, asked: &Asked, value: impl Fn(&Row) -> Option<i64>) -> Option<i64> {
    let (key, time) = (entity.key?, entity.time?);
    let limit = [asked.ttl, asked.tolerance].into_iter().flatten().min();
    history
        .iter()
        .enumerate()
        .filter(|(_, row)| row.key == key)
        .filter(|(_, row)| if asked.exact { row.event <= time } else { row.event < time })
        .filter(|(_, row)| limit.is_none_or(|limit| time - row.event <= limit))
        .filter(|(_, row)| !asked.known_as_of || row.created.is_some_and(|created| created <= time))
        .filter(|(_, row)| !asked.last_known || value(row).is_some())
        .max_by_key(|(at, row)| (row.event, row.created, *at))
        .and_then(|(_, row)| value(row))
}

fn times(values: impl IntoIterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
}

fn ints(values: impl IntoIterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<Int64Array>())
}

fn table(rows: &[Row]) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable([
        ("k", ints(rows.iter().map(|row| Some(row.key))), true),
        ("at", times(rows.iter().map(|row| Some(row.event))), true),
        ("made", times(rows.iter().map(|row| row.created)), true),
        ("v", ints(rows.iter().map(|row| row.v)), true),
        ("w", ints(rows.iter().map(|row| row.w)), true),
    ])
    .unwrap()
}

fn history(commits: &[Vec<Row>], ttl: Option<i64>) -> GroupHistory {
    let group = FeatureGroupSchema::builder("g")
        .entity_key("k", DataType::BigInt)
        .event_time("at")
        .created_time("made")
        .feature(FeatureSchema::builder("v", DataType::BigInt))
        .feature(FeatureSchema::builder("w", DataType::BigInt));
    let group = match ttl {
        Some(ttl) => group.ttl(ttl * 1000),
        None => group,
    };
    let path = StoragePath::try_new("g").unwrap();
    let dataset = Dataset::at(Arc::new(MemoryStorage::new()), path, None).unwrap();
    // Small row groups and nothing kept, so that rows are sorted out all the time.
    let history = GroupHistory::new(group.build().unwrap(), dataset).with_row_group_target_size(3);
    for rows in commits {
        let _ = history.write(&[table(rows)], WriteMode::Append, Instant::from_ns(0)).unwrap();
    }
    history
}

fn any_row() -> impl Strategy<Value = Row> {
    let value = || prop::option::weighted(0.8, 0_i64..100);
    (0_i64..4, 0_i64..30, prop::option::weighted(0.9, 0_i64..40), value(), value())
        .prop_map(|(key, event, created, v, w)| Row { key, event, created, v, w })
}

fn any_entity() -> impl Strategy<Value = Entity> {
    (prop::option::weighted(0.95, 0_i64..5), prop::option::weighted(0.95, -2_i64..45))
        .prop_map(|(key, time)| Entity { key, time })
}

fn any_asked() -> impl Strategy<Value = Asked> {
    let limit = |from: i64| prop::option::of(from..20);
    (limit(1), limit(0), any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(ttl, tolerance, known_as_of, last_known, exact)| Asked { ttl, tolerance, known_as_of, last_known, exact },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_join_is_a_nested_loop(
        commits in prop::collection::vec(prop::collection::vec(any_row(), 1..25), 0..4),
        entities in prop::collection::vec(any_entity(), 0..25),
        asked in any_asked(),
    ) {
        let history = history(&commits, asked.ttl);
        let rows: Vec<Row> = commits.into_iter().flatten().collect();
        let spine = RecordBatch::try_from_iter_with_nullable([
            ("k", ints(entities.iter().map(|entity| entity.key)), true),
            ("t", times(entities.iter().map(|entity| entity.time)), true),
        ]).unwrap();
        let options = HistoricalOptions::default()
            .with_tolerance_ns(asked.tolerance.map(|us| us * 1000))
            .with_known_as_of(asked.known_as_of)
            .with_null_policy(if asked.last_known { NullPolicy::LastKnown } else { NullPolicy::Row })
            .with_allow_exact_match(asked.exact)
            .with_kept_bytes(0);
        let spine = EntityRows::at_times(spine, "t").unwrap();
        let found = history.get_historical_features(&spine, &["w", "v"], &options).unwrap().to_batch().unwrap();
        let column = |name: &str| found.column_by_name(name).unwrap().as_primitive::<Int64Type>().clone();
        let (v, w) = (column("v"), column("w"));
        prop_assert_eq!(v.len(), entities.len());
        for (at, entity) in entities.iter().enumerate() {
            let got = |array: &Int64Array| array.is_valid(at).then(|| array.value(at));
            prop_assert_eq!(got(&v), nested_loop(&rows, entity, &asked, |row| row.v), "v of {:?} under {:?}", entity, asked);
            prop_assert_eq!(got(&w), nested_loop(&rows, entity, &asked, |row| row.w), "w of {:?} under {:?}", entity, asked);
        }
    }
}
