//! [`FeatureModel`]: a struct whose fields are the columns of an asset.

mod check;
mod checker;
mod decode;
mod derived;
mod field;
mod point;
mod prove;
mod schema;
mod ticks;
mod value;

use arrow::array::RecordBatch;

pub use check::{Check, CheckKind, ColumnTest};
#[cfg(feature = "polars")]
pub(crate) use checker::ColumnChecker;
pub use checker::{Checker, Violation, Violations};
pub use decode::DecodeError;
pub use field::{Decimal, Family, FieldType, NotDecimal};
pub(crate) use point::Point;
pub use schema::{AssetKind, Column, ColumnDefault, ModelSchema, ModelSchemaBuilder};
pub use value::Value;

use crate::{Resolution, Result};

/// A struct whose fields are the columns of an asset. `#[derive(FeatureModel)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no model of an asset",
    label = "add `#[derive(FeatureModel)]` to the struct"
)]
pub trait FeatureModel: Sized + Send + Sync + 'static {
    /// The asset's name.
    const ASSET: &'static str;
    /// What kind of asset it is; for a feature asset with its resolution.
    const KIND: AssetKind;
    /// The version of the columns, counted from 1.
    const VERSION: u32;
    /// The column that says when a row is.
    const TIME: Option<&'static str>;
    /// The columns, in order.
    const COLUMNS: &'static [&'static str];

    /// Everything about the columns, as plain values.
    fn schema() -> &'static ModelSchema;

    /// Appends the rows of `batch`, whose columns are found by name; absent ones take their default. In one pass over all
    /// columns, without a map a row.
    ///
    /// # Errors
    /// [`DecodeError`] names the column and the row. `rows` are as they were.
    fn decode(batch: &RecordBatch, rows: &mut Vec<Self>) -> Result<(), DecodeError>;

    /// The rows as one batch with the columns of [`schema`](Self::schema).
    ///
    /// # Errors
    /// For a value that its column cannot hold, such as a time beyond 64 bits.
    fn encode(rows: &[Self]) -> Result<RecordBatch, DecodeError>;

    /// Earlier versions of this model, newest first, and how their rows become rows of this one.
    fn earlier() -> Vec<Earlier<Self>> {
        Vec::new()
    }
}

/// Appends the rows of a batch of an earlier version, as rows of `M`.
pub type DecodeEarlier<M> = fn(&RecordBatch, &mut Vec<M>) -> Result<(), DecodeError>;

/// How rows of an earlier version become rows of `M`.
#[derive(Debug, Clone)]
pub struct Earlier<M> {
    /// The columns of that version.
    pub schema: &'static ModelSchema,
    /// Decodes its rows and turns each into an `M`.
    pub decode: DecodeEarlier<M>,
    /// Gives a lazy frame of that version the columns of this one.
    #[cfg(feature = "polars")]
    pub rewrite: Option<fn(polars::prelude::LazyFrame) -> polars::prelude::LazyFrame>,
}

impl<M: FeatureModel> Earlier<M> {
    /// Rows of `V` become rows of `M` by `From`.
    pub fn new<V: FeatureModel>() -> Self
    where
        M: From<V>,
    {
        Self {
            schema: V::schema(),
            decode: |batch, rows| {
                let mut earlier = Vec::new();
                V::decode(batch, &mut earlier)?;
                rows.extend(earlier.into_iter().map(M::from));
                Ok(())
            },
            #[cfg(feature = "polars")]
            rewrite: None,
        }
    }

    /// Says how a lazy frame of `V` gets the columns of `M`: without it, by name and by defaults.
    #[cfg(feature = "polars")]
    pub fn with_rewrite(mut self, rewrite: fn(polars::prelude::LazyFrame) -> polars::prelude::LazyFrame) -> Self {
        self.rewrite = Some(rewrite);
        self
    }
}

/// The resolution of a model of a feature asset.
pub(crate) fn resolution_of<M: FeatureModel>() -> Option<Resolution> {
    match M::KIND {
        AssetKind::Feature { resolution } => Some(resolution),
        AssetKind::Lake | AssetKind::Persistent => None,
    }
}

/// For generated code only; not covered by semantic versioning.
#[doc(hidden)]
pub mod generated {
    pub use super::decode::{batch, column, encoded, fill, read};
    pub use super::derived::{ask_each, column_of, schema_of};
    pub use super::field::{FieldDefault, FromLiteral, NestedReader, arrow_field, nested_array, nested_type};
    pub use super::prove::{
        Literal, has_length, has_literal, has_order, has_pattern, has_range, has_unique, is_key, is_resolution, is_time,
    };
}
