//! `varvite feature log ROOT`

use std::path::PathBuf;

use serde_json::json;
use varvite::feature::RevisionInfo;
use varvite::time::{TimeUnit, format_instant};

use super::{Outcome, open};
use crate::error::{About, Result};
use crate::output::format::plural;
use crate::output::{print, print_json};

/// Lists the revisions of the registry: when, who, why, and what changed
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  varvite feature log features

JSON: {\"store\", \"revisions\": [{\"revision\", \"at_ms\", \"author\", \"message\", \"changes\"}]}, oldest first")]
pub(crate) struct Args {
    /// The store's folder
    root: PathBuf,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let shown = args.root.display().to_string();
    let revisions = open(&args.root)?.registry().history().about_a("store", &shown)?;
    if as_json {
        print_json(&json!({"store": shown, "revisions": revisions}))?;
    } else {
        let texts: Vec<String> = revisions.iter().map(text).collect();
        let number = plural(revisions.len() as u64, "revision");
        print(&texts.into_iter().chain([number]).collect::<Vec<_>>().join("\n"))?;
    }
    Ok(Outcome::Done)
}

fn text(revision: &RevisionInfo) -> String {
    let when = format_instant(revision.at_ms, TimeUnit::Millisecond);
    let author = revision.author.as_ref().map(|author| format!("  {author}"));
    let message = revision.message.as_ref().map(|message| format!("  {message}"));
    let first = format!("{}  {when}{}{}", revision.revision, author.unwrap_or_default(), message.unwrap_or_default());
    let changes = revision.changes.iter().map(|change| format!("  {change}"));
    std::iter::once(first).chain(changes).collect::<Vec<_>>().join("\n")
}
