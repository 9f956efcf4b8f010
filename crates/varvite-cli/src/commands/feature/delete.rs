//! `varvite feature delete ROOT GROUP --keys INPUT`

use std::path::PathBuf;

use varvite::feature::FeatureWriteReport;

use super::options::read_entities;
use super::write::Written;
use super::{Outcome, open};
use crate::error::Result;
use crate::output::progress::Progress;
use crate::output::{print, print_json};

/// Deletes all rows of some entities of a group
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  varvite feature delete features users --keys forgotten.csv

JSON: {\"store\", \"dry_run\"} and the counts of the report")]
pub(crate) struct Args {
    /// The store's folder
    root: PathBuf,

    /// The group, `users`, or a version of it, `users@v1`
    group: String,

    /// A file with a column for each entity key, `-` for standard input
    #[arg(long, value_name = "INPUT")]
    keys: PathBuf,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let report = delete(args, as_json).map_err(|failure| failure.of_group(&args.group))?;
    if as_json {
        print_json(&Written { store: args.root.display().to_string(), dry_run: false, report: &report })?;
    } else {
        print(&report.to_string())?;
    }
    Ok(Outcome::Done)
}

fn delete(args: &Args, as_json: bool) -> Result<FeatureWriteReport> {
    let store = open(&args.root)?;
    let history = store.group(&args.group)?;
    let _progress = Progress::start("deleting", None, as_json);
    let (_, keys) = read_entities(&args.keys, &history.schema())?;
    Ok(store.delete(&args.group, &keys)?)
}
