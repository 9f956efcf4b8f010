//! [`Range`] and [`Set`]: which values of a column a comparison accepts.

use std::cmp::Ordering;

use arrow::datatypes::DataType;

use super::number::{Real, Whole};
use crate::filter::Comparison;
use crate::model::{Point, Value};

/// A stretch of values, both ends included; none if they are the wrong way round.
///
/// All comparisons with a literal become one, also where it lies between two values of the column, or beyond its type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Range {
    /// Whole numbers: integers, dates, times, decimals.
    Whole { least: i128, greatest: i128 },
    /// Floats. NaN is equal to itself, and greater than all others.
    Real { least: f64, greatest: f64, nan: bool },
    /// Text, in order of its bytes.
    Text { least: Option<End>, greatest: Option<End> },
    /// Flags: whether `false` and whether `true` is accepted.
    Flag([bool; 2]),
}

/// An end of a stretch of text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct End {
    text: String,
    included: bool,
}

/// Some values, sorted.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Set {
    /// Whole numbers.
    Wholes(Vec<i128>),
    /// Floats, as those of the column's width.
    Reals(Vec<f64>),
    /// Text.
    Texts(Vec<String>),
    /// Flags.
    Flags([bool; 2]),
}

impl Range {
    /// The values of a column that compare so with `value`; for [`Comparison::NotEqual`] those that are equal.
    pub(crate) fn of(data_type: &DataType, comparison: Comparison, value: &Value) -> Result<Self, String> {
        match (data_type, value) {
            (DataType::Float32 | DataType::Float64 | DataType::Float16, value) => {
                Ok(of_real(comparison, &real(data_type, value)?))
            }
            (DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View, Value::Text(text)) => {
                Ok(of_text(comparison, text))
            }
            (DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View, _) => Err(format!("{value} is no text")),
            (DataType::Boolean, Value::Bool(flag)) => {
                Ok(Self::Flag([false, true].map(|other| accepts(comparison, other.cmp(flag)))))
            }
            (DataType::Boolean, _) => Err(format!("{value} is no flag")),
            _ => Ok(of_point(comparison, Point::of(value, data_type)?)),
        }
    }

    /// The values that lie in both.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Whole { least, greatest }, Self::Whole { least: other, greatest: end }) => {
                Self::Whole { least: least.max(other), greatest: greatest.min(end) }
            }
            (Self::Real { least, greatest, nan }, Self::Real { least: other, greatest: end, nan: also }) => {
                Self::Real { least: least.max(other), greatest: greatest.min(end), nan: nan && also }
            }
            (Self::Flag(these), Self::Flag(those)) => Self::Flag([these[0] && those[0], these[1] && those[1]]),
            (Self::Text { least, greatest: None }, Self::Text { least: None, greatest })
            | (Self::Text { least: None, greatest }, Self::Text { least, greatest: None }) => {
                Self::Text { least, greatest }
            }
            (this, _) => this,
        }
    }

    /// The same without NaN.
    pub(crate) fn without_nan(self) -> Self {
        match self {
            Self::Real { least, greatest, .. } => Self::Real { least, greatest, nan: false },
            other => other,
        }
    }

    /// A test of whole numbers of a width.
    #[expect(clippy::needless_bitwise_bool, reason = "without branches, compilers judge many at once")]
    pub(crate) fn whole<T: Whole>(&self) -> impl Fn(T) -> bool + Copy + use<T> {
        let (least, greatest) = if let Self::Whole { least, greatest } = self { (*least, *greatest) } else { (1, 0) };
        let (low, high) = (T::saturated(least), T::saturated(greatest));
        // What lies beyond the width is met by none of its values.
        let some = least <= greatest && low.wide() >= least && high.wide() <= greatest;
        move |value| some & (low <= value) & (value <= high)
    }

    /// A test of floats of a width.
    #[expect(clippy::needless_bitwise_bool, clippy::eq_op, reason = "as above; only NaN differs from itself")]
    pub(crate) fn real<T: Real>(&self) -> impl Fn(T) -> bool + Copy + use<T> {
        let (least, greatest, nan) = match self {
            Self::Real { least, greatest, nan } => (*least, *greatest, *nan),
            _ => (1.0, 0.0, false),
        };
        let (low, high) = (T::rounded(least), T::rounded(greatest));
        move |value| ((low <= value) & (value <= high)) | (nan & (value != value))
    }

    /// Whether a text lies in it.
    pub(crate) fn has_text(&self, value: &str) -> bool {
        let Self::Text { least, greatest } = self else { return false };
        let above = least.as_ref().is_none_or(|end| accepts_end(value.cmp(&end.text), Ordering::Greater, end));
        above && greatest.as_ref().is_none_or(|end| accepts_end(value.cmp(&end.text), Ordering::Less, end))
    }

    /// Whether a flag lies in it.
    pub(crate) fn has_flag(&self, value: bool) -> bool {
        matches!(self, Self::Flag(flags) if flags[usize::from(value)])
    }
}

impl Set {
    /// The values of a column that are equal to one of these.
    pub(crate) fn of(data_type: &DataType, values: &[Value]) -> Result<Self, String> {
        let equal = |value| Range::of(data_type, Comparison::Equal, value);
        let ranges: Vec<Range> = values.iter().map(equal).collect::<Result<_, _>>()?;
        let mut set = match data_type {
            DataType::Float16 | DataType::Float32 | DataType::Float64 => Self::Reals(Vec::new()),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Texts(Vec::new()),
            DataType::Boolean => Self::Flags([false; 2]),
            _ => Self::Wholes(Vec::new()),
        };
        for range in ranges {
            match (&mut set, range) {
                (Self::Wholes(set), Range::Whole { least, greatest }) if least == greatest => set.push(least),
                (Self::Reals(set), Range::Real { nan: true, .. }) => set.push(f64::NAN),
                (Self::Reals(set), Range::Real { least, .. }) => set.push(least),
                (Self::Texts(set), Range::Text { least: Some(end), .. }) => set.push(end.text),
                (Self::Flags(set), Range::Flag(flags)) => *set = [set[0] || flags[0], set[1] || flags[1]],
                _ => {} // a literal between two values of the column
            }
        }
        match &mut set {
            Self::Wholes(set) => set.sort_unstable(),
            Self::Reals(set) => set.sort_unstable_by(|one, other| order(*one, *other)),
            Self::Texts(set) => set.sort_unstable(),
            Self::Flags(_) => {}
        }
        Ok(set)
    }

    pub(crate) fn has_whole(&self, value: i128) -> bool {
        matches!(self, Self::Wholes(set) if set.binary_search(&value).is_ok())
    }

    pub(crate) fn has_real(&self, value: f64) -> bool {
        matches!(self, Self::Reals(set) if set.binary_search_by(|other| order(*other, value)).is_ok())
    }

    pub(crate) fn has_text(&self, value: &str) -> bool {
        matches!(self, Self::Texts(set) if set.binary_search_by(|other| other.as_str().cmp(value)).is_ok())
    }

    pub(crate) fn has_flag(&self, value: bool) -> bool {
        matches!(self, Self::Flags(set) if set[usize::from(value)])
    }
}

/// The order of floats: NaN is greatest, and both zeros are one.
pub(crate) fn order(one: f64, other: f64) -> Ordering {
    one.partial_cmp(&other).unwrap_or_else(|| one.is_nan().cmp(&other.is_nan()))
}

fn accepts(comparison: Comparison, order: Ordering) -> bool {
    match comparison {
        Comparison::Equal | Comparison::NotEqual => order.is_eq(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }
}

fn accepts_end(order: Ordering, wanted: Ordering, end: &End) -> bool {
    order == wanted || order.is_eq() && end.included
}

fn of_point(comparison: Comparison, point: Point) -> Range {
    let Point { floor, exact } = point;
    let (least, greatest) = match comparison {
        Comparison::Equal | Comparison::NotEqual if exact => (floor, floor),
        Comparison::Equal | Comparison::NotEqual => (1, 0),
        Comparison::Less if exact => (i128::MIN, floor.saturating_sub(1)),
        Comparison::Less | Comparison::LessOrEqual => (i128::MIN, floor),
        Comparison::GreaterOrEqual if exact => (floor, i128::MAX),
        Comparison::Greater | Comparison::GreaterOrEqual => (floor.saturating_add(1), i128::MAX),
    };
    Range::Whole { least, greatest }
}

/// A float of a column's width, with its neighbours.
struct Neighbours {
    below: f64,
    number: f64,
    above: f64,
}

#[expect(clippy::cast_precision_loss, reason = "as the compiler reads such a literal")]
fn real(data_type: &DataType, value: &Value) -> Result<Neighbours, String> {
    let number = match value {
        Value::Float(number) => *number,
        Value::Int(number) => *number as f64,
        _ => return Err(format!("{value} is no number")),
    };
    if data_type == &DataType::Float64 {
        return Ok(Neighbours { below: number.next_down(), number, above: number.next_up() });
    }
    let number = f32::rounded(number);
    Ok(Neighbours { below: number.next_down().into(), number: number.into(), above: number.next_up().into() })
}

fn of_real(comparison: Comparison, neighbours: &Neighbours) -> Range {
    const ALL: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);
    const NONE: (f64, f64) = (1.0, 0.0);
    let Neighbours { below, number, above } = *neighbours;
    let is_nan = number.is_nan();
    let ((least, greatest), nan) = match comparison {
        Comparison::Less if is_nan => (ALL, false),
        Comparison::LessOrEqual if is_nan => (ALL, true),
        Comparison::Greater if is_nan => (NONE, false),
        _ if is_nan => (NONE, true),
        Comparison::Equal | Comparison::NotEqual => ((number, number), false),
        Comparison::Less if number == f64::NEG_INFINITY => (NONE, false),
        Comparison::Less => ((f64::NEG_INFINITY, below), false),
        Comparison::LessOrEqual => ((f64::NEG_INFINITY, number), false),
        Comparison::Greater if number == f64::INFINITY => (NONE, true),
        Comparison::Greater => ((above, f64::INFINITY), true),
        Comparison::GreaterOrEqual => ((number, f64::INFINITY), true),
    };
    Range::Real { least, greatest, nan }
}

fn of_text(comparison: Comparison, text: &str) -> Range {
    let end = |included| Some(End { text: text.to_owned(), included });
    let (least, greatest) = match comparison {
        Comparison::Equal | Comparison::NotEqual => (end(true), end(true)),
        Comparison::Less => (None, end(false)),
        Comparison::LessOrEqual => (None, end(true)),
        Comparison::Greater => (end(false), None),
        Comparison::GreaterOrEqual => (end(true), None),
    };
    Range::Text { least, greatest }
}
