//! Columns, predicates and limits of a query reach the Parquet files.
#![allow(clippy::unwrap_used, reason = "tests")]

mod frames;

use frames::{Weather, catalog, floats, frame, write_days};
use varvite_asset::polars::prelude::{LazyFrame, col, lit};
use varvite_asset::{Catalog, FeatureModel, Fetch, Span};

/// What Polars would do, with its optimisations.
fn explained(lazy: &LazyFrame) -> String {
    lazy.explain(true).unwrap()
}

/// Two and a half days of three: two pieces of files, and whole ones.
fn part(catalog: &Catalog) -> LazyFrame {
    let span: Span = "2025-01-01T12:00:00Z..".parse().unwrap();
    frame::<Weather>(catalog, span).unwrap().lazy()
}

#[test]
fn columns_reach_the_scan() {
    let (_folder, catalog) = catalog();
    write_days(&catalog, 3);
    let plan =
        explained(&frame::<Weather>(&catalog, Fetch::default()).unwrap().lazy().select([col("temperature").sum()]));
    assert_eq!(plan.matches("Parquet SCAN").count(), 1, "{plan}");
    assert!(plan.contains("PROJECT 1/4 COLUMNS"), "{plan}");
    let plan = explained(&part(&catalog).select([col("temperature").sum()]));
    assert_eq!(plan.matches("PROJECT 1/4 COLUMNS").count(), 2, "{plan}");
}

#[test]
fn predicates_reach_the_scan() {
    let (_folder, catalog) = catalog();
    write_days(&catalog, 3);
    let all = frame::<Weather>(&catalog, Fetch::default()).unwrap();
    let hot = all.lazy().filter(col("temperature").gt(lit(7.0)));
    let plan = explained(&hot);
    assert!(plan.contains("SELECTION") && plan.contains("col(\"temperature\")"), "{plan}");
    assert!(!plan.contains("FILTER"), "{plan}");
    assert_eq!(floats(&hot.collect().unwrap(), "temperature"), [7.1]);

    let plan = explained(&all.filter(&Weather::TEMPERATURE.gt(7.0)).unwrap());
    assert!(plan.contains("SELECTION") && !plan.contains("FILTER"), "{plan}");
}

#[test]
fn the_filter_of_a_field_reaches_the_scan() {
    let (_folder, catalog) = catalog();
    write_days(&catalog, 3);
    let fetch = Fetch::default().filter(Weather::STATION.eq(1) & Weather::NOTE.is_null());
    let filtered = frame::<Weather>(&catalog, fetch).unwrap();
    let plan = explained(&filtered.lazy());
    assert!(plan.contains("SELECTION") && !plan.contains("FILTER"), "{plan}");
    let expected = (0..72).filter(|hour| hour % 2 == 1 && hour % 5 != 0).count();
    assert_eq!(filtered.collect().unwrap().height(), expected);
}

#[test]
fn limits_reach_the_scan() {
    let (_folder, catalog) = catalog();
    write_days(&catalog, 3);
    let first = frame::<Weather>(&catalog, Fetch::default()).unwrap().lazy().limit(5);
    let plan = explained(&first);
    assert!(plan.contains("SLICE: Positive { offset: 0, len: 5 }"), "{plan}");
    assert_eq!(floats(&first.collect().unwrap(), "temperature"), [0.0, 0.1, 0.2, 0.3, 0.4]);
    let first = part(&catalog).limit(15);
    assert_eq!(floats(&first.collect().unwrap(), "temperature")[..2], [1.2, 1.3]);
}

#[test]
fn all_model_columns_have_expressions() {
    let (_folder, catalog) = catalog();
    write_days(&catalog, 1);
    let frame = frame::<Weather>(&catalog, Fetch::default()).unwrap();
    let mean = frame.into_lazy().select([Weather::TEMPERATURE.expr().mean()]).collect().unwrap();
    assert_eq!(Weather::COLUMNS.len(), 4);
    assert!((floats(&mean, "temperature")[0] - 1.15).abs() < 1e-9);
}
