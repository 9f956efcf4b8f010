//! `varvite sql QUERY --root DIR`

mod tables;
mod values;

use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;
use varvite::arrow::datatypes::Schema;
use varvite::sql::{DataFusionExecutor, Limits, Query, QueryExecutor, RunStatistics};

use super::Outcome;
use crate::error::{About, Error, Result};
use crate::output::destination::DestinationArgs;
use crate::output::format::{bytes, count, plural};
use crate::output::progress::Progress;
use crate::output::{print, print_json};

/// Asks a question in SQL of everything below a root, and of files
///
/// A store's datasets are tables: `Bar` has all datasets of the key type Bar, with the fields of their keys as columns, and
/// is found as `bar` too; "Bar"."AAPL/5" is one of them. Groups and sources of a feature store are tables by their names.
/// Nothing can be changed. Write the query in 'single quotes': within double quotes the shell reads it first.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite sql 'SELECT symbol, count(*) AS n FROM bar GROUP BY symbol ORDER BY n DESC' --root prices
  varvite sql 'SELECT * FROM \"Bar\".\"AAPL/5\" WHERE ts >= $start' --root prices --value start=2024-03-01 -o aapl.parquet
  varvite sql 'SELECT shop, sum(amount) FROM p GROUP BY shop' --table p=csv:purchases.csv --explain
  varvite sql --tables --root prices
  varvite sql - --root prices < question.sql

JSON: one line a row; with -o FILE: {\"query\", \"file\", \"rows\", \"bytes\", \"report\"}; with --explain: {\"engine\", \"tables\",
\"columns\", \"plan\"}; with --tables: {\"tables\": [{\"name\", \"kind\", \"columns\", \"event_time\"}]}")]
pub(crate) struct Args {
    /// One SELECT, as one argument; `-` reads it from standard input
    #[arg(value_name = "QUERY", required_unless_present = "tables")]
    query: Vec<String>,

    /// A store, a feature store, any folder with datasets, or a dataset
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,

    /// Another table: NAME=parquet:PATH, csv:PATH, json:PATH (a file or a folder) or dataset:PATH
    #[arg(long = "table", value_name = "NAME=KIND:PATH", value_parser = tables::named)]
    named: Vec<tables::Named>,

    /// Binds a value to `$NAME` in the query. Numbers, `true`, `false` and `null` are what they look like, all else is
    /// text, and so is what stands in single quotes: zip='0123'
    #[arg(long, value_name = "NAME=VALUE", value_parser = values::bound)]
    value: Vec<(String, varvite::sql::Value)>,

    /// Shows how the query would be run, and does not run it
    #[arg(long, conflicts_with_all = ["output", "tables"])]
    explain: bool,

    /// Lists the tables
    #[arg(long, conflicts_with_all = ["query", "output"])]
    tables: bool,

    /// Ends the query after so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = values::seconds)]
    timeout: Option<Duration>,

    /// Memory that the query may hold, such as 500MB; beyond, it puts rows aside on disk where it can
    #[arg(long, value_name = "BYTES", value_parser = values::memory)]
    memory: Option<usize>,

    #[command(flatten)]
    to: DestinationArgs,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let done = ask(args, as_json);
    match &args.root {
        Some(root) => done.about_a("root", &root.display().to_string())?,
        None => done?,
    }
    Ok(Outcome::Done)
}

fn ask(args: &Args, as_json: bool) -> Result<()> {
    let sql = args.sql()?;
    let known = tables::open(args.root.as_deref(), &args.named)?;
    let Some(sql) = sql else { return tables::list(&known, as_json) };
    let query = Query::new(&sql).with_tables(&known);
    let query = args.value.iter().fold(query, |query, (name, value)| query.with_value(name, value.clone()));
    let engine = DataFusionExecutor::try_new()?;
    if args.explain { explain(&engine, &query, as_json) } else { put(args, &engine, &query, as_json) }
}

impl Args {
    /// The query; `None` where the tables are listed.
    fn sql(&self) -> Result<Option<String>> {
        match self.query.as_slice() {
            [] => Ok(None),
            [one] if one == "-" => {
                let read = std::io::read_to_string(std::io::stdin());
                Ok(Some(read.map_err(|source| Error::Open { path: "-".to_owned(), source })?))
            }
            [one] => Ok(Some(one.clone())),
            words => {
                let words = format!("the query came in {} words, as the shell parted it", words.len());
                Err(Error::Usage(format!("{words}: write it in one pair of 'single quotes'")).into())
            }
        }
    }

    fn limits(&self) -> Limits {
        let limits = self.timeout.into_iter().fold(Limits::default(), Limits::with_timeout);
        self.memory.into_iter().fold(limits, Limits::with_memory)
    }
}

fn explain(engine: &dyn QueryExecutor, query: &Query, as_json: bool) -> Result<()> {
    let plan = engine.plan(query)?;
    if !as_json {
        return print(&plan.to_string());
    }
    let columns = columns(&plan.schema);
    print_json(&json!({"engine": plan.engine, "tables": plan.tables, "columns": columns, "plan": plan.text}))
}

/// Columns for programs.
fn columns(schema: &Schema) -> Vec<serde_json::Value> {
    let fields = schema.fields().iter();
    fields.map(|field| json!({"name": field.name(), "type": field.data_type().to_string()})).collect()
}

/// Puts the answer where it was asked for, as it comes.
fn put(args: &Args, engine: &dyn QueryExecutor, query: &Query, as_json: bool) -> Result<()> {
    let progress = Progress::start("asking", None, as_json);
    let mut run = engine.execute(query, &args.limits())?;
    let mut incoming = args.to.open(&run.schema(), as_json)?;
    for batch in run.by_ref() {
        let batch = batch?;
        progress.add(batch.num_rows());
        incoming.take(&batch)?;
    }
    drop(progress);
    let report = run.statistics();
    incoming.finish(json!({"query": query.sql()}), Some(note(&report)), &report, as_json)
}

/// What a run came to, for people.
fn note(report: &RunStatistics) -> String {
    let mut parts = vec![format!("{} in {:.3} s", plural(report.rows, "row"), report.elapsed.as_secs_f64())];
    parts.extend(report.rows_read.map(|rows| format!("{} read", plural(rows, "row"))));
    let read = report.row_groups.filter(|(_, all)| *all > 0);
    parts.extend(read.map(|(read, all)| format!("{} of {}", count(read), plural(all, "row group"))));
    let held = report.peak_memory.filter(|held| *held > 0);
    parts.extend(held.map(|memory| format!("{} of memory", bytes(memory))));
    let aside = report.spilled.filter(|aside| *aside > 0);
    parts.extend(aside.map(|aside| format!("{} put aside", bytes(aside))));
    parts.join(", ")
}
