//! `varvite dataset vacuum PATH`

use std::path::PathBuf;

use serde::Serialize;
use varvite::dataset::{VacuumOptions, VacuumReport};

use super::retention::RetentionArgs;
use super::{Outcome, open};
use crate::error::{About, Result};
use crate::output::progress::Progress;
use crate::output::{print, print_json};

/// Removes the files that no readable version needs
///
/// Writes do the same for what they replace, as the dataset remembers (`info` shows it). Tagged versions and the newest
/// one always stay.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite dataset vacuum prices/AAPL --dry-run
  varvite dataset vacuum prices/AAPL --retain-versions 1 --retain-age 0

JSON: {\"dataset\", \"dry_run\", \"readable_from\", \"files_deleted\", \"bytes_deleted\", \"files_kept\",
\"records_deleted\", \"version_before\", \"version_after\"}")]
pub(crate) struct Args {
    /// The dataset's folder
    path: PathBuf,

    #[command(flatten)]
    retention: RetentionArgs,

    /// Removes the records of versions that cannot be read any more, too
    #[arg(long)]
    expire_log: bool,

    /// Tells what would be removed, and removes nothing; records are not counted
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
struct Vacuumed<'a> {
    dataset: &'a str,
    dry_run: bool,
    #[serde(flatten)]
    report: &'a VacuumReport,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let shown = args.path.display().to_string();
    vacuum(args, &shown, as_json).about(&shown)?;
    Ok(Outcome::Done)
}

fn vacuum(args: &Args, shown: &str, as_json: bool) -> Result<()> {
    let dataset = open(&args.path)?;
    let stored = dataset.snapshot().map(|snapshot| snapshot.settings.clone());
    let mut options = VacuumOptions::default().with_log_expiry(args.expire_log);
    options.retention = args.retention.over(stored.as_ref());
    let progress = Progress::start("vacuuming", None, as_json);
    let report = if args.dry_run { dataset.plan_vacuum(&options)? } else { dataset.vacuum(&options)? };
    drop(progress);
    if as_json {
        return print_json(&Vacuumed { dataset: shown, dry_run: args.dry_run, report: &report });
    }
    let note = if args.dry_run { "\ndry run: nothing was removed" } else { "" };
    print(&format!("{report}{note}"))
}
