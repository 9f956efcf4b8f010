//! `varvite asset ls`, `show`, `gaps`: what a catalog tells without reading rows.
#![cfg(feature = "asset")]

mod common;

use common::assets::with_catalog;
use common::{folder, redact, varvite};

#[test]
fn assets_of_every_kind_are_listed() {
    let folder = with_catalog();
    insta::assert_snapshot!(redact(&varvite(folder.path(), "asset ls c").ok()), @r"
    asset     kind        resolution  version  partitions  rows  from                  to                     bytes
    ────────  ──────────  ──────────  ───────  ──────────  ────  ────────────────────  ────────────────────  ──────
    exports   lake                          1           2        2024-01-31T00:00:00Z  2024-02-29T00:00:00Z   269 B
    stations  persistent                    1           1     2                                              [size]
    weather   feature     1d                1           2     6  2024-01-01T00:00:00Z  2024-01-05T00:00:00Z  [size]
    3 assets
    ");
    let json = varvite(folder.path(), "asset ls c --json").json();
    let names: Vec<_> = json["assets"].as_array().unwrap().iter().map(|asset| asset["name"].clone()).collect();
    assert_eq!(names, ["exports", "stations", "weather"]);
    assert_eq!(json["assets"][2]["versions"][0]["rows"], 6);
}

/// Sizes in a sentence, and in tables.
fn sizes(text: &str) -> String {
    redact(&text.replace(" kB,", " kB ,"))
}

#[test]
fn an_asset_is_shown() {
    let folder = with_catalog();
    insta::assert_snapshot!(sizes(&varvite(folder.path(), "asset show c weather").ok()), @r#"
    weather: feature asset of 1d
      version 1     2 partitions, 6 rows, [size] , 2024-01-01T00:00:00Z to 2024-01-05T00:00:00Z, changed [when]

    column       type                  null  role  default  checks
    ───────────  ────────────────────  ────  ────  ───────  ──────
    ts           Timestamp(µs, "UTC")        time
    region       Utf8                        key
    temperature  Float64               yes
    humidity     Float64               yes

    region  rows   bytes  covered
    ──────  ────  ──────  ──────────────────────────────────────────────────────────
    north      4  [size]  2024-01-01T00:00:00Z..2024-01-05T00:00:00Z, in 2 stretches
    south      2  [size]  2024-01-01T00:00:00Z..2024-01-05T00:00:00Z, in 2 stretches

    never written: 2 intervals
      2024-01-02T00:00:00Z..2024-01-03T00:00:00Z (region=south)
      2024-01-03T00:00:00Z..2024-01-04T00:00:00Z
    "#);
    insta::assert_snapshot!(sizes(&varvite(folder.path(), "asset show c stations").ok()), @r"
    stations: persistent asset
      version 1     2 rows, [size] , changed [when]

    column  type     null  role  default  checks
    ──────  ───────  ────  ────  ───────  ──────
    name    Utf8     yes
    height  Float64  yes
    ");
    insta::assert_snapshot!(varvite(folder.path(), "asset show c exports").ok(), @r"
    exports: lake asset
      version 1     2 dates, 269 B, 2024-01-31T00:00:00Z to 2024-02-29T00:00:00Z
    ");
    let json = varvite(folder.path(), "asset show c weather@1d --json").json();
    assert_eq!((&json["schema"]["time"], &json["missing"]), (&"ts".into(), &2.into()));
    assert_eq!(json["partitions"][1]["keys"]["region"], "south");
}

#[test]
fn gaps_of_all_partitions_or_of_one() {
    let folder = with_catalog();
    let gaps = "asset gaps c weather --range 2024-01-01..2024-01-08";
    insta::assert_snapshot!(varvite(folder.path(), gaps).ok(), @r"
    missing from          to                    intervals  of
    ────────────────────  ────────────────────  ─────────  ────────────
    2024-01-02T00:00:00Z  2024-01-03T00:00:00Z          1  region=south
    2024-01-03T00:00:00Z  2024-01-04T00:00:00Z          1  all
    2024-01-05T00:00:00Z  2024-01-08T00:00:00Z          3  all
    5 intervals missing
    ");
    let north = varvite(folder.path(), &format!("{gaps} --key region=north --json")).json();
    assert_eq!((&north["missing"], &north["gaps"][0]["start"]), (&4.into(), &"2024-01-03T00:00:00Z".into()));
    assert_eq!(
        (&north["lacking"][0]["keys"]["region"], &north["lacking"][1]),
        (&"north".into(), &serde_json::Value::Null)
    );
    let until_now = varvite(folder.path(), "asset gaps c weather --now 2024-01-04T12:00:00Z --key region=north").ok();
    assert!(until_now.ends_with("1 interval missing\n"), "{until_now}");
    let none = varvite(folder.path(), "asset gaps c weather --range 2024-01-01..2024-01-02").ok();
    assert_eq!(none, "nothing is missing\n");
}

#[test]
fn what_is_not_there() {
    let folder = with_catalog();
    let refused = |line: &str| varvite(folder.path(), line).refused();
    insta::assert_snapshot!(refused("asset show c wether"), @r"
    error[VV0610]: there is no asset `wether`: did you mean `weather`? there are `exports`, `stations`, `weather`
      asset    wether
    ");
    insta::assert_snapshot!(refused("asset show c weather@1w"), @r"
    error[VV0610]: there is no asset `weather@1w`: there is weather@1d
      asset    weather@1w
    ");
    insta::assert_snapshot!(refused("asset show c weather@v3"), @r"
    error[VV0611]: weather@1d has no version 3: there is 1
      help     name one of these versions: ASSET@vN
    ");
    insta::assert_snapshot!(refused("asset gaps c stations"), @r"
    error[VV0604]: option `asset` cannot be used: `stations` is a persistent asset: only feature assets have intervals
      asset    stations@v1
    ");
    insta::assert_snapshot!(refused("asset gaps c weather --key region=west"), @r"
    error[VV0604]: option `key` cannot be used: no partition of weather has region=west
      asset    weather@1d@v1
    ");
    insta::assert_snapshot!(refused("asset ls none"), @r"
    error[VV0913]: `none` is no catalog of assets: it is not there
      help     check the path, or make one with `varvite asset write none ASSET INPUT`
    ");
    insta::assert_snapshot!(refused("asset ls ."), @r"
    error[VV0913]: `.` is no catalog of assets: it has no folder `features`, `persistent` or `lake`
      help     check the path, or make one with `varvite asset write . ASSET INPUT`
    ");
}

#[test]
fn a_name_of_several_assets_is_not_enough() {
    let folder = with_catalog();
    varvite(folder.path(), "asset write c weather@1h weather.csv --time ts --keys region --new").ok();
    let run = varvite(folder.path(), "asset show c weather");
    assert_eq!(run.code, 2);
    insta::assert_snapshot!(run.err, @r"
    error[VV0900]: `weather` is several assets: say which, by its resolution or --kind: weather@1d, weather@1h
      asset    weather
      help     see `varvite help`
    ");
    assert_eq!(varvite(folder.path(), "asset show c weather@1h --json").json()["asset"]["resolution"], "1h");
}

#[test]
fn an_empty_catalog_is_none() {
    let folder = folder();
    std::fs::create_dir_all(folder.path().join("c/features")).unwrap();
    assert!(varvite(folder.path(), "asset ls c").ok().ends_with("0 assets\n"));
}
