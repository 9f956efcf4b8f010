//! Many who write an asset for the first time at once: their columns are registered once, and rows of others are refused.

use std::collections::BTreeSet;
use std::sync::{Arc, Barrier};

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Int64Type, TimeUnit};
use varvite_asset::{
    AssetKind, AssetWrite, Batches, Catalog, Collection, Column, Error, FetchOptions, Handle, ModelSchema, Want,
};

const DAY: i64 = 86_400_000_000;

fn schema(turned: bool, data_type: DataType) -> ModelSchema {
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let mut columns = vec![
        Column::new("at", time, false),
        Column::new("value", data_type, false),
        Column::new("note", DataType::Utf8, false),
    ];
    if turned {
        columns.reverse();
    }
    ModelSchema {
        asset: "new".to_owned(),
        kind: AssetKind::Feature { resolution: "1d".parse().unwrap() },
        version: 1,
        time: Some("at".to_owned()),
        keys: Vec::new(),
        columns,
    }
}

/// One row of a day, whose values are the number of the day.
fn row(schema: &ModelSchema, day: i64) -> RecordBatch {
    let column = |column: &Column| -> ArrayRef {
        match (column.name.as_str(), &column.data_type) {
            ("at", _) => Arc::new(TimestampMicrosecondArray::from(vec![day * DAY]).with_timezone("UTC")),
            ("value", DataType::Int64) => Arc::new(Int64Array::from(vec![day])),
            _ => Arc::new(StringArray::from(vec![day.to_string()])),
        }
    };
    RecordBatch::try_new(schema.arrow(), schema.columns.iter().map(column).collect()).unwrap()
}

/// Writes a day each at the same moment; which days were taken.
fn write_at_once(catalog: &Catalog, schemas: &[ModelSchema]) -> BTreeSet<i64> {
    let barrier = Barrier::new(schemas.len());
    let write = |day: i64, schema: &ModelSchema| {
        let batch = row(schema, day);
        barrier.wait();
        match catalog.write_batches(schema, &[batch], &AssetWrite::replace()) {
            Ok(_) => Some(day),
            Err(Error::SchemaMismatch { .. }) => None,
            Err(error) => panic!("{error:?}"),
        }
    };
    std::thread::scope(|scope| {
        let write = &write;
        let writers: Vec<_> = (0..).zip(schemas).map(|(day, schema)| scope.spawn(move || write(day, schema))).collect();
        writers.into_iter().filter_map(|writer| writer.join().unwrap()).collect()
    })
}

fn fetched(catalog: &Catalog, schema: &ModelSchema) -> RecordBatch {
    let mut collection = Collection::new();
    let rows: Handle<Batches> = collection.add_want(Want::new("rows", Arc::new(schema.clone()))).unwrap();
    let got = catalog.fetch_collection_blocking(collection, &FetchOptions::default()).unwrap();
    got[rows].concat().unwrap()
}

#[test]
fn the_order_of_columns_is_that_of_the_first() {
    for round in 0..20 {
        let catalog = Catalog::in_memory();
        let schemas: Vec<ModelSchema> = (0..6).map(|at| schema(at % 2 == 1, DataType::Int64)).collect();
        let taken = write_at_once(&catalog, &schemas);
        assert_eq!(taken, (0..6).collect(), "round {round}: the order of columns is no difference");
        let rows = fetched(&catalog, &schemas[0]);
        let values = rows.column_by_name("value").unwrap().as_primitive::<Int64Type>().values();
        assert_eq!(values.to_vec(), (0..6).collect::<Vec<i64>>());
        let notes = rows.column_by_name("note").unwrap().as_string::<i32>();
        assert!((0..6).all(|row| notes.value(row) == row.to_string()));
    }
}

#[test]
fn rows_with_other_columns_than_the_first_are_refused() {
    for round in 0..20 {
        let catalog = Catalog::in_memory();
        let of = |at: usize| if at.is_multiple_of(2) { DataType::Int64 } else { DataType::Utf8 };
        let schemas: Vec<ModelSchema> = (0..6).map(|at| schema(false, of(at))).collect();
        let taken = write_at_once(&catalog, &schemas);
        let parities: BTreeSet<i64> = taken.iter().map(|day| day % 2).collect();
        assert_eq!((taken.len(), parities.len()), (3, 1), "round {round}: {taken:?}");
        let first = usize::try_from(*taken.first().unwrap()).unwrap();
        let rows = fetched(&catalog, &schemas[first]);
        assert_eq!(rows.num_rows(), 3);
        let notes: BTreeSet<i64> = rows
            .column_by_name("note")
            .unwrap()
            .as_string::<i32>()
            .iter()
            .map(|note| note.unwrap().parse().unwrap())
            .collect();
        assert_eq!(notes, taken);
    }
}
