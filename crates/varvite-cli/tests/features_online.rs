//! `varvite feature materialize` and `online` (S15, S16).
#![cfg(feature = "online")]

mod common;

use common::features::with_users;
use common::{varvite, with_input};

#[test]
fn a_value_its_status_and_its_time() {
    let folder = with_users();
    let line = "feature online f users.score users.age --key user_id=1,2,3 --at 2024-03-08";
    insta::assert_snapshot!(varvite(folder.path(), line).refused(), @r"
    error[VV0912]: nothing of `f` is materialized yet
      help     run `varvite feature materialize f GROUP`
    ");
    let out = varvite(folder.path(), "feature materialize f users --up-to 2024-03-04").ok();
    assert!(out.starts_with("users@v1: 2 keys at commit 0 (built: it was never materialized), 3 rows read"), "{out}");
    insta::assert_snapshot!(varvite(folder.path(), line).ok(), @r"
    user_id  score  score__status  users__event_ts       age  age__status
    ───────  ─────  ─────────────  ────────────────────  ───  ───────────
          1   0.75  PRESENT        2024-03-02T00:00:00Z   31  PRESENT
          2      -  NULL_VALUE     2024-03-01T06:00:00Z   40  PRESENT
          3      -  NOT_FOUND      -                       -  NOT_FOUND
    3 rows
    ");
    let old = varvite(folder.path(), "feature online f users.score --key user_id=1 --at 2024-04-01 --json").ok();
    assert!(old.contains("\"score\":null,\"score__status\":\"OUTSIDE_MAX_AGE\""), "{old}");
}

#[test]
fn late_rows_come_and_nothing_is_done_twice() {
    let folder = with_users();
    let run = |line: &str| varvite(folder.path(), line).json()["groups"][0].clone();
    assert_eq!(run("feature materialize f --json")["rebuilt"], "first", "all groups, if none is named");
    let late = b"user_id,at,age,score\n3,2024-03-01T01:00:00Z,50,5\n";
    with_input(folder.path(), "feature write f users -", late).ok();
    let second = run("feature materialize f users --json");
    assert_eq!(
        (second["rows_written"].clone(), second["lag_commits"].clone(), second["keys"].clone()),
        (1.into(), 1.into(), 3.into())
    );
    assert_eq!(run("feature materialize f users --json")["rows_read"], 0);
    assert_eq!(run("feature materialize f users --full --json")["rows_read"], 4);
}

#[test]
fn a_misspelled_group_does_nothing() {
    let folder = with_users();
    insta::assert_snapshot!(varvite(folder.path(), "feature materialize f users usres").refused(), @r"
    error[VV0305]: there is no group `usres` (did you mean `users`?): there is `users`
      group    usres
    ");
    assert!(!folder.path().join("f/online").exists());
}

#[test]
fn health_tells_how_far_online_values_are_behind() {
    let folder = with_users();
    let online = || {
        let report = varvite(folder.path(), "feature health f --json").json();
        let checks = report["checks"].as_array().unwrap().clone();
        checks.into_iter().find(|check| check["name"] == "online users@v1").map(|check| check["health"].clone())
    };
    assert_eq!(online(), None, "nothing is online");
    varvite(folder.path(), "feature materialize f users").ok();
    assert_eq!(online(), Some("ok".into()));
    let late = b"user_id,at,age,score\n3,2024-03-01T01:00:00Z,50,5\n";
    with_input(folder.path(), "feature write f users -", late).ok();
    assert_eq!(online(), Some("warning".into()), "a commit behind");
}
