//! What a fetch would read, as tables: decided from a listing, without reading.
#![allow(clippy::unwrap_used, clippy::result_large_err, reason = "tests")]

mod fetching;

use std::sync::Arc;

use fetching::{Station, Weather, catalog, now, span, stations, write};
use varvite_asset::chrono::{DateTime, Utc};
use varvite_asset::{
    AssetId, AssetListing, AssetWrite, Collection, Coverage, Error, FeatureModel, Fetch, FetchOptions, FieldPlan,
    Interval, Lacking, Listing, Missing, Partition, Slot, VersionListing, Want, plan_fetch,
};
use varvite_dataset::Dataset;
use varvite_storage::{MemoryStorage, StoragePath};
use varvite_time::Instant;

type Key = (&'static str, &'static str);

/// A listing of partitions without rows: version, keys, what they cover.
fn listing(partitions: &[(u32, &[Key], &str)]) -> Listing {
    let mut asset = AssetListing::default();
    for (at, (version, keys, covered)) in partitions.iter().enumerate() {
        let path = StoragePath::try_new(format!("p{at}")).unwrap();
        let dataset = Dataset::at(Arc::new(MemoryStorage::new()), path, None).unwrap();
        let keys = keys.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let coverage: Coverage = covered.parse().unwrap();
        let partition = Partition { keys, coverage, dataset };
        let of_version = asset.versions.entry(*version).or_insert_with(|| VersionListing::Feature(Vec::new()));
        let VersionListing::Feature(partitions) = of_version else { unreachable!() };
        partitions.push(partition);
    }
    let id = AssetId::new("weather", Weather::KIND);
    Listing { assets: [(id, asset)].into() }
}

fn want(fetch: impl Into<Fetch>, earlier: &[u32]) -> Want {
    let mut want = <Vec<Weather> as Slot>::want("rows", &fetch.into()).unwrap();
    if let Some(newest) = earlier.iter().max() {
        let schema = want.schemas[&1].clone();
        want.version = newest + 1;
        want.earlier = earlier.to_vec();
        want.schemas = earlier.iter().chain([&want.version]).map(|version| (*version, schema.clone())).collect();
    }
    want
}

fn plan(want: Want, listing: &Listing) -> varvite_asset::Result<Arc<FieldPlan>> {
    plan_fetch(&[want], now(), listing).map(|mut plan| plan.fields.remove(0))
}

fn days(interval: &Interval) -> String {
    let day = |instant: Instant| instant.to_string()[8..10].to_owned();
    format!("{}-{}", day(interval.start), day(interval.end))
}

/// Expected, found, what was written by version, gaps.
fn render(plan: &FieldPlan) -> String {
    let intervals = &plan.intervals;
    let expected = intervals.expected.map_or("?".to_owned(), |expected| expected.to_string());
    let written: Vec<_> = intervals.written.iter().map(|(run, version)| format!("{}v{version}", days(run))).collect();
    let gaps: Vec<_> = intervals.gaps.stretches.iter().map(days).collect();
    format!("{} of {expected}: {} / {}", intervals.found, written.join(" "), gaps.join(" "))
}

#[track_caller]
fn check(want: Want, listing: &Listing, expected: &str) {
    assert_eq!(render(&plan(want, listing).unwrap()), expected);
}

const SOME: &str = "2025-01-02..2025-01-05 2025-01-08..2025-01-09";

#[test]
fn intervals_are_expected_found_and_missing() {
    let some = listing(&[(1, &[], SOME)]);
    let within = |text: &str| want(span(text), &[]);
    check(within("2025-01-02..2025-01-05"), &some, "3 of 3: 02-05v1 / ");
    check(within("2025-01-01T23:00:00Z..2025-01-03T01:00:00Z"), &some, "2 of 3: 02-04v1 / 01-02");
    check(within("2025-01-03..2025-01-10"), &some, "3 of 7: 03-05v1 08-09v1 / 05-08 09-10");
    check(within("2025-01-03..2025-01-03"), &some, "0 of 0:  / ");
    check(within("2025-01-20..2025-01-22"), &some, "0 of 2:  / 20-22");
    check(within(".."), &some, "4 of ?: 02-05v1 08-09v1 / 05-08");
    check(within("..2025-01-10"), &some, "4 of ?: 02-05v1 08-09v1 / 05-08 09-10");
    check(within("2025-01-01.."), &some, "4 of ?: 02-05v1 08-09v1 / 01-02 05-08");
    check(within(".."), &Listing::default(), "0 of ?:  / ");
    assert_eq!(plan(within(".."), &some).unwrap().intervals.missing(), None);
}

#[test]
fn an_interval_comes_from_the_newest_version_that_has_it() {
    let both = listing(&[
        (1, &[], "2025-01-01..2025-01-10"),
        (2, &[], "2025-01-03..2025-01-05"),
        (4, &[], "2025-01-04..2025-01-06"),
        (5, &[], "2025-01-01..2025-01-31"),
    ]);
    let within = |earlier: &[u32]| want(span("2025-01-02..2025-01-09"), earlier);
    check(within(&[3, 2, 1]), &both, "7 of 7: 02-03v1 03-04v2 04-06v4 06-09v1 / ");
    check(within(&[3, 2]), &both, "3 of 7: 03-04v2 04-06v4 / 02-03 06-09");
    check(within(&[]), &both, "7 of 7: 02-09v1 / ");
    let error = plan(within(&[2]), &listing(&[(1, &[], SOME), (4, &[], SOME)])).unwrap_err();
    assert!(matches!(&error, Error::VersionNotFound { version: 3, .. }));
    assert_eq!(error.to_string(), "weather 1d has no version 3: there is version 1, 4");
}

#[test]
fn an_interval_is_found_if_every_partition_has_it_that_has_begun() {
    let keyed = listing(&[
        (1, &[("station", "a")], "2025-01-01..2025-01-03"),
        (1, &[("station", "b")], "2025-01-02..2025-01-05"),
    ]);
    let all = want(span("2025-01-01..2025-01-06"), &[]);
    check(all.clone(), &keyed, "2 of 5: 01-05v1 / 03-06");
    assert_eq!(lacking(&all, &keyed), "station=a: 03-06, station=b: 05-06");
    let mut only = all;
    only.keys = vec![("station".to_owned(), "a".to_owned())];
    check(only.clone(), &keyed, "2 of 5: 01-03v1 / 03-06");
    only.keys = vec![("station".to_owned(), "c".to_owned())];
    check(only.clone(), &keyed, "0 of 5:  / 01-06");
    assert_eq!(lacking(&only, &keyed), "");
}

/// What each partition lacks.
fn lacking(want: &Want, listing: &Listing) -> String {
    let gaps = &plan(want.clone(), listing).unwrap().intervals.gaps;
    let partition = |lacking: &Lacking| {
        let stretches: Vec<String> = lacking.stretches.iter().map(days).collect();
        format!("{}={}: {}", lacking.keys[0].0, lacking.keys[0].1, stretches.join(" "))
    };
    gaps.lacking.iter().map(partition).collect::<Vec<_>>().join(", ")
}

#[test]
fn a_partition_is_expected_from_its_first_interval_on() {
    let keyed = listing(&[
        (1, &[("station", "a")], "2025-01-03..2025-01-10"),
        (1, &[("station", "b")], "2025-01-06..2025-01-10"),
        (1, &[("station", "gone")], "2025-01-04..2025-01-05"),
        (1, &[("station", "never")], ""),
    ]);
    let within = |text: &str| want(span(text), &[]);
    // Before b begins nothing of it is missing; before all of them everything is.
    check(within("2025-01-03..2025-01-04"), &keyed, "1 of 1: 03-04v1 / ");
    check(within("2025-01-01..2025-01-05"), &keyed, "2 of 4: 03-05v1 / 01-03");
    assert_eq!(lacking(&within("2025-01-01..2025-01-05"), &keyed), "");
    // One that wrote nothing any more is missing, wherever the range begins.
    check(within("2025-01-08..2025-01-10"), &keyed, "0 of 2: 08-10v1 / 08-10");
    assert_eq!(lacking(&within("2025-01-08..2025-01-10"), &keyed), "station=gone: 08-10");
    // Open ends end with what any of them has.
    check(within(".."), &keyed, "2 of ?: 03-10v1 / 05-10");
    let mut two = within("2025-01-08..2025-01-12");
    two.keys = vec![("station".to_owned(), "b".to_owned())];
    assert_eq!(lacking(&two, &keyed), "station=b: 10-12");
}

#[test]
fn a_partition_begins_with_its_first_version() {
    let keyed = listing(&[
        (1, &[("station", "a")], "2025-01-01..2025-01-03"),
        (1, &[("station", "b")], "2025-01-01..2025-01-03"),
        (2, &[("station", "a")], "2025-01-03..2025-01-06"),
        (2, &[("station", "b")], "2025-01-05..2025-01-06"),
    ]);
    let within = |earlier: &[u32]| want(span("2025-01-01..2025-01-06"), earlier);
    check(within(&[2, 1]), &keyed, "3 of 5: 01-03v1 03-06v2 / 03-05");
    assert_eq!(lacking(&within(&[2, 1]), &keyed), "station=b: 03-05");
    check(within(&[2]), &keyed, "3 of 5: 03-06v2 / 01-03");
}

/// Where the keys have other names, the partitions of a version answer for what they have, and the newest for the rest.
#[test]
fn keys_of_other_names_do_not_lack_what_the_others_have() {
    let renamed = listing(&[
        (1, &[], "2025-01-01..2025-01-04"),
        (2, &[("station", "a")], "2025-01-02..2025-01-03 2025-01-04..2025-01-07"),
        (2, &[("station", "b")], "2025-01-04..2025-01-06"),
    ]);
    let within = want(span("2025-01-01..2025-01-08"), &[2, 1]);
    check(within.clone(), &renamed, "5 of 7: 01-02v1 02-03v2 03-04v1 04-07v2 / 06-08");
    assert_eq!(lacking(&within, &renamed), "station=a: 07-08, station=b: 06-08");
}

#[test]
fn who_lacks_intervals_is_named() {
    let stations: Vec<[Key; 1]> = ["a", "b", "c", "d", "e"].into_iter().map(|station| [("station", station)]).collect();
    let covered = ["01..2025-01-09", "01..2025-01-05", "01..2025-01-05", "01..2025-01-05", "01..2025-01-07"];
    let covered = covered.map(|days| format!("2025-01-{days}"));
    let partitions: Vec<_> = stations.iter().zip(&covered).map(|(key, covered)| (1, &key[..], &covered[..])).collect();
    let mut strict = want(span("2025-01-01..2025-01-09"), &[]);
    strict.missing = Missing::Fail;
    assert_eq!(
        plan(strict, &listing(&partitions)).unwrap_err().to_string(),
        "field `rows` wants weather 1d v1, and 4 of its intervals were never written: \
         2025-01-05T00:00:00Z..2025-01-07T00:00:00Z (station=b; station=c; station=d), \
         2025-01-07T00:00:00Z..2025-01-09T00:00:00Z (station=b; station=c; station=d; and 1 more); its policy is `fail`"
    );
}

#[test]
fn the_newest_interval_costs_the_same_however_far_back() {
    let some = listing(&[(1, &[], SOME)]);
    let latest = |tolerance| {
        let plan = plan(want(Fetch::default().latest(tolerance), &[]), &some).unwrap();
        (plan.latest.as_ref().map(days), render(&plan))
    };
    assert_eq!(latest(1), (None, "0 of 1:  / 09-11".to_owned()));
    assert_eq!(latest(2), (Some("08-09".to_owned()), "1 of 1: 08-09v1 / ".to_owned()));
    assert_eq!(latest(u32::MAX), latest(2));
}

#[test]
fn ranges_are_half_open_and_files_whole() {
    let catalog = catalog();
    write(&catalog, 1..=9, 24);
    let plan = |fetch: Fetch| {
        let mut collection = Collection::new();
        collection.rows::<Weather>("rows", fetch).unwrap();
        let plan = catalog.plan_collection(&collection, &FetchOptions::default()).unwrap();
        (plan.num_files(), plan.num_rows())
    };
    assert_eq!(plan(span("2025-01-02..2025-01-04").into()), (2, 48));
    assert_eq!(plan(span("2025-01-02..2025-01-04T00:00:00.000001Z").into()), (3, 72));
    assert_eq!(plan(span("2025-01-02T23:30:00Z..2025-01-02T23:40:00Z").into()), (0, 0), "after the day's last row");
    assert_eq!(plan(Fetch::default()), (9, 216));
}

#[test]
fn a_plan_is_a_table_and_serializes() {
    let catalog = catalog();
    write(&catalog, [1, 2, 4], 24);
    let _ = catalog.write(&stations(2, 2, 5), &AssetWrite::replace()).unwrap();
    let mut collection = Collection::new();
    collection.rows::<Weather>("weather", span("2025-01-01..2025-01-05")).unwrap();
    collection.rows::<Station>("stations", Fetch::default().key("station", "002")).unwrap();
    collection.latest::<Weather>("newest", 1).unwrap();
    let plan = catalog.plan_collection(&collection, &FetchOptions::default()).unwrap();
    let text = plan.to_string();
    let without_bytes: Vec<String> = text
        .lines()
        .map(|line| line.trim_end_matches(|letter: char| letter.is_ascii_digit()).trim_end().to_owned())
        .collect();
    assert_eq!(without_bytes[0], "now 2025-01-10T12:00:00Z");
    assert_eq!(
        without_bytes[1],
        "FIELD     ASSET           RANGE                                       INTERVALS  FILES  ROWS  BYTES"
    );
    assert_eq!(
        without_bytes[2],
        "weather   weather 1d v1   2025-01-01T00:00:00Z..2025-01-05T00:00:00Z  3 of 4         3    72"
    );
    assert!(text.contains("weather: never written: 2025-01-03T00:00:00Z..2025-01-04T00:00:00Z (skip)"), "{text}");
    let json = serde_json::to_value(&plan).unwrap();
    assert_eq!((json["now"].as_str(), json["fields"][0]["missing"].as_u64()), (Some("2025-01-10T12:00:00Z"), Some(1)));
    assert_eq!(json["fields"][1]["partitions"][0]["keys"]["station"], "002");
    assert_eq!(json["fields"][2]["found"], 0);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let mut collection = Collection::new();
    let mut refused = |fetch: Fetch, reason: &str| {
        let error = collection.rows::<Station>("rows", fetch).unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
    };
    refused(Fetch::default().key("region", "north"), "stations 1d v1 has no `region`: there is `station`");
    refused(Fetch::default().lake("exports"), "the field's type names the asset");
    refused(Fetch::default().columns(["tmp"]), "has no `tmp`: there are `at`, `station`, `temperature`");
    let reversed = want(span("now..now-1d"), &[]);
    assert!(matches!(plan(reversed, &Listing::default()), Err(Error::InvalidRange { .. })));
}

/// Rows of seconds, so that one write makes many files.
#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "ticks", resolution = "1s", time = at)]
struct Tick {
    at: DateTime<Utc>,
    value: i64,
}

#[test]
fn planning_follows_what_there_is_and_not_the_range() {
    let catalog = catalog();
    let first: DateTime<Utc> = "2025-01-01T00:00:00Z".parse().unwrap();
    let ticks: Vec<Tick> = (0..3000)
        .map(|second| Tick { at: first + varvite_asset::chrono::TimeDelta::seconds(second), value: second })
        .collect();
    let _ = catalog.write(&ticks, &AssetWrite::replace()).unwrap();
    let want = |text: &str| vec![<Vec<Tick> as Slot>::want("ticks", &span(text).into()).unwrap()];
    let listing = catalog.listing(&want("..")).unwrap();
    let started = std::time::Instant::now();
    let plan = plan_fetch(&want("0001-01-01..9999-12-31"), now(), &listing).unwrap();
    let took = started.elapsed();
    assert_eq!((plan.num_files(), plan.num_rows()), (3000, 3000));
    assert_eq!(plan.fields[0].intervals.expected, Some(315_537_811_200));
    // Hundreds of billions of intervals could not be walked in this time, on any machine.
    assert!(took.as_millis() < 500, "{took:?}");
}
