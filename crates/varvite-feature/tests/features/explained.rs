//! Where values come from, and why there are none: every reason (S02 to S08).

use varvite_feature::{
    EntityRows, ExplainedValue, Explanation, FeatureStore, HistoricalOptions, NullPolicy, Reason, WriteMode,
};
use varvite_schema::{FeatureGroupSchema, FeatureSchema};

use crate::world::{batch, ints, store, times, us};

/// Key, event, created, value: written one commit each.
fn store_of(rows: &[(i64, i64, Option<i64>, Option<i64>)], ttl: Option<&str>) -> FeatureStore {
    let store = store();
    let group = FeatureGroupSchema::builder("g").entity_key("k", "bigint").event_time("at").created_time("made");
    let group = group.feature(FeatureSchema::builder("v", "bigint"));
    let group = ttl.map_or(group.clone(), |ttl| group.ttl(ttl));
    store.register(&group.build().unwrap()).unwrap();
    for (key, event, created, value) in rows {
        let table =
            batch([("k", ints([*key])), ("at", times([*event])), ("made", times([*created])), ("v", ints([*value]))]);
        let _ = store.write("g", &[table], WriteMode::Append).unwrap();
    }
    store
}

fn explained(store: &FeatureStore, asked: &[(Option<i64>, Option<i64>)], options: &HistoricalOptions) -> Explanation {
    let spine = batch([("k", ints(asked.iter().map(|row| row.0))), ("t", times(asked.iter().map(|row| row.1)))]);
    let entities = EntityRows::at_times(spine, "t").unwrap();
    let explanation = store.explain(&entities, ["g.v"], options).unwrap();
    // What is explained is what is read.
    let read = store.get_historical_features(&entities, ["g.v"], options).unwrap().to_batch().unwrap();
    let values: Vec<String> =
        explanation.values.iter().map(|value| value.value.clone().unwrap_or_else(|| "-".to_owned())).collect();
    assert_eq!(values, crate::world::column(&read, "v"));
    explanation
}

fn summary(value: &ExplainedValue) -> (Reason, Option<i64>, Option<i128>) {
    (value.reason, value.commit, value.age_ns)
}

#[test]
fn every_reason_has_its_commit_and_age() {
    let rows =
        [(1, 10, Some(10), Some(5)), (1, 20, Some(50), Some(6)), (2, 10, Some(10), None), (3, 10, None, Some(7))];
    let store = store_of(&rows, Some("30us"));
    let known = HistoricalOptions::default().with_known_as_of(true);
    let asked = [
        (Some(1), Some(15)), // found
        (Some(1), Some(9)),  // before all
        (Some(1), Some(41)), // too old
        (Some(1), Some(60)),
        (Some(2), Some(12)),
        (Some(3), Some(12)),
        (Some(4), Some(12)),
        (None, Some(12)),
        (Some(1), None),
    ];
    let found = explained(&store, &asked, &known);
    let found: Vec<_> = found.values.iter().map(summary).collect();
    assert_eq!(
        found,
        [
            (Reason::Found, Some(0), Some(5000)),
            (Reason::NoRow, None, None),
            (Reason::TooOld, Some(0), Some(31_000)),
            (Reason::TooOld, Some(1), Some(40_000)),
            (Reason::NullInSource, Some(2), Some(2000)),
            (Reason::NotYetKnown, Some(3), Some(2000)),
            (Reason::UnknownEntity, None, None),
            (Reason::NullKey, None, None),
            (Reason::NullKey, None, None),
        ]
    );
    // A correction that came late is behind what was known then.
    let late = explained(&store_of(&rows[1..2], None), &[(Some(1), Some(30))], &known);
    assert_eq!(summary(&late.values[0]), (Reason::NotYetKnown, Some(0), Some(10_000)));
    assert_eq!(
        late.to_string(),
        "row 0, v = null: the row was not known yet \
         [g@v1, commit 0, event 1970-01-01T00:00:00.000020Z, created 1970-01-01T00:00:00.000050Z, age 10us]"
    );
}

#[test]
fn s02_s03_the_winner_is_named() {
    // One time, three commits: the one created last wins, then the later commit.
    let rows =
        [(1, 10, Some(30), Some(1)), (1, 10, None, Some(2)), (1, 10, Some(30), Some(3)), (1, 10, Some(5), Some(4))];
    let store = store_of(&rows, None);
    let found = explained(&store, &[(Some(1), Some(10)), (Some(1), Some(29))], &HistoricalOptions::default());
    assert_eq!(found.values[0].commit, Some(2));
    assert_eq!(found.values[0].value.as_deref(), Some("3"));
    assert_eq!(found.values[0].created_time.as_deref(), Some("1970-01-01T00:00:00.000030Z"));
    let strict = HistoricalOptions::default().with_allow_exact_match(false);
    let found = explained(&store, &[(Some(1), Some(10)), (Some(1), Some(11))], &strict);
    assert_eq!((found.values[0].reason, found.values[1].commit), (Reason::NoRow, Some(2)));
    let known = HistoricalOptions::default().with_known_as_of(true);
    let found = explained(&store, &[(Some(1), Some(29)), (Some(1), Some(30))], &known);
    assert_eq!((found.values[0].commit, found.values[1].commit), (Some(3), Some(2)));
}

#[test]
fn s04_the_last_known_value_is_named_under_the_same_limits() {
    let rows = [(1, 10, Some(10), Some(1)), (1, 20, Some(20), None), (2, 20, Some(20), None)];
    let store = store_of(&rows, Some("15us"));
    let last = HistoricalOptions::default().with_null_policy(NullPolicy::LastKnown);
    let found = explained(&store, &[(Some(1), Some(25)), (Some(1), Some(26)), (Some(2), Some(25))], &last);
    let reasons: Vec<_> = found.values.iter().map(summary).collect();
    assert_eq!(
        reasons,
        [
            (Reason::Found, Some(0), Some(15_000)),
            (Reason::NullInSource, Some(1), Some(6000)),
            (Reason::NullInSource, Some(2), Some(5000)),
        ]
    );
}

#[test]
fn s05_tolerance_narrows_and_is_told() {
    let store = store_of(&[(1, 10, None, Some(1))], Some("20us"));
    let reason = |at: i64, tolerance: i64| {
        let options = HistoricalOptions::default().with_tolerance_ns(tolerance);
        explained(&store, &[(Some(1), Some(at))], &options).values[0].reason
    };
    assert_eq!((reason(10, 0), reason(11, 0)), (Reason::Found, Reason::TooOld));
    assert_eq!((reason(30, 99_000), reason(31, 99_000)), (Reason::Found, Reason::TooOld), "never wider than the TTL");
    let entities = EntityRows::at(batch([("k", ints([1]))]), us(5)).unwrap();
    let negative = HistoricalOptions::default().with_tolerance_ns(-1);
    assert_eq!(store.get_historical_features(&entities, ["g.v"], &negative).unwrap_err().code(), "VV0424");
    assert_eq!(store.explain(&entities, ["g.v"], &negative).unwrap_err().code(), "VV0424");
}
