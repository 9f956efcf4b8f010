//! Hyperion's labels, paths and listings against what the package itself answered, and our intervals beside them.
#![allow(clippy::unwrap_used, reason = "tests")]

use serde_json::Value;
use varvite_asset::{HyperionAsset, HyperionDate, HyperionLayout, HyperionUnit, Interval, Resolution};
use varvite_time::{Instant, TimeSpan};

const CASES: &str = include_str!("fixtures/hyperion.jsonl");

/// Runs `check` on every case of a group; there is at least one.
#[track_caller]
fn each(group: &str, check: impl Fn(&Value, &str)) {
    let cases: Vec<Value> = CASES.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ours: Vec<&Value> = cases.iter().filter(|case| case["group"] == group).collect();
    assert!(!ours.is_empty());
    for case in ours {
        check(case, case["id"].as_str().unwrap());
    }
}

fn date(value: &Value) -> HyperionDate {
    value.as_str().unwrap().parse().unwrap()
}

fn instant(value: &Value) -> Instant {
    value.as_str().unwrap().parse().unwrap()
}

fn resolution(given: &Value) -> Resolution {
    given["resolution"].as_str().unwrap().parse().unwrap()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn unit(text: &Value) -> HyperionUnit {
    HyperionUnit::of(format!("1{}", text.as_str().unwrap()).parse().unwrap())
}

#[test]
fn buckets() {
    each("bucket", |case, id| {
        let (given, ours) = (&case["given"], &case["varvite"]);
        let local = given["not_converted_first"].as_bool().unwrap_or_default();
        let label = date(&given[if local { "timestamp" } else { "timestamp_utc" }]).label(resolution(given)).unwrap();
        assert_eq!(label.to_string(), case["hyperion"]["ok"]["label"].as_str().unwrap(), "{id}");
        let interval = resolution(given).interval_at(instant(&given["timestamp_utc"]));
        assert_eq!(interval, Interval { start: instant(&ours["start"]), end: instant(&ours["end"]) }, "{id}");
        assert_eq!(label.instant() == interval.end, ours["label_is_end"].as_bool().unwrap(), "{id}");
    });
}

#[test]
fn units_are_truncated() {
    each("truncate", |case, id| {
        let start = date(&case["given"]["timestamp"]).truncate(unit(&case["given"]["unit"])).unwrap();
        assert_eq!(start.to_string(), case["hyperion"]["ok"]["start"].as_str().unwrap(), "{id}");
    });
}

#[test]
fn plans() {
    each("plan", |case, id| {
        let (given, ours) = (&case["given"], &case["varvite"]);
        let labels = HyperionLayout::default().labels(resolution(given), date(&given["start"]), date(&given["end"]));
        let labels: Vec<String> = labels.unwrap().iter().map(ToString::to_string).collect();
        let theirs = &case["hyperion"]["ok"];
        assert_eq!(labels, texts(&theirs["labels"]), "{id}");
        assert_eq!(labels.len() as u64, theirs["probes"].as_u64().unwrap(), "{id}");
        let (start, end) = (instant(&given["start"]), instant(&given["end"]));
        for (name, end) in [("half_open", end), ("closed", end.plus_ns(1))] {
            let span = TimeSpan::try_from_ns(Some(start.as_ns()), Some(end.as_ns())).unwrap();
            let found: Vec<Interval> = resolution(given).intervals(span).unwrap().collect();
            let wanted = ours[name].as_array().unwrap().iter();
            let wanted: Vec<Interval> =
                wanted.map(|ends| Interval { start: instant(&ends[0]), end: instant(&ends[1]) }).collect();
            assert_eq!(found, wanted, "{id} {name}");
            let ends: Vec<Instant> = found.iter().map(|interval| interval.end).collect();
            let same = ends == labels.iter().map(|label| label.parse().unwrap()).collect::<Vec<Instant>>();
            assert_eq!(same, texts(&ours["hyperion_equals"]).iter().any(|equal| equal == name), "{id} {name}");
        }
    });
}

#[test]
fn paths_and_metadata() {
    each("path", |case, id| {
        let given = &case["given"];
        let name = given["name"].as_str().unwrap().to_owned();
        let version = u32::try_from(given["schema_version"].as_u64().unwrap()).unwrap();
        let asset = match given["kind"].as_str().unwrap() {
            "feature" => HyperionAsset::Feature {
                name,
                resolution: resolution(given),
                date: date(&given["partition_date"]),
                keys: given["partition_keys"]
                    .as_object()
                    .unwrap()
                    .iter()
                    .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
                    .collect(),
                version,
            },
            "data_lake" => HyperionAsset::DataLake { name, date: date(&given["date"]), version },
            _ => HyperionAsset::PersistentStore { name, version },
        };
        let layout = HyperionLayout::below(given["prefix"].as_str().unwrap());
        let path = layout.path(&asset);
        assert_eq!(path, case["hyperion"]["ok"]["path"].as_str().unwrap(), "{id}");
        let metadata = case["hyperion"]["ok"]["metadata"].as_object().unwrap();
        let found = asset.metadata();
        assert_eq!(found.len(), metadata.len(), "{id}");
        assert!(
            metadata.iter().all(|(name, value)| found[name.as_str()] == value.as_str().unwrap()),
            "{id}: {found:?}"
        );
        assert_eq!(layout.parse(&path).unwrap().path(), asset.path(), "{id}");
    });
}

#[test]
fn data_lakes() {
    each("datalake", |case, id| {
        let given = &case["given"];
        let stored = texts(&given["stored"]);
        let paths = || stored.iter().map(String::as_str);
        let layout = HyperionLayout::default();
        let found: Vec<(String, u64)> = layout
            .data_lake(paths(), "a", given["date_part"].as_str())
            .into_iter()
            .map(|(date, version)| (date.to_string(), version.into()))
            .collect();
        let wanted = case["varvite"]["ok"].as_array().unwrap().iter();
        let wanted: Vec<(String, u64)> =
            wanted.map(|file| (file[0].as_str().unwrap().to_owned(), file[1].as_u64().unwrap())).collect();
        assert_eq!(found, wanted, "{id}");
        let latest = layout.latest_data_lake(paths(), "a", given["date_part"].as_str()).unwrap();
        assert_eq!(latest.0.to_string(), wanted.last().unwrap().0, "{id}");
        assert_eq!(layout.latest_data_lake(paths(), "b", None), None);
    });
}

/// Hyperion writes under the start of an interval what it looks for under its end.
#[test]
fn repartitioned_rows() {
    each("repartition", |case, id| {
        let given = &case["given"];
        let rows = texts(&given["rows"]);
        let (start, end) = (date(&given["start"]), date(&given["end"]));
        let asked = HyperionLayout::default().labels(resolution(given), start, end).unwrap();
        let label =
            |row: &str| row.parse::<HyperionDate>().unwrap().in_utc().truncate(HyperionUnit::of(resolution(given)));
        let theirs: Vec<&String> = rows.iter().filter(|row| asked.contains(&label(row).unwrap())).collect();
        assert_eq!(theirs, texts(&case["hyperion"]["ok"]).iter().collect::<Vec<_>>(), "{id}");
    });
}
