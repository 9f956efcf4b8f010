//! `varvite feature materialize ROOT [GROUP...]`

use std::path::PathBuf;

use serde_json::json;
use varvite::feature::online::{MaterializeOptions, MaterializeReport, OnlineStore};
use varvite::feature::{Error, FeatureStore};
use varvite::time::Instant;

use super::{Outcome, open};
use crate::error::{About, Result};
use crate::output::progress::Progress;
use crate::output::{print, print_json};

/// Brings the newest row of each key of groups into the online values
///
/// What came since the last time is read, late rows too; an earlier run that was killed is continued. Only one process
/// may have the online values open to write.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite feature materialize features
  varvite feature materialize features users orders
  varvite feature materialize features users --up-to 2024-03-01 --full

JSON: {\"store\", \"groups\": [{\"group\", \"keys\", \"rows_read\", \"rows_written\", \"from_commit\", \"to_commit\", \"lag_commits\",
\"up_to\", \"withheld_from\", \"rebuilt\", \"resumed\", \"elapsed_ms\"}]}")]
pub(crate) struct Args {
    /// The store's folder
    root: PathBuf,

    /// Groups, `users`, or versions of them, `users@v1`. All groups that have rows, if none is named
    #[arg(value_name = "GROUP")]
    groups: Vec<String>,

    /// The last event time that is served; later rows wait. Now, if nothing else is said
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    up_to: Option<Instant>,

    /// Makes everything anew
    #[arg(long)]
    full: bool,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let shown = args.root.display().to_string();
    let store = open(&args.root)?;
    // A name that is misspelled is found before anything is done.
    let groups = if args.groups.is_empty() { with_rows(&store)? } else { args.groups.clone() };
    for group in &groups {
        store.group(group).about_a("group", group)?;
    }
    let online = store.online().about_a("store", &shown)?;
    let options = MaterializeOptions::up_to(args.up_to.unwrap_or_else(|| store.now())).with_incremental(!args.full);
    let mut reports = Vec::with_capacity(groups.len());
    for group in &groups {
        let report = materialize(&store, &online, group, &options, as_json).about_a("group", group)?;
        if !as_json {
            print(&report.to_string())?;
        }
        reports.push(report);
    }
    if as_json {
        print_json(&json!({"store": shown, "groups": reports}))?;
    }
    Ok(Outcome::Done)
}

/// The newest versions of all groups that have rows.
fn with_rows(store: &FeatureStore) -> Result<Vec<String>> {
    let state = store.registry().state()?;
    let mut found = Vec::new();
    for group in state.definitions().groups() {
        let newest = store.group(group.name())?;
        if newest.group() == group && newest.dataset().exists() {
            found.push(group.name().to_owned());
        }
    }
    Ok(found)
}

fn materialize(
    store: &FeatureStore,
    online: &OnlineStore,
    group: &str,
    options: &MaterializeOptions,
    as_json: bool,
) -> Result<MaterializeReport, Error> {
    let history = store.group(group)?;
    let bar = Progress::start("materializing", None, as_json);
    let mut seen = 0;
    online.materialize_with(history.group(), history.dataset(), options, &mut |progress| {
        bar.add(usize::try_from(progress.rows_read.saturating_sub(seen)).unwrap_or(usize::MAX));
        seen = progress.rows_read;
    })
}
