//! The columns that versions of assets were registered with: a file each, written once.

use std::collections::BTreeSet;
use std::str::FromStr;

use arrow::datatypes::DataType;
use serde::{Deserialize, Serialize};
use varvite_storage::{Published, StoragePath};

use super::publish::{failed, publish_new};
use super::{Catalog, SCHEMAS, names};
use crate::{AssetKind, Column, ColumnDefault, Error, ModelSchema, Resolution, Result};

/// The columns that a version of an asset was registered with. Resolutions of one name share them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RegisteredSchema {
    /// The asset's name.
    pub asset: String,
    /// `feature`, `lake` or `persistent`.
    pub kind: String,
    /// The version.
    pub version: u32,
    /// The column that says when a row is.
    pub time: Option<String>,
    /// The columns by whose values the asset is partitioned further.
    pub keys: Vec<String>,
    /// The columns, in the order in which they are stored.
    pub columns: Vec<RegisteredColumn>,
    /// The model that it was registered for, as [`ModelSchema::to_json`] has it: its defaults and checks are those of writers
    /// without a model of their own. Never compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<serde_json::Value>,
}

/// A column as it was registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RegisteredColumn {
    /// Its name.
    pub name: String,
    /// Its Arrow type, as text.
    #[serde(rename = "type")]
    pub data_type: String,
    /// Whether values may be null.
    pub nullable: bool,
    /// What a row has where the column is absent, as text: for readers, never compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// What its values had to be, as text: for readers, never compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<String>,
}

impl RegisteredSchema {
    /// What would be registered for a model.
    pub(crate) fn of(schema: &ModelSchema) -> Self {
        let column = |column: &Column| RegisteredColumn {
            name: column.name.clone(),
            data_type: column.data_type.to_string(),
            nullable: column.nullable,
            default: match &column.default {
                ColumnDefault::Required => None,
                ColumnDefault::Null => Some("null".to_owned()),
                ColumnDefault::Value(value) => Some(value.to_string()),
            },
            checks: column.checks.iter().map(ToString::to_string).collect(),
        };
        Self {
            asset: schema.asset.clone(),
            kind: kind_name(schema.kind).to_owned(),
            version: schema.version,
            time: schema.time.clone(),
            keys: schema.keys.clone(),
            columns: schema.columns.iter().map(column).collect(),
            model: schema.to_json().ok().and_then(|text| serde_json::from_str(&text).ok()),
        }
    }

    /// What differs from `given`, as text; empty if nothing that matters does. The order of columns and checks do not.
    pub fn differences(&self, given: &Self) -> Vec<String> {
        let mut found = Vec::new();
        let names: BTreeSet<&str> =
            self.columns.iter().chain(&given.columns).map(|column| column.name.as_str()).collect();
        for name in names {
            match (self.column(name), given.column(name)) {
                (Some(ours), Some(theirs)) if ours.type_text() != theirs.type_text() => found.push(format!(
                    "column `{name}` was registered as {}, and is given as {}",
                    ours.type_text(),
                    theirs.type_text()
                )),
                (None, Some(theirs)) => found.push(format!("column `{name}` ({}) is new", theirs.type_text())),
                (Some(_), None) => found.push(format!("column `{name}` is gone")),
                _ => {}
            }
        }
        let text = |time: &Option<String>| time.as_ref().map_or_else(|| "none".to_owned(), |time| format!("`{time}`"));
        if self.time != given.time {
            found.push(format!("the time column was {}, and is {}", text(&self.time), text(&given.time)));
        }
        if self.keys != given.keys {
            let text = |keys: &[String]| if keys.is_empty() { "none".to_owned() } else { keys.join(", ") };
            found.push(format!("partition keys were {}, and are {}", text(&self.keys), text(&given.keys)));
        }
        found
    }

    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&RegisteredColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The same as a model says it, with the defaults and checks that it was registered with; functions among those are named
    /// and not run. `resolution` is that of a feature asset.
    ///
    /// # Errors
    /// [`Error::Damaged`] if a type or the model cannot be read.
    pub fn to_model(&self, resolution: Option<Resolution>) -> Result<ModelSchema> {
        let damaged = |reason: String| Error::Damaged { file: self.file(), reason };
        let model = self.model.as_ref().map(|model| ModelSchema::from_json(&model.to_string()));
        let model = model.transpose().map_err(|error| damaged(error.to_string()))?;
        let column = |column: &RegisteredColumn| {
            let data_type = DataType::from_str(&column.data_type)
                .map_err(|error| damaged(format!("the type of column `{}`: {error}", column.name)))?;
            let stored = Column::new(&column.name, data_type, column.nullable);
            Ok(match model.as_ref().and_then(|model| model.column(&column.name)).cloned() {
                Some(Column { default, checks, .. }) => Column { default, checks, ..stored },
                None => stored,
            })
        };
        let kind = match (self.kind.as_str(), resolution) {
            ("feature", Some(resolution)) => AssetKind::Feature { resolution },
            ("lake", _) => AssetKind::Lake,
            ("persistent", _) => AssetKind::Persistent,
            (kind, _) => return Err(damaged(format!("kind `{kind}` does not fit"))),
        };
        Ok(ModelSchema {
            asset: self.asset.clone(),
            kind,
            version: self.version,
            time: self.time.clone(),
            keys: self.keys.clone(),
            columns: self.columns.iter().map(column).collect::<Result<_>>()?,
        })
    }

    /// Its file below the root.
    fn file(&self) -> String {
        file_of(&self.kind, &self.asset, self.version)
    }
}

impl RegisteredColumn {
    fn type_text(&self) -> String {
        format!("{}{}", self.data_type, if self.nullable { ", nullable" } else { "" })
    }
}

/// The kind alone.
pub(crate) fn kind_name(kind: AssetKind) -> &'static str {
    match kind {
        AssetKind::Feature { .. } => "feature",
        AssetKind::Lake => "lake",
        AssetKind::Persistent => "persistent",
    }
}

pub(super) fn file_of(kind: &str, asset: &str, version: u32) -> String {
    format!("{SCHEMAS}/{kind}/{}.v{version}.json", names::encode(asset))
}

impl Catalog {
    /// The columns that a version of an asset was registered with; `None` if nothing was ever written to it.
    ///
    /// # Errors
    /// [`Error::Damaged`] if the file cannot be used.
    pub(super) fn registered(&self, kind: &str, asset: &str, version: u32) -> Result<Option<RegisteredSchema>> {
        let path = self.below(&file_of(kind, asset, version))?;
        match self.inner.storage.get(&path) {
            Err(error) if error.is_not_found() => Ok(None),
            Err(source) => Err(failed("reading", &path)(source)),
            Ok(bytes) => read(&path, &bytes).map(Some),
        }
    }

    /// Registers the columns of a model, or compares them with those that are registered. Gives what is registered, and
    /// whether that is new.
    ///
    /// # Errors
    /// [`Error::SchemaMismatch`] says what differs.
    pub(super) fn register(&self, schema: &ModelSchema) -> Result<(RegisteredSchema, bool)> {
        names::check(&schema.asset)?;
        let given = RegisteredSchema::of(schema);
        let path = self.below(&given.file())?;
        if let Some(stored) = self.registered(&given.kind, &given.asset, given.version)? {
            return agreed(schema, stored, &given).map(|stored| (stored, false));
        }
        // What could not be read back is never published.
        if given.to_model(schema.resolution())?.arrow() != schema.arrow() {
            let reason = "one of the types cannot be written down".to_owned();
            return Err(Error::SchemaMismatch { asset: schema.label(), reason });
        }
        let text = serde_json::to_vec_pretty(&given)
            .map_err(|error| Error::SchemaMismatch { asset: schema.label(), reason: error.to_string() })?;
        let bytes = text.into();
        match publish_new(&*self.inner.storage, &path, &bytes)? {
            Published::Created => Ok((given, true)),
            Published::AlreadyExists => {
                let stored = self.inner.storage.get(&path).map_err(failed("reading", &path))?;
                agreed(schema, read(&path, &stored)?, &given).map(|stored| (stored, false))
            }
        }
    }
}

fn read(path: &StoragePath, bytes: &[u8]) -> Result<RegisteredSchema> {
    serde_json::from_slice(bytes).map_err(|error| Error::Damaged { file: path.to_string(), reason: error.to_string() })
}

fn agreed(schema: &ModelSchema, stored: RegisteredSchema, given: &RegisteredSchema) -> Result<RegisteredSchema> {
    let differences = stored.differences(given);
    if differences.is_empty() {
        return Ok(stored);
    }
    Err(Error::SchemaMismatch { asset: schema.label(), reason: differences.join("; ") })
}
