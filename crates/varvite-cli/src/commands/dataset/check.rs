//! `varvite dataset check PATH`

use std::path::PathBuf;

use serde_json::json;

use super::{Outcome, open};
use crate::error::{About, Result};
use crate::output::progress::Progress;
use crate::output::{print, print_json};

/// Compares every file with what the log says of it; exit code 1 if there is damage
///
/// Presence, lengths and the ends of files are compared; with --deep every byte, the order of rows, and their bounds.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  varvite dataset check prices/AAPL --deep

JSON: {\"dataset\", \"deep\", \"ok\", \"files_checked\", \"findings\": [{\"path\", \"problem\", \"damage\"}]}")]
pub(crate) struct Args {
    /// The dataset's folder
    path: PathBuf,

    /// Reads every byte
    #[arg(long)]
    deep: bool,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let shown = args.path.display().to_string();
    let progress = Progress::start("checking", None, as_json);
    let report = open(&args.path)?.check(args.deep).about(&shown)?;
    drop(progress);
    if as_json {
        print_json(&json!({
            "dataset": shown,
            "deep": args.deep,
            "ok": report.is_ok(),
            "files_checked": report.files_checked,
            "findings": report.findings,
        }))?;
    } else {
        print(&report.to_string())?;
    }
    Ok(if report.is_ok() { Outcome::Done } else { Outcome::Refused })
}
