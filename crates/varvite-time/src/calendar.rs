//! Periods that are made of whole days: which block of days is which.

use chrono::Weekday;

use crate::civil;

/// A period of whole local days. Counts are at least 1, and their length in nanoseconds fits `i64`, or they are at most
/// 120,000 months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Calendar {
    Days(i64),
    Weeks {
        count: i64,
        first: Weekday,
    },
    /// Months, quarters and years.
    Months(i64),
}

impl Calendar {
    /// Returns the index of the block that `day` lies in; days count from 1970-01-01.
    pub(crate) fn index_of(self, day: i128) -> i128 {
        match self {
            Self::Days(count) => day.div_euclid(count.into()),
            Self::Weeks { count, first } => (day - week_anchor(first)).div_euclid(7 * i128::from(count)),
            Self::Months(count) => civil::month_of_day(day).div_euclid(count.into()),
        }
    }

    /// Returns the first day of the block at `index`.
    pub(crate) fn first_day(self, index: i128) -> i128 {
        match self {
            Self::Days(count) => index * i128::from(count),
            Self::Weeks { count, first } => index * 7 * i128::from(count) + week_anchor(first),
            Self::Months(count) => civil::first_day_of_month(index * i128::from(count)),
        }
    }
}

/// Days from the epoch, a Thursday, to the first `weekday` at or after it: Monday is 1970-01-05, as in Polars.
fn week_anchor(weekday: Weekday) -> i128 {
    weekday.days_since(Weekday::Thu).into()
}
