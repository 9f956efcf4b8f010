//! Strings that are times: what a whole column of text stands for, and reading it without rounding.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Date32Array, Date64Array, PrimitiveArray, RecordBatch, StringArray};
use arrow::datatypes::{
    ArrowTimestampType, DataType, Field, SchemaRef, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use arrow::error::ArrowError;
use varvite::time::{self, parse_instant};

const DAY_S: i64 = 86_400;

/// Whether values of this type are read from text as they are spelled, by [`from_text`] or a cast.
pub(super) fn is_read_as_text(wanted: &DataType) -> bool {
    match wanted {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_read_as_text(values),
        other => {
            other.is_temporal()
                || matches!(other, DataType::Decimal32(..) | DataType::Decimal64(..))
                || matches!(other, DataType::Decimal128(..) | DataType::Decimal256(..))
        }
    }
}

/// The type that a column of this name is to have, if that is known.
pub(super) fn hinted<'a>(hint: Option<&'a SchemaRef>, field: &Field) -> Option<&'a DataType> {
    hint?.field_with_name(field.name()).ok().map(Field::data_type)
}

/// The column with the type that it is to have, if that is known.
pub(super) fn typed_as(hint: Option<&SchemaRef>, field: &Field) -> Field {
    let wanted = hinted(hint, field).unwrap_or(field.data_type());
    field.clone().with_data_type(wanted.clone())
}

/// What the columns of strings in `batches` stand for: timestamps or dates if every value is one, else strings.
///
/// Timestamps are in microseconds, or nanoseconds where a value needs them, and in UTC where any value has an offset.
pub(super) fn survey(
    batches: impl Iterator<Item = Result<RecordBatch, ArrowError>>,
    num_columns: usize,
) -> Result<Vec<DataType>, ArrowError> {
    let mut seen = vec![Seen::default(); num_columns];
    for batch in batches {
        let batch = batch?;
        for (seen, column) in seen.iter_mut().zip(batch.columns()) {
            if let Some(texts) = column.as_string_opt::<i32>() {
                texts.iter().flatten().for_each(|text| seen.take(text));
            }
        }
    }
    Ok(seen.iter().map(Seen::data_type).collect())
}

/// What the values of a column have in common so far.
#[derive(Debug, Clone, Default)]
#[allow(clippy::struct_excessive_bools, reason = "five independent facts about a column")]
struct Seen {
    any: bool,
    no_time: bool,
    time_of_day: bool,
    offset: bool,
    nanoseconds: bool,
}

impl Seen {
    fn take(&mut self, text: &str) {
        self.any = true;
        if self.no_time {
            return;
        }
        match parse_instant(text, time::TimeUnit::Microsecond) {
            Ok(_) => {}
            Err(time::Error::TooFine { .. }) if parse_instant(text, time::TimeUnit::Nanosecond).is_ok() => {
                self.nanoseconds = true;
            }
            Err(_) => self.no_time = true,
        }
        if let Some((_, time_of_day)) = text.split_once(['T', 't', ' ']) {
            self.time_of_day = true;
            self.offset |= time_of_day.contains(['Z', 'z', '+', '-']);
        }
    }

    fn data_type(&self) -> DataType {
        if !self.any || self.no_time {
            return DataType::Utf8;
        }
        if !self.time_of_day {
            return DataType::Date32;
        }
        let unit = if self.nanoseconds { TimeUnit::Nanosecond } else { TimeUnit::Microsecond };
        DataType::Timestamp(unit, self.offset.then(|| "UTC".into()))
    }
}

/// A value that is not what its column should be.
#[derive(Debug)]
pub(super) struct BadText {
    pub(super) row: usize,
    pub(super) reason: Option<String>,
}

/// The values that `texts` spell, which have to fit `wanted` exactly; `None` if texts cannot stand for this type.
/// Without an offset an instant is UTC, as in bounds.
pub(super) fn from_text(texts: &StringArray, wanted: &DataType) -> Option<Result<ArrayRef, BadText>> {
    Some(match wanted {
        DataType::Timestamp(unit, zone) => match unit {
            TimeUnit::Second => timestamps::<TimestampSecondType>(texts, time::TimeUnit::Second, zone.as_ref()),
            TimeUnit::Millisecond => {
                timestamps::<TimestampMillisecondType>(texts, time::TimeUnit::Millisecond, zone.as_ref())
            }
            TimeUnit::Microsecond => {
                timestamps::<TimestampMicrosecondType>(texts, time::TimeUnit::Microsecond, zone.as_ref())
            }
            TimeUnit::Nanosecond => {
                timestamps::<TimestampNanosecondType>(texts, time::TimeUnit::Nanosecond, zone.as_ref())
            }
        },
        DataType::Date32 => each(texts, day).map(|days| Arc::new(Date32Array::from(days)) as ArrayRef),
        DataType::Date64 => {
            each(texts, |text| parse_instant(text, time::TimeUnit::Millisecond).map_err(|error| error.to_string()))
                .map(|instants| Arc::new(Date64Array::from(instants)) as ArrayRef)
        }
        _ => return None,
    })
}

fn timestamps<T: ArrowTimestampType>(
    texts: &StringArray,
    unit: time::TimeUnit,
    zone: Option<&Arc<str>>,
) -> Result<ArrayRef, BadText> {
    let instants = each(texts, |text| parse_instant(text, unit).map_err(|error| error.to_string()))?;
    let array: PrimitiveArray<T> = instants.into_iter().collect();
    Ok(Arc::new(array.with_timezone_opt(zone.cloned())))
}

fn day(text: &str) -> Result<i32, String> {
    let seconds = parse_instant(text, time::TimeUnit::Second).map_err(|error| error.to_string())?;
    if seconds.rem_euclid(DAY_S) != 0 {
        return Err("a date has no time of day".to_owned());
    }
    i32::try_from(seconds.div_euclid(DAY_S)).map_err(|_| "it is too far away".to_owned())
}

fn each<T>(texts: &StringArray, parse: impl Fn(&str) -> Result<T, String>) -> Result<Vec<Option<T>>, BadText> {
    let parsed = |(row, text): (usize, Option<&str>)| match text {
        None => Ok(None),
        Some(text) => parse(text).map(Some).map_err(|reason| BadText { row, reason: Some(reason) }),
    };
    texts.iter().enumerate().map(parsed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(texts: &[&str], expected: &DataType) {
        let column = Arc::new(StringArray::from(texts.to_vec())) as ArrayRef;
        let batch = RecordBatch::try_from_iter([("a", column)]).unwrap();
        assert_eq!(survey([Ok(batch)].into_iter(), 1).unwrap(), std::slice::from_ref(expected));
    }

    #[test]
    fn a_column_is_of_time_if_all_of_it_is() {
        let us = DataType::Timestamp(TimeUnit::Microsecond, None);
        check(&["2024-03-01 10:00:00", "2024-03-01T10:00:00.5"], &us);
        check(&["2024-03-01 10:00:00", "soon"], &DataType::Utf8);
        check(&["2024-03-01", "2024-03-02"], &DataType::Date32);
        check(&["2024-03-01", "2024-03-02 10:00"], &us);
        check(&[], &DataType::Utf8);
    }

    #[test]
    fn an_offset_makes_it_utc_and_nine_decimals_nanoseconds() {
        check(&["2024-03-01T10:00:00Z"], &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
        check(&["2024-03-01T10:00:00.000000001"], &DataType::Timestamp(TimeUnit::Nanosecond, None));
    }

    #[test]
    fn nothing_is_rounded() {
        let texts = StringArray::from(vec!["2024-03-01T10:00:00.5"]);
        let seconds = from_text(&texts, &DataType::Timestamp(TimeUnit::Second, None)).unwrap();
        assert!(seconds.unwrap_err().reason.unwrap().contains("finer"));
    }
}
