//! Types have a text and an Arrow type, and come back from both.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::sync::Arc;

use proptest::prelude::*;
use varvite_schema::arrow_schema::{DataType as Arrow, Field, IntervalUnit, TimeUnit};
use varvite_schema::{DataType, ErrorKind};

proptest! {
    #[test]
    fn a_text_reads_back(data_type in common::data_types()) {
        prop_assert_eq!(data_type.to_string().parse::<DataType>(), Ok(data_type));
    }

    #[test]
    fn arrow_comes_back(data_type in common::data_types()) {
        let arrow = data_type.to_arrow();
        prop_assert_eq!(DataType::from_arrow(&arrow), Ok(data_type.clone()));
        prop_assert_eq!(DataType::from_arrow_values(&arrow), Ok(data_type.clone()));
        prop_assert_eq!(data_type.to_arrow(), arrow);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,30}") {
        let _ = text.parse::<DataType>();
    }

    #[test]
    fn no_text_like_a_type_panics(text in "(array|map|struct|decimal|timestamp|int|not null|[<>(),:`\\[\\] 0-9])*") {
        if let Ok(found) = text.parse::<DataType>() {
            prop_assert_eq!(found.to_string().parse::<DataType>(), Ok(found));
        }
    }
}

#[track_caller]
fn reads(text: &str, canonical: &str, arrow: &Arrow) {
    let found: DataType = text.parse().unwrap();
    assert_eq!(found.to_string(), canonical);
    assert_eq!(found.to_arrow(), *arrow);
}

#[test]
fn names_of_other_systems_are_read() {
    reads("int32", "int", &Arrow::Int32);
    reads("int64", "bigint", &Arrow::Int64);
    reads("float32", "float", &Arrow::Float32);
    reads("float64", "double", &Arrow::Float64);
    reads("bool", "boolean", &Arrow::Boolean);
    reads("STRING", "string", &Arrow::Utf8);
    reads("timestamp", "timestamp[us, UTC]", &Arrow::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
    reads("timestamp[ns,UTC]", "timestamp[ns, UTC]", &Arrow::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())));
    reads("timestamp[ms]", "timestamp[ms]", &Arrow::Timestamp(TimeUnit::Millisecond, None));
    reads("decimal(10,2)", "decimal(10, 2)", &Arrow::Decimal128(10, 2));
    reads("decimal(40, 2)", "decimal(40, 2)", &Arrow::Decimal256(40, 2));
    reads("list<float32>", "array<float>", &Arrow::List(Arc::new(Field::new("item", Arrow::Float32, true))));
    let vector = Arrow::FixedSizeList(Arc::new(Field::new("item", Arrow::Float32, false)), 3);
    reads("array<float not null,3>", "array<float not null, 3>", &vector);
    let fields = vec![Field::new("a", Arrow::Int32, true), Field::new("b c", Arrow::Utf8, false)];
    reads(
        "struct<a:int,`b c`:string not null>",
        "struct<a: int, `b c`: string not null>",
        &Arrow::Struct(fields.into()),
    );
}

#[track_caller]
fn refuses(text: &str, reason: &str) {
    let error = text.parse::<DataType>().unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::SchemaValidation, "VV0310"));
    assert_eq!(error.to_string(), format!("`{text}` is no data type: {reason}"));
}

#[test]
fn what_is_no_type_is_refused_with_a_reason() {
    refuses("", "a type is missing");
    refuses("strng", "`strng` is unknown: did you mean `string`?");
    refuses("int8 x", "`int8` is unknown: did you mean `int`?");
    refuses("int x", "there is `x` after the type");
    refuses("decimal", "a decimal needs its digits: write `decimal(10, 2)`");
    refuses("decimal(77, 2)", "a decimal has 1 to 76 digits, not 77");
    refuses("decimal(3, 4)", "4 digits after the point are more than 3 in all");
    refuses("timestamp[m]", "`m` is no unit of time: use s, ms, us or ns");
    let zone = "there is no zone `Mars/Base`: use an IANA name such as `Europe/Berlin`, or an offset such as `+02:00`";
    refuses("timestamp[us, Mars/Base]", zone);
    refuses("array", "an array needs the type of its elements: write `array<double>`");
    refuses("array<int", "`>` is missing at the end");
    refuses("array<int, 0>", "an array of 0 elements: use 1 to 2147483647");
    refuses("struct<a: int, a: int>", "field `a` is there twice");
    let deep = format!("{}int{}", "array<".repeat(40), ">".repeat(40));
    refuses(&deep, "types stand within types more than 16 levels deep");
}

#[track_caller]
fn has_no_counterpart(arrow: &Arrow, by_value: Option<&str>) {
    let error = DataType::from_arrow(arrow).unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::SchemaValidation, "VV0311"));
    assert_eq!(DataType::from_arrow_values(arrow).ok().map(|found| found.to_string()).as_deref(), by_value);
}

#[test]
fn arrow_types_without_a_counterpart_are_refused() {
    let item = |arrow| Arc::new(Field::new("item", arrow, true));
    has_no_counterpart(&Arrow::Int8, Some("int"));
    has_no_counterpart(&Arrow::UInt32, Some("bigint"));
    has_no_counterpart(&Arrow::Float16, Some("float"));
    has_no_counterpart(&Arrow::LargeUtf8, Some("string"));
    has_no_counterpart(&Arrow::Utf8View, Some("string"));
    has_no_counterpart(&Arrow::Dictionary(Box::new(Arrow::Int32), Box::new(Arrow::Utf8)), Some("string"));
    has_no_counterpart(&Arrow::LargeList(item(Arrow::Int16)), Some("array<int>"));
    has_no_counterpart(&Arrow::List(item(Arrow::LargeUtf8)), Some("array<string>"));
    has_no_counterpart(&Arrow::Decimal128(5, -2), Some("decimal(7, 0)"));
    has_no_counterpart(&Arrow::Decimal256(5, 2), Some("decimal(5, 2)"));
    has_no_counterpart(&Arrow::Decimal64(5, 2), Some("decimal(5, 2)"));
    let none = [
        Arrow::Null,
        Arrow::UInt64,
        Arrow::Date64,
        Arrow::Binary,
        Arrow::LargeBinary,
        Arrow::FixedSizeBinary(4),
        Arrow::Time64(TimeUnit::Nanosecond),
        Arrow::Duration(TimeUnit::Second),
        Arrow::Interval(IntervalUnit::DayTime),
        Arrow::Struct(Vec::<Field>::new().into()),
        Arrow::List(item(Arrow::Binary)),
        Arrow::Timestamp(TimeUnit::Second, Some("Mars/Base".into())),
    ];
    for arrow in none {
        has_no_counterpart(&arrow, None);
    }
}

#[test]
fn names_of_elements_are_no_part_of_a_type() {
    let element = Arrow::List(Arc::new(Field::new("element", Arrow::Float64, true)));
    assert_eq!(DataType::from_arrow(&element).unwrap(), DataType::array(DataType::Double));
}
