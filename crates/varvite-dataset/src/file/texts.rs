//! Whether a file says of texts that they are texts.
//!
//! The Parquet library looks whether bytes are UTF-8 only where the file says so, and takes them for texts wherever it
//! is asked to. Whoever leaves the note out of a file would get any bytes into a column of texts.

use arrow::datatypes::{DataType, Schema};
use parquet::basic::ConvertedType;
use parquet::schema::types::SchemaDescriptor;

/// Whether every column of texts in `schema` is one in the file, too.
pub(super) fn are_noted(schema: &Schema, file: &SchemaDescriptor) -> bool {
    let mut leaves = Vec::new();
    schema.fields().iter().for_each(|field| collect(field.data_type(), &mut leaves));
    let noted =
        |(is_text, column): (&bool, usize)| !is_text || file.column(column).converted_type() == ConvertedType::UTF8;
    leaves.len() == file.num_columns() && leaves.iter().zip(0..).all(noted)
}

/// Adds for each leaf of a type, in Parquet's order, whether it holds texts.
fn collect(data_type: &DataType, leaves: &mut Vec<bool>) {
    match data_type {
        DataType::Struct(fields) => fields.iter().for_each(|field| collect(field.data_type(), leaves)),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _)
        | DataType::Map(item, _)
        | DataType::RunEndEncoded(_, item) => collect(item.data_type(), leaves),
        DataType::Dictionary(_, values) => collect(values, leaves),
        leaf => leaves.push(matches!(leaf, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::sync::Arc;

    use arrow::datatypes::Field;
    use parquet::arrow::ArrowSchemaConverter;

    use super::*;

    fn nested(text: &DataType) -> Schema {
        let field = |name: &str, data_type: DataType| Field::new(name, data_type, true);
        let list = DataType::List(Arc::new(field("item", text.clone())));
        let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(text.clone()));
        let fields = vec![field("a", DataType::Int64), field("b", list), field("c", dictionary)];
        Schema::new(vec![field("s", DataType::Struct(fields.into())), field("t", text.clone())])
    }

    #[test]
    fn texts_are_looked_for_at_any_depth() {
        let file = |schema: &Schema| ArrowSchemaConverter::new().convert(schema).unwrap();
        let (texts, bytes) = (nested(&DataType::Utf8), nested(&DataType::Binary));
        assert!(are_noted(&texts, &file(&texts)) && are_noted(&bytes, &file(&bytes)));
        assert!(are_noted(&bytes, &file(&texts)), "texts are bytes");
        assert!(!are_noted(&texts, &file(&bytes)), "bytes are no texts");
        assert!(!are_noted(&texts, &file(&Schema::new(texts.fields()[..1].to_vec()))), "a column is missing");
    }
}
