//! What can go wrong with the text of a period, an instant or a span.

use crate::{PeriodUnit, TimeUnit};

/// Why a text or a value was refused; each message says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text of a period cannot be read. Write a count and a unit.
    #[error(
        "`{text}` is no period: {reason}; write a count and one of ns, us, ms, s, min, h, d, w, W-SUN, mo, q, y, such as `15min`"
    )]
    BadPeriod {
        /// The refused text.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The text is a frequency elsewhere (pandas, Polars), but not one we tile time with. Use the suggested one.
    #[error("`{text}` is not supported: {reason}; use `{instead}`")]
    NotATiling {
        /// The refused text.
        text: String,
        /// Why it is refused.
        reason: &'static str,
        /// The nearest period that is supported.
        instead: &'static str,
    },
    /// The count of a period is zero or too large. Use a count within the stated bounds.
    #[error("period `{text}` is out of range: use at least 1, at most {} {}", .unit.max_count(), .unit.plural())]
    PeriodOutOfRange {
        /// The refused text.
        text: String,
        /// The unit that was counted.
        unit: PeriodUnit,
    },
    /// The text names no unit of instants. Use one of the listed ones.
    #[error("`{text}` is no unit of time: use one of ns, us, ms, s, d")]
    BadUnit {
        /// The refused text.
        text: String,
    },
    /// The time zone has no such name. Use a name of the IANA database.
    #[error("unknown time zone `{name}`: use an IANA name such as `Europe/Berlin`")]
    UnknownZone {
        /// The refused name.
        name: String,
    },
    /// The text of an instant cannot be read. Write it as RFC 3339 does.
    #[error(
        "`{text}` is no instant: {reason}; write it like `2013-01-31`, `2013-01-31T10:00` or `2013-01-31T10:00:05.25+01:00`"
    )]
    BadInstant {
        /// The refused text.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The instant lies between two ticks of the unit. Nothing is rounded: write a coarser instant or use a finer unit.
    #[error("instant `{text}` is finer than the unit `{unit}`: drop the smaller digits or use a finer unit")]
    TooFine {
        /// The refused text.
        text: String,
        /// The unit it had to fit.
        unit: TimeUnit,
    },
    /// The instant does not fit 64 bits of the unit. Use an instant within the bounds or a coarser unit.
    #[error("instant `{text}` does not fit 64 bits of the unit `{unit}`: use one from {} to {}, or a coarser unit",
        crate::format_instant(i64::MIN, *.unit), crate::format_instant(i64::MAX, *.unit))]
    OutOfRange {
        /// The refused text or value.
        text: String,
        /// The unit it had to fit.
        unit: TimeUnit,
    },
    /// The text of a span cannot be read. Write two instants with `..` between them.
    #[error(
        "`{text}` is no span: write `start..end` with the end excluded, such as `2013-01-01..2013-02-01`; leave out an instant where a side is open"
    )]
    BadSpan {
        /// The refused text.
        text: String,
    },
    /// A span ends before it starts. Swap its ends.
    #[error("span ends at {end}, before its start {start}: swap them")]
    EndBeforeStart {
        /// The start, RFC 3339.
        start: String,
        /// The end, RFC 3339.
        end: String,
    },
}
