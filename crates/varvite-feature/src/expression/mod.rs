//! [`Expression`]: SQL over the columns of a row, without a database.
//!
//! `parse.rs` turns text into a tree of our own and refuses what there is not; `compile.rs` gives each part its type, for
//! columns that are known by then, and chooses what computes it (`kernels/`); what comes out runs on whole columns.

mod compile;
mod function;
mod kernels;
mod parse;
mod syntax;
mod types;
mod value;

use std::fmt;
use std::str::FromStr;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::Schema;
use varvite_schema::DataType;

use self::compile::Typed;
use self::syntax::Node;
use crate::{Error, Result};

/// An SQL expression over the columns of a row, parsed.
///
/// There are: literals (also `DATE '2024-03-01'` and `TIMESTAMP '2024-03-01 12:00:00'`), columns, `+ - * / %`,
/// comparisons, `AND`, `OR`, `NOT`, `IS [NOT] NULL`, `IS [NOT] TRUE`, `IS [NOT] FALSE`, `IS [NOT] DISTINCT FROM`,
/// `[NOT] BETWEEN`, `[NOT] IN (...)`, both forms of `CASE`, `CAST` and `::`, `||`, `EXTRACT` and `date_part` (`year`,
/// `quarter`, `month`, `week`, `day`, `dow`, `doy`, `hour`, `minute`, `second`, `epoch`), and `abs ceil coalesce concat
/// exp floor greatest least length ln log10 lower ltrim mod nullif power round rtrim sign sqrt substr trim upper`.
///
/// - A column is named as it is written, case included, between double quotes where it is no plain word; a name with a
///   dot such as `stats.mean` is the column of just that name.
/// - Null with anything is null, `AND` and `OR` know three values; `coalesce`, `concat`, `greatest` and `least` pass over
///   nulls.
/// - What cannot be computed is null, never an error in the midst of a read: a division by zero (of integers and floats),
///   an integer or a decimal that its type does not hold, a cast of text that is no number, a root or logarithm of what
///   has none. A value is too large for a double only at infinity.
/// - Integers are computed as `bigint`, and their division drops what is behind the point. Floats are computed as
///   `double`; decimals stay exact under `+ - * %` and become doubles in a division. Casts to integers round, halves away
///   from zero.
/// - NaN equals itself and is above every other number; `-0.0` equals `0.0`.
/// - Times compare as instants whatever their units and zones; their parts are those in the zone of the column.
///
/// ```
/// use std::sync::Arc;
/// use arrow::array::{ArrayRef, AsArray, Float64Array, RecordBatch};
/// use arrow::datatypes::Float64Type;
/// use varvite_feature::Expression;
///
/// let ratio: Expression = "amount / nullif(mean, 0)".parse()?;
/// assert_eq!(ratio.columns(), ["amount", "mean"]);
///
/// let amount: ArrayRef = Arc::new(Float64Array::from(vec![Some(3.0), Some(1.0), None]));
/// let mean: ArrayRef = Arc::new(Float64Array::from(vec![2.0, 0.0, 1.0]));
/// let rows = RecordBatch::try_from_iter([("amount", amount), ("mean", mean)])?;
/// assert_eq!(ratio.data_type(&rows.schema())?.to_string(), "double");
/// let found = ratio.evaluate(&rows)?;
/// assert_eq!(found.as_primitive::<Float64Type>().iter().collect::<Vec<_>>(), [Some(1.5), None, None]);
///
/// let wrong = "amount / nullif(men, 0)".parse::<Expression>()?.evaluate(&rows).unwrap_err();
/// assert!(wrong.to_string().ends_with("there is no column `men` (did you mean `mean`?): there is `amount`, `mean`"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    text: String,
    root: Node,
}

/// An [`Expression`] for columns of known types: nothing is looked up or decided by row.
#[derive(Debug, Clone)]
pub struct CompiledExpression {
    text: String,
    root: Typed,
    data_type: DataType,
}

impl Expression {
    /// Parses a text.
    ///
    /// # Errors
    /// [`Error::InvalidExpression`] for what is no expression, and for what there is not, with what there is.
    pub fn parse(text: &str) -> Result<Self> {
        let root = parse::parse(text).map_err(|reason| invalid(text, reason))?;
        Ok(Self { text: text.trim().to_owned(), root })
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The columns that it uses, in the order in which they appear.
    pub fn columns(&self) -> Vec<&str> {
        let mut found = Vec::new();
        self.root.columns(&mut found);
        found
    }

    /// Checks it against columns, and prepares it for them.
    ///
    /// # Errors
    /// [`Error::InvalidExpression`] for a column that is not there, with those that are, and for types that do not fit.
    pub fn compile(&self, schema: &Schema) -> Result<CompiledExpression> {
        let root = compile::compile(&self.root, schema).map_err(|reason| invalid(&self.text, reason))?;
        let data_type = types::ours(&root.data_type).ok_or_else(|| {
            invalid(&self.text, "it is null whatever the columns are: cast it to the type that is meant".to_owned())
        })?;
        Ok(CompiledExpression { text: self.text.clone(), root, data_type })
    }

    /// Checks it against columns of which some have no type yet: those are null, which fits everything.
    pub(crate) fn check(&self, schema: &Schema) -> Result<()> {
        compile::compile(&self.root, schema).map(drop).map_err(|reason| invalid(&self.text, reason))
    }

    /// The type of its values over these columns.
    ///
    /// # Errors
    /// As [`compile`](Self::compile).
    pub fn data_type(&self, schema: &Schema) -> Result<DataType> {
        Ok(self.compile(schema)?.data_type)
    }

    /// Its value for each row. For many batches, [`compile`](Self::compile) it once.
    ///
    /// # Errors
    /// As [`compile`](Self::compile).
    pub fn evaluate(&self, rows: &RecordBatch) -> Result<ArrayRef> {
        self.compile(rows.schema_ref())?.evaluate(rows)
    }
}

impl CompiledExpression {
    /// The type of its values.
    pub fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// Its value for each row.
    ///
    /// # Errors
    /// [`Error::InvalidExpression`] if a column is missing or of another type than it was compiled for; [`Error::Arrow`]
    /// for more text than one column can hold.
    pub fn evaluate(&self, rows: &RecordBatch) -> Result<ArrayRef> {
        self.root.check(rows).map_err(|reason| invalid(&self.text, reason))?;
        let found = self.root.evaluate(rows).and_then(|value| value.expand(rows.num_rows()));
        found.map_err(crate::error::arrow("evaluate an expression"))
    }
}

impl FromStr for Expression {
    type Err = Error;

    /// As [`Expression::parse`].
    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

fn invalid(text: &str, reason: String) -> Error {
    Error::InvalidExpression { expression: text.trim().to_owned(), reason }
}
