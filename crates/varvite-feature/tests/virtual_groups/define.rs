//! What registering a virtual group stores: types, lineage, one revision.

use std::sync::Arc;

use varvite_feature::{Direction, FeatureStore, HistoricalOptions, LineageKind, Query, Reach};
use varvite_schema::{
    DataType, DefinitionParts, Definitions, FeatureService, OnDemandSchema, Outcome, SourceSchema, VirtualSchema,
};

use crate::engine::Engine;
use crate::world::{BUYS, bare, bought, buys, ints_of, read, store};

#[track_caller]
fn lineage(store: &FeatureStore, node: &str, direction: Direction, kind: LineageKind) -> Vec<String> {
    let state = store.registry().state().unwrap();
    let found = state.lineage(&node.parse().unwrap(), direction, kind, Reach::Transitive).unwrap();
    found.into_iter().map(|node| node.to_string()).collect()
}

#[test]
fn s17_types_are_those_of_the_query() {
    let (store, _) = store();
    let before = store.registry().state().unwrap().revision();
    assert_eq!(store.define_virtual_features(&buys().build().unwrap()).unwrap(), Outcome::Created);
    let state = store.registry().state().unwrap();
    assert_eq!(state.revision(), before + 1);
    let found = &state.definitions().virtual_groups()[0];
    assert!(!found.is_open());
    assert_eq!(found.entity_keys()[0].to_string(), "user bigint");
    let features: Vec<String> = found.features().iter().map(ToString::to_string).collect();
    assert_eq!(features, ["n bigint", "spend double"]);
    // What is declared wider than what the query gives is taken.
    let group = VirtualSchema::builder("levels").entity_key("user").source("purchases").event_time("at");
    let group = group.sql("SELECT user, at, level FROM purchases").feature("level", DataType::BigInt);
    assert_eq!(store.define_virtual_features(&group.build().unwrap()).unwrap(), Outcome::Created);
    assert_eq!(ints_of(&read(&store, &["levels.level"]), "level")[..3], [Some(3), None, Some(7)]);
}

#[test]
fn lineage_goes_down_to_columns() {
    use Direction::{Downstream, Upstream};
    use LineageKind::{Table, Value};
    let (store, _) = bought();
    assert_eq!(lineage(&store, "buys.spend", Upstream, Value), ["purchases.euros"]);
    assert_eq!(lineage(&store, "purchases.euros", Downstream, Value), ["buys.spend"]);
    assert_eq!(lineage(&store, "buys.n", Upstream, Table), ["purchases"]);
    assert_eq!(lineage(&store, "purchases", Downstream, Table), ["buys"]);
    assert_eq!(lineage(&store, "buys.n", Upstream, Value), Vec::<String>::new());
}

#[test]
fn s14_registering_again_changes_nothing_and_asks_no_engine() {
    let (store, _) = bought();
    let revision = store.registry().state().unwrap().revision();
    assert_eq!(store.define_virtual_features(&buys().build().unwrap()).unwrap(), Outcome::Unchanged);
    assert_eq!(store.registry().state().unwrap().revision(), revision);
    // Words alone need no engine.
    let store = store.without_virtual();
    let state = store.registry().state().unwrap();
    let change = store.plan_change(&state, &of(buys().owner("growth").build().unwrap())).unwrap();
    store.registry().commit(&state, change).unwrap();
    let state = store.registry().state().unwrap();
    assert_eq!(state.definitions().virtual_groups()[0].owner(), Some("growth"));
    assert_eq!(state.definitions().virtual_groups()[0].features().len(), 2);
    let other = buys().sql("SELECT user, count(*) AS n FROM purchases GROUP BY user").build().unwrap();
    // A change that a version does not take is refused before an engine is asked.
    let refused = store.define_virtual_features(&other).unwrap_err();
    assert_eq!(refused.code(), "VV0308", "{refused}");
}

fn of(group: VirtualSchema) -> Definitions {
    Definitions::from_parts(DefinitionParts { virtual_groups: vec![group], ..DefinitionParts::default() }).unwrap()
}

#[test]
fn a_file_has_sources_and_what_reads_them_together() {
    let (store, _) = store();
    let clicks = SourceSchema::builder("clicks").event_time("at").column("user", "bigint").column("ms", "double");
    let group = VirtualSchema::builder("seen").entity_key("user").source("clicks");
    let group = group.query("n", "SELECT user, count(*) AS n FROM clicks GROUP BY user");
    let group = group.query("ms", "SELECT user, sum(ms) AS ms FROM clicks GROUP BY user");
    let ratio = OnDemandSchema::builder("per_click").input("seen.ms").input("seen.n").expression("mean", "ms / n");
    let service = FeatureService::builder("churn").reference("seen.*").reference("per_click.mean");
    let wanted = Definitions::from_parts(DefinitionParts {
        sources: vec![clicks.build().unwrap()],
        virtual_groups: vec![group.build().unwrap()],
        on_demand: vec![ratio.build().unwrap()],
        services: vec![service.build().unwrap()],
        ..DefinitionParts::default()
    });
    let applied = store.apply(&wanted.unwrap()).unwrap();
    assert!(applied.plan.to_string().ends_with("4 created\n"), "{}", applied.plan);
    assert_eq!(lineage(&store, "per_click.mean", Direction::Upstream, LineageKind::Value).len(), 3);
    // An expression over text would have been refused, as its types are known.
    let text = OnDemandSchema::builder("t").input("seen.n").expression("x", "upper(n)").build().unwrap();
    assert_eq!(store.register_on_demand(&text).unwrap_err().code(), "VV0406");
}

#[test]
fn search_finds_it_by_name_feature_and_key() {
    let (store, _) = bought();
    let state = store.registry().state().unwrap();
    let names = |query: Query| state.search(&query).into_iter().map(|view| view.name().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(Query::new().with_text("SPEND")), ["buys"]);
    assert_eq!(names(Query::new().with_entity("user")), ["buys", "users"]);
}

#[test]
fn a_store_that_is_opened_again_knows_it() {
    let folder = tempfile::tempdir().unwrap();
    let open = || FeatureStore::open(folder.path()).unwrap().with_virtual(Arc::new(Engine::default()));
    let source = SourceSchema::builder("purchases").event_time("at").column("user", "bigint").column("euros", "double");
    open().register_source(&source.build().unwrap()).unwrap();
    open()
        .define_virtual_features(
            &buys().ttl("7d").event_time("at").sql("SELECT user, at, euros AS spend FROM purchases").build().unwrap(),
        )
        .unwrap();
    let state = open().registry().state().unwrap();
    let found = &state.definitions().virtual_groups()[0];
    assert_eq!((found.features().len(), found.ttl().unwrap().to_string()), (1, "7d".to_owned()));
    assert_ne!(found.sql(), Some(BUYS));
    let needed = open().entity_columns(["buys.spend"], &HistoricalOptions::default()).unwrap();
    assert_eq!(needed.field(0).name(), "user");
}

#[test]
fn without_an_engine_nothing_is_registered() {
    let store = bare();
    let before = store.registry().state().unwrap().revision();
    let error = store.define_virtual_features(&buys().build().unwrap()).unwrap_err();
    assert_eq!((error.code(), error.kind()), ("VV0414", varvite_feature::ErrorKind::VirtualizationQuery));
    assert_eq!(error.to_string(), "`buys@v1` is computed by a query, and the feature store has no query engine");
    assert!(error.help().unwrap().contains("with_virtual"));
    assert_eq!(store.registry().state().unwrap().revision(), before);
}
