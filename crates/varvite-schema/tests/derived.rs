//! Sources, windows and on-demand groups: what is a definition of them, what they may refer to, what may change.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use varvite_schema::{
    AggregateFunction, DataType, DefinitionKind, DefinitionParts, Definitions, Error, FeatureGroupSchema,
    FeatureSchema, FeatureService, FeatureView, Format, OnDemandBuilder, OnDemandInput, OnDemandSchema, SourceBuilder,
    SourceSchema, WindowBuilder, WindowSchema, plan_apply,
};

const YAML: &str = "\
format: 1
sources:
- name: events
  event_time: ts
  columns:
  - name: k
    type: bigint
  - name: x
    type: double
  - name: note
    type: string
windows:
- name: w
  version: 1
  source: events
  window: 7d
  entity_keys:
  - k
  tags:
    team: a
  aggregations:
  - function: count
    as: \"n\"
  - function: mean
    column: x
    as: m
on_demand:
- name: r
  version: 1
  inputs:
  - w.m
  - request.amount
  features:
  - name: z
    expression: amount / nullif(m, 0)
  - name: a
    expression: amount + m
services:
- name: churn
  version: 1
  features:
  - w.*
  - r.z
";

fn sound() -> Definitions {
    Definitions::read(YAML, Format::Yaml).unwrap()
}

fn source() -> SourceBuilder {
    SourceSchema::builder("events").event_time("ts").column("k", "bigint").column("x", "double")
}

fn window() -> WindowBuilder {
    WindowSchema::builder("w", "events", "7d").entity_key("k").aggregate(AggregateFunction::Mean, "x", "m")
}

fn on_demand() -> OnDemandBuilder {
    OnDemandSchema::builder("r").input("w.m").expression("z", "m + 1")
}

fn of(source: SourceBuilder, window: WindowBuilder, group: OnDemandBuilder) -> Definitions {
    Definitions::from_parts(DefinitionParts {
        sources: vec![source.build().unwrap()],
        windows: vec![window.build().unwrap()],
        on_demand: vec![group.build().unwrap()],
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
fn files_keep_their_fields_and_the_order_of_expressions() {
    let definitions = sound();
    for format in [Format::Json, Format::Toml, Format::Yaml] {
        let text = definitions.write(format).unwrap();
        assert_eq!(Definitions::read(&text, format).unwrap(), definitions, "{text}");
    }
    assert_eq!(definitions.write(Format::Yaml).unwrap(), YAML);
    assert_eq!(plan_apply(&Definitions::default(), &definitions).into_definitions().unwrap(), definitions);
}

#[test]
fn windows_of_conformance_cases_are_read() {
    let text = r#"{"name": "w", "entity_keys": ["k"], "source": "events", "window_ns": 604800000000000,
        "aggregations": [{"function": "avg", "column": "x", "as": "m"}]}"#;
    assert_eq!(serde_json::from_str::<WindowSchema>(text).unwrap(), window().build().unwrap());
    let never = serde_json::from_str::<WindowSchema>(&text.replace("604800000000000", "0")).unwrap_err();
    assert!(never.to_string().contains("window: `0ns` is no TTL: it must be longer than zero"), "{never}");
    let unknown = serde_json::from_str::<WindowSchema>(&text.replace("avg", "median")).unwrap_err();
    assert!(unknown.to_string().contains("unknown variant `median`"), "{unknown}");
}

#[test]
fn every_problem_is_said_at_once() {
    let error = SourceSchema::builder("a/b").event_time("x").column("x", "int").column("x", "strng").build();
    let expected = [
        "a source cannot be named `a/b`: it has `/`: use ASCII letters, digits, `_` and `-`",
        "column `x`: it is there twice",
        "column `x`: `strng` is no data type: `strng` is unknown: did you mean `string`?",
        "event time `x`: a time is a timestamp or a date, not int",
    ];
    problems(&error.unwrap_err(), &expected);

    let error =
        WindowSchema::builder("w", "a.b", "0d").version(0).aggregate(AggregateFunction::Sum, "x", "k").count("k");
    let expected = [
        "versions are numbered from 1",
        "no source is named `a.b`: it has `.`: use ASCII letters, digits, `_` and `-`",
        "window: `0d` is no TTL: it must be longer than zero",
        "it has no entity keys: name the columns that name an entity",
        "feature `k`: its name is there twice",
    ];
    problems(&error.build().unwrap_err(), &expected);

    let error = OnDemandSchema::builder("r").input("w.*").input("request.a b").expression("a.b", " ").build();
    let expected = [
        "`w.*` is no reference to a feature: name each feature that expressions use",
        "`request.a b` is no reference to a feature: no column is named `a b`: it has ` `: use letters, digits, `_` and `-`",
        "feature `a.b`: a column cannot be named like this: it has `.`: use letters, digits, `_` and `-`",
        "feature `a.b`: its expression is empty",
    ];
    problems(&error.unwrap_err(), &expected);
    let nothing = OnDemandSchema::builder("r").build().unwrap_err();
    assert_eq!(nothing.problems().len(), 2, "{nothing}");
}

#[test]
fn a_name_stands_for_one_thing() {
    let group =
        |name: &str| FeatureGroupSchema::builder(name).event_time("at").feature(FeatureSchema::builder("v", "int"));
    let parts = DefinitionParts {
        sources: vec![source().build().unwrap()],
        groups: vec![group("events").build().unwrap(), group("W").build().unwrap()],
        windows: vec![window().build().unwrap(), window().build().unwrap()],
        services: vec![FeatureService::builder("events").reference("events.v").build().unwrap()],
        ..DefinitionParts::default()
    };
    let expected = [
        "`events` is the name of a source and of a group",
        "group `W` and window `w` differ by case alone, which some disks ignore",
        "window `w@v1` is there twice",
        "group `W` and window `w` differ by case alone, which some disks ignore",
    ];
    problems(&Definitions::from_parts(parts).unwrap_err(), &expected);
    let known =
        Definitions::from_parts(DefinitionParts { sources: vec![source().build().unwrap()], ..Default::default() });
    let wanted = Definitions::try_new(vec![group("events").build().unwrap()], vec![]).unwrap();
    assert_eq!(plan_apply(&known.unwrap(), &wanted).check().unwrap_err().code(), "VV0301");
    // What a request brings is no group.
    assert!(group("request").build().is_err());
}

#[test]
fn s20_what_is_not_there_is_answered_with_what_is() {
    let refused = |window: WindowBuilder, group: OnDemandBuilder| {
        let plan = plan_apply(&Definitions::default(), &of(source(), window, group));
        plan.steps().iter().flat_map(|step| &step.unresolved).map(ToString::to_string).collect::<Vec<_>>()
    };
    assert!(refused(window(), on_demand()).is_empty());
    let elsewhere =
        WindowSchema::builder("w", "evnts", "7d").entity_key("k").aggregate(AggregateFunction::Mean, "x", "m");
    assert_eq!(
        refused(elsewhere, on_demand()),
        ["there is no source `evnts` (did you mean `events`?): there is `events`"]
    );
    let columns = window().entity_key("x").entity_key("u").aggregate(AggregateFunction::Sum, "y", "s");
    let expected = "window `w@v1` is not valid: 3 problems\n  entity key `x`: floats cannot be keys: they are not compared for \
        equality; use integers or text\n  entity key `u`: source `events` has no column `u`: it has `k`, `x`, `ts`\n  feature \
        `s`: source `events` has no column `y`: it has `k`, `x`, `ts`";
    assert_eq!(refused(columns, on_demand()), [expected]);
    let inputs = on_demand().input("w.q").input("r.z").input("request.any");
    let expected = ["group `w@v1` has no feature `q`: it has `m`", "there is no group `r`: there is `w`"];
    assert_eq!(refused(window(), inputs), expected);
    let known = of(source(), window(), on_demand());
    let other = OnDemandSchema::builder("q").input("r.z").expression("y", "z").build().unwrap();
    let wanted = Definitions::from_parts(DefinitionParts { on_demand: vec![other], ..Default::default() }).unwrap();
    let plan = plan_apply(&known, &wanted);
    let expected = "`r.z` is no reference to a feature: it is computed on demand itself: name what it is computed from";
    assert_eq!(plan.check().unwrap_err().to_string(), expected);
}

#[test]
fn an_open_source_has_any_column_but_windows_need_its_time() {
    let open = SourceSchema::builder("events");
    let plan = plan_apply(&Definitions::default(), &of(open.clone().event_time("ts"), window(), on_demand()));
    plan.check().unwrap();
    let error = plan_apply(&Definitions::default(), &of(open, window(), on_demand())).check().unwrap_err();
    problems(&error, &["source `events` has no event time, on which windows lie"]);
}

#[test]
fn s14_derived_features_of_a_version_stay_as_they_are() {
    let known = of(source(), window(), on_demand());
    let plan = |source, window, group| plan_apply(&known, &of(source, window, group)).to_string();
    assert_eq!(plan(source(), window(), on_demand()), "3 unchanged\n");
    let more = window().count("n").owner("me");
    let expected = "window `w@v1`: updated\n  + owner: me\n  + feature `n`: count(*)\non-demand group `r@v1`: updated\n  + input \
        `request.a`: used\n  + feature `y`: a\n2 updated, 1 unchanged\n";
    let text = plan(source(), more, on_demand().input("request.a").expression("y", "a"));
    assert_eq!(text, expected);
    let other = WindowSchema::builder("w", "events", "1d").entity_key("k").aggregate(AggregateFunction::Sum, "x", "m");
    let text = plan(source(), other.clone(), on_demand());
    assert!(text.contains("~ window: 7d -> 1d\n      refused: a version keeps what it computes"), "{text}");
    assert!(text.contains("~ feature `m`: aggregation: mean(x) -> sum(x)\n      refused"), "{text}");
    assert!(text.contains("give it the next version number instead"), "{text}");
    assert!(plan(source(), other.version(2), on_demand()).contains("window `w@v2`: new version"));
    let text = plan(source(), window(), OnDemandSchema::builder("r").input("w.m").expression("z", "m + 2"));
    assert!(text.contains("~ feature `z`: expression: m + 1 -> m + 2\n      refused"), "{text}");
}

#[test]
fn s14_a_source_has_no_versions() {
    let known = of(source(), window(), on_demand());
    let plan = |source| plan_apply(&known, &of(source, window(), on_demand())).to_string();
    let text = plan(source().column("y", "int").description("clicks"));
    assert!(text.contains("source `events`: updated\n  + description: clicks\n  + column `y`: int\n"), "{text}");
    let text = plan(SourceSchema::builder("events").event_time("ts").column("k", "string"));
    assert!(
        text.contains("  ~ column `k`: bigint -> string\n      refused: stored values would not keep theirs"),
        "{text}"
    );
    assert!(text.contains("  - column `x`: double\n      refused: what is computed from it would fail"), "{text}");
    assert!(text.contains("  give it another name instead: it has no versions"), "{text}");
}

#[test]
fn a_reference_means_a_group_a_window_or_an_on_demand_group() {
    let definitions = sound();
    let features = |text: &str| {
        let (view, features) = definitions.features_of(&text.parse().unwrap()).unwrap();
        (view.kind(), view.id(), features.join(","))
    };
    assert_eq!(features("w.*"), (DefinitionKind::Window, "w@v1".to_owned(), "n,m".to_owned()));
    assert_eq!(features("r@v1.z"), (DefinitionKind::OnDemand, "r@v1".to_owned(), "z".to_owned()));
    assert_eq!(definitions.kind_of("events"), Some(DefinitionKind::Source));
    assert_eq!(definitions.kind_of("churn"), None);
    let missing = definitions.view("v", None).map(FeatureView::id).unwrap_err();
    assert_eq!(missing.to_string(), "there is no group `v`: there is `r`, `w`");
    assert_eq!("request.amount".parse::<OnDemandInput>().unwrap(), OnDemandInput::Request("amount".to_owned()));
}

#[test]
fn s18_aggregations_have_the_types_of_what_they_compute() {
    let of = |function: &str, input: &str| {
        let function: AggregateFunction = function.parse().unwrap();
        function.result_type(&input.parse().unwrap()).map(|made| made.to_string())
    };
    let expected = [
        ("count", "array<int>", Some("bigint")),
        ("distinct", "string", Some("bigint")),
        ("distinct", "array<int>", None),
        ("sum", "int", Some("bigint")),
        ("sum", "float", Some("double")),
        ("sum", "decimal(10, 2)", Some("decimal(38, 2)")),
        ("sum", "date", None),
        ("avg", "bigint", Some("double")),
        ("stddev", "float", Some("double")),
        ("mean", "string", None),
        ("min", "string", Some("string")),
        ("max", "map<string, int>", None),
        ("last", "map<string, int>", Some("map<string, int>")),
        ("first", "date", Some("date")),
    ];
    for (function, input, made) in expected {
        assert_eq!(of(function, input).as_deref(), made, "{function}({input})");
    }
    assert!(
        "median".parse::<AggregateFunction>().unwrap_err().starts_with("`median` is no aggregation: there is `count`")
    );
    assert_eq!(AggregateFunction::Min.result_type(&DataType::Double), Some(DataType::Double));
}
