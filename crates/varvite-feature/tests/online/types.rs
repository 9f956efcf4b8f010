//! Values of every type come back as they were (S19, S20), single and nested.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, TimestampNanosecondArray, new_null_array};
use arrow::compute::{cast, concat};
use varvite_feature::online::OnlineScalar;
use varvite_schema::{DataType, FeatureGroupSchema, FeatureSchema};

use crate::world::{World, at, options};

/// A column of this type with some values, made from text.
fn column(data_type: &DataType) -> ArrayRef {
    use arrow::array::{
        Float32Builder, Int64Builder, ListBuilder, MapBuilder, StringArray, StringBuilder, StructArray,
    };
    let arrow = data_type.to_arrow();
    let texts = |values: [&str; 2]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    let made: ArrayRef = match data_type {
        DataType::String => texts(["", "ü"]),
        DataType::Boolean => cast(&texts(["true", "false"]), &arrow).unwrap(),
        DataType::Date => cast(&texts(["1969-12-31", "2024-02-29"]), &arrow).unwrap(),
        DataType::Timestamp { .. } => cast(&Int64Array::from(vec![-1, 1 << 40]), &arrow).unwrap(),
        DataType::Array { .. } => {
            let mut lists = ListBuilder::new(Float32Builder::new());
            lists.append_value([Some(1.5), Some(f32::NAN)]);
            lists.append_value([Some(2.5), Some(-0.0)]);
            cast(&lists.finish(), &arrow).unwrap()
        }
        DataType::Map { .. } => {
            let mut maps = MapBuilder::new(None, StringBuilder::new(), Int64Builder::new());
            for count in [1, 2] {
                for at in 0..count {
                    maps.keys().append_value(format!("{at}"));
                    maps.values().append_option((at > 0).then_some(at));
                }
                maps.append(true).unwrap();
            }
            let (_, offsets, entries, nulls, ordered) = maps.finish().into_parts();
            let arrow::datatypes::DataType::Map(entry, _) = &arrow else { unreachable!() };
            let arrow::datatypes::DataType::Struct(fields) = entry.data_type() else { unreachable!() };
            let entries = StructArray::new(fields.clone(), entries.columns().to_vec(), None);
            Arc::new(arrow::array::MapArray::new(Arc::clone(entry), offsets, entries, nulls, ordered))
        }
        DataType::Struct(_) => {
            let arrow::datatypes::DataType::Struct(fields) = &arrow else { unreachable!() };
            let columns = vec![Arc::new(Int64Array::from(vec![Some(1), None])) as ArrayRef, texts(["a", "b"])];
            Arc::new(StructArray::new(fields.clone(), columns, None))
        }
        _ => cast(&texts(["-7", "12"]), &arrow).unwrap(),
    };
    concat(&[&made, &new_null_array(&arrow, 1)]).unwrap()
}

#[test]
fn every_type_comes_back() {
    let types = [
        "int",
        "bigint",
        "float",
        "double",
        "string",
        "boolean",
        "date",
        "timestamp[us, UTC]",
        "timestamp[ns]",
        "timestamp[s, Europe/Berlin]",
        "decimal(10, 2)",
        "decimal(50, 3)",
        "array<float>",
        "array<float not null, 2>",
        "map<string, bigint>",
        "struct<a: bigint, b: string>",
    ];
    let types: Vec<DataType> = types.iter().map(|text| text.parse().unwrap()).collect();
    let mut group = FeatureGroupSchema::builder("g").entity_key("k", DataType::BigInt).event_time("at");
    let columns: Vec<ArrayRef> = types.iter().map(column).collect();
    let keys = Arc::new(Int64Array::from(vec![0, 1, 2])) as ArrayRef;
    let mut rows = vec![
        ("k".to_owned(), Arc::clone(&keys)),
        ("at".to_owned(), Arc::new(TimestampNanosecondArray::from(vec![1, 1, 2]))),
    ];
    for (at, (data_type, column)) in types.iter().zip(&columns).enumerate() {
        group = group.feature(FeatureSchema::builder(format!("f{at}"), data_type.clone()));
        rows.push((format!("f{at}"), Arc::clone(column)));
    }
    rows.push(("__commit".to_owned(), Arc::new(Int64Array::from(vec![0; 3]))));
    let mut world = World::new(None);
    world.group = Arc::new(group.build().unwrap());
    let rows = rows.into_iter().map(|(name, column)| {
        let null = name.starts_with('f');
        (name, column, null)
    });
    let _ = world.dataset.write(RecordBatch::try_from_iter_with_nullable(rows).unwrap(), &options()).unwrap();
    world.up_to(1000);

    let lookup = world.lookup();
    let answer = lookup.get(&RecordBatch::try_from_iter([("k", keys)]).unwrap(), at(1)).unwrap();
    for (at, expected) in columns.iter().enumerate() {
        let found = answer.column_by_name(&format!("f{at}")).unwrap();
        assert_eq!(found.data_type(), expected.data_type());
        // NaN is a value: it comes back bit by bit.
        assert_eq!(format!("{found:?}"), format!("{expected:?}"), "{}", types[at]);
    }
    let one = lookup.get_one(&[1_i64.into()], at(1)).unwrap();
    assert_eq!(one[1].value, Some(OnlineScalar::Int(12)));
    assert_eq!(one[4].value, Some(OnlineScalar::Text("ü".to_owned())));
    assert_eq!(one[6].value, Some(OnlineScalar::Date(19_782)));
    let Some(OnlineScalar::Element(element)) = &one[15].value else { panic!("{:?}", one[15]) };
    assert_eq!(element.as_ref(), columns[15].slice(1, 1).as_ref());
    assert!(lookup.get_one(&[2_i64.into()], at(1)).unwrap().iter().all(|value| value.status.as_str() == "NULL_VALUE"));
}
