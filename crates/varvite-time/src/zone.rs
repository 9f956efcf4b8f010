//! Local midnights of a named zone.
//!
//! The rules are those of the IANA database as chrono-tz carries them. Before its first rule and after its last one a
//! zone keeps one fixed offset, without end; that is also what happens outside chrono's range of dates.

use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::Tz;

use crate::line::DAY_S;

/// Past this many seconds from the epoch (139,000 years) no rule changes; chrono's dates reach further.
const HORIZON: i64 = 1 << 42;

/// Returns the local day that the clocks of `zone` show at `second` UTC, in days after 1970-01-01.
pub(crate) fn local_day(zone: Tz, second: i128) -> i128 {
    (second + offset(zone, second)).div_euclid(DAY_S)
}

/// Returns the UTC second at which local day `day` starts: the first one at which the clocks show its midnight or later.
///
/// So a midnight that is skipped is the instant of the skip, and one that comes twice is the first of the two. As a
/// smallest upper instant it never descends when `day` ascends, which is what makes days tile the line.
pub(crate) fn day_start(zone: Tz, day: i128) -> i128 {
    let midnight = day * DAY_S;
    // Clocks differ from UTC by less than a day, so this is before the start.
    let mut from = midnight - DAY_S;
    loop {
        let offset_here = offset(zone, from);
        let start = midnight - offset_here;
        if start <= from {
            return from;
        }
        if offset(zone, start) == offset_here {
            return start;
        }
        // The clocks are changed before they show midnight, or instead of it: look again from the change on.
        from = next_change(zone, from, start);
    }
}

/// Returns the first second in `from..=to` at which the offset is not the one at `from`; at `to` it is another one.
fn next_change(zone: Tz, mut from: i128, mut to: i128) -> i128 {
    let before = offset(zone, from);
    while to - from > 1 {
        let middle = from + (to - from) / 2;
        if offset(zone, middle) == before { from = middle } else { to = middle }
    }
    to
}

/// Returns the seconds by which the clocks of `zone` are ahead of UTC at `second` UTC.
fn offset(zone: Tz, second: i128) -> i128 {
    let second = i64::try_from(second.clamp((-HORIZON).into(), HORIZON.into())).unwrap_or(HORIZON);
    let utc = DateTime::from_timestamp(second, 0).unwrap_or_default().naive_utc();
    zone.offset_from_utc_datetime(&utc).fix().local_minus_utc().into()
}
