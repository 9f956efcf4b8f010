//! Elements that are copied: numbers, truth values, dates.

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanBuilder, Date32Builder, Float32Builder, Float64Builder, Int32Builder,
    Int64Builder, TimestampMicrosecondBuilder, UInt32Builder,
};
use arrow::datatypes::{
    Date32Type, Float32Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType, UInt32Type,
};
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, Utc};
use std::sync::Arc;

use super::element::{Element, sealed::Sealed};
use super::validity::Validity;
use crate::flow_type::Item;
use crate::value::Value;

/// What all copied elements share; the rest is told by each.
macro_rules! copied {
    () => {
        type Storage = Vec<Self>;
        type View<'a> = &'a [Self];

        #[inline]
        fn view(storage: &Vec<Self>, len: usize) -> &[Self] {
            &storage[..len]
        }

        #[inline]
        fn at(view: &[Self], row: usize) -> Self {
            view[row]
        }

        fn into_value(self) -> Value {
            self.into()
        }

        #[inline]
        fn fill(storage: &mut Vec<Self>, len: usize, mask: Option<&Validity>, mut f: impl FnMut(usize) -> Self) {
            storage.resize(len, Self::absent());
            match mask {
                None => storage.iter_mut().enumerate().for_each(|(row, slot)| *slot = f(row)),
                Some(mask) => mask.for_each_valid(|row| storage[row] = f(row)),
            }
        }

        fn absent() -> Self {
            Self::default()
        }
    };
}

macro_rules! number {
    ($ty:ty, $item:ident, $arrow:ty, $builder:ty, $from_value:expr) => {
        impl Sealed for $ty {}

        impl Element for $ty {
            const ITEM: Item = Item::$item;
            type Builder = $builder;

            copied!();

            fn from_value(value: &Value) -> Option<Self> {
                let from: fn(&Value) -> Option<Self> = $from_value;
                from(value)
            }

            fn load(storage: &mut Vec<Self>, array: &ArrayRef, start: usize, len: usize) -> bool {
                let Some(array) = array.as_primitive_opt::<$arrow>() else { return false };
                storage.clear();
                storage.extend_from_slice(&array.values()[start..start + len]);
                true
            }

            fn append(builder: &mut $builder, storage: &Vec<Self>, validity: &Validity, len: usize) {
                if validity.nulls() == 0 {
                    builder.append_slice(&storage[..len]);
                } else {
                    (0..len).for_each(|row| builder.append_option(validity.is_valid(row).then(|| storage[row])));
                }
            }

            fn finish(mut builder: $builder) -> ArrayRef {
                Arc::new(builder.finish())
            }
        }
    };
}

number!(f64, F64, Float64Type, Float64Builder, |value| if let Value::F64(value) = value { Some(*value) } else { None });
#[expect(clippy::cast_possible_truncation, reason = "a value of an f32 node came from an f32")]
const fn narrow(value: f64) -> f32 {
    value as f32
}
number!(f32, F32, Float32Type, Float32Builder, |value| if let Value::F64(value) = value {
    Some(narrow(*value))
} else {
    None
});
number!(i64, I64, Int64Type, Int64Builder, Value::as_i64);
number!(i32, I32, Int32Type, Int32Builder, |value| i32::try_from(value.as_i64()?).ok());
number!(u32, U32, UInt32Type, UInt32Builder, |value| u32::try_from(value.as_i64()?).ok());

impl Sealed for bool {}

impl Element for bool {
    const ITEM: Item = Item::Bool;
    type Builder = BooleanBuilder;

    copied!();

    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Bool(value) = value { Some(*value) } else { None }
    }

    fn load(storage: &mut Vec<Self>, array: &ArrayRef, start: usize, len: usize) -> bool {
        let Some(array) = array.as_boolean_opt() else { return false };
        storage.clear();
        storage.extend(array.values().slice(start, len).iter());
        true
    }

    fn append(builder: &mut BooleanBuilder, storage: &Vec<Self>, validity: &Validity, len: usize) {
        if validity.nulls() == 0 {
            builder.append_slice(&storage[..len]);
        } else {
            (0..len).for_each(|row| builder.append_option(validity.is_valid(row).then(|| storage[row])));
        }
    }

    fn finish(mut builder: BooleanBuilder) -> ArrayRef {
        Arc::new(builder.finish())
    }
}

macro_rules! date {
    ($ty:ty, $item:ident, $arrow:ty, $builder:ty, $from_raw:expr, $to_raw:expr, $finish:expr) => {
        impl Sealed for $ty {}

        impl Element for $ty {
            const ITEM: Item = Item::$item;
            type Builder = $builder;

            copied!();

            fn from_value(value: &Value) -> Option<Self> {
                if let Value::$item(value) = value { Some(*value) } else { None }
            }

            fn load(storage: &mut Vec<Self>, array: &ArrayRef, start: usize, len: usize) -> bool {
                let Some(array) = array.as_primitive_opt::<$arrow>() else { return false };
                storage.clear();
                for row in start..start + len {
                    let value = if array.is_null(row) { Some(Self::absent()) } else { $from_raw(array.value(row)) };
                    let Some(value) = value else { return false };
                    storage.push(value);
                }
                true
            }

            fn append(builder: &mut $builder, storage: &Vec<Self>, validity: &Validity, len: usize) {
                let raw = |row: usize| validity.is_valid(row).then(|| $to_raw(storage[row]));
                (0..len).for_each(|row| builder.append_option(raw(row)));
            }

            fn finish(mut builder: $builder) -> ArrayRef {
                Arc::new($finish(builder.finish()))
            }
        }
    };
}

pub(super) fn date_of_days(days: i32) -> Option<NaiveDate> {
    let by = Days::new(days.unsigned_abs().into());
    let epoch = NaiveDate::default();
    if days < 0 { epoch.checked_sub_days(by) } else { epoch.checked_add_days(by) }
}

fn days_of_date(date: NaiveDate) -> i32 {
    // A chrono date is within some 96 million days of the epoch.
    i32::try_from((date - NaiveDate::default()).num_days()).unwrap_or_default()
}

date!(NaiveDate, Date, Date32Type, Date32Builder, date_of_days, days_of_date, std::convert::identity);
date!(
    NaiveDateTime,
    DateTime,
    TimestampMicrosecondType,
    TimestampMicrosecondBuilder,
    |raw| DateTime::from_timestamp_micros(raw).map(|at| at.naive_utc()),
    |at: NaiveDateTime| at.and_utc().timestamp_micros(),
    std::convert::identity
);
date!(
    DateTime<Utc>,
    Timestamp,
    TimestampMicrosecondType,
    TimestampMicrosecondBuilder,
    DateTime::from_timestamp_micros,
    |at: DateTime<Utc>| at.timestamp_micros(),
    |array: arrow::array::TimestampMicrosecondArray| array.with_timezone("UTC")
);
