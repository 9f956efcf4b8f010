//! The newest values by key: materialized by commits, looked up with their status and time.

use std::collections::BTreeMap;
use std::sync::Arc;

use varvite::arrow::array::{ArrayRef, Int64Array, RecordBatch, TimestampSecondArray};
use varvite::feature::online::{LookupOptions, MaterializeOptions};
use varvite::feature::{FeatureStore, WriteMode};
use varvite::schema::{DataType, FeatureGroupSchema, FeatureSchema};

fn clicks(users: &[i64], seconds: &[i64], clicks: &[i64]) -> Result<RecordBatch, Box<dyn std::error::Error>> {
    let column = |values: &[i64]| -> ArrayRef { Arc::new(Int64Array::from(values.to_vec())) };
    let at: ArrayRef = Arc::new(TimestampSecondArray::from(seconds.to_vec()).with_timezone("UTC"));
    Ok(RecordBatch::try_from_iter([("user_id", column(users)), ("at", at), ("clicks", column(clicks))])?)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let store = FeatureStore::open(folder.path())?;
    let users = FeatureGroupSchema::builder("users")
        .entity_key("user_id", DataType::BigInt)
        .event_time("at")
        .ttl("1h")
        .feature(FeatureSchema::builder("clicks", DataType::BigInt));
    store.register(&users.build()?)?;
    let online = store.online()?;
    let lookup = store.online_lookup(&online, ["users.clicks"], &BTreeMap::new(), LookupOptions::default())?;
    let until = MaterializeOptions::up_to("1970-01-02".parse()?);

    // The second batch is late for user 2, and new for user 3.
    for batch in [clicks(&[1, 2], &[1000, 2000], &[10, 20])?, clicks(&[2, 3], &[1500, 5500], &[15, 30])?] {
        let _ = store.write("users", &[batch], WriteMode::Append)?;
        println!("{}", store.materialize(&online, "users", &until)?);
    }
    let now = "1970-01-01T01:33:20Z".parse()?;
    for user in [1_i64, 2, 3, 4] {
        for found in lookup.get_one(&[user.into()], now)? {
            println!("user {user}: {:?} {:?}", found.status, found.value);
        }
    }
    println!("{}", store.health_check_with(Some(&online)));
    Ok(())
}
