//! References read and print as each other's inverse, and say what is meant where they name nothing.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use proptest::prelude::*;
use varvite_schema::{DataType, Definitions, ErrorKind, FeatureGroupSchema, FeatureRef, FeatureSchema, FeatureService};

proptest! {
    #[test]
    fn a_text_reads_back(reference in common::references()) {
        prop_assert_eq!(reference.to_string().parse::<FeatureRef>(), Ok(reference));
    }

    #[test]
    fn what_is_read_prints_as_itself(text in "[a-z]{1,2}(@v[0-9]{1,2})?( as [a-z]{1,2})?\\.([a-z]{1,2}|\\*)") {
        if let Ok(reference) = text.parse::<FeatureRef>() {
            prop_assert_eq!(reference.to_string().parse::<FeatureRef>(), Ok(reference));
        }
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,20}") {
        let _ = text.parse::<FeatureRef>();
    }
}

#[test]
fn s10_every_form_is_read() {
    let parts = |text: &str| {
        let found: FeatureRef = text.parse().unwrap();
        let (group, version, alias) = (found.group().to_owned(), found.version(), found.alias().map(str::to_owned));
        (group, version, alias, found.feature().map(str::to_owned))
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(parts("users.age"), ("users".to_owned(), None, None, text("age")));
    assert_eq!(parts("users@v12.age"), ("users".to_owned(), Some(12), None, text("age")));
    assert_eq!(parts("users.*"), ("users".to_owned(), None, None, None));
    assert_eq!(parts("users as sender.age"), ("users".to_owned(), None, text("sender"), text("age")));
    assert_eq!(parts(" users@v2  AS sender . * "), ("users".to_owned(), Some(2), text("sender"), None));
}

#[track_caller]
fn refuses(text: &str, reason: &str) {
    let error = text.parse::<FeatureRef>().unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::FeatureNotFound, "VV0303"));
    assert_eq!(error.to_string(), format!("`{text}` is no reference to a feature: {reason}"));
}

#[test]
fn s20_what_is_no_reference_is_explained() {
    refuses("", "it is empty");
    refuses("age", "it names no group, write `group.age`");
    refuses(".age", "it names no group before the `.`");
    refuses("users.", "it names no feature after the `.`");
    refuses("store.users.age", "it has more than one `.`: names have none");
    refuses("users@2.age", "`@2` is no version: write it like `@v2`");
    refuses("users@v0.age", "versions are numbered from 1");
    refuses("users@v99999999999.age", "`@v99999999999` is no version: write it like `@v2`");
    refuses("s=users.age", "write an alias as `group as alias.feature`");
    refuses("users sender.age", "only `as alias` can stand between group and `.`");
    refuses("../users.age", "it has more than one `.`: names have none");
    refuses("a/b.age", "no group is named `a/b`: it has `/`: use ASCII letters, digits, `_` and `-`");
    refuses("users.a b", "no feature is named `a b`: it has ` `: use letters, digits, `_` and `-`");
}

fn definitions() -> Definitions {
    let group = |name: &str, version: u32, feature: &str| {
        let group = FeatureGroupSchema::builder(name).version(version).entity_key("k", DataType::Int).event_time("at");
        group.feature(FeatureSchema::builder(feature, DataType::Int)).build().unwrap()
    };
    // Out of order on purpose: the newest is the one with the greatest number.
    let groups = vec![group("users", 2, "age"), group("users", 1, "years"), group("items", 1, "price")];
    let service = |version| FeatureService::builder("churn").version(version).reference("users.age").build().unwrap();
    Definitions::try_new(groups, vec![service(2), service(1)]).unwrap()
}

#[track_caller]
fn resolves(reference: &str, expected: &str) {
    let definitions = definitions();
    let found = definitions.resolve(&reference.parse().unwrap());
    let text = match found {
        Ok(found) => {
            let names: Vec<&str> = found.features.iter().map(|feature| feature.name()).collect();
            format!("{}.{}", found.group.id(), names.join("."))
        }
        Err(error) => format!("{} {:?}: {error}", error.code(), error.kind()),
    };
    assert_eq!(text, expected);
}

#[test]
fn s14_the_newest_version_answers_unless_one_is_named() {
    resolves("users.age", "users@v2.age");
    resolves("users@v1.years", "users@v1.years");
    resolves("users@v1 as u.*", "users@v1.years");
    assert_eq!(definitions().service("churn", None).unwrap().version(), 2);
    assert_eq!(definitions().service("churn", Some(1)).unwrap().version(), 1);
}

#[test]
fn s20_what_is_not_there_is_answered_with_what_is() {
    let expected = "VV0304 FeatureNotFound: group `users@v2` has no feature `years`: it has `age`";
    resolves("users.years", expected);
    let expected =
        "VV0305 FeatureGroupNotFound: there is no group `user` (did you mean `users`?): there is `items`, `users`";
    resolves("user.age", expected);
    let expected = "VV0306 FeatureGroupNotFound: group `users` has no version 3: it has `v1`, `v2`";
    resolves("users@v3.age", expected);
    let error = definitions().service("chrun", None).unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::FeatureRegistry, "VV0307"));
    let expected = "there is no feature service `chrun` (did you mean `churn`?): there is `churn@v2`, `churn@v1`";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn s10_full_names_tell_their_halves_apart() {
    let reference: FeatureRef = "users as u.age".parse().unwrap();
    assert_eq!(reference.full_name("age"), "u__age");
    assert!("a__b.c".parse::<FeatureRef>().is_err());
    assert!("a.b__c".parse::<FeatureRef>().is_ok());
}
