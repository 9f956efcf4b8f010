//! On-demand features in historical reads: where their inputs come from, and what is refused when they are defined (S17).
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, TimestampMicrosecondArray};
use arrow::datatypes::{Float64Type, Int64Type};
use varvite_feature::{EntityRows, FeatureStore, HistoricalOptions, Reason, WriteMode};
use varvite_schema::{
    AggregateFunction, DataType, FeatureGroupSchema, FeatureSchema, OnDemandBuilder, OnDemandSchema, WindowSchema,
};
use varvite_storage::{MemoryStorage, StoragePath};

fn ints(values: Vec<Option<i64>>) -> ArrayRef {
    Arc::new(Int64Array::from(values))
}

fn times(values: Vec<i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(values).with_timezone("UTC"))
}

fn doubles(values: Vec<Option<f64>>) -> ArrayRef {
    Arc::new(Float64Array::from(values))
}

/// Users with their mean and country, and how often they were seen within eleven microseconds.
fn store() -> FeatureStore {
    let store = FeatureStore::at(Arc::new(MemoryStorage::new()), StoragePath::root()).unwrap();
    let group = FeatureGroupSchema::builder("st")
        .entity_key("k", DataType::BigInt)
        .event_time("at")
        .feature(FeatureSchema::builder("avg", DataType::Double))
        .feature(FeatureSchema::builder("country", DataType::String));
    store.register(&group.build().unwrap()).unwrap();
    let window = WindowSchema::builder("w", "st", 11_000).entity_key("k").count("n");
    let window = window.aggregate(AggregateFunction::Max, "avg", "avg");
    store.register_window(&window.build().unwrap()).unwrap();
    let rows = RecordBatch::try_from_iter_with_nullable([
        ("k", ints(vec![Some(1), Some(1), Some(2)]), true),
        ("at", times(vec![10, 15, 10]), true),
        ("avg", doubles(vec![Some(2.0), Some(4.0), Some(0.0)]), true),
        ("country", Arc::new(arrow::array::StringArray::from(vec!["de", "de", "fr"])), true),
    ]);
    let _ = store.write("st", &[rows.unwrap()], WriteMode::Append).unwrap();
    store
}

fn entities() -> EntityRows {
    let rows = RecordBatch::try_from_iter_with_nullable([
        ("k", ints(vec![Some(1), Some(2), Some(3), Some(1)]), true),
        ("time", times(vec![20, 20, 20, 12]), true),
        ("amount", doubles(vec![Some(8.0), Some(8.0), Some(8.0), None]), true),
    ]);
    EntityRows::at_times(rows.unwrap(), "time").unwrap()
}

fn group() -> OnDemandBuilder {
    OnDemandSchema::builder("r")
        .input("st.avg")
        .input("w.n")
        .input("request.amount")
        .expression("ratio", "amount / nullif(avg, 0)")
        .expression("often", "n > 1")
}

fn read(store: &FeatureStore, references: &[&str]) -> RecordBatch {
    let found = store.get_historical_features(&entities(), references, &HistoricalOptions::default()).unwrap();
    found.to_batch().unwrap()
}

fn names(batch: &RecordBatch) -> Vec<String> {
    batch.schema().fields().iter().map(|field| field.name().clone()).collect()
}

#[test]
fn expressions_read_their_inputs_without_adding_them_to_the_answer_s17() {
    let store = store();
    store.register_on_demand(&group().build().unwrap()).unwrap();
    let found = read(&store, &["r.ratio"]);
    assert_eq!(names(&found), ["k", "time", "amount", "ratio"]);
    let ratio: Vec<_> = found.column(3).as_primitive::<Float64Type>().iter().collect();
    assert_eq!(ratio, [Some(2.0), None, None, None]);

    let found = read(&store, &["r.*", "st.avg", "w.n"]);
    assert_eq!(names(&found), ["k", "time", "amount", "ratio", "often", "avg", "n"]);
    assert_eq!(found.column(3).as_primitive::<Float64Type>().iter().collect::<Vec<_>>(), ratio);
    let often: Vec<_> = found.column(4).as_boolean().iter().collect();
    assert_eq!(often, [Some(true), Some(false), Some(false), Some(false)]);
    assert_eq!(found.column(6).as_primitive::<Int64Type>().values(), &[2, 1, 0, 1]);

    let options = HistoricalOptions::default().with_full_names(true);
    let found = store.get_historical_features(&entities(), ["r.ratio", "w.avg"], &options).unwrap();
    assert_eq!(names(&found.to_batch().unwrap())[3..], ["r__ratio", "w__avg"]);
    let none = EntityRows::at_times(entities().batches()[0].slice(0, 0), "time").unwrap();
    assert_eq!(store.get_historical_features(&none, ["r.*"], &options).unwrap().to_batch().unwrap().num_rows(), 0);
}

#[test]
fn inputs_of_one_name_are_told_apart_by_where_they_come_from() {
    let store = store();
    let both = OnDemandSchema::builder("b").input("st.avg").input("w.avg").expression("gain", "w.avg - st.avg");
    store.register_on_demand(&both.build().unwrap()).unwrap();
    let found = read(&store, &["b.gain"]);
    assert_eq!(found.column(3).as_primitive::<Float64Type>().iter().next(), Some(Some(0.0)));
    let unclear = OnDemandSchema::builder("c").input("st.avg").input("w.avg").expression("gain", "avg");
    let error = store.register_on_demand(&unclear.build().unwrap()).unwrap_err().to_string();
    assert!(error.contains("there is no column `avg`") && error.contains("`st.avg`, `w.avg`"), "{error}");
}

#[test]
fn expressions_are_checked_when_they_are_defined_s20() {
    let store = store();
    let refused = |group: OnDemandBuilder| store.register_on_demand(&group.build().unwrap()).unwrap_err().to_string();
    let error = refused(group().expression("x", "amout + 1"));
    assert!(error.contains("there is no column `amout` (did you mean `amount`?)"), "{error}");
    let error = refused(group().expression("x", "amount +"));
    assert!(error.starts_with("expression `amount +` cannot be used"), "{error}");
    let error = refused(group().input("st.country").expression("x", "country + avg"));
    assert!(error.contains("`+` takes numbers, and `country` is string"), "{error}");
    let error = refused(group().input("st.avgs").expression("x", "avgs"));
    assert!(error.contains("avgs"), "{error}");
    store.register_on_demand(&group().build().unwrap()).unwrap();
    let nested = OnDemandSchema::builder("s").input("r.ratio").expression("x", "ratio");
    let error = refused(nested);
    assert!(error.contains("`r.ratio`"), "{error}");
}

#[test]
fn a_request_that_lacks_a_column_is_told_which() {
    let store = store();
    store.register_on_demand(&group().build().unwrap()).unwrap();
    let rows = entities().batches()[0].project(&[0, 1]).unwrap();
    let rows = EntityRows::at_times(rows, "time").unwrap();
    let error = store.get_historical_features(&rows, ["r.ratio"], &HistoricalOptions::default()).unwrap_err();
    assert_eq!(error.code(), "VV0420");
    let expected = "the entity table has no column `amount`, which `r@v1` needs: it has `k`, `time`";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn computed_values_are_planned_and_explained() {
    let store = store();
    store.register_on_demand(&group().build().unwrap()).unwrap();
    let plan = store.plan_historical(&entities(), ["r.ratio"], &HistoricalOptions::default()).unwrap();
    let expected =
        "st@v1 on (k): (avg)\nw@v1 over 11us of st on (k): (n)\nr@v1 from st.avg, w.n, request.amount: ratio";
    assert_eq!(plan.to_string(), expected);
    assert_eq!(plan.origins().collect::<Vec<_>>(), ["r.ratio"]);
    let found = store.explain(&entities(), ["r.ratio"], &HistoricalOptions::default()).unwrap();
    assert_eq!(found.values[0].to_string(), "row 0, ratio = 2.0 [r@v1]");
    assert_eq!(found.values[1].reason, Reason::NullComputed);
    assert_eq!(found.values.len(), 4);
}

#[test]
fn windows_of_a_group_count_rows_that_were_restated_once() {
    let store = store();
    let again = RecordBatch::try_from_iter_with_nullable([
        ("k", ints(vec![Some(1)]), true),
        ("at", times(vec![15]), true),
        ("avg", doubles(vec![None]), true),
    ]);
    let again = again.unwrap();
    let country: ArrayRef = Arc::new(arrow::array::StringArray::from(vec![None::<&str>]));
    let columns = again.columns().iter().cloned().chain([country]).collect();
    let mut fields: Vec<_> = again.schema().fields().iter().cloned().collect();
    fields.push(Arc::new(arrow::datatypes::Field::new("country", arrow::datatypes::DataType::Utf8, true)));
    let schema = Arc::new(arrow::datatypes::Schema::new(fields));
    let _ = store.write("st", &[RecordBatch::try_new(schema, columns).unwrap()], WriteMode::Append).unwrap();
    let found = read(&store, &["w.*"]);
    assert_eq!(found.column(3).as_primitive::<Int64Type>().value(0), 2, "those at 10 and 15, each once");
    let most = found.column(4).as_primitive::<Float64Type>().iter().next();
    assert_eq!(most, Some(Some(2.0)), "the value at 15 was taken back");
}

#[test]
fn a_table_with_derived_columns_is_compared_with_what_was_known() {
    let store = store();
    store.register_on_demand(&group().build().unwrap()).unwrap();
    let references = ["r.ratio", "w.n"];
    let made = read(&store, &references);
    let same = EntityRows::at_times(made.clone(), "time").unwrap();
    let report = store.leak_check(&same, references, &HistoricalOptions::default()).unwrap();
    assert!(report.is_clean(), "{report}");
    let mut columns = made.columns().to_vec();
    columns[4] = ints(vec![Some(2), Some(1), Some(9), Some(1)]);
    let other = EntityRows::at_times(RecordBatch::try_new(made.schema(), columns).unwrap(), "time").unwrap();
    let report = store.leak_check(&other, references, &HistoricalOptions::default()).unwrap();
    let n = report.columns.iter().find(|column| column.column == "n").unwrap();
    assert_eq!((n.equal, n.different, n.leaked), (3, 1, 0));
    assert_eq!(report.differences[0].given.as_deref(), Some("9"));
}
