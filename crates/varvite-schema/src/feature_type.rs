//! [`FeatureType`]: what a feature means to a model, whatever its storage type.

use std::fmt;
use std::str::FromStr;

use crate::DataType;

/// What a feature means to a model. A label: it is kept, searched and shown, and changes nothing that is stored.
///
/// Left out, it follows from the data type: see [`FeatureType::of`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
pub enum FeatureType {
    /// Numbers that measure.
    Numerical,
    /// Values that name one of some.
    Categorical,
    /// Language.
    Text,
    /// Embeddings.
    Vector,
    /// Times, or values in their order.
    TimeSeries,
    /// Everything else.
    Complex,
}

impl FeatureType {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Numerical, Self::Categorical, Self::Text, Self::Vector, Self::TimeSeries, Self::Complex];

    /// The usual meaning of a data type: numbers are numerical, text and booleans categorical, times a time series,
    /// arrays of numbers vectors, the rest complex.
    pub fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Int | DataType::BigInt | DataType::Float | DataType::Double | DataType::Decimal { .. } => {
                Self::Numerical
            }
            DataType::String | DataType::Boolean => Self::Categorical,
            DataType::Timestamp { .. } | DataType::Date => Self::TimeSeries,
            DataType::Array { element, .. } if Self::of(element) == Self::Numerical => Self::Vector,
            DataType::Array { .. } | DataType::Map { .. } | DataType::Struct(_) => Self::Complex,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Numerical => "numerical",
            Self::Categorical => "categorical",
            Self::Text => "text",
            Self::Vector => "vector",
            Self::TimeSeries => "timeseries",
            Self::Complex => "complex",
        }
    }
}

impl fmt::Display for FeatureType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for FeatureType {
    type Err = crate::Error;

    /// Reads `numerical`, `categorical`, `text`, `vector`, `timeseries` or `complex`.
    fn from_str(text: &str) -> Result<Self, crate::Error> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == text);
        let known = || crate::error::listed(Self::ALL.into_iter().map(Self::name));
        found.ok_or_else(|| crate::Error::InvalidFeatureType { text: text.to_owned(), known: known() })
    }
}
