//! Answers are kept as long as their tables stay the same, and no longer.
#![cfg(feature = "datafusion")]
#![allow(clippy::unwrap_used, reason = "helpers of tests panic")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{buy, define, read, store_with};
use varvite_sql::{
    Capabilities, DataFusionExecutor, Limits, Query, QueryExecutor, QueryPlan, QueryRun, Result, SqlFeatures,
};

const FEATURES: [&str; 2] = ["totals.n", "totals.spend"];

/// Counts runs.
#[derive(Debug)]
struct Counting {
    engine: DataFusionExecutor,
    runs: AtomicUsize,
}

impl QueryExecutor for Counting {
    fn engine(&self) -> &'static str {
        self.engine.engine()
    }

    fn capabilities(&self) -> Capabilities {
        self.engine.capabilities()
    }

    fn plan(&self, query: &Query) -> Result<QueryPlan> {
        self.engine.plan(query)
    }

    fn execute(&self, query: &Query, limits: &Limits) -> Result<QueryRun> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        self.engine.execute(query, limits)
    }
}

#[test]
fn a_question_is_answered_once_until_its_source_changes() {
    let counting = Arc::new(Counting { engine: DataFusionExecutor::try_new().unwrap(), runs: AtomicUsize::new(0) });
    let (store, _) = store_with(SqlFeatures::new(counting.clone()).with_cache(1 << 20));
    buy(&store, &[(1, 10, Some(1.0))]);
    define(&store, "totals", common::TOTALS).unwrap();
    let asked = [(1, Some(10)), (2, Some(30))];
    let runs = || counting.runs.swap(0, Ordering::SeqCst);
    let first = read(&store, &asked, FEATURES).unwrap();
    assert!(runs() > 0);
    assert_eq!(read(&store, &asked, FEATURES).unwrap(), first);
    assert_eq!(runs(), 0);
    // Another time is another question.
    let _ = read(&store, &[(1, Some(9)), (2, Some(30))], FEATURES).unwrap();
    assert!(runs() > 0);
    buy(&store, &[(2, 20, Some(5.0))]);
    assert_eq!(read(&store, &asked, FEATURES).unwrap(), [(Some(1), Some(1.0)), (Some(1), Some(5.0))]);
    assert!(runs() > 0);
}
