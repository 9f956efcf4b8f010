//! The conformance cases that the project keeps: none fails.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use serde_json::Value;
use varvite_testkit::conformance::{
    CaseFile, Outcome, Stop, dataset, features, indexer, intersections, outcome, store,
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

/// What needs SQL is skipped, by name.
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
    assert_eq!(skipped, ["lineage-001", "virtual-001"]);
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
