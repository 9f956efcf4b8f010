//! `varvite feature search ROOT TEXT`

use std::path::PathBuf;

use super::Outcome;
use super::list::{FilterArgs, list};
use crate::error::Result;

/// Finds a text in names and descriptions of groups and features, in any case
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  varvite feature search features temperature

JSON: as `varvite feature list`")]
pub(crate) struct Args {
    /// The store's folder
    root: PathBuf,

    /// What to look for
    text: String,

    #[command(flatten)]
    filter: FilterArgs,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    list(&args.root, &args.filter.query(Some(&args.text)), as_json)
}
