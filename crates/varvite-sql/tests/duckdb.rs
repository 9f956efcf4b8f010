//! What is particular to `DuckDB`: files as they stand, what it cannot hold, what it may not reach, and when it ends.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod suite;

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, TimestampNanosecondArray,
    TimestampSecondArray,
};
use arrow::datatypes::{DataType, Int64Type};
use varvite_dataset::{Dataset, WriteOptions};
use varvite_key::{FieldKind, FieldSchema, KeySchema, LevelSchema};
use varvite_sql::{
    DuckDbExecutor, FileTable, KeyedTable, Limits, Member, MemoryTable, Query, QueryExecutor, QueryRun, Tables, Value,
};
use varvite_storage::{MemoryStorage, StoragePath};
use varvite_time::TimeUnit;

fn batch<const N: usize>(columns: [(&str, ArrayRef); N]) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
}

fn ints(values: impl IntoIterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(values))
}

fn times(values: impl IntoIterator<Item = i64>) -> ArrayRef {
    Arc::new(TimestampNanosecondArray::from_iter_values(values))
}

fn texts<const N: usize>(values: [&str; N]) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn run(query: &Query) -> varvite_sql::Result<RecordBatch> {
    DuckDbExecutor::new().execute(query, &Limits::default())?.collect_batch()
}

fn int(query: &Query) -> i64 {
    run(query).unwrap().column(0).as_primitive::<Int64Type>().value(0)
}

fn memory(rows: RecordBatch) -> MemoryTable {
    rows.into()
}

/// Times 1 to 4 with values that are ten times as much, in files of two rows.
fn stored(path: &std::path::Path) -> Dataset {
    let dataset = Dataset::open_or_new(path).unwrap();
    let options = WriteOptions::ordered_on("t").with_row_group_target_size(2_u64);
    let _ = dataset.write(batch([("t", times([1, 2, 3, 4])), ("v", ints([10, 20, 30, 40]))]), &options).unwrap();
    dataset
}

#[test]
fn duckdb_answers_as_every_engine() {
    suite::suite(&DuckDbExecutor::new());
}

#[test]
fn a_dataset_is_read_as_its_handle_sees_it() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = stored(&folder.path().join("it's \"a\""));
    let before = dataset.detached();
    let _ = dataset.write(batch([("t", times([2])), ("v", ints([5]))]), &WriteOptions::default()).unwrap();
    let query = Query::new("SELECT sum(v) AS s FROM before");
    assert_eq!(int(&query.clone().with_table("before", before)), 100);
    assert_eq!(int(&query.with_table("before", dataset)), 105);
}

#[test]
fn columns_that_came_later_are_null_before_and_wider_ones_wide() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = Dataset::open_or_new(folder.path().join("a")).unwrap();
    let seconds: ArrayRef = Arc::new(TimestampSecondArray::from(vec![Some(60), None]));
    let narrow: ArrayRef = Arc::new(Int32Array::from(vec![1, 2]));
    let _ = dataset
        .write(batch([("t", ints([1, 2])), ("v", narrow), ("s", seconds)]), &WriteOptions::ordered_on("t"))
        .unwrap();
    let wide = batch([
        ("t", ints([5])),
        ("v", ints([1 << 40])),
        ("s", Arc::new(TimestampSecondArray::from(vec![7]))),
        ("new", texts(["x"])),
    ]);
    let _ = dataset.write(wide, &WriteOptions::default().with_evolution(true)).unwrap();
    let rows = run(&Query::new("SELECT t, v, s, new FROM d ORDER BY t").with_table("d", dataset)).unwrap();
    assert_eq!(rows.column(1).as_ref(), ints([1, 2, 1 << 40]).as_ref());
    let seconds = TimestampSecondArray::from(vec![Some(60), None, Some(7)]);
    assert_eq!(rows.column(2).as_ref(), &seconds as &dyn Array);
    assert_eq!(rows.column(3).as_ref(), &StringArray::from(vec![None, None, Some("x")]) as &dyn Array);
}

#[test]
fn a_store_is_one_table_with_its_keys() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = "AA'; DROP TABLE x; --\\";
    let (a, b) = (stored(&folder.path().join("a")), stored(&folder.path().join("b")));
    let mut level = LevelSchema::new("Bar");
    level.fields = vec![field("symbol", FieldKind::Text), field("minutes", FieldKind::Integer)];
    let schema = KeySchema { name: "Bar".to_owned(), fields_sep: "-".to_owned(), strict: false, levels: vec![level] };
    let member = |name: &str, symbol: &str, dataset: Dataset| Member {
        name: name.to_owned(),
        values: vec![symbol.to_owned(), "5".to_owned()],
        dataset,
    };
    let in_memory = Dataset::at(Arc::new(MemoryStorage::new()), StoragePath::try_new("c").unwrap(), None).unwrap();
    let members = vec![member("a", hostile, a.clone()), member("b", "B", b)];
    let keyed = KeyedTable::try_new(&schema, members.clone()).unwrap();
    let query = Query::new(
        "SELECT symbol, sum(v) AS s, sum(minutes) AS m FROM bar WHERE t > $t GROUP BY symbol ORDER BY symbol",
    );
    let value = Value::Timestamp { ticks: 2, unit: TimeUnit::Nanosecond, zone: None };
    let query = query.with_value("t", value).with_table("bar", keyed);
    let expected = batch([("symbol", texts([hostile, "B"])), ("s", ints([70, 70])), ("m", ints([10, 10]))]);
    assert_eq!(run(&query).unwrap(), expected);

    // One that is no local file: all are taken into memory.
    let _ = in_memory.write(batch([("t", times([9])), ("v", ints([1]))]), &WriteOptions::ordered_on("t")).unwrap();
    let members = [members, vec![member("c", "C", in_memory)]].concat();
    let rows = run(&query.with_table("bar", KeyedTable::try_new(&schema, members).unwrap())).unwrap();
    assert_eq!(rows.num_rows(), 3);
    assert_eq!(rows.slice(0, 2), expected);
}

#[test]
fn names_are_names_whatever_is_in_them() {
    let rows = || memory(batch([(r#"a";--"#, ints([1]))]));
    for name in ["t", "Big", "two words", r#"a"; DROP SCHEMA main; --"#, "it's", "schema.AAPL/5", r#"s"x.t"y"#] {
        let quoted =
            name.split('.').map(|part| format!("\"{}\"", part.replace('"', "\"\""))).collect::<Vec<_>>().join(".");
        let query = Query::new(format!(r#"SELECT "a"";--" AS x FROM {quoted}"#));
        assert_eq!(int(&query.with_table(name, rows())), 1, "{name}");
    }
}

#[test]
fn values_are_values_whatever_is_in_them() {
    let hostile = "x' OR 1=1; --\0\u{1f600}\\";
    let table = memory(batch([("s", texts([hostile, "y"])), ("t", times([1_700_000_000_000_000_123, 5]))]));
    let query = Query::new("SELECT count(*) AS n FROM m WHERE s = $s AND t <= $t").with_table("m", table);
    let at = |ticks| Value::Timestamp { ticks, unit: TimeUnit::Nanosecond, zone: None };
    let query = query.with_value("s", hostile);
    assert_eq!(int(&query.clone().with_value("t", at(1_700_000_000_000_000_123))), 1);
    assert_eq!(int(&query.with_value("t", at(1_700_000_000_000_000_122))), 0);
}

#[test]
fn nanoseconds_with_a_zone_are_exact_or_refused() {
    let zoned =
        |values: Vec<i64>| -> ArrayRef { Arc::new(TimestampNanosecondArray::from(values).with_timezone("UTC")) };
    let folder = tempfile::tempdir().unwrap();
    let dataset = Dataset::open_or_new(folder.path().join("a")).unwrap();
    let _ = dataset.write(batch([("t", zoned(vec![1_000, 2_000]))]), &WriteOptions::ordered_on("t")).unwrap();
    let query = Query::new("SELECT count(*) AS n FROM d WHERE t <= $t");
    let at = |ticks| Value::Timestamp { ticks, unit: TimeUnit::Nanosecond, zone: Some("UTC".to_owned()) };
    assert_eq!(int(&query.clone().with_table("d", dataset.clone()).with_value("t", at(1_000))), 1);
    let error = run(&query.clone().with_table("d", dataset.clone()).with_value("t", at(1_500))).unwrap_err();
    assert_eq!(error.code(), "VV1105", "{error}");

    let _ = dataset.write(batch([("t", zoned(vec![2_500]))]), &WriteOptions::default()).unwrap();
    let error = run(&query.clone().with_table("d", dataset.clone()).with_value("t", at(1_000))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "duckdb cannot hold the nanoseconds of column `t` of table `d`, which has a zone: choose another engine, or leave it out"
    );
    // The same files as those of somebody else.
    let files = FileTable::parquet(folder.path().join("a"));
    let error = run(&query.with_table("d", files).with_value("t", at(1_000))).unwrap_err();
    assert_eq!(error.code(), "VV1108", "{error}");
}

#[test]
fn files_of_others_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let csv = folder.path().join("it's; csv");
    std::fs::create_dir(&csv).unwrap();
    std::fs::write(csv.join("a.csv"), "id,name\n1,x\n2,y\n").unwrap();
    std::fs::write(csv.join("b.csv"), "id,name\n3,z\n").unwrap();
    std::fs::write(csv.join("notes.txt"), "not,this\n").unwrap();
    let json = folder.path().join("a.json");
    std::fs::write(&json, "{\"id\": 1, \"w\": 1.5}\n{\"id\": 3, \"w\": 2.5}\n").unwrap();
    let query = Query::new("SELECT c.name, j.w FROM c JOIN j ON c.id = j.id ORDER BY c.name");
    let query = query.with_table("c", FileTable::csv(&csv)).with_table("j", FileTable::json(&json));
    let expected = batch([("name", texts(["x", "z"])), ("w", Arc::new(Float64Array::from(vec![1.5, 2.5])))]);
    assert_eq!(run(&query).unwrap(), expected);

    let error = run(&query.clone().with_table("c", FileTable::csv("s3://bucket/a"))).unwrap_err();
    assert_eq!(error.code(), "VV1108", "{error}");
    let error = run(&query.with_table("c", FileTable::csv(folder.path().join("none")))).unwrap_err();
    assert_eq!(error.code(), "VV1106", "{error}");
}

#[test]
fn mistakes_are_named() {
    let query = |sql: &str| Query::new(sql).with_table("trades", memory(batch([("price", ints([1]))])));
    let refused = |sql: &str, code: &str, part: &str| {
        for error in [run(&query(sql)).unwrap_err(), DuckDbExecutor::new().plan(&query(sql)).unwrap_err()] {
            assert_eq!(error.code(), code, "{error}");
            assert!(error.to_string().contains(part), "{error}");
        }
    };
    refused("SELECT prise FROM trades", "VV1104", "did you mean `price`?");
    refused("SELECT price FROM trade", "VV1103", "did you mean `trades`?");
    refused("SELECT price FROM trades WHERE price = $x", "VV1105", "it has no value");
    refused("SELECT no_such(price) FROM trades", "VV1107", "no_such");
    refused("DELETE FROM trades", "VV1102", "nothing was changed");
    refused("SELECT * FROM read_text('/etc/hostname')", "VV1115", "read_text");
    let error = run(&query("SELECT price FROM trades").with_value("x", 1_i64)).unwrap_err();
    assert_eq!(error.code(), "VV1105", "{error}");
}

#[test]
fn a_plan_tells_columns_and_tables() {
    let query = Query::new("SELECT sum(price) AS total, $x AS x FROM trades").with_value("x", 1.5);
    let query = query.with_table("trades", memory(batch([("price", ints([1]))])));
    let plan = DuckDbExecutor::new().plan(&query).unwrap();
    assert_eq!((plan.engine, plan.tables.as_slice()), ("duckdb", ["trades".to_owned()].as_slice()));
    let types: Vec<&DataType> = plan.schema.fields().iter().map(|field| field.data_type()).collect();
    assert_eq!(types, [&DataType::Int64, &DataType::Float64]);
    assert!(plan.text.contains("SEQ_SCAN") || plan.text.contains("Scan"), "{plan}");
    assert_eq!(run(&query).unwrap().schema(), plan.schema);
}

#[test]
fn a_sum_that_does_not_fit_is_an_error() {
    let query = Query::new("SELECT sum(v) AS s FROM m").with_table("m", memory(batch([("v", ints([i64::MAX, 1]))])));
    let error = run(&query).unwrap_err();
    assert_eq!(error.to_string(), "cannot hold a whole number in 64 bits");
}

/// Far more rows than can be counted in a test.
fn endless() -> Query {
    let many = memory(batch([("v", ints(0..20_000))]));
    let sql = "SELECT count(*) AS n FROM m AS a CROSS JOIN m AS b CROSS JOIN m AS c WHERE (a.v + b.v * c.v) % 7 = 3";
    Query::new(sql).with_tables(&Tables::new().with("m", many))
}

#[test]
fn a_query_ends_at_its_time_and_at_a_word() {
    let begun = Instant::now();
    let limits = Limits::default().with_timeout(Duration::from_millis(300));
    let error = DuckDbExecutor::new().execute(&endless(), &limits).unwrap().collect_batch().unwrap_err();
    assert_eq!(error.code(), "VV1110", "{error}");
    let run = DuckDbExecutor::new().execute(&endless(), &Limits::default()).unwrap();
    let canceller = run.canceller();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        canceller.cancel();
    });
    let error = run.collect_batch().unwrap_err();
    thread.join().unwrap();
    assert_eq!(error.code(), "VV1111", "{error}");
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_query_keeps_to_its_memory_or_puts_rows_aside() {
    let table = memory(batch([("v", ints(0..2_000_000))]));
    let query = Query::new("SELECT count(*) AS n FROM (SELECT DISTINCT v * 7 AS a, v * 11 AS b, v AS c FROM m) AS x");
    let query = query.with_table("m", table);
    let limits = Limits::default().with_memory(40_000_000);
    let failed = |executor: DuckDbExecutor| executor.execute(&query, &limits).and_then(QueryRun::collect_batch);
    assert_eq!(failed(DuckDbExecutor::new().with_threads(1)).unwrap_err().code(), "VV1112");
    let scratch = tempfile::tempdir().unwrap();
    let rows = failed(DuckDbExecutor::new().with_threads(1).with_scratch(scratch.path())).unwrap();
    assert_eq!(rows.column(0).as_primitive::<Int64Type>().value(0), 2_000_000);
}

#[test]
fn batches_are_as_long_as_asked() {
    let query = Query::new("SELECT v FROM m ORDER BY v").with_table("m", memory(batch([("v", ints(0..10_000))])));
    let lens = |limits: &Limits| -> Vec<usize> {
        DuckDbExecutor::new().execute(&query, limits).unwrap().map(|batch| batch.unwrap().num_rows()).collect()
    };
    assert_eq!(lens(&Limits::default().with_batch_rows(3_000)).iter().max(), Some(&3_000));
    assert_eq!(lens(&Limits::default()).iter().sum::<usize>(), 10_000);
}

fn field(name: &str, kind: FieldKind) -> FieldSchema {
    FieldSchema { name: name.to_owned(), kind }
}
