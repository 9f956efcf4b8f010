//! Spans: half-open, open-ended, and their text.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use varvite_time::{Error, Period, TimeSpan, TimeUnit};

fn span(text: &str) -> TimeSpan {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_text_reads_back() {
    for (text, canonical) in [
        ("2013-01-01..2013-02-01", "2013-01-01T00:00:00Z..2013-02-01T00:00:00Z"),
        ("2013-01-01T01:00+01:00..2013-01-01T00:00:00.5", "2013-01-01T00:00:00Z..2013-01-01T00:00:00.500Z"),
        ("2013-01-01..", "2013-01-01T00:00:00Z.."),
        ("..2013-01-01", "..2013-01-01T00:00:00Z"),
        ("..", ".."),
        ("2013-01-01..2013-01-01", "2013-01-01T00:00:00Z..2013-01-01T00:00:00Z"),
        ("-0044-03-15..+10000-01-01", "-0044-03-15T00:00:00Z..+10000-01-01T00:00:00Z"),
    ] {
        assert_eq!(span(text).to_string(), canonical);
        assert_eq!(span(canonical), span(text));
    }
    assert_eq!(span(".."), TimeSpan::ALL);
}

#[test]
fn bad_text_is_refused() {
    let refuse = |text: &str| text.parse::<TimeSpan>().unwrap_err();
    assert_eq!(refuse("2013-01-01"), Error::BadSpan { text: "2013-01-01".to_owned() });
    assert!(matches!(refuse("2013-01-01..x"), Error::BadInstant { text, .. } if text == "x"));
    assert!(matches!(refuse("2013-01-01...2014-01-01"), Error::BadInstant { .. }));
    assert!(matches!(refuse("+99999999999999999-01-01.."), Error::OutOfRange { .. }));
    assert_eq!(
        refuse("2013-02-01..2013-01-01").to_string(),
        "span ends at 2013-01-01T00:00:00Z, before its start 2013-02-01T00:00:00Z: swap them"
    );
}

#[test]
fn the_end_is_excluded() {
    let span = TimeSpan::try_new(10..20, TimeUnit::Second).unwrap();
    let contains = |second| span.contains(second, TimeUnit::Second);
    assert!(contains(10) && contains(19) && !contains(9) && !contains(20));
    assert!(span.contains(19_999_999_999, TimeUnit::Nanosecond));
    assert_eq!(span.ticks(TimeUnit::Second), Some(10..=19));
    assert_eq!(span.ticks(TimeUnit::Day), None);
    assert!(matches!(
        TimeSpan::try_new(std::ops::Range { start: 1, end: 0 }, TimeUnit::Day),
        Err(Error::EndBeforeStart { .. })
    ));
}

#[test]
fn open_sides_reach_to_the_ends() {
    for unit in TimeUnit::ALL {
        assert_eq!(TimeSpan::ALL.ticks(unit), Some(i64::MIN..=i64::MAX));
        assert_eq!(TimeSpan::since(0, unit).ticks(unit), Some(0..=i64::MAX));
        assert_eq!(TimeSpan::before(0, unit).ticks(unit), Some(i64::MIN..=-1));
        assert_eq!(TimeSpan::covering(i64::MIN, i64::MAX, unit).ticks(unit), Some(i64::MIN..=i64::MAX));
    }
    assert_eq!(TimeSpan::ALL.num_seconds(), None);
    assert_eq!((TimeSpan::ALL.start_ns(), TimeSpan::ALL.end_ns()), (None, None));
}

#[test]
fn a_span_off_the_range_of_a_unit_has_no_ticks_in_it() {
    // 64 bits of nanoseconds end in 2262.
    assert_eq!(span("2300-01-01..2301-01-01").ticks(TimeUnit::Nanosecond), None);
    assert_eq!(span("1600-01-01..1601-01-01").ticks(TimeUnit::Nanosecond), None);
    assert_eq!(*span("2200-01-01..2301-01-01").ticks(TimeUnit::Nanosecond).unwrap().end(), i64::MAX);
}

#[test]
fn bounds_off_the_line_are_refused() {
    assert!(matches!(TimeSpan::try_from_ns(Some(i128::MIN), None), Err(Error::OutOfRange { .. })));
    assert!(matches!(TimeSpan::try_from_ns(None, Some(i128::MAX)), Err(Error::OutOfRange { .. })));
    assert_eq!(TimeSpan::try_from_ns(None, None), Ok(TimeSpan::ALL));
}

#[test]
fn neighbours_do_not_intersect() {
    let (january, february) = (span("2013-01-01..2013-02-01"), span("2013-02-01..2013-03-01"));
    assert_eq!(january.intersect(february), None);
    assert_eq!(january.intersect(span("2013-01-15..")), Some(span("2013-01-15..2013-02-01")));
    assert_eq!(TimeSpan::ALL.intersect(january), Some(january));
    assert!(span("2013-01-01..").contains_span(february) && !february.contains_span(january));
    let empty = span("2020-01-01..2020-01-01");
    assert!(empty.is_empty() && empty.intersect(TimeSpan::ALL).is_none() && january.contains_span(empty));
}

#[test]
fn splitting_clips_the_outer_tiles() {
    let pieces: Vec<String> =
        span("2013-01-15..2013-03-02").split_by(Period::MONTH).map(|piece| piece.to_string()).collect();
    assert_eq!(
        pieces,
        [
            "2013-01-15T00:00:00Z..2013-02-01T00:00:00Z",
            "2013-02-01T00:00:00Z..2013-03-01T00:00:00Z",
            "2013-03-01T00:00:00Z..2013-03-02T00:00:00Z",
        ]
    );
    let since = span("2013-01-15..");
    assert_eq!(since.split_by(Period::YEAR).nth(1), Some(span("2014-01-01..2015-01-01")));
    assert_eq!(since.split_by(Period::YEAR).next_back().unwrap().end_ns(), None);
}

proptest! {
    #[test]
    fn every_span_reads_back_from_its_text(
        a in any::<i64>(), b in any::<i64>(), n in 0_usize..5, open_start in any::<bool>(), open_end in any::<bool>(),
    ) {
        let unit = TimeUnit::ALL[n];
        let (start, end) = (unit.to_ns(a.min(b)), unit.to_ns(a.max(b)));
        let span = TimeSpan::try_from_ns((!open_start).then_some(start), (!open_end).then_some(end)).unwrap();
        prop_assert_eq!(span.to_string().parse(), Ok(span));
    }

    #[test]
    fn spans_are_sets(a in -20_i64..20, b in 0_i64..20, c in -20_i64..20, d in 0_i64..20) {
        let unit = TimeUnit::Millisecond;
        let (one, two) = (TimeSpan::try_new(a..a + b, unit).unwrap(), TimeSpan::try_new(c..c + d, unit).unwrap());
        let both = one.intersect(two);
        for instant in -25..45 {
            let in_both = one.contains(instant, unit) && two.contains(instant, unit);
            prop_assert_eq!(both.is_some_and(|both| both.contains(instant, unit)), in_both);
            prop_assert_eq!(one.ticks(unit).is_some_and(|ticks| ticks.contains(&instant)), one.contains(instant, unit));
        }
        prop_assert_eq!(one.is_empty(), b == 0);
        prop_assert_eq!(one.contains_span(two), (c..c + d).all(|instant| one.contains(instant, unit)));
    }

    #[test]
    fn pieces_make_up_the_span(start in -10_000_000_i64..10_000_000, length in 0_i64..10_000_000, n in 0_usize..4) {
        let period: Period = ["7h", "1d", "1w", "1mo"][n].parse().unwrap();
        let span = TimeSpan::try_new(start..start + length, TimeUnit::Second).unwrap();
        let pieces: Vec<TimeSpan> = span.split_by(period).collect();
        let mut from = span.start_ns();
        for piece in &pieces {
            prop_assert!(!piece.is_empty());
            prop_assert_eq!(piece.start_ns(), from);
            prop_assert_eq!(period.tiles(*piece).count(), 1);
            from = piece.end_ns();
        }
        prop_assert_eq!(from, span.end_ns());
        prop_assert_eq!(pieces.is_empty(), length == 0);
    }

    #[test]
    fn no_text_panics(text in "[-+0-9T:.Z]{0,40}") {
        if let Ok(span) = text.parse::<TimeSpan>() {
            prop_assert_eq!(span.to_string().parse(), Ok(span));
        }
    }
}
