//! Local days: 23, 24 and 25 hours, midnights that are skipped or come twice, days that never were.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use varvite_time::chrono::{DateTime, Offset, TimeZone};
use varvite_time::chrono_tz::{self, Tz};
use varvite_time::{Error, Period, Tiling, TimeSpan, TimeUnit, parse_instant};

#[track_caller]
fn check(tiling: &str, instant: &str, tile: &str) {
    let tiling: Tiling = tiling.parse().unwrap();
    let second = parse_instant(instant, TimeUnit::Second).unwrap();
    assert_eq!(tiling.tile(second, TimeUnit::Second), tile.parse().unwrap(), "{tiling}");
}

#[track_caller]
fn hours(tiling: &str, instant: &str) -> i128 {
    let tiling: Tiling = tiling.parse().unwrap();
    let tile = tiling.tile(parse_instant(instant, TimeUnit::Second).unwrap(), TimeUnit::Second);
    tile.num_seconds().unwrap() / 3600
}

#[test]
fn days_have_23_24_or_25_hours() {
    assert_eq!(hours("1d@Europe/Berlin", "2024-03-30T12:00+01:00"), 24);
    assert_eq!(hours("1d@Europe/Berlin", "2024-03-31T12:00+02:00"), 23);
    assert_eq!(hours("1d@Europe/Berlin", "2024-10-27T12:00+01:00"), 25);
    assert_eq!(hours("1d@America/New_York", "2025-11-02T23:30-05:00"), 25);
    check("1d@America/New_York", "2025-11-02T23:30-05:00", "2025-11-02T00:00-04:00..2025-11-03T00:00-05:00");
}

#[test]
fn weeks_months_and_years_start_at_local_midnight() {
    check("1w@Europe/Berlin", "2024-03-31T12:00+02:00", "2024-03-25T00:00+01:00..2024-04-01T00:00+02:00");
    check("W@Europe/Berlin", "2024-03-31T12:00+02:00", "2024-03-31T00:00+01:00..2024-04-07T00:00+02:00");
    check("1mo@Europe/Berlin", "2024-03-31T12:00+02:00", "2024-03-01T00:00+01:00..2024-04-01T00:00+02:00");
    check("1q@Asia/Kathmandu", "2024-03-31T12:00+05:45", "2024-01-01T00:00+05:45..2024-04-01T00:00+05:45");
    check("1y@Pacific/Auckland", "2024-12-31T23:59:59+13:00", "2024-01-01T00:00+13:00..2025-01-01T00:00+13:00");
}

#[test]
fn several_days_count_from_the_local_epoch_day() {
    check("2d@Asia/Tokyo", "1970-01-02T23:59:59+09:00", "1970-01-01T00:00+09:00..1970-01-03T00:00+09:00");
    check("2d@Asia/Tokyo", "1969-12-31T23:59:59+09:00", "1969-12-30T00:00+09:00..1970-01-01T00:00+09:00");
}

#[test]
fn a_skipped_midnight_is_the_first_instant_after_it() {
    // Clocks went from 2018-11-04T00:00-03:00 to 01:00-02:00.
    check("1d@America/Sao_Paulo", "2018-11-04T12:00-02:00", "2018-11-04T01:00-02:00..2018-11-05T00:00-02:00");
    check("1d@America/Sao_Paulo", "2018-11-03T23:59:59-03:00", "2018-11-03T00:00-03:00..2018-11-04T00:00-03:00");
    // And from 2021-03-28T00:00+02:00 to 01:00+03:00.
    check("1d@Asia/Beirut", "2021-03-28T01:00+03:00", "2021-03-28T01:00+03:00..2021-03-29T00:00+03:00");
    check("1d@Asia/Beirut", "2021-03-27T23:59:59+02:00", "2021-03-27T00:00+02:00..2021-03-28T01:00+03:00");
}

#[test]
fn a_midnight_that_is_put_back_comes_once() {
    // At what would have been 2018-02-18T00:00-02:00 clocks went back to 23:00-03:00 of the 17th.
    check("1d@America/Sao_Paulo", "2018-02-17T23:30-03:00", "2018-02-17T00:00-02:00..2018-02-18T00:00-03:00");
    assert_eq!(hours("1d@America/Sao_Paulo", "2018-02-17T23:30-03:00"), 25);
}

#[test]
fn of_two_midnights_the_first_starts_the_day() {
    // Havana puts 01:00 back to 00:00.
    check("1d@America/Havana", "2023-11-05T00:30-04:00", "2023-11-05T00:00-04:00..2023-11-06T00:00-05:00");
    check("1d@America/Havana", "2023-11-05T00:30-05:00", "2023-11-05T00:00-04:00..2023-11-06T00:00-05:00");
    // St John's put 00:01 back to 23:01 of the day before: this hour belongs to the day that had begun.
    check("1d@America/St_Johns", "2006-10-28T23:30-03:30", "2006-10-29T00:00-02:30..2006-10-30T00:00-03:30");
    check("1d@America/St_Johns", "2006-10-28T23:30-02:30", "2006-10-28T00:00-02:30..2006-10-29T00:00-02:30");
}

#[test]
fn a_day_that_never_was_is_an_empty_tile() {
    let days: Tiling = "1d@Pacific/Apia".parse().unwrap();
    let eve = parse_instant("2011-12-29T12:00-10:00", TimeUnit::Second).unwrap();
    let index = days.tile_of(eve, TimeUnit::Second);
    assert!(days.tile_at(index + 1).unwrap().is_empty());
    assert_eq!(days.tile_of(eve + 86_400, TimeUnit::Second), index + 2);
    check("1d@Pacific/Apia", "2011-12-31T12:00+14:00", "2011-12-31T00:00+14:00..2012-01-01T00:00+14:00");

    let span: TimeSpan = "2011-12-29T12:00-10:00..2011-12-31T12:00+14:00".parse().unwrap();
    assert_eq!(days.tiles(span).count(), 2);
    assert_eq!(days.tiles(span).rev().count(), 2);
    assert_eq!(span.split_by(days).count(), 2);
}

#[test]
fn hours_are_elapsed_time_in_every_zone() {
    let night = parse_instant("2024-10-27T02:30+02:00", TimeUnit::Second).unwrap();
    for text in ["1h", "15min", "24h", "36h"] {
        let period: Period = text.parse().unwrap();
        for unit in [TimeUnit::Second, TimeUnit::Day] {
            assert_eq!(period.in_zone(chrono_tz::Europe::Berlin).tile(night, unit), period.tile(night, unit));
        }
    }
}

#[test]
fn utc_as_a_zone_is_utc() {
    for text in ["1d", "2w", "W", "5mo", "1y"] {
        let period: Period = text.parse().unwrap();
        for instant in [i64::MIN, -1_000_000_000_000, -1, 0, 1, 1_700_000_000, i64::MAX] {
            for unit in TimeUnit::ALL {
                assert_eq!(period.in_zone(Tz::UTC).tile(instant, unit), period.tile(instant, unit));
            }
        }
    }
}

#[test]
fn far_away_a_zone_keeps_one_offset() {
    check(
        "1d@Asia/Tokyo",
        "+292277026596-12-04T15:30:07Z",
        "+292277026596-12-05T00:00+09:00..+292277026596-12-06T00:00+09:00",
    );
    let last = Period::DAY.in_zone(chrono_tz::Asia::Tokyo).tile(i64::MAX, TimeUnit::Day);
    assert!(last.contains(i64::MAX, TimeUnit::Day));
    // Sao Paulo mean time was 3:06:28 behind.
    let first = Period::DAY.in_zone(chrono_tz::America::Sao_Paulo).tile(i64::MIN, TimeUnit::Second);
    assert_eq!(first.start_ns().unwrap() / 1_000_000_000 % 86_400, 3 * 3600 + 6 * 60 + 28 - 86_400);
}

#[test]
fn the_text_of_a_tiling_names_the_zone() {
    for (text, canonical) in [("D@Europe/Berlin", "1d@Europe/Berlin"), ("1h", "1h"), ("W@UTC", "1W-SUN@UTC")] {
        let tiling: Tiling = text.parse().unwrap();
        assert_eq!(tiling.to_string(), canonical);
        assert_eq!(canonical.parse(), Ok(tiling));
    }
    let error = "1d@Europe/Atlantis".parse::<Tiling>().unwrap_err();
    assert_eq!(error, Error::UnknownZone { name: "Europe/Atlantis".to_owned() });
    assert!(matches!("1x@Europe/Berlin".parse::<Tiling>(), Err(Error::BadPeriod { .. })));
}

fn local(zone: Tz, second: i64) -> i64 {
    let utc = DateTime::from_timestamp(second, 0).unwrap().naive_utc();
    second + i64::from(zone.offset_from_utc_datetime(&utc).fix().local_minus_utc())
}

/// The first second at which the clocks show the midnight of `day` or later, found by looking at every quarter hour, and
/// then at every second.
fn naive_day_start(zone: Tz, day: i64) -> i64 {
    let shows_it = |second: i64| local(zone, second) >= day * 86_400;
    let earliest = (day - 1) * 86_400;
    let quarter = (0..192).map(|n| earliest + n * 900).find(|second| shows_it(*second)).unwrap();
    (quarter - 900..=quarter).find(|second| shows_it(*second)).unwrap()
}

#[test]
fn days_agree_with_looking_at_the_clock_all_day() {
    for name in
        ["Europe/Berlin", "America/Sao_Paulo", "Asia/Beirut", "America/St_Johns", "Pacific/Apia", "Africa/Cairo"]
    {
        let zone: Tz = name.parse().unwrap();
        let days = Period::DAY.in_zone(zone);
        // 1880 to 2040; only days around which the clocks change are worth a look.
        let changing = (-32_872..25_568).filter(|day| {
            let start = day * 86_400;
            local(zone, start + 100_000) - local(zone, start - 100_000) != 200_000
        });
        let mut seen = 0;
        for day in changing {
            let tile = days.tile_at(day.into()).unwrap();
            let bounds = (naive_day_start(zone, day), naive_day_start(zone, day + 1));
            let second = 1_000_000_000;
            let ours = (tile.start_ns().unwrap_or(0) / second, tile.end_ns().unwrap_or(0) / second);
            assert_eq!(ours, (bounds.0.into(), bounds.1.into()), "{name} day {day}");
            for instant in [bounds.0, bounds.1 - 1] {
                assert!(tile.is_empty() || days.tile_of(instant, TimeUnit::Second) == day.into(), "{name} day {day}");
            }
            seen += 1;
        }
        assert!(seen > 50, "{name} changes its clocks");
    }
}
