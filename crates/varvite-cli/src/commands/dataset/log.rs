//! `varvite dataset log PATH`

use std::path::PathBuf;

use serde_json::json;
use varvite::dataset::CommitInfo;
use varvite::time::{TimeUnit, format_instant};

use super::{Outcome, open};
use crate::error::{About, Result};
use crate::output::format::{count, plural};
use crate::output::table::Table;
use crate::output::{print, print_json};

/// Lists the commits: when, what, how many rows
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  varvite dataset log prices/AAPL

JSON: {\"dataset\", \"commits\": [{\"version\", \"at_ms\", \"op\", \"range\", \"rows_added\", \"files_added\",
\"files_removed\", \"app\", \"txn\"}]}, oldest first")]
pub(crate) struct Args {
    /// The dataset's folder
    path: PathBuf,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let shown = args.path.display().to_string();
    let commits = open(&args.path)?.log().about(&shown)?;
    if as_json {
        print_json(&json!({"dataset": shown, "commits": commits}))?;
    } else {
        print(&format!("{}\n{}", table(&commits).to_text(), plural(commits.len() as u64, "commit")))?;
    }
    Ok(Outcome::Done)
}

fn table(commits: &[CommitInfo]) -> Table {
    let mut table = Table::new().right("version").left("when").left("what").left("from").left("to");
    table = table.right("rows written").right("files added").right("removed");
    for commit in commits {
        let [from, to] = commit.range.clone().unwrap_or_default();
        table.row([
            commit.version.to_string(),
            format_instant(commit.at_ms, TimeUnit::Millisecond),
            commit.op.clone(),
            from,
            to,
            count(commit.rows_added),
            commit.files_added.to_string(),
            commit.files_removed.to_string(),
        ]);
    }
    table
}
