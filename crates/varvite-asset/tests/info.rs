//! What a catalog tells about its assets: lists, gaps, columns, and what is not there.
#![allow(clippy::unwrap_used, clippy::result_large_err, reason = "tests")]

mod weather;

use arrow::datatypes::DataType;
use varvite_asset::{
    AssetId, AssetKind, AssetWrite, Catalog, Check, CheckKind, Column, ColumnDefault, Error, LakeWrite, ModelSchema,
    Span,
};
use varvite_time::Instant;
use weather::{batch, schema};

fn weather_id() -> AssetId {
    AssetId::new("weather", schema(&[]).kind)
}

fn filled() -> Catalog {
    let catalog = Catalog::in_memory().with_clock(|| "1970-01-07T12:00:00Z".parse().unwrap());
    let rows = [(0.0, "a", 1), (1.0, "a", 2), (4.0, "a", 3), (0.5, "b", 4)];
    let _ = catalog.write_batches(&schema(&["region"]), &[batch(&rows)], &AssetWrite::replace()).unwrap();
    let stations = ModelSchema { kind: AssetKind::Persistent, asset: "stations".to_owned(), time: None, ..schema(&[]) };
    let _ = catalog.replace_batches(&stations, &[batch(&rows)]).unwrap();
    for day in [0, 10] {
        let date = Instant::new(day, varvite_time::TimeUnit::Day);
        catalog.put(&LakeWrite::new("exports", date, "csv"), "abc").unwrap();
    }
    catalog
}

#[test]
fn assets_are_listed_in_order() {
    let assets = filled().assets().unwrap();
    let ids: Vec<String> = assets.iter().map(|asset| asset.id().to_string()).collect();
    assert_eq!(ids, ["exports (lake)", "stations", "weather 1d"]);
    let exports = &assets[0].versions[0];
    assert_eq!((exports.partitions, exports.rows, exports.bytes), (2, None, 6));
    assert_eq!(exports.last.as_deref(), Some("1970-01-11T00:00:00Z"));
    assert_eq!((assets[1].versions[0].rows, assets[1].versions[0].partitions), (Some(4), 1));
    let weather = &assets[2].versions[0];
    assert_eq!((weather.version, weather.partitions, weather.rows), (1, 2, Some(4)));
    assert_eq!(weather.first.as_deref(), Some("1970-01-01T00:00:00Z..1970-01-02T00:00:00Z"));
    assert_eq!(weather.last.as_deref(), Some("1970-01-05T00:00:00Z..1970-01-06T00:00:00Z"));
    assert_eq!(
        weather.covered,
        "1970-01-01T00:00:00Z..1970-01-03T00:00:00Z 1970-01-05T00:00:00Z..1970-01-06T00:00:00Z"
    );
    assert!(weather.bytes > 0 && weather.changed.is_some());
    assert_eq!(serde_json::to_value(weather).unwrap()["rows"], 4);
}

#[test]
fn what_is_not_there_is_answered_with_what_is() {
    let catalog = filled();
    let error = catalog.describe("wether").unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no asset `wether`: did you mean `weather`? there are `exports`, `stations`, `weather`"
    );
    assert_eq!(catalog.describe("weather").unwrap().len(), 1);
    let error = catalog.schema_of(&weather_id(), 3).unwrap_err();
    assert_eq!(error.to_string(), "weather 1d has no version 3: there is 1");
    let empty = Catalog::in_memory().describe("x").unwrap_err();
    assert_eq!(empty.to_string(), "there is no asset `x`: the catalog is empty");
}

#[test]
fn columns_are_those_that_were_registered() {
    let found = filled().schema_of(&weather_id(), 1).unwrap();
    let types: Vec<&str> = found.columns.iter().map(|column| column.data_type.as_str()).collect();
    assert_eq!(types, ["Timestamp(µs, \"UTC\")", "Utf8", "Int64"]);
    let model = found.to_model(schema(&[]).resolution()).unwrap();
    assert_eq!((model.arrow(), model.keys), (schema(&[]).arrow(), vec!["region".to_owned()]));
}

#[test]
fn gaps_are_what_no_partition_or_not_every_one_has() {
    let catalog = filled();
    let gaps = |span: &str, keys: &[(&str, &str)]| {
        let keys: Vec<(String, String)> =
            keys.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let span: Span = span.parse().unwrap();
        let found = catalog.gaps(&weather_id(), 1, span, &keys)?;
        let resolution = schema(&[]).resolution().unwrap();
        let each = found.stretches.iter().flat_map(|stretch| resolution.intervals(stretch.span()).unwrap());
        let days = each.map(|gap| gap.start.floor(varvite_time::TimeUnit::Day).to_string());
        Ok::<_, Error>(days.collect::<Vec<_>>().join(" "))
    };
    assert_eq!(gaps("..", &[("region", "a")]).unwrap(), "2 3 5 6", "until now");
    assert_eq!(gaps("..", &[]).unwrap(), "1 2 3 4 5 6", "those of b, too");
    assert_eq!(gaps("1969-12-31..1970-01-03", &[("region", "a")]).unwrap(), "-1");
    assert_eq!(gaps("1970-01-02..1970-01-02", &[]).unwrap(), "");
    assert!(matches!(gaps("..", &[("region", "z")]), Err(Error::InvalidOption { .. })));
    assert!(matches!(catalog.gaps(&weather_id(), 2, Span::all(), &[]), Err(Error::VersionNotFound { .. })));
}

#[test]
fn a_removed_version_leaves_nothing() {
    let catalog = filled();
    for asset in catalog.assets().unwrap() {
        catalog.remove(&asset.id(), 1).unwrap();
        assert!(matches!(catalog.remove(&asset.id(), 1), Err(Error::AssetNotFound { .. })), "{}", asset.name);
    }
    assert!(catalog.assets().unwrap().is_empty());
    let mut other = schema(&[]);
    other.columns.truncate(1);
    let rows = batch(&[(0.0, "a", 1)]).project(&[0]).unwrap();
    assert!(
        catalog.write_batches(&other, &[rows], &AssetWrite::replace()).unwrap().registered,
        "other columns are fine"
    );
}

/// Whoever writes without a model of their own keeps to what the version was registered with.
#[test]
fn a_registered_model_has_its_checks_and_defaults() {
    let catalog = Catalog::in_memory();
    let mut given = schema(&[]);
    given.columns[2].checks = vec![Check::new(CheckKind::Unique)];
    given.columns.push(Column { default: ColumnDefault::Null, ..Column::new("note", DataType::Utf8, true) });
    let _ = catalog.write_batches(&given, &[batch(&[(0.5, "a", 1)])], &AssetWrite::replace()).unwrap();
    let known = catalog.schema_of(&weather_id(), 1).unwrap().to_model(given.resolution()).unwrap();
    assert_eq!(known.columns[2].checks.len(), 1);
    assert_eq!(known.columns[3].default, ColumnDefault::Null);
    let twice = batch(&[(0.5, "a", 1), (0.6, "a", 1)]);
    let error = catalog.write_batches(&known, &[twice], &AssetWrite::replace()).unwrap_err();
    assert_eq!(error.code(), "VV0615", "{error}");
}
