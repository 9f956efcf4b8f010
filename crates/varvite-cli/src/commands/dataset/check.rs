//! `varvite dataset check PATH`

use std::fmt;
use std::path::PathBuf;

use serde_json::json;

use super::{Outcome, open};
use crate::error::{About, Result};
use crate::output::progress::Progress;
use crate::output::{print, print_json};

/// Compares every file with what the log says of it; exit code 1 if there is damage
///
/// Presence, lengths and the ends of files are compared; with --deep every byte, the order of rows, and their bounds, and
/// stored duplicates are looked for.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite dataset check prices/AAPL --deep
  varvite dataset check prices/AAPL --repair

JSON: {\"dataset\", \"deep\", \"ok\", \"files_checked\", \"findings\": [{\"path\", \"problem\", \"damage\", \"remedy\"}]};
with --repair also \"repaired\", as findings are, and \"locked\"")]
pub(crate) struct Args {
    /// The dataset's folder
    path: PathBuf,

    /// Reads every byte
    #[arg(long)]
    deep: bool,

    /// Puts right what can be without touching rows: files in the wrong folder, files of writers that are gone,
    /// checkpoints that cannot be used. What is left is listed
    #[arg(long)]
    repair: bool,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let shown = args.path.display().to_string();
    if args.repair {
        return repair(args, &shown, as_json);
    }
    let progress = Progress::start("checking", None, as_json);
    let report = open(&args.path)?.check(args.deep).about(&shown)?;
    drop(progress);
    let facts = json!({
        "dataset": shown,
        "deep": args.deep,
        "ok": report.is_ok(),
        "files_checked": report.files_checked,
        "findings": report.findings,
    });
    show(&report, &facts, report.is_ok(), as_json)
}

fn repair(args: &Args, shown: &str, as_json: bool) -> Result<Outcome> {
    let progress = Progress::start("repairing", None, as_json);
    let report = open(&args.path)?.repair(args.deep).about(shown)?;
    drop(progress);
    let facts = json!({
        "dataset": shown,
        "deep": args.deep,
        "ok": report.is_ok(),
        "files_checked": report.files_checked,
        "findings": report.left,
        "repaired": report.repaired,
        "locked": report.locked,
    });
    show(&report, &facts, report.is_ok(), as_json)
}

fn show(report: &impl fmt::Display, facts: &serde_json::Value, is_ok: bool, as_json: bool) -> Result<Outcome> {
    if as_json {
        print_json(facts)?;
    } else {
        print(&report.to_string())?;
    }
    Ok(if is_ok { Outcome::Done } else { Outcome::Refused })
}
