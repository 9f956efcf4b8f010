//! Forged datasets, whose hashes fit, give errors or rows: no panic, no hang, no more memory than stated.
//!
//! Some hundreds of cases by default. By hand:
//!
//! ```text
//! VARVITE_FORGED=10000 cargo test --release -p varvite-testkit --test damage_forged -- --nocapture
//! VARVITE_SEED=7 VARVITE_CASE=123 cargo test -p varvite-testkit --test damage_forged -- --nocapture
//! ```
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod campaign;

use std::collections::BTreeMap;

use varvite_testkit::forge;

/// What is stated: a row may take 1 GiB, and what it is decoded from as much.
const MEMORY: usize = 2 << 30;
const CASES: u64 = 200;

#[test]
fn forgery_does_no_harm() {
    let mut outcomes: BTreeMap<(forge::Forgery, &str), u64> = BTreeMap::new();
    let count = |(forgery, [read, written]): (forge::Forgery, [Option<&'static str>; 2])| {
        *outcomes.entry((forgery, read.or(written).unwrap_or("rows"))).or_default() += 1;
    };
    let ended = campaign::run("VARVITE_FORGED", CASES, MEMORY, forge::run, count);
    for ((forgery, outcome), count) in &outcomes {
        println!("{:<20} {outcome:<8} {count:>6}", forgery.to_string());
    }
    println!("{ended}");
    assert_eq!(ended.failed, 0, "cases that failed");
}
