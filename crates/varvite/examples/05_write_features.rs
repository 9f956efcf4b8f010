//! Rows of a feature group: appended, corrected, refused, described.

use std::sync::Arc;

use varvite::arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, TimestampSecondArray};
use varvite::feature::{Error, FeatureStore, WriteMode};
use varvite::schema::{DataType, FeatureGroupSchema, FeatureSchema};

fn rows(users: &[i64], seconds: &[i64], scores: &[f64]) -> Result<RecordBatch, Box<dyn std::error::Error>> {
    Ok(RecordBatch::try_from_iter([
        ("user_id", Arc::new(Int64Array::from(users.to_vec())) as ArrayRef),
        ("at", Arc::new(TimestampSecondArray::from(seconds.to_vec()).with_timezone("UTC"))),
        ("score", Arc::new(Float64Array::from(scores.to_vec()))),
    ])?)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let store = FeatureStore::open(folder.path())?;
    let users = FeatureGroupSchema::builder("users")
        .entity_key("user_id", DataType::BigInt)
        .event_time("at")
        .created_time("known")
        .feature(FeatureSchema::builder("score", DataType::Double).min(0).max(1));
    println!("users: {}", store.register(&users.build()?)?);

    println!("{}", store.write("users", &[rows(&[1, 2, 3], &[10, 10, 20], &[0.1, 0.2, 0.3])?], WriteMode::Append)?);
    // The same rows again, one of them corrected: two are stored as they are.
    println!("{}", store.write("users", &[rows(&[1, 2, 3], &[10, 10, 20], &[0.1, 0.25, 0.3])?], WriteMode::Upsert)?);
    // A back-fill replaces all that happened in a range.
    let range = WriteMode::OverwriteRange { start: "1970-01-01".parse()?, end: "1970-01-01T00:00:15Z".parse()? };
    println!("{}", store.write("users", &[rows(&[1], &[12], &[0.9])?], range)?);

    match store.write("users", &[rows(&[4, 5], &[30, 30], &[0.5, 7.0])?], WriteMode::Append) {
        Err(Error::Refused { report, .. }) => println!("refused: {report}"),
        other => return Err(format!("a score of 7 was to be refused: {other:?}").into()),
    }
    for statistics in store.statistics("users")? {
        println!("{statistics}");
    }
    Ok(())
}
