//! Schemas as plain values: fingerprints, what differs, configuration, JSON.

#![allow(clippy::unwrap_used, reason = "tests")]

use varvite_asset::chrono::{DateTime, Utc};
use varvite_asset::{CheckKind, Checker, ColumnDefault, FeatureModel, ModelSchema};

#[derive(FeatureModel)]
#[model(asset = "weather", resolution = "1d", time = timestamp)]
struct Weather {
    timestamp: DateTime<Utc>,
    #[model(key)]
    region: String,
    #[model(check(range = -90.0..=60.0, not_null))]
    temperature: f64,
    #[model(default)]
    humidity: Option<f64>,
    #[model(default = 1, check(one_of = [1, 2], with = is_small))]
    count: i32,
    tags: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "checks are given a reference")]
fn is_small(count: &i32) -> bool {
    *count < 100
}

fn rebuilt() -> ModelSchema {
    ModelSchema::builder("weather")
        .resolution("1d")
        .time("timestamp")
        .key("region")
        .column_of("timestamp", "timestamp[us, UTC]")
        .column_of("region", "text")
        .column_of("temperature", "f64")
        .column_of("humidity", "f64?")
        .column_of("count", "i32")
        .column_of("tags", "list<text>")
        .build()
        .unwrap()
}

#[test]
fn a_fingerprint_never_changes() {
    assert_eq!(Weather::schema().fingerprint(), "3f9f5a0c3a7c4188044adb2669c81fba");
    assert_eq!(rebuilt().fingerprint(), Weather::schema().fingerprint());
    let mut other = rebuilt();
    other.columns[3].nullable = false;
    assert_ne!(other.fingerprint(), rebuilt().fingerprint());
    let mut other = rebuilt();
    other.columns.swap(2, 3);
    assert_ne!(other.fingerprint(), rebuilt().fingerprint());
    assert_eq!(rebuilt().differences(&other).len(), 1);
}

#[test]
fn what_a_derive_makes_is_right() {
    assert_eq!(Weather::schema().problems(), Vec::<String>::new());
    assert_eq!(Weather::schema().differences(&rebuilt()), Vec::<String>::new());
}

#[test]
fn differences_are_said_in_words() {
    let other = ModelSchema::builder("weather")
        .column_of("timestamp", "timestamp[ns, UTC]")
        .column_of("region", "text")
        .column_of("temperature", "f64?")
        .column_of("wind", "f32")
        .build()
        .unwrap();
    assert_eq!(
        rebuilt().differences(&other),
        [
            "the asset was a feature one, and is a persistent one",
            "the time column was `timestamp`, and is none",
            "partition keys were region, and are none",
            "column `timestamp` was timestamp[us, UTC], and is timestamp[ns, UTC]",
            "column `temperature` was f64, and is f64?",
            "column `humidity` is gone",
            "column `count` is gone",
            "column `tags` is gone",
            "column `wind` (f32) is new",
        ]
    );
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let error = ModelSchema::builder("")
        .resolution("1d")
        .version(0)
        .time("t")
        .key("k")
        .column_of("a", "f64")
        .column_of("a", "text")
        .column_of("b", "float")
        .build();
    let message = error.unwrap_err().to_string();
    for part in [
        "column `b`: `float` is no type of a column",
        "the asset has no name",
        "versions are numbered from 1",
        "there is no time column `t`",
        "there is no key column `k`",
        "two columns are named `a`",
    ] {
        assert!(message.contains(part), "{part} in {message}");
    }
}

#[test]
fn a_schema_comes_back_from_json() {
    let text = Weather::schema().to_json().unwrap();
    let back = ModelSchema::from_json(&text).unwrap();
    assert_eq!(back.to_json().unwrap(), text);
    assert_eq!(back.fingerprint(), Weather::schema().fingerprint());
    assert_eq!(back.column("humidity").unwrap().default, ColumnDefault::Null);
    assert_eq!(back.column("region").unwrap().default, ColumnDefault::Required);
    assert_eq!(back.column("count").unwrap().default, ColumnDefault::Value(1.into()));
    let checks: Vec<String> = back.columns.iter().flat_map(|column| &column.checks).map(ToString::to_string).collect();
    assert_eq!(checks, ["range -90.0..=60.0", "not null", "one of 1, 2", "with is_small"]);
    assert!(matches!(back.column("count").unwrap().checks[1].kind, CheckKind::With { test: None, .. }));
    assert!(!Checker::new(&back).unwrap().is_empty());
}

#[test]
fn json_that_says_no_schema_is_refused() {
    let text = Weather::schema().to_json().unwrap();
    for (from, to, reason) in [
        ("\"feature\"", "\"fture\"", "no kind of asset"),
        ("\"f64\"", "\"f65\"", "no type of a column"),
        ("-90.0", "\"cold\"", "column `temperature`"),
        ("\"version\"", "\"verison\"", "unknown field"),
        ("\"default\": 1", "\"default\": \"x\"", "the default"),
    ] {
        assert!(text.contains(from), "{from} in {text}");
        let error = ModelSchema::from_json(&text.replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(reason), "{reason} in {error}");
    }
}
