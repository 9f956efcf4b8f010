//! The conformance cases that the project keeps: none fails.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::sync::Arc;

use arrow::array::ArrayRef;
use serde_json::Value;
use varvite_feature::{Error, FeatureStore, SourceTable, VirtualDefinition, VirtualReader, VirtualRequest};
use varvite_schema::VirtualSchema;
use varvite_testkit::conformance::{
    CaseFile, Outcome, Stop, asof, asset, dataflow, dataset, features, indexer, intersections, outcome, segagg, store,
};

fn cases(name: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases").join(name);
    serde_json::from_str::<CaseFile>(&std::fs::read_to_string(path).unwrap()).unwrap().cases
}

fn check(name: &str, run: fn(&Value) -> Result<(), Stop>) {
    for case in cases(name) {
        let outcome = outcome(&case, run);
        assert_eq!(outcome, Outcome::Passed, "{}", case["id"]);
    }
}

#[test]
fn writes() {
    check("write.json", dataset::run);
}

#[test]
fn random_writes() {
    check("write_fuzz.json", dataset::run);
}

#[test]
fn walks() {
    check("intersections.json", intersections::run);
}

#[test]
fn stores() {
    check("store.json", store::run);
}

#[test]
fn merges_as_of() {
    check("asof.json", asof::run);
}

#[test]
fn aggregations() {
    check("segagg.json", segagg::run);
}

#[test]
fn wrong_expectations_of_operators_fail() {
    let wrong = |name: &str, at: usize, run: fn(&Value) -> Result<(), Stop>, from: &str, to: &str| {
        let text = cases(name)[at].to_string();
        assert!(text.contains(from), "{text}");
        let case: Value = serde_json::from_str(&text.replacen(from, to, 1)).unwrap();
        assert!(matches!(outcome(&case, run), Outcome::Failed(_)), "{name} {at}: {from} -> {to}");
    };
    wrong("asof.json", 0, asof::run, "\"a\":[2.0,3.0]", "\"a\":[2.0,2.0]");
    wrong("asof.json", 1, asof::run, "\"a_2\":[0,0]", "\"a_2\":[0,null]");
    wrong("asof.json", 2, asof::run, "\"a\":[10.0,2.0]", "\"b\":[10.0,2.0]");
    wrong("asof.json", 2, asof::run, "\"combinations\":[[0]", "\"combinations\":[[1]");
    wrong("segagg.json", 0, segagg::run, "\"first\":[1,4,null", "\"first\":[1,4,0");
    wrong("segagg.json", 0, segagg::run, "\"n_rows\":3", "\"n_rows\":2");
    wrong("segagg.json", 0, segagg::run, "\"closed\":\"left\"", "\"closed\":\"right\"");
    wrong("segagg.json", 1, segagg::run, "\"freq\":\"5min\"", "\"freq\":\"10min\"");
    wrong("segagg.json", 3, segagg::run, "\"s\":[0]", "\"s\":[null]");
}

#[test]
fn the_test_of_keys_is_up_to_date() {
    let made = indexer::generate(&cases("indexer.json")).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/indexer.rs");
    let stored = std::fs::read_to_string(path).unwrap();
    let plain = |code: &str| {
        code.split_whitespace().collect::<String>().replace(",)", ")").replace(",}", "}").replace(",]", "]")
    };
    assert_eq!(plain(&stored), plain(&made), "make it anew: conformance indexer cases/indexer.json > tests/indexer.rs");
}

/// A runner that says yes to everything would pass, too: each wrong expectation is found.
#[test]
fn wrong_expectations_fail() {
    let wrong = |name: &str, run: fn(&Value) -> Result<(), Stop>, from: &str, to: &str| {
        let text = cases(name)[0].to_string();
        assert!(text.contains(from), "{text}");
        let case: Value = serde_json::from_str(&text.replacen(from, to, 1)).unwrap();
        assert!(matches!(outcome(&case, run), Outcome::Failed(_)), "{from} -> {to}");
    };
    wrong("write.json", dataset::run, "\"rows\":{\"t\":[0,1", "\"rows\":{\"t\":[0,2");
    wrong("write.json", dataset::run, "\"n_rows\":9", "\"n_rows\":8");
    wrong("write.json", dataset::run, "\"key_value_metadata\":{}", "\"key_value_metadata\":{\"a\":\"b\"}");
    wrong("intersections.json", intersections::run, "\"chunks\":[{\"a\":{\"t\":[1]", "\"chunks\":[{\"a\":{\"t\":[2]");
    wrong("store.json", store::run, "[\"a\",9]", "[\"a\",8]");
}

/// What needs a query engine is skipped, by name, where there is none.
#[test]
fn features() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/features");
    let mut skipped = Vec::new();
    for case in features::cases(&[folder]).unwrap() {
        let id = case["id"].as_str().unwrap().to_owned();
        match outcome(&case, features::run) {
            Outcome::Passed => {}
            Outcome::Failed(reason) => panic!("{id}: {reason}"),
            Outcome::Skipped(_) => skipped.push(id),
        }
    }
    let expected: &[&str] = if cfg!(feature = "sql") { &[] } else { &["lineage-001", "virtual-001"] };
    assert_eq!(skipped, expected);
}

/// An engine that refuses every definition.
struct Refusing;

impl VirtualReader for Refusing {
    fn define(&self, group: &VirtualSchema, _: &[SourceTable], _: &FeatureStore) -> Result<VirtualDefinition, Error> {
        Err(Error::QueryInvalid { group: group.id(), reason: "not today".to_owned() })
    }

    fn read(&self, request: &VirtualRequest<'_>, _: &FeatureStore) -> Result<Vec<ArrayRef>, Error> {
        Err(Error::QueryInvalid { group: request.group.id(), reason: "not today".to_owned() })
    }

    fn explain(&self, request: &VirtualRequest<'_>, _: &FeatureStore) -> Result<String, Error> {
        Err(Error::QueryInvalid { group: request.group.id(), reason: "not today".to_owned() })
    }
}

#[test]
fn the_engine_that_is_given_is_asked() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/features/virtual-001");
    let mut case = features::cases(&[folder]).unwrap().remove(0);
    let with = |case: &Value| outcome(case, |case| features::run_with(case, Some(Arc::new(Refusing))));
    let Outcome::Failed(reason) = with(&case) else { panic!("it was not asked") };
    assert!(reason.contains("the query of `user_buys@v1` cannot be used: not today"), "{reason}");
    let steps = case["steps"].as_array_mut().unwrap();
    steps.truncate(2);
    steps[1]["expect"] = serde_json::json!({ "error": "QueryInvalid" });
    assert_eq!(with(&case), Outcome::Passed);
    let skipped = outcome(&case, |case| features::run_with(case, None));
    assert_eq!(skipped, Outcome::Skipped("virtual groups need a query engine, and none was given".to_owned()));
}

#[test]
fn wrong_expectations_of_features_fail() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/features/ttl-003");
    let case = features::cases(&[folder]).unwrap().remove(0);
    let wrong = |step: usize, change: fn(&mut Value)| {
        let mut case = case.clone();
        change(&mut case["steps"][step]["expect"]);
        assert!(matches!(outcome(&case, features::run), Outcome::Failed(_)), "step {step}");
    };
    wrong(0, |expect| expect["outcome"] = "updated".into());
    wrong(1, |expect| expect["rows"] = 5.into());
    wrong(1, |expect| *expect = serde_json::json!({ "error": "NullKey" }));
    wrong(2, |expect| expect["table"]["file"] = "spine.parquet".into());
}

/// Frames without their feature are skipped, by name.
#[test]
fn assets() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/asset");
    let mut skipped = Vec::new();
    for case in asset::cases(&[file]).unwrap() {
        let id = case["id"].as_str().unwrap().to_owned();
        match outcome(&case, asset::run) {
            Outcome::Passed => {}
            Outcome::Failed(reason) => panic!("{id}: {reason}"),
            Outcome::Skipped(_) => skipped.push(id),
        }
    }
    let expected: &[&str] = if cfg!(feature = "polars") { &[] } else { &["frame-04"] };
    assert_eq!(skipped, expected);
}

#[test]
fn wrong_expectations_of_assets_fail() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/asset");
    let cases = asset::cases(&[file]).unwrap();
    let wrong = |id: &str, from: &str, to: &str| {
        let mut case = cases.iter().find(|case| case["id"] == id).unwrap().clone();
        for said in ["varvite", "hyperion"] {
            let text = case[said].to_string();
            if text.contains(from) {
                case[said] = serde_json::from_str(&text.replacen(from, to, 1)).unwrap();
                assert!(matches!(outcome(&case, asset::run), Outcome::Failed(_)), "{id}: {from} -> {to}");
                return;
            }
        }
        panic!("{id} has no {from}");
    };
    wrong("parse-12", "InvalidResolution", "InvalidRange");
    wrong("bucket-31", "2025-02-06", "2025-02-05");
    wrong("bucket-31", "2025-02-04", "2025-02-05");
    wrong("truncate-02", "03:04:00", "03:04:01");
    wrong("plan-20", "2025-01-27", "2025-01-28");
    wrong("plan-29", "2025-02-07", "2025-02-08");
    wrong("plan-25", "\"half_open\"]", "\"closed\"]");
    wrong("resolve-06", "unbounded", "2025-01-01T00:00:00Z");
    wrong("fetch-15", "2025-01-05T00:00:00+00:00\"]", "2025-01-06T00:00:00+00:00\"]");
    wrong("fetch-06", "\"missing\":[]", "\"missing\":[[\"2025-01-09T00:00:00Z\",\"2025-01-10T00:00:00Z\"]]");
    wrong("path-02", "v3.avro", "v2.avro");
    wrong("latest-01", "11.0", "10.0");
    wrong("repartition-08", "2025-01-02T12", "2025-01-02T13");
    wrong("datalake-02", "2025-02-01", "2025-02-02");
    wrong("state-03", "6", "5");
    wrong("cache-01", "2.0", "1.0");
}

fn dataflow_cases() -> Vec<Value> {
    dataflow::cases(&[Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/dataflow.jsonl")]).unwrap()
}

#[test]
fn dataflows() {
    for case in dataflow_cases() {
        assert_eq!(outcome(&case, dataflow::run), Outcome::Passed, "{}", case["id"]);
    }
}

#[test]
fn wrong_expectations_of_dataflows_fail() {
    let wrong = |id: &str, from: &str, to: &str| {
        let case = dataflow_cases().into_iter().find(|case| case["id"] == id).unwrap().to_string();
        assert!(case.contains(from), "{case}");
        let case: Value = serde_json::from_str(&case.replace(from, to)).unwrap();
        assert!(matches!(outcome(&case, dataflow::run), Outcome::Failed(_)), "{id}: {from} -> {to}");
    };
    wrong("basic-03", "\"c\":12", "\"c\":13");
    wrong("basic-13", "\"did_you_mean\":\"d\"", "\"did_you_mean\":\"a\"");
    wrong("context-01", "38.4", "38.5");
    wrong("dynamic-02", "\"tot\":1", "\"tot\":2");
    wrong("lineage-04", "\"names\":[\"a\",\"b\"]", "\"names\":[\"a\"]");
    wrong("types-05", "\"phase\":\"build\"", "\"phase\":\"run\"");
}
