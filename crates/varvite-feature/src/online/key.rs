//! Keys of the online table: the parts of an entity key, one behind the other, so that no two keys share their bytes.
//!
//! Integers of every width are one kind (S19); times are counts of the group's own unit. Bytes are ordered as keys are.

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Date32Array, Int64Array, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType as Arrow, Date32Type, Int64Type};
use varvite_schema::DataType;
use varvite_time::{Instant, TimeUnit};

use crate::times::unit_of;

/// What a part of a key is, whatever its width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyKind {
    Int,
    Text,
    Boolean,
    Date,
    Time(TimeUnit),
}

/// One part of a key for [`OnlineLookup::get_one`](super::OnlineLookup::get_one).
///
/// ```
/// use varvite_feature::online::KeyPart;
/// assert_eq!(KeyPart::from(7_i32), KeyPart::Int(7));
/// assert_eq!(KeyPart::from("berlin"), KeyPart::Text("berlin"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyPart<'a> {
    /// Matches nothing (S06).
    Null,
    /// An integer of any width.
    Int(i64),
    /// Text.
    Text(&'a str),
    /// A boolean.
    Boolean(bool),
    /// Days since 1970.
    Date(i32),
    /// A time.
    Time(Instant),
}

macro_rules! from_values {
    ($($type:ty => $variant:ident;)+) => {$(
        impl<'a> From<$type> for KeyPart<'a> {
            fn from(value: $type) -> Self {
                Self::$variant(value.into())
            }
        }
    )+};
}

from_values! {
    i32 => Int;
    i64 => Int;
    &'a str => Text;
    bool => Boolean;
    Instant => Time;
}

impl KeyPart<'_> {
    /// What it is, in words.
    fn kind(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Int(_) => "an integer",
            Self::Text(_) => "text",
            Self::Boolean(_) => "a boolean",
            Self::Date(_) => "a date",
            Self::Time(_) => "a time",
        }
    }
}

/// A column of keys in the one form that its kind has. Null is what matches nothing.
#[derive(Debug)]
pub(super) enum KeyColumn {
    Int(Int64Array),
    Text(StringArray),
    Boolean(BooleanArray),
    Date(Date32Array),
}

impl KeyKind {
    /// The kind of a key of this type; `None` if no key has it.
    pub(super) fn of(data_type: &DataType) -> Option<Self> {
        Some(match data_type {
            DataType::Int | DataType::BigInt => Self::Int,
            DataType::String => Self::Text,
            DataType::Boolean => Self::Boolean,
            DataType::Date => Self::Date,
            DataType::Timestamp { .. } => Self::Time(unit_of(&data_type.to_arrow())?),
            _ => return None,
        })
    }

    /// The column in the form of this kind; `None` if it is of another kind.
    pub(super) fn column(self, given: &ArrayRef) -> Option<KeyColumn> {
        let given = match given.data_type() {
            Arrow::Dictionary(_, values) => &cast(given, values).ok()?,
            _ => given,
        };
        Some(match (self, given.data_type()) {
            // What does not fit 64 bits becomes null, and matches nothing.
            (Self::Int, found) if found.is_integer() => KeyColumn::Int(as_int64(given)?),
            (Self::Text, Arrow::Utf8 | Arrow::LargeUtf8 | Arrow::Utf8View) => {
                KeyColumn::Text(cast(given, &Arrow::Utf8).ok()?.as_string().clone())
            }
            (Self::Boolean, Arrow::Boolean) => KeyColumn::Boolean(given.as_boolean().clone()),
            (Self::Date, Arrow::Date32) => KeyColumn::Date(given.as_primitive::<Date32Type>().clone()),
            (Self::Time(unit), found @ Arrow::Timestamp(..)) => {
                let (counts, given_unit) = (as_int64(given)?, unit_of(found)?);
                let same = given_unit == unit;
                let exactly = |count| Instant::new(count, given_unit).exactly(unit);
                KeyColumn::Int(if same { counts } else { counts.unary_opt::<_, Int64Type>(exactly) })
            }
            _ => return None,
        })
    }

    /// Adds a part to a key. `Ok(false)`: nothing can have this key.
    ///
    /// # Errors
    /// What the part is, if that is not of this kind.
    pub(super) fn push(self, part: KeyPart<'_>, key: &mut KeyBuffer) -> Result<bool, &'static str> {
        match (self, part) {
            (_, KeyPart::Null) => return Ok(false),
            (Self::Int, KeyPart::Int(value)) => key.push_int(value),
            (Self::Text, KeyPart::Text(text)) => key.push_text(text),
            (Self::Boolean, KeyPart::Boolean(value)) => key.push(&[u8::from(value)]),
            (Self::Date, KeyPart::Date(days)) => key.push_date(days),
            (Self::Time(unit), KeyPart::Time(instant)) => match instant.exactly(unit) {
                Some(count) => key.push_int(count),
                None => return Ok(false),
            },
            (_, other) => return Err(other.kind()),
        }
        Ok(true)
    }
}

fn as_int64(given: &ArrayRef) -> Option<Int64Array> {
    Some(cast(given, &Arrow::Int64).ok()?.as_primitive::<Int64Type>().clone())
}

impl KeyColumn {
    /// Adds the part of a row. `false`: it is null.
    pub(super) fn push(&self, row: usize, key: &mut KeyBuffer) -> bool {
        match self {
            Self::Int(values) if values.is_valid(row) => key.push_int(values.value(row)),
            Self::Text(values) if values.is_valid(row) => key.push_text(values.value(row)),
            Self::Boolean(values) if values.is_valid(row) => key.push(&[u8::from(values.value(row))]),
            Self::Date(values) if values.is_valid(row) => key.push_date(values.value(row)),
            _ => return false,
        }
        true
    }
}

/// Writes the key of a row. `false`: a part of it is null.
pub(super) fn write_key(columns: &[KeyColumn], row: usize, key: &mut KeyBuffer) -> bool {
    key.clear();
    columns.iter().all(|column| column.push(row, key))
}

/// Bytes of a key: in place as long as they are few, so that a look-up allocates nothing.
#[derive(Debug)]
pub(super) struct KeyBuffer {
    inline: [u8; Self::INLINE],
    len: usize,
    /// Everything, once it is longer than `inline`.
    spilled: Vec<u8>,
}

impl KeyBuffer {
    const INLINE: usize = 128;

    pub(super) fn new() -> Self {
        Self { inline: [0; Self::INLINE], len: 0, spilled: Vec::new() }
    }

    pub(super) fn clear(&mut self) {
        self.len = 0;
        self.spilled.clear();
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        if self.len > Self::INLINE { &self.spilled } else { &self.inline[..self.len] }
    }

    fn push(&mut self, bytes: &[u8]) {
        let len = self.len + bytes.len();
        if len <= Self::INLINE {
            self.inline[self.len..len].copy_from_slice(bytes);
        } else {
            if self.len <= Self::INLINE {
                self.spilled.extend_from_slice(&self.inline[..self.len]);
            }
            self.spilled.extend_from_slice(bytes);
        }
        self.len = len;
    }

    /// Big-endian, the sign flipped: bytes in order are values in order.
    fn push_int(&mut self, value: i64) {
        self.push(&(value.cast_unsigned() ^ (1 << 63)).to_be_bytes());
    }

    fn push_date(&mut self, days: i32) {
        self.push(&(days.cast_unsigned() ^ (1 << 31)).to_be_bytes());
    }

    /// The text, each 0 as `0 255`, then `0 0`: no text's bytes begin another's.
    fn push_text(&mut self, text: &str) {
        for (at, piece) in text.as_bytes().split(|byte| *byte == 0).enumerate() {
            if at > 0 {
                self.push(&[0, 255]);
            }
            self.push(piece);
        }
        self.push(&[0, 0]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(parts: &[KeyPart<'_>]) -> Vec<u8> {
        let mut key = KeyBuffer::new();
        for part in parts {
            let kind = match part {
                KeyPart::Text(_) => KeyKind::Text,
                KeyPart::Boolean(_) => KeyKind::Boolean,
                KeyPart::Date(_) => KeyKind::Date,
                _ => KeyKind::Int,
            };
            assert_eq!(kind.push(*part, &mut key), Ok(true));
        }
        key.as_slice().to_vec()
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(key(&["1".into(), "11".into()]), key(&["11".into(), "1".into()]));
        assert_ne!(key(&["".into(), "\0".into()]), key(&["\0".into(), "".into()]));
        assert_ne!(key(&["a\0".into(), "".into()]), key(&["a".into(), "\0".into()]));
    }

    #[test]
    fn a_time_that_its_unit_cannot_hold_matches_nothing() {
        let mut buffer = KeyBuffer::new();
        let half = Instant::from_ns(500_000_000);
        assert_eq!(KeyKind::Time(TimeUnit::Second).push(half.into(), &mut buffer), Ok(false));
        assert_eq!(KeyKind::Time(TimeUnit::Millisecond).push(half.into(), &mut buffer), Ok(true));
        assert_eq!(KeyKind::Int.push("7".into(), &mut buffer), Err("text"));
    }

    proptest! {
        #[test]
        fn bytes_are_ordered_as_keys_are(a: (String, i64, bool), b: (String, i64, bool)) {
            let bytes = |(text, int, flag): &(String, i64, bool)| key(&[text.as_str().into(), (*int).into(), (*flag).into()]);
            prop_assert_eq!(bytes(&a).cmp(&bytes(&b)), a.cmp(&b));
        }

        #[test]
        fn long_keys_are_whole(texts: Vec<String>) {
            let parts: Vec<KeyPart<'_>> = texts.iter().map(|text| text.as_str().into()).collect();
            let mut expected = Vec::new();
            for text in &texts {
                for byte in text.bytes() {
                    expected.push(byte);
                    if byte == 0 { expected.push(255); }
                }
                expected.extend([0, 0]);
            }
            prop_assert_eq!(key(&parts), expected);
        }
    }
}
