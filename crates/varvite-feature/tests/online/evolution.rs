//! Definitions that change within a version (S14): rows written before are read as they are defined now.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Float32Array, Float64Array, Int32Array, Int64Array, RecordBatch,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType as Arrow, Float64Type, Int64Type};
use varvite_feature::online::OnlineScalar;
use varvite_schema::{DataType, FeatureGroupSchema, FeatureSchema};

use crate::world::{World, at, options};

fn group(features: &[(&str, DataType)]) -> Arc<FeatureGroupSchema> {
    let group = FeatureGroupSchema::builder("g").entity_key("k", DataType::BigInt).event_time("at");
    let group = features
        .iter()
        .fold(group, |group, (name, data_type)| group.feature(FeatureSchema::builder(*name, data_type.clone())));
    Arc::new(group.build().unwrap())
}

fn rows(key: i64, commit: i64, features: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let first = vec![
        ("k", Arc::new(Int64Array::from(vec![key])) as ArrayRef, false),
        ("at", Arc::new(TimestampMicrosecondArray::from(vec![key])), false),
    ];
    let features = features.into_iter().map(|(name, column)| (name, column, true));
    let commit = ("__commit", Arc::new(Int64Array::from(vec![commit])) as ArrayRef, false);
    RecordBatch::try_from_iter_with_nullable(first.into_iter().chain(features).chain([commit])).unwrap()
}

#[test]
fn features_are_added_and_widened() {
    let mut world = World::new(None);
    let int = |value: i32| Arc::new(Int32Array::from(vec![value])) as ArrayRef;
    let float = |value: f32| Arc::new(Float32Array::from(vec![value])) as ArrayRef;
    world.group = group(&[("i", DataType::Int), ("d", DataType::Int), ("f", DataType::Float)]);
    let old_lookup = world.lookup();
    let _ =
        world.dataset.write(rows(1, 0, vec![("i", int(-7)), ("d", int(3)), ("f", float(0.5))]), &options()).unwrap();
    world.up_to(1000);

    let wide = [("i", DataType::BigInt), ("d", DataType::Double), ("f", DataType::Double), ("new", DataType::String)];
    world.group = group(&wide);
    let lookup = world.lookup();
    let ids = RecordBatch::try_from_iter([("k", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef)]).unwrap();
    let check = |expected: [Option<i64>; 2]| {
        let answer = lookup.get(&ids, at(1000)).unwrap();
        assert_eq!(
            answer.column_by_name("i").unwrap().as_primitive::<Int64Type>().iter().collect::<Vec<_>>(),
            expected
        );
        let doubles = |name| answer.column_by_name(name).unwrap().as_primitive::<Float64Type>().value(0);
        assert_eq!((doubles("d"), doubles("f")), (3.0, 0.5));
        assert_eq!(answer.column_by_name("new__status").unwrap().as_string::<i32>().value(0), "NULL_VALUE");
        assert_eq!(answer.column_by_name("new").unwrap().data_type(), &Arrow::Utf8);
        let one = lookup.get_one(&[1_i64.into()], at(1000)).unwrap();
        let values: Vec<_> = one.into_iter().map(|value| value.value).collect();
        let expected = [OnlineScalar::Int(-7), OnlineScalar::Double(3.0), OnlineScalar::Double(0.5)];
        assert_eq!(values[..3], expected.map(Some));
        assert_eq!(values[3], None);
    };
    check([Some(-7), None]);

    let long = Arc::new(Int64Array::from(vec![1 << 40])) as ArrayRef;
    let double = |value: f64| Arc::new(Float64Array::from(vec![value])) as ArrayRef;
    let text = Arc::new(arrow::array::StringArray::from(vec!["new"])) as ArrayRef;
    let evolved = rows(2, 1, vec![("i", long), ("d", double(0.1)), ("f", double(0.1)), ("new", text)]);
    let _ = world.dataset.write(evolved, &options().with_evolution(true)).unwrap();
    assert_eq!(world.up_to(1000).rebuilt, None);
    check([Some(-7), Some(1 << 40)]);

    let refused = old_lookup.get(&ids, at(1000)).unwrap_err();
    assert_eq!(refused.code(), "VV0433", "a look-up for the old definition says so: {refused}");
}

#[test]
fn keys_of_other_types_are_made_anew() {
    let mut world = World::new(None);
    world.append(&[(1, 5, None, Some(5))]);
    world.up_to(1000);
    let other = FeatureGroupSchema::builder("g").entity_key("k", DataType::String).event_time("at");
    world.group = Arc::new(other.feature(FeatureSchema::builder("v", DataType::BigInt)).build().unwrap());
    let refused = world.lookup().get_one(&["1".into()], at(1000)).unwrap_err();
    assert_eq!(refused.code(), "VV0433");
}

#[test]
fn a_group_that_is_made_anew_with_other_features_is_served() {
    let mut world = World::new(None);
    let int = |value: i32| Arc::new(Int32Array::from(vec![value])) as ArrayRef;
    let text = |value: &str| Arc::new(arrow::array::StringArray::from(vec![value])) as ArrayRef;
    world.group = group(&[("a", DataType::Int), ("b", DataType::Int)]);
    let _ = world.dataset.write(rows(1, 0, vec![("a", int(1)), ("b", int(2))]), &options()).unwrap();
    world.up_to(1000);
    let values = |lookup: &varvite_feature::online::OnlineLookup| {
        let one = lookup.get_one(&[1_i64.into()], at(1000)).map_err(|error| error.code())?;
        Ok::<_, &'static str>(one.into_iter().map(|value| value.value).collect::<Vec<_>>())
    };
    let lookup = world.lookup();
    assert_eq!(values(&lookup).unwrap(), [Some(OnlineScalar::Int(1)), Some(OnlineScalar::Int(2))]);

    // The same features in another order, after nothing was left: the prepared look-up finds them.
    world.store.remove("g@v1").unwrap();
    world.group = group(&[("b", DataType::Int), ("a", DataType::Int)]);
    world.up_to(1000);
    assert_eq!(values(&lookup).unwrap(), [Some(OnlineScalar::Int(1)), Some(OnlineScalar::Int(2))]);

    world.dataset.remove().unwrap();
    world.group = group(&[("a", DataType::String)]);
    let _ = world.dataset.write(rows(1, 0, vec![("a", text("new"))]), &options()).unwrap();
    world.up_to(1000);
    assert_eq!(values(&world.lookup()).unwrap(), [Some(OnlineScalar::Text("new".to_owned()))]);
    assert_eq!(values(&lookup).unwrap_err(), "VV0433", "asked for as an integer");
}
