//! Values of every type come back from their columns, from any slice of them, and from wider forms.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date64Array, DictionaryArray, Int8Array, LargeStringArray, RecordBatch, StringArray, StringViewArray,
    TimestampNanosecondArray, TimestampSecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int32Type};
use bytes::Bytes;
use proptest::prelude::*;
use varvite_asset::chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use varvite_asset::{Decimal, FeatureModel};
use varvite_time::Instant;

macro_rules! all_types {
    ($($field:ident: $type:ty = $strategy:expr;)+) => {
        #[derive(FeatureModel, Debug, Clone, PartialEq)]
        #[model(asset = "all", undated)]
        struct All {
            $($field: $type,)+
        }

        #[derive(FeatureModel, Debug, Clone, PartialEq)]
        #[model(nested)]
        struct Nested {
            $($field: Option<$type>,)+
        }

        #[derive(FeatureModel, Debug, Clone, PartialEq)]
        #[model(asset = "optional", undated)]
        struct Optional {
            nested: Option<Nested>,
            list: Vec<Option<Vec<i16>>>,
            structs: Option<Vec<Part>>,
            inner: Nested,
        }

        fn nested() -> BoxedStrategy<Nested> {
            let value = (0..4_u8, all()).prop_map(|(nulls, all)| Nested {
                $($field: (nulls != 0).then_some(all.$field),)+
            });
            value.boxed()
        }

        fn all() -> BoxedStrategy<All> {
            let start = Just(()).boxed();
            $(let $field = $strategy.boxed();)+
            start.prop_perturb(move |(), rng| {
                let mut runner = proptest::test_runner::TestRunner::new_with_rng(Default::default(), rng);
                All { $($field: $field.new_tree(&mut runner).unwrap().current(),)+ }
            }).boxed()
        }
    };
}

use proptest::strategy::ValueTree;

all_types! {
    a: i8 = any::<i8>();
    b: i16 = any::<i16>();
    c: i32 = any::<i32>();
    d: i64 = any::<i64>();
    e: u8 = any::<u8>();
    f: u16 = any::<u16>();
    g: u32 = any::<u32>();
    h: u64 = any::<u64>();
    i: f32 = -1e30_f32..1e30;
    j: f64 = -1e300_f64..1e300;
    k: bool = any::<bool>();
    l: String = ".{0,5}";
    m: NaiveDate = (-1_000_000..1_000_000).prop_map(|days| NaiveDate::from_num_days_from_ce_opt(days).unwrap());
    n: NaiveTime = (0_u32..86_400, 0_u32..1_000_000).prop_map(|(s, us)| NaiveTime::from_num_seconds_from_midnight_opt(s, us * 1000).unwrap());
    o: NaiveDateTime = micros().prop_map(|us| DateTime::from_timestamp_micros(us).unwrap().naive_utc());
    p: DateTime<Utc> = micros().prop_map(|us| DateTime::from_timestamp_micros(us).unwrap());
    q: Instant = any::<i64>().prop_map(|ns| Instant::from_ns(ns.into()));
    r: Decimal<20, 4> = (-(10_i128.pow(20) - 1)..10_i128.pow(20)).prop_map(|units| Decimal::from_unscaled(units).unwrap());
    s: Bytes = proptest::collection::vec(any::<u8>(), 0..5).prop_map(Bytes::from);
    t: Vec<i64> = proptest::collection::vec(any::<i64>(), 0..4);
}

#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(nested)]
struct Part {
    x: i32,
    name: Option<String>,
}

fn micros() -> std::ops::Range<i64> {
    -8_000_000_000_000_000_000..8_000_000_000_000_000_000
}

fn part() -> impl Strategy<Value = Part> {
    (any::<i32>(), proptest::option::of("[a-z]{0,3}")).prop_map(|(x, name)| Part { x, name })
}

fn optional() -> impl Strategy<Value = Optional> {
    let list = proptest::collection::vec(proptest::option::of(proptest::collection::vec(any::<i16>(), 0..3)), 0..3);
    let structs = proptest::option::of(proptest::collection::vec(part(), 0..3));
    (proptest::option::of(nested()), list, structs, nested()).prop_map(|(nested, list, structs, inner)| Optional {
        nested,
        list,
        structs,
        inner,
    })
}

fn comes_back<M: FeatureModel + PartialEq + std::fmt::Debug>(rows: &[M], from: usize) {
    let batch = M::encode(rows).unwrap();
    let from = from.min(rows.len());
    let mut back = Vec::new();
    M::decode(&batch.slice(from, rows.len() - from), &mut back).unwrap();
    assert_eq!(back, rows[from..]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_type(rows in proptest::collection::vec(all(), 0..12), from in 0_usize..6) {
        comes_back(&rows, from);
    }

    #[test]
    fn nulls_lists_and_structs(rows in proptest::collection::vec(optional(), 0..12), from in 0_usize..6) {
        comes_back(&rows, from);
    }
}

#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "one", undated)]
struct Text {
    x: String,
}

#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "one", undated)]
struct Time {
    x: DateTime<Utc>,
}

#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "one", undated)]
struct Day {
    x: NaiveDate,
}

#[derive(FeatureModel, Debug, Clone, PartialEq)]
#[model(asset = "one", undated)]
struct Numbers {
    x: Vec<i64>,
}

fn read<M: FeatureModel>(column: ArrayRef) -> Result<Vec<M>, String> {
    let batch = RecordBatch::try_from_iter_with_nullable([("x", column, true)]).unwrap();
    let mut rows = Vec::new();
    M::decode(&batch, &mut rows).map_err(|error| error.to_string()).map(|()| rows)
}

#[test]
fn text_in_any_form() {
    let texts = vec!["a", "b", "a"];
    let columns: [ArrayRef; 4] = [
        Arc::new(StringArray::from(texts.clone())),
        Arc::new(LargeStringArray::from(texts.clone())),
        Arc::new(StringViewArray::from(texts.clone())),
        Arc::new(texts.iter().copied().collect::<DictionaryArray<Int32Type>>()),
    ];
    for column in columns {
        let rows: Vec<Text> = read(column).unwrap();
        assert_eq!(rows.iter().map(|row| row.x.as_str()).collect::<Vec<_>>(), texts);
    }
}

#[test]
fn times_of_other_units_where_nothing_is_lost() {
    let seconds: ArrayRef = Arc::new(TimestampSecondArray::from(vec![0, 5]));
    assert_eq!(read::<Time>(seconds).unwrap()[1].x, DateTime::from_timestamp(5, 0).unwrap());
    let ns: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![1000, 2000]).with_timezone("Europe/Berlin"));
    assert_eq!(read::<Time>(ns).unwrap()[1].x, DateTime::from_timestamp_micros(2).unwrap());
    let fine: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![1000, 2001]));
    let message = read::<Time>(fine).unwrap_err();
    assert!(message.starts_with("column `x`, row 1: the time lies between two ticks"), "{message}");
    let far: ArrayRef = Arc::new(TimestampSecondArray::from(vec![i64::MAX]));
    assert!(read::<Time>(far).unwrap_err().contains("does not fit"));
    let days: ArrayRef = Arc::new(Date64Array::from(vec![86_400_000]));
    assert_eq!(read::<Day>(days).unwrap()[0].x, NaiveDate::from_ymd_opt(1970, 1, 2).unwrap());
}

#[test]
fn lists_of_any_form_and_narrower_elements() {
    let flat = Numbers::encode(&[Numbers { x: vec![1, 2] }, Numbers { x: vec![] }]).unwrap();
    let field = |data_type| Arc::new(arrow::datatypes::Field::new("item", data_type, true));
    let large = cast(flat.column(0), &DataType::LargeList(field(DataType::Int8))).unwrap();
    assert_eq!(read::<Numbers>(large).unwrap(), [Numbers { x: vec![1, 2] }, Numbers { x: vec![] }]);
    let column: ArrayRef = Arc::new(Int8Array::from(vec![1]));
    assert!(read::<Numbers>(column).unwrap_err().contains("the field needs List"));
}

#[test]
fn what_a_column_cannot_hold_is_refused() {
    let fine = Time { x: DateTime::from_timestamp(0, 1).unwrap() };
    let whole = Time { x: DateTime::UNIX_EPOCH };
    let message = Time::encode(&[whole, fine]).unwrap_err().to_string();
    assert!(message.starts_with("column `x`, row 1: it has parts of a microsecond"), "{message}");
}

#[derive(FeatureModel, Debug, PartialEq)]
#[model(asset = "weather", undated)]
struct WeatherV1 {
    celsius: f64,
}

#[derive(FeatureModel, Debug, PartialEq)]
#[model(asset = "weather", undated, version = 2, reads(WeatherV1))]
struct Weather {
    kelvin: f64,
}

impl From<WeatherV1> for Weather {
    fn from(earlier: WeatherV1) -> Self {
        Self { kelvin: earlier.celsius + 273.15 }
    }
}

#[test]
fn rows_of_an_earlier_version_become_rows_of_this_one() {
    let earlier = &Weather::earlier()[0];
    assert_eq!(earlier.schema.version, 1);
    let mut rows = Vec::new();
    (earlier.decode)(&WeatherV1::encode(&[WeatherV1 { celsius: 0.0 }]).unwrap(), &mut rows).unwrap();
    assert_eq!(rows, [Weather { kelvin: 273.15 }]);
}
