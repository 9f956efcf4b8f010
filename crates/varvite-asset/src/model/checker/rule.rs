//! [`Rule`]: a check made ready for a type of column.

use arrow::datatypes::DataType;
use regex::Regex;

use super::Finding;
use super::history::{Last, Seen};
use crate::filter::Comparison;
use crate::model::{CheckKind, Value};
use crate::values::{Chunk, Range, Set, Values, number};

/// A check made ready for a type of column, with what it remembers.
#[derive(Debug)]
pub(crate) enum Rule {
    Range(Range),
    OneOf(Set),
    Length {
        min: u64,
        max: Option<u64>,
    },
    Pattern(Regex),
    NotNull,
    Unique(Seen),
    Monotonic {
        last: Last,
        strictly: bool,
    },
    /// Judged on Arrow's columns alone.
    With,
}

impl Rule {
    /// The rule for columns of a type; what is wrong, if they cannot be judged so.
    pub(crate) fn new(kind: &CheckKind, data_type: &DataType) -> Result<Self, String> {
        let is_text = matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
        let is_ordered = data_type.is_numeric() || data_type.is_temporal();
        match kind {
            CheckKind::Range { min, max, max_included } if is_ordered => {
                range(data_type, min.as_ref(), max.as_ref(), *max_included)
            }
            CheckKind::Range { .. } => Err("only numbers, dates and times lie in a range".to_owned()),
            CheckKind::OneOf(values) => Set::of(data_type, values).map(Self::OneOf),
            CheckKind::Length { min, max } if has_length(data_type) => Ok(Self::Length { min: *min, max: *max }),
            CheckKind::Length { .. } => Err("only text, bytes and lists have a length".to_owned()),
            CheckKind::Pattern(pattern) if is_text => match Regex::new(pattern) {
                Ok(regex) => Ok(Self::Pattern(regex)),
                Err(error) => Err(format!("{pattern:?} is no regular expression: {error}")),
            },
            CheckKind::Pattern(_) => Err("only text matches a pattern".to_owned()),
            CheckKind::NotNull => Ok(Self::NotNull),
            CheckKind::Unique if is_ordered || is_text || data_type == &DataType::Boolean => {
                Ok(Self::Unique(Seen::default()))
            }
            CheckKind::Unique => Err("only numbers, flags, text, dates and times are told apart".to_owned()),
            CheckKind::Monotonic { strictly } if is_ordered || is_text => {
                Ok(Self::Monotonic { last: Last::default(), strictly: *strictly })
            }
            CheckKind::Monotonic { .. } => Err("only numbers, text, dates and times have an order".to_owned()),
            CheckKind::With { .. } => Ok(Self::With),
        }
    }

    /// The rows of the next chunk that break it.
    pub(crate) fn judge(&mut self, chunk: &Chunk<'_>) -> Finding {
        match self {
            Self::Range(range) => match chunk.values {
                Values::Numbers(numbers) => number::each_width!(numbers,
                    whole(slice) => Finding::of_numbers(slice, chunk, range.whole()),
                    real(slice) => Finding::of_numbers(slice, chunk, range.real())),
                _ => Finding::default(),
            },
            Self::OneOf(set) => one_of(chunk, set),
            Self::Length { min, max } => {
                let fits = |length: usize| *min <= length as u64 && max.is_none_or(|max| length as u64 <= max);
                match chunk.values {
                    Values::Texts(text) => Finding::of_rows(chunk, |row| fits(text(row).chars().count())),
                    Values::Lengths(length) => Finding::of_rows(chunk, |row| fits(length(row))),
                    _ => Finding::default(),
                }
            }
            Self::Pattern(regex) => match chunk.values {
                Values::Texts(text) => Finding::of_rows(chunk, |row| regex.is_match(text(row))),
                _ => Finding::default(),
            },
            Self::NotNull => nulls(chunk),
            Self::Unique(seen) => seen.again(chunk),
            Self::Monotonic { last, strictly } => last.descents(chunk, *strictly),
            Self::With => Finding::default(),
        }
    }
}

fn range(data_type: &DataType, min: Option<&Value>, max: Option<&Value>, max_included: bool) -> Result<Rule, String> {
    let at_most = if max_included { Comparison::LessOrEqual } else { Comparison::Less };
    let low = min.map(|min| Range::of(data_type, Comparison::GreaterOrEqual, min)).transpose()?;
    let high = max.map(|max| Range::of(data_type, at_most, max)).transpose()?;
    match (low, high) {
        (Some(low), Some(high)) => Ok(low.and(high)),
        (Some(one), None) | (None, Some(one)) => Ok(one),
        (None, None) => Err("the range has no limit".to_owned()),
    }
    .map(|range| Rule::Range(range.without_nan()))
}

fn has_length(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Utf8
            | DataType::LargeUtf8
            | DataType::Utf8View
            | DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::List(_)
            | DataType::LargeList(_)
    )
}

fn one_of(chunk: &Chunk<'_>, set: &Set) -> Finding {
    match chunk.values {
        Values::Numbers(numbers) => number::each_width!(numbers,
            whole(slice) => Finding::of_rows(chunk, |row| set.has_whole(number::Whole::wide(slice[row]))),
            real(slice) => Finding::of_rows(chunk, |row| set.has_real(number::Real::wide(slice[row])))),
        Values::Texts(text) => Finding::of_rows(chunk, |row| set.has_text(text(row))),
        Values::Flags(flag) => Finding::of_rows(chunk, |row| set.has_flag(flag(row))),
        Values::Lengths(_) | Values::Opaque => Finding::default(),
    }
}

fn nulls(chunk: &Chunk<'_>) -> Finding {
    let mut found = Finding::default();
    if chunk.valid.is_some() {
        (0..chunk.len).filter(|row| !chunk.is_valid(*row)).for_each(|row| found.add(row));
    }
    found
}
