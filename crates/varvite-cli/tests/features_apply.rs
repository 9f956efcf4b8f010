//! `varvite feature apply`, `list`, `search`, `show`, `log`, `lineage`: what is defined (S14, S20).
#![cfg(feature = "feature")]

mod common;

use common::features::{USERS_YAML, with_store, with_users};
use common::{files, folder, redact, varvite, with_input};

/// The definitions with `old` replaced by `new`.
fn changed(old: &str, new: &str) -> Vec<u8> {
    let text = USERS_YAML.replace(old, new);
    assert_ne!(text, USERS_YAML);
    text.into_bytes()
}

#[test]
fn a_plan_is_shown_and_nothing_is_made() {
    let folder = folder();
    let out = with_input(folder.path(), "feature apply f - --dry-run", USERS_YAML.as_bytes()).ok();
    insta::assert_snapshot!(out, @r"
    group `users@v1`: created
    service `churn@v1`: created
    2 created
    dry run: nothing was changed
    ");
    assert_eq!(files(folder.path()), []);
}

#[test]
fn applied_once_and_again() {
    let folder = with_store();
    let again = varvite(folder.path(), "feature apply f users.yaml").ok();
    insta::assert_snapshot!(again, @r"
    2 unchanged
    nothing changed, the registry stays at revision 1
    ");
    let change = changed("{name: score, type: double}", "{name: score, type: double}\n  - {name: city, type: string}");
    let out = with_input(folder.path(), "feature apply f -", &change).ok();
    assert!(out.contains("group `users@v1`: updated") && out.ends_with("revision 2\n"), "{out}");
}

#[test]
fn a_refused_change_changes_nothing() {
    let folder = with_store();
    let before = files(&folder.path().join("f"));
    let change = changed("type: double", "type: string");
    let run = with_input(folder.path(), "feature apply f -", &change);
    assert_eq!(run.code, 1);
    assert!(run.out.contains("refused"), "{}", run.out);
    insta::assert_snapshot!(run.err, @r"
    error[VV0308]: group `users@v1` cannot change in this way: feature `score`: type (double -> string): stored values would not keep theirs: only int to bigint or double, and float to double
      store    f   (unchanged)
      help     give the definition the next version number: versions stand side by side
    ");
    let json = with_input(folder.path(), "feature apply f - --json", &change);
    let answer: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((json.code, answer["applied"].clone(), answer["revision"].clone()), (1, false.into(), 1.into()));
    assert!(answer["refused"].as_str().unwrap().contains("score"), "{answer}");
    assert_eq!(files(&folder.path().join("f")), before);
}

#[test]
fn files_that_are_no_definitions() {
    let folder = with_store();
    std::fs::write(folder.path().join("bad.yaml"), "groups:\n- nam: users\n").unwrap();
    let error = varvite(folder.path(), "feature apply f bad.yaml").refused();
    assert!(error.starts_with("error[VV0302]: the YAML cannot be read at line 2, column "), "{error}");
    assert!(error.contains("\n  file     bad.yaml\n") || error.ends_with("\n  file     bad.yaml\n"), "{error}");
    let run = varvite(folder.path(), "feature apply f users.csv");
    assert_eq!(run.code, 2);
    assert!(run.err.contains("`users.csv` is no file of definitions: name it .yaml, .toml or .json"), "{}", run.err);
    let twice = varvite(folder.path(), "feature apply f users.yaml users.yaml").refused();
    assert!(twice.contains("users"), "{twice}");
}

#[test]
fn lists() {
    let folder = with_users();
    let list = |line: &str| redact(&varvite(folder.path(), line).ok());
    insta::assert_snapshot!(list("feature list f --tag team=data --owner growth --entity user_id"), @r"
    name   version  kind   keys     features  rows  owner   updated                   description
    ─────  ───────  ─────  ───────  ────────  ────  ──────  ────────────────────────  ──────────────────────
    users        1  group  user_id         2     3  growth  [when]  What we know of a user
    1 definition
    ");
    assert_eq!(list("feature search f AGE"), list("feature list f"));
    assert!(list("feature search f nothing").ends_with("0 definitions\n"));
    assert!(list("feature list f --tag team=other").ends_with("0 definitions\n"));
    let json = varvite(folder.path(), "feature list f --json").json();
    assert_eq!(json["definitions"][0]["features"], serde_json::json!(["age", "score"]));
    assert_eq!((json["definitions"][0]["rows"].clone(), json["revision"].clone()), (3.into(), 1.into()));
}

#[test]
fn shown() {
    let folder = with_users();
    insta::assert_snapshot!(redact(&varvite(folder.path(), "feature show f users@v1").ok()), @r"
    users@v1: What we know of a user
      owner         growth
      tags          team=data
      entity keys   user_id bigint
      event time    at
      created time  known_at
      ttl           7d
      features
        age int, at least 0, at most 150
        score double
      rows          3 in 1 commit
      last changed  [when]
    ");
    assert_eq!(
        varvite(folder.path(), "feature show f churn").ok().lines().next(),
        Some("churn@v1: users.score, users.age")
    );
    let json = varvite(folder.path(), "feature show f users --json").json();
    assert_eq!((json["rows"].clone(), json["commits"].clone()), (3.into(), 1.into()));
    assert_eq!(json["definition"]["groups"][0]["name"], "users");
}

#[test]
fn what_is_shown_as_yaml_can_be_applied() {
    let folder = with_store();
    let yaml = varvite(folder.path(), "feature show f users --yaml").ok();
    let out = with_input(folder.path(), "feature apply f -", yaml.as_bytes()).ok();
    assert!(out.starts_with("1 unchanged\n"), "{out}");
}

#[test]
fn the_log_tells_who_and_why() {
    let folder = with_store();
    insta::assert_snapshot!(redact(&varvite(folder.path(), "feature log f").ok()), @r"
    1  [when]  ada  first
      group `users@v1`: created
      service `churn@v1`: created
    1 revision
    ");
    let json = varvite(folder.path(), "feature log f --json").json();
    assert_eq!(json["revisions"][0]["author"], "ada");
}

#[test]
fn lineage_of_a_window() {
    let folder = with_store();
    let source = "\
sources:
- name: purchases
  event_time: at
  columns: [{name: user_id, type: bigint}, {name: amount, type: double}]
windows:
- name: buys
  source: purchases
  window: 7d
  entity_keys: [user_id]
  aggregations: [{as: spend, function: sum, column: amount}]
";
    let run = with_input(folder.path(), "feature apply f -", source.as_bytes());
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    insta::assert_snapshot!(varvite(folder.path(), "feature lineage f buys.spend").ok(), @r"
    buys.spend
      comes from purchases.amount
      gives      nothing known
    ");
    let down = varvite(folder.path(), "feature lineage f purchases --downstream --kind table --json").json();
    assert_eq!((down["downstream"].clone(), down["upstream"].clone()), (serde_json::json!(["buys"]), ().into()));
    let error = varvite(folder.path(), "feature lineage f buys.spent").refused();
    assert!(error.contains("`spend`"), "{error}");
}

#[test]
fn what_cannot_be_computed_is_refused_in_a_dry_run_too() {
    let folder = with_store();
    let wrong = b"on_demand:\n- name: ratio\n  inputs: [users.score]\n  features: [{name: r, expression: scroe / 2}]\n";
    for line in ["feature apply f - --dry-run", "feature apply f -"] {
        let run = with_input(folder.path(), line, wrong);
        assert_eq!(run.code, 1, "{}", run.out);
        assert!(run.err.contains("scroe"), "{}", run.err);
    }
    assert!(varvite(folder.path(), "feature log f").ok().ends_with("1 revision\n"));
}

const VIRTUAL_YAML: &str = "\
sources:
- {name: purchases, location: 'parquet:/data/purchases', event_time: at}
virtual_groups:
- name: buys
  owner: growth
  sources: [purchases]
  sql: SELECT user_id, count(*) AS n FROM purchases GROUP BY user_id
  entity_keys: [{name: user_id, type: bigint}]
  features: [{name: n, type: bigint}]
";

#[test]
#[cfg(not(feature = "sql"))]
fn a_virtual_group_needs_a_query_engine() {
    let folder = with_store();
    for line in ["feature apply f - --dry-run", "feature apply f -"] {
        let run = with_input(folder.path(), line, VIRTUAL_YAML.as_bytes());
        assert_eq!((run.code, run.out.contains("virtual group `buys@v1`: created")), (1, true), "{}", run.out);
        let said = "error[VV0414]: `buys@v1` is computed by a query, and the feature store has no query engine\n";
        assert!(run.err.starts_with(said) && run.err.contains("(unchanged)"), "{}", run.err);
        assert!(run.err.contains("cargo build -p varvite-cli --features sql"), "{}", run.err);
    }
    assert!(varvite(folder.path(), "feature log f").ok().ends_with("1 revision\n"));
}

#[test]
fn a_virtual_group_is_shown_by_its_definition() {
    let folder = with_store();
    let store = varvite::feature::FeatureStore::open(folder.path().join("f")).unwrap();
    let wanted = varvite::schema::Definitions::read(VIRTUAL_YAML, varvite::schema::Format::Yaml).unwrap();
    store.registry().apply(&wanted).unwrap();
    let list = varvite(folder.path(), "feature list f --entity user_id").ok();
    let line = list.lines().find(|line| line.contains("buys")).unwrap();
    assert!(line.contains("virtual group") && line.contains("user_id"), "{list}");
    let page = varvite(folder.path(), "feature show f buys").ok();
    assert!(page.contains("  query         SELECT user_id, count(*) AS n FROM purchases GROUP BY user_id\n"), "{page}");
    let yaml = varvite(folder.path(), "feature show f buys --yaml").ok();
    let read = varvite::schema::Definitions::read(&yaml, varvite::schema::Format::Yaml).unwrap();
    assert_eq!(read.virtual_groups(), wanted.virtual_groups());
    let source = varvite(folder.path(), "feature show f purchases").ok();
    assert!(source.contains("  location      parquet:/data/purchases\n"), "{source}");
    // What is known just so needs no engine.
    let again = with_input(folder.path(), "feature apply f -", VIRTUAL_YAML.as_bytes()).ok();
    assert!(again.contains("2 unchanged"), "{again}");
}

#[test]
fn unknown_names_come_with_alternatives() {
    let folder = with_store();
    insta::assert_snapshot!(varvite(folder.path(), "feature show f user").refused(), @r"
    error[VV0305]: there is no group `user` (did you mean `users`?): there is `users`
      store    f
    ");
    insta::assert_snapshot!(varvite(folder.path(), "feature show f users@v3").refused(), @r"
    error[VV0306]: group `users` has no version 3: it has `v1`
      store    f
    ");
    insta::assert_snapshot!(varvite(folder.path(), "feature list g").refused(), @r"
    error[VV0911]: `g` is no feature store: it is not there
      help     check the path, or make one with `varvite feature apply g FILE`
    ");
    insta::assert_snapshot!(varvite(folder.path(), "feature list .").refused(), @r"
    error[VV0911]: `.` is no feature store: it has no folder `registry`
      help     check the path, or make one with `varvite feature apply . FILE`
    ");
}
