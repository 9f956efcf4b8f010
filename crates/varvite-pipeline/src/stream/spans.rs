//! Stretches of an ordered column. Plain values, no IO.

use std::time::Duration;

use varvite_dataset::{KeyRange, OrderedType, OrderedValue};
use varvite_time::TimeUnit;

const DAY_NANOS: u128 = 86_400_000_000_000;

/// Values from the first to the last, both included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: OrderedValue,
    pub(crate) last: OrderedValue,
}

impl Span {
    pub(crate) fn new(first: OrderedValue, last: OrderedValue) -> Self {
        Self { first, last }
    }

    /// What of it lies from `start` to `last`; `None` if nothing does.
    pub(crate) fn within(&self, start: Option<&OrderedValue>, last: &OrderedValue) -> Option<Self> {
        let first = start.map_or(&self.first, |start| start.max(&self.first));
        let last = last.min(&self.last);
        (first <= last).then(|| Self::new(first.clone(), last.clone()))
    }

    pub(crate) fn text(&self, ordered: &OrderedType) -> String {
        if self.first == self.last {
            return ordered.format(&self.first);
        }
        format!("{} to {}", ordered.format(&self.first), ordered.format(&self.last))
    }
}

/// The smallest value greater than `value`; `None`: there is none.
pub(crate) fn after(value: &OrderedValue) -> Option<OrderedValue> {
    Some(match value {
        OrderedValue::Int(value) => OrderedValue::Int(value.checked_add(1)?),
        OrderedValue::UInt(value) => OrderedValue::UInt(value.checked_add(1)?),
        OrderedValue::Float(value) => {
            let next = (value + 0.0).next_up();
            // Zero has two signs, which are equal; beyond infinity there is nothing.
            OrderedValue::Float(if *value == f64::INFINITY { return None } else { next })
        }
        OrderedValue::Decimal(value) => OrderedValue::Decimal(value.checked_add(arrow::datatypes::i256::ONE)?),
        OrderedValue::Text(text) => OrderedValue::Text(format!("{text}\0").into()),
    })
}

/// The same values in as few spans as possible, in order.
pub(crate) fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by(|one, two| one.first.cmp(&two.first));
    let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut() {
            Some(last) if span.first <= last.last => last.last = last.last.clone().max(span.last),
            _ => joined.push(span),
        }
    }
    joined
}

/// The value that is `span` away, and a unit more where it is no whole number of units; `None` if there is none.
pub(crate) fn later(value: &OrderedValue, span: Duration, ordered: &OrderedType) -> Option<OrderedValue> {
    let OrderedValue::Int(value) = value else { return None };
    i64::try_from(i128::from(*value) + units(span, ordered)?).ok().map(OrderedValue::Int)
}

/// The same the other way.
pub(crate) fn earlier(value: &OrderedValue, span: Duration, ordered: &OrderedType) -> Option<OrderedValue> {
    let OrderedValue::Int(value) = value else { return None };
    i64::try_from(i128::from(*value) - units(span, ordered)?).ok().map(OrderedValue::Int)
}

/// A span in units of a date or a timestamp, rounded up.
fn units(span: Duration, ordered: &OrderedType) -> Option<i128> {
    let nanos = match ordered.time_unit() {
        Some(TimeUnit::Second) => 1_000_000_000,
        Some(TimeUnit::Millisecond) => 1_000_000,
        Some(TimeUnit::Microsecond) => 1_000,
        Some(TimeUnit::Nanosecond) => 1,
        Some(TimeUnit::Day) => DAY_NANOS,
        None => ordered.is_temporal().then_some(DAY_NANOS)?,
    };
    i128::try_from(span.as_nanos().div_ceil(nanos)).ok()
}

/// The same ranges, as few and in order.
pub(crate) fn merged(mut ranges: Vec<KeyRange>) -> Vec<KeyRange> {
    ranges.sort_by(|one, two| one.start.cmp(&two.start));
    let mut merged: Vec<KeyRange> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if last.end.is_none() || last.end >= range.start => {
                last.end = last.end.take().zip(range.end).map(|(one, two)| one.max(two));
            }
            _ => merged.push(range),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use varvite_dataset::ColumnPath;

    use super::*;

    fn ordered() -> OrderedType {
        let data_type = arrow::datatypes::DataType::Timestamp(arrow::datatypes::TimeUnit::Second, None);
        OrderedType::try_new(&ColumnPath::from("at"), &data_type).unwrap()
    }

    fn spans(texts: &[(i64, i64)]) -> Vec<Span> {
        texts.iter().map(|&(first, last)| Span::new(first.into(), last.into())).collect()
    }

    #[test]
    fn spans_that_touch_are_one() {
        assert_eq!(joined(spans(&[(7, 9), (1, 3), (3, 5), (9, 9), (20, 21)])), spans(&[(1, 5), (7, 9), (20, 21)]));
        assert_eq!(joined(spans(&[(1, 9), (2, 3)])), spans(&[(1, 9)]));
    }

    #[test]
    fn a_span_is_cut_to_what_was_taken() {
        let span = &spans(&[(3, 9)])[0];
        assert_eq!(span.within(None, &5.into()), Some(spans(&[(3, 5)])[0].clone()));
        assert_eq!(span.within(Some(&4.into()), &20.into()), Some(spans(&[(4, 9)])[0].clone()));
        assert_eq!(span.within(Some(&10.into()), &20.into()), None);
        assert_eq!(span.within(None, &2.into()), None);
    }

    #[test]
    fn spans_of_time_are_counted_in_units_rounded_up() {
        let at = |value: i64, nanos: u64| {
            let span = Duration::from_nanos(nanos);
            [earlier(&value.into(), span, &ordered()), later(&value.into(), span, &ordered())]
        };
        assert_eq!(at(100, 60_000_000_000), [Some(40.into()), Some(160.into())]);
        assert_eq!(at(100, 1), [Some(99.into()), Some(101.into())]);
        assert_eq!(at(i64::MAX, 1)[1], None);
        let days = OrderedType::try_new(&ColumnPath::from("at"), &arrow::datatypes::DataType::Date32).unwrap();
        assert_eq!(later(&7.into(), Duration::from_secs(86_401), &days), Some(9.into()));
    }

    #[test]
    fn ranges_that_touch_are_one() {
        let ranges = merged(vec![(5..9).into(), (1..3).into(), (3..4).into(), (20..).into(), (30..31).into()]);
        assert_eq!(ranges, [KeyRange::from(1..4), (5..9).into(), (20..).into()]);
    }

    #[test]
    fn every_value_has_a_next_one() {
        assert_eq!(after(&1.into()), Some(2.into()));
        assert_eq!(after(&i64::MAX.into()), None);
        assert_eq!(after(&"a".into()), Some("a\0".into()));
        for value in [-1.5, -0.0, 0.0, 1e300, f64::NEG_INFINITY] {
            let next = after(&value.into()).unwrap();
            assert!(next > OrderedValue::from(value), "{value}: {next:?}");
        }
        assert_eq!(after(&f64::INFINITY.into()), None);
    }
}
