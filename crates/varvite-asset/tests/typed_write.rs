//! Rows of models written to each kind of asset, and read back as what they were.
#![allow(clippy::unwrap_used, clippy::result_large_err, reason = "tests")]

use std::sync::Arc;

use varvite_asset::chrono::{DateTime, Utc};
use varvite_asset::{AssetId, AssetWrite, Catalog, FeatureModel, LakeFormat, VersionListing, Want};
use varvite_dataset::{Dataset, ScanOptions};

#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "weather", resolution = "1h", time = at)]
struct Weather {
    #[model(key)]
    region: String,
    at: DateTime<Utc>,
    temperature: f64,
    humidity: Option<f32>,
    tags: Vec<String>,
    place: Option<Place>,
}

#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(nested)]
struct Place {
    lat: f64,
    names: Option<Vec<String>>,
}

#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "stations", undated)]
struct Station {
    id: u32,
    name: String,
    opened: Option<varvite_asset::chrono::NaiveDate>,
}

#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "exports", lake, time = at)]
struct Export {
    at: DateTime<Utc>,
    name: Option<String>,
    count: u16,
    ratio: f64,
    good: bool,
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(second, 250_000).unwrap()
}

fn decoded<M: FeatureModel>(dataset: &Dataset) -> Vec<M> {
    let mut rows = Vec::new();
    M::decode(&dataset.read(&ScanOptions::default()).unwrap(), &mut rows).unwrap();
    rows
}

fn versions<M: FeatureModel>(catalog: &Catalog) -> VersionListing {
    let listing = catalog.listing(&[Want::new("rows", Arc::new(M::schema().clone()))]).unwrap();
    listing.assets[&AssetId::new(M::ASSET, M::KIND)].versions[&M::VERSION].clone()
}

#[test]
fn feature_assets() {
    let catalog = Catalog::in_memory();
    let row = |second: i64, region: &str| Weather {
        region: region.to_owned(),
        at: at(second),
        temperature: -0.5,
        humidity: (second % 2 == 0).then_some(0.25),
        tags: vec!["é".to_owned(); usize::try_from(second % 3).unwrap()],
        place: (second != 0).then(|| Place { lat: 1.5, names: (second > 1).then(|| vec!["a".to_owned()]) }),
    };
    let given = [row(7200, "south"), row(1, "north"), row(0, "north"), row(1, "north")];
    let report = catalog.write(&given, &AssetWrite::replace()).unwrap();
    assert_eq!((report.rows(), report.partitions.len()), (4, 2));
    let VersionListing::Feature(partitions) = versions::<Weather>(&catalog) else { panic!() };
    assert_eq!(decoded::<Weather>(&partitions[0].dataset), [row(0, "north"), row(1, "north"), row(1, "north")]);
    assert_eq!(decoded::<Weather>(&partitions[1].dataset), [row(7200, "south")]);
    assert_eq!(partitions[1].coverage.to_string(), "1970-01-01T02:00:00Z..1970-01-01T03:00:00Z");
}

#[test]
fn persistent_assets() {
    let catalog = Catalog::in_memory();
    let station = |id: u32| Station {
        id,
        name: format!("s{id}"),
        opened: varvite_asset::chrono::NaiveDate::from_ymd_opt(2024, 2, 29),
    };
    let given = [station(2), station(1), Station { opened: None, ..station(u32::MAX) }];
    let _ = catalog.replace(&given).unwrap();
    let VersionListing::Persistent(dataset) = versions::<Station>(&catalog) else { panic!() };
    assert_eq!(decoded::<Station>(&dataset), given);
}

#[test]
fn lake_assets() {
    let catalog = Catalog::in_memory();
    let export = |second: i64| Export {
        at: at(second),
        name: (second % 2 == 1).then(|| format!("a,\"{second}\"")),
        count: u16::MAX,
        ratio: 0.1,
        good: second % 2 == 0,
    };
    let given = [export(0), export(1), export(1_700_000_000)];
    for format in [LakeFormat::Parquet, LakeFormat::Csv, LakeFormat::JsonLines] {
        let entry = catalog.write_lake(&given, "2025-01-01".parse().unwrap(), format).unwrap();
        let mut rows: Vec<Export> = Vec::new();
        for batch in catalog.lake_batches(Export::schema(), &entry).unwrap() {
            Export::decode(&batch, &mut rows).unwrap();
        }
        assert_eq!(rows, given, "{format}");
    }
    let VersionListing::Lake(files) = versions::<Export>(&catalog) else { panic!() };
    assert_eq!((files.len(), files[0].format.as_str()), (1, "jsonl"));
}
