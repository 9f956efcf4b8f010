//! [`Function`]: the operators and functions that there are.

use std::fmt;
use std::ops::RangeInclusive;

use arrow::compute::DatePart;

/// An operator or a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Arithmetic(Arithmetic),
    Negate,
    Compare(Comparison),
    And,
    Or,
    Not,
    IsNull,
    IsNotNull,
    /// Whether a boolean is this value; null is neither.
    Is(bool),
    /// Whether the first lies between the others, ends included.
    Between,
    /// Whether the first equals any of the others.
    In,
    /// `||`
    Join,
    Nullif,
    Coalesce,
    Least,
    Greatest,
    Math(Math),
    /// Keeps the type of its argument.
    Whole(Whole),
    Round,
    Power,
    Lower,
    Upper,
    Length,
    Trim(Side),
    Substring,
    Concat,
    /// A part of a time.
    Extract(Part),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Eq,
    NotEq,
    Less,
    LessEq,
    Greater,
    GreaterEq,
    /// Differs, where null equals null.
    Distinct,
    NotDistinct,
}

/// Functions from doubles to doubles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Math {
    Sqrt,
    Ln,
    Log10,
    Exp,
}

/// Functions that have a meaning for each sort of number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whole {
    Abs,
    Sign,
    Floor,
    Ceil,
}

/// Where blanks are cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Both,
    Left,
    Right,
}

/// A part of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Calendar(&'static str, DatePart),
    /// Seconds since the beginning of 1970, with their fraction.
    Epoch,
}

/// The parts of a time by name. Weeks are those of ISO 8601; `dow` counts from Sunday, which is 0.
pub(super) const PARTS: [Part; 11] = [
    Part::Calendar("year", DatePart::Year),
    Part::Calendar("quarter", DatePart::Quarter),
    Part::Calendar("month", DatePart::Month),
    Part::Calendar("week", DatePart::Week),
    Part::Calendar("day", DatePart::Day),
    Part::Calendar("dow", DatePart::DayOfWeekSunday0),
    Part::Calendar("doy", DatePart::DayOfYear),
    Part::Calendar("hour", DatePart::Hour),
    Part::Calendar("minute", DatePart::Minute),
    Part::Calendar("second", DatePart::Second),
    Part::Epoch,
];

const ANY: RangeInclusive<usize> = 1..=usize::MAX;

/// What is called by name, with the number of arguments.
pub(super) const NAMED: [(&str, Function, RangeInclusive<usize>); 28] = [
    ("abs", Function::Whole(Whole::Abs), 1..=1),
    ("ceil", Function::Whole(Whole::Ceil), 1..=1),
    ("ceiling", Function::Whole(Whole::Ceil), 1..=1),
    ("coalesce", Function::Coalesce, ANY),
    ("concat", Function::Concat, ANY),
    ("exp", Function::Math(Math::Exp), 1..=1),
    ("floor", Function::Whole(Whole::Floor), 1..=1),
    ("greatest", Function::Greatest, ANY),
    ("least", Function::Least, ANY),
    ("length", Function::Length, 1..=1),
    ("ln", Function::Math(Math::Ln), 1..=1),
    ("log10", Function::Math(Math::Log10), 1..=1),
    ("lower", Function::Lower, 1..=1),
    ("ltrim", Function::Trim(Side::Left), 1..=1),
    ("mod", Function::Arithmetic(Arithmetic::Remainder), 2..=2),
    ("nullif", Function::Nullif, 2..=2),
    ("power", Function::Power, 2..=2),
    ("pow", Function::Power, 2..=2),
    ("round", Function::Round, 1..=2),
    ("rtrim", Function::Trim(Side::Right), 1..=1),
    ("sign", Function::Whole(Whole::Sign), 1..=1),
    ("sqrt", Function::Math(Math::Sqrt), 1..=1),
    ("substr", Function::Substring, 2..=3),
    ("substring", Function::Substring, 2..=3),
    ("trim", Function::Trim(Side::Both), 1..=1),
    ("upper", Function::Upper, 1..=1),
    ("char_length", Function::Length, 1..=1),
    ("ifnull", Function::Coalesce, 2..=2),
];

impl Part {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Calendar(name, _) => name,
            Self::Epoch => "epoch",
        }
    }

    /// The part of this name.
    ///
    /// # Errors
    /// What there is instead.
    pub(super) fn named(name: &str) -> Result<Self, String> {
        let wanted = name.to_ascii_lowercase();
        PARTS.into_iter().find(|part| part.name() == wanted).ok_or_else(|| {
            let known: Vec<&str> = PARTS.into_iter().map(Self::name).collect();
            format!("a time has no part `{name}`: it has {}", known.join(", "))
        })
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Arithmetic(Arithmetic::Add) => "+",
            Self::Arithmetic(Arithmetic::Subtract) | Self::Negate => "-",
            Self::Arithmetic(Arithmetic::Multiply) => "*",
            Self::Arithmetic(Arithmetic::Divide) => "/",
            Self::Arithmetic(Arithmetic::Remainder) => "%",
            Self::Compare(Comparison::Eq) => "=",
            Self::Compare(Comparison::NotEq) => "<>",
            Self::Compare(Comparison::Less) => "<",
            Self::Compare(Comparison::LessEq) => "<=",
            Self::Compare(Comparison::Greater) => ">",
            Self::Compare(Comparison::GreaterEq) => ">=",
            Self::Compare(Comparison::Distinct) => "is distinct from",
            Self::Compare(Comparison::NotDistinct) => "is not distinct from",
            Self::And => "and",
            Self::Or => "or",
            Self::Not => "not",
            Self::IsNull => "is null",
            Self::IsNotNull => "is not null",
            Self::Is(true) => "is true",
            Self::Is(false) => "is false",
            Self::Between => "between",
            Self::In => "in",
            Self::Join => "||",
            Self::Extract(_) => "extract",
            named => NAMED.iter().find(|(_, function, _)| function == named).map_or("?", |(name, ..)| name),
        })
    }
}
