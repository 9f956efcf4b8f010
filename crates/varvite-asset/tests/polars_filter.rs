//! A filter has the same answers in a frame as over batches.
#![allow(clippy::unwrap_used, reason = "tests")]

mod frames;

use std::sync::Arc;

use frames::{catalog, frame};
use proptest::prelude::*;
use varvite_asset::chrono::{DateTime, NaiveDate, Utc};
use varvite_asset::{AssetWrite, Catalog, Comparison, Decimal, FeatureModel, Fetch, Filter, Value};

#[derive(FeatureModel, Debug, Clone)]
#[model(asset = "values", resolution = "1d", time = timestamp)]
struct Values {
    timestamp: DateTime<Utc>,
    row: i64,
    small: Option<u8>,
    float: Option<f32>,
    text: Option<String>,
    flag: Option<bool>,
    date: Option<NaiveDate>,
    price: Option<Decimal<9, 2>>,
}

fn rows() -> Vec<Values> {
    let row = |number: i64| {
        let some = number % 4 != 3;
        let low = u8::try_from(number % 6).unwrap();
        let float = if number % 7 == 0 { f32::NAN } else { f32::from(low) - 2.0 };
        Values {
            timestamp: frames::at(u32::try_from(number).unwrap()),
            row: number,
            small: some.then_some(low),
            float: (number % 5 != 4).then_some(float),
            text: some.then(|| format!("t{low}")),
            flag: some.then_some(number % 2 == 0),
            date: some.then(|| NaiveDate::from_ymd_opt(2024, 1, 1 + u32::from(low)).unwrap()),
            price: some.then(|| format!("{low}.50").parse().unwrap()),
        }
    };
    (0..40).map(row).collect()
}

fn stored() -> (tempfile::TempDir, Catalog) {
    let (folder, catalog) = catalog();
    let _ = catalog.write(&rows(), &AssetWrite::replace()).unwrap();
    (folder, catalog)
}

fn by_batch(filter: &Filter) -> Vec<i64> {
    let mask = filter.mask(&Values::encode(&rows()).unwrap()).unwrap();
    (0..40).filter(|row| mask.iter().nth(usize::try_from(*row).unwrap()).unwrap() == Some(true)).collect()
}

fn comparison() -> impl Strategy<Value = Comparison> {
    use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    prop::sample::select(vec![Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual])
}

fn literal() -> impl Strategy<Value = (&'static str, Value)> {
    let number =
        prop_oneof![(-3_i64..9).prop_map(Value::from), (-3.0..9.0).prop_map(Value::Float), Just(Value::Int(300))];
    prop_oneof![
        number.prop_map(|value| ("small", value)),
        prop_oneof![(-3.0..5.0).prop_map(Value::Float), Just(Value::Float(f64::NAN)), Just(Value::Int(2))]
            .prop_map(|value| ("float", value)),
        "t[0-6]?".prop_map(|text| ("text", Value::Text(text))),
        any::<bool>().prop_map(|flag| ("flag", Value::Bool(flag))),
        (1..8).prop_map(|day| ("date", Value::Text(format!("2024-01-0{day}")))),
        (0..60).prop_map(|tenths| ("price", Value::Text(format!("{}.{}05", tenths / 10, tenths % 10)))),
        (0..60).prop_map(|tenths| ("price", Value::Text(format!("{}.{}", tenths / 10, tenths % 10)))),
    ]
}

fn filter() -> impl Strategy<Value = Filter> {
    let compare = (literal(), comparison()).prop_map(|((column, value), comparison)| Filter::Compare {
        column: column.to_owned(),
        comparison,
        value,
    });
    let one_of = (literal(), literal()).prop_map(|((column, value), (other, also))| Filter::OneOf {
        column: column.to_owned(),
        values: if column == other { vec![value, also] } else { vec![value] },
    });
    let is_null = prop::sample::select(vec!["small", "float", "text"])
        .prop_map(|column| Filter::IsNull { column: column.to_owned() });
    prop_oneof![4 => compare, 1 => one_of, 1 => is_null].prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Filter::All),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Filter::Any),
            inner.prop_map(|filter| Filter::Not(Box::new(filter))),
        ]
    })
}

#[test]
fn answers_are_those_over_batches() {
    let (_folder, catalog) = stored();
    let frame = Arc::new(frame::<Values>(&catalog, Fetch::default()).unwrap());
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) };
    proptest!(config, |(filter in filter())| {
        let found = frame.filter(&filter).unwrap().collect().unwrap();
        let found: Vec<i64> = found.column("row").unwrap().i64().unwrap().into_no_null_iter().collect();
        prop_assert_eq!(found, by_batch(&filter), "{}", filter);
    });
}

#[test]
fn what_has_no_place_in_a_column_is_refused() {
    let (_folder, catalog) = stored();
    let frame = frame::<Values>(&catalog, Fetch::default()).unwrap();
    let refused = |filter: &Filter| frame.filter(filter).err().unwrap().to_string();
    let unknown = Filter::IsNull { column: "smal".to_owned() };
    assert!(refused(&unknown).contains("do you mean `small`?"), "{}", refused(&unknown));
    let text = Filter::OneOf { column: "small".to_owned(), values: vec!["x".into()] };
    assert!(refused(&text).contains("\"x\" is no number"), "{}", refused(&text));
}

#[test]
fn the_time_of_rows_is_compared_as_a_time() {
    let (_folder, catalog) = stored();
    let later = Filter::Compare {
        column: "timestamp".to_owned(),
        comparison: Comparison::GreaterOrEqual,
        value: "2025-01-02T00:00:00Z".into(),
    };
    let frame = frame::<Values>(&catalog, Fetch::default().filter(later)).unwrap();
    assert_eq!(frame.collect().unwrap().height(), 16);
}
