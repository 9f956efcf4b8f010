//! Rows of earlier versions become rows of the one that is asked for: by a rewrite, or by names and defaults.
#![allow(clippy::unwrap_used, reason = "tests")]

mod frames;

use frames::{at, catalog, floats, frame, names};
use varvite_asset::chrono::{DateTime, Utc};
use varvite_asset::polars::prelude::{LazyFrame, col, lit};
use varvite_asset::{AssetWrite, Catalog, Error, FeatureModel, Fetch};

#[derive(FeatureModel, Debug, Clone)]
#[model(asset = "heat", resolution = "1d", version = 1, time = timestamp)]
struct Fahrenheit {
    timestamp: DateTime<Utc>,
    fahrenheit: f64,
}

#[derive(FeatureModel, Debug, Clone)]
#[model(asset = "heat", resolution = "1d", version = 2, time = timestamp, reads(Fahrenheit = to_celsius))]
struct Celsius {
    timestamp: DateTime<Utc>,
    #[model(check(range = -50.0..=50.0))]
    celsius: f64,
}

impl From<Fahrenheit> for Celsius {
    fn from(old: Fahrenheit) -> Self {
        Self { timestamp: old.timestamp, celsius: (old.fahrenheit - 32.0) / 1.8 }
    }
}

fn to_celsius(old: LazyFrame) -> LazyFrame {
    old.select([col("timestamp"), ((col("fahrenheit") - lit(32.0)) / lit(1.8)).alias("celsius")])
}

/// Without a rewrite, and with a column that both have.
#[derive(FeatureModel, Debug, Clone)]
#[model(asset = "heat", resolution = "1d", version = 3, time = timestamp, reads(Celsius))]
struct Noted {
    timestamp: DateTime<Utc>,
    celsius: f64,
    #[model(default = "no note")]
    note: String,
}

impl From<Celsius> for Noted {
    fn from(old: Celsius) -> Self {
        Self { timestamp: old.timestamp, celsius: old.celsius, note: String::new() }
    }
}

/// One whose rewrite gives something else.
#[derive(FeatureModel, Debug, Clone)]
#[model(asset = "heat", resolution = "1d", version = 4, time = timestamp, reads(Celsius = forgetful))]
struct Forgotten {
    timestamp: DateTime<Utc>,
    celsius: f64,
}

impl From<Celsius> for Forgotten {
    fn from(old: Celsius) -> Self {
        Self { timestamp: old.timestamp, celsius: old.celsius }
    }
}

fn forgetful(old: LazyFrame) -> LazyFrame {
    old.select([col("timestamp")])
}

/// Two days in Fahrenheit; of the second, and a third one, also in Celsius.
fn stored() -> (tempfile::TempDir, Catalog) {
    let (folder, catalog) = catalog();
    let old: Vec<Fahrenheit> =
        (0..48).map(|hour| Fahrenheit { timestamp: at(hour), fahrenheit: 212.0 / 4.0 }).collect();
    let new: Vec<Celsius> =
        (24..72).map(|hour| Celsius { timestamp: at(hour), celsius: f64::from(hour) / 2.0 }).collect();
    let _ = catalog.write(&old, &AssetWrite::replace()).unwrap();
    let _ = catalog.write(&new, &AssetWrite::replace()).unwrap();
    (folder, catalog)
}

#[test]
fn earlier_rows_are_rewritten_lazily() {
    let (_folder, catalog) = stored();
    let frame = frame::<Celsius>(&catalog, Fetch::default()).unwrap();
    let found = frame.collect().unwrap();
    assert_eq!((names(&found), found.height()), (vec!["timestamp".to_owned(), "celsius".to_owned()], 72));
    let celsius = floats(&found, "celsius");
    assert!(celsius[..24].iter().all(|celsius| (celsius - 11.666).abs() < 0.01), "{celsius:?}");
    assert_eq!(celsius[24..].to_vec(), (24..72).map(|hour| f64::from(hour) / 2.0).collect::<Vec<_>>());
    let hot = frame.filter(&Celsius::CELSIUS.gt(35.0)).unwrap().collect().unwrap();
    assert_eq!(hot.height(), 1);
}

#[test]
fn without_a_rewrite_names_and_defaults_decide() {
    let (_folder, catalog) = stored();
    let fetch = Fetch::from("2025-01-02..2025-01-04".parse::<varvite_asset::Span>().unwrap());
    let found = frame::<Noted>(&catalog, fetch).unwrap().collect().unwrap();
    assert_eq!(found.height(), 48);
    assert_eq!(found.column("note").unwrap().str().unwrap().get(47), Some("no note"));
}

#[test]
fn a_column_that_no_earlier_version_had_has_all_their_rows() {
    let (_folder, catalog) = stored();
    let fetch = Fetch::from("2025-01-02..2025-01-04".parse::<varvite_asset::Span>().unwrap()).columns(["note"]);
    let found = frame::<Noted>(&catalog, fetch).unwrap().collect().unwrap();
    assert_eq!((names(&found), found.height()), (vec!["note".to_owned()], 48));
    assert_eq!(found.column("note").unwrap().null_count(), 0);
}

#[test]
fn a_rewrite_that_leaves_a_column_out_is_refused() {
    let (_folder, catalog) = stored();
    let Err(error @ Error::SchemaMismatch { .. }) = frame::<Forgotten>(&catalog, Fetch::default()) else { panic!() };
    assert!(error.to_string().contains("the rewrite gives no column `celsius`"), "{error}");
}
