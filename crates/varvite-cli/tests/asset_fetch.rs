//! `varvite asset fetch`: ranges, partitions, filters, the newest interval, plans and summaries.
#![cfg(feature = "asset")]

mod common;

use common::assets::with_catalog;
use common::{command, redact, varvite, with_input};

const NOW: &str = "--now 2024-01-05T00:00:00Z";

#[test]
fn rows_of_a_range_with_what_is_missing() {
    let folder = with_catalog();
    let line = "asset fetch c weather --range 2024-01-01T12:00:00Z..2024-01-05";
    insta::assert_snapshot!(varvite(folder.path(), line).ok(), @r"
    ts                    region  temperature  humidity
    ────────────────────  ──────  ───────────  ────────
    2024-01-01T12:00:00Z  north           3.5         -
    2024-01-02T12:00:00Z  north           4.5       0.4
    2024-01-04T13:00:00Z  north           5.0       0.3
    2024-01-04T12:00:00Z  south          14.5       0.4
    4 rows; 2 of 4 intervals never written: 2024-01-02T00:00:00Z..2024-01-03T00:00:00Z (region=south), 2024-01-03T00:00:00Z..2024-01-04T00:00:00Z
    ");
    let whole = varvite(folder.path(), &format!("{line} --edges whole --json")).ok();
    assert_eq!(whole.lines().count(), 6);
    let rows = varvite(folder.path(), &format!("asset fetch c weather --range now-1d..now {NOW} --json")).ok();
    assert_eq!(rows.lines().count(), 2, "{rows}");
}

#[test]
fn partitions_columns_and_filters() {
    let folder = with_catalog();
    let csv = |args: &[&str]| {
        let mut command = command(folder.path(), "asset fetch c weather -o - --format csv");
        let output = command.args(args).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let south = csv(&["--key", "region=south", "--columns", "temperature,ts"]);
    assert_eq!(south, "temperature,ts\n15.5,2024-01-01T06:00:00Z\n14.5,2024-01-04T12:00:00Z\n");
    let filtered = csv(&["--filter", "temperature > 4 and region in ('north')", "--columns", "temperature"]);
    assert_eq!(filtered, "temperature\n4.5\n5.0\n");
    assert_eq!(csv(&["--filter", "humidity is null", "--columns", "temperature"]), "temperature\n3.5\n");
    assert_eq!(csv(&["--filter", "ts < '2024-01-01T06:00:00Z'", "--columns", "temperature"]), "temperature\n1.5\n");
}

#[test]
fn the_newest_interval_up_to_a_tolerance() {
    let folder = with_catalog();
    let latest =
        |options: &str| varvite(folder.path(), &format!("asset fetch c weather --latest --json {options}")).ok();
    assert_eq!(latest("--now 2024-01-04T20:00:00Z").lines().count(), 2);
    assert_eq!(latest("--now 2024-01-05T20:00:00Z"), "");
    let told = varvite(folder.path(), "asset fetch c weather --latest --now 2024-01-05T20:00:00Z").ok();
    assert!(
        told.contains("never written: 2024-01-05") && told.ends_with("; --tolerance N looks further back\n"),
        "{told}"
    );
    assert_eq!(latest("--now 2024-01-05T20:00:00Z --tolerance 1").lines().count(), 2);
    assert_eq!(latest("--now 2024-01-03T20:00:00Z --tolerance 1").lines().count(), 1);
}

#[test]
fn a_plan_reads_nothing_and_a_summary_tells_what_was_read() {
    let folder = with_catalog();
    let line = "asset fetch c weather --range 2024-01-01..2024-01-06 --now 2024-01-10T00:00:00Z";
    insta::assert_snapshot!(redact(&varvite(folder.path(), &format!("{line} --plan")).ok()), @r"
    weather 1d v1, now 2024-01-10T00:00:00Z
    range                                       intervals  files  rows   bytes
    ──────────────────────────────────────────  ─────────  ─────  ────  ──────
    2024-01-01T00:00:00Z..2024-01-06T00:00:00Z     2 of 5      5     6  [size]
    never written: 2024-01-02T00:00:00Z..2024-01-03T00:00:00Z (region=south), 2024-01-03T00:00:00Z..2024-01-04T00:00:00Z, 2024-01-05T00:00:00Z..2024-01-06T00:00:00Z
    ");
    insta::assert_snapshot!(redact(&varvite(folder.path(), &format!("{line} --summary")).ok()), @r"
    weather 1d v1, now 2024-01-10T00:00:00Z
    intervals  files  rows   bytes  retries
    ─────────  ─────  ────  ──────  ───────
       2 of 5      5     6  [size]        0
    never written: 2024-01-02T00:00:00Z..2024-01-03T00:00:00Z (region=south), 2024-01-03T00:00:00Z..2024-01-04T00:00:00Z, 2024-01-05T00:00:00Z..2024-01-06T00:00:00Z
    ");
    let plan = varvite(folder.path(), &format!("{line} --plan --json")).json();
    assert_eq!((&plan["missing"], &plan["rows"]), (&3.into(), &6.into()));
    let lacking = &plan["lacking"][1];
    assert_eq!((&lacking["keys"]["region"], &lacking["missing"]), (&"south".into(), &3.into()));
    let summary = varvite(folder.path(), &format!("{line} --summary --json")).json();
    assert_eq!((&summary["missing"], &summary["rows"]), (&3.into(), &6.into()));
    // Stretches, not a text that names the first of them.
    assert_eq!(
        (&summary["gaps"][1]["end"], &summary["gaps"][1]["intervals"]),
        (&"2024-01-06T00:00:00Z".into(), &1.into())
    );
    assert_eq!(summary["range"]["start"], "2024-01-01T00:00:00Z");
}

#[test]
fn missing_intervals_may_be_refused() {
    let folder = with_catalog();
    let line = "asset fetch c weather --range 2024-01-01..2024-01-06 --missing";
    insta::assert_snapshot!(varvite(folder.path(), &format!("{line} fail")).refused(), @r"
    error[VV0612]: field `weather` wants weather 1d v1, and 3 of its intervals were never written: 2024-01-02T00:00:00Z..2024-01-03T00:00:00Z (region=south), 2024-01-03T00:00:00Z..2024-01-04T00:00:00Z, 2024-01-05T00:00:00Z..2024-01-06T00:00:00Z; its policy is `fail`
      asset    weather@1d@v1
      help     write them, or leave --missing fail out; `varvite asset gaps` lists them
    ");
    let warned = varvite(folder.path(), &format!("{line} warn --json"));
    assert_eq!((warned.code, warned.out.lines().count()), (0, 6));
    assert!(warned.err.contains("WARN") && warned.err.contains("weather"), "{}", warned.err);
}

#[test]
fn one_partition_alone_lacks_what_it_lacks() {
    let folder = with_catalog();
    let line = "asset fetch c weather --range 2024-01-01..2024-01-03 --missing fail --json";
    assert_eq!(varvite(folder.path(), &format!("{line} --key region=north")).ok().lines().count(), 3);
    insta::assert_snapshot!(varvite(folder.path(), &line.replace(" --json", "")).refused(), @r"
    error[VV0612]: field `weather` wants weather 1d v1, and 1 of its intervals was never written: 2024-01-02T00:00:00Z..2024-01-03T00:00:00Z (region=south); its policy is `fail`
      asset    weather@1d@v1
      help     write them, or leave --missing fail out; `varvite asset gaps` lists them
    ");
}

#[test]
fn rows_of_earlier_versions_are_not_left_out_silently() {
    let folder = with_catalog();
    let rows = "ts,celsius\n2024-01-01T18:00:00Z,2\n";
    with_input(folder.path(), "asset write c weather@1d@v2 - --time ts", rows.as_bytes()).ok();
    let run = varvite(folder.path(), "asset fetch c weather --json");
    assert_eq!((run.code, run.out.lines().count()), (0, 1));
    assert_eq!(run.err, "note: weather@1d@v2 is read; earlier versions are not: weather@1d@v1 (6 rows)\n");
    for named in ["weather@v2", "weather@1d@v1"] {
        assert_eq!(varvite(folder.path(), &format!("asset fetch c {named}")).err, "", "{named}");
    }
}

#[test]
fn a_file_and_a_report() {
    let folder = with_catalog();
    for name in ["out.parquet", "out.csv", "out.jsonl", "out.arrow"] {
        let json = varvite(folder.path(), &format!("asset fetch c weather -o {name} --json")).json();
        assert_eq!((&json["rows"], &json["asset"]), (&6.into(), &"weather".into()), "{name}");
        assert_eq!(json["report"]["found"], 2);
    }
    let back = varvite(folder.path(), "asset write back weather@1d out.parquet --time ts --json").json();
    assert_eq!(back["partitions"][0]["rows"], 6);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let folder = with_catalog();
    let refused = |line: &str| varvite(folder.path(), line).refused();
    insta::assert_snapshot!(refused("asset fetch c weather --columns ts,wind"), @r"
    error[VV0604]: option `columns` cannot be used: weather 1d v1 has no `wind`: there are `ts`, `region`, `temperature`, `humidity`
      asset    weather@1d@v1
    ");
    insta::assert_snapshot!(refused("asset fetch c weather --key station=7"), @r"
    error[VV0604]: option `key` cannot be used: weather 1d v1 has no `station`: there is `region`
      asset    weather@1d@v1
    ");
    insta::assert_snapshot!(refused("asset fetch c stations --start 2024-01-01"), @r"
    error[VV0604]: option `start` cannot be used: rows without dates are taken as a whole
      asset    stations@v1
    ");
    insta::assert_snapshot!(refused("asset fetch c weather --range 2024-01-02..2024-01-01 --now 2024-01-05"), @r"
    error[VV0602]: the range `2024-01-02T00:00:00Z..2024-01-01T00:00:00Z` cannot be used: at 2024-01-05T00:00:00Z it ends at 2024-01-01T00:00:00Z, before it starts at 2024-01-02T00:00:00Z
      asset    weather@1d@v1
    ");
    insta::assert_snapshot!(refused("asset fetch c weather --filter temperature='warm'"), @r#"
    error[VV0604]: option `filter` cannot be used: column `temperature`: "warm" is no number
      asset    weather@1d@v1
    "#);
    let usage = varvite(folder.path(), "asset fetch c weather --filter temperature>>30");
    assert_eq!(usage.code, 2);
    assert!(usage.err.contains("at character 13: a value"), "{}", usage.err);
}
