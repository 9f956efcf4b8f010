//! Schemas as JSON, for files.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize};

use super::{AssetKind, Column, ColumnDefault, ModelSchema, fingerprint, type_text};
use crate::model::{Check, CheckKind, Value};
use crate::{Error, Result};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonSchema {
    asset: String,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resolution: Option<String>,
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    keys: Vec<String>,
    columns: Vec<JsonColumn>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonColumn {
    name: String,
    #[serde(rename = "type")]
    data_type: String,
    /// Absent where the column is required; null where that is the default.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    default: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    checks: Vec<JsonCheck>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum JsonCheck {
    Range {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        min: Option<serde_json::Value>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<serde_json::Value>,
        max_included: bool,
    },
    OneOf(Vec<serde_json::Value>),
    Length {
        min: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<u64>,
    },
    Pattern(String),
    NotNull,
    Unique,
    Monotonic {
        strictly: bool,
    },
    With(String),
}

impl ModelSchema {
    /// The schema as JSON. Functions are written by name.
    ///
    /// # Errors
    /// [`Error::InvalidName`] for what JSON cannot say: a type that no model has, an infinite limit.
    pub fn to_json(&self) -> Result<String> {
        let text =
            written(self).and_then(|json| serde_json::to_string_pretty(&json).map_err(|error| error.to_string()));
        text.map_err(|reason| Error::InvalidName { name: self.asset.clone(), reason })
    }

    /// Reads what [`to_json`](Self::to_json) wrote, or somebody by hand. Functions are named, and not run.
    ///
    /// # Errors
    /// [`Error::InvalidName`] with everything that is wrong.
    pub fn from_json(text: &str) -> Result<Self> {
        let refused = |name: &str, reason: String| Error::InvalidName { name: name.to_owned(), reason };
        let json: JsonSchema = serde_json::from_str(text).map_err(|error| refused("schema", error.to_string()))?;
        let asset = json.asset.clone();
        let schema = read(json).map_err(|reason| refused(&asset, reason))?;
        let problems = schema.problems();
        if problems.is_empty() { Ok(schema) } else { Err(refused(&asset, problems.join("; "))) }
    }
}

fn written(schema: &ModelSchema) -> Result<JsonSchema, String> {
    Ok(JsonSchema {
        asset: schema.asset.clone(),
        kind: fingerprint::kind(schema.kind).to_owned(),
        resolution: schema.resolution().map(|resolution| resolution.to_string()),
        version: schema.version,
        time: schema.time.clone(),
        keys: schema.keys.clone(),
        columns: schema.columns.iter().map(written_column).collect::<Result<_, _>>()?,
    })
}

fn written_column(column: &Column) -> Result<JsonColumn, String> {
    let data_type = type_text::write(&column.data_type, column.nullable);
    Ok(JsonColumn {
        name: column.name.clone(),
        data_type: data_type.ok_or_else(|| format!("column `{}` is {}", column.name, column.data_type))?,
        default: match &column.default {
            ColumnDefault::Required => None,
            ColumnDefault::Null => Some(serde_json::Value::Null),
            ColumnDefault::Value(value) => Some(written_value(value)?),
        },
        checks: column.checks.iter().map(|check| written_check(&check.kind)).collect::<Result<_, _>>()?,
    })
}

fn written_check(kind: &CheckKind) -> Result<JsonCheck, String> {
    let limit = |value: &Option<Value>| value.as_ref().map(written_value).transpose();
    Ok(match kind {
        CheckKind::Range { min, max, max_included } => {
            JsonCheck::Range { min: limit(min)?, max: limit(max)?, max_included: *max_included }
        }
        CheckKind::OneOf(values) => JsonCheck::OneOf(values.iter().map(written_value).collect::<Result<_, _>>()?),
        CheckKind::Length { min, max } => JsonCheck::Length { min: *min, max: *max },
        CheckKind::Pattern(pattern) => JsonCheck::Pattern(pattern.clone()),
        CheckKind::NotNull => JsonCheck::NotNull,
        CheckKind::Unique => JsonCheck::Unique,
        CheckKind::Monotonic { strictly } => JsonCheck::Monotonic { strictly: *strictly },
        CheckKind::With { name, .. } => JsonCheck::With(name.to_string()),
    })
}

fn written_value(value: &Value) -> Result<serde_json::Value, String> {
    let number = match value {
        Value::Int(number) => serde_json::Number::from_i128(*number),
        Value::Float(number) => serde_json::Number::from_f64(*number),
        Value::Bool(flag) => return Ok((*flag).into()),
        Value::Text(text) => return Ok(text.as_str().into()),
    };
    number.map(Into::into).ok_or_else(|| format!("JSON has no number {value}"))
}

fn read(json: JsonSchema) -> Result<ModelSchema, String> {
    let kind = match (json.kind.as_str(), &json.resolution) {
        ("feature", Some(text)) => {
            AssetKind::Feature { resolution: text.parse().map_err(|error: Error| error.to_string())? }
        }
        ("lake", None) => AssetKind::Lake,
        ("persistent", None) => AssetKind::Persistent,
        ("feature", None) => return Err("a feature asset has a `resolution`".to_owned()),
        ("lake" | "persistent", Some(_)) => return Err("only feature assets have a `resolution`".to_owned()),
        (kind, _) => return Err(format!("`{kind}` is no kind of asset: use `feature`, `lake` or `persistent`")),
    };
    let columns = json.columns.into_iter().map(read_column).collect::<Result<_, _>>()?;
    let mut keys = json.keys;
    keys.sort_unstable();
    Ok(ModelSchema { asset: json.asset, kind, version: json.version, time: json.time, keys, columns })
}

fn read_column(json: JsonColumn) -> Result<Column, String> {
    let in_column = |reason: String| format!("column `{}`: {reason}", json.name);
    let (data_type, nullable) = type_text::read(&json.data_type).map_err(in_column)?;
    let default = match &json.default {
        None => ColumnDefault::Required,
        Some(serde_json::Value::Null) => ColumnDefault::Null,
        Some(value) => ColumnDefault::Value(read_value(value).map_err(in_column)?),
    };
    let checks = json.checks.into_iter().map(|check| read_check(check).map(Check::new)).collect::<Result<_, _>>();
    let checks = checks.map_err(|reason: String| format!("column `{}`: {reason}", json.name))?;
    Ok(Column { default, checks, ..Column::new(json.name, data_type, nullable) })
}

fn read_check(json: JsonCheck) -> Result<CheckKind, String> {
    let limit = |value: Option<serde_json::Value>| value.as_ref().map(read_value).transpose();
    Ok(match json {
        JsonCheck::Range { min, max, max_included } => {
            CheckKind::Range { min: limit(min)?, max: limit(max)?, max_included }
        }
        JsonCheck::OneOf(values) => CheckKind::OneOf(values.iter().map(read_value).collect::<Result<_, _>>()?),
        JsonCheck::Length { min, max } => CheckKind::Length { min, max },
        JsonCheck::Pattern(pattern) => CheckKind::Pattern(pattern),
        JsonCheck::NotNull => CheckKind::NotNull,
        JsonCheck::Unique => CheckKind::Unique,
        JsonCheck::Monotonic { strictly } => CheckKind::Monotonic { strictly },
        JsonCheck::With(name) => CheckKind::With { name: Cow::Owned(name), test: None },
    })
}

fn read_value(json: &serde_json::Value) -> Result<Value, String> {
    match json {
        serde_json::Value::Bool(flag) => Ok((*flag).into()),
        serde_json::Value::String(text) => Ok(text.as_str().into()),
        serde_json::Value::Number(number) => match (number.as_i128(), number.as_f64()) {
            (Some(number), _) => Ok(Value::Int(number)),
            (None, Some(number)) => Ok(Value::Float(number)),
            (None, None) => Err(format!("{number} is too long")),
        },
        other => Err(format!("{other} is no number, flag or text")),
    }
}

/// Tells null from nothing.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<serde_json::Value>, D::Error> {
    serde_json::Value::deserialize(deserializer).map(Some)
}
