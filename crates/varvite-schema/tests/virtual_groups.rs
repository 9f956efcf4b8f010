//! Virtual groups: what is a definition of one, how files have it, what it may read, what may change in a version.
#![allow(clippy::unwrap_used, reason = "tests")]

use varvite_schema::{
    AggregateFunction, DataType, DefinitionKind, DefinitionParts, Definitions, Error, FeatureGroupSchema,
    FeatureSchema, FeatureService, Format, OnDemandSchema, SourceSchema, VirtualBuilder, VirtualSchema, WindowSchema,
    plan_apply,
};

const SQL: &str = "SELECT k, sum(x) AS s FROM events GROUP BY k";

const YAML: &str = "\
format: 1
sources:
- name: events
  location: parquet:/data/events
  event_time: ts
virtual_groups:
- name: v
  version: 1
  owner: growth
  event_time: at
  ttl: 7d
  sources:
  - events
  sql: SELECT k, at, s FROM events
  tags:
    team: a
  entity_keys:
  - name: k
  features:
  - name: s
    type: double
  - name: b
- name: w
  version: 1
  sources:
  - events
  entity_keys:
  - name: k
    type: bigint
  features:
  - name: \"n\"
    type: bigint
    sql: SELECT k, count(*) AS n FROM events GROUP BY k
services:
- name: churn
  version: 1
  features:
  - v.s
  - w.*
";

fn group() -> VirtualBuilder {
    VirtualSchema::builder("v").entity_key("k").source("events").sql(SQL)
}

fn with(group: VirtualBuilder) -> Definitions {
    Definitions::from_parts(DefinitionParts {
        sources: vec![SourceSchema::builder("events").event_time("ts").build().unwrap()],
        virtual_groups: vec![group.build().unwrap()],
        ..DefinitionParts::default()
    })
    .unwrap()
}

#[track_caller]
fn problems(error: &Error, expected: &[&str]) {
    let found: Vec<String> = error.problems().iter().map(ToString::to_string).collect();
    assert_eq!(found, expected);
}

#[test]
fn files_keep_every_field() {
    let definitions = Definitions::read(YAML, Format::Yaml).unwrap();
    for format in [Format::Json, Format::Toml, Format::Yaml] {
        let text = definitions.write(format).unwrap();
        assert_eq!(Definitions::read(&text, format).unwrap(), definitions, "{text}");
    }
    assert_eq!(definitions.write(Format::Yaml).unwrap(), YAML);
    assert_eq!(definitions.kind_of("v"), Some(DefinitionKind::Virtual));
    let page = "w@v1\n  entity keys   k bigint\n  sources       events\n  features\n    n bigint: SELECT k, count(*) AS n FROM events GROUP BY k";
    assert_eq!(definitions.view("w", None).unwrap().feature_names(), ["n"]);
    assert_eq!(definitions.virtual_groups()[1].to_string(), page);
}

#[test]
fn the_name_of_a_key_is_enough() {
    let text = r#"{"name": "v", "entity_keys": ["k"], "sql": "SELECT k, sum(x) AS s FROM events GROUP BY k", "sources": ["events"]}"#;
    assert_eq!(serde_json::from_str::<VirtualSchema>(text).unwrap(), group().build().unwrap());
    let wrong = serde_json::from_str::<VirtualSchema>(&text.replace("[\"k\"]", "[7]")).unwrap_err();
    assert!(wrong.to_string().contains("a key is its name"), "{wrong}");
}

#[test]
fn every_problem_is_said_at_once() {
    let wrong = VirtualSchema::builder("a/b").version(0).ttl("0d").source("x.y").source("e").source("e");
    let expected = [
        "a virtual group cannot be named `a/b`: it has `/`: use ASCII letters, digits, `_` and `-`",
        "versions are numbered from 1",
        "it has neither entity keys nor an event time, so nothing matches its rows",
        "a TTL needs an event time, from which age counts",
        "no source is named `x.y`: it has `.`: use ASCII letters, digits, `_` and `-`",
        "source `e` is there twice",
        "it has no query: give it one, or one to each feature",
        "`0d` is no TTL: it must be longer than zero",
    ];
    problems(&wrong.build().unwrap_err(), &expected);
    let wrong =
        group().entity_key_as("x", "double").entity_key("k").event_time("k").query("s", " ").feature("t", "strng");
    let expected = [
        "it has a query, and features have their own: give it one, or one to each feature",
        "`k` is there twice as an entity key",
        "`k` is the name of an entity key and of the event time",
        "entity key `x`: floats cannot be keys: they are not compared for equality; use integers or text",
        "feature `t`: `strng` is no data type: `strng` is unknown: did you mean `string`?",
    ];
    problems(&wrong.build().unwrap_err(), &expected);
    let own = VirtualSchema::builder("v").entity_key("k").query("s", SQL).open_feature("t").query("u", " ");
    let expected = [
        "it has no sources: name the sources and groups that its query reads",
        "feature `t`: it has no query, as other features have",
        "feature `u`: it has no query, as other features have",
    ];
    problems(&own.build().unwrap_err(), &expected);
    problems(&group().sql("\n").build().unwrap_err(), &["its query is empty"]);
    for location in ["", "/data/x", "Parquet:/x", "parquet:", "parquet: ", "parquet:/a\nb"] {
        assert!(SourceSchema::builder("s").location(location).build().is_err(), "{location:?}");
    }
}

#[test]
fn queries_are_those_of_the_group_or_of_features() {
    let group = group().feature("s", "double").open_feature("t").build().unwrap();
    assert_eq!(group.queries(), [(SQL, vec!["s", "t"])]);
    assert_eq!((group.query_of("t"), group.is_open()), (Some(SQL), true));
    let own = VirtualSchema::builder("v").entity_key("k").source("events");
    let own = own.query("a", "A").query_as("b", "int", "B").query("c", "A").build().unwrap();
    assert_eq!(own.queries(), [("A", vec!["a", "c"]), ("B", vec!["b"])]);
    assert_eq!((own.query_of("b"), own.query_of("d")), (Some("B"), None));
}

#[test]
fn what_is_left_open_is_filled_in() {
    let keys = [("k".to_owned(), DataType::BigInt)];
    let found = [("s".to_owned(), DataType::Double), ("n".to_owned(), DataType::BigInt)];
    let all = group().build().unwrap().with_types(&keys, &found).unwrap();
    assert!(!all.is_open());
    assert_eq!(all, group().build().unwrap().to_builder().build().unwrap().with_types(&keys, &found).unwrap());
    let names: Vec<String> = all.features().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["s double", "n bigint"]);
    // What is declared stays as it is.
    let some = group().feature("s", "float").build().unwrap().with_types(&keys, &found).unwrap();
    assert_eq!(some.features()[0].data_type(), Some(&DataType::Float));
    assert_eq!(some.features().len(), 1);
    let unnamed = group().build().unwrap().with_types(&keys, &[("sum(x)".to_owned(), DataType::Double)]);
    assert!(unnamed.unwrap_err().to_string().contains("a column cannot be named like this"));
}

#[test]
fn s20_it_reads_sources_and_groups_that_are_there() {
    let rows = FeatureGroupSchema::builder("g").event_time("at").feature(FeatureSchema::builder("f", "int"));
    let window = WindowSchema::builder("w", "events", "7d").entity_key("k").aggregate(AggregateFunction::Sum, "x", "s");
    let refused = |group: VirtualBuilder| {
        let mut parts = with(group).into_parts();
        parts.groups.push(rows.clone().build().unwrap());
        parts.windows.push(window.clone().build().unwrap());
        let plan = plan_apply(&Definitions::default(), &Definitions::from_parts(parts).unwrap());
        plan.steps().iter().flat_map(|step| &step.unresolved).map(ToString::to_string).collect::<Vec<_>>()
    };
    assert!(refused(group().source("g")).is_empty());
    let expected = [
        "there is no source `evnts` (did you mean `events`?): there is `events`",
        "virtual group `v@v1` is not valid: `w` is a window: queries read sources and groups",
    ];
    assert_eq!(refused(group().source("evnts").source("w")), expected);
}

#[test]
fn features_of_an_open_group_are_known_later() {
    let on_demand = OnDemandSchema::builder("r").input("v.s").expression("z", "s + 1").build().unwrap();
    let service = FeatureService::builder("churn").reference("v.s").reference("v.*").build().unwrap();
    let apply = |group: VirtualBuilder| {
        let mut parts = with(group).into_parts();
        parts.on_demand.push(on_demand.clone());
        parts.services.push(service.clone());
        plan_apply(&Definitions::default(), &Definitions::from_parts(parts).unwrap()).check()
    };
    apply(group()).unwrap();
    apply(group().open_feature("s")).unwrap();
    let error = apply(group().open_feature("t")).unwrap_err();
    assert_eq!(error.to_string(), "group `v@v1` has no feature `s`: it has `t`");
}

#[test]
fn s14_a_version_keeps_its_query() {
    let known = with(group().entity_key_as("j", "int").feature("s", "double"));
    let plan = |group: VirtualBuilder| plan_apply(&known, &with(group)).to_string();
    let same = || group().entity_key_as("j", "int").feature("s", "double");
    assert_eq!(plan(same()), "2 unchanged\n");
    let words = plan(same().owner("me").description("sums").tag("t", "1"));
    let expected =
        "virtual group `v@v1`: updated\n  + description: sums\n  + owner: me\n  + tag `t`: 1\n1 updated, 1 unchanged\n";
    assert_eq!(words, expected);
    for (changed, said) in [
        (same().sql("SELECT 1"), "~ query: SELECT k, sum(x) AS s FROM events GROUP BY k -> SELECT 1\n      refused"),
        (same().event_time("at"), "+ event time: at\n      refused"),
        (same().source("g"), "~ source: events -> events, g\n      refused"),
        (same().entity_key("l"), "~ entity keys: k, j int -> k, j int, l\n      refused"),
        (
            group().entity_key_as("j", "bigint").feature("s", "double"),
            "~ entity keys: k, j int -> k, j bigint\n      refused",
        ),
        (group().entity_key_as("j", "int").feature("s", "int"), "~ feature `s`: type: double -> int\n      refused"),
        (group().entity_key_as("j", "int").feature("t", "int"), "- feature `s`: double\n      refused"),
    ] {
        let text = plan(changed);
        assert!(text.contains(said) && text.contains("give it the next version number instead"), "{text}");
    }
    assert!(plan(same().sql("SELECT 1").version(2)).contains("virtual group `v@v2`: new version"));
    let known_now = plan(group().entity_key_as("j", "int").feature("s", "double"));
    assert_eq!(known_now, "2 unchanged\n");
    let own = || VirtualSchema::builder("v").entity_key("k").source("events").query("a", "A");
    let more = plan_apply(&with(own()), &with(own().query_as("b", "int", "B"))).to_string();
    assert!(more.contains("virtual group `v@v1`: updated\n  + feature `b`: int: B\n"), "{more}");
    let other = VirtualSchema::builder("v").entity_key("k").source("events").query("a", "C");
    let text = plan_apply(&with(own()), &with(other)).to_string();
    assert!(text.contains("~ feature `a`: query: A -> C\n      refused"), "{text}");
}

#[test]
fn s14_what_a_file_leaves_open_stays_as_it_is_known() {
    let keys = [("k".to_owned(), DataType::BigInt)];
    let found = [("s".to_owned(), DataType::Double)];
    let filled = group().build().unwrap().with_types(&keys, &found).unwrap();
    let known = with(filled.to_builder());
    assert_eq!(plan_apply(&known, &with(group())).to_string(), "2 unchanged\n");
    let plan = plan_apply(&known, &with(group().owner("me")));
    assert_eq!(plan.to_string(), "virtual group `v@v1`: updated\n  + owner: me\n1 updated, 1 unchanged\n");
    let now = plan.into_definitions().unwrap();
    assert_eq!(now.virtual_groups(), [filled.to_builder().owner("me").build().unwrap()]);
    assert!(now.virtual_groups()[0].computes_like(&filled));
    assert!(!group().build().unwrap().computes_like(&filled));
    // The other way round, a type that was left open is known now.
    let text = plan_apply(&with(group().open_feature("s")), &known).to_string();
    assert!(text.contains("~ entity keys: k -> k bigint\n  + feature `s`: type: double\n1 updated"), "{text}");
}

#[test]
fn s14_a_source_stays_ours_or_elsewhere() {
    let at = |location: Option<&str>| {
        let source = SourceSchema::builder("events").event_time("ts");
        let source = location.map_or(source.clone(), |location| source.location(location)).build().unwrap();
        Definitions::from_parts(DefinitionParts { sources: vec![source], ..DefinitionParts::default() }).unwrap()
    };
    let plan = |old, new| plan_apply(&at(old), &at(new)).to_string();
    let moved = plan(Some("parquet:/a"), Some("parquet:/b"));
    assert!(moved.starts_with("source `events`: updated\n  ~ location: parquet:/a -> parquet:/b\n"), "{moved}");
    assert!(plan(None, Some("csv:/a")).contains("+ location: csv:/a\n      refused"));
    assert!(plan(Some("csv:/a"), None).contains("- location: csv:/a\n      refused"));
}
