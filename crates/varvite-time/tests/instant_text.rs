//! The text of instants: what is read, what is refused, nothing rounded.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use varvite_time::chrono::{DateTime, SecondsFormat};
use varvite_time::{Error, TimeUnit, format_instant, parse_instant};

#[track_caller]
fn reads(text: &str, unit: TimeUnit, instant: i64) {
    assert_eq!(parse_instant(text, unit), Ok(instant), "{text}");
}

#[track_caller]
fn refuses(text: &str, reason: &str) {
    let error = parse_instant(text, TimeUnit::Nanosecond).unwrap_err().to_string();
    assert!(error.contains(reason), "{text}: {error}");
}

#[test]
fn every_form_is_read() {
    for text in [
        "2013-01-01T10:00:00Z",
        "2013-01-01T10:00",
        "2013-01-01T10:00:00",
        "2013-01-01 10:00:00",
        "2013-01-01t10:00:00z",
        "2013-01-01T10:00Z",
        "2013-01-01T10:00:00.000000000Z",
        "2013-01-01T11:00+01:00",
        "2013-01-01T00:30:00-09:30",
        "2013-01-02T09:59:00+23:59",
        "+2013-01-01T10:00",
    ] {
        reads(text, TimeUnit::Second, 1_357_034_400);
    }
    reads("2013-01-01", TimeUnit::Second, 1_356_998_400);
    reads("2013-01-01", TimeUnit::Day, 15_706);
    reads("2013-01-01T01:00+01:00", TimeUnit::Day, 15_706);
    reads("1969-12-31T23:59:59.999999999", TimeUnit::Nanosecond, -1);
    reads("1970-01-01T00:00:00.5", TimeUnit::Millisecond, 500);
    reads("1970-01-01T00:00:00.000001", TimeUnit::Microsecond, 1);
    reads("2024-02-29", TimeUnit::Day, 19_782);
    reads("0000-02-29", TimeUnit::Day, -719_469);
}

#[test]
fn nothing_is_rounded() {
    for (text, unit) in [
        ("2013-01-01T00:00:00.5", TimeUnit::Second),
        ("2013-01-01T00:00:00.0001", TimeUnit::Millisecond),
        ("2013-01-01T00:00:00.0000001", TimeUnit::Microsecond),
        ("2013-01-01T10:00", TimeUnit::Day),
        ("2013-01-01T00:00+01:00", TimeUnit::Day),
    ] {
        assert_eq!(parse_instant(text, unit), Err(Error::TooFine { text: text.to_owned(), unit }));
    }
    reads("2013-01-01T00:00:00.0", TimeUnit::Second, 1_356_998_400);
}

#[test]
fn bad_text_is_refused() {
    for text in ["", "x", "201-01-01", "20130101", "13-01-01"] {
        refuses(text, "is no instant");
    }
    refuses("", "a year has at least four digits");
    refuses("12013-01-01", "a year of more than four digits has a sign");
    refuses("2013-1-01", "a date is year-month-day");
    refuses("2013-01", "a date is year-month-day");
    for text in ["2013-02-29", "2013-04-31", "2013-13-01", "2013-00-01", "2013-01-00", "1900-02-29"] {
        refuses(text, "the calendar has no such date");
    }
    refuses("2013-01-01Z", "after the date comes `T`");
    refuses("2013-01-01T", "an hour is 00 to 23");
    refuses("2013-01-01T24:00", "an hour is 00 to 23");
    refuses("2013-01-01T10", "a time is hh:mm");
    refuses("2013-01-01T10:60", "a time is hh:mm");
    refuses("2013-01-01T10:00:60", "a second is 00 to 59");
    refuses("2013-01-01T10:00:", "a second is 00 to 59");
    refuses("2013-01-01T10:00:00.", "a fraction has one to nine digits");
    refuses("2013-01-01T10:00:00.0123456789", "a fraction has one to nine digits");
    refuses("2013-01-01T10:00:00,5", "after the time comes `Z`");
    refuses("2013-01-01T10:00+0100", "after the time comes `Z`");
    refuses("2013-01-01T10:00+24:00", "after the time comes `Z`");
    refuses("2013-01-01T10:00 Europe/Berlin", "after the time comes `Z`");
    refuses("2013-01-01T10:00Zé", "there is text after the end");
    refuses("2013-01-01T1é:00", "an hour is 00 to 23");
    refuses(" 2013-01-01", "a year has at least four digits");
    refuses("+1234567890123456789-01-01", "a year has at most 18 digits");
}

#[test]
fn what_does_not_fit_is_refused_with_the_bounds() {
    let error = parse_instant("2300-01-01", TimeUnit::Nanosecond).unwrap_err();
    assert!(matches!(error, Error::OutOfRange { unit: TimeUnit::Nanosecond, .. }));
    let text = error.to_string();
    assert!(text.contains("from 1677-09-21T00:12:43.145224192Z to 2262-04-11T23:47:16.854775807Z"), "{text}");
    assert!(parse_instant("+999999999999999999-01-01", TimeUnit::Day).is_err());
}

#[test]
fn every_end_prints_and_reads_back() {
    for (unit, first, last) in [
        (TimeUnit::Nanosecond, "1677-09-21T00:12:43.145224192Z", "2262-04-11T23:47:16.854775807Z"),
        (TimeUnit::Microsecond, "-290308-12-21T19:59:05.224192Z", "+294247-01-10T04:00:54.775807Z"),
        (TimeUnit::Millisecond, "-292275055-05-16T16:47:04.192Z", "+292278994-08-17T07:12:55.807Z"),
        (TimeUnit::Second, "-292277022657-01-27T08:29:52Z", "+292277026596-12-04T15:30:07Z"),
    ] {
        assert_eq!((format_instant(i64::MIN, unit).as_str(), format_instant(i64::MAX, unit).as_str()), (first, last));
        reads(first, unit, i64::MIN);
        reads(last, unit, i64::MAX);
    }
}

#[test]
fn years_beyond_four_digits_have_a_sign() {
    let day = |text: &str| parse_instant(text, TimeUnit::Day).unwrap();
    assert_eq!(format_instant(day("9999-12-31") + 1, TimeUnit::Day), "+10000-01-01");
    assert_eq!(format_instant(day("0000-01-01") - 1, TimeUnit::Day), "-0001-12-31");
    assert_eq!(format_instant(day("0000-01-01"), TimeUnit::Second).len(), 20);
}

#[test]
fn units_have_a_text() {
    for unit in TimeUnit::ALL {
        assert_eq!(unit.to_string().parse(), Ok(unit));
    }
    assert_eq!("min".parse::<TimeUnit>(), Err(Error::BadUnit { text: "min".to_owned() }));
}

fn units() -> impl Strategy<Value = TimeUnit> {
    prop::sample::select(TimeUnit::ALL.to_vec())
}

proptest! {
    #[test]
    fn every_instant_reads_back_from_its_text(instant in any::<i64>(), bits in 0_u32..63, unit in units()) {
        for instant in [instant, instant >> bits] {
            prop_assert_eq!(parse_instant(&format_instant(instant, unit), unit), Ok(instant));
        }
    }

    #[test]
    fn agrees_with_chrono(ns in any::<i64>(), drop in prop::sample::select(vec![1, 1_000, 1_000_000, 1_000_000_000])) {
        // From year 1677 to 2262, with 9, 6, 3 and no decimals.
        let ns = ns / drop * drop;
        let theirs = DateTime::from_timestamp_nanos(ns).to_rfc3339_opts(SecondsFormat::AutoSi, true);
        prop_assert_eq!(format_instant(ns, TimeUnit::Nanosecond), theirs.clone());
        prop_assert_eq!(parse_instant(&theirs, TimeUnit::Nanosecond), Ok(ns));
    }

    #[test]
    fn offsets_agree_with_chrono(second in -60_000_000_000_i64..200_000_000_000, minutes in -1439_i32..1440) {
        let offset = varvite_time::chrono::FixedOffset::east_opt(minutes * 60).unwrap();
        let text = DateTime::from_timestamp(second, 0).unwrap().with_timezone(&offset).to_rfc3339();
        prop_assert_eq!(parse_instant(&text, TimeUnit::Second), Ok(second));
    }

    #[test]
    fn no_text_panics(any in "\\PC{0,20}", near in "[-+]?[0-9]{4,5}-[0-9]{2}-[0-9]{2}[T ]?[0-9:.é]{0,12}[-+Zz]?[0-9:]{0,6}") {
        for text in [any, near] {
            if let Ok(instant) = parse_instant(&text, TimeUnit::Nanosecond) {
                prop_assert_eq!(parse_instant(&format_instant(instant, TimeUnit::Nanosecond), TimeUnit::Nanosecond), Ok(instant));
            }
        }
    }
}
