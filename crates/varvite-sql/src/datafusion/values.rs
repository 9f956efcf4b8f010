//! Bound values as values of the engine.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use arrow::datatypes::{Field, FieldRef};
use datafusion::common::metadata::ScalarAndMetadata;
use datafusion::common::{ParamValues, ScalarValue};
use varvite_time::TimeUnit;

use super::statement::PREFIX;
use crate::{Error, Query, Result, Value};

/// The types of the values, by which a plan is made, and the values themselves.
pub(super) struct Bound {
    pub(super) types: Vec<Option<FieldRef>>,
    pub(super) values: ParamValues,
}

/// Compares placeholders with values: each has one, and none is left over.
pub(super) fn bind(query: &Query, placeholders: &BTreeSet<String>) -> Result<Bound> {
    let refused = |name: &str, reason: String| Error::Parameter { name: name.to_owned(), reason };
    if let Some(name) = placeholders.iter().find(|name| !query.values().contains_key(*name)) {
        return Err(refused(name, "the query has it, and no value was given".to_owned()));
    }
    if let Some(name) = query.values().keys().find(|name| !placeholders.contains(*name)) {
        let known: Vec<String> = placeholders.iter().map(|name| format!("${name}")).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return Err(refused(name, format!("a value was given, and the query does not have it: it has {known}")));
    }
    let (mut types, mut values) = (Vec::new(), HashMap::new());
    for (at, (name, value)) in query.values().iter().enumerate() {
        let scalar = scalar(value);
        let named = format!("{PREFIX}{name}");
        types.push(Some(Arc::new(Field::new(&named, scalar.data_type(), true))));
        let value = ScalarAndMetadata::from(scalar);
        // The planner counts where it knows the types, and keeps the name where it does not.
        values.insert((at + 1).to_string(), value.clone());
        values.insert(named, value);
    }
    Ok(Bound { types, values: ParamValues::Map(values) })
}

fn scalar(value: &Value) -> ScalarValue {
    match value {
        Value::Null => ScalarValue::Null,
        Value::Bool(value) => ScalarValue::Boolean(Some(*value)),
        Value::Int(value) => ScalarValue::Int64(Some(*value)),
        Value::Float(value) => ScalarValue::Float64(Some(*value)),
        Value::Text(text) => ScalarValue::Utf8(Some(text.clone())),
        Value::Bytes(bytes) => ScalarValue::Binary(Some(bytes.clone())),
        Value::Date(days) => ScalarValue::Date32(Some(*days)),
        Value::Timestamp { ticks, unit, zone } => {
            let zone = zone.as_deref().map(Arc::from);
            match unit {
                TimeUnit::Day => ScalarValue::Date32(i32::try_from(*ticks).ok()),
                TimeUnit::Second => ScalarValue::TimestampSecond(Some(*ticks), zone),
                TimeUnit::Millisecond => ScalarValue::TimestampMillisecond(Some(*ticks), zone),
                TimeUnit::Microsecond => ScalarValue::TimestampMicrosecond(Some(*ticks), zone),
                TimeUnit::Nanosecond => ScalarValue::TimestampNanosecond(Some(*ticks), zone),
            }
        }
    }
}
