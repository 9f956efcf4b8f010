//! Frames of rows in dated files, which are read when they are fetched.
#![allow(clippy::unwrap_used, reason = "tests")]

mod frames;

use frames::{floats, names};
use varvite_asset::polars::prelude::{DataFrame, LazyFrame, col, lit};
use varvite_asset::{Catalog, Collection, FeatureModel, Fetch, FetchOptions, Frame, LakeFormat};

#[derive(FeatureModel, Debug, Clone)]
#[model(asset = "heat", lake)]
struct Fahrenheit {
    station: i64,
    fahrenheit: f64,
}

#[derive(FeatureModel, Debug, Clone)]
#[model(asset = "heat", lake, version = 2, reads(Fahrenheit = to_celsius))]
struct Celsius {
    station: i64,
    celsius: f64,
}

impl From<Fahrenheit> for Celsius {
    fn from(old: Fahrenheit) -> Self {
        Self { station: old.station, celsius: (old.fahrenheit - 32.0) / 2.0 }
    }
}

fn to_celsius(old: LazyFrame) -> LazyFrame {
    old.select([col("station"), ((col("fahrenheit") - lit(32.0)) / lit(2.0)).alias("celsius")])
}

/// A day in Fahrenheit, and one in Celsius.
fn stored() -> Catalog {
    let catalog = Catalog::in_memory();
    let old = [1, 2].map(|station| Fahrenheit { station, fahrenheit: 52.0 });
    let new = [1, 2].map(|station| Celsius { station, celsius: 20.0 });
    let _ = catalog.write_lake(&old, "2025-01-01".parse().unwrap(), LakeFormat::Parquet).unwrap();
    let _ = catalog.write_lake(&new, "2025-01-02".parse().unwrap(), LakeFormat::Parquet).unwrap();
    catalog
}

fn fetched(fetch: Fetch) -> DataFrame {
    let mut collection = Collection::new();
    let frame = collection.add::<Frame<Celsius>>("frame", fetch).unwrap();
    let got = stored().fetch_collection_blocking(collection, &FetchOptions::default()).unwrap();
    got[frame].collect().unwrap()
}

#[test]
fn rows_of_earlier_versions_are_rewritten() {
    assert_eq!(floats(&fetched(Fetch::default()), "celsius"), [10.0, 10.0, 20.0, 20.0]);
}

#[test]
fn a_filter_may_look_at_columns_that_are_not_wanted() {
    let found = fetched(Fetch::default().columns(["celsius"]).filter(Celsius::STATION.eq(2)));
    assert_eq!((names(&found), floats(&found, "celsius")), (vec!["celsius".to_owned()], vec![10.0, 20.0]));
}

/// The same as those who came later see it.
#[derive(FeatureModel, Debug, Clone)]
#[model(asset = "heat", lake, version = 2)]
struct Noted {
    #[model(default = 7)]
    quality: i64,
}

#[test]
fn absent_columns_alone_have_all_rows() {
    let mut collection = Collection::new();
    let frame = collection.add::<Frame<Noted>>("frame", Fetch::default()).unwrap();
    let got = stored().fetch_collection_blocking(collection, &FetchOptions::default()).unwrap();
    assert_eq!(got[frame].collect().unwrap().height(), 2);
}
