//! What every engine must answer alike: small tables of each kind, questions, and the rows that answer them.
//!
//! Answers are compared as text, so that an engine may count in another width; numbers are cast where engines differ.

#![allow(dead_code, reason = "each engine's test uses its share")]

mod cases;
mod tables;

use arrow::array::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use varvite_sql::{Limits, Query, QueryExecutor};

pub(crate) use tables::Fixture;

/// Runs every case against an engine, and says which were left out for what it cannot do.
pub(crate) fn suite(executor: &dyn QueryExecutor) {
    let fixture = Fixture::new();
    let mut failed = Vec::new();
    for case in cases::all() {
        if case.needs_asof && !executor.capabilities().asof_join {
            eprintln!("LEFT OUT on {}: `{}` needs ASOF JOIN", executor.engine(), case.name);
            continue;
        }
        let query = (case.bind)(Query::new(case.sql).with_tables(&fixture.tables));
        match rows(executor, &query) {
            Ok(rows) if rows == case.rows => {}
            Ok(rows) => failed.push(format!("{}: {rows:?} instead of {:?}", case.name, case.rows)),
            Err(error) => failed.push(format!("{}: {error} [{}]", case.name, error.code())),
        }
    }
    for case in cases::refused() {
        let query = (case.bind)(Query::new(case.sql).with_tables(&fixture.tables));
        match rows(executor, &query) {
            Err(error) if case.codes.contains(&error.code()) => {}
            other => failed.push(format!("{}: {other:?} instead of an error {:?}", case.name, case.codes)),
        }
    }
    assert!(failed.is_empty(), "{}:\n{}", executor.engine(), failed.join("\n"));
}

/// The rows of an answer as text.
pub(crate) fn rows(executor: &dyn QueryExecutor, query: &Query) -> varvite_sql::Result<Vec<Vec<String>>> {
    let planned = executor.plan(query)?.schema;
    let batch = executor.execute(query, &Limits::default())?.collect_batch()?;
    assert_eq!(batch.schema().fields(), planned.fields(), "what was planned is what came: {}", query.sql());
    Ok(text(&batch))
}

/// The rows of a batch as text.
pub(crate) fn text(batch: &RecordBatch) -> Vec<Vec<String>> {
    let options = FormatOptions::default().with_null("null");
    let columns: Vec<_> =
        batch.columns().iter().map(|column| ArrayFormatter::try_new(column.as_ref(), &options).unwrap()).collect();
    (0..batch.num_rows()).map(|row| columns.iter().map(|column| column.value(row).to_string()).collect()).collect()
}
