//! `varvite sql QUERY --root DIR`

mod tables;

use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;
use varvite::sql::{DataFusionExecutor, Limits, Query, QueryExecutor, QueryRun};

use super::Outcome;
use crate::error::{About, Result};
use crate::output::destination::DestinationArgs;
use crate::output::progress::Progress;
use crate::output::{print, print_json};

/// Asks a question in SQL of everything below a root, and of files
///
/// A store's datasets are tables: "Bar" has all datasets of the key type Bar, with the fields of their keys as columns;
/// "Bar"."AAPL/5" is one of them. Groups and sources of a feature store are tables by their names. Nothing can be changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite sql \"SELECT symbol, count(*) AS n FROM bar GROUP BY symbol ORDER BY n DESC\" --root prices
  varvite sql \"SELECT * FROM bar WHERE symbol = $s AND ts >= '2024-03-01'\" --root prices --value s=AAPL -o aapl.parquet
  varvite sql \"SELECT shop, sum(amount) FROM p GROUP BY shop\" --table p=csv:purchases.csv --explain
  varvite sql --tables --root prices

JSON: one line a row; with -o FILE: {\"query\", \"file\", \"rows\", \"bytes\", \"report\"}; with --explain: {\"engine\", \"tables\",
\"columns\", \"plan\"}; with --tables: {\"tables\": [{\"name\", \"kind\", \"columns\", \"event_time\"}]}")]
pub(crate) struct Args {
    /// One SELECT
    #[arg(value_name = "QUERY", required_unless_present = "tables")]
    query: Option<String>,

    /// A store, a feature store, or any folder with datasets
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,

    /// A table beside: NAME=parquet:PATH, csv:PATH, json:PATH or dataset:PATH
    #[arg(long = "table", value_name = "NAME=KIND:PATH", value_parser = tables::named)]
    named: Vec<tables::Named>,

    /// Binds text to `$NAME` in the query; a number, `true`, `false` and `null` are what they look like
    #[arg(long, value_name = "NAME=VALUE", value_parser = tables::bound)]
    value: Vec<(String, tables::Bound)>,

    /// Shows how the query would be run, and does not run it
    #[arg(long, conflicts_with_all = ["output", "tables"])]
    explain: bool,

    /// Lists the tables
    #[arg(long, conflicts_with_all = ["query", "output"])]
    tables: bool,

    /// Ends the query after so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,

    /// Bytes of memory that the query may hold, such as 500000000; beyond, it goes on disk where it can
    #[arg(long, value_name = "BYTES")]
    memory: Option<usize>,

    #[command(flatten)]
    to: DestinationArgs,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "it is no number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let about = args.root.as_ref().map_or_else(|| "files".to_owned(), |root| root.display().to_string());
    ask(args, as_json).about_a("tables of", &about)?;
    Ok(Outcome::Done)
}

fn ask(args: &Args, as_json: bool) -> Result<()> {
    let known = tables::open(args.root.as_deref(), &args.named)?;
    let Some(sql) = args.query.as_deref().filter(|_| !args.tables) else { return tables::list(&known, as_json) };
    let mut query = Query::new(sql).with_tables(&known);
    for (name, value) in &args.value {
        query = query.with_value(name, value.clone());
    }
    let engine = DataFusionExecutor::try_new()?;
    if args.explain {
        return explain(&engine, &query, as_json);
    }
    put(args, engine.execute(&query, &args.limits())?, sql, as_json)
}

impl Args {
    fn limits(&self) -> Limits {
        let limits = Limits::default();
        let limits = self.timeout.into_iter().fold(limits, Limits::with_timeout);
        self.memory.into_iter().fold(limits, Limits::with_memory)
    }
}

fn explain(engine: &dyn QueryExecutor, query: &Query, as_json: bool) -> Result<()> {
    let plan = engine.plan(query)?;
    if !as_json {
        return print(&plan.to_string());
    }
    let column =
        |field: &arrow::datatypes::FieldRef| json!({"name": field.name(), "type": field.data_type().to_string()});
    let columns: Vec<_> = plan.schema.fields().iter().map(column).collect();
    print_json(&json!({"engine": plan.engine, "tables": plan.tables, "columns": columns, "plan": plan.text}))
}

/// Puts the answer where it was asked for, as it comes.
fn put(args: &Args, mut run: QueryRun, sql: &str, as_json: bool) -> Result<()> {
    let progress = Progress::start("asking", None, as_json);
    let mut incoming = args.to.open(&run.schema(), as_json)?;
    for batch in run.by_ref() {
        let batch = batch?;
        progress.add(batch.num_rows());
        incoming.take(&batch)?;
    }
    drop(progress);
    let report = run.statistics();
    incoming.finish(json!({"query": sql}), Some(report.to_string()), &report, as_json)
}
