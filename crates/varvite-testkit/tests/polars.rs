//! Cases of lazy frames: none fails, none is skipped.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use varvite_testkit::conformance::{Outcome, asset, outcome};

#[test]
fn frames() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/asset");
    let mut frames = asset::cases(&[folder]).unwrap();
    frames.retain(|case| case["group"] == "frame");
    assert!(!frames.is_empty());
    for case in frames {
        assert_eq!(outcome(&case, asset::run), Outcome::Passed, "{}", case["id"]);
        let mut wrong = case.clone();
        wrong["varvite"]["error"] = "VersionNotFound".into();
        assert!(matches!(outcome(&wrong, asset::run), Outcome::Failed(_)), "{}", case["id"]);
    }
}
