//! What can be wrong with a schema that no compiler has seen.

use arrow::datatypes::DataType;

use super::{AssetKind, Column, ColumnDefault, ModelSchema, type_text};
use crate::filter::Comparison;
use crate::model::checker::ColumnChecker;
use crate::values::Range;

pub(super) fn of(schema: &ModelSchema) -> Vec<String> {
    let mut problems = Vec::new();
    if schema.asset.is_empty() {
        problems.push("the asset has no name".to_owned());
    }
    if schema.version == 0 {
        problems.push("versions are numbered from 1".to_owned());
    }
    if schema.columns.is_empty() {
        problems.push("it has no columns".to_owned());
    }
    problems.extend(time(schema));
    schema.keys.iter().for_each(|name| problems.extend(key(schema, name)));
    for (at, column) in schema.columns.iter().enumerate() {
        if schema.columns.iter().take(at).any(|other| other.name == column.name) {
            problems.push(format!("two columns are named `{}`", column.name));
        }
        problems.extend(of_column(column));
    }
    problems
}

fn time(schema: &ModelSchema) -> Option<String> {
    let Some(name) = &schema.time else {
        let needs = matches!(schema.kind, AssetKind::Feature { .. });
        return needs.then(|| "an asset with a resolution needs a time column".to_owned());
    };
    let Some(column) = schema.column(name) else { return Some(format!("there is no time column `{name}`")) };
    if !matches!(column.data_type, DataType::Timestamp(..) | DataType::Date32) {
        return Some(format!("the time column `{name}` is no timestamp or date"));
    }
    column.nullable.then(|| format!("the time column `{name}` may be null, and each row has a time"))
}

fn key(schema: &ModelSchema, name: &str) -> Option<String> {
    if !matches!(schema.kind, AssetKind::Feature { .. }) {
        return Some(format!("key `{name}`: only assets with a resolution are partitioned by keys"));
    }
    let Some(column) = schema.column(name) else { return Some(format!("there is no key column `{name}`")) };
    let is_key = column.data_type.is_integer()
        || matches!(column.data_type, DataType::Boolean | DataType::Utf8 | DataType::Date32);
    if !is_key {
        return Some(format!("key `{name}` is no integer, flag, text or date"));
    }
    column.nullable.then(|| format!("key `{name}` may be null, and each row has its partition"))
}

fn of_column(column: &Column) -> Vec<String> {
    let name = &column.name;
    if name.is_empty() {
        return vec!["a column has no name".to_owned()];
    }
    if type_text::write(&column.data_type, column.nullable).is_none() {
        return vec![format!("column `{name}`: no column of a model is {}", column.data_type)];
    }
    let mut problems = Vec::new();
    match &column.default {
        ColumnDefault::Null if !column.nullable => {
            problems.push(format!("column `{name}` is never null, and its default is"));
        }
        ColumnDefault::Value(value) => {
            let fits = Range::of(&column.data_type, Comparison::Equal, value);
            problems.extend(fits.err().map(|reason| format!("column `{name}`: the default {reason}")));
        }
        ColumnDefault::Null | ColumnDefault::Required => {}
    }
    problems.extend(ColumnChecker::new(column).err());
    problems
}
