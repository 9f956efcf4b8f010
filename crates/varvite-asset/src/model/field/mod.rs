//! [`FieldType`]: what a field of a model may be, and how a column of it is read and written.

mod bytes;
mod decimal;
mod family;
mod flag;
mod list;
mod literal;
mod nested;
mod number;
mod option;
mod stored;
mod text;
mod time;

use arrow::array::ArrayRef;
use arrow::buffer::NullBuffer;
use arrow::datatypes::DataType;

pub use decimal::{Decimal, NotDecimal};
pub use family::Family;
pub use literal::{FieldDefault, FromLiteral};
pub(crate) use nested::absent;
pub use nested::{NestedReader, arrow_field, nested_array, nested_type};

use super::DecodeError;

/// What a field of a model may be.
///
/// Integers, floats, `bool`, `String`, `Bytes`, [`Decimal`], the dates and times of `chrono`, `Instant`; an `Option` or
/// a `Vec` of one; a struct with `#[derive(FeatureModel)] #[model(nested)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a column of a model",
    label = "no type of a column",
    note = "columns are integers, floats, `bool`, `String`, `Bytes`, `Decimal<P, S>`, `NaiveDate`, `NaiveTime`, `NaiveDateTime`, `DateTime<Utc>`, `Instant`, and `Option` or `Vec` of these",
    note = "a struct of columns can be one, too: `#[derive(FeatureModel)] #[model(nested)]`"
)]
pub trait FieldType: Sized + Send + Sync + 'static {
    /// The values themselves: what is inside of an `Option`.
    type Value: FieldType;
    /// A column as it is read from: opened once a batch.
    type Reader;
    /// What kind of values they are.
    const FAMILY: Family;
    /// Whether values may be null.
    const NULLABLE: bool = false;

    /// The column's type.
    fn data_type() -> DataType;

    /// Checks a column's type, and that no row that is `asked` for (all, without a mask) is null where it must not be.
    /// Columns of a narrower type are widened.
    ///
    /// # Errors
    /// For another type, and for nulls.
    fn open(column: &ArrayRef, asked: Option<&NullBuffer>) -> Result<Self::Reader, DecodeError>;

    /// The value of a row.
    ///
    /// # Errors
    /// For a value that the field cannot hold, such as a date beyond its calendar.
    fn read(reader: &Self::Reader, row: usize) -> Result<Self, DecodeError>;

    /// The values as a column; `None` is null.
    ///
    /// # Errors
    /// For a value that the column cannot hold.
    fn encode<'a>(values: impl Iterator<Item = Option<&'a Self>> + Clone) -> Result<ArrayRef, DecodeError>;
}
