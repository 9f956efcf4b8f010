//! [`ModelSchemaBuilder`]: schemas from configuration, checked as a whole.

use super::{AssetKind, Column, ModelSchema, problems};
use crate::{Error, Resolution, Result};

/// Collects what a schema says; [`build`](Self::build) tells everything that is wrong at once.
#[derive(Debug, Clone)]
pub struct ModelSchemaBuilder {
    schema: ModelSchema,
    /// What was wrong with single values.
    problems: Vec<String>,
}

impl ModelSchema {
    /// A schema of an asset: without [`resolution`](ModelSchemaBuilder::resolution) or
    /// [`lake`](ModelSchemaBuilder::lake) one without dates.
    ///
    /// ```
    /// use varvite_asset::ModelSchema;
    /// let weather = ModelSchema::builder("weather")
    ///     .resolution("1d")
    ///     .time("timestamp")
    ///     .key("region")
    ///     .column_of("timestamp", "timestamp[us, UTC]")
    ///     .column_of("region", "text")
    ///     .column_of("temperature", "f64?")
    ///     .build()?;
    /// assert_eq!(weather.label(), "weather 1d v1");
    /// let error = ModelSchema::builder("weather").resolution("1x").time("ts").column_of("t", "float").build().unwrap_err();
    /// assert!(error.to_string().contains("`1x`") && error.to_string().contains("`ts`"));
    /// # Ok::<(), varvite_asset::Error>(())
    /// ```
    pub fn builder(asset: impl Into<String>) -> ModelSchemaBuilder {
        let schema = Self {
            asset: asset.into(),
            kind: AssetKind::Persistent,
            version: 1,
            time: None,
            keys: Vec::new(),
            columns: Vec::new(),
        };
        ModelSchemaBuilder { schema, problems: Vec::new() }
    }

    /// What is wrong with it, in words; nothing about what a derive made.
    pub fn problems(&self) -> Vec<String> {
        problems::of(self)
    }
}

impl ModelSchemaBuilder {
    /// Makes it a feature asset with intervals of this length, such as `1d`.
    pub fn resolution(mut self, resolution: &str) -> Self {
        match resolution.parse::<Resolution>() {
            Ok(resolution) => self.schema.kind = AssetKind::Feature { resolution },
            Err(error) => self.problems.push(error.to_string()),
        }
        self
    }

    /// Makes it one of dated files.
    pub fn lake(mut self) -> Self {
        self.schema.kind = AssetKind::Lake;
        self
    }

    /// The version of its columns.
    pub fn version(mut self, version: u32) -> Self {
        self.schema.version = version;
        self
    }

    /// The column that says when a row is.
    pub fn time(mut self, column: impl Into<String>) -> Self {
        self.schema.time = Some(column.into());
        self
    }

    /// One more column by whose values it is partitioned.
    pub fn key(mut self, column: impl Into<String>) -> Self {
        self.schema.keys.push(column.into());
        self.schema.keys.sort_unstable();
        self
    }

    /// One more column.
    pub fn column(mut self, column: Column) -> Self {
        self.schema.columns.push(column);
        self
    }

    /// One more column, with its type as text: `f64`, `text?`, `timestamp[us, UTC]`, `decimal(9, 2)`, `list<i64>`.
    pub fn column_of(mut self, name: impl Into<String>, type_text: &str) -> Self {
        let name = name.into();
        match super::type_text::read(type_text) {
            Ok((data_type, nullable)) => self.schema.columns.push(Column::new(name, data_type, nullable)),
            Err(reason) => self.problems.push(format!("column `{name}`: {reason}")),
        }
        self
    }

    /// The schema.
    ///
    /// # Errors
    /// [`Error::InvalidName`] with everything that is wrong.
    pub fn build(self) -> Result<ModelSchema> {
        let Self { schema, mut problems } = self;
        problems.extend(schema.problems());
        if problems.is_empty() {
            return Ok(schema);
        }
        Err(Error::InvalidName { name: schema.asset, reason: problems.join("; ") })
    }
}
