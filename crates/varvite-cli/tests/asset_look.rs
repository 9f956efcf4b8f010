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
    let names: Vec<_> = json["assets"].as_array().unwrap().iter().map(|asset| asset["asset"].clone()).collect();
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
    let north = &json["partitions"][0];
    assert_eq!(
        (&north["keys"]["region"], &north["covered"][1]["end"]),
        (&"north".into(), &"2024-01-05T00:00:00Z".into())
    );
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
    insta::assert_snapshot!(refused("asset show c weather@1x"), @r"
    error[VV0610]: there is no asset `weather@1x`: did you mean `weather`? there are `exports`, `stations`, `weather`
      asset    weather@1x
      help     `1x` was read as a part of the name: a resolution is a count of s, m, h, d, w, M or y, a version vN, as in weather@1d@v2
    ");
    insta::assert_snapshot!(refused("asset ls weather.csv"), @r"
    error[VV0913]: `weather.csv` is no catalog of assets: it is a file
      help     name a folder: the first write makes one that is not there
    ");
    insta::assert_snapshot!(refused("asset ls weather.csv/c"), @r"
    error[VV0913]: `weather.csv/c` is no catalog of assets: it cannot be read: Not a directory (os error 20)
      help     check the path, and whether you may read it
    ");
    // A path without a name says which folder it is.
    let whole = folder.path().canonicalize().unwrap().display().to_string();
    insta::assert_snapshot!(refused("asset ls .").replace(&whole, "[folder]"), @r"
    error[VV0913]: `[folder]` is no catalog of assets: it has no folder `features`, `persistent` or `lake`
      help     check the path, or make one with `varvite asset write [folder] ASSET INPUT`
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
    assert_eq!(varvite(folder.path(), "asset show c weather@1h --json").json()["resolution"], "1h");
}

#[test]
fn an_empty_catalog_is_none() {
    let folder = folder();
    std::fs::create_dir_all(folder.path().join("c/features")).unwrap();
    assert!(varvite(folder.path(), "asset ls c").ok().ends_with("0 assets\n"));
}

/// Every command says in the same words which asset it is about.
#[test]
fn an_asset_is_named_alike_everywhere() {
    let folder = with_catalog();
    let asset = |line: &str| {
        let json = varvite(folder.path(), line).json();
        let json = if json["assets"].is_array() { json["assets"][2].clone() } else { json };
        assert!(json["version"] == 1 || json["versions"][0]["version"] == 1, "{line}: {json}");
        ["asset", "kind", "resolution"].map(|name| json[name].as_str().unwrap_or_default().to_owned()).join(" ")
    };
    for line in [
        "asset ls c --json",
        "asset show c weather --json",
        "asset gaps c weather --json",
        "asset fetch c weather --plan --json",
        "asset fetch c weather --summary --json",
        "asset fetch c weather -o out.parquet --json",
        "asset write c weather weather.csv --json",
        "asset remove c weather --dry-run --json",
    ] {
        assert_eq!(asset(line), "weather feature 1d", "{line}");
    }
    assert_eq!(asset("asset repartition c weather --to 2d --json"), "weather feature 2d");
    assert_eq!(asset("asset fetch c exports --json"), "exports lake ");
    assert_eq!(asset("asset fetch c exports --latest -o e.csv --json"), "exports lake ");
    assert_eq!(asset("asset write c exports weather.csv --lake --date 2024-02-29 --json"), "exports lake ");
}
