//! Random sequences of writes, with all parameters, against a sorted `Vec`.
//!
//! 2,000 of them by default; `VARVITE_SEQUENCES=100000 cargo test --release -p varvite-testkit --test sequences` for more.
#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use varvite_testkit::sequence::sequences;

#[test]
fn a_dataset_is_a_sorted_vec() {
    let cases = std::env::var("VARVITE_SEQUENCES").ok().and_then(|text| text.parse().ok()).unwrap_or(2_000);
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) };
    let run = TestRunner::new(config)
        .run(&sequences(), |sequence| sequence.run().map_err(|error| TestCaseError::fail(format!("{error:#}"))));
    if let Err(error) = run {
        panic!("{error}");
    }
}
