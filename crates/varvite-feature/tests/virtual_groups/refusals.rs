//! What is refused, and what it says: queries that do not fit, writes, answers of the wrong shape.

use std::sync::Arc;

use varvite_feature::{Error, HistoricalOptions, WriteMode};
use varvite_schema::{AggregateFunction, SourceSchema, VirtualBuilder, VirtualSchema, WindowSchema};

use crate::engine::Engine;
use crate::world::{bare, bought, buys, entities, ints, rows, store};

#[track_caller]
fn refused(group: VirtualBuilder) -> String {
    let (store, _) = store();
    let before = store.registry().state().unwrap();
    let error = store.define_virtual_features(&group.build().unwrap()).unwrap_err();
    assert_eq!(store.registry().state().unwrap(), before);
    assert!(matches!(error, Error::QueryInvalid { .. }), "{error:?}");
    error.to_string()
}

#[test]
fn s17_a_query_is_one_select_of_its_sources() {
    let said = refused(buys().sql("SELECT user, count(*) AS n FROM purchases; DROP TABLE purchases"));
    assert_eq!(said, "the query of `buys@v1` cannot be used: there are 2 statements: write one SELECT");
    assert!(refused(buys().sql("DELETE FROM purchases")).contains("it is no query"));
    assert!(refused(buys().sql("SELEC user FROM purchases")).contains("Expected"));
    assert!(refused(buys().sql("SELECT user, sum(score) AS s FROM users")).contains("`users` is none of its sources"));
    let own = VirtualSchema::builder("buys").entity_key("user").source("purchases");
    let said = refused(own.query("n", "SELECT user, count(*) AS n FROM purchases").query("m", "DROP TABLE x"));
    assert_eq!(said, "the query of `buys@v1` cannot be used: feature `m`: it is no query: write one SELECT");
}

#[test]
fn s20_columns_that_a_query_does_not_give_are_suggested() {
    let said = refused(buys().entity_key("usr").feature("n", "string").open_feature("spent"));
    let expected = "the query of `buys@v1` cannot be used: the query gives no key `usr` (did you mean `user`?): it gives `user`; feature `n` is declared \
        as string, but the query gives bigint: cast it; the query gives no feature `spent` (did you mean `spend`?): it gives \
        `n`, `spend`";
    assert_eq!(said, expected);
    let said = refused(buys().event_time("at"));
    assert!(said.contains("gives no event time `at`: it gives `n`, `spend`"), "{said}");
    let said = refused(buys().event_time("at").sql("SELECT user, euros AS at, euros FROM purchases"));
    assert!(said.contains("event time `at` is Float64, which is no time"), "{said}");
    assert!(refused(buys().sql("SELECT user FROM purchases")).contains("keys alone"));
}

#[test]
fn floats_are_no_keys_and_names_can_be_asked_for() {
    let (store, _) = store();
    let define =
        |group: VirtualBuilder| store.define_virtual_features(&group.build().unwrap()).unwrap_err().to_string();
    let float = VirtualSchema::builder("v").entity_key("euros").source("purchases");
    assert!(define(float.sql("SELECT euros, count(*) AS n FROM purchases")).contains("floats cannot be keys"));
    let unnamed = define(buys().sql("SELECT user, count(*) FROM purchases"));
    assert!(unnamed.contains("feature `count(*)`: a column cannot be named like this"), "{unnamed}");
}

#[test]
fn what_is_computed_is_not_written() {
    let (store, _) = bought();
    let week = WindowSchema::builder("week", "users", "7d").entity_key("user").aggregate(
        AggregateFunction::Mean,
        "score",
        "m",
    );
    store.register_window(&week.build().unwrap()).unwrap();
    let some = [rows([("user", ints(vec![Some(1)]))])];
    for name in ["buys", "buys@v1", "week"] {
        let errors = [
            store.write(name, &some, WriteMode::Append).unwrap_err(),
            store.plan_write(name, &some, WriteMode::Upsert).unwrap_err(),
            store.delete(name, &some).unwrap_err(),
            store.remove_rows(name).unwrap_err(),
        ];
        for error in errors {
            assert_eq!((error.code(), error.kind().to_string().as_str()), ("VV0407", "VirtualizationQueryError"));
        }
    }
    // What is no group at all is still not there.
    assert_eq!(store.write("purchases", &some, WriteMode::Append).unwrap_err().code(), "VV0305");
}

#[test]
fn rows_elsewhere_are_not_ours() {
    let (store, _) = store();
    let source =
        SourceSchema::builder("logs").location("parquet:/data/logs").event_time("at").column("at", "timestamp");
    store.register_source(&source.column("user", "bigint").build().unwrap()).unwrap();
    let error = store.write_source("logs", &[rows([("user", ints(vec![Some(1)]))])], WriteMode::Append).unwrap_err();
    assert!(error.to_string().contains("its rows are at `parquet:/data/logs`"), "{error}");
    let window = WindowSchema::builder("w", "logs", "7d").entity_key("user").count("n").build().unwrap();
    let error = store.register_window(&window).unwrap_err();
    assert!(error.to_string().contains("`logs` is elsewhere (`parquet:/data/logs`)"), "{error}");
}

#[test]
fn a_read_needs_an_engine() {
    let (store, _) = bought();
    let options = HistoricalOptions::default();
    let alone = store.without_virtual();
    for error in [
        alone.get_historical_features(&entities(), ["buys.n"], &options).unwrap_err(),
        alone.explain(&entities(), ["buys.n"], &options).unwrap_err(),
    ] {
        assert!(matches!(error, Error::NoQueryEngine { .. }), "{error:?}");
    }
    // All else works.
    alone.get_historical_features(&entities(), ["users.score"], &options).unwrap();
    let unknown = bare().get_historical_features(&entities(), ["buys.n"], &options).unwrap_err();
    assert_eq!(unknown.code(), "VV0305");
}

#[test]
fn an_answer_of_another_shape_is_no_answer() {
    let (store, _) = bought();
    let store = store.with_virtual(Arc::new(Engine { forgetful: true, ..Engine::default() }));
    let error = store.get_historical_features(&entities(), ["buys.n"], &HistoricalOptions::default()).unwrap_err();
    let Error::SourceFailed { group, source } = &error else { panic!("{error:?}") };
    assert_eq!((group.as_str(), source.to_string().as_str()), ("buys@v1", "`n` has 4 values for 5 entity rows"));
}
