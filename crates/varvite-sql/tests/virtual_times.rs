//! Entity rows are each answered as of their own time, whichever way is taken.
#![cfg(feature = "datafusion")]
#![allow(clippy::unwrap_used, reason = "helpers of tests panic")]

mod common;

use common::{Purchase, buy, define, read, read_with, store};
use proptest::prelude::*;
use varvite_feature::HistoricalOptions;
use varvite_schema::VirtualSchema;

/// The same answers without the shape that one pass needs.
const TIME_BY_TIME: &str =
    "WITH p AS (SELECT * FROM purchases) SELECT user_id, count(*) AS n, sum(amount) AS spend FROM p GROUP BY user_id";

fn totals(purchases: &[Purchase], user: i64, until: Option<i64>) -> (Option<i64>, Option<f64>) {
    let seen = purchases.iter().filter(|(who, at, _)| *who == user && until.is_some_and(|until| *at <= until));
    let seen: Vec<&Purchase> = seen.collect();
    let amounts: Vec<f64> = seen.iter().filter_map(|(.., amount)| *amount).collect();
    let count = (!seen.is_empty()).then(|| i64::try_from(seen.len()).unwrap());
    (count, (!amounts.is_empty()).then(|| amounts.iter().sum()))
}

fn purchases() -> impl Strategy<Value = Vec<Purchase>> {
    // Whole amounts, so that sums in any order are the same.
    let amount = proptest::option::of((-50_i32..50).prop_map(f64::from));
    proptest::collection::vec((0..4_i64, 0..20_i64, amount), 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn totals_are_those_of_rows_up_to_each_time(
        purchases in purchases(),
        asked in proptest::collection::vec((0..5_i64, proptest::option::of(-2..22_i64)), 1..30),
    ) {
        let store = store();
        if !purchases.is_empty() {
            buy(&store, &purchases);
        }
        define(&store, "once", common::TOTALS).unwrap();
        define(&store, "often", TIME_BY_TIME).unwrap();
        let expected: Vec<_> = asked.iter().map(|(user, at)| totals(&purchases, *user, *at)).collect();
        prop_assert_eq!(&read(&store, &asked, ["once.n", "once.spend"]).unwrap(), &expected);
        prop_assert_eq!(&read(&store, &asked, ["often.n", "often.spend"]).unwrap(), &expected);
    }

    #[test]
    fn the_newest_row_answers_within_its_time_to_live(
        purchases in purchases(),
        asked in proptest::collection::vec((0..5_i64, proptest::option::of(-2..22_i64)), 1..30),
        strict in any::<bool>(),
    ) {
        // One row a user and time, for of two rows of one time the engine's order would decide.
        let mut purchases = purchases;
        purchases.sort_by_key(|(user, at, _)| (*user, *at));
        purchases.dedup_by_key(|(user, at, _)| (*user, *at));
        let store = store();
        if !purchases.is_empty() {
            buy(&store, &purchases);
        }
        for (name, from) in [("once", "purchases"), ("often", "(SELECT * FROM purchases) AS p")] {
            let sql = format!("SELECT user_id, ts, user_id * 100 AS n, amount AS spend FROM {from}");
            let group = VirtualSchema::builder(name).entity_key("user_id").source("purchases").sql(sql);
            store.define_virtual_features(&group.event_time("ts").ttl("5us").build().unwrap()).unwrap();
        }
        let options = HistoricalOptions::default().with_allow_exact_match(!strict);
        let expected: Vec<_> = asked.iter().map(|(user, at)| {
            let is_seen = |(who, bought, _): &&Purchase| {
                let Some(at) = *at else { return false };
                *who == *user && (*bought < at || (*bought == at && !strict)) && at - *bought <= 5
            };
            let newest = purchases.iter().filter(is_seen).max_by_key(|(_, bought, _)| *bought);
            (newest.map(|_| *user * 100), newest.and_then(|(.., amount)| *amount))
        }).collect();
        for name in ["once", "often"] {
            let features = [format!("{name}.n"), format!("{name}.spend")];
            let found = read_with(&store, &asked, [&features[0], &features[1]], &options).unwrap();
            prop_assert_eq!(&found, &expected, "{}", name);
        }
    }
}

#[test]
fn rows_after_a_time_are_gone_before_the_query_sees_them() {
    let store = store();
    buy(&store, &[(1, 10, Some(1.0)), (1, 20, Some(100.0))]);
    // A filter of the query's own that would let the future in.
    let sql = "SELECT user_id, count(*) AS n, max(amount) AS spend FROM purchases WHERE ts >= $as_of OR true GROUP BY user_id";
    define(&store, "peeking", sql).unwrap();
    let found = read(&store, &[(1, Some(10)), (1, Some(20))], ["peeking.n", "peeking.spend"]).unwrap();
    assert_eq!(found, [(Some(1), Some(1.0)), (Some(2), Some(100.0))]);
}

#[test]
fn two_rows_of_one_key_are_told_by_the_key() {
    let store = store();
    buy(&store, &[(7, 10, Some(1.0)), (7, 20, Some(2.0))]);
    define(&store, "rows", "SELECT user_id, user_id AS n, amount AS spend FROM purchases").unwrap();
    let error = read(&store, &[(7, Some(30))], ["rows.n", "rows.spend"]).unwrap_err().to_string();
    assert!(error.contains("several rows for user_id = 7"), "{error}");
}
