//! A struct describes a group.
#![allow(dead_code, clippy::unwrap_used, reason = "structs that are only described; tests")]

use std::collections::BTreeMap;

use varvite_schema::{DataType, FeatureGroup, FeatureGroupSchema, FeatureSchema, FeatureType, ProblemKind};
use varvite_time::chrono::{DateTime, NaiveDate, Utc};

/// What we know
/// of users.
#[derive(FeatureGroup)]
#[feature_group(name = "users", version = 2, ttl = "7d", owner = "growth", tags(team = "data", tier = "1"))]
struct Users {
    #[entity_key]
    user_id: i64,
    #[entity_key(name = "region")]
    place: String,
    #[event_time]
    at: DateTime<Utc>,
    #[created_time(type = "timestamp[ns]")]
    made: i64,
    /// age in years
    #[column(min = 0, max = 150, unit = "years", notes(source = "survey"))]
    age: i32,
    #[column(min = -0.5, allowed = [-0.5, 2.0])]
    score: Option<f64>,
    #[column(feature_type = "text", description = "said", allowed = ["a", "b"])]
    r#type: Option<String>,
    embedding: [f32; 3],
    visits: Vec<Option<NaiveDate>>,
    counts: BTreeMap<String, i64>,
    #[column(name = "price", type = "decimal(10, 2)", min = "0.01")]
    cents: Option<u64>,
    #[column(skip)]
    session: u8,
}

#[test]
fn a_struct_and_a_builder_describe_the_same() {
    let expected = FeatureGroupSchema::builder("users")
        .version(2)
        .description("What we know of users.")
        .ttl("7d")
        .owner("growth")
        .tag("team", "data")
        .tag("tier", "1")
        .entity_key("user_id", DataType::BigInt)
        .entity_key("region", DataType::String)
        .event_time_as("at", "timestamp[us, UTC]")
        .created_time_as("made", "timestamp[ns]")
        .feature(
            FeatureSchema::builder("age", DataType::Int)
                .nullable(false)
                .description("age in years")
                .min(0)
                .max(150)
                .unit("years")
                .note("source", "survey"),
        )
        .feature(FeatureSchema::builder("score", DataType::Double).min(-0.5).allowed([-0.5, 2.0]))
        .feature(
            FeatureSchema::builder("type", DataType::String)
                .feature_type(FeatureType::Text)
                .description("said")
                .allowed(["a", "b"]),
        )
        .feature(FeatureSchema::builder("embedding", DataType::vector(DataType::Float, 3)).nullable(false))
        .feature(FeatureSchema::builder("visits", DataType::array(DataType::Date)).nullable(false))
        .feature(FeatureSchema::builder("counts", "map<string, bigint not null>").nullable(false))
        .feature(FeatureSchema::builder("price", "decimal(10, 2)").min("0.01"))
        .build()
        .unwrap();
    assert_eq!(Users::feature_group().unwrap(), expected);
}

#[derive(FeatureGroup)]
struct HTTPDay2Rates {
    #[event_time]
    at: i64,
    rate: f64,
}

#[test]
fn a_group_is_named_like_its_struct() {
    let group = HTTPDay2Rates::feature_group().unwrap();
    assert_eq!((group.name(), group.version()), ("http_day2_rates", 1));
    assert_eq!(group.event_time().unwrap().data_type(), None);
}

#[derive(FeatureGroup)]
#[feature_group(name = "a/b", ttl = "0s")]
struct Wrong {
    #[entity_key(type = "double")]
    key: String,
    #[event_time]
    at: i64,
    #[column(min = "x")]
    value: i32,
}

#[test]
fn s05_s20_what_tokens_cannot_show_is_an_error() {
    let error = Wrong::feature_group().unwrap_err();
    let kinds: Vec<ProblemKind> = error.problems().iter().map(|problem| problem.kind).collect();
    assert_eq!(kinds, [ProblemKind::Name, ProblemKind::KeyType, ProblemKind::Ttl, ProblemKind::Constraint]);
}
