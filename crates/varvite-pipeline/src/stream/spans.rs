//! Stretches of an ordered column: what changed, and what has to be computed anew. Plain values, no IO.

use varvite_dataset::{KeyRange, OrderedType, OrderedValue};

use crate::Scope;

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

    pub(crate) fn range(&self) -> KeyRange {
        KeyRange { start: Some(self.first.clone()), end: after(&self.last) }
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

/// Which ranges of the output have to be computed anew where these spans of the input changed; `None` if the scope does not
/// tell. Ranges are in order and do not overlap.
pub(crate) fn touched(scope: Scope, spans: &[Span], ordered: &OrderedType) -> Option<Vec<KeyRange>> {
    let widened: Option<Vec<KeyRange>> = match scope {
        Scope::Row => Some(spans.iter().map(Span::range).collect()),
        Scope::Tile(period) => spans
            .iter()
            .map(|span| {
                let (start, _) = ordered.tile(period, &span.first)?;
                let (_, end) = ordered.tile(period, &span.last)?;
                Some(KeyRange { start: Some(start), end })
            })
            .collect(),
        Scope::History => None,
    };
    let mut ranges: Vec<KeyRange> = Vec::new();
    for range in widened? {
        match ranges.last_mut() {
            // Spans are in order, and so are the tiles that they lie in.
            Some(last) if last.end.is_none() || last.end >= range.start => {
                last.end = last.end.take().zip(range.end).map(|(one, two)| one.max(two));
            }
            _ => ranges.push(range),
        }
    }
    Some(ranges)
}

/// A stretch of the input that a step is given from a new beginning.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Anew {
    pub(crate) range: KeyRange,
    /// Whether the step goes on from there.
    pub(crate) is_open: bool,
}

/// What a step is given to make these ranges anew, each from a new beginning. What it goes on from is about the tile of the
/// watermark alone, even if no row of that one is left: so that tile stands by itself.
pub(crate) fn anew(scope: Scope, ranges: &[KeyRange], watermark: &OrderedValue, ordered: &OrderedType) -> Vec<Anew> {
    let open_from = match scope {
        Scope::Tile(period) => ordered.tile(period, watermark).map(|(start, _)| start),
        Scope::Row | Scope::History => None,
    };
    let mut pieces = Vec::new();
    for range in ranges {
        if !range.contains(watermark) {
            pieces.push(Anew { range: range.clone(), is_open: false });
            continue;
        }
        let mut start = range.start.clone();
        if let Some(open) = open_from.clone().filter(|open| start.as_ref() < Some(open)) {
            let before = KeyRange { start: start.replace(open.clone()), end: Some(open) };
            pieces.push(Anew { range: before, is_open: false });
        }
        pieces.push(Anew { range: KeyRange { start, end: after(watermark) }, is_open: true });
    }
    pieces
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
    fn tiles_are_touched_as_a_whole() {
        let minute = Scope::Tile("1m".parse().unwrap());
        let touched = |scope, list: &[(i64, i64)]| touched(scope, &spans(list), &ordered());
        let ranges = touched(minute, &[(61, 61), (70, 119), (130, 200), (500, 500)]).unwrap();
        assert_eq!(ranges, [KeyRange::from(60..240), KeyRange::from(480..540)]);
        assert_eq!(touched(Scope::Row, &[(61, 61), (62, 70)]).unwrap(), [KeyRange::from(61..71)]);
        assert_eq!(touched(Scope::History, &[(61, 61)]), None);
    }

    #[test]
    fn the_open_tile_stands_by_itself() {
        let minute = Scope::Tile("1m".parse().unwrap());
        let pieces = |scope, ranges: &[KeyRange], watermark: i64| -> Vec<(KeyRange, bool)> {
            let pieces = anew(scope, ranges, &watermark.into(), &ordered());
            pieces.into_iter().map(|piece| (piece.range, piece.is_open)).collect()
        };
        let ranges = [KeyRange::from(60..120), KeyRange::from(240..420)];
        let closed = (KeyRange::from(60..120), false);
        let parted = [closed.clone(), (KeyRange::from(240..360), false), (KeyRange::from(360..371), true)];
        assert_eq!(pieces(minute, &ranges, 370), parted);
        assert_eq!(pieces(minute, &ranges[1..], 250), [(KeyRange::from(240..251), true)]);
        assert_eq!(pieces(minute, &ranges, 500), [closed, (KeyRange::from(240..420), false)]);
        assert_eq!(pieces(Scope::Row, &ranges[1..], 370), [(KeyRange::from(240..371), true)]);
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
