//! The text of a period: what is read, what is refused, and the one form that prints.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use varvite_time::chrono::Weekday;
use varvite_time::{Error, Period, PeriodUnit};

#[track_caller]
fn reads(text: &str, canonical: &str) {
    let period: Period = text.parse().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(period.to_string(), canonical, "{text}");
    assert_eq!(canonical.parse(), Ok(period), "{canonical}");
}

#[track_caller]
fn refuses(text: &str, message: &str) {
    let error = text.parse::<Period>().unwrap_err().to_string();
    assert!(error.contains(message), "{text}: {error}");
    assert!(error.contains(&format!("`{text}`")), "{text}: {error}");
}

#[test]
fn spellings_of_elapsed_time() {
    for text in ["1ns", "ns", "1N"] {
        reads(text, "1ns");
    }
    for text in ["1us", "us", "1µs", "1μs", "1U"] {
        reads(text, "1us");
    }
    for text in ["1ms", "ms", "1L"] {
        reads(text, "1ms");
    }
    for text in ["1s", "s", "S", "1S", "1000ms"] {
        reads(text, "1s");
    }
    for text in ["15m", "15min", "15T", "900s"] {
        reads(text, "15min");
    }
    for text in ["2h", "2H", "120min"] {
        reads(text, "2h");
    }
}

#[test]
fn spellings_of_calendar_time() {
    for text in ["1d", "1D", "d", "D"] {
        reads(text, "1d");
    }
    for text in ["1mo", "mo", "MS", "1MS", "M", "1M"] {
        reads(text, "1mo");
    }
    for text in ["1q", "q", "QS", "QS-JAN", "QS-OCT", "Q", "3mo", "3MS"] {
        reads(text, "1q");
    }
    for text in ["1y", "y", "YS", "YS-JAN", "Y", "AS", "4q", "12mo"] {
        reads(text, "1y");
    }
    reads("5M", "5mo");
    reads("18mo", "6q");
}

#[test]
fn weeks_keep_their_first_day() {
    for text in ["1w", "w", "W-MON", "1W-MON"] {
        reads(text, "1w");
    }
    for text in ["W", "1W", "W-SUN", "1W-SUN"] {
        reads(text, "1W-SUN");
    }
    reads("W-WED", "1W-WED");
    reads("2W", "2W-SUN");
    reads("3w", "3w");
}

#[test]
fn a_day_is_not_24_hours_and_a_week_not_7_days() {
    reads("24h", "24h");
    reads("7d", "7d");
    assert_ne!("24h".parse::<Period>(), "1d".parse());
    assert_ne!("7d".parse::<Period>(), "1w".parse());
    assert_ne!("W".parse::<Period>(), "w".parse());
}

#[test]
fn case_tells_milliseconds_minutes_and_months_apart() {
    let distinct: std::collections::HashSet<Period> =
        ["1ms", "1MS", "1m", "1s"].iter().map(|text| text.parse().unwrap()).collect();
    assert_eq!(distinct.len(), 4);
}

#[test]
fn what_is_no_tiling_is_refused_with_a_suggestion() {
    for (text, instead) in [
        ("ME", "use `MS`"),
        ("2ME", "use `MS`"),
        ("QE", "use `QS`"),
        ("QE-DEC", "use `QS`"),
        ("Q-DEC", "use `QS`"),
        ("QS-FEB", "use `QS`"),
        ("YE", "use `YS`"),
        ("A-DEC", "use `YS`"),
        ("YS-APR", "use `YS`"),
        ("B", "use `1d`"),
        ("5B", "use `1d`"),
        ("BME", "use `MS`"),
        ("bh", "use `1h`"),
        ("SMS", "use `15d`"),
        ("WOM-2TUE", "use `MS`"),
        ("W-XYZ", "use `W-SUN`"),
        ("w-wed", "use `W-SUN`"),
        ("10i", "use `1d`"),
        ("1hour", "use `h`"),
        ("1Month", "use `mo`"),
        ("1mon", "use `mo`"),
    ] {
        refuses(text, instead);
    }
}

#[test]
fn bad_text_is_refused() {
    refuses("", "it is empty");
    refuses("15", "the unit is missing");
    refuses("-1d", "a count has no sign");
    refuses("+1d", "a count has no sign");
    refuses("1.5h", "a count is a whole number");
    refuses("1 d", "there is a space in it");
    refuses(" 1d", "there is a space in it");
    refuses("1x", "the unit is unknown");
    refuses("1x", "write a count and one of ns, us, ms, s, min, h, d, w, W-SUN, mo, q, y, such as `15min`");
    refuses("1d ", "the unit is unknown");
    refuses("1h30m", "there is text after the unit");
    refuses("1d1", "there is text after the unit");
    refuses("１d", "the unit is unknown");
    refuses("1dé", "the unit is unknown");
}

#[test]
fn counts_are_bounded() {
    refuses("0d", "use at least 1, at most 106751 days");
    refuses("00mo", "use at least 1");
    refuses("99999999999999999999999s", "at most 9223372036 seconds");
    refuses("9223372037s", "at most 9223372036 seconds");
    refuses("10001y", "at most 10000 years");
    reads("9223372036s", "9223372036s");
    reads("9223372036854775807ns", "9223372036854775807ns");
    reads("106751d", "106751d");
    reads("10000y", "10000y");
    reads("01d", "1d");
    let error = Period::try_new(0, PeriodUnit::Hour).unwrap_err();
    assert!(matches!(&error, Error::PeriodOutOfRange { text, .. } if text == "0h"), "{error}");
}

#[test]
fn constants_are_what_they_say() {
    for (period, text) in [
        (Period::SECOND, "1s"),
        (Period::MINUTE, "1min"),
        (Period::HOUR, "1h"),
        (Period::DAY, "1d"),
        (Period::WEEK, "1w"),
        (Period::MONTH, "1mo"),
        (Period::QUARTER, "1q"),
        (Period::YEAR, "1y"),
    ] {
        assert_eq!(period.to_string(), text);
    }
    const { assert!(Period::checked(0, PeriodUnit::Day).is_none()) };
}

fn units() -> impl Strategy<Value = PeriodUnit> {
    prop::sample::select(vec![
        PeriodUnit::Nanosecond,
        PeriodUnit::Microsecond,
        PeriodUnit::Millisecond,
        PeriodUnit::Second,
        PeriodUnit::Minute,
        PeriodUnit::Hour,
        PeriodUnit::Day,
        PeriodUnit::Week(Weekday::Mon),
        PeriodUnit::Week(Weekday::Thu),
        PeriodUnit::Week(Weekday::Sun),
        PeriodUnit::Month,
        PeriodUnit::Quarter,
        PeriodUnit::Year,
    ])
}

proptest! {
    #[test]
    fn every_period_reads_back_from_its_text(unit in units(), seed in any::<u64>(), small in any::<bool>()) {
        let max = if small { 1_000 } else { unit.max_count() };
        let count = seed % max + 1;
        let period = Period::try_new(count, unit).unwrap();
        prop_assert_eq!(period.to_string().parse(), Ok(period));
        prop_assert_eq!(format!("{count}{unit}").parse(), Ok(period));
        prop_assert!(Period::try_new(unit.max_count() + 1, unit).is_err());
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,12}", near in "[0-9]{0,20}[a-zA-Zµ-]{0,5}[0-9 ]{0,2}") {
        for text in [text, near] {
            if let Ok(period) = text.parse::<Period>() {
                prop_assert_eq!(period.to_string().parse(), Ok(period));
            }
        }
    }
}
