//! Joins of several groups at once, each with its own unit, zone, TTL and key, compared with a nested loop (S01 to S10).
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType as Arrow, Int64Type, TimeUnit};
use proptest::prelude::*;
use varvite_feature::{EntityRows, FeatureStore, HistoricalOptions, WriteMode};
use varvite_schema::{DataType, FeatureGroupSchema, FeatureSchema};
use varvite_storage::{MemoryStorage, StoragePath};

/// Ten seconds before clocks go forward in Berlin.
const START: i64 = 1_711_846_790;

/// How a column counts seconds after [`START`].
#[derive(Debug, Clone)]
struct Clock {
    unit: TimeUnit,
    zone: Option<&'static str>,
}

impl Clock {
    fn column(&self, seconds: impl IntoIterator<Item = Option<i64>>) -> ArrayRef {
        let per_second = match self.unit {
            TimeUnit::Second => 1,
            TimeUnit::Millisecond => 1_000,
            TimeUnit::Microsecond => 1_000_000,
            TimeUnit::Nanosecond => 1_000_000_000,
        };
        let values = seconds.into_iter().map(|second| Some((START + second?) * per_second)).collect::<Int64Array>();
        cast(&values, &Arrow::Timestamp(self.unit, self.zone.map(Into::into))).unwrap()
    }
}

/// Key, event time, created time, value.
type Row = (i64, i64, Option<i64>, Option<i64>);

#[derive(Debug, Clone)]
struct Group {
    clock: Clock,
    ttl: Option<i64>,
    /// Commit by commit.
    commits: Vec<Vec<Row>>,
}

fn any_clock() -> impl Strategy<Value = Clock> {
    let units = [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond];
    let zones = [None, Some("UTC"), Some("Europe/Berlin"), Some("+05:30")];
    (prop::sample::select(units.to_vec()), prop::sample::select(zones.to_vec()))
        .prop_map(|(unit, zone)| Clock { unit, zone })
}

fn any_group() -> impl Strategy<Value = Group> {
    let row = (0_i64..4, 0_i64..20, prop::option::weighted(0.9, 0_i64..25), prop::option::weighted(0.8, 0_i64..100));
    let commits = prop::collection::vec(prop::collection::vec(row, 1..12), 0..3);
    (any_clock(), prop::option::of(1_i64..15), commits).prop_map(|(clock, ttl, commits)| Group { clock, ttl, commits })
}

impl Group {
    /// Registers and writes it as `name`, whose one feature has the same name.
    fn store(&self, store: &FeatureStore, name: &str) {
        let mut group = FeatureGroupSchema::builder(name)
            .entity_key("k", DataType::BigInt)
            .event_time("at")
            .created_time("made")
            .feature(FeatureSchema::builder(name, DataType::BigInt));
        if let Some(ttl) = self.ttl {
            group = group.ttl(ttl * 1_000_000_000);
        }
        store.register(&group.build().unwrap()).unwrap();
        for rows in &self.commits {
            let ints = |values: Vec<Option<i64>>| -> ArrayRef { Arc::new(Int64Array::from(values)) };
            let batch = RecordBatch::try_from_iter_with_nullable([
                ("k", ints(rows.iter().map(|row| Some(row.0)).collect()), true),
                ("at", self.clock.column(rows.iter().map(|row| Some(row.1))), true),
                ("made", self.clock.column(rows.iter().map(|row| row.2)), true),
                (name, ints(rows.iter().map(|row| row.3).collect()), true),
            ]);
            let _ = store.write(name, &[batch.unwrap()], WriteMode::Append).unwrap();
        }
    }

    /// What is known of `key` at `time`, by the words of the definition.
    fn known(&self, key: Option<i64>, time: Option<i64>, known_as_of: bool) -> Option<i64> {
        let (key, time) = (key?, time?);
        let rows = self.commits.iter().flatten().enumerate().filter(|(_, row)| row.0 == key && row.1 <= time);
        let fresh = rows.filter(|(_, row)| self.ttl.is_none_or(|ttl| time - row.1 <= ttl));
        let seen = fresh.filter(|(_, row)| !known_as_of || row.2.is_some_and(|made| made <= time));
        seen.max_by_key(|(at, row)| (row.1, row.2, *at)).and_then(|(_, row)| row.3)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn each_group_is_joined_by_itself(
        first in any_group(),
        second in any_group(),
        clock in any_clock(),
        entities in prop::collection::vec(
            (prop::option::weighted(0.9, 0_i64..5), prop::option::weighted(0.9, 0_i64..5), prop::option::weighted(0.9, -1_i64..25)),
            0..20,
        ),
        known_as_of in any::<bool>(),
    ) {
        let store = FeatureStore::at(Arc::new(MemoryStorage::new()), StoragePath::root()).unwrap();
        first.store(&store, "first");
        second.store(&store, "second");
        let ints = |values: Vec<Option<i64>>| -> ArrayRef { Arc::new(Int64Array::from(values)) };
        let spine = RecordBatch::try_from_iter_with_nullable([
            ("k", ints(entities.iter().map(|row| row.0).collect()), true),
            ("other", ints(entities.iter().map(|row| row.1).collect()), true),
            ("asked", clock.column(entities.iter().map(|row| row.2)), true),
        ]).unwrap();
        let options = HistoricalOptions::default()
            .with_known_as_of(known_as_of)
            .with_full_names(true)
            .with_key("second", "k", "other")
            .with_key("again", "k", "other");
        let asked = ["second.second", "first.first", "first as again.first"];
        let rows = EntityRows::at_times(spine.clone(), "asked").unwrap();
        let found = store.get_historical_features(&rows, asked, &options).unwrap().to_batch().unwrap();
        for column in spine.schema().fields() {
            prop_assert_eq!(found.column_by_name(column.name()), spine.column_by_name(column.name()));
        }
        let column = |name: &str| found.column_by_name(name).unwrap().as_primitive::<Int64Type>().clone();
        let (of_second, of_first, again) = (column("second__second"), column("first__first"), column("again__first"));
        for (at, (key, other, time)) in entities.iter().enumerate() {
            let got = |array: &Int64Array| array.is_valid(at).then(|| array.value(at));
            prop_assert_eq!(got(&of_first), first.known(*key, *time, known_as_of));
            prop_assert_eq!(got(&of_second), second.known(*other, *time, known_as_of));
            prop_assert_eq!(got(&again), first.known(*other, *time, known_as_of));
        }
    }
}
