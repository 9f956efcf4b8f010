//! `varvite feature get ROOT FEATURE... --key NAME=VALUE`

use varvite::time::Instant;

use super::keys::KeyArgs;
use super::options::{FeatureArgs, NameArgs};
use super::{Outcome, open};
use crate::error::{About, Result};
use crate::output::destination::DestinationArgs;
use crate::output::progress::Progress;

/// Reads features of some entities as of one time: now, if nothing else is said
///
/// Rows dated after now are never served. Without -o a table is shown, or with --json JSON lines.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite feature get features users.score users.age --key user_id=7,9
  varvite feature get features service:churn --entities users.csv --at 2024-03-01 -o churn.parquet

JSON: one line an entity; with -o FILE: {\"store\", \"file\", \"rows\", \"bytes\", \"report\"}")]
pub(crate) struct Args {
    #[command(flatten)]
    what: FeatureArgs,

    #[command(flatten)]
    keys: KeyArgs,

    /// As of when
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    at: Option<Instant>,

    #[command(flatten)]
    names: NameArgs,

    #[command(flatten)]
    to: DestinationArgs,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    get(args, as_json).about_a("store", &args.what.shown())?;
    Ok(Outcome::Done)
}

fn get(args: &Args, as_json: bool) -> Result<()> {
    let store = open(&args.what.root)?;
    let options = args.names.to_options();
    let rows = args.keys.read(&store.entity_columns(&args.what.features, &options)?)?;
    let progress = Progress::start("reading", None, as_json);
    let found = store.get_features_with(&args.what.features, rows, args.at, &options)?;
    drop(progress);
    super::join::put(&args.to, &args.what.shown(), &found, as_json)
}
