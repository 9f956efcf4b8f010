//! A group, its history and an online store, in a folder that goes away.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, TimestampMicrosecondArray};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use tempfile::TempDir;
use varvite_dataset::{Dataset, Mode, WriteOptions};
use varvite_feature::online::{
    LookupOptions, MaterializeOptions, MaterializeReport, OnlineColumn, OnlineLookup, OnlineStore,
};
use varvite_schema::{DataType, FeatureGroupSchema, FeatureSchema};
use varvite_time::{Instant, TimeUnit};

/// Key, event time, created time, value. Times are microseconds.
pub(crate) type Row = (i64, i64, Option<i64>, Option<i64>);

pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) group: Arc<FeatureGroupSchema>,
    pub(crate) dataset: Dataset,
    pub(crate) store: OnlineStore,
}

/// Group `g`: key `k`, event time `at`, created time `created`, feature `v`; old after `ttl` if there is one.
pub(crate) fn group(ttl: Option<&str>) -> FeatureGroupSchema {
    let group = FeatureGroupSchema::builder("g")
        .entity_key("k", DataType::BigInt)
        .event_time("at")
        .created_time("created")
        .feature(FeatureSchema::builder("v", DataType::BigInt));
    let group = match ttl {
        Some(ttl) => group.ttl(ttl),
        None => group,
    };
    group.build().unwrap()
}

pub(crate) fn at(us: i64) -> Instant {
    Instant::new(us, TimeUnit::Microsecond)
}

pub(crate) fn options() -> WriteOptions {
    WriteOptions::ordered_on("at").with_sort(true).with_row_group_target_size(4)
}

/// The version that the next commit will have.
pub(crate) fn next_commit(dataset: &Dataset) -> i64 {
    dataset.snapshot().map_or(0, |snapshot| i64::try_from(snapshot.version).unwrap() + 1)
}

pub(crate) fn batch(rows: &[Row], commit: i64) -> RecordBatch {
    let times = |values: Vec<Option<i64>>| -> ArrayRef {
        Arc::new(TimestampMicrosecondArray::from(values).with_timezone("UTC"))
    };
    RecordBatch::try_from_iter_with_nullable([
        ("k", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.0))) as ArrayRef, false),
        ("at", times(rows.iter().map(|row| Some(row.1)).collect()), false),
        ("created", times(rows.iter().map(|row| row.2).collect()), true),
        ("v", Arc::new(rows.iter().map(|row| row.3).collect::<Int64Array>()), true),
        ("__commit", Arc::new(Int64Array::from(vec![commit; rows.len()])), false),
    ])
    .unwrap()
}

impl World {
    pub(crate) fn new(ttl: Option<&str>) -> Self {
        let folder = TempDir::new().unwrap();
        let dataset = Dataset::open_or_new(folder.path().join("history")).unwrap();
        let store = OnlineStore::open(folder.path().join("online/values.redb")).unwrap();
        Self { group: Arc::new(group(ttl)), dataset, store, folder }
    }

    /// Closes the online store and opens it again.
    pub(crate) fn reopened(self) -> Self {
        let Self { folder, group, dataset, store } = self;
        drop(store);
        let store = OnlineStore::open(folder.path().join("online/values.redb")).unwrap();
        Self { folder, group, dataset, store }
    }

    pub(crate) fn append(&self, rows: &[Row]) {
        let _ = self.dataset.write(batch(rows, next_commit(&self.dataset)), &options()).unwrap();
    }

    pub(crate) fn overwrite(&self, rows: &[Row]) {
        let options = options().with_mode(Mode::Overwrite);
        let _ = self.dataset.write(batch(rows, next_commit(&self.dataset)), &options).unwrap();
    }

    pub(crate) fn up_to(&self, us: i64) -> MaterializeReport {
        self.materialize(MaterializeOptions::up_to(at(us)))
    }

    pub(crate) fn materialize(&self, options: MaterializeOptions) -> MaterializeReport {
        self.store.materialize(&self.group, &self.dataset, &options).unwrap()
    }

    pub(crate) fn lookup(&self) -> OnlineLookup {
        OnlineLookup::prepare(&self.store, &OnlineColumn::all(&self.group), LookupOptions::default()).unwrap()
    }

    /// The values of keys at a time, one text each: `7 PRESENT @3`. One key at a time says the same.
    #[track_caller]
    pub(crate) fn values(&self, keys: &[i64], now: i64) -> String {
        let lookup = self.lookup();
        let ids = Arc::new(Int64Array::from(keys.to_vec())) as ArrayRef;
        let answer = lookup.get(&RecordBatch::try_from_iter([("k", ids)]).unwrap(), at(now)).unwrap();
        assert_eq!(answer.num_columns(), 4);
        let (values, events) =
            (answer.column(1).as_primitive::<Int64Type>(), answer.column(3).as_primitive::<TimestampMicrosecondType>());
        let statuses = answer.column(2).as_string::<i32>();
        let mut texts = Vec::new();
        for (row, key) in keys.iter().enumerate() {
            let value = values.is_valid(row).then(|| values.value(row).to_string());
            let event = events.is_valid(row).then(|| events.value(row).to_string());
            let one = &lookup.get_one(&[(*key).into()], at(now)).unwrap()[0];
            assert_eq!(one.status.as_str(), statuses.value(row));
            assert_eq!(one.event_time.map(|time| time.floor(TimeUnit::Microsecond).to_string()), event);
            texts.push(format!(
                "{} {} @{}",
                value.as_deref().unwrap_or("-"),
                statuses.value(row),
                event.as_deref().unwrap_or("-")
            ));
        }
        texts.join(", ")
    }
}
