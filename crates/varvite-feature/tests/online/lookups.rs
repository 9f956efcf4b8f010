//! What look-ups answer: statuses, TTL, the future, keys, columns (S05, S06, S10, S11, S12, S15, S19, S20).

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, UInt64Array,
};
use arrow::datatypes::{DataType as Arrow, Int64Type, TimeUnit as ArrowUnit};
use varvite_feature::online::{KeyPart, LookupOptions, OnlineColumn, OnlineLookup, OnlineScalar};
use varvite_schema::{DataType, FeatureGroupSchema, FeatureSchema};

use crate::world::{World, at, next_commit, options};

const DAY: i64 = 86_400_000_000;

fn ids(name: &str, keys: ArrayRef) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable([(name, keys, true)]).unwrap()
}

#[test]
fn a_null_value_is_not_a_missing_row() {
    let world = World::new(None);
    world.append(&[(1, 3, None, None), (2, 3, None, Some(2))]);
    assert_eq!(world.values(&[1, 2], 9), "- NOT_FOUND @-, - NOT_FOUND @-", "nothing is materialized");
    world.up_to(1000);
    assert_eq!(world.values(&[1, 2, 3, 2], 9), "- NULL_VALUE @3, 2 PRESENT @3, - NOT_FOUND @-, 2 PRESENT @3");
}

#[test]
fn a_row_just_as_old_as_the_ttl_is_served_and_an_older_one_withheld() {
    let world = World::new(Some("1d"));
    world.append(&[(1, 0, None, Some(7)), (2, 0, None, None)]);
    world.up_to(DAY);
    assert_eq!(world.values(&[1, 2], DAY), "7 PRESENT @0, - NULL_VALUE @0");
    assert_eq!(world.values(&[1, 2], DAY + 1), "- OUTSIDE_MAX_AGE @0, - OUTSIDE_MAX_AGE @0");
}

#[test]
fn the_future_is_not_served() {
    let world = World::new(None);
    world.append(&[(1, 50, None, Some(5)), (1, 200, None, Some(20))]);
    world.up_to(100);
    assert_eq!(world.values(&[1], 100), "5 PRESENT @50", "rows after the bound wait");
    assert_eq!(world.values(&[1], 49), "- NOT_FOUND @-", "rows after now are not known yet");
    let report = world.up_to(199);
    assert_eq!((report.withheld_from, report.rows_read), (Some(at(200)), 0));
    assert_eq!(world.values(&[1], 300), "5 PRESENT @50");
    assert_eq!(world.up_to(200).rows_read, 1);
    assert_eq!(world.values(&[1], 300), "20 PRESENT @200");
}

#[test]
fn parts_of_composite_keys_do_not_run_together() {
    let mut world = World::new(None);
    let group = FeatureGroupSchema::builder("pairs")
        .entity_key("a", DataType::String)
        .entity_key("b", DataType::String)
        .event_time("at")
        .feature(FeatureSchema::builder("v", DataType::String));
    world.group = Arc::new(group.build().unwrap());
    let texts = |values: [&str; 3]| Arc::new(StringArray::from(values.to_vec())) as ArrayRef;
    let (a, b) = (texts(["1", "11", ""]), texts(["11", "1", "111"]));
    let rows = RecordBatch::try_from_iter([
        ("a", Arc::clone(&a)),
        ("b", Arc::clone(&b)),
        ("at", Arc::new(arrow::array::Date32Array::from(vec![0; 3])) as ArrayRef),
        ("v", texts(["first", "second", "third"])),
        ("__commit", Arc::new(Int64Array::from(vec![0; 3]))),
    ]);
    let _ = world.dataset.write(rows.unwrap(), &options()).unwrap();
    world.up_to(1000);
    let lookup = world.lookup();
    let answer =
        lookup.get(&RecordBatch::try_from_iter([("b", b), ("x", texts(["x"; 3])), ("a", a)]).unwrap(), at(1)).unwrap();
    let names: Vec<_> = answer.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["b", "x", "a", "v", "v__status", "pairs__event_ts"]);
    assert_eq!(answer.column(3).as_ref(), texts(["first", "second", "third"]).as_ref());
    assert_eq!(answer.column(5).data_type(), &Arrow::Date32, "times keep their type (S07)");
    assert_eq!(lookup.entity_columns(), ["a", "b"]);
    let one = |a, b| lookup.get_one(&[KeyPart::Text(a), KeyPart::Text(b)], at(1)).unwrap()[0].value.clone();
    assert_eq!(one("11", "1"), Some(OnlineScalar::Text("second".to_owned())));
    assert_eq!(one("1", "1"), None);
}

#[test]
fn integers_of_every_width_find_keys_and_other_types_are_refused() {
    let world = World::new(None);
    world.append(&[(-1, 3, None, Some(2)), (5, 3, None, Some(6))]);
    world.up_to(1000);
    let lookup = world.lookup();
    let values = |keys: ArrayRef| {
        let answer = lookup.get(&ids("k", keys), at(9)).unwrap();
        answer.column(1).as_primitive::<Int64Type>().iter().collect::<Vec<_>>()
    };
    assert_eq!(values(Arc::new(Int32Array::from(vec![Some(5), None, Some(-1)]))), [Some(6), None, Some(2)]);
    assert_eq!(values(Arc::new(UInt64Array::from(vec![5, u64::MAX]))), [Some(6), None], "not -1");
    assert_eq!(lookup.get_one(&[5_i32.into()], at(9)).unwrap()[0].value, Some(OnlineScalar::Int(6)));
    assert_eq!(lookup.get_one(&[KeyPart::Null], at(9)).unwrap()[0].status.as_str(), "NOT_FOUND");

    for keys in [Arc::new(StringArray::from(vec!["5"])) as ArrayRef, Arc::new(Float64Array::from(vec![5.0]))] {
        assert_eq!(lookup.get(&ids("k", keys), at(9)).unwrap_err().code(), "VV0421");
    }
    assert_eq!(lookup.get_one(&["5".into()], at(9)).unwrap_err().code(), "VV0421");
    let missing = lookup.get(&ids("other", Arc::new(Int64Array::from(vec![1]))), at(9)).unwrap_err();
    assert_eq!(missing.to_string(), "the entity table has no column `k`, which `g@v1` needs: it has `other`");
    assert_eq!(lookup.get_one(&[], at(9)).unwrap_err().code(), "VV0423");
}

#[test]
fn one_group_answers_for_two_entities() {
    let world = World::new(None);
    world.append(&[(1, 3, None, Some(10)), (2, 4, None, Some(20))]);
    world.up_to(1000);
    let column = |alias, key: &str| OnlineColumn::new(&world.group, "v").with_alias(alias).with_keys([("k", key)]);
    let columns = [column("sender", "from"), column("receiver", "to")];
    let full = LookupOptions::default().with_full_names(true);
    let lookup = OnlineLookup::prepare(&world.store, &columns, full).unwrap();
    let keys = |values: Vec<i64>| Arc::new(Int64Array::from(values)) as ArrayRef;
    let entities = RecordBatch::try_from_iter([("from", keys(vec![1, 2])), ("to", keys(vec![2, 3]))]).unwrap();
    let answer = lookup.get(&entities, at(9)).unwrap();
    let names: Vec<_> = answer.schema().fields()[2..].iter().map(|field| field.name().clone()).collect();
    let sender = ["sender__v", "sender__v__status", "sender__event_ts"];
    assert_eq!(names, [sender, ["receiver__v", "receiver__v__status", "receiver__event_ts"]].concat());
    let values = |at: usize| answer.column(at).as_primitive::<Int64Type>().iter().collect::<Vec<_>>();
    assert_eq!((values(2), values(5)), (vec![Some(10), Some(20)], vec![Some(20), None]));

    let clash = OnlineLookup::prepare(&world.store, &columns, LookupOptions::default()).unwrap_err();
    assert_eq!(clash.code(), "VV0422");
    let clash =
        world.lookup().get(&RecordBatch::try_from_iter([("k", keys(vec![1])), ("v", keys(vec![1]))]).unwrap(), at(9));
    assert_eq!(clash.unwrap_err().code(), "VV0422");
    let unknown = OnlineLookup::prepare(&world.store, &[OnlineColumn::new(&world.group, "w")], full).unwrap_err();
    assert!(unknown.to_string().contains("has no feature `w`"), "{unknown}");
    let bad = OnlineColumn::new(&world.group, "v").with_keys([("kk", "from")]);
    assert_eq!(OnlineLookup::prepare(&world.store, &[bad], full).unwrap_err().code(), "VV0424");
}

#[test]
fn a_group_without_event_time_serves_its_newest_commit() {
    let mut world = World::new(None);
    let group = FeatureGroupSchema::builder("plain").entity_key("k", DataType::BigInt);
    world.group = Arc::new(group.feature(FeatureSchema::builder("v", DataType::BigInt)).build().unwrap());
    for value in [1, 2] {
        let ints = |values: Vec<i64>| Arc::new(Int64Array::from(values)) as ArrayRef;
        let commit = next_commit(&world.dataset);
        let rows = [("k", ints(vec![7, 7])), ("v", ints(vec![0, value])), ("__commit", ints(vec![commit; 2]))];
        let rows = RecordBatch::try_from_iter(rows).unwrap();
        let _ = world.dataset.write(rows, &varvite_dataset::WriteOptions::ordered_on("__commit")).unwrap();
        world.up_to(0);
        let answer = world.lookup().get(&ids("k", Arc::new(Int64Array::from(vec![7, 8]))), at(0)).unwrap();
        assert_eq!(answer.num_columns(), 3, "there is no event time to report");
        assert_eq!(answer.column(1).as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), [Some(value), None]);
    }
}

#[test]
fn the_type_of_event_times_is_told_before_there_are_any() {
    let world = World::new(None);
    let answer = world.lookup().get(&ids("k", Arc::new(Int64Array::from(vec![7]))), at(0)).unwrap();
    assert_eq!(answer.column(3).data_type(), &Arrow::Timestamp(ArrowUnit::Microsecond, Some("UTC".into())));
    assert!(answer.column(3).is_null(0));
}
