//! Values as Spark Connect takes them: beside the query, with their types.

use proto::data_type::{Kind, Null};
use proto::expression::Literal;
use proto::expression::literal::LiteralType;
use spark_connect_proto as proto;
use varvite_time::TimeUnit;

use super::ENGINE;
use crate::{Error, Result, Value};

/// A value that is bound to `$name`.
pub(super) fn literal(name: &str, value: &Value) -> Result<Literal> {
    let literal = match value {
        Value::Null => LiteralType::Null(proto::DataType { kind: Some(Kind::Null(Null::default())) }),
        Value::Bool(value) => LiteralType::Boolean(*value),
        Value::Int(value) => LiteralType::Long(*value),
        Value::Float(value) => LiteralType::Double(*value),
        Value::Text(value) => LiteralType::String(value.clone()),
        Value::Bytes(value) => LiteralType::Binary(value.clone().into()),
        Value::Date(days) => LiteralType::Date(*days),
        Value::Timestamp { ticks, unit, zone } => {
            let ns = unit.to_ns(*ticks);
            let micros = (ns % 1_000 == 0).then(|| TimeUnit::Microsecond.from_ns(ns)).flatten();
            let micros = micros.ok_or_else(|| Error::Parameter {
                name: name.to_owned(),
                reason: format!("{ENGINE} has microseconds, which cannot tell {value}"),
            })?;
            if zone.is_some() { LiteralType::Timestamp(micros) } else { LiteralType::TimestampNtz(micros) }
        }
    };
    Ok(Literal { literal_type: Some(literal), ..Default::default() })
}
