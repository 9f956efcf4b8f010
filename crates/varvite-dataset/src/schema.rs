//! The columns of a dataset: what a batch must have to be written into it.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};

use crate::{ColumnPath, Error, OrderedType, Result};

/// The schema that a new dataset takes from its first rows: the columns, without the metadata of whatever made them.
pub(crate) fn stored_schema(given: &Schema) -> Result<SchemaRef> {
    check_names(given)?;
    if given.fields().is_empty() {
        return Err(mismatch("", "there are no columns"));
    }
    Ok(Arc::new(Schema::new(given.fields().clone())))
}

fn check_names(given: &Schema) -> Result<()> {
    let mut names = std::collections::BTreeSet::new();
    match given.fields().iter().find(|field| !names.insert(field.name())) {
        Some(twice) => Err(mismatch(twice.name(), "the name occurs twice")),
        None => Ok(()),
    }
}

/// The type of the ordered column in `schema`.
pub(crate) fn ordered_type(schema: &Schema, column: &ColumnPath) -> Result<OrderedType> {
    OrderedType::try_new(column, find_field(schema, column)?.data_type())
}

/// The field at `column`, which may lie inside structs.
pub(crate) fn find_field<'a>(schema: &'a Schema, column: &ColumnPath) -> Result<&'a FieldRef> {
    let unknown = || unknown_column(schema, column);
    let mut fields = schema.fields();
    let mut found = None;
    for name in column.parts() {
        let field = fields.iter().find(|field| field.name() == name).ok_or_else(unknown)?;
        if let DataType::Struct(children) = field.data_type() {
            fields = children;
        } else if found.is_some() && Some(name) != column.parts().last() {
            return Err(unknown());
        } else {
            fields = arrow_empty_fields();
        }
        found = Some(field);
    }
    found.ok_or_else(unknown)
}

fn arrow_empty_fields() -> &'static arrow::datatypes::Fields {
    static EMPTY: std::sync::LazyLock<arrow::datatypes::Fields> =
        std::sync::LazyLock::new(arrow::datatypes::Fields::empty);
    &EMPTY
}

/// `batch` with its columns in the order of `stored`, if they are the same columns.
pub(crate) fn conform(batch: &RecordBatch, stored: &SchemaRef) -> Result<RecordBatch> {
    let given = batch.schema_ref();
    if let Some(extra) = given.fields().iter().find(|field| stored.column_with_name(field.name()).is_none()) {
        return Err(mismatch(extra.name(), "the dataset has no such column"));
    }
    check_names(given)?;
    let columns = stored.fields().iter().map(|field| conform_column(batch, field)).collect::<Result<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(stored), columns, &options)
        .map_err(|source| Error::Arrow { action: "put columns into the stored order", source })
}

fn conform_column(batch: &RecordBatch, stored: &Field) -> Result<ArrayRef> {
    let Some(column) = batch.column_by_name(stored.name()) else {
        return Err(mismatch(stored.name(), "the rows do not have it"));
    };
    if !same_type(column.data_type(), stored.data_type()) {
        let reason = format!("it is {} there and {} here", stored.data_type(), column.data_type());
        return Err(mismatch(stored.name(), &reason));
    }
    if !stored.is_nullable() && column.null_count() > 0 {
        return Err(mismatch(stored.name(), "it has no nulls there, and some here"));
    }
    if column.data_type() == stored.data_type() {
        return Ok(Arc::clone(column));
    }
    // Nulls in a nested field that has none there are all that can be wrong now.
    arrow::compute::cast(column, stored.data_type()).map_err(|error| mismatch(stored.name(), &error.to_string()))
}

/// Whether the types hold the same values. Nested fields may differ in metadata and nullability, and so may the names
/// that libraries give to the items of lists and the entries of maps.
fn same_type(given: &DataType, stored: &DataType) -> bool {
    let same = |a: &FieldRef, b: &FieldRef| same_type(a.data_type(), b.data_type());
    match (given, stored) {
        (DataType::List(a), DataType::List(b))
        | (DataType::LargeList(a), DataType::LargeList(b))
        | (DataType::ListView(a), DataType::ListView(b))
        | (DataType::LargeListView(a), DataType::LargeListView(b)) => same(a, b),
        (DataType::FixedSizeList(a, a_len), DataType::FixedSizeList(b, b_len)) => a_len == b_len && same(a, b),
        (DataType::Struct(a), DataType::Struct(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.name() == b.name() && same(a, b))
        }
        (DataType::Map(a, _), DataType::Map(b, _)) => match (a.data_type(), b.data_type()) {
            (DataType::Struct(a), DataType::Struct(b)) => {
                given.equals_datatype(stored) && a.iter().zip(b).all(|(a, b)| same(a, b))
            }
            _ => false,
        },
        _ => given == stored,
    }
}

pub(crate) fn mismatch(column: &str, reason: &str) -> Error {
    Error::SchemaMismatch { column: column.to_owned(), reason: reason.to_owned() }
}

/// The error for a column that is not there, with the most similar name that is.
pub(crate) fn unknown_column(schema: &Schema, column: &ColumnPath) -> Error {
    let wanted = column.to_string();
    let suggestion = schema
        .fields()
        .iter()
        .map(|field| (strsim::jaro_winkler(field.name(), &wanted), field.name()))
        .filter(|(similarity, _)| *similarity > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name.clone());
    Error::UnknownColumn { column: wanted, suggestion }
}
