//! Rows that break a check of their model are refused before anything is written, whatever kind of asset it is.
#![allow(clippy::unwrap_used, clippy::result_large_err, reason = "tests")]

mod weather;

use varvite_asset::{
    AssetKind, AssetWrite, Catalog, Check, CheckKind, Error, FeatureModel, LakeFormat, ModelSchema, Value,
};
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

#[derive(FeatureModel, Debug, Clone)]
#[model(asset = "probes", lake)]
struct Probe {
    value: f64,
    parts: Vec<f32>,
    inner: Option<Inner>,
}

#[derive(FeatureModel, Debug, Clone)]
#[model(nested)]
struct Inner {
    depth: Option<f64>,
}

#[test]
fn floats_that_json_has_no_word_for() {
    let catalog = Catalog::in_memory();
    let good = Probe { value: 0.5, parts: vec![1.0], inner: None };
    let write = |bad: Probe, format| {
        catalog.write_lake(&[good.clone(), bad], "2025-01-01".parse().unwrap(), format).map_err(|error| match error {
            Error::Decode { column, row, .. } => (column, row),
            other => panic!("{other}"),
        })
    };
    let bad = |value, part, depth| Probe { value, parts: vec![0.0, part], inner: Some(Inner { depth }) };
    for (row, column) in [
        (bad(f64::NAN, 0.0, None), "value"),
        (bad(f64::NEG_INFINITY, 0.0, None), "value"),
        (bad(0.0, f32::INFINITY, None), "parts"),
        (bad(0.0, 0.0, Some(f64::NAN)), "inner"),
    ] {
        assert_eq!(write(row.clone(), LakeFormat::JsonLines).unwrap_err(), (column.to_owned(), 1));
        assert!(write(row, LakeFormat::Parquet).is_ok());
    }
    assert!(write(bad(1.0, 1.0, Some(1.0)), LakeFormat::JsonLines).is_ok());
}
