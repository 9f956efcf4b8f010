//! Windows over time, compared with a nested loop over random histories (S18), and what of a history counts in them.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(clippy::float_cmp, reason = "what is exact is compared as such")]

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType as Arrow, Float64Type, Int64Type, TimeUnit};
use proptest::prelude::*;
use varvite_feature::{EntityRows, FeatureStore, HistoricalOptions, Reason, WriteMode};
use varvite_schema::{AggregateFunction, DataType, FeatureGroupSchema, FeatureSchema, SourceSchema, WindowSchema};
use varvite_storage::{MemoryStorage, StoragePath};
use varvite_time::Instant;

const FUNCTIONS: [(&str, AggregateFunction); 9] = [
    ("n", AggregateFunction::Count),
    ("s", AggregateFunction::Sum),
    ("m", AggregateFunction::Mean),
    ("lo", AggregateFunction::Min),
    ("hi", AggregateFunction::Max),
    ("d", AggregateFunction::StdDev),
    ("f", AggregateFunction::First),
    ("l", AggregateFunction::Last),
    ("u", AggregateFunction::Distinct),
];

#[derive(Debug, Clone)]
struct Row {
    key: i64,
    item: i64,
    event: i64,
    created: Option<i64>,
    x: Option<f64>,
    i: Option<i64>,
    t: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// Every row counts.
    Source,
    /// Of rows of one item and time, the last one counts.
    Group { by_item: bool },
}

fn store() -> FeatureStore {
    FeatureStore::at(Arc::new(MemoryStorage::new()), StoragePath::root()).unwrap()
}

/// Numbers of a unit as times.
fn times(unit: TimeUnit, values: impl IntoIterator<Item = Option<i64>>) -> ArrayRef {
    let values = values.into_iter();
    match unit {
        TimeUnit::Second => Arc::new(values.collect::<TimestampSecondArray>().with_timezone("UTC")),
        TimeUnit::Millisecond => Arc::new(values.collect::<TimestampMillisecondArray>().with_timezone("UTC")),
        TimeUnit::Microsecond => Arc::new(values.collect::<TimestampMicrosecondArray>()),
        TimeUnit::Nanosecond => Arc::new(values.collect::<TimestampNanosecondArray>()),
    }
}

fn ns(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1,
    }
}

fn ints(values: impl IntoIterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<Int64Array>())
}

fn table(rows: &[Row], unit: TimeUnit, kind: Kind) -> RecordBatch {
    let mut columns: Vec<(&str, ArrayRef, bool)> = vec![
        ("k", ints(rows.iter().map(|row| Some(row.key))), true),
        ("item", ints(rows.iter().map(|row| Some(row.item))), true),
        ("at", times(unit, rows.iter().map(|row| Some(row.event))), true),
        ("x", Arc::new(rows.iter().map(|row| row.x).collect::<Float64Array>()), true),
        ("i", ints(rows.iter().map(|row| row.i)), true),
        ("t", Arc::new(rows.iter().map(|row| row.t.clone()).collect::<StringArray>()), true),
    ];
    if kind != Kind::Source {
        columns.push(("made", times(unit, rows.iter().map(|row| row.created)), true));
    }
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn defined(store: &FeatureStore, kind: Kind, length_ns: i64) {
    match kind {
        Kind::Source => {
            store.register_source(&SourceSchema::builder("h").event_time("at").build().unwrap()).unwrap();
        }
        Kind::Group { by_item } => {
            let group = FeatureGroupSchema::builder("h").entity_key("k", DataType::BigInt);
            let group = if by_item { group.entity_key("item", DataType::BigInt) } else { group };
            let group =
                group.event_time("at").created_time("made").feature(FeatureSchema::builder("x", DataType::Double));
            let group = if by_item { group } else { group.feature(FeatureSchema::builder("item", DataType::BigInt)) };
            let group = group
                .feature(FeatureSchema::builder("i", DataType::BigInt))
                .feature(FeatureSchema::builder("t", DataType::String));
            store.register(&group.build().unwrap()).unwrap();
        }
    }
    let mut window = WindowSchema::builder("w", "h", length_ns).entity_key("k").count("rows");
    for column in ["x", "i", "t"] {
        for (name, function) in FUNCTIONS {
            let is_number =
                matches!(function, AggregateFunction::Sum | AggregateFunction::Mean | AggregateFunction::StdDev);
            if column != "t" || !is_number {
                window = window.aggregate(function, column, format!("{column}_{name}"));
            }
        }
    }
    store.register_window(&window.build().unwrap()).unwrap();
}

/// The rows that count for an entity row, in the order of the stream: what the contract says, word by word.
fn counted(history: &[Row], kind: Kind, asked: &Asked, key: Option<i64>, time_ns: Option<i128>) -> Vec<Row> {
    let (Some(key), Some(time)) = (key, time_ns) else { return Vec::new() };
    let unit = i128::from(ns(asked.unit));
    let of_time = |value: i64| i128::from(value) * unit;
    let mut rows: Vec<(usize, &Row)> = history.iter().enumerate().filter(|(_, row)| row.key == key).collect();
    rows.retain(|(_, row)| {
        let event = of_time(row.event);
        time - i128::from(asked.length_ns) < event && if asked.exact { event <= time } else { event < time }
    });
    if kind != Kind::Source && asked.known_as_of {
        rows.retain(|(_, row)| row.created.is_some_and(|created| of_time(created) <= time));
    }
    if let Kind::Group { by_item } = kind {
        let all = rows.clone();
        rows.retain(|(at, row)| {
            !all.iter().any(|(other_at, other)| {
                let same = other.event == row.event && (!by_item || other.item == row.item);
                same && (other.created, *other_at) > (row.created, *at)
            })
        });
    }
    rows.sort_by_key(|(at, row)| (row.event, *at));
    rows.into_iter().map(|(_, row)| row.clone()).collect()
}

fn close(found: Option<f64>, expected: Option<f64>) -> bool {
    match (found, expected) {
        (Some(found), Some(expected)) => {
            found.is_nan() && expected.is_nan()
                || found == expected
                || (found - expected).abs() <= 1e-9 * expected.abs().max(1.0)
        }
        (found, expected) => found == expected,
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts are small")]
fn numbers(function: AggregateFunction, values: &[f64]) -> Option<f64> {
    let count = values.len() as f64;
    let sum: f64 = values.iter().sum();
    // NaN is above all.
    let order = |a: &f64, b: &f64| (a.is_nan(), a).partial_cmp(&(b.is_nan(), b)).unwrap_or(std::cmp::Ordering::Equal);
    match function {
        AggregateFunction::Count => Some(count),
        AggregateFunction::Sum => (!values.is_empty()).then_some(sum),
        AggregateFunction::Mean => (!values.is_empty()).then_some(sum / count),
        AggregateFunction::Min => values.iter().copied().min_by(order),
        AggregateFunction::Max => values.iter().copied().max_by(order),
        AggregateFunction::StdDev => (values.len() > 1).then(|| {
            let mean = sum / count;
            (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt()
        }),
        AggregateFunction::First => values.first().copied(),
        AggregateFunction::Last => values.last().copied(),
        _ => {
            let distinct: BTreeSet<u64> = values.iter().map(|value| (value + 0.0).to_bits()).collect();
            Some(distinct.len() as f64)
        }
    }
}

fn texts(function: AggregateFunction, values: &[String]) -> Option<String> {
    let mut sorted = values.to_vec();
    sorted.sort();
    match function {
        AggregateFunction::Min => sorted.first().cloned(),
        AggregateFunction::Max => sorted.last().cloned(),
        AggregateFunction::First => values.first().cloned(),
        AggregateFunction::Last => values.last().cloned(),
        _ => unreachable!("these have text"),
    }
}

#[derive(Debug, Clone)]
struct Asked {
    unit: TimeUnit,
    spine_unit: TimeUnit,
    length_ns: i64,
    exact: bool,
    known_as_of: bool,
    scalar: bool,
}

fn any_unit() -> impl Strategy<Value = TimeUnit> {
    prop::sample::select(vec![TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond])
}

fn any_asked() -> impl Strategy<Value = Asked> {
    let length = prop_oneof![Just(1_i64), 1..40_i64, Just(i64::MAX)];
    (any_unit(), any_unit(), length, any::<bool>(), prop::bool::weighted(0.3), prop::bool::weighted(0.3)).prop_map(
        |(unit, spine_unit, length, exact, known_as_of, scalar)| {
            // Lengths of a few ticks of the history, give or take a nanosecond.
            let length_ns = length.saturating_mul(ns(unit)).saturating_sub(length % 2).max(1);
            Asked { unit, spine_unit, length_ns, exact, known_as_of, scalar }
        },
    )
}

fn any_row() -> impl Strategy<Value = Row> {
    let x = prop::option::weighted(0.8, prop_oneof![-20_i64..20, Just(1 << 40)]);
    let text = prop::option::weighted(0.8, "[ab]{0,2}");
    (0_i64..4, 0_i64..2, 0_i64..30, prop::option::weighted(0.9, 0_i64..40), x, -5_i64..5, text).prop_map(
        |(key, item, event, created, x, i, t)| Row {
            key,
            item,
            event,
            created,
            #[allow(clippy::cast_precision_loss, reason = "small")]
            x: x.map(|x| x as f64 / 4.0),
            i: (i > -4).then_some(i),
            t,
        },
    )
}

fn any_kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Source), any::<bool>().prop_map(|by_item| Kind::Group { by_item })]
}

fn write(store: &FeatureStore, kind: Kind, batch: RecordBatch) {
    match kind {
        Kind::Source => drop(store.write_source("h", &[batch], WriteMode::Append).unwrap()),
        Kind::Group { .. } => drop(store.write("h", &[batch], WriteMode::Append).unwrap()),
    }
}

#[allow(clippy::cast_precision_loss, reason = "small")]
fn check(found: &RecordBatch, row: usize, counts: &[Row]) -> Result<(), TestCaseError> {
    let number = |name: &str| {
        let array = cast(found.column_by_name(name).unwrap(), &Arrow::Float64).unwrap();
        array.is_valid(row).then(|| array.as_primitive::<Float64Type>().value(row))
    };
    let text = |name: &str| {
        let array = found.column_by_name(name).unwrap();
        array.is_valid(row).then(|| array.as_string::<i32>().value(row).to_owned())
    };
    let rows = found.column_by_name("rows").unwrap().as_primitive::<Int64Type>().value(row);
    prop_assert_eq!(usize::try_from(rows).unwrap(), counts.len(), "rows of {}: {:?}", row, counts);
    let x: Vec<f64> = counts.iter().filter_map(|row| row.x).collect();
    let i: Vec<f64> = counts.iter().filter_map(|row| row.i.map(|i| i as f64)).collect();
    let t: Vec<String> = counts.iter().filter_map(|row| row.t.clone()).collect();
    for (name, function) in FUNCTIONS {
        for (column, values) in [("x", &x), ("i", &i)] {
            let (found, expected) = (number(&format!("{column}_{name}")), numbers(function, values));
            prop_assert!(close(found, expected), "{} of {:?}: {:?}, not {:?}", function, values, found, expected);
        }
        let name = format!("t_{name}");
        match function {
            AggregateFunction::Count => prop_assert_eq!(number(&name), Some(t.len() as f64)),
            AggregateFunction::Distinct => {
                let distinct: BTreeSet<&String> = t.iter().collect();
                prop_assert_eq!(number(&name), Some(distinct.len() as f64));
            }
            AggregateFunction::Sum | AggregateFunction::Mean | AggregateFunction::StdDev => {}
            _ => prop_assert_eq!(text(&name), texts(function, &t), "{} of {:?}", function, t),
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_window_is_a_nested_loop(
        kind in any_kind(),
        commits in prop::collection::vec(prop::collection::vec(any_row(), 1..25), 0..4),
        entities in prop::collection::vec((prop::option::weighted(0.95, 0_i64..5), prop::option::weighted(0.95, -2_i64..45), -1_i64..2), 0..25),
        asked in any_asked(),
        one_time in 0_i64..45,
    ) {
        let store = store();
        defined(&store, kind, asked.length_ns);
        for rows in &commits {
            write(&store, kind, table(rows, asked.unit, kind));
        }
        if commits.is_empty() && kind == Kind::Source {
            // An open source without rows has no columns yet.
            return Ok(());
        }
        let history: Vec<Row> = commits.into_iter().flatten().collect();
        // Ticks of the history in the unit of the spine; a finer spine may lie a tick beside them.
        let (unit, spine) = (ns(asked.unit), ns(asked.spine_unit));
        let time = |ticks: i64, beside: i64| (ticks * unit).div_euclid(spine) + if spine < unit { beside } else { 0 };
        let each: Vec<Option<i64>> = entities.iter().map(|(_, at, beside)| at.map(|at| time(at, *beside))).collect();
        let keys = ("k", ints(entities.iter().map(|(key, ..)| *key)), true);
        let all = Instant::from_ns(i128::from(one_time) * i128::from(unit));
        let rows = if asked.scalar {
            EntityRows::at(RecordBatch::try_from_iter_with_nullable([keys]).unwrap(), all).unwrap()
        } else {
            let times = ("time", times(asked.spine_unit, each.iter().copied()), true);
            EntityRows::at_times(RecordBatch::try_from_iter_with_nullable([keys, times]).unwrap(), "time").unwrap()
        };
        let options = HistoricalOptions::default().with_allow_exact_match(asked.exact).with_known_as_of(asked.known_as_of);
        let found = store.get_historical_features(&rows, ["w.*"], &options).unwrap().to_batch().unwrap();
        prop_assert_eq!(found.num_rows(), entities.len());
        for (row, (key, ..)) in entities.iter().enumerate() {
            let at = if asked.scalar { Some(all.as_ns()) } else { each[row].map(|at| i128::from(at) * i128::from(spine)) };
            check(&found, row, &counted(&history, kind, &asked, *key, at))?;
        }
    }
}

fn one_row(key: i64, event: i64, x: f64) -> Row {
    Row { key, item: 0, event, created: Some(event), x: Some(x), i: None, t: None }
}

#[test]
fn large_values_that_left_a_window_leave_sums_exact_s18() {
    let store = store();
    defined(&store, Kind::Source, 2_000_000_000);
    let mut rows = vec![one_row(1, 0, 1e16)];
    rows.extend((1..2_000).map(|event| one_row(1, event, 0.1)));
    write(&store, Kind::Source, table(&rows, TimeUnit::Second, Kind::Source));
    let spine: Vec<Option<i64>> = (1..2_000).map(Some).collect();
    let spine = RecordBatch::try_from_iter_with_nullable([
        ("k", ints(vec![Some(1); 1_999]), true),
        ("time", times(TimeUnit::Second, spine), true),
    ]);
    let rows = EntityRows::at_times(spine.unwrap(), "time").unwrap();
    let found =
        store.get_historical_features(&rows, ["w.x_s"], &HistoricalOptions::default()).unwrap().to_batch().unwrap();
    let sums = found.column(2).as_primitive::<Float64Type>();
    assert!(sums.value(0) >= 1e16);
    assert!(sums.values()[1..].iter().all(|sum| *sum == 0.1 + 0.1), "{:?}", &sums.values()[1..4]);
}

#[test]
fn what_a_window_counted_is_explained() {
    let store = store();
    defined(&store, Kind::Source, 5_000_000_000);
    write(&store, Kind::Source, table(&[one_row(1, 1, 0.5), one_row(1, 3, 0.5)], TimeUnit::Second, Kind::Source));
    let spine = RecordBatch::try_from_iter_with_nullable([("k", ints([Some(1), Some(2), None]), true)]).unwrap();
    let rows = EntityRows::at(spine, Instant::from_ns(4_000_000_000)).unwrap();
    let found = store.explain(&rows, ["w.x_s", "w.i_hi"], &HistoricalOptions::default()).unwrap();
    let of = |at: usize| (found.values[at].value.as_deref(), found.values[at].reason, found.values[at].rows);
    assert_eq!(of(0), (Some("1.0"), Reason::Found, Some(2)));
    assert_eq!(of(1), (None, Reason::NullInSource, Some(2)));
    assert_eq!(of(2), (None, Reason::EmptyWindow, Some(0)));
    assert_eq!(of(4), (None, Reason::NullKey, Some(0)));
    assert_eq!(found.values[0].to_string(), "row 0, x_s = 1.0 [w@v1, 2 rows]");
}

#[test]
fn windows_that_cannot_be_computed_are_refused_when_they_are_defined_s20() {
    let store = store();
    let source =
        SourceSchema::builder("e").event_time("at").column("k", DataType::BigInt).column("t", DataType::String);
    store.register_source(&source.build().unwrap()).unwrap();
    store.register_source(&SourceSchema::builder("timeless").build().unwrap()).unwrap();
    let refused = |source: &str, key: &str, column: &str| {
        let window = WindowSchema::builder("w", source, "1d").entity_key(key);
        let window = window.aggregate(AggregateFunction::Sum, column, "s").build().unwrap();
        store.register_window(&window).unwrap_err().to_string()
    };
    let sum = refused("e", "k", "t");
    assert!(sum.contains("`sum` means nothing for string"), "{sum}");
    let timeless = refused("timeless", "k", "x");
    assert!(timeless.contains("event time"), "{timeless}");
    for (source, key, column, named) in
        [("e", "key", "t", "`key`"), ("e", "k", "x", "`x`"), ("events", "k", "x", "`events`")]
    {
        let error = refused(source, key, column);
        assert!(error.contains(named), "{error}");
    }
}
