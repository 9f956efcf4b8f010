//! [`Ranges`]: which values of the ordered column a filter lets through, as few half-open ranges.

use arrow::datatypes::{DataType, i256};
use varvite_dataset::{ColumnPath, KeyRange, OrderedType, OrderedValue};

/// How many ranges are listed.
const LISTED: usize = 4;

/// Ranges in ascending order that neither overlap nor touch, none of them empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ranges(Vec<KeyRange>);

impl Ranges {
    /// All values.
    pub(super) fn all() -> Self {
        Self(vec![KeyRange::default()])
    }

    /// No value.
    pub(super) fn none() -> Self {
        Self(Vec::new())
    }

    /// `start..end`.
    pub(super) fn of(start: Option<OrderedValue>, end: Option<OrderedValue>) -> Self {
        Self::union_of(vec![KeyRange { start, end }])
    }

    /// This value alone.
    pub(super) fn point(value: OrderedValue) -> Self {
        let end = successor(&value);
        Self::of(Some(value), end)
    }

    /// Values greater than this one.
    pub(super) fn above(value: &OrderedValue) -> Self {
        successor(value).map_or_else(Self::none, |start| Self::of(Some(start), None))
    }

    /// Values up to this one, included.
    pub(super) fn up_to(value: &OrderedValue) -> Self {
        Self::of(None, successor(value))
    }

    /// The values of any of these.
    pub(super) fn union_of(mut ranges: Vec<KeyRange>) -> Self {
        ranges.retain(|range| !is_empty(range));
        // No limit comes first.
        ranges.sort_by(|a, b| a.start.cmp(&b.start));
        let mut union: Vec<KeyRange> = Vec::with_capacity(ranges.len());
        for range in ranges {
            let touches = |last: &&mut KeyRange| match (&last.end, &range.start) {
                (Some(end), Some(start)) => start <= end,
                _ => true,
            };
            match union.last_mut().filter(touches) {
                Some(KeyRange { end: None, .. }) => {}
                Some(last) => last.end = range.end.and_then(|end| last.end.take().map(|last| last.max(end))),
                None => union.push(range),
            }
        }
        Self(union)
    }

    /// The values of one of both.
    pub(super) fn or(self, other: Self) -> Self {
        Self::union_of(self.0.into_iter().chain(other.0).collect())
    }

    /// The values of both.
    pub(super) fn and(&self, other: &Self) -> Self {
        let (mut a, mut b) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut both = Vec::new();
        while let (Some(left), Some(right)) = (a.peek(), b.peek()) {
            let start = left.start.clone().max(right.start.clone());
            let (end, left_ends_first) = match (&left.end, &right.end) {
                (None, end) => (end.clone(), false),
                (end, None) => (end.clone(), true),
                (Some(left), Some(right)) => (Some(left.min(right).clone()), left <= right),
            };
            let range = KeyRange { start, end };
            if !is_empty(&range) {
                both.push(range);
            }
            let _ = if left_ends_first { a.next() } else { b.next() };
        }
        Self(both)
    }

    /// All other values.
    pub(super) fn complement(&self) -> Self {
        let mut others = Vec::with_capacity(self.0.len() + 1);
        let mut start = Some(None);
        for range in &self.0 {
            if let (Some(from), Some(end)) = (start, &range.start) {
                others.push(KeyRange { start: from, end: Some(end.clone()) });
            }
            start = range.end.clone().map(Some);
        }
        others.extend(start.map(|start| KeyRange { start, end: None }));
        Self(others)
    }

    /// The ranges, in order.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &KeyRange> {
        self.0.iter()
    }

    /// The ranges in words.
    pub(super) fn text(&self, data_type: &DataType) -> String {
        let ordered = OrderedType::try_new(&ColumnPath::from("ordered"), data_type).ok();
        let value = |value: &Option<OrderedValue>| {
            value.as_ref().zip(ordered.as_ref()).map_or_else(String::new, |(value, of)| of.format(value))
        };
        let range = |range: &KeyRange| match (&range.start, &range.end) {
            (Some(start), end) if *end == successor(start) => value(&range.start),
            (start, end) => format!("{}..{}", value(start), value(end)),
        };
        match self.0.len() {
            0 => "nothing".to_owned(),
            len if len > LISTED => format!("{} and {} more", range(&self.0[0]), len - 1),
            _ => self.0.iter().map(range).collect::<Vec<_>>().join(" or "),
        }
    }

    /// Whether every value is let through.
    pub(super) fn is_all(&self) -> bool {
        self.0 == [KeyRange::default()]
    }
}

fn is_empty(range: &KeyRange) -> bool {
    matches!((&range.start, &range.end), (Some(start), Some(end)) if start >= end)
}

/// The least value that is greater; `None` if there is none.
pub(super) fn successor(value: &OrderedValue) -> Option<OrderedValue> {
    match value {
        OrderedValue::Int(value) => value.checked_add(1).map(OrderedValue::Int),
        OrderedValue::UInt(value) => value.checked_add(1).map(OrderedValue::UInt),
        OrderedValue::Float(value) => Some(value.next_up()).filter(|next| next > value).map(OrderedValue::Float),
        OrderedValue::Decimal(value) => value.checked_add(i256::ONE).map(OrderedValue::Decimal),
        OrderedValue::Text(text) => Some(OrderedValue::Text(format!("{text}\0").into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(of: &[(i64, i64)]) -> Ranges {
        Ranges::union_of(of.iter().map(|(start, end)| (*start..*end).into()).collect())
    }

    fn has(ranges: &Ranges, value: i64) -> bool {
        ranges.iter().any(|range| range.contains(&value.into()))
    }

    proptest::proptest! {
        #[test]
        fn ranges_are_sets(a in proptest::collection::vec((0..20_i64, 0..20_i64), 0..5),
                           b in proptest::collection::vec((0..20_i64, 0..20_i64), 0..5)) {
            let (a, b) = (ranges(&a), ranges(&b));
            let (and, or, not) = (a.and(&b), a.clone().or(b.clone()), a.complement());
            for value in -1..22 {
                assert_eq!(has(&and, value), has(&a, value) && has(&b, value));
                assert_eq!(has(&or, value), has(&a, value) || has(&b, value));
                assert_eq!(has(&not, value), !has(&a, value));
            }
            for ranges in [&and, &or, &not] {
                let bounds: Vec<_> = ranges.iter().collect();
                assert!(bounds.windows(2).all(|pair| pair[0].end < pair[1].start), "{ranges:?}");
            }
        }
    }

    #[test]
    fn the_greatest_value_has_no_successor() {
        assert_eq!(Ranges::above(&i64::MAX.into()), Ranges::none());
        assert!(Ranges::up_to(&i64::MAX.into()).is_all());
        assert!(has(&Ranges::point(i64::MAX.into()), i64::MAX));
        assert!(Ranges::all().complement() == Ranges::none() && Ranges::none().complement().is_all());
        assert_eq!(successor(&"a".into()), Some("a\0".into()));
    }
}
