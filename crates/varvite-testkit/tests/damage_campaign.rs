//! Damaged datasets say so, or give the rows of one committed version.
//!
//! Some hundreds of cases by default. By hand:
//!
//! ```text
//! VARVITE_DAMAGE=10000 cargo test --release -p varvite-testkit --test damage_campaign -- --nocapture
//! VARVITE_SEED=7 VARVITE_CASE=123 cargo test -p varvite-testkit --test damage_campaign -- --nocapture
//! ```
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod campaign;

use varvite_testkit::damage::{self, Table};

/// Memory that a case may take beyond its own files: most of them have some kilobytes, a few some megabytes.
const MEMORY: usize = 64 << 20;
const CASES: u64 = 150;

#[test]
fn damage_is_reported_or_harmless() {
    let mut table = Table::default();
    let ended =
        campaign::run("VARVITE_DAMAGE", CASES, MEMORY, damage::run, |(change, outcome)| table.add(&change, &outcome));
    println!("{table}\n\n{ended}");
    // Nothing that is damaged is ever decoded: there is no panic to be caught inside either.
    assert_eq!((ended.failed, ended.panics), (0, 0), "cases that failed, and panics");
}
