//! Copies of virtual groups answer where they give the same answer, and nowhere else.
#![cfg(feature = "datafusion")]
#![allow(clippy::unwrap_used, reason = "helpers of tests panic")]

mod common;

use std::time::Duration;

use common::{at, buy, define, engine, read, store_with};
use proptest::prelude::*;
use varvite_feature::{EntityRows, HistoricalOptions};
use varvite_sql::Strategy as Way;

const FEATURES: [&str; 2] = ["totals.n", "totals.spend"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_way_that_is_taken_never_changes_the_answer(
        first in proptest::collection::vec((0..3_i64, 0..20_i64, proptest::option::of((0..9_i32).prop_map(f64::from))), 1..20),
        later in proptest::collection::vec((0..3_i64, 0..40_i64, proptest::option::of((0..9_i32).prop_map(f64::from))), 0..6),
        copied in proptest::collection::vec(0..40_i64, 1..4),
        asked in proptest::collection::vec((0..4_i64, proptest::option::of(0..45_i64)), 1..12),
    ) {
        let (store, features) = store_with(engine().with_strategy(Way::Automatic));
        buy(&store, &first);
        define(&store, "totals", common::TOTALS).unwrap();
        let times: Vec<_> = copied.iter().map(|us| at(*us)).collect();
        let _ = features.materialize(&store, "totals", &times).unwrap();
        if !later.is_empty() {
            buy(&store, &later);
        }
        let computing = store.with_virtual(std::sync::Arc::new(engine()));
        let computed = read(&computing, &asked, FEATURES).unwrap();
        for _ in 0..2 {
            prop_assert_eq!(&read(&store, &asked, FEATURES).unwrap(), &computed);
            // Made again where late rows came, the copies of all times are read.
            let _ = features.materialize(&store, "totals", &times).unwrap();
        }
    }
}

#[test]
fn only_copies_that_late_rows_concern_are_made_again() {
    let (store, features) = store_with(engine());
    buy(&store, &[(1, 10, Some(1.0)), (1, 30, Some(2.0))]);
    define(&store, "totals", common::TOTALS).unwrap();
    let times = [at(5), at(15), at(35)];
    let made = features.materialize(&store, "totals", &times).unwrap();
    assert_eq!((made.made, made.kept, made.rows), (3, 0, 2));
    let again = features.materialize(&store, "totals", &times).unwrap();
    assert_eq!((again.made, again.kept), (0, 3));
    buy(&store, &[(2, 40, Some(1.0))]);
    let newer = features.materialize(&store, "totals", &[at(5), at(15)]).unwrap();
    assert_eq!((newer.made, newer.kept), (0, 2), "rows after a copy are no part of it");
}

#[test]
fn a_copy_that_is_asked_for_and_stale_is_an_error() {
    let (store, features) = store_with(engine().with_strategy(Way::Materialized));
    buy(&store, &[(1, 10, Some(1.0))]);
    define(&store, "totals", common::TOTALS).unwrap();
    let error = read(&store, &[(1, Some(20))], FEATURES).unwrap_err().to_string();
    assert!(error.contains("totals@v1"), "{error}");
    let _ = features.materialize(&store, "totals", &[at(20)]).unwrap();
    assert_eq!(read(&store, &[(1, Some(20))], FEATURES).unwrap(), [(Some(1), Some(1.0))]);
    assert_eq!(read(&store, &[(1, Some(25))], FEATURES).unwrap(), [(Some(1), Some(1.0))], "nothing has happened since");
    buy(&store, &[(1, 22, Some(5.0))]);
    assert!(read(&store, &[(1, Some(25))], FEATURES).is_err());
    let stale = engine().with_strategy(Way::Materialized).with_max_staleness(Duration::from_micros(5));
    let stale = store.with_virtual(std::sync::Arc::new(stale));
    assert_eq!(read(&stale, &[(1, Some(25))], FEATURES).unwrap(), [(Some(1), Some(1.0))]);
}

#[test]
fn explain_tells_which_way_is_taken_and_why() {
    let (store, features) = store_with(engine().with_strategy(Way::Automatic));
    buy(&store, &[(1, 10, Some(1.0))]);
    define(&store, "totals", common::TOTALS).unwrap();
    let explained = || {
        let rows = arrow::array::RecordBatch::try_from_iter([("user_id", common::ids([1]))]).unwrap();
        let entities = EntityRows::at(rows, at(20)).unwrap();
        store.explain(&entities, ["totals.n"], &HistoricalOptions::default()).unwrap().to_string()
    };
    assert!(explained().contains("computed: it has no copy"), "{}", explained());
    let _ = features.materialize(&store, "totals", &[at(15)]).unwrap();
    assert!(explained().contains("read from its copy"), "{}", explained());
    buy(&store, &[(1, 12, Some(1.0))]);
    assert!(explained().contains("sources have changed"), "{}", explained());
}
