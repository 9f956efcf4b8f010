//! What applying a file would do is known, and shown, before anything is done.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use proptest::prelude::*;
use varvite_schema::{
    DataType, DefinitionParts, Definitions, FeatureGroupBuilder, FeatureGroupSchema, FeatureSchema, FeatureService,
    FeatureServiceBuilder, plan_apply,
};

fn group(name: &str) -> FeatureGroupBuilder {
    let group = FeatureGroupSchema::builder(name).entity_key("k", DataType::Int).event_time("at");
    group.feature(FeatureSchema::builder("v", DataType::Int))
}

fn file(groups: Vec<FeatureGroupBuilder>, services: &[&[&str]]) -> Definitions {
    let groups = groups.into_iter().map(|group| group.build().unwrap()).collect();
    let service = |references: &&[&str]| {
        let service = FeatureService::builder("churn");
        references.iter().fold(service, FeatureServiceBuilder::reference).build().unwrap()
    };
    Definitions::try_new(groups, services.iter().map(service).collect()).unwrap()
}

#[track_caller]
fn check(known: &Definitions, wanted: &Definitions, text: &str) {
    let plan = plan_apply(known, wanted);
    assert_eq!(plan.to_string(), text);
    assert_eq!(plan.check().is_err(), text.contains("refused"));
}

#[test]
fn a_first_file_creates() {
    let wanted = file(vec![group("a"), group("b")], &[&["a.v", "b.*"]]);
    let text = "group `a@v1`: created\ngroup `b@v1`: created\nservice `churn@v1`: created\n3 created\n";
    check(&Definitions::default(), &wanted, text);
    assert_eq!(plan_apply(&Definitions::default(), &wanted).into_definitions().unwrap(), wanted);
}

#[test]
fn nothing_new_is_nothing_to_do() {
    let known = file(vec![group("a")], &[&["a.v"]]);
    check(&known, &known, "2 unchanged\n");
    check(&known, &Definitions::default(), "nothing to do\n");
    assert!(plan_apply(&known, &known).is_empty());
}

#[test]
fn changes_are_shown_one_by_one() {
    let known = file(vec![group("a"), group("b")], &[]);
    let wanted = file(vec![group("a").ttl("1d").feature(FeatureSchema::builder("w", "string")), group("b")], &[]);
    check(&known, &wanted, "group `a@v1`: updated\n  + ttl: 1d\n  + feature `w`: string\n1 updated, 1 unchanged\n");
    let now = plan_apply(&known, &wanted).into_definitions().unwrap();
    assert_eq!(now, wanted);
}

#[test]
fn s14_versions_of_one_file_are_taken_in_order() {
    let wanted = file(vec![group("a").version(2), group("a")], &[]);
    check(
        &Definitions::default(),
        &wanted,
        "group `a@v1`: created\ngroup `a@v2`: new version\n1 created, 1 new version\n",
    );
    let known = file(vec![group("a").version(2)], &[]);
    let text = "group `a@v1`: refused\n  version 2 is known: take a number above it\n1 refused\n";
    check(&known, &file(vec![group("a")], &[]), text);
}

#[test]
fn s14_one_refusal_refuses_the_file() {
    let known = file(vec![group("a")], &[]);
    let wanted =
        file(vec![group("b"), group("a").without_feature("v").feature(FeatureSchema::builder("w", "int"))], &[]);
    let plan = plan_apply(&known, &wanted);
    assert!(plan.to_string().ends_with("1 created, 1 refused\n"), "{plan}");
    assert_eq!(plan.check().unwrap_err().code(), "VV0308");
    assert_eq!(plan.into_definitions().unwrap_err().code(), "VV0308");
}

#[test]
fn s20_a_service_refers_to_what_is_there_afterwards() {
    let known = file(vec![group("a")], &[]);
    check(
        &known,
        &file(vec![group("b")], &[&["a.v", "b.v"]]),
        "group `b@v1`: created\nservice `churn@v1`: created\n2 created\n",
    );
    let text = "service `churn@v1`: created\n      refused: group `a@v1` has no feature `x`: it has `v`\n      refused: there \
        is no group `c`: there is `a`\n1 refused\n";
    check(&known, &file(vec![], &[&["a.x", "c.v"]]), text);
}

#[test]
fn a_version_of_a_service_keeps_its_features() {
    let known = file(vec![group("a")], &[&["a.v"]]);
    let text = "service `churn@v1`: refused\n  ~ features: a.v -> a.*\n      refused: models rely on the features of a version\n  \
        give it the next version number instead: versions stand side by side\n1 refused\n";
    check(&known, &file(vec![], &[&["a.*"]]), text);
}

#[test]
fn a_plan_is_serialised() {
    let known = file(vec![group("a")], &[]);
    let plan = plan_apply(&known, &file(vec![group("a").owner("me")], &[]));
    let expected = r#"{"steps":[{"compatibility":{"what":"group","name":"a","version":1,"outcome":"updated","changes":[{"kind":"owner","to":"me","verdict":"allowed","reason":"it changes no row"}]}}]}"#;
    assert_eq!(serde_json::to_string(&plan).unwrap(), expected);
}

proptest! {
    #[test]
    fn applying_twice_does_nothing_the_second_time(wanted in common::definitions()) {
        // References of random windows, virtual groups, on-demand groups and services name nothing.
        let parts = wanted.into_parts();
        let parts = DefinitionParts { windows: vec![], virtual_groups: vec![], on_demand: vec![], services: vec![], ..parts };
        let wanted = Definitions::from_parts(parts).unwrap();
        let first = plan_apply(&Definitions::default(), &wanted);
        let merged = Definitions::default().merged([first.changed().clone()]).unwrap();
        let known = first.into_definitions().unwrap();
        prop_assert_eq!(&merged, &known);
        prop_assert!(plan_apply(&known, &wanted).is_empty());
        prop_assert_eq!(plan_apply(&known, &wanted).into_definitions().unwrap(), known);
    }
}
