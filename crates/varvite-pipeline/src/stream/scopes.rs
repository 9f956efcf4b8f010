//! [`Scopes`]: what rows of the output depend on, input by input, and what follows for a change. Plain values, no IO.

use std::time::Duration;

use varvite_dataset::{ColumnPath, KeyRange, OrderedType, OrderedValue};
use varvite_time::Period;

use super::Input;
use super::options::Late;
use super::spans::{Span, after, earlier, later, merged};
use crate::{Result, Scope, Step};

/// The scope of each input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scopes(pub(crate) Vec<Scope>);

/// A stretch of the input that a step is given from a new beginning.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Anew {
    pub(crate) range: KeyRange,
    /// Whether the step goes on from there.
    pub(crate) is_open: bool,
}

impl Scopes {
    pub(crate) fn of(step: &impl Step, inputs: &[Input], column: &ColumnPath) -> Self {
        let ordered_on = column.to_string();
        Self(inputs.iter().map(|input| step.scope_of(&input.name, &ordered_on)).collect())
    }

    /// Which ranges of the output have to be computed anew where these spans of the inputs changed; `None` if a scope does
    /// not tell. `follower` gives the value of a row that follows a value in an input, the first, the second or a later one,
    /// or one that is not smaller; `None` if there are fewer rows.
    pub(crate) fn touched<'a>(
        &self,
        spans: impl IntoIterator<Item = &'a [Span]>,
        ordered: &OrderedType,
        follower: impl Fn(usize, &OrderedValue, usize) -> Result<Option<OrderedValue>>,
    ) -> Result<Option<Vec<KeyRange>>> {
        let has_tile = self.0.iter().any(|scope| matches!(scope, Scope::Tile(_)));
        if has_tile && self.tile().is_none() {
            return Ok(None);
        }
        let mut ranges = Vec::new();
        for ((input, scope), spans) in self.0.iter().enumerate().zip(spans) {
            for span in spans {
                let end = match scope {
                    Scope::Row => after(&span.last),
                    Scope::Rows(rows) => follower(input, &span.last, *rows)?.as_ref().and_then(after),
                    Scope::Span(length) if ordered.is_temporal() => {
                        // Its own value counts, however short the span is.
                        later(&span.last, *length, ordered).and_then(|end| Some(end.max(after(&span.last)?)))
                    }
                    Scope::Tile(period) => {
                        let tiles = ordered.tile(*period, &span.first).zip(ordered.tile(*period, &span.last));
                        let Some(((start, _), (_, end))) = tiles else { return Ok(None) };
                        ranges.push(KeyRange { start: Some(start), end });
                        continue;
                    }
                    Scope::Span(_) | Scope::History => return Ok(None),
                };
                ranges.push(KeyRange { start: Some(span.first.clone()), end });
            }
        }
        Ok(Some(merged(ranges)))
    }

    /// Whether rows that come to the watermark, behind those that were taken there, are late: rows of other inputs that stand
    /// there were computed without them, or cannot be met any more.
    pub(crate) fn is_late_at_watermark(&self, input: usize, late: Late) -> bool {
        let counts_rows = |scope: &Scope| matches!(scope, Scope::Rows(_));
        match late {
            // They are taken, for what comes after them.
            Late::Ignore => false,
            Late::Error => self.0.get(input).is_some_and(counts_rows),
            Late::Recompute => self.0.iter().any(counts_rows),
        }
    }

    /// What a step is given to make these ranges anew, each from a new beginning. What a step of tiles goes on from is
    /// about the tile of the watermark alone, even if no row of that one is left: so that tile stands by itself.
    pub(crate) fn anew(&self, ranges: &[KeyRange], watermark: &OrderedValue, ordered: &OrderedType) -> Vec<Anew> {
        let open_from = self.tile().and_then(|period| ordered.tile(period, watermark)).map(|(start, _)| start);
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

    /// How many rows of each input before a value rows from there on depend on, beside those of [`span_before`](Self::span_before).
    pub(crate) fn rows_before(&self) -> Vec<usize> {
        self.0.iter().map(|scope| if let Scope::Rows(rows) = scope { *rows } else { 0 }).collect()
    }

    /// The values just before `start` that rows from there on depend on.
    pub(crate) fn span_before(&self, start: &OrderedValue, ordered: &OrderedType) -> KeyRange {
        let spans = self.0.iter().map(|scope| if let Scope::Span(span) = scope { *span } else { Duration::ZERO });
        let first = match spans.max().unwrap_or_default() {
            Duration::ZERO => Some(start.clone()),
            longest => earlier(start, longest, ordered),
        };
        KeyRange { start: first, end: Some(start.clone()) }
    }

    /// The one that does not tell, or else the first.
    pub(crate) fn widest(&self) -> Scope {
        self.0.iter().find(|scope| **scope == Scope::History).or(self.0.first()).copied().unwrap_or_default()
    }

    /// The tile that all inputs have; one beside other scopes tells nothing.
    fn tile(&self) -> Option<Period> {
        let (first, rest) = self.0.split_first()?;
        let Scope::Tile(period) = first else { return None };
        rest.iter().all(|other| other == first).then_some(*period)
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, TimeUnit};
    use varvite_dataset::ColumnPath;

    use super::*;

    fn ordered() -> OrderedType {
        OrderedType::try_new(&ColumnPath::from("at"), &DataType::Timestamp(TimeUnit::Second, None)).unwrap()
    }

    fn minute() -> Scope {
        Scope::Tile("1m".parse().unwrap())
    }

    /// Rows of the inputs stand at each tenth value until 1000.
    fn touched(scopes: &[Scope], changed: &[&[(i64, i64)]]) -> Option<Vec<KeyRange>> {
        let span = |&(first, last): &(i64, i64)| Span::new(first.into(), last.into());
        let spans: Vec<Vec<Span>> = changed.iter().map(|list| list.iter().map(span).collect()).collect();
        let tenth = |_, value: &OrderedValue, rows: usize| {
            let OrderedValue::Int(value) = value else { return Ok(None) };
            let row = value.div_euclid(10) * 10 + 10 * i64::try_from(rows).unwrap();
            Ok((row <= 1000).then_some(row.into()))
        };
        Scopes(scopes.to_vec()).touched(spans.iter().map(Vec::as_slice), &ordered(), tenth).unwrap()
    }

    #[test]
    fn tiles_are_touched_as_a_whole() {
        let ranges = touched(&[minute()], &[&[(61, 61), (70, 119), (130, 200), (500, 500)]]);
        assert_eq!(ranges.unwrap(), [KeyRange::from(60..240), KeyRange::from(480..540)]);
        assert_eq!(touched(&[Scope::Row], &[&[(61, 61), (62, 70)]]).unwrap(), [KeyRange::from(61..71)]);
        assert_eq!(touched(&[Scope::History], &[&[(61, 61)]]), None);
        assert_eq!(touched(&[minute(), Scope::Row], &[&[], &[(61, 61)]]), None, "a tile beside something else");
    }

    #[test]
    fn spans_and_rows_touch_what_follows() {
        let span = |millis| Scope::Span(Duration::from_millis(millis));
        let ranges = |scope, changed| touched(&[scope], &[changed]).unwrap();
        assert_eq!(ranges(span(1500), &[(10, 10), (20, 30)]), [KeyRange::from(10..12), KeyRange::from(20..32)]);
        assert_eq!(ranges(Scope::Span(Duration::ZERO), &[(10, 10)]), [KeyRange::from(10..11)]);
        assert_eq!(ranges(Scope::Rows(2), &[(15, 15), (40, 41)]), [KeyRange::from(15..31), KeyRange::from(40..61)]);
        assert_eq!(ranges(Scope::Rows(2), &[(990, 990)]), [KeyRange::from(990..)]);
        let both = touched(&[Scope::Row, Scope::Rows(1)], &[&[(3, 3), (12, 12)], &[(11, 11)]]).unwrap();
        assert_eq!(both, [KeyRange::from(3..4), KeyRange::from(11..21)]);
    }

    #[test]
    fn the_open_tile_stands_by_itself() {
        let pieces = |scope, ranges: &[KeyRange], watermark: i64| -> Vec<(KeyRange, bool)> {
            let pieces = Scopes(vec![scope]).anew(ranges, &watermark.into(), &ordered());
            pieces.into_iter().map(|piece| (piece.range, piece.is_open)).collect()
        };
        let ranges = [KeyRange::from(60..120), KeyRange::from(240..420)];
        let closed = (KeyRange::from(60..120), false);
        let parted = [closed.clone(), (KeyRange::from(240..360), false), (KeyRange::from(360..371), true)];
        assert_eq!(pieces(minute(), &ranges, 370), parted);
        assert_eq!(pieces(minute(), &ranges[1..], 250), [(KeyRange::from(240..251), true)]);
        assert_eq!(pieces(minute(), &ranges, 500), [closed, (KeyRange::from(240..420), false)]);
        assert_eq!(pieces(Scope::Row, &ranges[1..], 370), [(KeyRange::from(240..371), true)]);
    }
}
