//! What generated code asks of a field's type in a constant: where it does not hold, the model does not compile.

use super::Family;
use crate::{Bound, Resolution};

/// A literal of an attribute, in a constant.
#[derive(Debug, Clone, Copy)]
pub enum Literal {
    /// A whole number.
    Int(i128),
    /// A float.
    Float,
    /// A flag.
    Bool,
    /// Text.
    Text(&'static str),
}

/// The text is a resolution.
pub const fn is_resolution(text: &str) {
    let _ = Resolution::literal(text);
}

/// The time column can say when a row is.
pub const fn is_time(family: Family, nullable: bool) {
    assert!(
        family.says_when(),
        "the time column is a timestamp or a date: `DateTime<Utc>`, `NaiveDateTime`, `Instant` or `NaiveDate`"
    );
    assert!(!nullable, "each row has a time: the time column is no `Option`");
}

/// An asset can be partitioned by the column.
pub const fn is_key(family: Family, nullable: bool) {
    assert!(family.is_key(), "a partition key is an integer, a `bool`, a `String` or a `NaiveDate`");
    assert!(!nullable, "each row has its partition: a partition key is no `Option`");
}

/// The literal can be a value of the column.
pub const fn has_literal(family: Family, literal: Literal) {
    match (family, literal) {
        (Family::Integer { min, max }, Literal::Int(number)) => {
            assert!(min <= number && number <= max, "the field's type has no such number");
        }
        (Family::Integer { .. }, _) => panic!("the field is an integer: write a whole number"),
        (Family::Float | Family::Decimal, Literal::Int(_) | Literal::Float)
        | (Family::Bool, Literal::Bool)
        | (Family::Text, Literal::Text(_)) => {}
        (Family::Float, _) => panic!("the field is a float: write a number"),
        (Family::Bool, _) => panic!("the field is a `bool`: write `true` or `false`"),
        (Family::Text, _) => panic!("the field is text: write text in quotes"),
        (Family::Date, Literal::Text(text)) => {
            assert!(is_instant(text) && text.len() == 10, "the field is a date: write one such as \"2024-01-31\"");
        }
        (Family::Date, _) => panic!("the field is a date: write one such as \"2024-01-31\""),
        (Family::Timestamp, Literal::Text(text)) => {
            assert!(is_instant(text), "the field is a timestamp: write one such as \"2024-01-31T12:00:00Z\"");
        }
        (Family::Timestamp, _) => panic!("the field is a timestamp: write one such as \"2024-01-31T12:00:00Z\""),
        (Family::Time, Literal::Text(text)) => {
            assert!(is_time_of_day(text.as_bytes()), "the field is a time: write one such as \"08:30:00\"");
        }
        (Family::Time, _) => panic!("the field is a time: write one such as \"08:30:00\""),
        (Family::Decimal, Literal::Text(text)) => {
            assert!(is_decimal(text.as_bytes()), "the field is a decimal: write one such as \"12.50\"");
        }
        (Family::Decimal, Literal::Bool) => panic!("the field is a decimal: write one such as \"12.50\""),
        (Family::Bytes | Family::List | Family::Struct, _) => {
            panic!("bytes, lists and structs cannot be written in an attribute");
        }
    }
}

/// Values can lie in a range.
pub const fn has_range(family: Family) {
    assert!(family.is_ordered(), "`range` is for numbers, dates and times; text has `length` and `pattern`");
}

/// Values have a length.
pub const fn has_length(family: Family) {
    assert!(family.has_length(), "`length` is for text, bytes and lists; numbers, dates and times have `range`");
}

/// Values are text.
pub const fn has_pattern(family: Family) {
    assert!(matches!(family, Family::Text), "`pattern` is for text: a `String`, or an `Option` of one");
}

/// Values can be told apart.
pub const fn has_unique(family: Family) {
    assert!(family.has_literals(), "`unique` is for numbers, flags, text, dates and times");
}

/// Values have an order.
pub const fn has_order(family: Family) {
    assert!(family.is_ordered() || matches!(family, Family::Text), "`monotonic` is for numbers, text, dates and times");
}

const fn is_instant(text: &str) -> bool {
    matches!(Bound::parse(text), Ok(Bound::At(_)))
}

/// `hh:mm:ss` and decimals.
const fn is_time_of_day(text: &[u8]) -> bool {
    let mut at = 0;
    while at < text.len() {
        let fits = match at {
            2 | 5 => text[at] == b':',
            8 => text[at] == b'.' && text.len() > 9,
            _ => text[at].is_ascii_digit(),
        };
        if !fits {
            return false;
        }
        at += 1;
    }
    text.len() >= 8 && two(text[0], text[1]) < 24 && two(text[3], text[4]) < 60 && two(text[6], text[7]) < 60
}

const fn two(tens: u8, ones: u8) -> u8 {
    (tens - b'0') * 10 + (ones - b'0')
}

const fn is_decimal(text: &[u8]) -> bool {
    let (mut at, mut digits, mut points) = (0, 0, 0);
    while at < text.len() {
        match text[at] {
            b'0'..=b'9' => digits += 1,
            b'.' => points += 1,
            b'-' | b'+' if at == 0 => {}
            _ => return false,
        }
        at += 1;
    }
    digits > 0 && points <= 1
}
