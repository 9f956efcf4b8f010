//! Types and values by the names that cases have for them.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::{Value as Json, json};
use varvite_flow::arrow::array::ArrayRef;
use varvite_flow::{Column, FlowType, Item, Value};

/// Named values: `fields`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Fields(pub(super) BTreeMap<String, Value>);

/// Columns by name: `frame` and `lazy`.
#[derive(Debug, Clone, Default)]
pub(super) struct Frame(pub(super) Vec<(String, ArrayRef)>);

/// The type of a name; columns are rows' values.
pub(super) fn flow_type(name: &str) -> Result<FlowType> {
    let inner = |prefix: &str| name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix('>'));
    if let Some(inner) = inner("opt<") {
        return Ok(flow_type(inner)?.optional());
    }
    if let Some(inner) = inner("list<") {
        return Ok(flow_type(inner)?.list());
    }
    if let Some(inner) = inner("each<") {
        return Ok(FlowType::each(flow_type(inner)?.item));
    }
    if let Some(inner) = inner("all<") {
        return Ok(FlowType::all(flow_type(inner)?.item));
    }
    Ok(match name {
        "i64" => FlowType::of::<i64>(),
        "f64" => FlowType::of::<f64>(),
        "str" => FlowType::of::<String>(),
        "bool" => FlowType::of::<bool>(),
        "any" => FlowType::ANY,
        "series" | "expr" => FlowType::row(Item::F64),
        "fields" => FlowType::of::<Fields>(),
        "frame" | "lazy" => FlowType::of::<Frame>(),
        other => anyhow::bail!("unknown type `{other}`"),
    })
}

/// The type that the first node that makes or reads `name` declares.
pub(super) fn declared(case: &Json, name: &str) -> Option<String> {
    let nodes = || case["modules"].as_array().into_iter().flatten().filter_map(Json::as_array).flatten();
    let made = nodes().find(|node| node["fn"] == name).and_then(|node| node["out"].as_str());
    made.or_else(|| nodes().find_map(|node| node["in"][name].as_str())).map(str::to_owned)
}

/// A value, as its declared type has it.
pub(super) fn value(json: &Json, declared: Option<&str>) -> Value {
    let is_float = declared.is_some_and(|declared| declared.contains("f64"));
    match json {
        Json::Bool(value) => (*value).into(),
        Json::String(text) => text.as_str().into(),
        Json::Number(number) => match number.as_i64().filter(|_| !is_float) {
            Some(number) => number.into(),
            None => number.as_f64().into(),
        },
        Json::Array(values) => values.iter().map(|json| value(json, declared)).collect::<Vec<_>>().into(),
        Json::Object(object) => match (object.get("series"), object.get("frame")) {
            (Some(series), _) => column(series),
            (_, Some(Json::Object(frame))) => {
                let columns = frame.iter().filter_map(|(name, series)| match column(series) {
                    Value::Column(column) => Some((name.clone(), column)),
                    _ => None,
                });
                Value::other(Frame(columns.collect()))
            }
            _ => Value::other(Fields(object.iter().map(|(name, json)| (name.clone(), value(json, None))).collect())),
        },
        Json::Null => Value::Null,
    }
}

pub(super) fn column(series: &Json) -> Value {
    let values = series.as_array().into_iter().flatten().map(Json::as_f64);
    Value::Column(Column::new(values).as_array().clone())
}

/// A value in the form of cases.
pub(super) fn json(value: &Value) -> Result<Json> {
    Ok(match value {
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::I64(value) => json!(value),
        Value::F64(value) => json!(value),
        Value::Str(value) => json!(&**value),
        Value::List(values) => values.iter().map(json).collect::<Result<_>>()?,
        Value::Column(column) => json!({ "series": series(column)? }),
        other => {
            if let Some(fields) = other.downcast_ref::<Fields>() {
                let fields = fields.0.iter().map(|(name, value)| Ok((name.clone(), json(value)?)));
                return Ok(Json::Object(fields.collect::<Result<_>>()?));
            }
            let frame = other.downcast_ref::<Frame>().with_context(|| format!("{other:?} has no form in cases"))?;
            let columns = frame.0.iter().map(|(name, column)| Ok((name.clone(), series(column)?)));
            json!({ "frame": columns.collect::<Result<serde_json::Map<_, _>>>()? })
        }
    })
}

fn series(column: &ArrayRef) -> Result<Json> {
    let column = Column::<f64>::from_array(column).context("a series of floats")?;
    Ok(json!(column.to_vec()))
}
