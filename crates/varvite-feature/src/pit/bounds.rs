//! What each entity row may see, in the units of the columns that it is compared with.

use varvite_time::{Instant, TimeUnit};

/// What makes a row of a group a candidate for an entity row, but for the key. Ends are exact in every unit (S07): an
/// instant between two values of a coarser column lies behind the earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// Whether a row of just the entity row's time is seen (S02).
    pub(crate) allow_exact_match: bool,
    /// The oldest age in nanoseconds, included: TTL and tolerance, whichever is shorter (S05).
    pub(crate) oldest: Option<i64>,
    /// Rows behind this instant are never seen (S11).
    pub(crate) not_after: Option<Instant>,
}

/// The values of one group's columns that an entity row may see; both ends are included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Least event time.
    pub(crate) lower: i64,
    /// Greatest event time.
    pub(crate) upper: i64,
    /// Greatest created time, where it counts.
    pub(crate) known: i64,
}

impl Bounds {
    /// Those of an entity row that sees no row at all.
    pub(crate) const NOTHING: Self = Self { lower: i64::MAX, upper: i64::MIN, known: i64::MIN };
}

impl Window {
    /// The bounds of an entity row at `time`, for event times in `event` and created times in `created`.
    pub(crate) fn bounds(self, time: Instant, event: TimeUnit, created: TimeUnit) -> Bounds {
        let newest = if self.allow_exact_match { time } else { time.plus_ns(-1) };
        let newest = self.not_after.map_or(newest, |now| newest.min(now));
        let oldest = self.oldest.map(|oldest| time.plus_ns(-i128::from(oldest)));
        // What lies beyond the values of a unit would be rounded to the last of them, and see it.
        if newest < Instant::new(i64::MIN, event) || oldest.is_some_and(|oldest| oldest > Instant::new(i64::MAX, event))
        {
            return Bounds::NOTHING;
        }
        let lower = oldest.map_or(i64::MIN, |oldest| oldest.ceil(event));
        Bounds { lower, upper: newest.floor(event), known: time.floor(created) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: Window = Window { allow_exact_match: true, oldest: Some(7 * 86_400_000_000_000), not_after: None };

    #[test]
    fn ends_are_exact_between_values_of_a_coarser_unit_s07() {
        let time = Instant::from_ns(1_500_000_000);
        let bounds = WEEK.bounds(time, TimeUnit::Second, TimeUnit::Millisecond);
        assert_eq!((bounds.upper, bounds.known), (1, 1500));
        // A week before 1.5 s lies between -604799 s and -604798 s: only the later one is within a week.
        assert_eq!(bounds.lower, -604_798);
    }

    #[test]
    fn an_exact_match_may_be_refused_s02() {
        let strict = Window { allow_exact_match: false, oldest: None, not_after: None };
        let upper = |ns, unit| strict.bounds(Instant::from_ns(ns), unit, unit).upper;
        assert_eq!(upper(1_000_000_000, TimeUnit::Second), 0);
        assert_eq!(upper(1_000_000_001, TimeUnit::Second), 1);
    }

    #[test]
    fn what_comes_after_now_is_never_seen_s11() {
        let now = Instant::from_ns(5);
        let window = Window { not_after: Some(now), ..WEEK };
        assert_eq!(window.bounds(Instant::from_ns(9), TimeUnit::Nanosecond, TimeUnit::Nanosecond).upper, 5);
    }
}
