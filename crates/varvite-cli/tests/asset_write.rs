//! `varvite asset write`: intervals replaced, covered, merged; columns registered; what is refused.
#![cfg(feature = "asset")]

mod common;

use common::assets::{with_catalog, with_files};
use common::{varvite, with_input};

#[test]
fn intervals_are_replaced_as_wholes() {
    let folder = with_files();
    let line = "asset write c weather@1d weather.csv --time ts --keys region";
    insta::assert_snapshot!(varvite(folder.path(), line).ok(), @r#"
    weather 1d v1: 6 rows, columns registered
      region=north: 4 rows, 4 new, 0 gone; covers 2024-01-01T00:00:00Z..2024-01-03T00:00:00Z 2024-01-04T00:00:00Z..2024-01-05T00:00:00Z
      region=south: 2 rows, 2 new, 0 gone; covers 2024-01-01T00:00:00Z..2024-01-02T00:00:00Z 2024-01-04T00:00:00Z..2024-01-05T00:00:00Z
      columns: ts Timestamp(µs, "UTC"), region Utf8, temperature Float64, humidity Float64
    "#);
    let again = "ts,region,temperature,humidity\n2024-01-01T18:00:00Z,north,2,\n";
    let json = with_input(folder.path(), "asset write c weather - --json", again.as_bytes()).json();
    let part = &json["partitions"][0];
    assert_eq!((&part["inserted"], &part["deleted"]), (&1.into(), &2.into()));
    assert_eq!((&json["registered"], &json["root"]), (&false.into(), &"c".into()));
    assert_eq!(part["keys"], serde_json::json!({"region": "north"}));
    let covered = serde_json::json!({"start": "2024-01-01T00:00:00Z", "end": "2024-01-02T00:00:00Z"});
    assert_eq!(part["covered"][0], covered);
}

#[test]
fn merged_rows_come_beside_those_that_are_there() {
    let folder = with_catalog();
    let rows = "ts,region,temperature,humidity\n2024-01-01T18:00:00Z,north,2,\n2024-01-01T00:00:00Z,north,1.5,0.5\n";
    let json = with_input(folder.path(), "asset write c weather - --merge --json", rows.as_bytes()).json();
    assert_eq!((&json["partitions"][0]["inserted"], &json["partitions"][0]["deleted"]), (&1.into(), &0.into()));
}

#[test]
fn what_is_covered_may_have_no_rows() {
    let folder = with_catalog();
    let gaps = |folder| varvite(folder, "asset gaps c weather --range 2024-01-01..2024-01-05 --json").json();
    assert_eq!(gaps(folder.path())["missing"], 2);
    let cover = "asset write c weather --covering 2024-01-02..2024-01-04 --partition region=south --json";
    assert_eq!(varvite(folder.path(), cover).json()["partitions"][0]["rows"], 0);
    assert_eq!(gaps(folder.path())["missing"], 1);
}

#[test]
fn versions_have_columns_of_their_own() {
    let folder = with_catalog();
    let rows = "ts,celsius\n2024-01-01T18:00:00Z,2\n";
    let refused = with_input(folder.path(), "asset write c weather -", rows.as_bytes());
    insta::assert_snapshot!(refused.refused(), @r"
    error[VV0613]: the columns of weather 1d v1 do not fit: there is no column `celsius`: columns are ts, region, temperature, humidity
      asset    weather   (unchanged)
      help     give these columns, or write a new version of the asset with --version
    ");
    let line = "asset write c weather@1d@v2 - --time ts --json";
    assert_eq!(with_input(folder.path(), line, rows.as_bytes()).json()["registered"], true);
    // The newest is meant where nothing is said.
    let more = with_input(folder.path(), "asset write c weather - --json", rows.as_bytes()).json();
    assert_eq!((&more["asset"], &more["version"]), (&"weather".into(), &2.into()));
}

#[test]
fn rows_without_dates_replace_each_other() {
    let folder = with_catalog();
    let json = with_input(folder.path(), "asset write c stations - --undated --json", b"name,height\nwest,1\n").json();
    assert_eq!((&json["partitions"][0]["inserted"], &json["partitions"][0]["deleted"]), (&1.into(), &2.into()));
    assert_eq!(varvite(folder.path(), "asset fetch c stations --json").ok(), "{\"name\":\"west\",\"height\":1.0}\n");
}

#[test]
fn a_slip_of_the_name_makes_no_second_asset() {
    let folder = with_catalog();
    let before = common::files(folder.path());
    let refused = |line: &str| varvite(folder.path(), line).refused();
    insta::assert_snapshot!(refused("asset write c weather@1h weather.csv --time ts --keys region"), @r"
    error[VV0915]: there is no asset `weather@1h`: the name is of weather@1d
      asset    weather@1h   (unchanged)
      help     write to one that is there, or pass --new to make another of the name
    ");
    insta::assert_snapshot!(refused("asset write c weather weather.csv --undated"), @r"
    error[VV0915]: there is no asset `weather (persistent)`: the name is of weather@1d
      asset    weather   (unchanged)
      help     write to one that is there, or pass --new to make another of the name
    ");
    insta::assert_snapshot!(refused("asset write c stations weather.csv --time ts"), @r"
    error[VV0915]: there is no asset `stations (feature)`: the name is of stations (persistent)
      asset    stations   (unchanged)
      help     write to one that is there, or pass --new to make another of the name
    ");
    insta::assert_snapshot!(refused("asset write c stations stations.csv --lake --date 2024-01-31"), @r"
    error[VV0915]: there is no asset `stations (lake)`: the name is of stations (persistent)
      asset    stations   (unchanged)
      help     write to one that is there, or pass --new to make another of the name
    ");
    assert_eq!(common::files(folder.path()), before);
    let line = "asset write c weather@1h weather.csv --time ts --keys region --new --json";
    assert_eq!(varvite(folder.path(), line).json()["resolution"], "1h");
    // Both are there now.
    varvite(folder.path(), &line.replace("--new ", "")).ok();
}

#[test]
fn no_rows_are_no_success() {
    let folder = with_catalog();
    let before = common::files(folder.path());
    let header = b"ts,region,temperature,humidity\n";
    insta::assert_snapshot!(with_input(folder.path(), "asset write c weather -", header).refused(), @r"
    error[VV0916]: 0 rows; nothing written
      asset    weather   (unchanged)
      help     check the input; intervals without rows are written by --covering START..END
    ");
    let new = "asset write c other@1d - --time ts --keys region";
    assert!(with_input(folder.path(), new, header).refused().contains("0 rows; nothing written"));
    assert_eq!(common::files(folder.path()), before);
    let covered = "asset write c weather - --covering 2024-01-02..2024-01-03 --partition region=south";
    insta::assert_snapshot!(with_input(folder.path(), covered, header).ok(), @r"
    weather 1d v1: 0 rows
      region=south: 0 rows, 0 new, 0 gone; covers 2024-01-02T00:00:00Z..2024-01-03T00:00:00Z
    ");
}

#[test]
fn what_is_not_said_is_asked_for() {
    let folder = with_catalog();
    let usage = |line: &str| {
        let run = varvite(folder.path(), line);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{line}");
        run.err.lines().next().unwrap_or_default().to_owned()
    };
    let messages = [
        usage("asset write c new weather.csv --time ts"),
        usage("asset write c new@1d weather.csv"),
        usage("asset write c new@1d weather.csv --time at"),
        usage("asset write c new@1d weather.csv --time ts --keys region,region"),
        usage("asset write c new@1d --covering 2024-01-01..2024-01-02"),
        usage("asset write c weather weather.csv --time humidity"),
        usage("asset write c weather weather.csv --keys humidity"),
        usage("asset write c weather@1d weather.csv --resolution 1h"),
        usage("asset write c weather@v1 weather.csv --version 2"),
        usage("asset write c weather@1d weather.csv --covering 2024-01-02..2024-01-01x"),
        usage("asset write c files weather.csv stations.csv --lake --date 2024-01-01"),
    ];
    insta::assert_snapshot!(messages.join("\n"), @r"
    error[VV0900]: a new asset needs --resolution, or --undated for rows without dates
    error[VV0900]: a new asset needs --time: one of the columns ts, region, temperature, humidity
    error[VV0900]: there is no column `at`: there are ts, region, temperature, humidity
    error[VV0900]: the column `region` is named twice by --time and --keys
    error[VV0900]: a new asset needs an INPUT: its columns are registered
    error[VV0900]: the time column is `ts`: leave --time out, or write a new version
    error[VV0900]: the partition keys are fixed (region): leave --keys out, or write a new version
    error[VV0900]: `weather@1d` is of another resolution than --resolution 1h
    error[VV0900]: `weather@v1` is of another version than --version 2
    error: invalid value '2024-01-02..2024-01-01x' for '--covering <START..END>': the range `2024-01-01x` cannot be used: write `now`, `now-7d`, `now-7d/d`, a date such as `2024-01-31`, or a timestamp with an offset
    error[VV0900]: --lake takes one INPUT
    ");
}

#[test]
fn rows_that_do_not_fit_leave_everything_as_it_was() {
    let folder = with_catalog();
    let before = common::files(folder.path());
    let late = "ts,region,temperature,humidity\n2024-01-09T18:00:00Z,north,2,\n";
    let line = "asset write c weather - --covering 2024-01-02..2024-01-03";
    insta::assert_snapshot!(with_input(folder.path(), line, late.as_bytes()).refused(), @r"
    error[VV0602]: the range `2024-01-02T00:00:00Z..2024-01-03T00:00:00Z` cannot be used: a row at 2024-01-09T18:00:00Z lies outside of what is said to be covered
      asset    weather   (unchanged)
    ");
    let null = "ts,region,temperature,humidity\n2024-01-09T18:00:00Z,,2,\n";
    insta::assert_snapshot!(with_input(folder.path(), "asset write c weather -", null.as_bytes()).refused(), @r"
    error[VV0614]: weather 1d v1: column `region`, row 0 of the rows given: it is null, and the column has no nulls
      asset    weather   (unchanged)
    ");
    let text = "ts,region,temperature,humidity\n2024-01-09T18:00:00Z,north,warm,\n";
    insta::assert_snapshot!(with_input(folder.path(), "asset write c weather -", text.as_bytes()).refused(), @r"
    error[VV0904]: column `temperature` of `-`: warm at line 2 is no Float64
      asset    weather   (unchanged)
      help     correct the value, or write a new version of the asset with --version
    ");
    assert_eq!(common::files(folder.path()), before);
}

#[test]
fn a_wrong_cell_is_told_by_file_line_and_column() {
    let folder = with_catalog();
    let before = common::files(folder.path());
    let refused = |text: &str| {
        std::fs::write(folder.path().join("bad.csv"), text).unwrap();
        let error = varvite(folder.path(), "asset write c weather bad.csv").refused();
        std::fs::remove_file(folder.path().join("bad.csv")).unwrap();
        error
    };
    let head = "ts,region,temperature,humidity\n";
    let cell = refused(&format!("{head}2024-01-09,\"no\nrth\",2,\n\n2024-01-10,north,2,wet\n"));
    assert!(cell.starts_with("error[VV0904]: column `humidity` of `bad.csv`: wet at line 5 is no Float64\n"), "{cell}");
    let time = refused(&format!("{head}2024-01-09,north,2,\n2024-01-32,north,2,\n"));
    assert!(time.starts_with("error[VV0904]: column `ts` of `bad.csv`: 2024-01-32 at line 3 is no Time"), "{time}");
    let empty = refused(&format!("{head}2024-01-09,north,2,\n2024-01-10,,2,\n"));
    assert!(empty.starts_with("error[VV0614]: column `region` of `bad.csv`, line 3: it is null, and"), "{empty}");
    let ragged = refused(&format!("{head}2024-01-09,north,2,\n2024-01-10,north\n"));
    assert!(ragged.contains("cause    line 3 has 2 cells, the header line 4 cells\n"), "{ragged}");
    let open = refused(&format!("{head}2024-01-09,\"north,2,\n2024-01-10,north,2,\n"));
    assert!(open.contains("cause    line 2 has 2 cells, the header line 4 cells: a quote is opened there"), "{open}");
    let divided = refused("ts;region\n2024-01-09;north,2\n");
    assert!(divided.contains("cells are divided by commas"), "{divided}");
    assert_eq!(common::files(folder.path()), before);
}

#[test]
fn of_two_columns_of_one_name_none_is_lost() {
    let folder = with_catalog();
    let before = common::files(folder.path());
    let twice = "ts,region,temperature,humidity,humidity\n2024-01-09,north,2,0.5,0.75\n";
    insta::assert_snapshot!(with_input(folder.path(), "asset write c weather -", twice.as_bytes()).refused(), @r"
    error[VV0902]: cannot read `-` as CSV
      asset    weather   (unchanged)
      cause    the header line has the column `humidity` twice
      help     give Parquet, CSV with a header line, an Arrow IPC file, or JSON lines, named accordingly
    ");
    assert_eq!(common::files(folder.path()), before);
}

#[test]
fn the_first_write_names_a_cell_that_is_no_time() {
    let folder = with_files();
    std::fs::write(folder.path().join("bad.csv"), "ts,x\n2024-01-09T00:00:00Z,1\nsoon,2\n").unwrap();
    let error = varvite(folder.path(), "asset write c new@1d bad.csv --time ts").refused();
    assert!(error.starts_with("error[VV0904]: column `ts` of `bad.csv`: soon at line 3 is no Timestamp"), "{error}");
    assert!(!folder.path().join("c").exists());
}

#[test]
fn a_catalog_is_a_folder() {
    let folder = with_files();
    insta::assert_snapshot!(varvite(folder.path(), "asset write weather.csv w@1d weather.csv --time ts").refused(), @r"
    error[VV0913]: `weather.csv` is no catalog of assets: it is a file
      help     name a folder: the first write makes one that is not there
    ");
}

#[test]
fn a_slip_behind_the_name_is_told() {
    let folder = with_catalog();
    let run = varvite(folder.path(), "asset write c snow@1x weather.csv --time ts");
    assert_eq!(run.code, 2);
    assert!(run.err.contains("`1x` was read as a part of the name: a resolution is a count of s, m, h"), "{}", run.err);
}
