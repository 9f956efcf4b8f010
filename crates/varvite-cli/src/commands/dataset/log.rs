//! `varvite dataset log PATH`

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::json;
use varvite::dataset::CommitInfo;
use varvite::time::{TimeUnit, format_instant};

use super::{Outcome, open};
use crate::error::{About, Result};
use crate::output::format::{count, plural};
use crate::output::table::Table;
use crate::output::{print, print_json};

/// Lists the commits: when, what, how many rows, and which versions have names
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  varvite dataset log prices/AAPL

JSON: {\"dataset\", \"readable_from\", \"tags\": {name: version}, \"commits\": [{\"version\", \"at_ms\", \"op\", \"range\",
\"rows_added\", \"files_added\", \"files_removed\", \"app\", \"tags_set\", \"tags_removed\", \"readable_from\", \"txn\"}]},
oldest first")]
pub(crate) struct Args {
    /// The dataset's folder
    path: PathBuf,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let shown = args.path.display().to_string();
    let dataset = open(&args.path)?;
    let (readable_from, tags) =
        dataset.snapshot().map(|snapshot| (snapshot.readable_from, snapshot.tags.clone())).unwrap_or_default();
    let commits = dataset.log().about(&shown)?;
    if as_json {
        print_json(&json!({"dataset": shown, "readable_from": readable_from, "tags": tags, "commits": commits}))?;
        return Ok(Outcome::Done);
    }
    let number = plural(commits.len() as u64, "commit");
    print(&format!("{}\n{number}{}", table(&commits, &tags).to_text(), readable(readable_from, &tags)))?;
    Ok(Outcome::Done)
}

/// Which versions can be read, if not all.
fn readable(from: u64, tags: &BTreeMap<String, u64>) -> String {
    let tagged = if tags.values().any(|version| *version < from) { ", and tagged ones" } else { "" };
    if from == 0 { String::new() } else { format!(", versions from {from} on can be read{tagged}") }
}

fn table(commits: &[CommitInfo], tags: &BTreeMap<String, u64>) -> Table {
    let notes: Vec<String> = commits.iter().map(|commit| notes(commit, tags)).collect();
    let has_notes = notes.iter().any(|note| !note.is_empty());
    let mut table = Table::new().right("version").left("when").left("what").left("from").left("to");
    table = table.right("rows written").right("files added").right("removed");
    if has_notes {
        table = table.left("notes");
    }
    for (commit, note) in commits.iter().zip(notes) {
        let [from, to] = commit.range.clone().unwrap_or_default();
        let cells = [
            commit.version.to_string(),
            format_instant(commit.at_ms, TimeUnit::Millisecond),
            commit.op.clone(),
            from,
            to,
            count(commit.rows_added),
            commit.files_added.to_string(),
            commit.files_removed.to_string(),
        ];
        table.row(cells.into_iter().chain(has_notes.then_some(note)));
    }
    table
}

/// The names that the version has today, and what the commit did to names and to older versions.
fn notes(commit: &CommitInfo, tags: &BTreeMap<String, u64>) -> String {
    let has = tags.iter().filter(|(_, version)| **version == commit.version).map(|(name, _)| name.clone());
    let set = commit.tags_set.iter().map(|(name, version)| format!("{name} = {version}"));
    let removed = commit.tags_removed.iter().map(|name| format!("{name} removed"));
    let readable = commit.readable_from.map(|from| format!("readable from {from}"));
    has.map(|name| format!("[{name}]")).chain(set).chain(removed).chain(readable).collect::<Vec<_>>().join(", ")
}
