//! The registry keeps what is defined, each revision of it, and tells who, when, why and whence.
#![allow(clippy::unwrap_used, clippy::result_large_err, reason = "tests")]

mod common;

use std::sync::Arc;

use common::registry::{group, groups, registry, revision_path};
use varvite_feature::{
    Direction, Error, ErrorKind, LineageKind, LineageNode, Query, Reach, RegistryChange, RegistryState,
};
use varvite_schema::{
    AggregateFunction, DefinitionParts, Definitions, FeatureSchema, FeatureService, FeatureView, OnDemandSchema,
    Outcome, SourceSchema, WindowSchema,
};
use varvite_storage::{CountingStorage, LocalStorage, MemoryStorage, Operation, Storage};

fn node(text: &str) -> LineageNode {
    text.parse().unwrap()
}

/// A source, a window over it, a group, expressions over both, and a service.
fn derived() -> Definitions {
    let window = WindowSchema::builder("w", "events", "7d").entity_key("k");
    let window = window.aggregate(AggregateFunction::Sum, "x", "s").count("n").owner("growth");
    let ratio = OnDemandSchema::builder("r").input("w.s").input("users.v").input("request.amount");
    let ratio = ratio.expression("ratio", "amount / nullif(s, 0)").expression("both", "s + v");
    Definitions::from_parts(DefinitionParts {
        sources: vec![SourceSchema::builder("events").event_time("ts").build().unwrap()],
        groups: vec![group("users").tag("team", "a").description("What we KNOW").build().unwrap()],
        windows: vec![window.build().unwrap()],
        on_demand: vec![ratio.build().unwrap()],
        services: vec![FeatureService::builder("churn").reference("r.ratio").reference("users.*").build().unwrap()],
        ..DefinitionParts::default()
    })
    .unwrap()
}

#[test]
fn s14_what_is_identical_makes_no_revision() {
    let registry = registry(&MemoryStorage::new());
    assert_eq!(registry.state().unwrap().revision(), 0);
    let users = || group("users").build().unwrap();
    assert_eq!(registry.register_group(&users()).unwrap(), Outcome::Created);
    assert_eq!(registry.register_group(&users()).unwrap(), Outcome::Unchanged);
    let wider = users().to_builder().replace_feature(FeatureSchema::builder("v", "bigint")).build().unwrap();
    assert_eq!(registry.register_group(&wider).unwrap(), Outcome::Updated);
    assert_eq!(registry.register_group(&wider.to_builder().version(2).build().unwrap()).unwrap(), Outcome::NewVersion);
    assert!(registry.apply(&Definitions::default()).unwrap().plan.is_empty());
    assert_eq!(registry.state().unwrap().revision(), 3);
    assert_eq!(registry.history().unwrap().len(), 3);
}

#[test]
fn s14_what_a_version_does_not_allow_is_refused_and_changes_nothing() {
    let registry = registry(&MemoryStorage::new());
    registry.register_group(&group("users").version(2).build().unwrap()).unwrap();
    let narrow = group("users").version(2).replace_feature(FeatureSchema::builder("v", "string")).build().unwrap();
    let error = registry.register_group(&narrow).unwrap_err();
    assert_eq!((error.code(), error.kind()), ("VV0308", ErrorKind::SchemaValidation));
    let older = registry.register_group(&group("users").build().unwrap()).unwrap_err();
    assert_eq!((older.code(), older.kind()), ("VV0309", ErrorKind::FeatureRegistry));
    let other_case = registry.register_group(&group("Users").build().unwrap()).unwrap_err();
    assert!(other_case.to_string().contains("differ by case alone"), "{other_case}");
    // One refusal refuses all of it.
    let two = Definitions::try_new(vec![group("fine").build().unwrap(), group("users").build().unwrap()], vec![]);
    assert_eq!(registry.apply(&two.unwrap()).unwrap_err().code(), "VV0309");
    assert_eq!(
        (registry.state().unwrap().revision(), common::registry::names(&registry)),
        (1, vec!["users".to_owned()])
    );
}

#[test]
fn s14_a_stale_revision_is_a_conflict_and_then_is_tried_again() {
    let storage = MemoryStorage::new();
    let (first, second) = (registry(&storage), registry(&storage));
    let base = first.state().unwrap();
    assert_eq!(second.state().unwrap(), base);
    let change = |name: &str| RegistryChange::new().with_definitions(groups([name]));
    let won = first.commit(&base, change("a")).unwrap();
    assert_eq!(won.revision(), 1);
    let error = second.commit(&base, change("b")).unwrap_err();
    assert_eq!((error.code(), error.kind()), ("VV0401", ErrorKind::FeatureRegistry));
    assert!(matches!(error, Error::RegistryConflict { expected: 0, found: 1 }), "{error}");
    // The helper asks again: the first answer was for a state that was overtaken.
    let mut asked = Vec::new();
    let after = second.update(|state| {
        asked.push(state.revision());
        if asked.len() == 1 {
            first.apply(&groups(["c"])).unwrap();
        }
        Ok(change("b"))
    });
    assert_eq!(after.unwrap().revision(), 3);
    assert_eq!(asked, [1, 2]);
    assert_eq!(common::registry::names(&first), ["a", "c", "b"]);
}

#[test]
fn every_revision_is_kept_and_a_restart_reads_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Arc::new(LocalStorage::open(folder.path()).unwrap());
    let open = || varvite_feature::Registry::at(storage.clone(), &varvite_storage::StoragePath::root()).unwrap();
    let registry = open();
    let mut states: Vec<Arc<RegistryState>> = vec![registry.state().unwrap()];
    for (at, name) in ["a", "b", "c"].into_iter().enumerate() {
        let state = registry.update(|_| {
            let change = RegistryChange::new().with_definitions(groups([name]));
            Ok(change.with_message(format!("number {at}")).with_author("ada"))
        });
        states.push(state.unwrap());
    }
    states.push(registry.apply(&derived()).unwrap().state);
    states.push(registry.set_lineage(node("a.v"), [node("raw.x"), node("raw")]).unwrap());
    let restarted = open();
    assert_eq!(restarted.state().unwrap(), states[5]);
    for state in &states {
        let read = restarted.at_revision(state.revision()).unwrap();
        assert_eq!(read, *state);
        assert_eq!(read.last_updated("a"), state.last_updated("a"));
    }
    let error = restarted.at_revision(9).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        ("VV0409", "the registry has no revision 9: the newest is 5")
    );
    let history = restarted.history().unwrap();
    assert_eq!(history.iter().map(|info| info.revision).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!((history[1].message.as_deref(), history[1].author.as_deref()), (Some("number 1"), Some("ada")));
    assert_eq!(history[1].changes, ["group `b@v1`: created"]);
    assert_eq!(history[3].changes[0], "source `events`: created");
    assert_eq!(history[4].changes, ["lineage `a.v`: from `raw`, `raw.x`"]);
    assert!(history.iter().all(|info| info.at_ms > 1_700_000_000_000));
}

#[test]
fn a_revision_is_a_small_file_for_people() {
    let storage = MemoryStorage::new();
    let registry = registry(&storage);
    registry.apply(&groups(["a", "b"])).unwrap();
    let owned =
        Definitions::try_new(vec![group("a").build().unwrap(), group("b").owner("me").build().unwrap()], vec![]);
    registry
        .update(|_| Ok(RegistryChange::new().with_definitions(owned.clone().unwrap()).with_message("b is mine")))
        .unwrap();
    let text = String::from_utf8(storage.get(&revision_path(2)).unwrap().to_vec()).unwrap();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    assert_eq!(lines[..3], ["{", "\"format\": 1,", "\"revision\": 2,"]);
    assert!(lines.contains(&"\"message\": \"b is mine\","), "{text}");
    assert!(lines.contains(&"\"group `b@v1`: updated: + owner: me\""), "{text}");
    assert!(lines.contains(&"\"name\": \"b\",") && !lines.contains(&"\"name\": \"a\","), "{text}");
    assert!(text.ends_with("\"\n}\n"), "{text}");
}

#[test]
fn a_source_cannot_stand_where_the_registry_does() {
    let registry = registry(&MemoryStorage::new());
    let sources = vec![SourceSchema::builder("Registry").build().unwrap()];
    let wanted = Definitions::from_parts(DefinitionParts { sources, ..DefinitionParts::default() }).unwrap();
    let error = registry.apply(&wanted).unwrap_err();
    assert_eq!((error.code(), registry.state().unwrap().revision()), ("VV0403", 0));
}

#[test]
fn last_updated_is_when_a_definition_last_changed() {
    let storage = MemoryStorage::new();
    let registry = registry(&storage);
    storage.set_clock_ms(1_700_000_000_123);
    let first = registry.apply(&derived()).unwrap().state;
    let at = [first.last_updated("users"), first.last_updated("events"), first.last_updated("w"), first.at_ms()];
    assert_eq!(at, [Some(1_700_000_000_123); 4]);
    assert_eq!([first.last_updated("nothing"), first.last_updated("churn")], [None; 2]);
    storage.set_clock_ms(1_700_000_001_000);
    registry.register_group(&group("other").build().unwrap()).unwrap();
    registry.set_lineage(node("users.v"), [node("raw.x")]).unwrap();
    let second = common::registry::registry(&storage).state().unwrap();
    assert_eq!(second.last_updated("users"), Some(1_700_000_000_123), "lineage is no change of the group");
    assert_eq!([second.last_updated("other"), second.at_ms()], [Some(1_700_000_001_000); 2]);
    // A clock that runs backwards, or is far off, is written down as it is.
    storage.set_clock_ms(-5);
    registry.register_group(&group("users").version(2).build().unwrap()).unwrap();
    assert_eq!(registry.state().unwrap().last_updated("users"), Some(-5));
}

#[test]
fn a_known_state_costs_two_looks() {
    let storage = CountingStorage::new(Arc::new(MemoryStorage::new()));
    let registry = registry(&storage);
    registry.apply(&groups(["a"])).unwrap();
    storage.reset();
    let (first, second) = (registry.state().unwrap(), registry.clone().state().unwrap());
    assert!(Arc::ptr_eq(&first, &second));
    let counts = storage.reset();
    assert_eq!((counts.total(), counts.calls(Operation::List), counts.bytes_read), (4, 0, 0));
}

#[test]
fn search_is_by_text_tag_owner_and_entity() {
    let registry = registry(&MemoryStorage::new());
    registry.apply(&derived()).unwrap();
    let described = group("items").feature(FeatureSchema::builder("price", "double").description("in Euro"));
    registry.register_group(&described.entity_key("item_id", "string").owner("shop").build().unwrap()).unwrap();
    registry.register_group(&group("users").version(2).owner("new").tag("team", "b").build().unwrap()).unwrap();
    let state = registry.state().unwrap();
    let found = |query: &Query| state.search(query).into_iter().map(FeatureView::id).collect::<Vec<_>>();
    let query = Query::new;
    assert_eq!(found(&query()), ["items@v1", "r@v1", "users@v2", "w@v1"]);
    assert_eq!(found(&query().with_text("eURO")), ["items@v1"]);
    assert_eq!(found(&query().with_text("Price")), ["items@v1"]);
    assert_eq!(found(&query().with_text("know")), Vec::<String>::new(), "the newest version has no description");
    assert_eq!(found(&query().with_text("RATIO")), ["r@v1"]);
    assert_eq!(found(&query().with_tag("team", "b")), ["users@v2"]);
    assert_eq!(found(&query().with_tag("team", "a")), Vec::<String>::new());
    assert_eq!(found(&query().with_owner("growth")), ["w@v1"]);
    assert_eq!(found(&query().with_entity("item_id")), ["items@v1"]);
    assert_eq!(found(&query().with_entity("k").with_text("r")), ["items@v1", "r@v1", "users@v2"]);
    assert_eq!(state.service("churn", None).unwrap().features().len(), 2);
    assert_eq!(state.service("chrn", None).unwrap_err().code(), "VV0307");
}

#[track_caller]
fn check(
    state: &RegistryState,
    from: &str,
    (direction, kind, reach): (Direction, LineageKind, Reach),
    expected: &[&str],
) {
    let found = state.lineage(&node(from), direction, kind, reach).unwrap();
    assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
}

const UP: (Direction, LineageKind, Reach) = (Direction::Upstream, LineageKind::Value, Reach::Transitive);
const DOWN: (Direction, LineageKind, Reach) = (Direction::Downstream, LineageKind::Value, Reach::Transitive);
const READS: (Direction, LineageKind, Reach) = (Direction::Upstream, LineageKind::Table, Reach::Transitive);
const READERS: (Direction, LineageKind, Reach) = (Direction::Downstream, LineageKind::Table, Reach::Transitive);

fn direct(of: (Direction, LineageKind, Reach)) -> (Direction, LineageKind, Reach) {
    (of.0, of.1, Reach::Direct)
}

#[test]
fn s17_definitions_imply_their_lineage_in_both_directions() {
    let registry = registry(&MemoryStorage::new());
    let state = registry.apply(&derived()).unwrap().state;
    check(&state, "w.s", UP, &["events.x"]);
    check(&state, "w.n", UP, &[]);
    check(&state, "w.n", READS, &["events"]);
    check(&state, "r.ratio", direct(UP), &["request.amount", "w.s"]);
    check(&state, "r.ratio", UP, &["events.x", "request.amount", "w.s"]);
    check(&state, "r.both", UP, &["events.x", "users.v", "w.s"]);
    check(&state, "r.ratio", READS, &["events", "w"]);
    check(&state, "r.ratio", direct(READS), &["w"]);
    check(&state, "r", direct(READS), &["users", "w"]);
    check(&state, "events.x", DOWN, &["r.both", "r.ratio", "w.s"]);
    check(&state, "events.x", direct(DOWN), &["w.s"]);
    check(&state, "events", READERS, &["r", "w"]);
    check(&state, "users", DOWN, &["r.both"]);
    check(&state, "request.amount", DOWN, &["r.ratio"]);
}

#[test]
fn s17_lineage_that_is_set_is_joined_to_what_is_implied_and_replaced_as_a_whole() {
    let registry = registry(&MemoryStorage::new());
    registry.apply(&derived()).unwrap();
    registry.set_lineage(node("users.v"), [node("survey.birth"), node("countries")]).unwrap();
    registry.set_lineage(node("events"), [node("raw_clicks")]).unwrap();
    let state = registry.set_lineage(node("events.x"), [node("raw_clicks.ms")]).unwrap();
    check(&state, "r.both", UP, &["events.x", "raw_clicks.ms", "survey.birth", "users.v", "w.s"]);
    check(&state, "users.v", READS, &["countries", "survey"]);
    check(&state, "w.n", READS, &["events", "raw_clicks"]);
    check(&state, "raw_clicks", READERS, &["events", "r", "w"]);
    check(&state, "survey.birth", DOWN, &["r.both", "users.v"]);
    check(&state, "countries", DOWN, &[]);
    check(&state, "countries", direct(READERS), &["users"]);
    // Set anew, all of it; the same again is no revision.
    let state = registry.set_lineage(node("users.v"), [node("survey.age")]).unwrap();
    check(&state, "users.v", UP, &["survey.age"]);
    assert_eq!(registry.set_lineage(node("users.v"), [node("survey.age")]).unwrap().revision(), state.revision());
    let state = registry.set_lineage(node("users.v"), []).unwrap();
    check(&state, "users.v", UP, &[]);
    assert_eq!(state.set_lineage(&node("users.v")), None);
}

#[test]
fn lineage_in_a_circle_ends() {
    let registry = registry(&MemoryStorage::new());
    registry.apply(&groups(["a", "b", "c"])).unwrap();
    for (to, from) in [("a.v", "b.v"), ("b.v", "c.v"), ("c.v", "a.v")] {
        registry.set_lineage(node(to), [node(from)]).unwrap();
    }
    let state = registry.state().unwrap();
    check(&state, "a.v", UP, &["a.v", "b.v", "c.v"]);
    check(&state, "a.v", DOWN, &["a.v", "b.v", "c.v"]);
    check(&state, "b", READS, &["a", "b", "c"]);
    check(&state, "b", direct(READS), &["c"]);
}

#[test]
fn s20_lineage_of_what_is_not_there_is_refused_with_what_is() {
    let registry = registry(&MemoryStorage::new());
    registry.apply(&groups(["a"])).unwrap();
    let refused = |to: &str, from: &str| registry.set_lineage(node(to), [node(from)]).unwrap_err();
    assert_eq!(refused("b.v", "a.v").to_string(), "there is no group `b`: there is `a`");
    assert_eq!(refused("a.w", "raw.x").to_string(), "group `a@v1` has no feature `w`: it has `v`");
    assert_eq!(refused("a.v", "a.w").code(), "VV0304", "a misspelled name of ours is no other table's");
    let state = registry.set_lineage(node("a.k"), [node("raw.x")]).unwrap();
    let asked = state.lineage(&node("rwa.x"), Direction::Downstream, LineageKind::Value, Reach::Direct);
    assert_eq!(asked.unwrap_err().kind(), ErrorKind::FeatureGroupNotFound);
    check(&state, "raw", DOWN, &["a.k"]);
}
