//! Filters on the ordered column of every type: what is read through ranges is what comes of looking at every row.
#![cfg(feature = "datafusion")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod suite;

use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock};

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimeUnit};
use proptest::prelude::*;
use varvite_dataset::{Dataset, WriteOptions};
use varvite_sql::{DataFusionExecutor, MemoryTable, Query};

fn executor(partitions: usize) -> DataFusionExecutor {
    static EXECUTOR: OnceLock<DataFusionExecutor> = OnceLock::new();
    let executor = EXECUTOR.get_or_init(|| DataFusionExecutor::try_new().unwrap()).clone();
    executor.with_partitions(NonZeroUsize::new(partitions).unwrap())
}

/// Writes a number as a value in SQL.
type Written = fn(i64) -> String;

/// Each type of an ordered column, with how a small number is written as its value.
fn types() -> Vec<(DataType, Written)> {
    let zone = || Some("UTC".into());
    let number: Written = |value| value.to_string();
    let at: Written = |value| format!("TIMESTAMP '1970-01-01T00:00:{value:02}'");
    let half: Written = |value| format!("TIMESTAMP '1970-01-01T00:00:{value:02}.5'");
    vec![
        (DataType::Int8, number),
        (DataType::Int32, number),
        (DataType::Int64, number),
        (DataType::UInt16, number),
        (DataType::UInt64, number),
        (DataType::Float32, number),
        (DataType::Float64, |value| format!("{value}.5")),
        (DataType::Decimal128(10, 2), |value| format!("{value}.25")),
        (DataType::Timestamp(TimeUnit::Second, None), at),
        (DataType::Timestamp(TimeUnit::Second, zone()), half),
        (DataType::Timestamp(TimeUnit::Millisecond, None), half),
        (DataType::Timestamp(TimeUnit::Millisecond, zone()), at),
        (DataType::Timestamp(TimeUnit::Microsecond, zone()), at),
        (DataType::Timestamp(TimeUnit::Nanosecond, None), at),
        (DataType::Timestamp(TimeUnit::Nanosecond, zone()), half),
        (DataType::Date32, |value| format!("DATE '1970-01-{:02}'", value + 1)),
        (DataType::Date32, half),
        (DataType::Utf8, |value| format!("'{value:02}'")),
        (DataType::LargeUtf8, |value| format!("'{value:02}x'")),
    ]
}

/// The values of a type that stand for these numbers.
fn column(values: &[i64], data_type: &DataType) -> ArrayRef {
    let plain = Arc::new(Int64Array::from(values.to_vec())) as ArrayRef;
    let scaled = |by: i64| Arc::new(Int64Array::from_iter_values(values.iter().map(|value| value * by))) as ArrayRef;
    match data_type {
        DataType::Timestamp(unit, _) => {
            let by = match unit {
                TimeUnit::Second => 1,
                TimeUnit::Millisecond => 1_000,
                TimeUnit::Microsecond => 1_000_000,
                TimeUnit::Nanosecond => 1_000_000_000,
            };
            cast(&scaled(by), data_type).unwrap()
        }
        DataType::Date32 => cast(&cast(&plain, &DataType::Int32).unwrap(), data_type).unwrap(),
        DataType::Utf8 | DataType::LargeUtf8 => {
            let text = arrow::array::StringArray::from_iter_values(values.iter().map(|value| format!("{value:02}")));
            cast(&text, data_type).unwrap()
        }
        _ => cast(&plain, data_type).unwrap(),
    }
}

#[derive(Debug, Clone)]
enum Filter {
    Compare(&'static str, i64),
    Turned(&'static str, i64),
    Between(bool, i64, i64),
    In(bool, Vec<i64>),
    Other(i64),
    Not(Box<Filter>),
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
}

impl Filter {
    fn sql(&self, value: &dyn Fn(i64) -> String) -> String {
        let not = |negated: bool| if negated { "NOT " } else { "" };
        match self {
            Self::Compare(op, to) => format!("k {op} {}", value(*to)),
            Self::Turned(op, to) => format!("{} {op} k", value(*to)),
            Self::Between(negated, a, b) => format!("k {}BETWEEN {} AND {}", not(*negated), value(*a), value(*b)),
            Self::In(negated, list) => {
                let list: Vec<String> = list.iter().map(|at| value(*at)).collect();
                format!("k {}IN ({})", not(*negated), list.join(", "))
            }
            Self::Other(to) => format!("n % 3 = {}", to % 3),
            Self::Not(inner) => format!("NOT ({})", inner.sql(value)),
            Self::And(a, b) => format!("({}) AND ({})", a.sql(value), b.sql(value)),
            Self::Or(a, b) => format!("({}) OR ({})", a.sql(value), b.sql(value)),
        }
    }
}

fn filters() -> impl Strategy<Value = Filter> {
    let ops = || prop::sample::select(vec!["=", "<>", "<", "<=", ">", ">="]);
    let number = || 0..25_i64;
    let leaf = prop_oneof![
        3 => (ops(), number()).prop_map(|(op, to)| Filter::Compare(op, to)),
        1 => (ops(), number()).prop_map(|(op, to)| Filter::Turned(op, to)),
        1 => (any::<bool>(), number(), number()).prop_map(|(not, a, b)| Filter::Between(not, a, b)),
        1 => (any::<bool>(), prop::collection::vec(number(), 1..6)).prop_map(|(not, list)| Filter::In(not, list)),
        1 => number().prop_map(Filter::Other),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Filter::Not(inner.into())),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Filter::And(a.into(), b.into())),
            (inner.clone(), inner).prop_map(|(a, b)| Filter::Or(a.into(), b.into())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn ranges_give_what_looking_at_every_row_gives(
        mut values in prop::collection::vec(0..25_i64, 1..60),
        filters in prop::collection::vec(filters(), 4),
        which in prop::sample::select(types()),
        each in 1..20_u64,
        partitions in 1..4_usize,
        limit in prop::option::of(0..20_usize),
    ) {
        values.sort_unstable();
        let (data_type, value) = which;
        let numbers = Int64Array::from_iter_values(0..i64::try_from(values.len()).unwrap());
        let rows = RecordBatch::try_from_iter([("k", column(&values, &data_type)), ("n", Arc::new(numbers) as ArrayRef)]);
        let rows = rows.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let dataset = Dataset::open_or_new(folder.path().join("d")).unwrap();
        let mut options = WriteOptions::ordered_on("k");
        options.row_group_target_size = Some(each.into());
        let _ = dataset.write(rows.clone(), &options).unwrap();
        let executor = executor(partitions);
        let limit = limit.map_or_else(String::new, |limit| format!(" LIMIT {limit}"));
        for filter in &filters {
            let filter = filter.sql(&value);
            for question in [
                format!("SELECT n FROM t WHERE {filter} ORDER BY n{limit}"),
                format!("SELECT k, n FROM t WHERE {filter} ORDER BY k, n{limit}"),
                format!("SELECT k FROM t WHERE {filter} ORDER BY k DESC{limit}"),
                format!("SELECT count(*) AS c, min(k) AS a, max(k) AS z FROM t WHERE {filter}"),
            ] {
                let of = |query: Query| suite::rows(&executor, &query);
                let read = of(Query::new(&question).with_table("t", dataset.clone()));
                let all = of(Query::new(&question).with_table("t", MemoryTable::from(rows.clone())));
                match (read, all) {
                    (Ok(read), Ok(all)) => prop_assert_eq!(read, all, "{} on {}", question, data_type),
                    (read, all) => prop_assert!(read.is_err() && all.is_err(), "{question}: {read:?} and {all:?}"),
                }
            }
        }
    }
}
