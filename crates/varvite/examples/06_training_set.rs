//! A training set as of each label's time, and where its values come from.

use std::sync::Arc;

use varvite::arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, TimestampSecondArray};
use varvite::feature::{EntityRows, FeatureStore, HistoricalOptions, WriteMode};
use varvite::schema::{DataType, FeatureGroupSchema, FeatureSchema};

fn ids(ids: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(ids.to_vec()))
}

fn seconds(seconds: &[i64]) -> ArrayRef {
    Arc::new(TimestampSecondArray::from(seconds.to_vec()).with_timezone("UTC"))
}

fn floats(values: &[f64]) -> ArrayRef {
    Arc::new(Float64Array::from(values.to_vec()))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let store = FeatureStore::open(folder.path())?;
    for (group, key, feature, ttl) in [("users", "user_id", "spent", "1min"), ("items", "item_id", "price", "1h")] {
        let group = FeatureGroupSchema::builder(group)
            .entity_key(key, DataType::BigInt)
            .event_time("at")
            .ttl(ttl)
            .feature(FeatureSchema::builder(feature, DataType::Double));
        store.register(&group.build()?)?;
    }
    let spent = [("user_id", ids(&[1, 1])), ("at", seconds(&[0, 100])), ("spent", floats(&[5.0, 90.0]))];
    let _ = store.write("users", &[RecordBatch::try_from_iter(spent)?], WriteMode::Append)?;
    let prices = [("item_id", ids(&[7])), ("at", seconds(&[50])), ("price", floats(&[3.5]))];
    let _ = store.write("items", &[RecordBatch::try_from_iter(prices)?], WriteMode::Append)?;

    let orders = RecordBatch::try_from_iter([
        ("user_id", ids(&[1, 1, 1, 2])),
        ("item_id", ids(&[7, 7, 7, 7])),
        ("asked", seconds(&[30, 90, 110, 110])),
    ])?;
    let orders = EntityRows::at_times(orders, "asked")?;
    let (features, options) = (["users.spent", "items.price"], HistoricalOptions::default());
    println!("{}\n", store.plan_historical(&orders, features, &options)?);
    let training = store.get_historical_features(&orders, features, &options)?;
    println!("{}\n", training.report());
    println!("{}", store.explain(&orders, features, &options)?);
    Ok(())
}
