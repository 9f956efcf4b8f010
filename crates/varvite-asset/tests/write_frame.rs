//! Frames written to a feature asset.
#![cfg(feature = "polars")]
#![allow(clippy::unwrap_used, clippy::result_large_err, reason = "tests")]

mod weather;

use polars::prelude::{DataType, IntoLazy, TimeUnit, TimeZone, col, df, lit};
use varvite_asset::{AssetWrite, Catalog, Error, FeatureModel};
use weather::{partitions, rows, stored};

#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "weather", resolution = "1d", version = 1, time = ts)]
struct Weather {
    ts: varvite_asset::chrono::DateTime<varvite_asset::chrono::Utc>,
    region: String,
    value: Option<i64>,
}

fn frame() -> polars::prelude::LazyFrame {
    let times = col("ts").cast(DataType::Datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC)));
    let frame = df!("value" => [1i32, 2, 3], "region" => ["a", "b", "é"], "ts" => [86_400_000i64, 0, 90_000_000]);
    frame.unwrap().lazy().with_column(times)
}

#[test]
fn a_frame_is_written_by_the_names_of_its_columns() {
    let catalog = Catalog::in_memory();
    let report =
        catalog.write_frame::<Weather>(frame().filter(col("value").gt(lit(0))), &AssetWrite::replace()).unwrap();
    assert_eq!(report.rows(), 3);
    assert_eq!(stored(&catalog).1, "0..2");
    let expected = [(0, "b".to_owned(), 2), (1, "a".to_owned(), 1), (1, "é".to_owned(), 3)];
    assert_eq!(rows(&partitions(&catalog)[0]), expected);
}

#[test]
fn other_columns_are_refused() {
    let catalog = Catalog::in_memory();
    let write = |frame| catalog.write_frame::<Weather>(frame, &AssetWrite::replace()).unwrap_err();
    let error = write(frame().with_column(lit(1).alias("wind")));
    assert!(matches!(&error, Error::SchemaMismatch { .. }) && error.to_string().contains("`wind`"), "{error}");
    assert!(write(frame().drop(polars::prelude::cols(["region"]))).to_string().contains("no column `region`"));
    assert!(matches!(write(frame().select([col("nothing")])), Error::Frame { .. }));
    assert!(partitions(&catalog).is_empty());
}
