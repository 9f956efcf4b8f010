//! Definitions as cases have them.

use anyhow::{Context, Result, anyhow};
use serde_json::Value;
use varvite_feature::Error;
use varvite_schema::{
    DataType, FeatureGroupSchema, FeatureSchema, GivenType, Literal, OnDemandSchema, SourceSchema, VirtualSchema,
    WindowSchema,
};

/// The type of a column: the formats' spelling is read as ours.
fn given_type(value: &Value) -> Result<GivenType> {
    let text = value["type"].as_str().context("a column has a type")?;
    Ok(match text.parse::<DataType>() {
        Ok(data_type) => data_type.into(),
        Err(_) => text.replace("list<", "array<").into(),
    })
}

fn name(value: &Value) -> Result<&str> {
    value["name"].as_str().context("a definition has a name")
}

fn literal(value: &Value) -> Option<Literal> {
    Some(match value {
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => integer.into(),
            None => number.as_f64()?.into(),
        },
        Value::String(text) => text.as_str().into(),
        _ => return None,
    })
}

/// A group; the inner error is that of the definition.
pub(super) fn group(value: &Value) -> Result<Result<FeatureGroupSchema, Error>> {
    let mut builder = FeatureGroupSchema::builder(name(value)?);
    if let Some(version) = value["version"].as_u64() {
        builder = builder.version(u32::try_from(version)?);
    }
    for key in value["entity_keys"].as_array().into_iter().flatten() {
        builder = builder.entity_key(name(key)?, given_type(key)?);
    }
    if let Some(time) = value["event_time"].as_str() {
        builder = builder.event_time(time);
    }
    if let Some(time) = value["created_time"].as_str() {
        builder = builder.created_time(time);
    }
    if let Some(ttl) = value["ttl_ns"].as_i64() {
        builder = builder.ttl(ttl);
    }
    if let Some(owner) = value["owner"].as_str() {
        builder = builder.owner(owner);
    }
    if let Some(description) = value["description"].as_str() {
        builder = builder.description(description);
    }
    for (tag, value) in value["tags"].as_object().into_iter().flatten() {
        builder = builder.tag(tag, value.as_str().unwrap_or_default());
    }
    for feature in value["features"].as_array().into_iter().flatten() {
        builder = builder.feature(self::feature(feature)?);
    }
    Ok(builder.build().map_err(Error::from))
}

fn feature(value: &Value) -> Result<varvite_schema::FeatureBuilder> {
    let mut feature = FeatureSchema::builder(name(value)?, given_type(value)?);
    feature = feature.nullable(value["nullable"].as_bool().unwrap_or(true));
    if let Some(description) = value["description"].as_str() {
        feature = feature.description(description);
    }
    let limits = &value["constraints"];
    if let Some(min) = literal(&limits["min"]) {
        feature = feature.min(min);
    }
    if let Some(max) = literal(&limits["max"]) {
        feature = feature.max(max);
    }
    if let Some(allowed) =
        ["allowed", "allowed_values", "enum", "values"].iter().find_map(|name| limits[*name].as_array())
    {
        feature = feature.allowed(allowed.iter().filter_map(literal));
    }
    if let Some(unit) = limits["unit"].as_str() {
        feature = feature.unit(unit);
    }
    Ok(feature)
}

/// A source; its columns are those of its table.
pub(super) fn source(value: &Value) -> Result<Result<SourceSchema, Error>> {
    let mut builder = SourceSchema::builder(name(value)?);
    if let Some(time) = value["event_time"].as_str() {
        builder = builder.event_time(time);
    }
    Ok(builder.build().map_err(Error::from))
}

/// A window.
pub(super) fn window(value: &Value) -> Result<Result<WindowSchema, Error>> {
    let text = |value: &Value, name: &str| Ok::<_, anyhow::Error>(value[name].as_str().context("a text")?.to_owned());
    let length = value["window_ns"].as_i64().context("a window has a length")?;
    let mut builder = WindowSchema::builder(name(value)?, text(value, "source")?, length);
    for key in super::tables::texts(&value["entity_keys"])? {
        builder = builder.entity_key(key);
    }
    for one in value["aggregations"].as_array().into_iter().flatten() {
        let function = text(one, "function")?.parse().map_err(|error: String| anyhow!(error))?;
        builder = match one["column"].as_str() {
            Some(column) => builder.aggregate(function, column, text(one, "as")?),
            None => builder.count(text(one, "as")?),
        };
    }
    Ok(builder.build().map_err(Error::from))
}

/// A virtual group: its features are those of its query.
pub(super) fn virtual_group(value: &Value) -> Result<Result<VirtualSchema, Error>> {
    let sql = value["sql"].as_str().context("a virtual group has a query")?;
    let mut builder = VirtualSchema::builder(name(value)?).sql(sql);
    for key in super::tables::texts(&value["entity_keys"])? {
        builder = builder.entity_key(key);
    }
    if let Some(time) = value["event_time"].as_str() {
        builder = builder.event_time(time);
    }
    if let Some(ttl) = value["ttl_ns"].as_i64() {
        builder = builder.ttl(ttl);
    }
    for source in value["sources"].as_object().into_iter().flatten().map(|(source, _)| source) {
        builder = builder.source(source);
    }
    Ok(builder.build().map_err(Error::from))
}

/// An on-demand group.
pub(super) fn on_demand(value: &Value) -> Result<Result<OnDemandSchema, Error>> {
    let mut builder = OnDemandSchema::builder(name(value)?);
    for input in super::tables::texts(&value["inputs"])? {
        builder = builder.input(input);
    }
    for (name, expression) in value["expressions"].as_object().into_iter().flatten() {
        builder = builder.expression(name, expression.as_str().context("an expression is text")?);
    }
    Ok(builder.build().map_err(Error::from))
}
