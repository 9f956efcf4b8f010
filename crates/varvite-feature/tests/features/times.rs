//! Times of every unit, with and without a zone, compare as instants (S02, S05, S07).

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Date32Array, Date64Array, Int64Array, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType as Arrow, TimeUnit};
use varvite_feature::{EntityRows, FeatureStore, HistoricalOptions, WriteMode};
use varvite_schema::{DataType, FeatureGroupSchema, FeatureSchema};

use crate::world::{batch, ints, line, store, stored, us};

/// Every type that a column of times may have.
fn kinds() -> Vec<Arrow> {
    let mut kinds = vec![Arrow::Date32, Arrow::Date64];
    for unit in [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond] {
        for zone in [None, Some("UTC"), Some("Europe/Berlin"), Some("-08:00")] {
            kinds.push(Arrow::Timestamp(unit, zone.map(Into::into)));
        }
    }
    kinds
}

/// Seconds after the epoch as a column of a kind.
fn column(kind: &Arrow, seconds: &[i64]) -> ArrayRef {
    let per_second = match kind {
        Arrow::Date32 => {
            let days = seconds.iter().map(|second| i32::try_from(second.div_euclid(86_400)).ok());
            return Arc::new(days.collect::<Date32Array>());
        }
        Arrow::Date64 => return Arc::new(seconds.iter().map(|second| Some(second * 1000)).collect::<Date64Array>()),
        Arrow::Timestamp(TimeUnit::Second, _) => 1,
        Arrow::Timestamp(TimeUnit::Millisecond, _) => 1000,
        Arrow::Timestamp(TimeUnit::Microsecond, _) => 1_000_000,
        _ => 1_000_000_000,
    };
    let values: ArrayRef = Arc::new(seconds.iter().map(|second| Some(second * per_second)).collect::<Int64Array>());
    cast(&values, kind).unwrap()
}

fn group(ttl: Option<&str>) -> FeatureGroupSchema {
    let group = FeatureGroupSchema::builder("g")
        .entity_key("k", DataType::BigInt)
        .event_time("at")
        .feature(FeatureSchema::builder("v", DataType::BigInt));
    ttl.map_or(group.clone(), |ttl| group.ttl(ttl)).build().unwrap()
}

fn table(times: ArrayRef, values: impl IntoIterator<Item = i64>) -> RecordBatch {
    let len = times.len();
    batch([("k", ints(vec![1; len])), ("at", times), ("v", ints(values))])
}

fn read(store: &FeatureStore, times: ArrayRef, options: &HistoricalOptions) -> String {
    let spine = batch([("k", ints(vec![1; times.len()])), ("t", times)]);
    let entities = EntityRows::at_times(spine.clone(), "t").unwrap();
    let found = store.get_historical_features(&entities, ["g.v"], options).unwrap().to_batch().unwrap();
    assert_eq!(found.project(&[0, 1]).unwrap().columns(), spine.columns(), "entity columns are as they were (S01)");
    assert_eq!(found.schema().field(1), spine.schema().field(1));
    line(&found, "v")
}

const DAY: i64 = 86_400;

#[test]
fn s07_units_and_zones_of_the_group_and_of_entities_do_not_matter() {
    // Before 1970, around it, and the night in which Berlin's clocks went back.
    let events = [-3 * DAY, -DAY, 0, DAY, 19_660 * DAY];
    let asked = [-4 * DAY, -3 * DAY, -2 * DAY, -DAY, 0, DAY, 2 * DAY, 19_659 * DAY, 19_660 * DAY, 19_661 * DAY];
    for stored in kinds() {
        let store = store();
        store.register(&group(Some("10d"))).unwrap();
        let rows = table(column(&stored, &events), 0..5);
        let _ = store.write("g", &[rows], WriteMode::Append).unwrap();
        for given in kinds() {
            let found = |options: &HistoricalOptions| read(&store, column(&given, &asked), options);
            let default = HistoricalOptions::default();
            assert_eq!(found(&default), "- 0 0 1 2 3 3 - 4 4", "{stored} asked by {given}");
            let strict = default.clone().with_allow_exact_match(false);
            assert_eq!(found(&strict), "- - 0 0 1 2 3 - - 4", "{stored} asked by {given}");
            let exact = default.with_tolerance_ns(0);
            assert_eq!(found(&exact), "- 0 - 1 2 3 - - 4 -", "{stored} asked by {given}");
        }
    }
}

#[test]
fn s07_what_is_stored_keeps_its_unit_whatever_is_written_later() {
    let days = [0, DAY, 2 * DAY];
    for (at, stored_as) in kinds().into_iter().enumerate() {
        // A third of all pairs, each type in both places.
        for given in kinds().into_iter().skip(at % 3).step_by(3) {
            let store = store();
            store.register(&group(None)).unwrap();
            let _ = store.write("g", &[table(column(&stored_as, &days), 0..3)], WriteMode::Append).unwrap();
            let later = table(column(&given, &[DAY, 3 * DAY]), [7, 8]);
            let report = store.write("g", &[later], WriteMode::Upsert).unwrap();
            assert_eq!((report.written, report.deleted), (2, 1), "{stored_as} then {given}: {report}");
            let history = store.group("g").unwrap();
            let found = stored(&history);
            assert_eq!(found.schema().field_with_name("at").unwrap().data_type(), &stored_as);
            assert_eq!(line(&found, "v"), "0 7 2 8", "{stored_as} then {given}");
            // A back-fill of the middle day.
            let mode = WriteMode::OverwriteRange { start: us(DAY * 1_000_000), end: us(2 * DAY * 1_000_000) };
            let report = store.write("g", &[table(column(&given, &[DAY]), [9])], mode).unwrap();
            assert_eq!(report.deleted, 1, "{stored_as} then {given}: {report}");
            assert_eq!(line(&stored(&store.group("g").unwrap()), "v"), "0 9 2 8");
        }
    }
}

#[test]
fn s07_hours_that_the_clock_knows_twice_are_told_apart() {
    // 2024-10-27 02:30 in Berlin: first at 00:30 UTC, then at 01:30 UTC.
    let first = 1_729_989_000;
    let berlin = Arrow::Timestamp(TimeUnit::Second, Some("Europe/Berlin".into()));
    let store = store();
    store.register(&group(None)).unwrap();
    let _ = store.write("g", &[table(column(&berlin, &[first, first + 3600]), 1..3)], WriteMode::Append).unwrap();
    assert_eq!(stored(&store.group("g").unwrap()).num_rows(), 2);
    for given in kinds().into_iter().filter(|kind| matches!(kind, Arrow::Timestamp(..))) {
        let asked = column(&given, &[first - 1, first, first + 3599, first + 3600]);
        assert_eq!(read(&store, asked, &HistoricalOptions::default()), "- 1 1 2", "{given}");
    }
}

#[test]
fn s07_the_ends_of_time_compare_exactly() {
    // The end of the year 9999, which 64 bits of nanoseconds do not reach, and the year 1.
    let (last, first) = (253_402_300_799, -62_135_596_800);
    let second = Arrow::Timestamp(TimeUnit::Second, None);
    let ns = |values: Vec<i64>| -> ArrayRef {
        Arc::new(arrow::array::TimestampNanosecondArray::from(values).with_timezone("UTC"))
    };
    for unit in [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond] {
        let store = store();
        store.register(&group(Some("20000d"))).unwrap();
        let kind = Arrow::Timestamp(unit, Some("UTC".into()));
        let _ = store.write("g", &[table(column(&kind, &[first, 0, last]), 0..3)], WriteMode::Append).unwrap();
        let asked = column(&second, &[first - 1, first, 0, last - 1, last, last + 1]);
        assert_eq!(read(&store, asked, &HistoricalOptions::default()), "- 0 1 - 2 2", "{kind}");
        assert_eq!(read(&store, ns(vec![i64::MIN, -1, 0, i64::MAX]), &HistoricalOptions::default()), "- - 1 -");
    }
    // A group in nanoseconds, asked at times that those do not reach.
    let store = store();
    store.register(&group(None)).unwrap();
    let rows = table(ns(vec![i64::MIN, 0, i64::MAX]), 0..3);
    let _ = store.write("g", &[rows], WriteMode::Append).unwrap();
    let asked = column(&second, &[first, -1, 0, last]);
    assert_eq!(read(&store, asked, &HistoricalOptions::default()), "- 0 1 2");
    assert_eq!(read(&store, ns(vec![i64::MIN, i64::MAX - 1, i64::MAX]), &HistoricalOptions::default()), "0 1 2");
    let strict = HistoricalOptions::default().with_allow_exact_match(false);
    assert_eq!(read(&store, ns(vec![i64::MIN, i64::MAX - 1, i64::MAX]), &strict), "- 1 1");
    // The extremes of a coarse unit.
    let store = crate::world::store();
    store.register(&group(None)).unwrap();
    let extremes = |values: Vec<i64>| -> ArrayRef { Arc::new(arrow::array::TimestampSecondArray::from(values)) };
    let _ = store.write("g", &[table(extremes(vec![i64::MIN, i64::MAX]), 0..2)], WriteMode::Append).unwrap();
    let asked = extremes(vec![i64::MIN, 0, i64::MAX]);
    assert_eq!(read(&store, asked, &HistoricalOptions::default()), "0 0 1");
}

#[test]
fn s07_between_two_values_of_a_coarser_unit_the_limits_are_exact() {
    let store = store();
    store.register(&group(Some("1500ms"))).unwrap();
    let seconds = column(&Arrow::Timestamp(TimeUnit::Second, None), &[10]);
    let _ = store.write("g", &[table(seconds, [1])], WriteMode::Append).unwrap();
    let ns = |values: &[i64]| -> ArrayRef { Arc::new(arrow::array::TimestampNanosecondArray::from(values.to_vec())) };
    let asked = ns(&[9_999_999_999, 10_000_000_000, 10_000_000_001, 11_500_000_000, 11_500_000_001]);
    assert_eq!(read(&store, Arc::clone(&asked), &HistoricalOptions::default()), "- 1 1 1 -");
    let strict = HistoricalOptions::default().with_allow_exact_match(false);
    assert_eq!(read(&store, asked, &strict), "- - 1 1 -");
}

#[test]
fn s08_the_stamp_of_the_clock_counts_in_the_unit_that_is_stored() {
    for (kind, expected) in [
        (Arrow::Date32, "1970-01-01"),
        (Arrow::Timestamp(TimeUnit::Second, None), "1970-01-01T00:00:00"),
        (Arrow::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())), "1970-01-01T00:00:00.001Z"),
    ] {
        let store = store();
        let group = FeatureGroupSchema::builder("g")
            .entity_key("k", DataType::BigInt)
            .event_time("at")
            .created_time_as("made", DataType::from_arrow(&kind).unwrap())
            .feature(FeatureSchema::builder("v", DataType::BigInt));
        store.register(&group.build().unwrap()).unwrap();
        let report = store.write("g", &[table(column(&kind, &[0]), [1])], WriteMode::Append).unwrap();
        assert!(report.stamped);
        assert_eq!(line(&stored(&store.group("g").unwrap()), "made"), expected);
    }
}
