//! `ASOF JOIN`: what it means, where it may stand, what is refused, and what it costs.
#![cfg(feature = "datafusion")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod suite;

use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use varvite_dataset::{Dataset, WriteOptions};
use varvite_sql::syntax::{Cut, Select};
use varvite_sql::{DataFusionExecutor, Limits, MemoryTable, Query, QueryExecutor};

fn executor() -> DataFusionExecutor {
    DataFusionExecutor::try_new().unwrap().with_partitions(NonZeroUsize::new(3).unwrap())
}

/// Rows of a key, a time and a value.
fn table(rows: &[(Option<&str>, Option<i64>, i64)]) -> MemoryTable {
    let k = rows.iter().map(|(k, ..)| *k).collect::<StringArray>();
    let t = rows.iter().map(|(_, t, _)| *t).collect::<Int64Array>();
    let v = Int64Array::from_iter_values(rows.iter().map(|(.., v)| *v));
    let columns =
        [("k", Arc::new(k) as ArrayRef, true), ("t", Arc::new(t) as ArrayRef, true), ("v", Arc::new(v), true)];
    MemoryTable::from(RecordBatch::try_from_iter_with_nullable(columns).unwrap())
}

fn query(sql: &str) -> Query {
    let a = [
        (Some("x"), Some(5), 0),
        (Some("x"), Some(1), 1),
        (Some("y"), Some(3), 2),
        (None, Some(9), 3),
        (Some("x"), None, 4),
    ];
    let b = [
        (Some("x"), Some(4), 40),
        (Some("x"), Some(5), 50),
        (Some("y"), Some(7), 70),
        (Some("x"), Some(2), 20),
        (None, Some(1), 10),
        (Some("x"), None, 90),
    ];
    Query::new(sql).with_table("a", table(&a)).with_table("b", table(&b))
}

#[track_caller]
fn check(sql: &str, rows: &[&str]) {
    let found: Vec<String> = suite::rows(&executor(), &query(sql)).unwrap().iter().map(|row| row.join(" ")).collect();
    assert_eq!(found, rows, "{sql}");
}

#[track_caller]
fn refused(sql: &str, says: &str) {
    let error = executor().plan(&query(sql)).unwrap_err();
    assert!(error.to_string().contains(says), "{sql}: {error}");
}

#[test]
fn each_row_of_the_left_stays_and_has_the_nearest_of_the_right() {
    let sql = |sign: &str| {
        format!("SELECT a.v, b.v AS w FROM a ASOF JOIN b MATCH_CONDITION (a.t {sign} b.t) ON a.k = b.k ORDER BY a.v")
    };
    check(&sql(">="), &["0 50", "1 null", "2 null", "3 null", "4 null"]);
    check(&sql(">"), &["0 40", "1 null", "2 null", "3 null", "4 null"]);
    check(&sql("<="), &["0 50", "1 20", "2 70", "3 null", "4 null"]);
    check(&sql("<"), &["0 null", "1 20", "2 70", "3 null", "4 null"]);
    check(
        "SELECT a.v, b.v AS w FROM a ASOF JOIN b MATCH_CONDITION (b.t <= a.t) ON b.k = a.k ORDER BY a.v",
        &["0 50", "1 null", "2 null", "3 null", "4 null"],
    );
    check(
        "SELECT a.v, b.v AS w FROM a ASOF JOIN b MATCH_CONDITION (a.t >= b.t) ORDER BY a.v",
        &["0 50", "1 10", "2 20", "3 70", "4 null"],
    );
}

#[test]
fn using_shows_its_columns_once() {
    check(
        "SELECT * FROM a ASOF JOIN (SELECT k, t AS since, v AS w FROM b) MATCH_CONDITION (t >= since) USING (k) ORDER BY v LIMIT 2",
        &["x 5 0 5 50", "x 1 1 null null"],
    );
    check("SELECT k, a.k AS l FROM a ASOF JOIN b MATCH_CONDITION (a.t < b.t) USING (k) WHERE b.v = 70", &["y y"]);
}

#[test]
fn joins_stand_wherever_tables_may() {
    check(
        "SELECT a.v, b.v AS w, c.v AS x, d.v AS y FROM a \
         ASOF JOIN b MATCH_CONDITION (a.t >= b.t) ON a.k = b.k \
         JOIN b AS c ON c.t = a.t \
         ASOF JOIN b AS d MATCH_CONDITION (a.t < d.t) ORDER BY a.v",
        &["0 50 50 70", "1 null 10 20"],
    );
    check(
        "WITH j AS (SELECT a.k, b.v AS w FROM a ASOF JOIN b MATCH_CONDITION (a.t >= b.t) ON a.k = b.k) \
         SELECT k, count(w) AS n, count(*) AS all_rows FROM j GROUP BY k ORDER BY k NULLS LAST",
        &["x 1 3", "y 0 1", "null 0 1"],
    );
    check(
        "SELECT v FROM b WHERE v IN (SELECT b.v FROM (a ASOF JOIN b MATCH_CONDITION (a.t <= b.t) ON a.k = b.k)) ORDER BY v",
        &["20", "50", "70"],
    );
    check(
        "SELECT (SELECT max(b.v) FROM a ASOF JOIN b MATCH_CONDITION (a.t <= b.t) ON a.k = b.k) AS m, \
         (SELECT count(*) FROM a AS x, a AS y ASOF JOIN b MATCH_CONDITION (y.t >= b.t)) AS n",
        &["70 25"],
    );
    check(
        "SELECT x.t, b.v FROM (SELECT k, max(t) AS t FROM a GROUP BY k) x \
         ASOF JOIN (SELECT k, t, v FROM b WHERE v < 50) b MATCH_CONDITION (x.t - 1 >= b.t) ON upper(x.k) = upper(b.k) ORDER BY x.t",
        &["3 null", "5 40", "9 null"],
    );
    check(
        "SELECT count(*) AS n FROM a ASOF JOIN (SELECT * FROM b WHERE false) b MATCH_CONDITION (a.t >= b.t) ON a.k = b.k \
         WHERE b.v IS NULL",
        &["5"],
    );
    check("SELECT a.v FROM (SELECT * FROM a WHERE false) a ASOF JOIN b MATCH_CONDITION (a.t >= b.t)", &[]);
    check("SELECT count(*) AS n FROM a ASOF JOIN b MATCH_CONDITION (a.t >= b.t) ON a.k = b.k AND a.v = b.v", &["5"]);
}

#[test]
fn values_are_bound_in_conditions() {
    let sql = "SELECT a.v, b.v AS w FROM a ASOF JOIN b MATCH_CONDITION (a.t + $more >= b.t) ON a.k = b.k \
               WHERE a.v < $least ORDER BY a.v";
    let query = query(sql).with_value("more", 1).with_value("least", 2);
    assert_eq!(suite::rows(&executor(), &query).unwrap(), [["0", "50"], ["1", "20"]]);
}

#[test]
fn conditions_are_asked_below_the_join() {
    let sql = "SELECT a.v, b.v AS w FROM a ASOF JOIN b MATCH_CONDITION (a.t >= b.t) ON a.k = b.k \
               WHERE a.k = 'x' AND a.t > 1 AND b.v > 30";
    check(sql, &["0 50"]);
    let text = executor().plan(&query(sql)).unwrap().text;
    let (above, below) = text.split_once("AsOfJoin: a.t >= b.t, a.k = b.k").unwrap();
    assert!(above.contains("Filter: b.v > Int64(30)") && !above.contains("a.t >"), "{text}");
    let logical = below.split_once("physical plan").unwrap().0;
    assert!(logical.contains("a.t > Int64(1)") && logical.contains("b.k = Utf8(\"x\")"), "{text}");
}

#[test]
fn other_conditions_are_refused() {
    let matching = "one comparison of a value of the left with one of the right";
    let join = |condition: &str| format!("SELECT a.v FROM a ASOF JOIN b MATCH_CONDITION ({condition}) ON a.k = b.k");
    for condition in ["a.t = b.t", "a.t >= b.t AND a.v > b.v", "a.t >= 5", "a.t >= a.v", "a.t + b.t >= b.t", "true"] {
        refused(&join(condition), matching);
    }
    refused(&join("a.t + random() >= b.t"), matching);
    refused(&join("a.t >= b.t + (SELECT 1)"), matching);
    let on = |condition: &str| format!("SELECT a.v FROM a ASOF JOIN b MATCH_CONDITION (a.t >= b.t) ON {condition}");
    for condition in ["a.k = b.k OR a.v = b.v", "a.k = 'x'", "a.k > b.k", "a.k = b.k AND b.v > 3"] {
        refused(&on(condition), "put other conditions into WHERE");
    }
    refused(&on("a.k = b.kk"), "there is no column `b.kk`");
    refused("SELECT a.v FROM a ASOF JOIN b MATCH_CONDITION (a.t >= b.t) USING (nothing)", "nothing");
    refused("SELECT 1 FROM a ASOF JOIN LATERAL (SELECT * FROM b) b MATCH_CONDITION (a.t >= b.t)", "LATERAL");
    refused("SELECT 1 FROM a ASOF JOIN c MATCH_CONDITION (a.t >= c.t)", "there is no table `c`");
    refused(
        "SELECT 1 FROM a ASOF JOIN (SELECT [t] AS t FROM b) b MATCH_CONDITION (a.t >= b.t)",
        "cannot be ordered together",
    );
}

#[test]
fn lineage_and_tables_see_through_it() {
    let sql = "SELECT a.v + b.v AS s, b.k AS l FROM a ASOF JOIN b MATCH_CONDITION (a.t >= b.t) ON a.k = b.k";
    let plan = executor().plan(&query(sql)).unwrap();
    assert_eq!(plan.tables, ["a", "b"]);
    let from = |table: &str, column: &str| (table.to_owned(), column.to_owned());
    assert_eq!(plan.lineage["s"], [from("a", "v"), from("b", "v")]);
    assert_eq!(plan.lineage["l"], [from("b", "k")]);
}

#[test]
fn cuts_hold_on_both_sides() {
    let sql = "SELECT a.v, b.v AS w FROM a ASOF JOIN b MATCH_CONDITION (a.t >= b.t) ON a.k = b.k ORDER BY a.v";
    let cut =
        Select::parse(sql).unwrap().cut(&[Cut::until("a", "t", "as_of"), Cut::before("b", "t", "as_of")]).unwrap();
    let query = query(&cut.to_string()).with_value("as_of", 5);
    assert_eq!(suite::rows(&executor(), &query).unwrap(), [["0", "40"], ["1", "null"], ["2", "null"]]);
}

/// Times 0, 3, 6, ... with their places, in row groups of 1,000 rows.
fn ticks(folder: &tempfile::TempDir, name: &str, rows: i64, each: i64) -> Dataset {
    let dataset = Dataset::open_or_new(folder.path().join(name)).unwrap();
    let t = Int64Array::from_iter_values((0..rows).map(|row| row * each));
    let v = Int64Array::from_iter_values(0..rows);
    let rows = RecordBatch::try_from_iter([("t", Arc::new(t) as ArrayRef), ("v", Arc::new(v) as ArrayRef)]).unwrap();
    let _ = dataset.write(rows, &WriteOptions::ordered_on("t").with_row_group_target_size(1_000_u64)).unwrap();
    dataset
}

#[test]
fn ordered_tables_are_merged_without_a_sort_in_little_memory() {
    let folder = tempfile::tempdir().unwrap();
    let query = Query::new("SELECT a.t, a.v, b.v AS w FROM a ASOF JOIN b MATCH_CONDITION (a.t >= b.t)")
        .with_table("a", ticks(&folder, "a", 100_000, 3))
        .with_table("b", ticks(&folder, "b", 60_000, 5));
    let plan = executor().plan(&query).unwrap();
    assert!(plan.text.contains("AsOfExec: t@0 >= t@0") && !plan.text.contains("SortExec"), "{plan}");
    let limits = Limits::default().with_memory(1 << 20).with_batch_rows(700);
    let mut run = executor().execute(&query, &limits).unwrap();
    let mut next = 0;
    for batch in run.by_ref() {
        let batch = batch.unwrap();
        assert!(batch.num_rows() <= 700);
        for row in suite::text(&batch) {
            assert_eq!(row, [(next * 3).to_string(), next.to_string(), (next * 3 / 5).to_string()]);
            next += 1;
        }
    }
    assert_eq!(next, 100_000);
    assert_eq!(run.statistics().spilled, Some(0));
}

#[test]
fn of_equal_times_the_last_in_order_is_taken_or_the_first_from_then_on() {
    let folder = tempfile::tempdir().unwrap();
    let dataset = Dataset::open_or_new(folder.path().join("b")).unwrap();
    let b = [
        ("t", Arc::new(Int64Array::from(vec![1, 2, 2, 2, 5])) as ArrayRef),
        ("v", Arc::new(Int64Array::from(vec![10, 20, 21, 22, 50])) as ArrayRef),
    ];
    let rows = RecordBatch::try_from_iter(b).unwrap();
    let _ = dataset.write(rows, &WriteOptions::ordered_on("t").with_row_group_target_size(2_u64)).unwrap();
    let found = |sign: &str| {
        let sql =
            format!("SELECT a.t, b.v FROM a ASOF JOIN b MATCH_CONDITION (a.t {sign} b.t) WHERE a.k = 'x' ORDER BY a.t");
        let a = table(&[(Some("x"), Some(2), 0), (Some("x"), Some(1), 0), (Some("x"), Some(3), 0)]);
        let rows = suite::rows(&executor(), &Query::new(sql).with_table("a", a).with_table("b", dataset.clone()));
        rows.unwrap().into_iter().map(|row| row[1].clone()).collect::<Vec<_>>()
    };
    assert_eq!(found(">="), ["10", "22", "22"]);
    assert_eq!(found(">"), ["null", "10", "22"]);
    assert_eq!(found("<="), ["10", "20", "50"]);
    assert_eq!(found("<"), ["20", "50", "50"]);
}
