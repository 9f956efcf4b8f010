//! `varvite feature leak-check ROOT FEATURE... --table INPUT --time COLUMN`

use std::path::PathBuf;

use serde_json::json;
use varvite::feature::LeakReport;

use super::options::{FeatureArgs, ReadArgs, SpineArgs};
use super::{Outcome, open};
use crate::error::{About, Result};
use crate::output::progress::Progress;
use crate::output::{print, print_json};

/// Compares a table that was made elsewhere with what was known; exit code 1 if values come from the future
///
/// INPUT has entities with their times, and features under the names that `varvite feature join` gives them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  varvite feature leak-check features users.score --table training.parquet --time at

JSON: {\"store\", \"leaks\", \"clean\", \"columns\": [{\"column\", \"equal\", \"different\", \"leaked\"}],
\"differences\": [{\"row\", \"column\", \"given\", \"known\", \"from\"}]}, the first hundred")]
pub(crate) struct Args {
    #[command(flatten)]
    what: FeatureArgs,

    /// The table, `-` for standard input
    #[arg(long, value_name = "INPUT")]
    table: PathBuf,

    #[command(flatten)]
    spine: SpineArgs,

    #[command(flatten)]
    read: ReadArgs,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let report = check(args, as_json).about_a("store", &args.what.shown())?;
    if as_json {
        print_json(&json!({"store": args.what.shown(), "leaks": report.has_leaks(), "clean": report.is_clean(),
            "columns": report.columns, "differences": report.differences}))?;
    } else {
        print(&report.to_string())?;
    }
    Ok(if report.has_leaks() { Outcome::Refused } else { Outcome::Done })
}

fn check(args: &Args, as_json: bool) -> Result<LeakReport> {
    let store = open(&args.what.root)?;
    let options = args.read.to_options();
    let _progress = Progress::start("comparing", None, as_json);
    let table = args.spine.read(&store, &args.table, &args.what.features, &options)?;
    Ok(store.leak_check(&table, &args.what.features, &options)?)
}
