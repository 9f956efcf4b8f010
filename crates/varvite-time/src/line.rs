//! The time line: UTC nanoseconds since the epoch, as far as 64 bits of days reach.
//!
//! Every instant of every unit lies on it, so 128-bit arithmetic inside this crate never overflows.

/// Nanoseconds in a second.
pub(crate) const SECOND_NS: i128 = 1_000_000_000;

/// Nanoseconds in a day.
pub(crate) const DAY_NS: i128 = 86_400 * SECOND_NS;

/// Seconds in a day.
pub(crate) const DAY_S: i128 = 86_400;

/// First nanosecond of the line: the start of day `i64::MIN`.
pub(crate) const FIRST: i128 = -(1_i128 << 63) * DAY_NS;

/// End of the line, excluded: the end of day `i64::MAX`.
pub(crate) const END: i128 = (1_i128 << 63) * DAY_NS;

/// Smallest integer not below `ns / divisor`; `divisor` is positive.
pub(crate) fn div_ceil(ns: i128, divisor: i128) -> i128 {
    -(-ns).div_euclid(divisor)
}
