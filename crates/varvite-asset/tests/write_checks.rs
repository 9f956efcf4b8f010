//! Rows that break a check of their model are refused before anything is written, whatever kind of asset it is.
#![allow(clippy::unwrap_used, clippy::result_large_err, reason = "tests")]

mod weather;

use varvite_asset::{AssetKind, AssetWrite, Catalog, Check, CheckKind, Error, LakeFormat, ModelSchema, Value};
use weather::{batch, schema};

fn checked(kind: AssetKind, keys: &[&str]) -> ModelSchema {
    let mut checked = ModelSchema { kind, ..schema(keys) };
    let range = CheckKind::Range { min: None, max: Some(Value::Int(10)), max_included: true };
    checked.columns[2].checks = vec![Check::new(range), Check::new(CheckKind::Monotonic { strictly: false })];
    checked
}

#[test]
fn feature_assets() {
    let catalog = Catalog::in_memory();
    let kind = schema(&[]).kind;
    let write = |rows: &[weather::Row], keys: &[&str]| {
        catalog.write_batches(&checked(kind, keys), &[batch(rows)], &AssetWrite::replace())
    };
    let error = write(&[(1.0, "a", 11), (0.0, "a", 1)], &[]).unwrap_err();
    assert!(matches!(error, Error::ChecksFailed { .. }));
    let text = error.to_string();
    assert!(
        text.starts_with("weather 1d v1 in the rows given, in order of time: ") && text.contains("value"),
        "{text}"
    );
    assert!(catalog.assets().unwrap().is_empty());
    assert!(write(&[(1.0, "a", 1), (0.0, "a", 2)], &[]).is_err(), "in order of time, 1 follows 2");
    assert!(write(&[(1.0, "a", 2), (0.0, "b", 1)], &["region"]).is_ok(), "each partition is in order of its own");
    let error = write(&[(1.0, "b", 1), (0.0, "b", 2), (0.0, "a", 1)], &["region"]).unwrap_err();
    assert!(error.to_string().contains("`region=b`"), "{error}");
}

#[test]
fn other_assets() {
    let catalog = Catalog::in_memory();
    let rows = [batch(&[(0.0, "a", 1), (0.0, "a", 0)])];
    let error = catalog.replace_batches(&checked(AssetKind::Persistent, &[]), &rows).unwrap_err();
    assert!(matches!(error, Error::ChecksFailed { .. }), "{error}");
    let lake = checked(AssetKind::Lake, &[]);
    let date = "2025-01-01".parse().unwrap();
    let error = catalog.write_lake_batches(&lake, &rows, date, LakeFormat::Csv).unwrap_err();
    assert!(matches!(error, Error::ChecksFailed { .. }), "{error}");
    assert!(catalog.assets().unwrap().is_empty());
}
