//! What is defined is valid, and everything that is wrong is said at once.
#![allow(clippy::unwrap_used, reason = "tests")]

use varvite_schema::{
    Check, DataType, ErrorKind, FeatureGroupBuilder, FeatureGroupSchema, FeatureSchema, FeatureService, FeatureType,
    ProblemKind, Scalar, Ttl,
};

fn group() -> FeatureGroupBuilder {
    let group = FeatureGroupSchema::builder("users").entity_key("user_id", DataType::BigInt).event_time("at");
    group.feature(FeatureSchema::builder("age", DataType::Int))
}

#[track_caller]
fn refuses(group: FeatureGroupBuilder, kind: ProblemKind, message: &str) {
    let error = group.build().unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::SchemaValidation, "VV0301"));
    let found: Vec<String> = error.problems().iter().map(ToString::to_string).collect();
    assert_eq!(found, [message]);
    assert_eq!(error.problems()[0].kind, kind);
}

#[test]
fn a_whole_group_is_as_it_was_given() {
    let made =
        group().version(2).ttl("7d").owner("growth").tag("team", "a").description("d").created_time("made").build();
    let made = made.unwrap();
    assert_eq!((made.id().as_str(), made.owner(), made.description()), ("users@v2", Some("growth"), "d"));
    assert_eq!(made.ttl(), Some("1w".parse::<Ttl>().unwrap()));
    let columns: Vec<String> = made.columns().map(|column| format!("{} {}", column.role, column.name)).collect();
    assert_eq!(columns, ["entity key user_id", "event time at", "created time made", "feature age"]);
    assert_eq!(made.to_builder().build().unwrap(), made);
}

#[test]
fn s05_a_ttl_is_longer_than_zero() {
    let reason = "it must be longer than zero";
    refuses(group().ttl("0s"), ProblemKind::Ttl, &format!("`0s` is no TTL: {reason}"));
    refuses(group().ttl("-1d"), ProblemKind::Ttl, &format!("`-1d` is no TTL: {reason}"));
    refuses(group().ttl(0), ProblemKind::Ttl, &format!("`0ns` is no TTL: {reason}"));
    refuses(group().ttl(-5), ProblemKind::Ttl, &format!("`-5ns` is no TTL: {reason}"));
    refuses(group().ttl(std::time::Duration::ZERO), ProblemKind::Ttl, &format!("`0ns` is no TTL: {reason}"));
    refuses(group().ttl("1mo"), ProblemKind::Ttl, "`1mo` is no TTL: months differ in length: say it in days");
    assert_eq!(group().ttl(1).build().unwrap().ttl().unwrap().as_ns(), 1);
    assert_eq!(group().build().unwrap().ttl(), None);
}

#[test]
fn s05_a_ttl_keeps_its_full_precision() {
    for (text, ns) in [("1ns", 1), ("90s", 90_000_000_000), ("7d", 604_800_000_000_000), ("36h", 129_600_000_000_000)] {
        let ttl: Ttl = text.parse().unwrap();
        assert_eq!((ttl.as_ns(), ttl.to_string().as_str()), (ns, text));
    }
    assert_eq!(Ttl::from_ns(i64::MAX).unwrap().to_string().parse(), Ttl::from_ns(i64::MAX));
}

#[test]
fn s20_floats_cannot_be_keys() {
    let reason = "floats cannot be keys: they are not compared for equality; use integers or text";
    for data_type in [DataType::Float, DataType::Double] {
        refuses(group().entity_key("w", data_type), ProblemKind::KeyType, &format!("entity key `w`: {reason}"));
    }
    let nested = "entity key `w`: a key is one value: use several keys instead of a nested one";
    refuses(group().entity_key("w", DataType::array(DataType::Int)), ProblemKind::KeyType, nested);
    for data_type in ["int", "bigint", "string", "boolean", "date", "timestamp[ns]"] {
        group().entity_key("w", data_type).build().unwrap();
    }
}

#[test]
fn s07_a_time_is_a_timestamp_or_a_date() {
    for data_type in ["date", "timestamp[s]", "timestamp[ns, Europe/Berlin]"] {
        group().event_time_as("at", data_type).build().unwrap();
    }
    let message = "event time `at`: a time is a timestamp or a date, not bigint";
    refuses(group().event_time_as("at", DataType::BigInt), ProblemKind::KeyType, message);
}

#[test]
fn s10_a_group_has_keys_or_an_event_time() {
    let feature = FeatureSchema::builder("v", DataType::Int);
    FeatureGroupSchema::builder("g").event_time("at").feature(feature.clone()).build().unwrap();
    FeatureGroupSchema::builder("g").entity_key("k", DataType::Int).feature(feature.clone()).build().unwrap();
    let neither = FeatureGroupSchema::builder("g").feature(feature);
    let message = "it has neither entity keys nor an event time, so nothing matches its rows";
    refuses(neither.clone(), ProblemKind::Missing, message);
    let aged = neither.entity_key("k", DataType::Int).ttl("1d");
    refuses(aged, ProblemKind::Ttl, "a TTL needs an event time, from which age counts");
}

#[test]
fn a_name_is_given_once() {
    let age = || FeatureSchema::builder("age", DataType::Int);
    refuses(group().feature(age()), ProblemKind::Repeated, "`age` is the name of two features");
    refuses(
        group().created_time("at"),
        ProblemKind::Repeated,
        "`at` is the name of the event time and of the created time",
    );
    let key = group().entity_key("user_id", DataType::Int);
    refuses(key, ProblemKind::Repeated, "`user_id` is the name of two entity keys");
    let feature = group().feature(FeatureSchema::builder("user_id", DataType::Int));
    refuses(feature, ProblemKind::Repeated, "`user_id` is the name of the entity key and of a feature");
}

#[test]
fn a_name_cannot_lead_elsewhere() {
    let victim = FeatureGroupSchema::builder("../victim").event_time("at").feature(FeatureSchema::builder("v", "int"));
    let message = "a group cannot be named `../victim`: it has `.`: use ASCII letters, digits, `_` and `-`";
    refuses(victim, ProblemKind::Name, message);
    let message = "feature `a.b`: a feature cannot be named `a.b`: it has `.`: use letters, digits, `_` and `-`";
    refuses(group().feature(FeatureSchema::builder("a.b", "int")), ProblemKind::Name, message);
}

#[test]
fn every_problem_is_said_at_once() {
    use ProblemKind::{Constraint, DataType as Type, KeyType, Name, Ttl, Version};
    let error = FeatureGroupSchema::builder("a b")
        .version(0)
        .entity_key("", DataType::Double)
        .ttl("0d")
        .feature(FeatureSchema::builder("v", "strng").min(3))
        .feature(FeatureSchema::builder("w", DataType::Int).min(3).max(1).allowed([2, 2]).note("range", "0..1"))
        .build()
        .unwrap_err();
    let kinds: Vec<ProblemKind> = error.problems().iter().map(|problem| problem.kind).collect();
    let limits = [Constraint; 5];
    let expected: Vec<ProblemKind> = [Name, Version, Ttl, Name, KeyType, Ttl, Type].into_iter().chain(limits).collect();
    assert_eq!(kinds, expected, "{error}");
}

#[test]
fn limits_have_the_type_of_their_feature() {
    let feature = |data_type: &str| FeatureSchema::builder("v", data_type);
    let error = feature("int").min("old").max(true).build().unwrap_err();
    assert_eq!(error.problems()[0].to_string(), "`min` does not fit: the text `old` is no int");
    assert_eq!(error.problems()[1].to_string(), "`max` does not fit: `true` is no int");
    let prices = feature("decimal(10, 2)").min("0.01").max(100).build().unwrap();
    assert_eq!(prices.metadata().min(), Some(&Scalar::Decimal { value: 1, scale: 2 }));
    assert_eq!(prices.metadata().max().unwrap().to_string(), "100.00");
    let error = feature("array<int>").min(1).build().unwrap_err();
    assert_eq!(error.problems()[0].kind, ProblemKind::Constraint);
    let error = feature("int").allowed(Vec::<i32>::new()).build().unwrap_err();
    assert_eq!(error.problems()[0].message, "`allowed` is empty: leave it out, or name the values");
}

#[test]
fn s20_nan_is_a_value_outside_every_limit() {
    let score = FeatureSchema::builder("score", DataType::Double).min(0).build().unwrap();
    assert!(score.checks().iter().all(|check| !check.admits(Some(&Scalar::Double(f64::NAN)))));
    assert!(score.checks().iter().all(|check| check.admits(None)), "null is no value");
    let needed = FeatureSchema::builder("score", DataType::Double).nullable(false).build().unwrap();
    assert_eq!(needed.checks(), [Check::NotNull]);
    assert!(needed.checks()[0].admits(Some(&Scalar::Double(f64::NAN))));
    assert!(!needed.checks()[0].admits(None));
    assert!(FeatureSchema::builder("score", DataType::Double).min(f64::NAN).build().is_err());
}

#[test]
fn a_check_of_time_compares_instants() {
    let day =
        FeatureSchema::builder("day", "timestamp[ms, Europe/Berlin]").min("2024-01-01T00:00:00+01:00").build().unwrap();
    let second = |value| Scalar::Timestamp { value, unit: varvite_schema::TimeUnit::Second };
    let [check] = &day.checks()[..] else { panic!("{day}") };
    assert!(check.admits(Some(&second(1_704_063_600))));
    assert!(!check.admits(Some(&second(1_704_063_599))));
}

#[test]
fn a_feature_type_follows_from_the_type() {
    let of = |data_type: &str| FeatureSchema::builder("v", data_type).build().unwrap().feature_type();
    assert_eq!(of("decimal(3, 1)"), FeatureType::Numerical);
    assert_eq!(of("string"), FeatureType::Categorical);
    assert_eq!(of("array<float not null, 8>"), FeatureType::Vector);
    assert_eq!(of("map<string, int>"), FeatureType::Complex);
    assert_eq!("text".parse(), Ok(FeatureType::Text));
    assert_eq!("txt".parse::<FeatureType>().unwrap_err().code(), "VV0313");
}

#[test]
fn s20_an_unknown_feature_is_answered_with_those_there_are() {
    let error = group().build().unwrap().feature("AGE").unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::FeatureNotFound, "VV0304"));
    assert_eq!(error.to_string(), "group `users@v1` has no feature `AGE` (did you mean `age`?): it has `age`");
}

#[test]
fn a_service_lists_references() {
    let error = FeatureService::builder("a/b").version(0).reference("age").reference("u.a").reference("u.a").build();
    let error = error.unwrap_err();
    let kinds: Vec<ProblemKind> = error.problems().iter().map(|problem| problem.kind).collect();
    assert_eq!(kinds, [ProblemKind::Name, ProblemKind::Version, ProblemKind::Reference, ProblemKind::Repeated]);
    let empty = FeatureService::builder("churn").build().unwrap_err();
    assert_eq!(empty.problems()[0].kind, ProblemKind::Missing);
}
