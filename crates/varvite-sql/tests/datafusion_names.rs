//! Names of tables in queries: exact, or the only one that differs in large and small letters alone.

#![cfg(feature = "datafusion")]
#![allow(clippy::unwrap_used, reason = "a test that unwraps says enough by failing")]

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow::datatypes::Int64Type;
use varvite_sql::{DataFusionExecutor, Limits, MemoryTable, Query, QueryExecutor, Result};

fn table(value: i64) -> MemoryTable {
    let column = Arc::new(Int64Array::from(vec![value])) as ArrayRef;
    MemoryTable::from(RecordBatch::try_from_iter([("x", column)]).unwrap())
}

fn asked(sql: &str, tables: &[(&str, i64)]) -> Result<i64> {
    let query = tables.iter().fold(Query::new(sql), |query, (name, value)| query.with_table(*name, table(*value)));
    let batch = DataFusionExecutor::try_new()?.execute(&query, &Limits::default())?.collect_batch()?;
    Ok(batch.column(0).as_primitive::<Int64Type>().value(0))
}

#[test]
fn large_and_small_letters() {
    let bar = [("Bar", 1), ("Bar.AAPL/5", 2)];
    for sql in ["SELECT x FROM Bar", "SELECT x FROM bar", "SELECT bar.x FROM bar", "SELECT b.x FROM BAR AS b"] {
        assert_eq!(asked(sql, &bar).unwrap(), 1, "{sql}");
    }
    for sql in [r#"SELECT x FROM "Bar"."AAPL/5""#, r#"SELECT x FROM bar."aapl/5""#] {
        assert_eq!(asked(sql, &bar).unwrap(), 2, "{sql}");
    }
    assert_eq!(asked("SELECT a.x + b.x FROM bar AS a, Bar AS b", &bar).unwrap(), 2);
}

#[test]
fn the_exact_name_wins_and_others_are_told_apart() {
    let both = [("Bar", 1), ("bar", 2)];
    assert_eq!((asked("SELECT x FROM Bar", &both).unwrap(), asked("SELECT x FROM bar", &both).unwrap()), (1, 2));
    let error = asked("SELECT x FROM BAR", &both).unwrap_err();
    assert_eq!(error.code(), "VV1118");
    assert!(error.to_string().contains("`Bar`, `bar`"), "{error}");
}

#[test]
fn names_of_with_come_before_tables() {
    assert_eq!(asked("WITH bar AS (SELECT 5 AS x) SELECT x FROM bar", &[("Bar", 1)]).unwrap(), 5);
    assert_eq!(asked("WITH bar AS (SELECT x + 5 AS x FROM Bar) SELECT x FROM bar", &[("Bar", 1)]).unwrap(), 6);
}

#[test]
fn a_plan_tells_of_tables_by_their_own_names() {
    let query = Query::new("SELECT x AS y FROM bar").with_table("Bar", table(1));
    let plan = DataFusionExecutor::try_new().unwrap().plan(&query).unwrap();
    assert_eq!(plan.tables, ["Bar"]);
    assert_eq!(plan.lineage["y"], [("Bar".to_owned(), "x".to_owned())]);
}
