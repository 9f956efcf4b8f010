//! [`Resolution`]: how long the intervals of an asset are.

use std::fmt;
use std::str::FromStr;

use varvite_time::chrono::Weekday;
use varvite_time::{Period, PeriodUnit};

use crate::Error;

/// A count and one of the units `s m h d w M y`: `15m`, `1d`, `3M`.
///
/// It belongs to an asset's name, so it is compared by its text: `7d` and `1w` are two resolutions. The intervals are
/// the tiles of [`Period`], in UTC: seconds to days are counted from 1970-01-01T00:00Z, weeks from Monday 1970-01-05,
/// months and years from year 0. Each instant lies in exactly one interval `start..end`.
///
/// ```
/// use varvite_asset::Resolution;
/// const DAILY: Resolution = Resolution::literal("1d"); // a mistake here does not compile
/// assert_eq!(DAILY.to_string(), "1d");
/// assert_eq!("3M".parse::<Resolution>()?.period().to_string(), "1q");
/// let error = "500ms".parse::<Resolution>().unwrap_err();
/// assert_eq!(error.to_string(), "`500ms` is no resolution: write a count and one unit of `s m h d w M y`, such as `1d`");
/// # Ok::<(), varvite_asset::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Resolution {
    count: u32,
    unit: u8,
}

impl Resolution {
    /// Reads a resolution: `[1-9][0-9]*[smhdwMy]`, nothing before or after. `Err` says what is wrong.
    ///
    /// # Errors
    /// The reason, as text: what is no such text, or longer than a period can be (292 years; 10,000 for months and years).
    pub const fn parse(text: &str) -> Result<Self, &'static str> {
        const FORM: &str = "write a count and one unit of `s m h d w M y`, such as `1d`";
        let bytes = text.as_bytes();
        if bytes.len() < 2 || bytes[0] == b'0' {
            return Err(FORM);
        }
        let last = bytes.len() - 1;
        let mut count: u32 = 0;
        let mut at = 0;
        while at < last {
            if !bytes[at].is_ascii_digit() {
                return Err(FORM);
            }
            let digit = (bytes[at] - b'0') as u32;
            count = match count.checked_mul(10) {
                Some(tens) => match tens.checked_add(digit) {
                    Some(count) => count,
                    None => return Err("that is too long"),
                },
                None => return Err("that is too long"),
            };
            at += 1;
        }
        let Some(unit) = unit_of(bytes[last]) else { return Err(FORM) };
        match Period::checked(count as u64, unit) {
            Some(_) => Ok(Self { count, unit: bytes[last] }),
            None => Err("that is too long"),
        }
    }

    /// Reads a resolution in a constant.
    ///
    /// # Panics
    /// On bad text, with the reason; in a constant that is a compile error.
    #[track_caller]
    pub const fn literal(text: &str) -> Self {
        match Self::parse(text) {
            Ok(resolution) => resolution,
            Err(reason) => panic!("{}", reason),
        }
    }

    /// How many units it is.
    pub const fn num_units(self) -> u32 {
        self.count
    }

    /// Its unit: one of `s m h d w M y`.
    pub const fn unit(self) -> char {
        self.unit as char
    }

    /// The period whose tiles are the intervals.
    pub const fn period(self) -> Period {
        match unit_of(self.unit) {
            Some(unit) => match Period::checked(self.count as u64, unit) {
                Some(period) => period,
                None => Period::DAY, // `parse` has seen that there is one
            },
            None => Period::DAY,
        }
    }
}

const fn unit_of(letter: u8) -> Option<PeriodUnit> {
    Some(match letter {
        b's' => PeriodUnit::Second,
        b'm' => PeriodUnit::Minute,
        b'h' => PeriodUnit::Hour,
        b'd' => PeriodUnit::Day,
        b'w' => PeriodUnit::Week(Weekday::Mon),
        b'M' => PeriodUnit::Month,
        b'y' => PeriodUnit::Year,
        _ => return None,
    })
}

impl fmt::Display for Resolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.count, char::from(self.unit))
    }
}

impl FromStr for Resolution {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
            .map_err(|reason| Error::InvalidResolution { text: text.to_owned(), reason: reason.to_owned() })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_text_counts() {
        for good in ["1s", "15m", "6h", "1d", "7d", "1w", "3M", "4y", "366d"] {
            assert_eq!(good.parse::<Resolution>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            "d",
            "1",
            "0d",
            "01d",
            "1D",
            "-1d",
            "+1d",
            "1d2h",
            "10min",
            "1 d",
            "１d",
            "1é",
            "4294967296d",
            "99999999y",
        ] {
            assert!(bad.parse::<Resolution>().is_err(), "{bad}");
        }
    }
}
