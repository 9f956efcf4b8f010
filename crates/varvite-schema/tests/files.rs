//! Files of definitions: what is written is read as the same, in every format; what is wrong is found in its line.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use proptest::prelude::*;
use varvite_schema::{Definitions, Error, ErrorKind, FeatureGroupSchema, Format, ProblemKind};

const FORMATS: [Format; 3] = [Format::Json, Format::Toml, Format::Yaml];

proptest! {
    #[test]
    fn what_is_written_is_read_as_the_same(definitions in common::definitions()) {
        for format in FORMATS {
            let text = definitions.write(format).unwrap();
            let read = Definitions::read(&text, format);
            prop_assert_eq!(read.as_ref(), Ok(&definitions), "{}", text);
            prop_assert_eq!(read.unwrap().write(format).unwrap(), text);
        }
    }

    #[test]
    fn a_group_alone_is_serialised_too(group in common::groups("g".to_owned(), 3)) {
        let text = serde_json::to_string(&group).unwrap();
        prop_assert_eq!(serde_json::from_str::<FeatureGroupSchema>(&text).unwrap(), group);
    }

    #[test]
    fn no_text_panics(text in "(groups|services|name|features|type|int|[-:\\[\\]{}\"', \n=&*!|>#a1.]){0,40}") {
        for format in FORMATS {
            let _ = Definitions::read(&text, format);
        }
    }
}

const YAML: &str = "\
format: 1
groups:
- name: users
  version: 2
  description: what we know of users
  owner: growth
  event_time: at
  event_time_type: timestamp[us, UTC]
  created_time: made
  ttl: 7d
  tags:
    team: data
    tier: \"1\"
  entity_keys:
  - name: user_id
    type: bigint
  features:
  - name: age
    type: int
    nullable: false
    description: age in years
    metadata:
      min: 0
      max: 150
      unit: years
      notes:
        source: survey
  - name: region
    type: string
    feature_type: text
    metadata:
      allowed:
      - north
      - \"no\"
services:
- name: churn
  version: 1
  features:
  - users@v2.age
  - users.*
";

const TOML: &str = "\
format = 1

[[groups]]
name = \"users\"
version = 2
description = \"what we know of users\"
owner = \"growth\"
event_time = \"at\"
event_time_type = \"timestamp[us, UTC]\"
created_time = \"made\"
ttl = \"7d\"

[groups.tags]
team = \"data\"
tier = \"1\"

[[groups.entity_keys]]
name = \"user_id\"
type = \"bigint\"

[[groups.features]]
name = \"age\"
type = \"int\"
nullable = false
description = \"age in years\"

[groups.features.metadata]
min = 0
max = 150
unit = \"years\"

[groups.features.metadata.notes]
source = \"survey\"

[[groups.features]]
name = \"region\"
type = \"string\"
feature_type = \"text\"

[groups.features.metadata]
allowed = [\"north\", \"no\"]

[[services]]
name = \"churn\"
version = 1
features = [\"users@v2.age\", \"users.*\"]
";

#[test]
fn fields_have_one_order() {
    let definitions = Definitions::read(YAML, Format::Yaml).unwrap();
    assert_eq!(definitions.write(Format::Yaml).unwrap(), YAML);
    assert_eq!(definitions.write(Format::Toml).unwrap(), TOML);
    assert_eq!(Definitions::read(TOML, Format::Toml).unwrap(), definitions);
    let json = definitions.write(Format::Json).unwrap();
    assert!(
        json.starts_with(
            "{\n  \"format\": 1,\n  \"groups\": [\n    {\n      \"name\": \"users\",\n      \"version\": 2,"
        )
    );
    assert_eq!(Definitions::read(&json, Format::Json).unwrap(), definitions);
}

#[test]
fn other_spellings_of_fields_are_read() {
    let text = "\
groups:
- name: g
  timestamp_key: at
  ttl: 86400000000000
  entity_keys: [{name: k, data_type: int64}]
  features: [{name: v, data_type: float64, constraints: {max: 1, allowed_values: [0, 1]}}]
";
    let definitions = Definitions::read(text, Format::Yaml).unwrap();
    let group = definitions.group("g", None).unwrap();
    assert_eq!((group.version(), group.ttl().unwrap().to_string().as_str()), (1, "1d"));
    assert_eq!(group.features()[0].to_string(), "v double, at most 1, one of `0`, `1`");
}

#[test]
fn groups_of_conformance_cases_are_read() {
    let text = r#"{"name": "items", "version": 1, "entity_keys": [{"name": "item_id", "type": "string"}],
        "event_time": "event_ts", "created_time": null, "ttl_ns": 604800000000000, "tags": {"team": "a"},
        "features": [{"name": "price", "type": "float64", "nullable": true, "constraints": {"min": 0}},
                     {"name": "bought", "type": "timestamp[us,UTC]", "nullable": false},
                     {"name": "vector", "type": "list<float32>"}, {"name": "cost", "type": "decimal(10,2)"}]}"#;
    let group: FeatureGroupSchema = serde_json::from_str(text).unwrap();
    let page = "items@v1\n  tags          team=a\n  entity keys   item_id string\n  event time    event_ts\n  ttl           7d\n  \
        features\n    price double, at least 0\n    bought timestamp[us, UTC] not null\n    vector array<float>\n    \
        cost decimal(10, 2)";
    assert_eq!(group.to_string(), page);
    let never = text.replace("604800000000000", "0");
    assert!(serde_json::from_str::<FeatureGroupSchema>(&never).unwrap_err().to_string().contains("longer than zero"));
}

#[track_caller]
fn refuses(text: &str, format: Format, line: usize, reason: &str) {
    let error = Definitions::read(text, format).unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Metadata, "VV0302"));
    let Error::Unreadable { line: Some(found), reason: why, .. } = &error else { panic!("{error}") };
    assert_eq!(*found, line, "{error}");
    assert!(why.contains(reason), "{error}");
    assert!(error.to_string().starts_with(&format!("the {format} cannot be read at line {line}")), "{error}");
}

#[test]
fn an_unknown_field_is_refused_in_its_line() {
    let yaml = YAML.replace("    nullable: false\n", "    nulable: false\n");
    refuses(&yaml, Format::Yaml, 20, "unknown field `nulable`");
    let toml = TOML.replace("nullable = false\n", "nulable = false\n");
    refuses(&toml, Format::Toml, 24, "unknown field `nulable`");
    let json = "{\"groups\": [\n  {\"name\": \"g\",\n   \"colour\": 1}\n]}";
    refuses(json, Format::Json, 3, "unknown field `colour`");
    let yaml = YAML.replace("      min: 0\n", "      mim: 0\n");
    refuses(&yaml, Format::Yaml, 23, "unknown field `mim`");
}

#[test]
fn what_the_format_does_not_allow_is_refused_in_its_line() {
    refuses("groups:\n- name: [\n", Format::Yaml, 2, "");
    refuses("format = 1\ngroups = [\n", Format::Toml, 2, "");
    refuses("{\n\"groups\": }", Format::Json, 2, "");
    refuses("groups:\n- name: g\n  name: h\n", Format::Yaml, 3, "");
    refuses("groups:\n- name: g\n  version: two\n", Format::Yaml, 3, "");
    let missing = Definitions::read("{\"groups\": [{\"version\": 1}]}", Format::Json).unwrap_err();
    assert!(missing.to_string().ends_with("missing field `name`"), "{missing}");
}

#[test]
fn everything_that_is_wrong_in_a_file_is_said_at_once() {
    let text = "\
groups:
- name: users
  event_time: at
  ttl: 0d
  entity_keys: [{name: k, type: double}]
  features: [{name: v, type: strng}]
- name: Users
  event_time_type: date
  features: [{name: v, type: int, metadata: {min: a}}]
services:
- name: churn
  features: [age]
";
    let error = Definitions::read(text, Format::Yaml).unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::SchemaValidation, "VV0301"));
    let found: Vec<String> = error.problems().iter().map(ToString::to_string).collect();
    let expected = [
        "group `users@v1`, entity key `k`: floats cannot be keys: they are not compared for equality; use integers or text",
        "group `users@v1`: `0d` is no TTL: it must be longer than zero",
        "group `users@v1`, feature `v`: `strng` is no data type: `strng` is unknown: did you mean `string`?",
        "group `Users@v1`, event time ``: a column cannot be named like this: it is empty",
        "group `Users@v1`, feature `v`: `min` does not fit: the text `a` is no int",
        "service `churn@v1`: `age` is no reference to a feature: it names no group, write `group.age`",
        "groups `users` and `Users` differ by case alone, which some disks ignore",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_version_is_there_once() {
    let text =
        "{\"groups\": [{\"name\": \"g\", \"event_time\": \"at\", \"features\": [{\"name\": \"v\", \"type\": \"int\"}]},
        {\"name\": \"g\", \"event_time\": \"at\", \"features\": [{\"name\": \"v\", \"type\": \"int\"}]}]}";
    let error = Definitions::read(text, Format::Json).unwrap_err();
    assert_eq!(error.problems()[0].kind, ProblemKind::Repeated);
    assert_eq!(error.problems()[0].message, "group `g@v1` is there twice");
    assert!(
        Definitions::read(&text.replacen("\"name\": \"g\"", "\"name\": \"g\", \"version\": 2", 1), Format::Json)
            .is_ok()
    );
}

#[test]
fn a_newer_format_is_refused() {
    let error = Definitions::read("format = 2", Format::Toml).unwrap_err();
    assert_eq!(error.problems()[0].message, "its format is 2, of which this version knows 1 alone: update varvite");
}

#[test]
fn nothing_is_a_file_too() {
    for format in FORMATS {
        let text = Definitions::default().write(format).unwrap();
        assert_eq!(Definitions::read(&text, format).unwrap(), Definitions::default());
    }
}
