//! Reads the text of a period: the spellings of pandas and of Polars.

use std::str::FromStr;

use chrono::Weekday;

use crate::error::Error;
use crate::period::{Period, PeriodUnit};

impl FromStr for Period {
    type Err = Error;

    /// Reads a count and a unit; see [`Period`] for the spellings.
    ///
    /// # Errors
    /// [`Error::BadPeriod`], [`Error::NotATiling`] or [`Error::PeriodOutOfRange`], each with what to write instead.
    fn from_str(text: &str) -> Result<Self, Error> {
        let (digits, name) = split_count(text);
        let unit = unit(name).ok_or_else(|| refusal(text, name))?;
        let out_of_range = || Error::PeriodOutOfRange { text: text.to_owned(), unit };
        let count = if digits.is_empty() { 1 } else { digits.parse().map_err(|_| out_of_range())? };
        Self::checked(count, unit).ok_or_else(out_of_range)
    }
}

fn split_count(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

fn unit(name: &str) -> Option<PeriodUnit> {
    Some(match name {
        "ns" | "N" => PeriodUnit::Nanosecond,
        "us" | "µs" | "μs" | "U" => PeriodUnit::Microsecond,
        "ms" | "L" => PeriodUnit::Millisecond,
        "s" | "S" => PeriodUnit::Second,
        "m" | "min" | "T" => PeriodUnit::Minute,
        "h" | "H" => PeriodUnit::Hour,
        "d" | "D" => PeriodUnit::Day,
        "w" | "W-MON" => PeriodUnit::Week(Weekday::Mon),
        "W-TUE" => PeriodUnit::Week(Weekday::Tue),
        "W-WED" => PeriodUnit::Week(Weekday::Wed),
        "W-THU" => PeriodUnit::Week(Weekday::Thu),
        "W-FRI" => PeriodUnit::Week(Weekday::Fri),
        "W-SAT" => PeriodUnit::Week(Weekday::Sat),
        "W" | "W-SUN" => PeriodUnit::Week(Weekday::Sun),
        "mo" | "MS" | "M" => PeriodUnit::Month,
        "q" | "QS" | "QS-JAN" | "QS-APR" | "QS-JUL" | "QS-OCT" | "Q" => PeriodUnit::Quarter,
        "y" | "YS" | "YS-JAN" | "Y" | "AS" | "AS-JAN" | "A" => PeriodUnit::Year,
        _ => return None,
    })
}

/// Explains why `name` is no unit, with the nearest one where it can be guessed.
fn refusal(text: &str, name: &str) -> Error {
    let text = text.to_owned();
    if let Some((reason, instead)) = suggestion(name) {
        return Error::NotATiling { text, reason, instead };
    }
    let reason = match name.chars().next() {
        None if text.is_empty() => "it is empty",
        None => "the unit is missing",
        Some('-' | '+') => "a count has no sign",
        Some('.' | ',') => "a count is a whole number",
        Some(c) if c.is_whitespace() => "there is a space in it",
        Some(_) if name.contains(|c: char| c.is_ascii_digit()) => "there is text after the unit",
        Some(_) => "the unit is unknown",
    };
    Error::BadPeriod { text, reason }
}

/// What the spellings that are no tiling of ours mean elsewhere, and what to use instead.
fn suggestion(name: &str) -> Option<(&'static str, &'static str)> {
    const BY_END: &str = "tiles are named by their start";
    const BUSINESS: &str = "business days leave gaps";
    const YEAR_START: &str = "years start in January";
    const QUARTER_START: &str = "quarters start in January, April, July and October";
    const SPELLING: &str = "the unit is spelled otherwise";
    let (base, anchor) = name.split_once('-').unwrap_or((name, ""));
    Some(match base {
        "ME" => (BY_END, "MS"),
        "QE" => (BY_END, "QS"),
        "Q" if !anchor.is_empty() => (BY_END, "QS"),
        "YE" => (BY_END, "YS"),
        "A" | "Y" if !anchor.is_empty() => (BY_END, "YS"),
        "QS" => (QUARTER_START, "QS"),
        "YS" | "AS" => (YEAR_START, "YS"),
        "B" | "C" | "bd" => (BUSINESS, "1d"),
        "bh" | "cbh" | "BH" | "CBH" => (BUSINESS, "1h"),
        "BM" | "BME" | "BMS" | "CBM" | "CBME" | "CBMS" => (BUSINESS, "MS"),
        "BQ" | "BQE" | "BQS" => (BUSINESS, "QS"),
        "BA" | "BY" | "BYE" | "BAS" | "BYS" => (BUSINESS, "YS"),
        "SM" | "SME" | "SMS" => ("half months differ in length", "15d"),
        "WOM" | "LWOM" => ("it names one week of a month", "MS"),
        "W" => ("weekdays are MON TUE WED THU FRI SAT SUN", "W-SUN"),
        "w" => ("`w` starts on Monday and takes no weekday", "W-SUN"),
        "sec" | "second" | "seconds" => (SPELLING, "s"),
        "minute" | "minutes" | "Min" | "MIN" | "t" => (SPELLING, "min"),
        "hr" | "hour" | "hours" => (SPELLING, "h"),
        "day" | "days" => (SPELLING, "d"),
        "week" | "weeks" => (SPELLING, "w"),
        "month" | "months" | "Month" | "mon" => (SPELLING, "mo"),
        "quarter" | "quarters" => (SPELLING, "q"),
        "year" | "years" => (SPELLING, "y"),
        "i" => ("it counts rows, not time", "1d"),
        _ => return None,
    })
}
