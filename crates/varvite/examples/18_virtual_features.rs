//! Features that SQL computes when they are asked for, each as of its own time, beside features that are stored.

use std::sync::Arc;

use varvite::arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, TimestampSecondArray};
use varvite::feature::{EntityRows, FeatureStore, HistoricalOptions, WriteMode};
use varvite::schema::{DataType, FeatureGroupSchema, FeatureSchema, SourceSchema, VirtualSchema};
use varvite::sql::{DataFusionExecutor, SqlFeatures};

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
    let engine = SqlFeatures::new(Arc::new(DataFusionExecutor::try_new()?));
    let store = FeatureStore::open(folder.path())?.with_virtual(Arc::new(engine));

    let users = FeatureGroupSchema::builder("users")
        .entity_key("user_id", DataType::BigInt)
        .event_time("at")
        .feature(FeatureSchema::builder("score", DataType::Double));
    store.register(&users.build()?)?;
    let scores = [("user_id", ids(&[1, 1])), ("at", seconds(&[0, 20])), ("score", floats(&[0.5, 0.75]))];
    let _ = store.write("users", &[RecordBatch::try_from_iter(scores)?], WriteMode::Append)?;

    let purchases = SourceSchema::builder("purchases")
        .event_time("at")
        .column("user_id", DataType::BigInt)
        .column("at", "timestamp[s,UTC]")
        .column("amount", DataType::Double);
    store.register_source(&purchases.build()?)?;
    let bought = [("user_id", ids(&[1, 1, 2])), ("at", seconds(&[10, 30, 20])), ("amount", floats(&[2.0, 4.0, 5.0]))];
    let _ = store.write_source("purchases", &[RecordBatch::try_from_iter(bought)?], WriteMode::Append)?;
    let bought = VirtualSchema::builder("bought")
        .entity_key("user_id")
        .source("purchases")
        .sql("SELECT user_id, count(*) AS n, sum(amount) AS spent FROM purchases GROUP BY user_id");
    store.define_virtual_features(&bought.build()?)?;
    println!("{}\n", store.registry().state()?.definitions().virtual_groups()[0]);

    let asked = RecordBatch::try_from_iter([("user_id", ids(&[1, 1, 2])), ("asked", seconds(&[15, 30, 30]))])?;
    let asked = EntityRows::at_times(asked, "asked")?;
    let (features, options) = (["users.score", "bought.n", "bought.spent"], HistoricalOptions::default());
    let found = store.get_historical_features(&asked, features, &options)?;
    println!("{}\n", found.report());
    println!("{}", store.explain(&asked, features, &options)?);
    Ok(())
}
