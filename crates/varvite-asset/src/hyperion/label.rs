//! Hyperion's rule for labels: the next boundary after a time, counted within the enclosing unit of the calendar.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, Months, NaiveDateTime, NaiveTime, TimeDelta, Timelike};

use super::HyperionDate;
use crate::{Error, Resolution, Result};

/// A unit of a resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HyperionUnit {
    /// `s`
    Second,
    /// `m`
    Minute,
    /// `h`
    Hour,
    /// `d`
    Day,
    /// `w`, from Monday.
    Week,
    /// `M`
    Month,
    /// `y`
    Year,
}

impl HyperionUnit {
    /// The unit of a resolution.
    pub fn of(resolution: Resolution) -> Self {
        match resolution.unit() {
            's' => Self::Second,
            'm' => Self::Minute,
            'h' => Self::Hour,
            'w' => Self::Week,
            'M' => Self::Month,
            'y' => Self::Year,
            _ => Self::Day,
        }
    }
}

impl HyperionDate {
    /// The start of the unit that it lies in, in its own offset: what repartitioning labels rows with.
    pub fn truncate(self, unit: HyperionUnit) -> Option<Self> {
        let (date, time) = (self.local.date(), self.local.time());
        let at = |time: Option<NaiveTime>| time.map(|time| date.and_time(time));
        let midnight = date.and_time(NaiveTime::MIN);
        let local = match unit {
            HyperionUnit::Second => at(time.with_nanosecond(0)),
            HyperionUnit::Minute => at(NaiveTime::from_hms_opt(time.hour(), time.minute(), 0)),
            HyperionUnit::Hour => at(NaiveTime::from_hms_opt(time.hour(), 0, 0)),
            HyperionUnit::Day => Some(midnight),
            HyperionUnit::Week => midnight.checked_sub_days(Days::new(weekday(date).into())),
            HyperionUnit::Month => date.with_day(1).map(|first| first.and_time(NaiveTime::MIN)),
            HyperionUnit::Year => {
                date.with_day(1).and_then(|first| first.with_month(1)).map(|first| first.and_time(NaiveTime::MIN))
            }
        };
        Self::checked(local?, self.offset)
    }

    /// The label of the partition that it lies in, which is its end, in its own offset. `None` where that is after 9999.
    pub fn label(self, resolution: Resolution) -> Option<Self> {
        let unit = HyperionUnit::of(resolution);
        let start = self.truncate(unit)?.local;
        let count = resolution.num_units();
        let shift = |field: u32| count - field % count;
        let local = match unit {
            HyperionUnit::Second => later(start, TimeDelta::seconds(shift(self.local.second()).into())),
            HyperionUnit::Minute => later(start, TimeDelta::minutes(shift(self.local.minute()).into())),
            HyperionUnit::Hour => later(start, TimeDelta::hours(shift(self.local.hour()).into())),
            HyperionUnit::Day => start.checked_add_days(Days::new(shift(self.local.day()).into())),
            HyperionUnit::Week => {
                let days = u64::from(count) * 7 - u64::from(weekday(self.local.date()) % count);
                start.checked_add_days(Days::new(days))
            }
            HyperionUnit::Month => start.checked_add_months(Months::new(shift(self.local.month()))),
            HyperionUnit::Year => {
                let years = shift(u32::try_from(self.local.year()).ok()?);
                start.checked_add_months(Months::new(years.checked_mul(12)?))
            }
        };
        Self::checked(local?, self.offset)
    }
}

/// The labels that Hyperion asks its storage for, in order: it steps by one unit from the start as it is, and includes the end
/// where it hits it. So it loses the last one, if the end's place in its unit is before that of the start.
///
/// # Errors
/// [`Error::InvalidRange`] if the end is before the start.
pub(super) fn labels(resolution: Resolution, start: HyperionDate, end: HyperionDate) -> Result<Vec<HyperionDate>> {
    let (start, end) = (start.in_utc(), end.in_utc());
    if end.local < start.local {
        let reason = "it ends before it starts".to_owned();
        return Err(Error::InvalidRange { range: format!("{start}..{end}"), reason });
    }
    let unit = HyperionUnit::of(resolution);
    let mut found = BTreeSet::new();
    let mut current = Some(start.local);
    while let Some(local) = current.filter(|local| *local <= end.local) {
        found.extend(HyperionDate { local, offset: Some(0) }.label(resolution).map(|label| label.local));
        current = stepped(local, unit);
    }
    Ok(found.into_iter().map(|local| HyperionDate { local, offset: Some(0) }).collect())
}

/// One unit later; a day that the month does not have becomes its last one, and stays so.
fn stepped(local: NaiveDateTime, unit: HyperionUnit) -> Option<NaiveDateTime> {
    match unit {
        HyperionUnit::Second => later(local, TimeDelta::seconds(1)),
        HyperionUnit::Minute => later(local, TimeDelta::minutes(1)),
        HyperionUnit::Hour => later(local, TimeDelta::hours(1)),
        HyperionUnit::Day => later(local, TimeDelta::days(1)),
        HyperionUnit::Week => later(local, TimeDelta::days(7)),
        HyperionUnit::Month => local.checked_add_months(Months::new(1)),
        HyperionUnit::Year => local.checked_add_months(Months::new(12)),
    }
}

fn later(local: NaiveDateTime, by: TimeDelta) -> Option<NaiveDateTime> {
    local.checked_add_signed(by)
}

/// Days since Monday.
fn weekday(date: chrono::NaiveDate) -> u32 {
    date.weekday().num_days_from_monday()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[track_caller]
    fn label(resolution: &str, time: &str, expected: &str) {
        let date: HyperionDate = time.parse().unwrap();
        assert_eq!(date.label(resolution.parse().unwrap()).unwrap().to_string(), expected, "{resolution} {time}");
    }

    /// What section 2 of the description says, case by case.
    #[test]
    fn labels_are_counted_within_the_enclosing_unit() {
        label("1d", "2025-01-01T00:00:00", "2025-01-02T00:00:00");
        label("1d", "2025-01-01T23:30:00-05:00", "2025-01-02T00:00:00-05:00");
        label("15m", "2025-01-01T00:59:59", "2025-01-01T01:00:00");
        label("7s", "2025-01-01T12:50:55", "2025-01-01T12:50:56");
        label("7s", "2025-01-01T12:50:57", "2025-01-01T12:51:03");
        label("5h", "2025-01-01T21:00:00", "2025-01-02T01:00:00");
        label("7d", "2025-01-28T00:00:00", "2025-02-04T00:00:00");
        label("7d", "2025-02-01T00:00:00", "2025-02-07T00:00:00");
        label("2w", "2025-01-06T00:00:00", "2025-01-20T00:00:00");
        label("2w", "2025-01-07T00:00:00", "2025-01-19T00:00:00");
        label("3M", "2025-01-31T00:00:00", "2025-03-01T00:00:00");
        label("3M", "2025-03-01T00:00:00", "2025-06-01T00:00:00");
        label("4y", "2024-02-29T00:00:00", "2028-01-01T00:00:00");
        assert_eq!("9999-12-31T00:00:00".parse::<HyperionDate>().unwrap().label("1d".parse().unwrap()), None);
    }

    #[test]
    fn the_last_partition_is_lost_as_it_is_there() {
        let labels = |resolution: &str, start: &str, end: &str| -> Vec<String> {
            let found = labels(resolution.parse().unwrap(), start.parse().unwrap(), end.parse().unwrap()).unwrap();
            found.iter().map(|label| label.to_string()[..10].to_owned()).collect()
        };
        assert_eq!(labels("1d", "2025-01-01T23:00:00", "2025-01-03T01:00:00"), ["2025-01-02", "2025-01-03"]);
        assert_eq!(labels("1M", "2025-01-15", "2025-03-10"), ["2025-02-01", "2025-03-01"]);
        assert_eq!(labels("1y", "2020-06-01", "2022-03-01"), ["2021-01-01", "2022-01-01"]);
        assert_eq!(labels("1M", "2025-01-31", "2025-03-29"), ["2025-02-01", "2025-03-01", "2025-04-01"]);
        assert_eq!(labels("1d", "0001-01-01", "0101-01-01").len(), 36_525);
    }
}
