//! `varvite feature join ROOT FEATURE... --entities INPUT --time COLUMN`

use std::path::PathBuf;

use varvite::feature::HistoricalFeatures;

use super::options::{FeatureArgs, ReadArgs, SpineArgs};
use super::{Outcome, open};
use crate::error::{About, Result};
use crate::output::destination::{DestinationArgs, Rows};
use crate::output::progress::Progress;

/// Joins features to a table of entities, each row as of its own time, never from its future
///
/// The answer has one row for each row of INPUT, in their order. Without -o the first rows are shown, or with --json all
/// of them as JSON lines.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite feature join features users.score --entities labels.csv --time at -o training.parquet
  varvite feature join features \"users as seller.score\" --entities sales.parquet --time sold_at \\
      --key-map seller:user_id=seller_id --tolerance 7d --known-as-of

JSON: one line a row; with -o FILE: {\"store\", \"file\", \"rows\", \"bytes\", \"report\"}")]
pub(crate) struct Args {
    #[command(flatten)]
    what: FeatureArgs,

    /// A file with the entities and their times, `-` for standard input
    #[arg(long, value_name = "INPUT")]
    entities: PathBuf,

    #[command(flatten)]
    spine: SpineArgs,

    #[command(flatten)]
    read: ReadArgs,

    #[command(flatten)]
    to: DestinationArgs,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    join(args, as_json).about_a("store", &args.what.shown())?;
    Ok(Outcome::Done)
}

fn join(args: &Args, as_json: bool) -> Result<()> {
    let store = open(&args.what.root)?;
    let options = args.read.to_options();
    let progress = Progress::start("joining", None, as_json);
    let entities = args.spine.read(&store, &args.entities, &args.what.features, &options)?;
    let found = store.get_historical_features(&entities, &args.what.features, &options)?;
    drop(progress);
    put(&args.to, &args.what.shown(), &found, as_json)
}

/// Puts an answer where it was asked for, with what the read met.
pub(super) fn put(to: &DestinationArgs, store: &str, found: &HistoricalFeatures, as_json: bool) -> Result<()> {
    let report = found.report();
    let about = ("store", store);
    let rows = Rows { schema: found.schema(), batches: found.batches(), about, report, note: Some(report.to_string()) };
    to.put(&rows, as_json)
}
