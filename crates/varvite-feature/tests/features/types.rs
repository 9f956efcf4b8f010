//! Values come back as they were given, keys of other widths are the same keys, and types widen (S14, S19).

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, Decimal256Array, DictionaryArray,
    FixedSizeListBuilder, Float32Array, Float32Builder, Int8Array, Int16Array, Int32Array, Int32Builder, Int64Builder,
    LargeStringArray, ListBuilder, MapBuilder, MapFieldNames, RecordBatch, StringBuilder, StringViewArray, StructArray,
    TimestampNanosecondArray, UInt8Array, UInt64Array, new_null_array,
};
use arrow::datatypes::{Field, Fields, i256};
use varvite_feature::{EntityRows, FeatureStore, HistoricalOptions, WriteMode};
use varvite_schema::{DataType, FeatureGroupSchema, FeatureSchema};
use varvite_time::Instant;

use crate::world::{batch, doubles, int32s, ints, line, simple, store, stored, texts, times, us};

/// Three values of each type, the last a null.
fn samples() -> Vec<(&'static str, ArrayRef)> {
    let floats: ArrayRef = Arc::new(Float32Array::from(vec![Some(f32::NAN), Some(-0.0), None]));
    let booleans: ArrayRef = Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]));
    let dates: ArrayRef = Arc::new(Date32Array::from(vec![Some(-719_162), Some(2_932_896), None]));
    let instants: ArrayRef = Arc::new(
        TimestampNanosecondArray::from(vec![Some(i64::MIN), Some(i64::MAX), None]).with_timezone("Asia/Tokyo"),
    );
    let decimals: ArrayRef = Arc::new(
        Decimal128Array::from(vec![Some(-(10_i128.pow(38) - 1)), Some(1), None])
            .with_precision_and_scale(38, 9)
            .unwrap(),
    );
    let wide = [Some(i256::from_i128(i128::MIN)), Some(i256::ONE), None];
    let wide: ArrayRef = Arc::new(Decimal256Array::from_iter(wide).with_precision_and_scale(60, 5).unwrap());
    vec![
        ("int", int32s([Some(i32::MIN), Some(i32::MAX), None])),
        ("bigint", ints([Some(i64::MIN), Some(i64::MAX), None])),
        ("float", floats),
        ("double", doubles([Some(f64::NAN), Some(f64::MIN_POSITIVE), None])),
        ("string", texts([Some(""), Some("\u{1f980}\0\""), None])),
        ("boolean", booleans),
        ("date", dates),
        ("timestamp[ns, Asia/Tokyo]", instants),
        ("decimal(38, 9)", decimals),
        ("decimal(60, 5)", wide),
        ("array<int>", list()),
        ("array<float not null, 2>", vector()),
        ("struct<a: int, b: string not null>", structs()),
        ("map<string, bigint>", map()),
        ("array<struct<a: int, b: string not null>>", nested()),
    ]
}

fn list() -> ArrayRef {
    let mut list = ListBuilder::new(Int32Builder::new());
    list.append_value([Some(1), None]);
    list.append_value([]);
    list.append_null();
    Arc::new(list.finish())
}

fn vector() -> ArrayRef {
    let item = Field::new("item", arrow::datatypes::DataType::Float32, false);
    let mut vector = FixedSizeListBuilder::new(Float32Builder::new(), 2).with_field(item);
    for (values, valid) in [([1.5, -2.5], true), ([f32::INFINITY, 0.0], true), ([0.0, 0.0], false)] {
        vector.values().append_slice(&values);
        vector.append(valid);
    }
    Arc::new(vector.finish())
}

fn fields() -> Fields {
    let a = Field::new("a", arrow::datatypes::DataType::Int32, true);
    Fields::from(vec![a, Field::new("b", arrow::datatypes::DataType::Utf8, false)])
}

fn structs() -> ArrayRef {
    let nulls = arrow::buffer::NullBuffer::from(vec![true, true, false]);
    let columns = vec![int32s([Some(1), None, Some(0)]), texts(["x", "", ""])];
    Arc::new(StructArray::new(fields(), columns, Some(nulls)))
}

fn map() -> ArrayRef {
    let names = MapFieldNames { entry: "entries".into(), key: "key".into(), value: "value".into() };
    let mut map = MapBuilder::new(Some(names), StringBuilder::new(), Int64Builder::new());
    map.keys().append_value("one");
    map.values().append_value(1);
    map.keys().append_value("none");
    map.values().append_null();
    map.append(true).unwrap();
    map.append(true).unwrap();
    map.append(false).unwrap();
    Arc::new(map.finish())
}

fn nested() -> ArrayRef {
    let values = StructArray::new(fields(), vec![int32s([Some(1), None]), texts(["x", "y"])], None);
    let item = Arc::new(Field::new("item", values.data_type().clone(), true));
    let offsets = arrow::buffer::OffsetBuffer::from_lengths([2, 0, 0]);
    let nulls = arrow::buffer::NullBuffer::from(vec![true, true, false]);
    Arc::new(arrow::array::ListArray::new(item, offsets, Arc::new(values), Some(nulls)))
}

fn all_types() -> FeatureStore {
    let store = store();
    let mut group = FeatureGroupSchema::builder("g").entity_key("k", DataType::BigInt).event_time("at");
    for (at, (data_type, _)) in samples().into_iter().enumerate() {
        group = group.feature(FeatureSchema::builder(format!("f{at}"), data_type));
    }
    store.register(&group.build().unwrap()).unwrap();
    store
}

fn all_columns() -> RecordBatch {
    let names: Vec<String> = (0..samples().len()).map(|at| format!("f{at}")).collect();
    let values = names.iter().zip(samples()).map(|(name, (_, array))| (name.as_str(), array));
    batch([("k", ints([1, 2, 3])), ("at", times([1, 2, 3]))].into_iter().chain(values))
}

fn read(store: &FeatureStore, keys: ArrayRef, reference: &str) -> RecordBatch {
    let entities = EntityRows::at(batch([("k", keys)]), us(100)).unwrap();
    store.get_historical_features(&entities, [reference], &HistoricalOptions::default()).unwrap().to_batch().unwrap()
}

#[test]
fn s19_values_of_every_type_come_back_exactly() {
    let store = all_types();
    let _ = store.write("g", &[all_columns()], WriteMode::Append).unwrap();
    let found = read(&store, ints([3, 9, 2, 1, 1]), "g.*");
    for (at, (data_type, array)) in samples().into_iter().enumerate() {
        let column = found.column_by_name(&format!("f{at}")).unwrap();
        assert_eq!(column.data_type(), array.data_type(), "{data_type}");
        let row = |row: usize| array.slice(row, 1);
        let none = new_null_array(array.data_type(), 1);
        for (place, expected) in [row(2), none, row(1), row(0), row(0)].iter().enumerate() {
            assert_eq!(&column.slice(place, 1), expected, "{data_type}");
        }
    }
    // Statistics and explanations know all types, too.
    assert_eq!(store.statistics("g").unwrap().len(), samples().len());
    let entities = EntityRows::at(batch([("k", ints([1]))]), us(100)).unwrap();
    assert_eq!(store.explain(&entities, ["g.*"], &HistoricalOptions::default()).unwrap().values.len(), samples().len());
}

#[test]
fn s13_rows_of_every_type_are_known_again() {
    let store = all_types();
    let _ = store.write("g", &[all_columns()], WriteMode::Append).unwrap();
    let again = store.write("g", &[all_columns()], WriteMode::Upsert).unwrap();
    assert_eq!((again.identical, again.commit), (3, None), "{again}");
    // Every type is compared by itself.
    for at in 0..samples().len() {
        let mut columns = all_columns().columns().to_vec();
        columns[at + 2] = new_null_array(columns[at + 2].data_type(), 3);
        let changed = RecordBatch::try_new(all_columns().schema(), columns).unwrap();
        let report = store.write("g", &[changed], WriteMode::Upsert).unwrap();
        assert_eq!((report.identical, report.written), (1, 2), "{}: {report}", samples()[at].0);
        let report = store.write("g", &[all_columns()], WriteMode::Upsert).unwrap();
        assert_eq!((report.identical, report.written), (1, 2), "{}: {report}", samples()[at].0);
    }
}

#[test]
fn s01_features_that_no_row_brings_are_null() {
    let store = all_types();
    let _ = store.write("g", &[all_columns().project(&[0, 1]).unwrap()], WriteMode::Append).unwrap();
    let found = read(&store, ints([1, 2]), "g.*");
    for (at, (data_type, array)) in samples().into_iter().enumerate() {
        let column = found.column_by_name(&format!("f{at}")).unwrap();
        assert_eq!((column.data_type(), column.null_count()), (array.data_type(), 2), "{data_type}");
    }
}

#[test]
fn s19_integer_keys_match_whatever_their_width() {
    let store = store();
    for (name, data_type) in [("narrow", DataType::Int), ("wide", DataType::BigInt)] {
        let group = FeatureGroupSchema::builder(name).entity_key("k", data_type).event_time("at");
        store.register(&group.feature(FeatureSchema::builder("v", "bigint")).build().unwrap()).unwrap();
        let keys: ArrayRef = Arc::new(Int16Array::from(vec![-1, 7]));
        let rows = batch([("k", keys), ("at", times([1, 1])), ("v", ints([10, 20]))]);
        let _ = store.write(name, &[rows], WriteMode::Append).unwrap();
        let found = |keys: ArrayRef| line(&read(&store, keys, &format!("{name}.v")), "v");
        assert_eq!(found(Arc::new(Int8Array::from(vec![7, -1]))), "20 10");
        assert_eq!(found(Arc::new(UInt8Array::from(vec![7, 255]))), "20 -");
        assert_eq!(found(Arc::new(Int32Array::from(vec![7, -1]))), "20 10");
        // Values that the key's type does not hold are no keys of the group: they are not found, and are no nulls.
        assert_eq!(found(ints([7, 5_000_000_007, i64::MAX])), "20 - -");
        assert_eq!(found(Arc::new(UInt64Array::from(vec![7, u64::MAX]))), "20 -");
    }
}

#[test]
fn s06_a_key_that_the_group_cannot_hold_is_unknown_and_not_null() {
    let store = store();
    let group = FeatureGroupSchema::builder("g").entity_key("k", DataType::Int).event_time("at");
    store.register(&group.feature(FeatureSchema::builder("v", "bigint")).build().unwrap()).unwrap();
    let rows = batch([("k", int32s([7])), ("at", times([1])), ("v", ints([20]))]);
    let _ = store.write("g", &[rows], WriteMode::Append).unwrap();
    let entities = EntityRows::at(batch([("k", ints([7, 5_000_000_000]))]), us(100)).unwrap();
    let strict = HistoricalOptions::default().with_strict(true);
    let found = store.get_historical_features(&entities, ["g.v"], &strict).unwrap();
    assert_eq!(found.report().null_keys, []);
    assert_eq!(line(&found.to_batch().unwrap(), "v"), "20 -");
    let explained = store.explain(&entities, ["g.v"], &HistoricalOptions::default()).unwrap();
    assert_eq!(explained.values[1].reason, varvite_feature::Reason::UnknownEntity);
}

#[test]
fn s19_text_is_text_and_never_a_number() {
    let store = store();
    let group = FeatureGroupSchema::builder("words").entity_key("k", DataType::String).event_time("at");
    store.register(&group.feature(FeatureSchema::builder("v", "bigint")).build().unwrap()).unwrap();
    store.register(&simple("numbers").build().unwrap()).unwrap();
    let dictionary = |values: Vec<&'static str>| -> ArrayRef {
        Arc::new(values.into_iter().collect::<DictionaryArray<arrow::datatypes::Int8Type>>())
    };
    let forms: Vec<ArrayRef> = vec![
        texts(["a", "", "a"]),
        Arc::new(LargeStringArray::from(vec!["a", "", "a"])),
        Arc::new(StringViewArray::from(vec!["a", "", "a"])),
        dictionary(vec!["a", "", "a"]),
    ];
    for form in &forms {
        let rows = batch([("k", Arc::clone(form)), ("at", times([1, 1, 2])), ("v", ints([1, 2, 3]))]);
        let _ = store.write("words", &[rows], WriteMode::Upsert).unwrap();
        assert_eq!(store.group("words").unwrap().num_rows(), 3, "{}", form.data_type());
        for asked in &forms {
            assert_eq!(line(&read(&store, Arc::clone(asked), "words.v"), "v"), "3 2 3", "{}", asked.data_type());
        }
    }
    let entities = |keys: ArrayRef| EntityRows::at(batch([("k", keys)]), us(9)).unwrap();
    for (keys, reference) in [(texts(["1"]), "numbers.v"), (ints([1]), "words.v"), (doubles([1.0]), "numbers.v")] {
        let options = HistoricalOptions::default();
        let error = store.get_historical_features(&entities(keys), [reference], &options).unwrap_err();
        assert_eq!(error.code(), "VV0421", "{error}");
        assert!(error.help().is_some());
    }
    let error = store.delete("numbers", &[batch([("k", texts(["1"]))])]).unwrap_err();
    assert_eq!(error.to_string(), "key `k` is Utf8 in the entity table, but Int64 in numbers@v1");
}

#[test]
fn s14_numbers_widen_in_the_middle_of_a_history() {
    let cases = [("int", "bigint"), ("int", "double"), ("float", "double")];
    for (before, after) in cases {
        let store = store();
        let group = |data_type: &str| simple("g").feature(FeatureSchema::builder("n", data_type)).build().unwrap();
        store.register(&group(before)).unwrap();
        let stale = store.group("g").unwrap();
        let narrow: ArrayRef =
            arrow::compute::cast(&int32s([1, 2]), &group(before).get_feature("n").unwrap().data_type().to_arrow())
                .unwrap();
        let table = |values: &ArrayRef, from: i64| {
            let at = times([from, from + 1]);
            batch([("k", ints([1, 2])), ("at", at), ("v", ints([0, 0])), ("n", Arc::clone(values))])
        };
        let _ = store.write("g", &[table(&narrow, 1)], WriteMode::Append).unwrap();
        store.register(&group(after)).unwrap();
        let type_after = DataType::to_arrow(&after.parse().unwrap());
        let found = |keys: ArrayRef, at: i64| {
            let entities = EntityRows::at(batch([("k", keys)]), us(at)).unwrap();
            let options = HistoricalOptions::default();
            let found = store.get_historical_features(&entities, ["g.n"], &options).unwrap().to_batch().unwrap();
            assert_eq!(found.column_by_name("n").unwrap().data_type(), &type_after);
            line(&found, "n").replace(".0", "")
        };
        assert_eq!(found(ints([1, 2]), 9), "1 2", "{before} to {after}, nothing written yet");
        let wide: ArrayRef = arrow::compute::cast(&ints([5_000_000_000, 6]), &type_after).unwrap();
        let _ = store.write("g", &[table(&wide, 11)], WriteMode::Append).unwrap();
        assert_eq!(found(ints([1, 2]), 99), "5000000000 6", "{before} to {after}");
        assert_eq!(found(ints([1, 2]), 9), "1 2", "{before} to {after}: what was there");
        // The same rows are known again in their new type.
        let report = store.write("g", &[table(&narrow, 1)], WriteMode::Upsert).unwrap();
        assert_eq!(report.identical, 2, "{before} to {after}: {report}");
        // A handle from before neither loses what does not fit, nor makes nulls of it.
        let entities = EntityRows::at(batch([("k", ints([1]))]), us(99)).unwrap();
        let read = stale
            .dataset()
            .refresh()
            .map(|_| stale.get_historical_features(&entities, &["n"], &HistoricalOptions::default()));
        if let Ok(Ok(read)) = read {
            let value = line(&read.to_batch().unwrap(), "n");
            assert_ne!(value, "-", "{before} to {after}: a stale handle makes nulls of values");
        }
        let written = stale.write(&[table(&narrow, 21)], WriteMode::Append, Instant::from_ns(0));
        assert_eq!(found(ints([1, 2]), 19), "5000000000 6", "{before} to {after}: {written:?}");
        assert_eq!(store.group("g").unwrap().num_rows(), if written.is_ok() { 6 } else { 4 });
        assert_eq!(found(ints([1, 2]), 9), "1 2");
    }
}

#[test]
fn s14_a_feature_that_came_later_is_null_before() {
    let store = store();
    store.register(&simple("g").build().unwrap()).unwrap();
    let old = store.group("g").unwrap();
    let table = |at: i64| batch([("k", ints([1])), ("at", times([at])), ("v", ints([at]))]);
    let _ = store.write("g", &[table(1)], WriteMode::Append).unwrap();
    let wider = simple("g").feature(FeatureSchema::builder("w", "array<double>")).build().unwrap();
    store.register(&wider).unwrap();
    let names = |found: &RecordBatch| (line(found, "v"), line(found, "w"));
    assert_eq!(names(&read(&store, ints([1]), "g.*")), ("1".into(), "-".into()), "before it is stored");
    let mut list = ListBuilder::new(arrow::array::Float64Builder::new());
    list.append_value([Some(0.5)]);
    let list: ArrayRef = Arc::new(list.finish());
    let with_w = batch([("k", ints([1])), ("at", times([5])), ("v", ints([5])), ("w", list)]);
    let _ = store.write("g", &[with_w], WriteMode::Append).unwrap();
    assert_eq!(names(&read(&store, ints([1]), "g.*")), ("5".into(), "[0.5]".into()));
    assert_eq!(line(&stored(&store.group("g").unwrap()), "w"), "- [0.5]");
    // One who does not know of it yet writes on, and takes nothing away.
    let _ = old.write(&[table(3)], WriteMode::Append, Instant::from_ns(0)).unwrap();
    assert_eq!(line(&stored(&store.group("g").unwrap()), "w"), "- - [0.5]");
    // An upsert of the first row is known again, though it lacks the feature.
    let report = store.write("g", &[table(1)], WriteMode::Upsert).unwrap();
    assert_eq!(report.identical, 1, "{report}");
}
