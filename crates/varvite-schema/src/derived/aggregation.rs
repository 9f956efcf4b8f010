//! [`Aggregation`]: one feature of a window: a function over a column, under a name.

use std::fmt;
use std::str::FromStr;

use crate::DataType;

/// A function over the rows of a window (S18). Nulls are skipped; of no rows, counts are 0 and all else is null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum AggregateFunction {
    /// How many values there are; without a column, how many rows.
    Count,
    /// Their sum.
    Sum,
    /// Their mean.
    #[cfg_attr(feature = "serde", serde(alias = "avg"))]
    Mean,
    /// The smallest one.
    Min,
    /// The greatest one.
    Max,
    /// Their standard deviation, as of a sample.
    #[cfg_attr(feature = "serde", serde(alias = "std"))]
    StdDev,
    /// The one of the earliest row.
    First,
    /// The one of the latest row.
    Last,
    /// How many different values there are.
    #[cfg_attr(feature = "serde", serde(alias = "count_distinct"))]
    Distinct,
}

impl AggregateFunction {
    /// Every function.
    pub const ALL: [Self; 9] = [
        Self::Count,
        Self::Sum,
        Self::Mean,
        Self::Min,
        Self::Max,
        Self::StdDev,
        Self::First,
        Self::Last,
        Self::Distinct,
    ];

    /// The type of the outcome over a column of type `input`; `None` if the function means nothing there.
    ///
    /// # Examples
    /// ```
    /// use varvite_schema::{AggregateFunction, DataType};
    ///
    /// assert_eq!(AggregateFunction::Sum.result_type(&DataType::Int), Some(DataType::BigInt));
    /// assert_eq!(AggregateFunction::Mean.result_type(&DataType::Int), Some(DataType::Double));
    /// assert_eq!(AggregateFunction::Sum.result_type(&DataType::String), None);
    /// ```
    pub fn result_type(self, input: &DataType) -> Option<DataType> {
        let is_number = matches!(
            input,
            DataType::Int | DataType::BigInt | DataType::Float | DataType::Double | DataType::Decimal { .. }
        );
        match self {
            Self::Count => Some(DataType::BigInt),
            Self::Distinct => input.is_scalar().then_some(DataType::BigInt),
            Self::Mean | Self::StdDev => is_number.then_some(DataType::Double),
            Self::Sum => sum_type(input),
            Self::Min | Self::Max => input.is_scalar().then(|| input.clone()),
            Self::First | Self::Last => Some(input.clone()),
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::Min => "min",
            Self::Max => "max",
            Self::StdDev => "stddev",
            Self::First => "first",
            Self::Last => "last",
            Self::Distinct => "distinct",
        }
    }
}

/// Sums of decimals keep their digits after the point and get as many before it as fit.
fn sum_type(input: &DataType) -> Option<DataType> {
    match input {
        DataType::Int | DataType::BigInt => Some(DataType::BigInt),
        DataType::Float | DataType::Double => Some(DataType::Double),
        DataType::Decimal { precision, scale } => {
            Some(DataType::Decimal { precision: if *precision <= 38 { 38 } else { 76 }, scale: *scale })
        }
        _ => None,
    }
}

impl fmt::Display for AggregateFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text())
    }
}

impl FromStr for AggregateFunction {
    type Err = String;

    /// Reads a name as files have it, `avg`, `std` or `count_distinct`.
    ///
    /// # Errors
    /// What there is instead.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = match text {
            "avg" => "mean",
            "std" => "stddev",
            "count_distinct" => "distinct",
            text => text,
        };
        Self::ALL.into_iter().find(|function| function.text() == text).ok_or_else(|| {
            let known = crate::error::listed(Self::ALL.into_iter().map(Self::text));
            format!("`{}` is no aggregation: there is {known}", text.escape_debug())
        })
    }
}

/// One feature of a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aggregation {
    pub(crate) function: AggregateFunction,
    pub(crate) column: Option<String>,
    pub(crate) name: String,
}

impl Aggregation {
    /// The function.
    pub fn function(&self) -> AggregateFunction {
        self.function
    }

    /// The column whose values it takes; `None` for a count of rows.
    pub fn column(&self) -> Option<&str> {
        self.column.as_deref()
    }

    /// The name of the feature.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The function over its column, such as `sum(amount)`.
    pub(crate) fn call(&self) -> String {
        format!("{}({})", self.function, self.column().unwrap_or("*"))
    }
}

impl fmt::Display for Aggregation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.call())
    }
}
