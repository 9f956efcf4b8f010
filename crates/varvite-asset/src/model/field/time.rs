//! Dates and times. Columns of other units are read, too, where no value loses anything.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, Time64MicrosecondArray, TimestampMicrosecondArray, TimestampNanosecondArray,
};
use arrow::buffer::{NullBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Date32Type, Int64Type, TimeUnit as Unit};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};
use varvite_time::{Instant, TimeUnit};

use super::{DecodeError, Family, FieldType, stored};
use crate::model::ticks::{nanoseconds, rescaled};

/// Days from the first day of year 1 to 1970.
const EPOCH_FROM_CE: i32 = 719_163;

impl FieldType for NaiveDate {
    type Value = Self;
    type Reader = ScalarBuffer<i32>;
    const FAMILY: Family = Family::Date;

    fn data_type() -> DataType {
        DataType::Date32
    }

    fn open(column: &ArrayRef, asked: Option<&NullBuffer>) -> Result<Self::Reader, DecodeError> {
        let column = stored::stored_as(column, &DataType::Date32, |stored| stored == &DataType::Date64)?;
        stored::no_nulls(&column, asked)?;
        Ok(column.as_primitive::<Date32Type>().values().clone())
    }

    #[inline]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, DecodeError> {
        let date = reader[row].checked_add(EPOCH_FROM_CE).and_then(Self::from_num_days_from_ce_opt);
        date.ok_or_else(|| beyond(row, reader[row].into(), "days", "NaiveDate"))
    }

    fn encode<'a>(values: impl Iterator<Item = Option<&'a Self>> + Clone) -> Result<ArrayRef, DecodeError> {
        let days = values.map(|date| date.map(|date| date.num_days_from_ce() - EPOCH_FROM_CE));
        Ok(Arc::new(days.collect::<Date32Array>()))
    }
}

impl FieldType for NaiveTime {
    type Value = Self;
    type Reader = ScalarBuffer<i64>;
    const FAMILY: Family = Family::Time;

    fn data_type() -> DataType {
        DataType::Time64(Unit::Microsecond)
    }

    fn open(column: &ArrayRef, asked: Option<&NullBuffer>) -> Result<Self::Reader, DecodeError> {
        let column = stored::unpacked(column, &Self::data_type())?;
        let (DataType::Time32(unit) | DataType::Time64(unit)) = *column.data_type() else {
            return Err(stored::wrong_type(column.data_type(), &Self::data_type()));
        };
        ticks(&column, asked, unit, Unit::Microsecond)
    }

    #[inline]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, DecodeError> {
        let us = reader[row];
        let seconds = u32::try_from(us.div_euclid(1_000_000)).ok();
        let ns = u32::try_from(us.rem_euclid(1_000_000) * 1000).ok();
        let time = seconds.zip(ns).and_then(|(s, ns)| Self::from_num_seconds_from_midnight_opt(s, ns));
        time.ok_or_else(|| beyond(row, us, "microseconds", "NaiveTime"))
    }

    fn encode<'a>(values: impl Iterator<Item = Option<&'a Self>> + Clone) -> Result<ArrayRef, DecodeError> {
        let us = |time: &Self| {
            let ns = whole_microseconds(time.nanosecond())?;
            Ok(i64::from(time.num_seconds_from_midnight()) * 1_000_000 + i64::from(ns / 1000))
        };
        Ok(Arc::new(Time64MicrosecondArray::from(counts(values, us)?)))
    }
}

impl FieldType for NaiveDateTime {
    type Value = Self;
    type Reader = ScalarBuffer<i64>;
    const FAMILY: Family = Family::Timestamp;

    fn data_type() -> DataType {
        DataType::Timestamp(Unit::Microsecond, None)
    }

    fn open(column: &ArrayRef, asked: Option<&NullBuffer>) -> Result<Self::Reader, DecodeError> {
        let column = stored::unpacked(column, &Self::data_type())?;
        match column.data_type() {
            // Another zone would say other times on the wall.
            DataType::Timestamp(_, Some(zone)) if !is_utc(zone) => {
                Err(stored::wrong_type(column.data_type(), &Self::data_type()))
            }
            _ => timestamps(&column, asked, &Self::data_type()),
        }
    }

    #[inline]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, DecodeError> {
        let time = DateTime::from_timestamp_micros(reader[row]).map(|time| time.naive_utc());
        time.ok_or_else(|| beyond(row, reader[row], "microseconds", "NaiveDateTime"))
    }

    fn encode<'a>(values: impl Iterator<Item = Option<&'a Self>> + Clone) -> Result<ArrayRef, DecodeError> {
        let us = counts(values, |time: &Self| microseconds(&time.and_utc()))?;
        Ok(Arc::new(TimestampMicrosecondArray::from(us)))
    }
}

impl FieldType for DateTime<Utc> {
    type Value = Self;
    type Reader = ScalarBuffer<i64>;
    const FAMILY: Family = Family::Timestamp;

    fn data_type() -> DataType {
        DataType::Timestamp(Unit::Microsecond, Some("UTC".into()))
    }

    fn open(column: &ArrayRef, asked: Option<&NullBuffer>) -> Result<Self::Reader, DecodeError> {
        timestamps(&stored::unpacked(column, &Self::data_type())?, asked, &Self::data_type())
    }

    #[inline]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, DecodeError> {
        let time = DateTime::from_timestamp_micros(reader[row]);
        time.ok_or_else(|| beyond(row, reader[row], "microseconds", "DateTime<Utc>"))
    }

    fn encode<'a>(values: impl Iterator<Item = Option<&'a Self>> + Clone) -> Result<ArrayRef, DecodeError> {
        let us = counts(values, microseconds)?;
        Ok(Arc::new(TimestampMicrosecondArray::from(us).with_timezone("UTC")))
    }
}

impl FieldType for Instant {
    type Value = Self;
    type Reader = ScalarBuffer<i64>;
    const FAMILY: Family = Family::Timestamp;

    fn data_type() -> DataType {
        DataType::Timestamp(Unit::Nanosecond, Some("UTC".into()))
    }

    fn open(column: &ArrayRef, asked: Option<&NullBuffer>) -> Result<Self::Reader, DecodeError> {
        timestamps(&stored::unpacked(column, &Self::data_type())?, asked, &Self::data_type())
    }

    #[inline]
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, DecodeError> {
        Ok(Self::new(reader[row], TimeUnit::Nanosecond))
    }

    fn encode<'a>(values: impl Iterator<Item = Option<&'a Self>> + Clone) -> Result<ArrayRef, DecodeError> {
        let ns = |instant: &Self| {
            let ns = instant.exactly(TimeUnit::Nanosecond);
            ns.ok_or_else(|| {
                format!("{instant} is beyond nanoseconds in 64 bits, which end in the years 1677 and 2262")
            })
        };
        Ok(Arc::new(TimestampNanosecondArray::from(counts(values, ns)?).with_timezone("UTC")))
    }
}

/// The counts of a timestamp column in the unit of `wanted`. Its zone says nothing about instants.
fn timestamps(
    column: &ArrayRef,
    asked: Option<&NullBuffer>,
    wanted: &DataType,
) -> Result<ScalarBuffer<i64>, DecodeError> {
    match (column.data_type(), wanted) {
        (DataType::Timestamp(unit, _), DataType::Timestamp(target, _)) => ticks(column, asked, *unit, *target),
        (stored, _) => Err(stored::wrong_type(stored, wanted)),
    }
}

fn ticks(
    column: &ArrayRef,
    asked: Option<&NullBuffer>,
    stored: Unit,
    wanted: Unit,
) -> Result<ScalarBuffer<i64>, DecodeError> {
    stored::no_nulls(column, asked)?;
    let counts = if matches!(column.data_type(), DataType::Time32(_)) {
        stored::cast(&stored::cast(column, &DataType::Int32)?, &DataType::Int64)?
    } else {
        stored::cast(column, &DataType::Int64)?
    };
    let counts = counts.as_primitive::<Int64Type>();
    if stored == wanted {
        return Ok(counts.values().clone());
    }
    let valid = NullBuffer::union(asked, counts.nulls());
    rescaled(counts.values(), valid.as_ref(), nanoseconds(stored), nanoseconds(wanted))
}

/// The counts of the values, or the first that has none.
fn counts<'a, T: 'a>(
    values: impl Iterator<Item = Option<&'a T>>,
    count: impl Fn(&T) -> Result<i64, String>,
) -> Result<Vec<Option<i64>>, DecodeError> {
    let count = |(row, value): (usize, Option<&T>)| {
        value.map(&count).transpose().map_err(|reason| DecodeError::new(row, reason))
    };
    values.enumerate().map(count).collect()
}

fn microseconds(time: &DateTime<Utc>) -> Result<i64, String> {
    whole_microseconds(time.timestamp_subsec_nanos())?;
    Ok(time.timestamp_micros())
}

fn whole_microseconds(ns: u32) -> Result<u32, String> {
    match ns {
        1_000_000_000.. => Err("a leap second has no place in a column".to_owned()),
        ns if ns % 1000 == 0 => Ok(ns),
        _ => Err("it has parts of a microsecond, and nothing is rounded: use `trunc_subsecs(6)` of chrono's \
                  `SubsecRound`, or the type `Instant`, which counts nanoseconds"
            .to_owned()),
    }
}

fn is_utc(zone: &str) -> bool {
    matches!(zone, "UTC" | "Etc/UTC" | "Z" | "+00:00")
}

#[cold]
fn beyond(row: usize, count: i64, unit: &str, field: &str) -> DecodeError {
    DecodeError::new(row, format!("{count} {unit} are more than a `{field}` can hold"))
}
