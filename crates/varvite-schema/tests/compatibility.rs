//! S14: what may change in one version.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use proptest::prelude::*;
use proptest::sample::Index;
use varvite_schema::{
    DataType, ErrorKind, FeatureGroupBuilder, FeatureGroupSchema, FeatureSchema, Outcome, check_registration,
    compatibility, diff,
};

fn group() -> FeatureGroupBuilder {
    let group = FeatureGroupSchema::builder("g").entity_key("k", DataType::BigInt).event_time("at");
    group.feature(FeatureSchema::builder("v", DataType::Int)).feature(FeatureSchema::builder("f", DataType::Float))
}

#[track_caller]
fn check(new: FeatureGroupBuilder, outcome: Outcome, changes: &[&str]) {
    let found = compatibility(&group().build().unwrap(), &new.build().unwrap());
    let texts: Vec<String> = found.changes.iter().map(ToString::to_string).collect();
    assert_eq!((found.outcome, texts), (outcome, changes.iter().map(|text| (*text).to_owned()).collect()));
    assert_eq!(found.is_refused(), found.clone().into_result().is_err());
    if let Err(error) = found.into_result() {
        assert_eq!((error.kind(), error.code()), (ErrorKind::SchemaValidation, "VV0308"));
    }
}

fn feature(name: &str, data_type: DataType) -> varvite_schema::FeatureBuilder {
    FeatureSchema::builder(name, data_type)
}

#[test]
fn s14_the_same_changes_nothing() {
    check(group(), Outcome::Unchanged, &[]);
}

#[test]
fn s14_a_nullable_feature_may_be_added() {
    check(group().feature(feature("w", DataType::Double)), Outcome::Updated, &["+ feature `w`: double"]);
    let needed = group().feature(feature("w", DataType::Double).nullable(false));
    check(needed, Outcome::Refused, &["+ feature `w`: double not null"]);
}

#[test]
fn s14_types_may_widen() {
    let to = |name: &str, data_type: DataType| group().replace_feature(feature(name, data_type));
    check(to("v", DataType::BigInt), Outcome::Updated, &["~ feature `v`: type: int -> bigint"]);
    check(to("v", DataType::Double), Outcome::Updated, &["~ feature `v`: type: int -> double"]);
    check(to("f", DataType::Double), Outcome::Updated, &["~ feature `f`: type: float -> double"]);
    check(to("v", DataType::Float), Outcome::Refused, &["~ feature `v`: type: int -> float"]);
    let narrow = ["~ feature `v`: type: int -> string", "~ feature `v`: feature type: numerical -> categorical"];
    check(to("v", DataType::String), Outcome::Refused, &narrow);
    check(to("f", DataType::Int), Outcome::Refused, &["~ feature `f`: type: float -> int"]);
}

#[test]
fn s14_nothing_narrows() {
    for (wide, narrow) in
        [(DataType::BigInt, DataType::Int), (DataType::Double, DataType::Float), (DataType::BigInt, DataType::Double)]
    {
        assert!(!wide.widens_to(&narrow), "{wide} {narrow}");
    }
}

#[test]
fn s14_words_tags_owner_and_ttl_may_change() {
    check(group().description("d"), Outcome::Updated, &["+ description: d"]);
    check(group().owner("me"), Outcome::Updated, &["+ owner: me"]);
    check(group().tag("team", "a"), Outcome::Updated, &["+ tag `team`: a"]);
    check(group().ttl("7d"), Outcome::Updated, &["+ ttl: 7d"]);
    let described = group().replace_feature(feature("v", DataType::Int).description("d").unit("m").note("n", "x"));
    let changes = ["+ feature `v`: description: d", "+ feature `v`: unit: m", "+ feature `v`: note: n=x"];
    check(described, Outcome::Updated, &changes);
}

#[test]
fn s14_limits_may_change_for_later_rows() {
    let limited = group().replace_feature(feature("v", DataType::Int).min(0).max(9).allowed([1, 2]));
    let changes = ["+ feature `v`: min: 0", "+ feature `v`: max: 9", "+ feature `v`: allowed values: `1`, `2`"];
    check(limited, Outcome::Updated, &changes);
}

#[test]
fn s14_nulls_may_be_allowed_but_not_refused() {
    let needed = group().replace_feature(feature("v", DataType::Int).nullable(false));
    check(needed.clone(), Outcome::Refused, &["~ feature `v`: nulls: allowed -> refused"]);
    let back = compatibility(&needed.build().unwrap(), &group().build().unwrap());
    assert_eq!(back.outcome, Outcome::Updated);
}

#[test]
fn s14_features_keys_and_times_stay() {
    check(group().without_feature("v"), Outcome::Refused, &["- feature `v`: int"]);
    let keys = ["~ entity keys: k bigint -> k bigint, l int"];
    check(group().entity_key("l", DataType::Int), Outcome::Refused, &keys);
    check(group().event_time("ts"), Outcome::Refused, &["~ event time: at -> ts"]);
    check(group().event_time_as("at", DataType::Date), Outcome::Refused, &["~ event time: at -> at date"]);
    check(group().created_time("made"), Outcome::Refused, &["+ created time: made"]);
}

#[test]
fn s14_the_order_of_features_may_change() {
    let turned = group().without_feature("v").feature(feature("v", DataType::Int));
    check(turned, Outcome::Updated, &["~ order of features: v, f -> f, v"]);
}

#[test]
fn s14_a_refusal_says_why_and_what_to_do() {
    let narrow = group().replace_feature(feature("f", DataType::Int)).owner("me").build().unwrap();
    let found = compatibility(&group().build().unwrap(), &narrow);
    assert_eq!(
        found.to_string(),
        "group `g@v1`: refused\n  + owner: me\n  ~ feature `f`: type: float -> int\n      refused: stored values would not keep \
         theirs: only int to bigint or double, and float to double\n  give it the next version number instead: versions \
         stand side by side"
    );
}

#[test]
fn s14_a_new_version_may_be_anything() {
    let other = FeatureGroupSchema::builder("g").version(2).event_time("ts").feature(feature("x", DataType::Date));
    let other = other.build().unwrap();
    let found = compatibility(&group().build().unwrap(), &other);
    assert_eq!((found.outcome, found.refused().count()), (Outcome::NewVersion, 0));
    assert_eq!(check_registration([], &other).outcome, Outcome::Created);
}

#[test]
fn s14_an_older_number_cannot_come_after_a_newer() {
    let version = |number| group().version(number).build().unwrap();
    let error = check_registration([&version(3)], &version(2)).into_result().unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::FeatureRegistry, "VV0309"));
    assert_eq!(error.to_string(), "version 2 of `g` cannot be introduced after version 3");
    // One that stands beside the newer one may still change.
    let owned = group().version(2).owner("me").build().unwrap();
    assert_eq!(check_registration([&version(3), &version(2)], &owned).outcome, Outcome::Updated);
}

/// A change that S14 allows, if there is a place for it.
fn allow(group: &FeatureGroupSchema, edit: usize, at: Index) -> FeatureGroupSchema {
    let features = group.features();
    let feature = at.get(features);
    let builder = group.to_builder();
    let edited = match edit {
        0 => builder.description(format!("{}d", group.description())),
        1 => builder.owner("somebody"),
        2 => builder.tag(format!("t{}", group.tags().len()), "x"),
        3 if group.event_time().is_some() => builder.ttl(1 + i64::try_from(features.len()).unwrap()),
        4 => builder.feature(self::feature(&format!("new{}", features.len()), DataType::Int)),
        5 => builder.replace_feature(feature.to_builder().nullable(true)),
        6 => builder.replace_feature(feature.to_builder().description("other").unit("m")),
        7 if *feature.data_type() == DataType::Int => {
            builder.replace_feature(self::feature(feature.name(), DataType::Double))
        }
        8 if *feature.data_type() == DataType::Float => {
            builder.replace_feature(self::feature(feature.name(), DataType::Double))
        }
        9 => builder.without_ttl(),
        _ => builder,
    };
    edited.build().unwrap()
}

/// A change that S14 refuses.
fn refuse(group: &FeatureGroupSchema, edit: usize, at: Index) -> FeatureGroupSchema {
    let feature = at.get(group.features());
    let builder = group.to_builder();
    let edited = match edit {
        0 => builder.entity_key("another", DataType::Int),
        1 => builder.event_time("SOMETIME"),
        2 => builder.created_time("SOMETIME"),
        3 => builder.feature(self::feature("needed", DataType::Int).nullable(false)),
        4 if group.features().len() > 1 => builder.without_feature(feature.name()),
        _ => {
            let other = if *feature.data_type() == DataType::Boolean { DataType::Date } else { DataType::Boolean };
            builder.replace_feature(self::feature(feature.name(), other))
        }
    };
    edited.build().unwrap()
}

proptest! {
    #[test]
    fn s14_equal_is_unchanged_and_nothing_else_is(a in common::groups("g".to_owned(), 1), b in common::groups("g".to_owned(), 1)) {
        prop_assert_eq!(diff(&a, &a), vec![]);
        prop_assert_eq!(diff(&a, &b).is_empty(), a == b);
        prop_assert_eq!(compatibility(&a, &b).outcome == Outcome::Unchanged, a == b);
    }

    #[test]
    fn s14_allowed_changes_compose(
        first in common::groups("g".to_owned(), 1),
        edits in proptest::collection::vec((0_usize..10, any::<Index>()), 0..8),
    ) {
        let mut last = first.clone();
        for (edit, at) in edits {
            let next = allow(&last, edit, at);
            prop_assert!(!compatibility(&last, &next).is_refused(), "{}", compatibility(&last, &next));
            last = next;
        }
        prop_assert!(!compatibility(&first, &last).is_refused(), "{}", compatibility(&first, &last));
        prop_assert_eq!(compatibility(&first, &last).outcome == Outcome::Unchanged, first == last);
    }

    #[test]
    fn s14_one_refused_change_refuses_all(
        first in common::groups("g".to_owned(), 1),
        edits in proptest::collection::vec((0_usize..7, any::<Index>()), 0..4),
        (edit, at) in (0_usize..6, any::<Index>()),
    ) {
        // Refused first, so that what is allowed afterwards cannot be what takes it back.
        let broken = refuse(&first, edit, at);
        prop_assert!(compatibility(&first, &broken).is_refused());
        let last = edits.into_iter().filter(|(edit, _)| *edit < 5).fold(broken, |group, (edit, at)| allow(&group, edit, at));
        let found = compatibility(&first, &last);
        prop_assert!(found.is_refused(), "{}", found);
        prop_assert!(found.refused().count() > 0);
        prop_assert!(found.into_result().is_err());
    }
}
