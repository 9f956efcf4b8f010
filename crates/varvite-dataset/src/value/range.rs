//! [`KeyRange`]: a half-open range of the ordered column.

use std::fmt;
use std::ops::{Range, RangeFrom, RangeFull, RangeTo};

use super::OrderedValue;

/// `start..end` of the ordered column: start included, end excluded, either may be open.
///
/// ```
/// use varvite_dataset::KeyRange;
/// let january = KeyRange::from("2013-01-01".."2013-02-01");
/// assert_eq!(KeyRange::from(5..), KeyRange { start: Some(5.into()), end: None });
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyRange {
    /// Smallest value that belongs to the range; `None`: no limit.
    pub start: Option<OrderedValue>,
    /// Smallest value beyond the range; `None`: no limit.
    pub end: Option<OrderedValue>,
}

impl KeyRange {
    /// The same values in as few ranges as possible, in order; all in the column's own type.
    pub(crate) fn union(mut ranges: Vec<Self>) -> Vec<Self> {
        ranges.retain(|range| !matches!((&range.start, &range.end), (Some(start), Some(end)) if start >= end));
        // No limit comes first.
        ranges.sort_by(|a, b| a.start.cmp(&b.start));
        let mut union: Vec<Self> = Vec::with_capacity(ranges.len());
        for range in ranges {
            let touched = |last: &&mut Self| match (&last.end, &range.start) {
                (Some(end), Some(start)) => start <= end,
                _ => true,
            };
            match union.last_mut().filter(touched) {
                Some(Self { end: None, .. }) => {}
                Some(last) => last.end = range.end.and_then(|end| last.end.take().map(|last| last.max(end))),
                None => union.push(range),
            }
        }
        union
    }

    /// Whether `value`, in the column's own type, lies in this range, also in the column's own type.
    pub fn contains(&self, value: &OrderedValue) -> bool {
        self.start.as_ref().is_none_or(|start| value >= start) && self.end.as_ref().is_none_or(|end| value < end)
    }
}

impl<T: Into<OrderedValue>> From<Range<T>> for KeyRange {
    fn from(range: Range<T>) -> Self {
        Self { start: Some(range.start.into()), end: Some(range.end.into()) }
    }
}

impl<T: Into<OrderedValue>> From<RangeFrom<T>> for KeyRange {
    fn from(range: RangeFrom<T>) -> Self {
        Self { start: Some(range.start.into()), end: None }
    }
}

impl<T: Into<OrderedValue>> From<RangeTo<T>> for KeyRange {
    fn from(range: RangeTo<T>) -> Self {
        Self { start: None, end: Some(range.end.into()) }
    }
}

impl From<RangeFull> for KeyRange {
    fn from(_: RangeFull) -> Self {
        Self::default()
    }
}

impl fmt::Display for KeyRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |bound: &Option<OrderedValue>| match bound {
            None => String::new(),
            Some(OrderedValue::Int(value)) => value.to_string(),
            Some(OrderedValue::UInt(value)) => value.to_string(),
            Some(OrderedValue::Float(value)) => value.to_string(),
            Some(OrderedValue::Decimal(value)) => value.to_string(),
            Some(OrderedValue::Text(value)) => value.to_string(),
        };
        write!(f, "{}..{}", text(&self.start), text(&self.end))
    }
}
