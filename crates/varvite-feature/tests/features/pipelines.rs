//! Nodes of a pipeline: read, transform, write, with lineage; a node works or leaves everything as it was.

use varvite_feature::pipeline::{
    Context, ReadNode, WriteNode, read_features_node, transform_node, write_features_node,
};
use varvite_feature::{Direction, FeatureStore, HistoricalOptions, LineageKind, Reach, WriteMode};

use crate::world::{batch, int32s, ints, line, rows, simple, store, stored, times, us};

fn two_groups() -> FeatureStore {
    let store = store();
    for name in ["users", "doubled"] {
        store.register(&simple(name).build().unwrap()).unwrap();
    }
    let _ = store.write("users", &[rows(&[(1, 10, 5), (2, 10, 6), (1, 20, 7)])], WriteMode::Append).unwrap();
    store
}

fn read_node() -> ReadNode {
    ReadNode {
        entities: "labels".into(),
        time_column: Some("at".into()),
        point_in_time: None,
        features: vec!["users.v".into()],
        options: HistoricalOptions::default(),
        output: "joined".into(),
    }
}

fn write_node(input: &str, group: &str) -> WriteNode {
    WriteNode { input: input.into(), group: group.into(), mode: WriteMode::Upsert }
}

fn labels() -> Context {
    let mut context = Context::new();
    let table = batch([("k", ints([2, 1, 3])), ("at", times([15, 20, 15]))]);
    context.put("labels", vec![table], ["events"]).unwrap();
    context
}

fn upstream(store: &FeatureStore, node: &str) -> Vec<String> {
    let state = store.registry().state().unwrap();
    let of = |kind| state.lineage(&node.parse().unwrap(), Direction::Upstream, kind, Reach::Transitive).unwrap();
    of(LineageKind::Value).into_iter().chain(of(LineageKind::Table)).map(|node| node.to_string()).collect()
}

#[test]
fn features_flow_through_nodes_and_leave_their_lineage() {
    let (store, mut context) = (two_groups(), labels());
    let report = read_features_node(&mut context, &store, &read_node()).unwrap();
    assert_eq!((report.rows, report.found.clone()), (3, vec![("v".to_owned(), 2)]));
    transform_node(&mut context, &["joined"], "made", |inputs| {
        let table = &inputs[0][0];
        assert_eq!(line(table, "v"), "6 7 -");
        Ok(vec![rows(&[(2, 15, 12), (1, 20, 14)])])
    })
    .unwrap();
    assert_eq!(context.made_from("made").unwrap(), ["events", "users.v"]);
    let written = write_features_node(&context, &store, &write_node("made", "doubled")).unwrap();
    assert_eq!(written.written, 2);
    assert_eq!(upstream(&store, "doubled"), ["users.v", "events", "users"]);
    assert_eq!(
        context.to_string(),
        "joined: 3 rows from events, users.v\nlabels: 3 rows from events\nmade: 2 rows from events, users.v"
    );
    // The same again changes nothing.
    let revision = store.registry().state().unwrap().revision();
    assert_eq!(write_features_node(&context, &store, &write_node("made", "doubled")).unwrap().commit, None);
    assert_eq!(store.registry().state().unwrap().revision(), revision);
}

#[test]
fn a_group_may_be_made_from_its_own_past() {
    let (store, mut context) = (two_groups(), labels());
    let _ = read_features_node(&mut context, &store, &read_node()).unwrap();
    transform_node(&mut context, &["joined"], "next", |_| Ok(vec![rows(&[(1, 30, 8)])])).unwrap();
    let _ = write_features_node(&context, &store, &write_node("next", "users")).unwrap();
    assert_eq!(store.group("users").unwrap().num_rows(), 4);
    assert!(upstream(&store, "users").contains(&"events".to_owned()));
}

#[test]
fn s13_a_write_node_that_fails_has_written_nothing() {
    let store = two_groups();
    let before = store.registry().state().unwrap().revision();
    for origin in ["events.csv.gz", "a file", "users.nope", "doubled.w"] {
        let mut context = Context::new();
        context.put("made", vec![rows(&[(1, 1, 1)])], [origin]).unwrap();
        let error = write_features_node(&context, &store, &write_node("made", "doubled")).unwrap_err();
        assert!(!error.to_string().is_empty());
        assert_eq!(store.group("doubled").unwrap().num_rows(), 0, "{origin}: {error}");
    }
    // Rows that are refused leave no lineage.
    let mut context = Context::new();
    let bad = batch([("k", ints([1])), ("at", times([1])), ("v", crate::world::texts(["1"]))]);
    context.put("made", vec![bad], ["users.v"]).unwrap();
    assert_eq!(write_features_node(&context, &store, &write_node("made", "doubled")).unwrap_err().code(), "VV0410");
    assert_eq!(store.registry().state().unwrap().revision(), before);
    assert_eq!(stored(&store.group("doubled").unwrap()).num_rows(), 0);
}

#[test]
fn s20_outputs_are_named_once_and_known_ones_listed() {
    let (store, mut context) = (two_groups(), labels());
    let again = context.put("labels", Vec::new(), ["x"]).unwrap_err();
    assert_eq!(again.to_string(), "`labels` is an output already and cannot be another output too");
    let mut node = read_node();
    node.output = "labels".into();
    assert_eq!(read_features_node(&mut context, &store, &node).unwrap_err().code(), "VV0403");
    node.entities = "lables".into();
    let error = read_features_node(&mut context, &store, &node).unwrap_err();
    assert_eq!(error.to_string(), "there is no output `lables`: there is `labels`");
    assert!(transform_node(&mut context, &["labels", "none"], "out", |_| Ok(Vec::new())).is_err());
    assert!(transform_node(&mut context, &["labels"], "labels", |_| Ok(Vec::new())).is_err());
    assert_eq!(context.names().collect::<Vec<_>>(), ["labels"]);
    assert_eq!(write_features_node(&context, &store, &write_node("none", "users")).unwrap_err().code(), "VV0425");
}

#[test]
fn s11_entities_without_a_time_column_are_read_as_of_one_time_or_now() {
    let store = two_groups();
    let read = |point_in_time: Option<i64>| {
        let mut context = Context::new();
        context.put("labels", vec![batch([("k", int32s([1, 2]))])], ["events"]).unwrap();
        let node = ReadNode { time_column: None, point_in_time: point_in_time.map(us), ..read_node() };
        let _ = read_features_node(&mut context, &store, &node).unwrap();
        line(&context.get("joined").unwrap()[0], "v")
    };
    assert_eq!((read(Some(9)), read(Some(10)), read(None)), ("- -".into(), "5 6".into(), "7 6".into()));
    // The clock stands at 1000 us: nothing from after now, whatever time is asked for.
    let _ = store.write("users", &[rows(&[(1, 1001, 99)])], WriteMode::Append).unwrap();
    assert_eq!((read(None), read(Some(5000))), ("7 6".into(), "7 6".into()));
}
