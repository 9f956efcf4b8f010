//! What is particular to Spark: files as they stand on the server, what it cannot hold, when it ends, when it is not there.
//!
//! Tests that need a server are ignored, and counted as such, where `VARVITE_SPARK` does not say where it is:
//! `cargo xtask engines test spark` starts one and runs them all.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod suite;

use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, TimestampNanosecondArray, TimestampSecondArray, UInt16Array,
};
use arrow::compute::concat_batches;
use arrow::datatypes::Int64Type;
use varvite_dataset::{Dataset, WriteOptions};
use varvite_key::{FieldKind, FieldSchema, KeySchema, LevelSchema};
use varvite_sql::{
    FileTable, KeyedTable, Limits, Member, MemoryTable, Query, QueryExecutor, SparkExecutor, Tables, Value,
};
use varvite_time::TimeUnit;

fn spark() -> SparkExecutor {
    SparkExecutor::new(std::env::var("VARVITE_SPARK").expect("VARVITE_SPARK says where the server is"))
}

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

fn memory(rows: RecordBatch) -> MemoryTable {
    rows.into()
}

fn run(query: &Query) -> varvite_sql::Result<RecordBatch> {
    spark().execute(query, &Limits::default())?.collect_batch()
}

fn int(query: &Query) -> i64 {
    run(query).unwrap().column(0).as_primitive::<Int64Type>().value(0)
}

/// The same columns without what is said of nulls.
#[track_caller]
fn assert_rows(found: &RecordBatch, expected: &RecordBatch) {
    assert_eq!(found.num_columns(), expected.num_columns(), "{found:?}");
    for (found, expected) in found.columns().iter().zip(expected.columns()) {
        assert_eq!(found, expected);
    }
}

/// Times 1 to 4 µs with values that are ten times as much, in files of two rows.
fn stored(path: &std::path::Path) -> Dataset {
    let dataset = Dataset::open_or_new(path).unwrap();
    let options = WriteOptions::ordered_on("t").with_row_group_target_size(2_u64);
    let rows = batch([("t", times([1_000, 2_000, 3_000, 4_000])), ("v", ints([10, 20, 30, 40]))]);
    let _ = dataset.write(rows, &options).unwrap();
    dataset
}

#[test]
#[ignore = "needs a server: cargo xtask engines test spark"]
fn spark_answers_as_every_engine() {
    suite::suite(&spark());
}

#[test]
#[ignore = "needs a server: cargo xtask engines test spark"]
fn a_dataset_is_read_as_its_handle_sees_it() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = stored(&folder.path().join("it's {a,b} \"x\" #1 k=v"));
    let before = dataset.detached();
    let _ = dataset.write(batch([("t", times([2_000])), ("v", ints([5]))]), &WriteOptions::default()).unwrap();
    let query = Query::new("SELECT sum(v) AS s FROM d WHERE t <= $t");
    let query = query.with_value("t", Value::Timestamp { ticks: 3_000, unit: TimeUnit::Nanosecond, zone: None });
    assert_eq!(int(&query.clone().with_table("d", before)), 60);
    assert_eq!(int(&query.with_table("d", dataset)), 65);
}

#[test]
#[ignore = "needs a server: cargo xtask engines test spark"]
fn columns_that_came_later_are_null_before_and_wider_ones_wide() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = Dataset::open_or_new(folder.path().join("a")).unwrap();
    let narrow: ArrayRef = Arc::new(Int32Array::from(vec![1, 2]));
    let seconds = |values: Vec<Option<i64>>| -> ArrayRef { Arc::new(TimestampSecondArray::from(values)) };
    let short: ArrayRef = Arc::new(UInt16Array::from(vec![1, u16::MAX]));
    let rows = batch([("t", ints([1, 2])), ("v", narrow), ("s", seconds(vec![Some(60), None])), ("u", short)]);
    let _ = dataset.write(rows, &WriteOptions::ordered_on("t")).unwrap();
    let short: ArrayRef = Arc::new(UInt16Array::from(vec![7]));
    let wide =
        [("t", ints([5])), ("v", ints([1 << 40])), ("s", seconds(vec![Some(7)])), ("u", short), ("new", texts(["x"]))];
    let _ = dataset.write(batch(wide), &WriteOptions::default().with_evolution(true)).unwrap();
    let rows = run(&Query::new("SELECT v, s, u, new FROM d ORDER BY t").with_table("d", dataset)).unwrap();
    let expected = batch([
        ("v", ints([1, 2, 1 << 40])),
        ("s", Arc::new(TimestampMicrosecondArray::from(vec![Some(60_000_000), None, Some(7_000_000)]))),
        ("u", Arc::new(Int32Array::from(vec![1, 65_535, 7]))),
        ("new", Arc::new(StringArray::from(vec![None, None, Some("x")]))),
    ]);
    assert_rows(&rows, &expected);
}

#[test]
#[ignore = "needs a server: cargo xtask engines test spark"]
fn a_store_is_one_table_with_its_keys() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = "AA'; DROP TABLE x; --\\' OR ${1}";
    let field = |name: &str, kind| FieldSchema { name: name.to_owned(), kind };
    let mut level = LevelSchema::new("Bar");
    level.fields = vec![field("symbol", FieldKind::Text), field("minutes", FieldKind::Integer)];
    let schema = KeySchema { name: "Bar".to_owned(), fields_sep: "-".to_owned(), strict: false, levels: vec![level] };
    let member = |name: &str, symbol: &str| Member {
        name: name.to_owned(),
        values: vec![symbol.to_owned(), i64::MIN.to_string()],
        dataset: stored(&folder.path().join(name)),
    };
    let keyed = KeyedTable::try_new(&schema, vec![member("a", hostile), member("b", "B")]).unwrap();
    let sql = "SELECT symbol, sum(v) AS s, min(minutes) AS m FROM bar GROUP BY symbol ORDER BY symbol";
    let rows = run(&Query::new(sql).with_table("bar", keyed)).unwrap();
    let expected = [("symbol", texts([hostile, "B"])), ("s", ints([100, 100])), ("m", ints([i64::MIN, i64::MIN]))];
    assert_rows(&rows, &batch(expected));
}

#[test]
#[ignore = "needs a server: cargo xtask engines test spark"]
fn names_and_values_are_what_they_are_whatever_is_in_them() {
    let rows = || memory(batch([("a`;--", ints([1])), ("s", texts(["x' OR 1=1; --\\"]))]));
    for name in ["t", "Big", "two words", r#"a"; DROP SCHEMA main; --"#, "it's", "schema.AAPL/5", "s`x.t`y"] {
        let quoted: Vec<_> = name.split('.').map(|part| format!("\"{}\"", part.replace('"', "\"\""))).collect();
        let sql = format!("SELECT \"a`;--\" AS x FROM {} WHERE s = $s AND s <> 'x'' OR 1=1; --'", quoted.join("."));
        let query = Query::new(sql).with_value("s", "x' OR 1=1; --\\").with_table(name, rows());
        assert_eq!(int(&query), 1, "{name}");
    }
}

#[test]
#[ignore = "needs a server: cargo xtask engines test spark"]
fn nanoseconds_are_exact_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = Dataset::open_or_new(folder.path().join("a")).unwrap();
    let _ = dataset.write(batch([("t", times([1_000, 2_500]))]), &WriteOptions::ordered_on("t")).unwrap();
    let query = Query::new("SELECT max(t) AS t FROM d");
    let expected =
        "spark cannot hold the nanoseconds of column `t` of table `d`: choose another engine, or leave it out";
    assert_eq!(run(&query.clone().with_table("d", dataset)).unwrap_err().to_string(), expected);
    let rows = memory(batch([("t", times([2_500]))]));
    assert_eq!(run(&query.with_table("d", rows)).unwrap_err().to_string(), expected);
    let query = Query::new("SELECT $t AS t");
    let at = |ticks| Value::Timestamp { ticks, unit: TimeUnit::Nanosecond, zone: Some("UTC".to_owned()) };
    assert_eq!(run(&query.clone().with_value("t", at(2_500))).unwrap_err().code(), "VV1105");
    let rows = run(&query.with_value("t", at(2_000))).unwrap();
    let expected: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![2]).with_timezone("UTC"));
    assert_rows(&rows, &batch([("t", expected)]));
}

#[test]
#[ignore = "needs a server: cargo xtask engines test spark"]
fn files_of_others_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let csv = folder.path().join("it's; [csv] *");
    std::fs::create_dir(&csv).unwrap();
    std::fs::write(csv.join("a.csv"), "id,name\n1,x\n2,y\n").unwrap();
    std::fs::write(csv.join("b.csv"), "id,name\n3,z\n").unwrap();
    let json = folder.path().join("a.json");
    std::fs::write(&json, "{\"id\": 1, \"w\": 1.5}\n{\"id\": 3, \"w\": 2.5}\n").unwrap();
    let query = Query::new("SELECT c.name, j.w FROM c JOIN j ON c.id = j.id ORDER BY c.name");
    let query = query.with_table("c", FileTable::csv(&csv)).with_table("j", FileTable::json(&json));
    let expected = batch([("name", texts(["x", "z"])), ("w", Arc::new(Float64Array::from(vec![1.5, 2.5])))]);
    assert_rows(&run(&query).unwrap(), &expected);
}

#[test]
#[ignore = "needs a server: cargo xtask engines test spark"]
fn mistakes_are_named() {
    let query = |sql: &str| Query::new(sql).with_table("trades", memory(batch([("price", ints([1]))])));
    let refused = |sql: &str, code: &str, part: &str| {
        for error in [run(&query(sql)).unwrap_err(), spark().plan(&query(sql)).unwrap_err()] {
            assert_eq!(error.code(), code, "{error}");
            assert!(error.to_string().contains(part), "{error}");
        }
    };
    refused("SELECT prise FROM trades", "VV1104", "did you mean `price`?");
    refused("SELECT price FROM trade", "VV1103", "did you mean `trades`?");
    refused("SELECT no_such(price) FROM trades", "VV1107", "no_such");
    refused("SELECT * FROM parquet.\"/etc\"", "VV1103", "trades");
    let limits = Limits::default().with_memory(1 << 20);
    assert_eq!(spark().execute(&query("SELECT price FROM trades"), &limits).unwrap_err().code(), "VV1108");
}

#[test]
#[ignore = "needs a server: cargo xtask engines test spark"]
fn a_plan_tells_columns_and_tables_also_within_a_runtime() {
    let query = Query::new("SELECT sum(price) AS total, $x AS x FROM trades").with_value("x", 1.5);
    let query = query.with_table("trades", memory(batch([("price", ints([1]))])));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (plan, rows) = runtime.block_on(async { (spark().plan(&query).unwrap(), run(&query).unwrap()) });
    assert_eq!((plan.engine, plan.tables.as_slice()), ("spark", ["trades".to_owned()].as_slice()));
    assert!(plan.text.contains("Physical Plan"), "{plan}");
    assert_eq!(rows.schema(), plan.schema);
    assert_rows(&rows, &batch([("total", ints([1])), ("x", Arc::new(Float64Array::from(vec![1.5])))]));
}

#[test]
#[ignore = "needs a server: cargo xtask engines test spark"]
fn a_query_ends_at_its_time_and_at_a_word() {
    let many = Tables::new().with("m", memory(batch([("v", ints(0..20_000))])));
    let sql = "SELECT count(*) AS n FROM m AS a CROSS JOIN m AS b CROSS JOIN m AS c WHERE (a.v + b.v * c.v) % 7 = 3";
    let endless = Query::new(sql).with_tables(&many);
    let begun = Instant::now();
    let limits = Limits::default().with_timeout(Duration::from_secs(20));
    let error = spark().execute(&endless, &limits).unwrap().collect_batch().unwrap_err();
    assert_eq!(error.code(), "VV1110", "{error}");
    let run = spark().execute(&endless, &Limits::default()).unwrap();
    let canceller = run.canceller();
    let thread = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_secs(2));
        canceller.cancel();
    });
    // The run looks up when the engine lets go of it, which is at once.
    assert_eq!(run.collect_batch().unwrap_err().code(), "VV1111");
    thread.join().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(120));
}

#[test]
#[ignore = "needs a server: cargo xtask engines test spark"]
fn batches_are_as_long_as_asked() {
    let query = Query::new("SELECT v FROM m ORDER BY v").with_table("m", memory(batch([("v", ints(0..10_000))])));
    let run = spark().execute(&query, &Limits::default().with_batch_rows(3_000)).unwrap();
    let schema = run.schema();
    let batches: Vec<RecordBatch> = run.map(Result::unwrap).collect();
    assert!(batches.iter().all(|batch| batch.num_rows() <= 3_000));
    let rows = concat_batches(&schema, &batches).unwrap();
    assert_eq!(rows.column(0).as_ref() as &dyn Array, ints(0..10_000).as_ref());
}

#[test]
fn a_server_that_is_not_there_is_told_at_once() {
    let begun = Instant::now();
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = SparkExecutor::new(format!("sc://127.0.0.1:{port}")).plan(&Query::new("SELECT 1 AS x")).unwrap_err();
    assert_eq!(error.code(), "VV1109", "{error}");
    assert!(error.to_string().contains("SparkConnectServer"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(20));
    let error = SparkExecutor::new("127.0.0.1").plan(&Query::new("SELECT 1 AS x")).unwrap_err();
    assert_eq!(error.code(), "VV1109", "{error}");
}
