//! The tiling: total, disjoint, contiguous, idempotent; and equal to a naive model.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use varvite_time::chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeDelta, Weekday};
use varvite_time::{Period, Tiling, TimeSpan, TimeUnit, chrono_tz, format_instant, parse_instant};

const PERIODS: [&str; 32] = [
    "1ns", "7ns", "3us", "1ms", "1500ms", "1s", "7s", "90s", "1min", "7min", "15min", "1h", "5h", "24h", "36h", "1d",
    "2d", "7d", "1w", "W", "W-WED", "2w", "3W", "5W-FRI", "1mo", "5mo", "7mo", "1q", "1y", "4y", "7y", "10000y",
];
const LONGEST: [&str; 3] = ["9223372036854775807ns", "106751d", "15250w"];

fn tilings() -> impl Strategy<Value = Tiling> {
    let texts: Vec<&str> = PERIODS.into_iter().chain(LONGEST).collect();
    let zones = vec![
        None,
        None,
        Some(chrono_tz::Europe::Berlin),
        Some(chrono_tz::America::Sao_Paulo),
        Some(chrono_tz::America::St_Johns),
        Some(chrono_tz::Pacific::Apia),
    ];
    (prop::sample::select(texts), prop::sample::select(zones)).prop_map(|(text, zone)| {
        let period: Period = text.parse().unwrap();
        zone.map_or(Tiling::utc(period), |zone| period.in_zone(zone))
    })
}

fn units() -> impl Strategy<Value = TimeUnit> {
    prop::sample::select(TimeUnit::ALL.to_vec())
}

/// Instants at the ends, at zero, in our time, and anywhere.
fn instants(unit: TimeUnit) -> impl Strategy<Value = i64> {
    let century = 3_155_760_000_000_000_000 / unit.nanoseconds();
    prop_oneof![
        i64::MIN..i64::MIN + 5,
        i64::MAX - 5..=i64::MAX,
        -5_i64..5,
        -century..century,
        (-100 * 365..100 * 365_i64).prop_map(move |day| unit.from_ns(TimeUnit::Day.to_ns(day)).unwrap()),
        any::<i64>(),
    ]
}

fn unit_and_instant() -> impl Strategy<Value = (TimeUnit, i64)> {
    units().prop_flat_map(|unit| (Just(unit), instants(unit)))
}

#[track_caller]
fn check(period: &str, instant: &str, tile: &str) {
    let period: Period = period.parse().unwrap();
    for unit in [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond] {
        let instant = parse_instant(instant, unit).unwrap();
        assert_eq!(period.tile(instant, unit), tile.parse().unwrap(), "{period} in {unit}");
    }
}

#[test]
fn elapsed_time_counts_from_the_epoch() {
    check("36h", "1970-01-01", "1970-01-01..1970-01-02T12:00");
    check("36h", "1969-12-31T23:59:59", "1969-12-30T12:00..1970-01-01");
    check("15min", "2013-01-01T10:59:59", "2013-01-01T10:45..2013-01-01T11:00");
    check("7d", "2025-01-07", "2025-01-02..2025-01-09");
}

#[test]
fn weeks_start_on_their_weekday() {
    check("1w", "2025-01-01", "2024-12-30..2025-01-06");
    check("W", "2025-01-01", "2024-12-29..2025-01-05");
    check("W-WED", "2025-01-01", "2025-01-01..2025-01-08");
    check("W-WED", "2024-12-31T23:59:59", "2024-12-25..2025-01-01");
}

#[test]
fn several_weeks_count_from_the_first_weekday_since_the_epoch() {
    check("2w", "1970-01-05", "1970-01-05..1970-01-19");
    check("2w", "1970-01-04", "1969-12-22..1970-01-05");
    check("3w", "2025-01-08", "2024-12-23..2025-01-13");
    check("2W", "1970-01-04", "1970-01-04..1970-01-18");
    check("2W-THU", "1970-01-01", "1970-01-01..1970-01-15");
}

#[test]
fn months_count_from_year_zero() {
    check("1mo", "2024-02-29T23:59:59", "2024-02-01..2024-03-01");
    check("1mo", "1900-02-28T23:59:59", "1900-02-01..1900-03-01");
    check("3mo", "2024-02-29", "2024-01-01..2024-04-01");
    check("QS", "2024-12-31", "2024-10-01..2025-01-01");
    check("5M", "2024-11-01", "2024-08-01..2025-01-01");
    check("4y", "2024-01-01", "2024-01-01..2028-01-01");
    check("1y", "1969-12-31", "1969-01-01..1970-01-01");
}

#[test]
fn index_zero_is_where_counting_starts() {
    for text in ["1ns", "36h", "1d", "2d"] {
        let period: Period = text.parse().unwrap();
        assert_eq!(period.tile_at(0).unwrap().start_ns(), Some(0), "{text}");
    }
    assert_eq!(Period::MONTH.tile_at(0).unwrap(), "0000-01-01..0000-02-01".parse().unwrap());
    assert_eq!(Period::WEEK.tile_at(0).unwrap(), "1970-01-05..1970-01-12".parse().unwrap());
}

#[test]
fn a_period_finer_than_the_unit_gives_each_tick_its_own_tile() {
    let nanosecond: Period = "1ns".parse().unwrap();
    assert_eq!(nanosecond.tile_ticks(7, TimeUnit::Second), 7..=7);
    assert_eq!(
        nanosecond.tile(7, TimeUnit::Second),
        "1970-01-01T00:00:07..1970-01-01T00:00:07.000000001".parse().unwrap()
    );
    let odd = Tiling::utc("1500ms".parse().unwrap());
    let ticks: Vec<_> = (0..4).map(|second| odd.tile_ticks(second, TimeUnit::Second)).collect();
    assert_eq!(ticks, [0..=1, 0..=1, 2..=2, 3..=4]);
}

#[test]
fn both_ends_of_every_unit_lie_in_a_tile() {
    for unit in TimeUnit::ALL {
        for text in PERIODS.into_iter().chain(LONGEST) {
            let tiling = Tiling::utc(text.parse().unwrap());
            assert_eq!(*tiling.tile_ticks(i64::MIN, unit).start(), i64::MIN, "{text} {unit}");
            assert_eq!(*tiling.tile_ticks(i64::MAX, unit).end(), i64::MAX, "{text} {unit}");
        }
    }
    let last_day = Period::YEAR.tile(i64::MAX, TimeUnit::Day);
    assert!(last_day.end_ns().is_none() && last_day.start_ns().is_some());
    let last_second = Period::YEAR.tile(i64::MAX, TimeUnit::Second);
    assert_eq!(last_second.to_string(), "+292277026596-01-01T00:00:00Z..+292277026597-01-01T00:00:00Z");
}

#[test]
fn no_tile_lies_beyond_the_line() {
    for text in PERIODS {
        let tiling = Tiling::utc(text.parse().unwrap());
        let (first, last) = (tiling.tile_of(i64::MIN, TimeUnit::Day), tiling.tile_of(i64::MAX, TimeUnit::Day));
        assert!(tiling.tile_at(first).unwrap().start_ns().is_none(), "{text}");
        assert!(tiling.tile_at(first - 1).is_none() && tiling.tile_at(i128::MIN).is_none(), "{text}");
        assert!(tiling.tile_at(last).is_some(), "{text}");
        assert!(tiling.tile_at(i128::MAX).is_none(), "{text}");
    }
}

#[test]
fn tiles_of_an_empty_span_are_none() {
    let empty: TimeSpan = "2013-01-01T12:00..2013-01-01T12:00".parse().unwrap();
    assert_eq!(Period::DAY.tiles(empty).count(), 0);
    assert_eq!(Period::DAY.tiles(empty).next_back(), None);
}

#[test]
fn tiles_of_all_time_come_lazily_from_either_end() {
    let mut days = Period::DAY.tiles(TimeSpan::ALL);
    assert_eq!(days.next().unwrap().start_ns(), None);
    assert_eq!(days.next_back().unwrap().end_ns(), None);
}

/// Start of the tile of `second` by stepping calendar dates: no index, no division of days.
fn naive_start(text: &str, second: i64) -> i64 {
    let date = DateTime::from_timestamp(second, 0).unwrap().date_naive();
    let at_midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN).and_utc().timestamp();
    let back_to = |weekday: Weekday| {
        let mut date = date;
        while date.weekday() != weekday {
            date = date.pred_opt().unwrap();
        }
        at_midnight(date)
    };
    match text {
        "1w" => back_to(Weekday::Mon),
        "W" => back_to(Weekday::Sun),
        "W-WED" => back_to(Weekday::Wed),
        "1mo" => at_midnight(date.with_day(1).unwrap()),
        "1q" => at_midnight(date.with_day(1).unwrap().with_month(date.month0() / 3 * 3 + 1).unwrap()),
        "1y" => at_midnight(NaiveDate::from_ymd_opt(date.year(), 1, 1).unwrap()),
        "5mo" | "7mo" | "4y" => {
            let (step, mut start) = match text {
                "5mo" => (5, NaiveDate::from_ymd_opt(0, 1, 1).unwrap()),
                "7mo" => (7, NaiveDate::from_ymd_opt(0, 1, 1).unwrap()),
                _ => (48, NaiveDate::from_ymd_opt(0, 1, 1).unwrap()),
            };
            while start + Months::new(step) <= date {
                start = start + Months::new(step);
            }
            at_midnight(start)
        }
        "2w" => {
            let mut start = NaiveDate::from_ymd_opt(1970, 1, 5).unwrap();
            while start > date {
                start = start - Days::new(14);
            }
            while start + TimeDelta::days(14) <= date {
                start = start + Days::new(14);
            }
            at_midnight(start)
        }
        "1d" => at_midnight(date),
        _ => unreachable!("{text} has no naive model"),
    }
}

proptest! {
    #[test]
    fn every_instant_lies_in_its_tile_and_in_no_neighbour(tiling in tilings(), (unit, instant) in unit_and_instant()) {
        let tile = tiling.tile(instant, unit);
        let index = tiling.tile_of(instant, unit);
        prop_assert!(tile.contains(instant, unit), "{tiling}: {tile} of {}", format_instant(instant, unit));
        prop_assert_eq!(tiling.tile_at(index), Some(tile));
        if let Some(before) = tiling.tile_at(index - 1) {
            prop_assert!(!before.contains(instant, unit));
            prop_assert_eq!(before.end_ns(), tile.start_ns());
        }
        if let Some(after) = tiling.tile_at(index + 1) {
            prop_assert!(!after.contains(instant, unit));
            prop_assert_eq!(tile.end_ns(), after.start_ns());
        }
    }

    #[test]
    fn ticks_of_a_tile_share_it_and_their_neighbours_do_not(tiling in tilings(), (unit, instant) in unit_and_instant()) {
        let ticks = tiling.tile_ticks(instant, unit);
        let index = tiling.tile_of(instant, unit);
        prop_assert!(ticks.contains(&instant));
        prop_assert_eq!(tiling.tile_of(*ticks.start(), unit), index);
        prop_assert_eq!(tiling.tile_of(*ticks.end(), unit), index);
        prop_assert_eq!(tiling.tile_ticks(*ticks.start(), unit), ticks.clone());
        if let Some(next) = ticks.end().checked_add(1) {
            prop_assert!(tiling.tile_of(next, unit) > index);
            prop_assert_eq!(*tiling.tile_ticks(next, unit).start(), next);
        }
        if let Some(previous) = ticks.start().checked_sub(1) {
            prop_assert!(tiling.tile_of(previous, unit) < index);
            prop_assert_eq!(*tiling.tile_ticks(previous, unit).end(), previous);
        }
    }

    #[test]
    fn indices_ascend_with_time_and_are_equal_in_one_tile(
        tiling in tilings(),
        (unit, a, b) in units().prop_flat_map(|unit| (Just(unit), instants(unit), instants(unit))),
    ) {
        let (first, second) = (a.min(b), a.max(b));
        prop_assert!(tiling.tile_of(first, unit) <= tiling.tile_of(second, unit));
        let same = tiling.tile(first, unit) == tiling.tile(second, unit);
        prop_assert_eq!(tiling.tile_of(first, unit) == tiling.tile_of(second, unit), same);
    }

    #[test]
    fn units_agree(tiling in tilings(), (unit, instant) in unit_and_instant()) {
        for finer in TimeUnit::ALL {
            if let Some(same) = finer.from_ns(unit.to_ns(instant)) {
                prop_assert_eq!(tiling.tile_of(same, finer), tiling.tile_of(instant, unit));
            }
        }
    }

    #[test]
    fn agrees_with_the_naive_model(
        text in prop::sample::select(vec!["1d", "1w", "W", "W-WED", "2w", "1mo", "5mo", "7mo", "1q", "1y", "4y"]),
        // From year 0 to 3000.
        second in -62_167_219_200_i64..32_503_680_000,
    ) {
        let tile = Tiling::utc(text.parse().unwrap()).tile_ticks(second, TimeUnit::Second);
        prop_assert_eq!(*tile.start(), naive_start(text, second));
        prop_assert_eq!(tile.end() + 1, naive_start(text, tile.end() + 1));
    }

    #[test]
    fn multiples_of_elapsed_time_are_floor_division(length in 1_i64..i64::MAX, (unit, instant) in unit_and_instant()) {
        let period: Period = format!("{length}ns").parse().unwrap();
        let tile = period.tile(instant, unit);
        let naive = unit.to_ns(instant).div_euclid(length.into()) * i128::from(length);
        prop_assert_eq!(tile, TimeSpan::try_from_ns(
            Some(naive).filter(|ns| *ns >= TimeUnit::Day.to_ns(i64::MIN)),
            Some(naive + i128::from(length)).filter(|ns| *ns < -TimeUnit::Day.to_ns(i64::MIN)),
        ).unwrap());
    }

    #[test]
    fn tiles_of_a_span_are_those_of_its_instants(
        tiling in tilings(),
        (unit, start) in unit_and_instant(),
        steps in 1_usize..20,
    ) {
        // Walk some tiles by their ticks, and expect to meet the same ones by span.
        let mut walked = vec![tiling.tile(start, unit)];
        let mut last = *tiling.tile_ticks(start, unit).end();
        for _ in 0..steps {
            let Some(next) = last.checked_add(1) else { break };
            walked.push(tiling.tile(next, unit));
            last = *tiling.tile_ticks(next, unit).end();
        }
        let span = TimeSpan::try_from_ns(walked[0].start_ns(), walked[walked.len() - 1].end_ns()).unwrap();
        // Tiles without a tick of the unit are not walked over.
        let with_ticks = |tiles: Vec<TimeSpan>| tiles.into_iter().filter(|t| t.ticks(unit).is_some()).collect::<Vec<_>>();
        let number = tiling.tile_of(last, unit) - tiling.tile_of(start, unit) + 1;
        prop_assume!(number < 2_000);
        prop_assert_eq!(with_ticks(tiling.tiles(span).collect()), walked.clone());
        let mut backwards: Vec<_> = tiling.tiles(span).rev().collect();
        backwards.reverse();
        prop_assert_eq!(with_ticks(backwards), walked);
    }
}
