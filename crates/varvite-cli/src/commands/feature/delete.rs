//! `varvite feature delete ROOT GROUP`

use std::path::PathBuf;

use varvite::feature::FeatureWriteReport;

use super::keys::KeyArgs;
use super::write::Written;
use super::{Outcome, open};
use crate::error::Result;
use crate::output::progress::Progress;
use crate::output::{print, print_json};

/// Deletes all rows of some entities of a group
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite feature delete features users --key user_id=17,23
  varvite feature delete features users --entities forgotten.csv

JSON: {\"store\", \"dry_run\"} and the counts of the report")]
pub(crate) struct Args {
    /// The store's folder
    root: PathBuf,

    /// The group, `users`, or a version of it, `users@v1`
    group: String,

    #[command(flatten)]
    who: KeyArgs,
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
    let (_, keys) = args.who.read(&history.schema())?;
    Ok(store.delete(&args.group, &keys)?)
}
