//! A query and its tables as Spark Connect's relations. Nothing is sent here.

use std::collections::HashMap;
use std::path::PathBuf;

use arrow::datatypes::{DataType, Field, Schema};
use proto::relation::RelType;
use spark_connect_proto as proto;

use super::ENGINE;
use super::types::{column, constant, null, quoted, type_name};
use crate::external::{Part, Parts, path_text};
use crate::{Error, FileFormat, FileTable, Result};

/// The query itself.
pub(super) fn sql(query: String, arguments: HashMap<String, proto::Expression>) -> proto::Relation {
    of(RelType::Sql(proto::Sql { query, named_arguments: arguments, ..Default::default() }))
}

/// The columns of a relation alone.
pub(super) fn limited(input: proto::Relation) -> proto::Relation {
    of(RelType::Limit(Box::new(proto::Limit { input: Some(Box::new(input)), limit: 0 })))
}

/// A relation to run.
pub(super) fn plan(root: proto::Relation) -> proto::Plan {
    proto::Plan { op_type: Some(proto::plan::OpType::Root(root)) }
}

/// A relation under a name.
pub(super) fn view(input: proto::Relation, name: String) -> proto::Plan {
    let view = proto::CreateDataFrameViewCommand { input: Some(input), name, is_global: false, replace: true };
    let command = proto::command::CommandType::CreateDataframeView(view);
    let command = proto::Command { command_type: Some(command) };
    proto::Plan { op_type: Some(proto::plan::OpType::Command(command)) }
}

/// A value.
pub(super) fn literal(literal: proto::expression::Literal) -> proto::Expression {
    proto::Expression { expr_type: Some(proto::expression::ExprType::Literal(literal)), ..Default::default() }
}

/// Data files of ours.
pub(super) fn of_parts(name: &str, parts: &Parts) -> Result<proto::Relation> {
    check_columns(name, &parts.schema)?;
    let selects: Result<Vec<proto::Relation>> =
        parts.parts.iter().map(|part| of_part(name, part, &parts.schema)).collect();
    match united(selects?) {
        Some(all) => Ok(all),
        None => empty(name, &parts.schema),
    }
}

fn of_part(name: &str, part: &Part, schema: &Schema) -> Result<proto::Relation> {
    let expression = |field: &Field| {
        let constant_of = part.constants.iter().find(|(known, _)| known == field.name());
        match (constant_of, part.stored.field_with_name(field.name())) {
            (Some((_, value)), _) => constant(value),
            (None, Ok(stored)) => column(name, stored, field),
            (None, Err(_)) => null(name, field),
        }
    };
    let columns: Result<Vec<String>> = schema
        .fields()
        .iter()
        .map(|field| Ok(format!("{} AS {}", expression(field)?, quoted(field.name())?)))
        .collect();
    Ok(project(read("parquet", texts(name, &part.paths)?, [], None), columns?))
}

/// Files of others on this machine.
pub(super) fn of_files(name: &str, table: &FileTable, paths: &[PathBuf]) -> Result<proto::Relation> {
    foreign(name, table, texts(name, paths)?)
}

/// Files of others elsewhere.
pub(super) fn of_address(name: &str, table: &FileTable) -> Result<proto::Relation> {
    foreign(name, table, vec![literally(table.location())])
}

fn foreign(name: &str, table: &FileTable, paths: Vec<String>) -> Result<proto::Relation> {
    let schema = table.schema();
    let options: &[(&str, &str)] = match (table.format(), schema) {
        (FileFormat::Csv, None) => &[("header", "true"), ("inferSchema", "true")],
        (FileFormat::Csv, Some(_)) => &[("header", "true")],
        (FileFormat::Parquet, _) => &[("mergeSchema", "true")],
        (FileFormat::Json, _) => &[],
    };
    // Of Parquet, the columns are cast; texts are read as what they are declared to be.
    let is_text = table.format() != FileFormat::Parquet;
    let ddl = schema.filter(|_| is_text).map(|schema| ddl(name, schema)).transpose()?;
    let all = read(table.format().name(), paths, options.iter().copied(), ddl);
    let Some(schema) = schema.filter(|_| !is_text) else { return Ok(all) };
    let cast = |field: &std::sync::Arc<Field>| {
        let name_of = quoted(field.name())?;
        Ok(format!("CAST({name_of} AS {}) AS {name_of}", type_of(name, field)?))
    };
    let columns: Result<Vec<String>> = schema.fields().iter().map(cast).collect();
    Ok(project(all, columns?))
}

/// The columns as Spark declares them.
pub(super) fn ddl(table: &str, schema: &Schema) -> Result<String> {
    let columns: Result<Vec<String>> = schema
        .fields()
        .iter()
        .map(|field| Ok(format!("{} {}", quoted(field.name())?, type_of(table, field)?)))
        .collect();
    Ok(columns?.join(", "))
}

/// Columns without rows.
fn empty(table: &str, schema: &Schema) -> Result<proto::Relation> {
    let relation = proto::LocalRelation { data: None, schema: Some(ddl(table, schema)?) };
    Ok(of(RelType::LocalRelation(relation)))
}

/// The name of a column's type.
pub(super) fn type_of(table: &str, field: &Field) -> Result<String> {
    type_name(field.data_type()).ok_or_else(|| unsupported(table, field.name(), field.data_type()))
}

pub(super) fn unsupported(table: &str, column: &str, of: &DataType) -> Error {
    Error::Unsupported { engine: ENGINE, what: format!("hold {of} in column `{column}` of table `{table}`") }
}

/// One relation with the rows of all: a tree of little depth, however many there are.
fn united(mut all: Vec<proto::Relation>) -> Option<proto::Relation> {
    while all.len() > 1 {
        let mut pairs = all.into_iter();
        let mut next = Vec::new();
        while let Some(left) = pairs.next() {
            next.push(match pairs.next() {
                None => left,
                Some(right) => of(RelType::SetOp(Box::new(proto::SetOperation {
                    left_input: Some(Box::new(left)),
                    right_input: Some(Box::new(right)),
                    set_op_type: proto::set_operation::SetOpType::Union as i32,
                    is_all: Some(true),
                    by_name: Some(false),
                    ..Default::default()
                }))),
            });
        }
        all = next;
    }
    all.pop()
}

fn read<'a>(
    format: &str,
    paths: Vec<String>,
    options: impl IntoIterator<Item = (&'a str, &'a str)>,
    schema: Option<String>,
) -> proto::Relation {
    // No columns are made of folders' names.
    let always = [("recursiveFileLookup", "true")];
    let options = always.into_iter().chain(options).map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let source =
        proto::read::DataSource { format: Some(format.to_owned()), schema, options, paths, ..Default::default() };
    of(RelType::Read(proto::Read { is_streaming: false, read_type: Some(proto::read::ReadType::DataSource(source)) }))
}

fn project(input: proto::Relation, columns: Vec<String>) -> proto::Relation {
    let expression = |expression: String| proto::Expression {
        expr_type: Some(proto::expression::ExprType::ExpressionString(proto::expression::ExpressionString {
            expression,
        })),
        ..Default::default()
    };
    let expressions = columns.into_iter().map(expression).collect();
    of(RelType::Project(Box::new(proto::Project { input: Some(Box::new(input)), expressions })))
}

fn of(rel_type: RelType) -> proto::Relation {
    proto::Relation { common: None, rel_type: Some(rel_type) }
}

fn texts(name: &str, paths: &[PathBuf]) -> Result<Vec<String>> {
    paths.iter().map(|path| path_text(name, path).map(literally)).collect()
}

/// A path that is no pattern, whatever is in it.
fn literally(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for c in path.chars() {
        if matches!(c, '{' | '}' | '[' | ']' | '*' | '?' | '\\') {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

/// Spark takes names for the same that differ in case alone.
fn check_columns(table: &str, schema: &Schema) -> Result<()> {
    let mut seen = std::collections::BTreeMap::new();
    for field in schema.fields() {
        if let Some(like) = seen.insert(field.name().to_lowercase(), field.name()) {
            let what = format!("tell the columns `{like}` and `{}` of table `{table}` apart", field.name());
            return Err(Error::Unsupported { engine: ENGINE, what });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(relation: &proto::Relation) -> usize {
        match &relation.rel_type {
            Some(RelType::SetOp(operation)) => 1 + operation.left_input.as_deref().map_or(0, depth),
            _ => 0,
        }
    }

    #[test]
    fn a_path_is_no_pattern() {
        assert_eq!(literally("/it's {a,b}/[x]*?.parquet"), r"/it's \{a,b\}/\[x\]\*\?.parquet");
    }

    #[test]
    fn many_parts_make_a_flat_tree() {
        let part = || read("parquet", Vec::new(), [], None);
        assert_eq!(united(Vec::new()), None);
        assert_eq!(depth(&united(vec![part()]).unwrap()), 0);
        assert_eq!(depth(&united((0..1_000).map(|_| part()).collect()).unwrap()), 10);
    }
}
