//! Schemas that unfold, or whose values are padded.

use std::sync::Arc;

use arrow::array::{ArrayRef, FixedSizeListArray, Float32Array, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use arrow_ipc::convert::IpcSchemaEncoder;
use arrow_ipc::{FieldBuilder, SchemaBuilder};
use flatbuffers::FlatBufferBuilder;
use serde_json::json;
use varvite_dataset::{Compression, WriteOptions};
use varvite_storage::MemoryStorage;
use varvite_testkit::damage::{Files, Kind};
use varvite_testkit::forge::log::change;

use super::{Bomb, DAMAGED, MIB, TOO_LARGE, bomb, dataset, files_of, open};

fn put_schema(files: &mut Files, schema: &[u8]) {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap();
    let hex: String = schema.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
    change(files, 0, |record| record["schema"]["arrow"] = hex.into()).unwrap();
}

/// A dataset of no rows with this schema.
fn empty(schema: &[u8]) -> Files {
    let mut files = dataset(Compression::None, 1);
    files.retain(|path, _| Kind::of(path) == Kind::Record);
    put_schema(&mut files, schema);
    change(&mut files, 0, |record| (record["add"], record["range"]) = (json!([]), json!(null))).unwrap();
    files
}

fn encoded(more: Field) -> Vec<u8> {
    let t = Field::new("t", DataType::Int64, false);
    IpcSchemaEncoder::new().schema_to_fb(&Schema::new(vec![t, more])).finished_data().to_vec()
}

fn item(data_type: DataType) -> FieldRef {
    Arc::new(Field::new_list_field(data_type, true))
}

fn vectors(len: i32) -> Field {
    Field::new("l", DataType::FixedSizeList(item(DataType::Float32), len), true)
}

/// A schema in which each field is the child of the field above many times over.
fn shared(levels: usize, width: usize) -> Vec<u8> {
    let mut builder = FlatBufferBuilder::new();
    let name = builder.create_string(&"n".repeat(1000));
    let mut children = None;
    for _ in 0..levels {
        let kind = arrow_ipc::Struct_Builder::new(&mut builder).finish().as_union_value();
        let mut field = FieldBuilder::new(&mut builder);
        field.add_name(name);
        field.add_type_type(arrow_ipc::Type::Struct_);
        field.add_type_(kind);
        if let Some(children) = children {
            field.add_children(children);
        }
        let field = field.finish();
        children = Some(builder.create_vector(&vec![field; width]));
    }
    let mut schema = SchemaBuilder::new(&mut builder);
    schema.add_fields(children.unwrap());
    let schema = schema.finish();
    builder.finish(schema, None);
    builder.finished_data().to_vec()
}

/// A list of fixed length is padded where it is null: one of two rows says that it has such a list.
fn null_list(len: i32) -> Files {
    let storage = MemoryStorage::new();
    let values = Arc::new(Float32Array::from(vec![0.0; 4]));
    let list = FixedSizeListArray::new(item(DataType::Float32), 2, values, Some(vec![false, false].into()));
    let columns: [(&str, ArrayRef, bool); 2] =
        [("t", Arc::new(Int64Array::from(vec![1, 2])), false), ("l", Arc::new(list), true)];
    let rows = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let _ = open(&storage).unwrap().write(rows, &WriteOptions::ordered_on("t")).unwrap();
    let mut files = files_of(&storage);
    put_schema(&mut files, &encoded(vectors(len)));
    files
}

pub(crate) fn bombs() -> Vec<Bomb> {
    let damaged = |name, files| bomb(name, DAMAGED, MIB, files);
    let binary = Field::new("l", DataType::FixedSizeBinary(-1), true);
    vec![
        damaged("a field that is 100^3 children", empty(&shared(3, 100))),
        damaged("a field that is 10^5 children", empty(&shared(5, 10))),
        damaged("texts of -1 bytes", empty(&encoded(binary))),
        bomb("null lists of 2^31 items", TOO_LARGE, MIB, null_list(i32::MAX)),
        Bomb { merge: false, ..bomb("two null lists of 2^24 items", None, 400 * MIB, null_list(1 << 24)) },
    ]
}
