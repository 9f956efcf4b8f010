//! The bodies of a case's functions: small expressions over values.

use serde_json::Value as Json;
use varvite_flow::{Column, Folded, Moments, Value};

use super::names::{self, Fields, Frame};

/// A body, and the names of the arguments it is called with.
#[derive(Debug, Clone)]
pub(super) struct Body {
    pub(super) op: Json,
    pub(super) params: Vec<String>,
}

impl Body {
    pub(super) fn call(&self, args: &[&Value]) -> Result<Value, String> {
        self.eval(&self.op, args)
    }

    fn eval(&self, op: &Json, args: &[&Value]) -> Result<Value, String> {
        match op {
            Json::Array(list) => {
                let Some((Json::String(name), rest)) = list.split_first() else {
                    return Err(format!("{op} is no operation"));
                };
                self.operator(name, rest, args)
            }
            Json::Object(object) if object.contains_key("arg") => {
                let place = self.params.iter().position(|param| object["arg"] == param.as_str());
                place.map(|place| args[place].clone()).ok_or_else(|| format!("{op} is no parameter"))
            }
            literal => Ok(names::value(literal, None)),
        }
    }

    fn operator(&self, name: &str, rest: &[Json], args: &[&Value]) -> Result<Value, String> {
        let first = rest.first().unwrap_or(&Json::Null);
        match (name, rest) {
            ("lit", [list @ Json::Array(_)]) => return Ok(names::column(list)),
            ("lit", [literal]) => return Ok(names::value(literal, None)),
            ("fail", _) => return Err(first.as_str().unwrap_or("failed").to_owned()),
            ("fields", [Json::Object(fields)]) => {
                let fields = fields.iter().map(|(name, op)| Ok((name.clone(), self.eval(op, args)?)));
                return Ok(Value::other(Fields(fields.collect::<Result<_, String>>()?)));
            }
            ("frame" | "lazy", [Json::Object(columns)]) => {
                let columns = columns.iter().map(|(name, op)| match self.eval(op, args)? {
                    Value::Column(column) => Ok((name.clone(), column)),
                    other => Err(format!("column `{name}` is {other:?}")),
                });
                return Ok(Value::other(Frame(columns.collect::<Result<_, String>>()?)));
            }
            _ => {}
        }
        let values = rest.iter().map(|op| self.eval(op, args)).collect::<Result<Vec<_>, _>>()?;
        match (name, &values[..]) {
            ("or_else", [value, other]) => Ok(if value.is_null() { other.clone() } else { value.clone() }),
            ("str", [value]) => Ok(text(value).into()),
            ("range", [Value::I64(end)]) => Ok((0..*end).map(Value::I64).collect::<Vec<_>>().into()),
            ("sum", [Value::List(values)]) => {
                values.iter().try_fold(Value::I64(0), |sum, value| arithmetic("add", &sum, value))
            }
            ("mean" | "std", [value]) => {
                let moments = value.downcast_ref::<Folded<Moments>>().ok_or_else(|| format!("{name} of {value:?}"))?;
                Ok(Value::F64(if name == "mean" { moments.mean() } else { moments.std() }))
            }
            (_, [one, two]) => arithmetic(name, one, two),
            _ => Err(format!("unknown operation {name} of {values:?}")),
        }
    }
}

fn arithmetic(name: &str, one: &Value, two: &Value) -> Result<Value, String> {
    if let (Value::Column(_), _) | (_, Value::Column(_)) = (one, two) {
        return columns(name, one, two);
    }
    let wrong = || format!("{name} of {one:?} and {two:?}");
    if let (Value::I64(one), Value::I64(two)) = (one, two) {
        let made = match name {
            "add" => one.checked_add(*two),
            "sub" => one.checked_sub(*two),
            "mul" => one.checked_mul(*two),
            _ => None,
        };
        if let Some(made) = made {
            return Ok(Value::I64(made));
        }
    }
    if let (Value::Str(one), Value::Str(two), "add") = (one, two, name) {
        return Ok(format!("{one}{two}").into());
    }
    let (one, two) = (one.as_f64().ok_or_else(wrong)?, two.as_f64().ok_or_else(wrong)?);
    Ok(Value::F64(match name {
        "add" => one + two,
        "sub" => one - two,
        "mul" => one * two,
        "div" => one / two,
        _ => return Err(wrong()),
    }))
}

/// Row by row; a value beside a column is the same for all rows.
fn columns(name: &str, one: &Value, two: &Value) -> Result<Value, String> {
    let values = |value: &Value| match value {
        Value::Column(column) => Column::<f64>::from_array(column).map(|column| column.to_vec()),
        _ => None,
    };
    let (first, second) = (values(one), values(two));
    let len = first.as_ref().or(second.as_ref()).map_or(0, Vec::len);
    let at = |values: &Option<Vec<Option<f64>>>, value: &Value, row: usize| match values {
        Some(values) => values.get(row).copied().flatten(),
        None => value.as_f64(),
    };
    let made = (0..len).map(|row| match (at(&first, one, row), at(&second, two, row)) {
        (Some(one), Some(two)) => Ok(arithmetic(name, &one.into(), &two.into())?.as_f64()),
        _ => Ok(None),
    });
    let made = made.collect::<Result<Vec<_>, String>>()?;
    Ok(Value::Column(Column::new(made).as_array().clone()))
}

fn text(value: &Value) -> String {
    match value {
        Value::Str(text) => text.to_string(),
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        other => format!("{other:?}"),
    }
}
