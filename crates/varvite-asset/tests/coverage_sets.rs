//! What is covered, against sets of hours.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use proptest::prelude::*;
use varvite_asset::{Coverage, Interval, Resolution};
use varvite_time::{Instant, TimeSpan, TimeUnit};

const HOURS: u8 = 60;

fn at(hour: i64) -> Instant {
    Instant::new(hour * 3600, TimeUnit::Second)
}

fn interval(from: u8, length: u8) -> Interval {
    let from = i64::from(from) - 20;
    Interval { start: at(from), end: at(from + i64::from(length)) }
}

fn hours(interval: Interval) -> impl Iterator<Item = i64> {
    interval.start.floor(TimeUnit::Second) / 3600..interval.end.floor(TimeUnit::Second) / 3600
}

fn made(stretches: &[(u8, u8)]) -> (Coverage, BTreeSet<i64>) {
    let (mut coverage, mut set) = (Coverage::default(), BTreeSet::new());
    for (from, length) in stretches {
        let interval = interval(*from, *length);
        coverage.add(interval.span());
        set.extend(hours(interval));
        check(&coverage, &set);
    }
    (coverage, set)
}

/// Stretches are in order, none is empty, no two touch, and together they are the set.
fn check(coverage: &Coverage, set: &BTreeSet<i64>) {
    let runs: Vec<Interval> = coverage.runs().collect();
    assert!(runs.iter().all(|run| run.start < run.end));
    assert!(runs.windows(2).all(|pair| pair[0].end < pair[1].start), "{coverage}");
    assert_eq!(runs.iter().copied().flat_map(hours).collect::<BTreeSet<_>>(), *set);
    assert_eq!(coverage.is_empty(), set.is_empty());
    assert_eq!(coverage.to_string().parse::<Coverage>().unwrap(), *coverage);
}

fn stretches() -> impl Strategy<Value = Vec<(u8, u8)>> {
    prop::collection::vec((0..HOURS, 0u8..9), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn stretches_are_sets(one in stretches(), other in stretches(), asked in stretches()) {
        let (mut covered, set) = made(&one);
        let (others, other_set) = made(&other);
        for (from, length) in asked {
            let asked = interval(from, length.max(1));
            prop_assert_eq!(covered.contains(asked), hours(asked).all(|hour| set.contains(&hour)), "{} in {}", asked, covered);
            prop_assert_eq!(covered.meets(asked), hours(asked).any(|hour| set.contains(&hour)), "{} in {}", asked, covered);
        }
        let both: BTreeSet<i64> = set.intersection(&other_set).copied().collect();
        check(&covered.intersection(&others), &both);
        for resolution in ["1h", "5h", "1d"] {
            let resolution: Resolution = resolution.parse().unwrap();
            let whole = Interval { start: at(-30), end: at(50) };
            let gaps: Vec<Interval> = covered.gaps(resolution, whole).collect();
            let all = resolution.intervals(whole.span()).unwrap();
            let missing = all.filter(|interval| !hours(*interval).all(|hour| set.contains(&hour)));
            prop_assert_eq!(gaps, missing.collect::<Vec<_>>(), "{} in {}", resolution, covered);
        }
        covered.union(&others);
        check(&covered, &set.union(&other_set).copied().collect());
        let open = TimeSpan::try_from_ns(None, Some(0)).unwrap();
        let before = covered.clone();
        covered.add(open);
        prop_assert_eq!(covered, before, "an open stretch adds nothing");
    }
}
