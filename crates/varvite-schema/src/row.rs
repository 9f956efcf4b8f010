//! Groups from structs: what `#[derive(FeatureGroup)]` implements, and what its fields must be.

use std::collections::BTreeMap;

use varvite_time::chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use crate::{DataType, FeatureGroupSchema, Result, TimeUnit};

/// A struct whose fields are the columns of a group. `#[derive(FeatureGroup)]` (feature `derive`) implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` describes no feature group",
    label = "add `#[derive(FeatureGroup)]` to the struct"
)]
pub trait FeatureGroup {
    /// The definition of the group.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) with everything that cannot be seen in the struct's tokens.
    fn feature_group() -> Result<FeatureGroupSchema>;
}

/// A type that a feature may have in a struct.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a feature",
    label = "neither `i32`, `i64`, `f32`, `f64`, `bool`, `String`, a date or time of chrono, nor an `Option`, `Vec`, array or `BTreeMap` of them",
    note = "give the column's type yourself: `#[column(type = \"...\")]`"
)]
pub trait FeatureValue {
    /// Whether values may be null.
    const NULLABLE: bool = false;

    /// The type of the column.
    fn data_type() -> DataType;
}

/// A type that an entity key may have in a struct: never a float (S20), never an `Option` (S06).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an entity key",
    label = "neither `i32`, `i64`, `bool`, `String`, nor a date or time of chrono",
    note = "floats are not compared for equality, and a null key matches nothing"
)]
pub trait KeyValue {
    /// The type of the column.
    fn key_type() -> DataType;
}

/// A type that an event time or a created time may have in a struct.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an event time or a created time",
    label = "neither `i64`, nor a date or time of chrono",
    note = "times are never null"
)]
pub trait TimeValue {
    /// The type of the column; `None` if the first rows that are written decide on it.
    fn time_type() -> Option<DataType>;
}

macro_rules! values {
    ($($type:ty => $data_type:expr;)+) => {$(
        impl FeatureValue for $type {
            fn data_type() -> DataType {
                $data_type
            }
        }
    )+};
}

values! {
    i32 => DataType::Int;
    i64 => DataType::BigInt;
    f32 => DataType::Float;
    f64 => DataType::Double;
    bool => DataType::Boolean;
    String => DataType::String;
    NaiveDate => DataType::Date;
    NaiveDateTime => DataType::Timestamp { unit: TimeUnit::Microsecond, zone: None };
    DateTime<Utc> => DataType::timestamp(TimeUnit::Microsecond);
}

macro_rules! keys {
    ($($type:ty),+) => {$(
        impl KeyValue for $type {
            fn key_type() -> DataType {
                <Self as FeatureValue>::data_type()
            }
        }
    )+};
}

keys!(i32, i64, bool, String, NaiveDate, NaiveDateTime, DateTime<Utc>);

macro_rules! times {
    ($($type:ty),+) => {$(
        impl TimeValue for $type {
            fn time_type() -> Option<DataType> {
                Some(<Self as FeatureValue>::data_type())
            }
        }
    )+};
}

times!(NaiveDate, NaiveDateTime, DateTime<Utc>);

impl TimeValue for i64 {
    /// A count from the epoch, of whatever unit the column has.
    fn time_type() -> Option<DataType> {
        None
    }
}

impl<T: FeatureValue> FeatureValue for Option<T> {
    const NULLABLE: bool = true;

    fn data_type() -> DataType {
        T::data_type()
    }
}

impl<T: FeatureValue> FeatureValue for Vec<T> {
    fn data_type() -> DataType {
        DataType::Array { element: Box::new(T::data_type()), nullable: T::NULLABLE, length: None }
    }
}

impl<T: FeatureValue, const N: usize> FeatureValue for [T; N] {
    /// An array of `N` elements; a length that no column has (zero, or over 31 bits) is refused when the group is built.
    fn data_type() -> DataType {
        let length = Some(u32::try_from(N).unwrap_or(u32::MAX));
        DataType::Array { element: Box::new(T::data_type()), nullable: T::NULLABLE, length }
    }
}

impl<K: KeyValue, V: FeatureValue> FeatureValue for BTreeMap<K, V> {
    fn data_type() -> DataType {
        DataType::Map { key: Box::new(K::key_type()), value: Box::new(V::data_type()), nullable: V::NULLABLE }
    }
}
