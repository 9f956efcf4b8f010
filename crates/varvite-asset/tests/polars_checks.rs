//! The checks of a model run when a frame is collected, over what a query reads; those that cannot are named.
#![allow(clippy::unwrap_used, reason = "tests")]

mod frames;

use frames::{at, catalog, frame, reading, write_days};
use varvite_asset::chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use varvite_asset::polars::prelude::{col, lit};
use varvite_asset::{AssetWrite, Catalog, Decimal, Error, FeatureModel, Fetch, Frame};

/// What was written, without checks that it breaks.
#[derive(FeatureModel, Debug, Clone)]
#[model(asset = "strict", resolution = "1d", time = timestamp)]
struct Loose {
    timestamp: DateTime<Utc>,
    id: i64,
    level: i32,
    note: Option<String>,
    tags: Vec<String>,
    day: NaiveDate,
    hour: NaiveTime,
    price: Decimal<9, 2>,
}

/// The same as its readers want it.
#[derive(FeatureModel, Debug, Clone)]
#[model(asset = "strict", resolution = "1d", time = timestamp)]
struct Strict {
    #[model(check(monotonic = strict))]
    timestamp: DateTime<Utc>,
    #[model(check(unique, with = is_even))]
    id: i64,
    #[model(check(range = 0..10))]
    level: i32,
    #[model(check(not_null, length = 1..=8, pattern = "^hour"))]
    note: Option<String>,
    #[model(check(length = ..=2))]
    tags: Vec<String>,
    #[model(check(range = "2024-01-01"..))]
    day: NaiveDate,
    #[model(check(range = "06:00:00".."22:00:00"))]
    hour: NaiveTime,
    #[model(check(range = "0.50"..))]
    price: Decimal<9, 2>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "checks are asked by reference")]
fn is_even(id: &i64) -> bool {
    id % 2 == 0
}

fn row(hour: u32) -> Loose {
    Loose {
        timestamp: at(hour),
        id: 1,
        level: 5,
        note: Some(format!("hour {hour}")),
        tags: vec!["a".to_owned()],
        day: NaiveDate::from_ymd_opt(2025, 1, 1).unwrap(),
        hour: NaiveTime::from_hms_opt(12, 0, 0).unwrap(),
        price: "1.25".parse().unwrap(),
    }
}

fn stored(spoil: impl Fn(&mut Vec<Loose>)) -> (tempfile::TempDir, Frame<Strict>) {
    let (folder, catalog): (_, Catalog) = catalog();
    let mut rows: Vec<Loose> = (0..48).map(row).collect();
    spoil(&mut rows);
    let _ = catalog.write(&rows, &AssetWrite::replace()).unwrap();
    let frame = frame::<Strict>(&catalog, Fetch::default()).unwrap();
    (folder, frame)
}

#[track_caller]
fn broken(spoil: impl Fn(&mut Vec<Loose>), expected: &str) {
    let (_folder, frame) = stored(spoil);
    let error = frame.collect().unwrap_err();
    assert!(matches!(error, Error::ChecksFailed { .. }), "{error}");
    assert!(error.to_string().contains(expected), "{error}");
    let by_query = frame.lazy().collect().unwrap_err();
    assert!(by_query.to_string().contains(expected), "{by_query}");
}

#[test]
fn rows_that_break_a_check_fail_a_query_and_are_named() {
    let (_folder, good) = stored(|_| ());
    assert_eq!(good.collect().unwrap().height(), 48);
    assert_eq!(good.lazy().collect().unwrap().height(), 48);

    broken(|rows| rows[30].level = 10, "column `level` breaks `range 0..10` in 1 row, first 30: 10");
    broken(|rows| rows[3].note = None, "column `note` breaks `not null` in 1 row, first 3: null");
    broken(
        |rows| rows[3].note = Some("hour 12345".to_owned()),
        "column `note` breaks `length 1..=8` in 1 row, first 3: hour 12345",
    );
    broken(
        |rows| rows[47].note = Some("day".to_owned()),
        "column `note` breaks `pattern \"^hour\"` in 1 row, first 47: day",
    );
    broken(|rows| rows[0].tags = vec!["a".to_owned(); 3], "column `tags` breaks");
    broken(|rows| rows[1].day = NaiveDate::from_ymd_opt(2023, 12, 31).unwrap(), "in 1 row, first 1: 2023-12-31");
    broken(|rows| rows[2].hour = NaiveTime::from_hms_opt(22, 0, 0).unwrap(), "in 1 row, first 2: 22:00:00");
    broken(|rows| rows[4].price = "0.49".parse().unwrap(), "in 1 row, first 4: 0.49");
}

#[test]
fn several_broken_checks_are_named_together() {
    let spoil = |rows: &mut Vec<Loose>| {
        rows[30].level = -1;
        rows[31].level = 11;
        rows[3].note = None;
    };
    broken(spoil, "column `level` breaks `range 0..10` in 2 rows, first 30: -1, 31: 11; column `note`");
}

#[test]
fn checks_judge_what_a_query_reads() {
    let (_folder, frame) = stored(|rows| rows[30].level = 99);
    let others = frame.lazy().select([col("id").sum()]).collect().unwrap();
    assert_eq!(others.height(), 1, "the column was not read");
    let first = frame.lazy().limit(20).collect().unwrap();
    assert_eq!(first.height(), 20, "the row was not read");
    let low = frame.lazy().filter(col("level").lt(lit(10))).collect().unwrap();
    assert_eq!(low.height(), 47, "the row is not wanted");
    assert!(frame.lazy().filter(col("level").gt(lit(10))).collect().is_err());
}

#[test]
fn checks_do_not_hinder_what_reaches_the_files() {
    let (_folder, frame) = stored(|_| ());
    let plan = frame.lazy().filter(col("level").eq(lit(5))).select([col("level").sum()]).explain(true).unwrap();
    assert!(plan.contains("checks of the model"), "{plan}");
    assert!(plan.contains("PROJECT 1/8 COLUMNS") && plan.contains("SELECTION") && !plan.contains("FILTER"), "{plan}");
}

#[test]
fn checks_that_are_not_asked_are_named() {
    let (_folder, frame) = stored(|_| ());
    let skipped: Vec<String> = frame.skipped_checks().map(|(column, check)| format!("{column}: {check}")).collect();
    assert_eq!(skipped, ["timestamp: strictly monotonic", "id: unique", "id: with is_even"]);
}

#[test]
fn columns_that_are_left_out_are_not_asked() {
    let (_folder, catalog) = catalog();
    write_days(&catalog, 1);
    let fetch = Fetch::default().columns(["station"]);
    let found = frame::<frames::Weather>(&catalog, fetch).unwrap().collect().unwrap();
    assert_eq!((found.height(), found.width()), (24, 1));
    assert_eq!(reading(3).station, 1);
}
