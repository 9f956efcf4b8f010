//! [`DataType`]: the type of a feature, a key or a time, in the words of feature stores.
//!
//! Its text is read and written in `text.rs`, its Arrow counterpart is in `arrow.rs`.

mod arrow;
mod text;

pub use arrow_schema::TimeUnit;

use crate::error::{Error, Result};

pub(crate) use text::SPELLINGS;

/// Most levels of types within types.
pub(crate) const MAX_DEPTH: usize = 16;

/// The type of a column.
///
/// Each has a text ([`Display`](std::fmt::Display), [`FromStr`](std::str::FromStr)) and an Arrow type
/// ([`to_arrow`](Self::to_arrow), [`from_arrow`](Self::from_arrow)). Both come back to an equal type.
///
/// # Examples
/// ```
/// use varvite_schema::{DataType, arrow_schema};
///
/// let embedding: DataType = "array<float not null, 384>".parse()?;
/// assert_eq!(embedding, DataType::vector(DataType::Float, 384));
/// assert_eq!(DataType::from_arrow(&embedding.to_arrow())?, embedding);
///
/// assert_eq!("float64".parse(), Ok(DataType::Double)); // other spellings are read, one is written
/// assert_eq!(DataType::Double.to_string(), "double");
/// assert_eq!(DataType::Double.to_arrow(), arrow_schema::DataType::Float64);
/// # Ok::<(), varvite_schema::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DataType {
    /// `int`: 32 bits.
    Int,
    /// `bigint`: 64 bits.
    BigInt,
    /// `float`: 32 bits.
    Float,
    /// `double`: 64 bits.
    Double,
    /// `string`: UTF-8.
    String,
    /// `boolean`.
    Boolean,
    /// `timestamp[us, UTC]`: 64 bits that count a unit from the epoch.
    Timestamp {
        /// What is counted.
        unit: TimeUnit,
        /// An IANA name or an offset such as `+02:00`; without one it is naive, which counts as UTC.
        zone: Option<String>,
    },
    /// `date`: a calendar day; as an instant its midnight in UTC.
    Date,
    /// `decimal(10, 2)`.
    Decimal {
        /// Digits in all: from 1 to 76.
        precision: u8,
        /// Digits after the point: at most `precision`.
        scale: u8,
    },
    /// `array<double>`, `array<float not null, 384>`.
    Array {
        /// The type of each element.
        element: Box<DataType>,
        /// Whether elements may be null.
        nullable: bool,
        /// The number of elements, where it is the same in each row.
        length: Option<u32>,
    },
    /// `map<string, double>`. Keys are never null.
    Map {
        /// The type of each key.
        key: Box<DataType>,
        /// The type of each value.
        value: Box<DataType>,
        /// Whether values may be null.
        nullable: bool,
    },
    /// `struct<a: int, b: string not null>`.
    Struct(Vec<StructField>),
}

/// One field of a [`DataType::Struct`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StructField {
    /// Its name: any text but the empty one, once in a struct.
    pub name: String,
    /// Its type.
    pub data_type: DataType,
    /// Whether it may be null.
    pub nullable: bool,
}

impl DataType {
    /// A timestamp in UTC.
    pub fn timestamp(unit: TimeUnit) -> Self {
        Self::Timestamp { unit, zone: Some("UTC".to_owned()) }
    }

    /// An array of any length, whose elements may be null.
    pub fn array(element: Self) -> Self {
        Self::Array { element: Box::new(element), nullable: true, length: None }
    }

    /// An array of `length` elements, none of them null: an embedding.
    pub fn vector(element: Self, length: u32) -> Self {
        Self::Array { element: Box::new(element), nullable: false, length: Some(length) }
    }

    /// A map whose values may be null.
    pub fn map(key: Self, value: Self) -> Self {
        Self::Map { key: Box::new(key), value: Box::new(value), nullable: true }
    }

    /// Checks what the type's parts leave open: digits of decimals, names of zones and fields, lengths, depth.
    ///
    /// Builders check it; a type that was read from a text or from Arrow is checked.
    ///
    /// # Errors
    /// [`Error::InvalidDataType`] with the first thing that is wrong.
    pub fn check(&self) -> Result<()> {
        let refuse = |reason| Error::InvalidDataType { text: self.to_string(), reason };
        self.refusal(MAX_DEPTH).map_or(Ok(()), |reason| Err(refuse(reason)))
    }

    /// Why it is no complete type, if it is none.
    fn refusal(&self, depth: usize) -> Option<String> {
        let Some(depth) = depth.checked_sub(1) else {
            return Some(format!("types stand within types more than {MAX_DEPTH} levels deep"));
        };
        match self {
            Self::Decimal { precision, .. } if !(1..=76).contains(precision) => {
                Some(format!("a decimal has 1 to 76 digits, not {precision}"))
            }
            Self::Decimal { precision, scale } if scale > precision => {
                Some(format!("{scale} digits after the point are more than {precision} in all"))
            }
            Self::Timestamp { zone: Some(zone), .. } if !is_zone(zone) => Some(format!(
                "there is no zone `{zone}`: use an IANA name such as `Europe/Berlin`, or an offset such as `+02:00`"
            )),
            Self::Array { length: Some(length), .. } if i32::try_from(*length).is_ok_and(|length| length > 0) => {
                self.children().find_map(|child| child.refusal(depth))
            }
            Self::Array { length: Some(length), .. } => {
                Some(format!("an array of {length} elements: use 1 to {}", i32::MAX))
            }
            Self::Struct(fields) => {
                refuse_fields(fields).or_else(|| self.children().find_map(|child| child.refusal(depth)))
            }
            _ => self.children().find_map(|child| child.refusal(depth)),
        }
    }

    /// The types it is made of.
    pub fn children(&self) -> impl Iterator<Item = &Self> {
        let children: Vec<&Self> = match self {
            Self::Array { element, .. } => vec![element],
            Self::Map { key, value, .. } => vec![key, value],
            Self::Struct(fields) => fields.iter().map(|field| &field.data_type).collect(),
            _ => Vec::new(),
        };
        children.into_iter()
    }

    /// Whether it is a single value: no array, map or struct.
    pub fn is_scalar(&self) -> bool {
        !matches!(self, Self::Array { .. } | Self::Map { .. } | Self::Struct(_))
    }

    /// Whether it is a timestamp or a date, which event and created times are.
    pub fn is_time(&self) -> bool {
        matches!(self, Self::Timestamp { .. } | Self::Date)
    }

    /// Whether a stored column of this type may become `wider` without a new version: `int` to `bigint` or `double`,
    /// `float` to `double`. Every value stays the same.
    pub fn widens_to(&self, wider: &Self) -> bool {
        matches!((self, wider), (Self::Int, Self::BigInt | Self::Double) | (Self::Float, Self::Double))
    }

    /// Why it cannot be an entity key, if it cannot.
    pub(crate) fn refuse_key(&self) -> Option<&'static str> {
        match self {
            Self::Float | Self::Double => {
                Some("floats cannot be keys: they are not compared for equality; use integers or text")
            }
            Self::Decimal { .. } => Some("decimals cannot be keys: use integers or text"),
            Self::Array { .. } | Self::Map { .. } | Self::Struct(_) => {
                Some("a key is one value: use several keys instead of a nested one")
            }
            _ => None,
        }
    }
}

fn refuse_fields(fields: &[StructField]) -> Option<String> {
    if fields.is_empty() {
        return Some("a struct has at least one field".to_owned());
    }
    let mut seen = std::collections::HashSet::new();
    fields.iter().find_map(|field| match field.name.as_str() {
        "" => Some("a field of a struct has no name".to_owned()),
        name => (!seen.insert(name)).then(|| format!("field `{name}` is there twice")),
    })
}

/// Whether `zone` is an IANA name or an offset such as `+02:00`.
fn is_zone(zone: &str) -> bool {
    let is_offset = |offset: &[u8]| match offset {
        [b'+' | b'-', h1, h2, b':', m1 @ b'0'..=b'5', m2] => {
            let digits = [h1, h2, m1, m2].iter().all(|digit| digit.is_ascii_digit());
            digits && (h1, h2) <= (&b'2', &b'3') && (*h1 < b'2' || *h2 <= b'3')
        }
        _ => false,
    };
    zone.parse::<varvite_time::chrono_tz::Tz>().is_ok() || is_offset(zone.as_bytes())
}
