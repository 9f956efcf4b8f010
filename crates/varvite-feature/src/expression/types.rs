//! Types of the parts of an expression: what fits together, and what it becomes.

use arrow::datatypes::{DataType as Arrow, TimeUnit};
use varvite_schema::DataType;

/// What sort of values a type has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Null,
    Boolean,
    Text,
    Integer,
    Decimal,
    Float,
    Time,
}

/// The class of a type that parts of expressions may have.
pub(super) fn class(of: &Arrow) -> Class {
    match of {
        Arrow::Boolean => Class::Boolean,
        Arrow::Utf8 => Class::Text,
        Arrow::Int32 | Arrow::Int64 => Class::Integer,
        Arrow::Decimal128(..) | Arrow::Decimal256(..) => Class::Decimal,
        Arrow::Float32 | Arrow::Float64 => Class::Float,
        Arrow::Timestamp(..) | Arrow::Date32 => Class::Time,
        _ => Class::Null,
    }
}

impl Class {
    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Decimal | Self::Float)
    }
}

/// The name of a type as definitions have it; `None` for null.
pub(super) fn ours(of: &Arrow) -> Option<DataType> {
    DataType::from_arrow(of).ok()
}

/// A type in messages.
pub(super) fn named(of: &Arrow) -> String {
    ours(of).map_or_else(|| "null".to_owned(), |found| found.to_string())
}

/// The type that holds the values of both; `None` where there is none.
pub(super) fn common(a: &Arrow, b: &Arrow) -> Option<Arrow> {
    if a == b {
        return Some(a.clone());
    }
    match (class(a), class(b)) {
        (Class::Null, _) => Some(b.clone()),
        (_, Class::Null) => Some(a.clone()),
        (Class::Integer, Class::Integer) => Some(Arrow::Int64),
        (Class::Time, Class::Time) => Some(common_time(a, b)),
        (a, b) if a.is_number() && b.is_number() && (a == Class::Float || b == Class::Float) => Some(Arrow::Float64),
        (x, y) if x.is_number() && y.is_number() => {
            let ((before_a, after_a), (before_b, after_b)) = (digits(a), digits(b));
            let scale = after_a.max(after_b);
            let before = before_a.max(before_b);
            Some(decimal(before + scale, scale))
        }
        _ => None,
    }
}

/// The finer unit, with the zone of the first that has one.
fn common_time(a: &Arrow, b: &Arrow) -> Arrow {
    let parts = |of: &Arrow| match of {
        Arrow::Timestamp(unit, zone) => Some((*unit, zone.clone())),
        _ => None,
    };
    match (parts(a), parts(b)) {
        (Some((unit_a, zone_a)), Some((unit_b, zone_b))) => {
            let finer = if fineness(unit_a) >= fineness(unit_b) { unit_a } else { unit_b };
            Arrow::Timestamp(finer, zone_a.or(zone_b))
        }
        (Some(_), None) => a.clone(),
        _ => b.clone(),
    }
}

fn fineness(unit: TimeUnit) -> u8 {
    match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 1,
        TimeUnit::Microsecond => 2,
        TimeUnit::Nanosecond => 3,
    }
}

/// Digits before and after the point that the values of a number's type have at most.
pub(super) fn digits(of: &Arrow) -> (u8, u8) {
    match of {
        Arrow::Int32 => (10, 0),
        Arrow::Decimal128(precision, scale) | Arrow::Decimal256(precision, scale) => {
            let scale = scale.unsigned_abs();
            (precision.saturating_sub(scale), scale)
        }
        _ => (19, 0),
    }
}

/// A decimal of so many digits, at most 76.
pub(super) fn decimal(precision: u8, scale: u8) -> Arrow {
    let precision = precision.clamp(1, 76);
    if precision <= 38 {
        Arrow::Decimal128(precision, scale.cast_signed())
    } else {
        Arrow::Decimal256(precision, scale.cast_signed())
    }
}

/// Why values of one type are not cast to another, if they are not.
pub(super) fn refuse_cast(from: &Arrow, to: &Arrow) -> Option<String> {
    let instead = match (class(from), class(to)) {
        (Class::Null | Class::Text, _)
        | (_, Class::Text)
        | (Class::Boolean, Class::Integer)
        | (Class::Integer, Class::Boolean) => return None,
        (a, b) if a == b || (a.is_number() && b.is_number()) => return None,
        (Class::Time, b) if b.is_number() => ": `extract(epoch from ...)` gives seconds",
        _ => "",
    };
    Some(format!("{} is not cast to {}{instead}", named(from), named(to)))
}

/// The known name that was probably meant, in words.
pub(super) fn meant<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let near = known.into_iter().map(|name| (strsim::jaro_winkler(&given.to_lowercase(), &name.to_lowercase()), name));
    let best = near.filter(|(likeness, _)| *likeness > 0.8).max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.map_or_else(String::new, |(_, name)| format!(" (did you mean `{name}`?)"))
}
