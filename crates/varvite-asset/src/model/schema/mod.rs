//! [`ModelSchema`]: what a model says about its columns, as plain values.

mod builder;
mod fingerprint;
mod json;
mod problems;
mod type_text;

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

pub use builder::ModelSchemaBuilder;

use super::{Check, Value};
use crate::Resolution;

/// What kind of asset it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AssetKind {
    /// Ordered rows, partitioned in time.
    Feature {
        /// How long the intervals are.
        resolution: Resolution,
    },
    /// Dated files of any form.
    Lake,
    /// Rows without dates, replaced as a whole.
    Persistent,
}

/// What a model says about its columns; what a catalog registers. Made by the derive, or from configuration.
#[derive(Debug, Clone)]
pub struct ModelSchema {
    /// The asset's name.
    pub asset: String,
    /// What kind of asset it is.
    pub kind: AssetKind,
    /// The version of the columns, counted from 1.
    pub version: u32,
    /// The column that says when a row is.
    pub time: Option<String>,
    /// Columns by whose values the asset is partitioned further, in order of their names.
    pub keys: Vec<String>,
    /// The columns, in order.
    pub columns: Vec<Column>,
}

/// A column of a model.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its Arrow type.
    pub data_type: DataType,
    /// Whether values may be null.
    pub nullable: bool,
    /// What a row has where the column is absent.
    pub default: ColumnDefault,
    /// What values must be.
    pub checks: Vec<Check>,
}

/// What a row has where its column is absent.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnDefault {
    /// The column is never absent.
    Required,
    /// Null.
    Null,
    /// This value.
    Value(Value),
}

impl Column {
    /// A column without default and checks.
    pub fn new(name: impl Into<String>, data_type: DataType, nullable: bool) -> Self {
        Self { name: name.into(), data_type, nullable, default: ColumnDefault::Required, checks: Vec::new() }
    }
}

impl ModelSchema {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The columns as Arrow has them.
    pub fn arrow(&self) -> SchemaRef {
        let field = |column: &Column| Field::new(&column.name, column.data_type.clone(), column.nullable);
        Arc::new(Schema::new(self.columns.iter().map(field).collect::<Vec<_>>()))
    }

    /// The resolution of a feature asset.
    pub fn resolution(&self) -> Option<Resolution> {
        match self.kind {
            AssetKind::Feature { resolution } => Some(resolution),
            AssetKind::Lake | AssetKind::Persistent => None,
        }
    }

    /// The asset for messages: `weather 1d v2`.
    pub fn label(&self) -> String {
        format!("{}{} v{}", self.asset, self.kind, self.version)
    }
}

impl fmt::Display for AssetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Feature { resolution } => write!(f, " {resolution}"),
            Self::Lake => f.write_str(" (lake)"),
            Self::Persistent => Ok(()),
        }
    }
}
