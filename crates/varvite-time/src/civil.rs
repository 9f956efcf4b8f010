//! Days to dates and back, proleptic Gregorian, without bounds.
//!
//! chrono's dates end 262,000 years from now, 64-bit seconds 292 billion years from now. The arithmetic follows Howard
//! Hinnant, "chrono-Compatible Low-Level Date Algorithms" (`days_from_civil`, `civil_from_days`): years begin in March,
//! so that the leap day comes last, and 400 years have 146,097 days.

/// Days from 0000-03-01 to 1970-01-01.
const EPOCH_SHIFT: i128 = 719_468;
const DAYS_PER_ERA: i128 = 146_097;

/// A date of the proleptic Gregorian calendar; year 0 is 1 BC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date {
    pub(crate) year: i128,
    /// 1 to 12.
    pub(crate) month: i128,
    /// 1 to 31.
    pub(crate) day: i128,
}

impl Date {
    /// Returns the date that lies `days` after 1970-01-01.
    pub(crate) fn from_days(days: i128) -> Self {
        let shifted = days + EPOCH_SHIFT;
        let era = shifted.div_euclid(DAYS_PER_ERA);
        let day_of_era = shifted.rem_euclid(DAYS_PER_ERA);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        Self { year: year_of_era + era * 400 + i128::from(month <= 2), month, day }
    }

    /// Returns the days from 1970-01-01 to this date.
    pub(crate) fn to_days(self) -> i128 {
        let year = self.year - i128::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let march_month = (self.month + 9) % 12;
        let day_of_year = (153 * march_month + 2) / 5 + self.day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * DAYS_PER_ERA + day_of_era - EPOCH_SHIFT
    }

    /// Returns whether the calendar has this date.
    pub(crate) fn exists(self) -> bool {
        (1..=12).contains(&self.month) && self.day >= 1 && self == Self::from_days(self.to_days())
    }
}

/// Returns the month that `days` after 1970-01-01 lies in, counted from January of year 0.
pub(crate) fn month_of_day(days: i128) -> i128 {
    let date = Date::from_days(days);
    date.year * 12 + date.month - 1
}

/// Returns the first day of `month`, counted from January of year 0, in days after 1970-01-01.
pub(crate) fn first_day_of_month(month: i128) -> i128 {
    Date { year: month.div_euclid(12), month: month.rem_euclid(12) + 1, day: 1 }.to_days()
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, Days, NaiveDate};

    use super::*;

    #[test]
    fn agrees_with_chrono_on_every_day_of_six_centuries() {
        let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).expect("a date");
        let mut date = epoch.checked_sub_days(Days::new(120_000)).expect("a date");
        for days in -120_000..120_000_i128 {
            let ours = Date::from_days(days);
            let theirs = (i128::from(date.year()), i128::from(date.month()), i128::from(date.day()));
            assert_eq!((ours.year, ours.month, ours.day), theirs);
            assert_eq!(ours.to_days(), days);
            date = date.succ_opt().expect("a date");
        }
    }

    #[test]
    fn round_trips_at_the_ends_of_64_bits() {
        for days in [i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX] {
            assert_eq!(Date::from_days(days.into()).to_days(), days.into());
        }
    }

    #[test]
    fn knows_leap_days() {
        let exists = |year, month, day| Date { year, month, day }.exists();
        assert!(exists(2000, 2, 29) && exists(2024, 2, 29) && exists(-4, 2, 29) && exists(0, 2, 29));
        assert!(!exists(1900, 2, 29) && !exists(2023, 2, 29) && !exists(-100, 2, 29));
        assert!(!exists(2023, 4, 31) && !exists(2023, 13, 1) && !exists(2023, 0, 1) && !exists(2023, 1, 0));
    }

    #[test]
    fn months_count_from_year_zero() {
        let days = first_day_of_month(2024 * 12 + 1);
        assert_eq!(Date::from_days(days), Date { year: 2024, month: 2, day: 1 });
        assert_eq!(month_of_day(days), 2024 * 12 + 1);
        assert_eq!(month_of_day(days - 1), 2024 * 12);
        assert_eq!(month_of_day(first_day_of_month(-1)), -1);
    }
}
