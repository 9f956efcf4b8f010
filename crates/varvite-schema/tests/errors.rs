//! Errors have a stable code, a kind and, where more can be said, help.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use varvite_schema::{
    DataType, Definitions, Error, ErrorKind, FeatureRef, FeatureSchema, ProblemKind, Ttl, arrow_schema,
};

fn every_kind() -> [ProblemKind; 9] {
    use ProblemKind::{Constraint, DataType, KeyType, Missing, Name, Reference, Repeated, Ttl, Version};
    [Name, Repeated, Ttl, KeyType, DataType, Constraint, Missing, Version, Reference]
}

#[test]
fn codes_are_those_that_were_given_out() {
    let codes: BTreeSet<&str> = every_kind().iter().map(|kind| kind.code()).collect();
    assert_eq!(codes.len(), every_kind().len());
    assert_eq!((codes.first(), codes.last()), (Some(&"VV0320"), Some(&"VV0328")));
}

#[track_caller]
fn check(error: &Error, code: &str, kind: &str, help: bool) {
    assert_eq!((error.code(), error.kind().to_string().as_str()), (code, kind));
    assert_eq!(error.help().is_some(), help, "{error}");
    let text = error.to_string();
    assert!(!text.ends_with('.') && !text.starts_with(char::is_uppercase), "{text}");
}

#[test]
fn every_error_has_its_code_and_kind() {
    let reference = |text: &str| text.parse::<FeatureRef>().unwrap();
    let none = Definitions::default();
    check(&FeatureSchema::builder("", "int").build().unwrap_err(), "VV0301", "SchemaValidationError", false);
    check(&"age".parse::<FeatureRef>().unwrap_err(), "VV0303", "FeatureNotFoundError", true);
    check(&none.resolve(&reference("g.f")).unwrap_err(), "VV0305", "FeatureGroupNotFoundError", false);
    check(&none.source("s").unwrap_err(), "VV0315", "FeatureGroupNotFoundError", false);
    check(&none.service("s", Some(2)).unwrap_err(), "VV0307", "FeatureRegistryError", false);
    check(&"strng".parse::<DataType>().unwrap_err(), "VV0310", "SchemaValidationError", true);
    check(&"0d".parse::<Ttl>().unwrap_err(), "VV0312", "SchemaValidationError", true);
    let null = DataType::from_arrow(&arrow_schema::DataType::Null).unwrap_err();
    // The message begins with the name of another project.
    assert_eq!((null.code(), null.kind()), ("VV0311", ErrorKind::SchemaValidation));
}

#[test]
fn one_problem_is_one_line_and_several_are_a_list() {
    let one = FeatureSchema::builder("a b", "int").build().unwrap_err();
    let expected =
        "feature `a b` is not valid: a feature cannot be named `a b`: it has ` `: use letters, digits, `_` and `-`";
    assert_eq!(one.to_string(), expected);
    let two = FeatureSchema::builder("v", "int").min("x").max("y").build().unwrap_err();
    let expected = "feature `v` is not valid: 2 problems\n  `min` does not fit: the text `x` is no int\n  `max` does not fit: the text `y` is no int";
    assert_eq!(two.to_string(), expected);
}
