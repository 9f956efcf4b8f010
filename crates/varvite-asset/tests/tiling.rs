//! The intervals of any resolution tile time: compared with arithmetic that knows nothing of periods.
#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use varvite_asset::chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta, TimeZone};
use varvite_asset::{Bound, Interval, Resolution, Span};
use varvite_time::Instant;

const SECOND: i128 = 1_000_000_000;
const DAY: i128 = 86_400 * SECOND;

/// Days since 1970 of the first day of a month, counted from January of year 0: years begin in March, and 400 of them are
/// 146,097 days.
fn first_day(month: i128) -> i128 {
    let (year, month) = (month.div_euclid(12), month.rem_euclid(12));
    let (year, from_march) = if month < 2 { (year - 1, month + 10) } else { (year, month - 2) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * from_march + 2) / 5 - 719_468
}

/// The month that a day lies in, by halving.
fn month_of(day: i128) -> i128 {
    let (mut not_after, mut after) = (-40_000_000, 40_000_000);
    while after - not_after > 1 {
        let middle = i128::midpoint(not_after, after);
        if first_day(middle) <= day { not_after = middle } else { after = middle }
    }
    not_after
}

/// The interval of `count` units that holds a time.
fn naive(count: i128, unit: char, ns: i128) -> Interval {
    let of = |length: i128, origin: i128| {
        let start = (ns - origin).div_euclid(length) * length + origin;
        Interval { start: Instant::from_ns(start), end: Instant::from_ns(start + length) }
    };
    let of_months = |months: i128| {
        let first = month_of(ns.div_euclid(DAY)).div_euclid(months) * months;
        let at = |month: i128| Instant::from_ns(first_day(month) * DAY);
        Interval { start: at(first), end: at(first + months) }
    };
    match unit {
        's' => of(count * SECOND, 0),
        'm' => of(count * 60 * SECOND, 0),
        'h' => of(count * 3600 * SECOND, 0),
        'd' => of(count * DAY, 0),
        'w' => of(count * 7 * DAY, 4 * DAY),
        'M' => of_months(count),
        'y' => of_months(count * 12),
        other => panic!("{other}"),
    }
}

/// Small counts, counts that divide nothing, and the longest that a resolution has.
fn resolutions() -> impl Strategy<Value = (Resolution, i128, char)> {
    let unit = prop::sample::select(vec!['s', 'm', 'h', 'd', 'w', 'M', 'y']);
    (unit, prop_oneof![4 => 1u32..40, 2 => 1u32..1000, 1 => 1u32..200_000])
        .prop_filter_map("too long", |(unit, count)| Some((format!("{count}{unit}").parse().ok()?, count.into(), unit)))
}

/// Times of every kind: the near ones, ages away, at and around ends of days, leap days and changes of the clock.
fn instants() -> impl Strategy<Value = i128> {
    let day = prop_oneof![
        -40_000i128..40_000,
        -80_000_000i128..80_000_000,
        // 29 February of leap years, of 1900 (which has none), and the days around.
        (-500i128..500, 56i128..62).prop_map(|(year, day)| first_day((year * 4) * 12) + day),
        // Mondays and firsts of months.
        (-30_000i128..30_000).prop_map(|week| week * 7 + 4),
        (0i128..60_000).prop_map(first_day),
    ];
    let time = prop_oneof![
        2 => 0..DAY,
        1 => prop::sample::select(vec![0, 1, -1, SECOND, -SECOND, DAY - 1, DAY / 2]),
        1 => (0..86_400i128).prop_map(|second| second * SECOND),
    ];
    (day, time).prop_map(|(day, time)| day * DAY + time)
}

/// A time as somebody far from Greenwich writes it: around the days on which clocks change, with either offset.
fn local_times() -> impl Strategy<Value = DateTime<FixedOffset>> {
    let days =
        [(2025, 3, 9), (2025, 3, 30), (2025, 10, 26), (2025, 11, 2), (2024, 2, 29), (1999, 12, 31), (1970, 1, 1)];
    let offsets = vec![-12 * 60, -5 * 60, -4 * 60, -90, 0, 60, 120, 345, 630, 660, 14 * 60];
    (prop::sample::select(days.to_vec()), -72i64..72, 0i64..3_600_000_000, prop::sample::select(offsets)).prop_map(
        |((year, month, day), hours, micros, offset)| {
            let noon = NaiveDate::from_ymd_opt(year, month, day).unwrap().and_hms_opt(12, 0, 0).unwrap();
            let local = noon + TimeDelta::hours(hours) + TimeDelta::microseconds(micros);
            FixedOffset::east_opt(offset * 60).unwrap().from_local_datetime(&local).unwrap()
        },
    )
}

fn ns_of(time: &DateTime<FixedOffset>) -> i128 {
    i128::from(time.timestamp_micros()) * 1000
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_instant_lies_in_exactly_one_interval((resolution, count, unit) in resolutions(), ns in instants()) {
        let at = Instant::from_ns(ns);
        let found = resolution.interval_at(at);
        prop_assert_eq!(found, naive(count, unit, ns), "{} at {}", resolution, at);
        prop_assert!(found.contains(at), "{} does not hold {}", found, at);
        for inside in [found.start, found.end.plus_ns(-1)] {
            prop_assert_eq!(resolution.interval_at(inside), found, "the interval of its own ends");
        }
        prop_assert_eq!(resolution.interval_at(found.end).start, found.end, "the next one begins where it ends");
        prop_assert_eq!(resolution.interval_at(found.start.plus_ns(-1)).end, found.start, "the one before ends there");
        prop_assert!(!found.contains(found.end) && !found.contains(found.start.plus_ns(-1)));
    }

    #[test]
    fn a_range_needs_the_intervals_that_meet_it_and_no_others(
        (resolution, count, unit) in resolutions(),
        start in instants(),
        lengths in 0u32..30,
        rest in -2i128..3,
    ) {
        // Ends near ends of intervals are where it matters.
        let mut end = start;
        for _ in 0..lengths {
            end = naive(count, unit, end).end.as_ns();
        }
        let end = (end + rest).max(start);
        let span = Span::between(Instant::from_ns(start), Instant::from_ns(end)).resolve(Instant::from_ns(0)).unwrap();
        let found: Vec<Interval> = resolution.intervals(span).unwrap().collect();
        let mut expected = Vec::new();
        let mut at = start;
        while at < end {
            let interval = naive(count, unit, at);
            at = interval.end.as_ns();
            expected.push(interval);
        }
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn offsets_say_where_a_clock_stands_and_move_no_interval(
        (count, unit) in prop::sample::select(vec![(61, 's'), (15, 'm'), (7, 'h'), (1, 'd'), (2, 'd'), (1, 'w'), (1, 'M'), (5, 'M'), (1, 'y')]),
        start in local_times(),
        seconds in 0i64..400_000,
        other in local_times(),
    ) {
        let resolution: Resolution = format!("{count}{unit}").parse().unwrap();
        let end = (start + TimeDelta::seconds(seconds)).with_timezone(other.offset());
        let written = format!("{}..{}", start.to_rfc3339(), end.to_rfc3339());
        let span: Span = written.parse().unwrap();
        let resolved = span.resolve(Instant::from_ns(0)).unwrap();
        prop_assert_eq!((resolved.start_ns(), resolved.end_ns()), (Some(ns_of(&start)), Some(ns_of(&end))));
        let found: Vec<Interval> = resolution.intervals(resolved).unwrap().collect();
        prop_assert!(found.windows(2).all(|pair| pair[0].end == pair[1].start));
        if let (Some(first), Some(last)) = (found.first(), found.last()) {
            prop_assert_eq!(*first, naive(count, unit, ns_of(&start)));
            prop_assert_eq!(*last, naive(count, unit, ns_of(&end) - 1));
        } else {
            prop_assert_eq!(seconds, 0);
        }
        let reversed: Span = format!("{}..{}", end.to_rfc3339(), start.to_rfc3339()).parse().unwrap();
        prop_assert_eq!(reversed.resolve(Instant::from_ns(0)).is_err(), seconds > 0);
    }

    #[test]
    fn now_with_a_slash_is_the_start_of_an_interval((resolution, count, unit) in resolutions(), ns in instants()) {
        let bound: Bound = format!("now/{resolution}").parse().unwrap();
        let floored = bound.resolve(Instant::from_ns(ns)).unwrap();
        prop_assert_eq!(floored, Some(naive(count, unit, ns).start));
    }
}

/// The first and the last value of every unit that a column may count in.
#[test]
fn the_ends_of_time_have_an_interval() {
    use varvite_time::TimeUnit;
    for unit in [TimeUnit::Day, TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond] {
        for value in [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX] {
            for resolution in ["1s", "15m", "1d", "1w", "1M", "10000y"] {
                let at = Instant::new(value, unit);
                let found = resolution.parse::<Resolution>().unwrap().interval_at(at);
                // Where the calendar ends there is none; nothing else may be said of it then.
                let beyond = at.as_ns().abs() > 260_000 * 365 * DAY;
                assert!(beyond || found.contains(at), "{resolution} {at}: {found}");
            }
        }
    }
}
