//! `varvite asset remove`: a version goes if that is said, and nothing else.
#![cfg(feature = "asset")]

mod common;

use common::assets::with_catalog;
use common::{files, redact, varvite, with_input};

#[test]
fn an_asset_is_removed_only_if_that_is_said() {
    let folder = with_catalog();
    let before = files(folder.path());
    let run = varvite(folder.path(), "asset remove c weather");
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("6 rows of 2 partitions ("), "{}", run.err);
    assert!(run.err.contains(") would be removed for ever: say --yes"), "{}", run.err);
    let dry = varvite(folder.path(), "asset remove c weather --dry-run --json").json();
    assert_eq!((&dry["dry_run"], &dry["removed"], &dry["rows"]), (&true.into(), &false.into(), &6.into()));
    assert_eq!(varvite(folder.path(), "asset remove c weather --dry-run --yes").code, 2);
    assert_eq!(files(folder.path()), before);
    let text = varvite(folder.path(), "asset remove c weather --yes").ok();
    assert!(text.starts_with("weather@1d@v1: 6 rows of 2 partitions (") && text.ends_with(") removed\n"), "{text}");
    assert!(varvite(folder.path(), "asset show c weather").refused().contains("there is no asset `weather`"));
    assert!(varvite(folder.path(), "asset ls c").ok().ends_with("2 assets\n"), "others stay");
    // The columns went with it: others may be registered.
    with_input(folder.path(), "asset write c weather@1d - --time at", b"at,y\n2024-01-01,1\n").ok();
}

#[test]
fn of_several_versions_one_is_named() {
    let folder = with_catalog();
    let rows = b"ts,celsius\n2024-01-01T18:00:00Z,2\n";
    with_input(folder.path(), "asset write c weather@1d@v2 - --time ts", rows).ok();
    let run = varvite(folder.path(), "asset remove c weather --yes");
    assert_eq!(run.code, 2);
    insta::assert_snapshot!(run.err, @r"
    error[VV0900]: it has several versions: name one, weather@1d@v1 or weather@1d@v2
      asset    weather@1d@v2
      help     see `varvite help`
    ");
    varvite(folder.path(), "asset remove c weather@v1 --yes").ok();
    assert_eq!(varvite(folder.path(), "asset show c weather --json").json()["version"], 2);
}

#[test]
fn files_and_tables_are_removed_too() {
    let folder = with_catalog();
    insta::assert_snapshot!(redact(&varvite(folder.path(), "asset remove c exports --yes").ok()), @r"
    exports@v1: files of 2 dates (269 B) removed
    ");
    let json = varvite(folder.path(), "asset remove c stations --yes --json").json();
    assert_eq!((&json["removed"], &json["kind"], &json["rows"]), (&true.into(), &"persistent".into(), &2.into()));
    assert!(varvite(folder.path(), "asset ls c").ok().ends_with("1 asset\n"));
}
