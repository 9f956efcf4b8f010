//! Ids, names and queries that look like SQL, or try to reach what they were not given.
#![cfg(feature = "datafusion")]
#![allow(clippy::unwrap_used, reason = "helpers of tests panic")]

mod common;

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::datatypes::Int64Type;
use common::{define, engine, store, times};
use varvite_feature::{EntityRows, Error, FeatureStore, HistoricalOptions, WriteMode};
use varvite_schema::{DataType, SourceSchema, VirtualSchema};
use varvite_storage::{MemoryStorage, StoragePath};

const NASTY: [&str; 9] = [
    "o'brien",
    "x' OR '1'='1",
    "a\"b",
    "a;DROP TABLE visits--",
    "$as_of",
    "/* */",
    "\\",
    "naïve\u{202e}",
    "line\nbreak",
];

/// A store whose source and columns have names that look like SQL.
fn nasty_store() -> FeatureStore {
    let store = FeatureStore::at(Arc::new(MemoryStorage::new()), StoragePath::root()).unwrap();
    let store = store.with_virtual(Arc::new(engine()));
    let source = SourceSchema::builder("visits")
        .event_time("when")
        .column("select", DataType::String)
        .column("when", "timestamp[us,UTC]");
    store.register_source(&source.build().unwrap()).unwrap();
    let who: ArrayRef = Arc::new(StringArray::from_iter_values(NASTY.iter().flat_map(|name| [*name, *name])));
    let when = times((0..).take(2 * NASTY.len()).map(Some));
    let rows = RecordBatch::try_from_iter([("select", who), ("when", when)]).unwrap();
    let _ = store.write_source("visits", &[rows], WriteMode::Append).unwrap();
    let sql = r#"SELECT "select", count(*) AS "or-1" FROM visits GROUP BY "select""#;
    let group = VirtualSchema::builder("calls").entity_key("select").source("visits").sql(sql);
    store.define_virtual_features(&group.feature("or-1", DataType::BigInt).build().unwrap()).unwrap();
    store
}

#[test]
fn ids_are_values_whatever_they_look_like() {
    let store = nasty_store();
    let asked: Vec<&str> = NASTY.iter().copied().chain(["nobody"]).collect();
    let who: ArrayRef = Arc::new(StringArray::from_iter_values(&asked));
    for each_row in [false, true] {
        let mut columns = vec![("select", who.clone())];
        let rows = |columns: Vec<(&str, ArrayRef)>| RecordBatch::try_from_iter(columns).unwrap();
        let entities = if each_row {
            columns.push(("at", times((100..).take(asked.len()).map(Some))));
            EntityRows::at_times(rows(columns), "at").unwrap()
        } else {
            EntityRows::at(rows(columns), common::at(100)).unwrap()
        };
        let found = store.get_historical_features(&entities, ["calls.or-1"], &HistoricalOptions::default()).unwrap();
        let found = found.to_batch().unwrap();
        let counts = found.column_by_name("or-1").unwrap().as_primitive::<Int64Type>();
        let expected = NASTY.iter().map(|_| Some(2)).chain([None]);
        assert_eq!(counts.iter().collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    }
}

#[test]
fn a_query_reads_its_sources_and_does_nothing_else() {
    let store = store();
    let refused = [
        "DROP TABLE purchases",
        "SELECT user_id, 1 AS n FROM purchases; DELETE FROM purchases",
        "SELECT user_id, 1 AS n FROM purchases INTO OUTFILE 'x'",
        "SELECT user_id, 1 AS n FROM '/etc/passwd'",
        "SELECT user_id, 1 AS n FROM read_csv('/etc/passwd')",
        "SELECT user_id, 1 AS n FROM information_schema.tables",
        "SELECT user_id, 1 AS n FROM others",
        "SELECT user_id, 1 AS n FROM purchases WHERE ts < now()",
        "SELECT user_id, random() AS n FROM purchases",
        "SELECT user_id, $secret AS n FROM purchases",
        "COPY (SELECT 1) TO 'x'",
        "SET x = 1",
        "EXPLAIN ANALYZE SELECT user_id, 1 AS n FROM purchases",
    ];
    for sql in refused {
        let error = define(&store, "g", sql).unwrap_err();
        assert!(matches!(error, Error::QueryInvalid { .. }), "{sql}: {error:?}");
    }
    assert!(store.registry().state().unwrap().definitions().virtual_groups().is_empty());
}

#[test]
fn what_a_query_lacks_is_named_with_what_there_is() {
    let store = store();
    for (sql, said) in [
        ("SELECT user_id, count(*) AS n FROM purchase GROUP BY user_id", "purchases"),
        ("SELECT user_id, sum(amuont) AS n FROM purchases GROUP BY user_id", "amount"),
        ("SELECT count(*) AS n FROM purchases", "user_id"),
    ] {
        let error = define(&store, "g", sql).unwrap_err().to_string();
        assert!(error.contains(said), "{sql}: {error}");
    }
}

#[test]
fn a_virtual_group_cannot_be_written() {
    let store = store();
    define(&store, "g", common::TOTALS).unwrap();
    let rows = RecordBatch::try_from_iter([("user_id", common::ids([1]))]).unwrap();
    let error = store.write("g", &[rows], WriteMode::Append).unwrap_err();
    assert!(matches!(error, Error::ReadOnly { .. }), "{error:?}");
}
