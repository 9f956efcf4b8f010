//! [`DataType`] and Arrow's types: there and back without loss.

use std::sync::Arc;

use arrow_schema::{DataType as Arrow, Field, FieldRef, Fields};

use super::{DataType, MAX_DEPTH, StructField};
use crate::error::{Error, Result};

/// Most digits of a `Decimal128`.
const DIGITS_128: u8 = 38;

/// Which Arrow types are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    /// Those that [`DataType::to_arrow`] gives.
    Exact,
    /// Those whose every value is a value of the type, too.
    ByValue,
}

impl DataType {
    /// The Arrow type that columns of this type have.
    ///
    /// Elements are called `item`, the entries of maps `entries`, `key` and `value`.
    pub fn to_arrow(&self) -> Arrow {
        match self {
            Self::Int => Arrow::Int32,
            Self::BigInt => Arrow::Int64,
            Self::Float => Arrow::Float32,
            Self::Double => Arrow::Float64,
            Self::String => Arrow::Utf8,
            Self::Boolean => Arrow::Boolean,
            Self::Date => Arrow::Date32,
            Self::Timestamp { unit, zone } => Arrow::Timestamp(*unit, zone.as_deref().map(Into::into)),
            Self::Decimal { precision, scale } if *precision <= DIGITS_128 => {
                Arrow::Decimal128(*precision, scale.cast_signed())
            }
            Self::Decimal { precision, scale } => Arrow::Decimal256(*precision, scale.cast_signed()),
            Self::Array { element, nullable, length: None } => Arrow::List(field("item", element, *nullable)),
            Self::Array { element, nullable, length: Some(length) } => {
                Arrow::FixedSizeList(field("item", element, *nullable), length.cast_signed())
            }
            Self::Map { key, value, nullable } => {
                let entry = Fields::from(vec![field("key", key, false), field("value", value, *nullable)]);
                Arrow::Map(Arc::new(Field::new("entries", Arrow::Struct(entry), false)), false)
            }
            Self::Struct(fields) => {
                Arrow::Struct(fields.iter().map(|part| field(&part.name, &part.data_type, part.nullable)).collect())
            }
        }
    }

    /// The type whose columns have just this Arrow type: the inverse of [`to_arrow`](Self::to_arrow).
    ///
    /// The names of elements and of a map's entries, and metadata of fields, are not part of a type.
    ///
    /// # Errors
    /// [`Error::NoCounterpart`] for a type that is not among ours, with what to use instead.
    ///
    /// # Examples
    /// ```
    /// use varvite_schema::{DataType, arrow_schema::DataType as Arrow};
    /// assert_eq!(DataType::from_arrow(&Arrow::Int32)?, DataType::Int);
    /// let error = DataType::from_arrow(&Arrow::Int8).unwrap_err();
    /// assert_eq!(error.to_string(), "Arrow type Int8 has no counterpart: cast it to int (Int32), which holds every value of it");
    /// # Ok::<(), varvite_schema::Error>(())
    /// ```
    pub fn from_arrow(arrow: &Arrow) -> Result<Self> {
        checked(arrow, Taken::Exact)
    }

    /// The type that holds every value of this Arrow type, though columns of it may be laid out otherwise: `int` for
    /// `Int8`, `string` for `LargeUtf8` or a dictionary of text.
    ///
    /// A column is then cast to [`to_arrow`](Self::to_arrow) without loss.
    ///
    /// # Errors
    /// [`Error::NoCounterpart`] if there is none, such as for `UInt64` or binary data.
    pub fn from_arrow_values(arrow: &Arrow) -> Result<Self> {
        checked(arrow, Taken::ByValue)
    }
}

fn field(name: &str, data_type: &DataType, nullable: bool) -> FieldRef {
    Arc::new(Field::new(name, data_type.to_arrow(), nullable))
}

fn checked(arrow: &Arrow, taken: Taken) -> Result<DataType> {
    let found = convert(arrow, taken, MAX_DEPTH)?;
    found.check().map_err(|error| match error {
        Error::InvalidDataType { reason, .. } => none(arrow, reason),
        other => other,
    })?;
    Ok(found)
}

fn convert(arrow: &Arrow, taken: Taken, depth: usize) -> Result<DataType> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(none(arrow, format!("types stand within types more than {MAX_DEPTH} levels deep")));
    };
    let child = |field: &FieldRef| convert(field.data_type(), taken, depth).map(Box::new);
    Ok(match arrow {
        Arrow::Int32 => DataType::Int,
        Arrow::Int64 => DataType::BigInt,
        Arrow::Float32 => DataType::Float,
        Arrow::Float64 => DataType::Double,
        Arrow::Utf8 => DataType::String,
        Arrow::Boolean => DataType::Boolean,
        Arrow::Date32 => DataType::Date,
        Arrow::Timestamp(unit, zone) => DataType::Timestamp { unit: *unit, zone: zone.as_deref().map(str::to_owned) },
        Arrow::Decimal128(precision, scale) if *scale >= 0 => decimal(*precision, *scale),
        Arrow::Decimal256(precision, scale) if *scale >= 0 && *precision > DIGITS_128 => decimal(*precision, *scale),
        Arrow::List(element) => {
            DataType::Array { element: child(element)?, nullable: element.is_nullable(), length: None }
        }
        Arrow::FixedSizeList(element, length) if *length > 0 => {
            let length = Some(length.cast_unsigned());
            DataType::Array { element: child(element)?, nullable: element.is_nullable(), length }
        }
        Arrow::Map(entries, sorted) if !sorted || taken == Taken::ByValue => map(arrow, entries, taken, depth)?,
        Arrow::Struct(fields) => {
            let part = |part: &FieldRef| {
                let data_type = convert(part.data_type(), taken, depth)?;
                Ok(StructField { name: part.name().clone(), data_type, nullable: part.is_nullable() })
            };
            DataType::Struct(fields.iter().map(part).collect::<Result<_>>()?)
        }
        other => match (by_value(other, depth)?, taken) {
            (Some(found), Taken::ByValue) => found,
            (Some(found), Taken::Exact) => {
                let instead = format!("cast it to {found} ({}), which holds every value of it", found.to_arrow());
                return Err(none(other, instead));
            }
            (None, _) => return Err(none(other, instead_of(other))),
        },
    })
}

/// The type that holds every value of an Arrow type that is none of ours.
fn by_value(arrow: &Arrow, depth: usize) -> Result<Option<DataType>> {
    let child = |field: &FieldRef| convert(field.data_type(), Taken::ByValue, depth);
    Ok(Some(match arrow {
        Arrow::Int8 | Arrow::Int16 | Arrow::UInt8 | Arrow::UInt16 => DataType::Int,
        Arrow::UInt32 => DataType::BigInt,
        Arrow::Float16 => DataType::Float,
        Arrow::LargeUtf8 | Arrow::Utf8View => DataType::String,
        Arrow::Decimal32(precision, scale)
        | Arrow::Decimal64(precision, scale)
        | Arrow::Decimal128(precision, scale)
        | Arrow::Decimal256(precision, scale) => return Ok(unsigned_scale(*precision, *scale)),
        Arrow::LargeList(element) | Arrow::ListView(element) | Arrow::LargeListView(element) => {
            DataType::Array { element: Box::new(child(element)?), nullable: element.is_nullable(), length: None }
        }
        Arrow::Dictionary(_, values) => convert(values, Taken::ByValue, depth)?,
        Arrow::RunEndEncoded(_, values) => child(values)?,
        Arrow::Map(entries, true) => map(arrow, entries, Taken::ByValue, depth)?,
        _ => return Ok(None),
    }))
}

fn map(arrow: &Arrow, entries: &FieldRef, taken: Taken, depth: usize) -> Result<DataType> {
    let Arrow::Struct(parts) = entries.data_type() else {
        return Err(none(arrow, "its entries are no structs".to_owned()));
    };
    let [key, value] = &parts[..] else {
        return Err(none(arrow, "its entries are not a key and a value".to_owned()));
    };
    Ok(DataType::Map {
        key: Box::new(convert(key.data_type(), taken, depth)?),
        value: Box::new(convert(value.data_type(), taken, depth)?),
        nullable: value.is_nullable(),
    })
}

fn decimal(precision: u8, scale: i8) -> DataType {
    DataType::Decimal { precision, scale: scale.cast_unsigned() }
}

/// A decimal whose scale is below zero has zeros before the point: they count as digits here.
fn unsigned_scale(precision: u8, scale: i8) -> Option<DataType> {
    if scale >= 0 {
        return Some(decimal(precision, scale));
    }
    let precision = precision.checked_add(scale.unsigned_abs()).filter(|precision| *precision <= 76)?;
    Some(decimal(precision, 0))
}

fn instead_of(arrow: &Arrow) -> String {
    match arrow {
        Arrow::UInt64 => "cast it to bigint if its values fit, or to decimal(20, 0)",
        Arrow::Date64 => "cast it to date or to timestamp[ms]",
        Arrow::Null => "give the column a type: nulls alone have none",
        Arrow::Time32(_) | Arrow::Time64(_) | Arrow::Duration(_) => "cast it to an integer and name its unit",
        Arrow::FixedSizeList(..) => "an array of a fixed length has at least one element",
        _ => "store it elsewhere, or as text",
    }
    .to_owned()
}

fn none(arrow: &Arrow, instead: String) -> Error {
    Error::NoCounterpart { arrow: arrow.to_string(), instead }
}
