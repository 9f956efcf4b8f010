//! `varvite asset remove ROOT ASSET`

use serde_json::json;
use varvite::asset::VersionInfo;

use super::name::{AssetArgs, Found};
use super::options::usage;
use super::{ASSET, Outcome};
use crate::error::{About, Result};
use crate::output::format::{bytes, plural};
use crate::output::{print, print_json};

/// Removes a version of an asset: rows or files, and its columns; without --yes it only says what would go
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite asset remove catalog weather@1d@v1 --dry-run
  varvite asset remove catalog weather@1d@v1 --yes

JSON: {\"root\", \"asset\", \"kind\", \"resolution\", \"version\", \"dry_run\", \"removed\", \"partitions\", \"rows\", \"bytes\"}; \
`partitions` counts dates of a lake asset, whose `rows` are null")]
pub(crate) struct Args {
    #[command(flatten)]
    asset: AssetArgs,

    /// Tells what would be removed, and removes nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,

    /// Yes, for ever
    #[arg(long)]
    yes: bool,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let found = args.asset.find()?;
    remove(args, &found, as_json).about_a(ASSET, &found.shown())?;
    Ok(Outcome::Done)
}

fn remove(args: &Args, found: &Found, as_json: bool) -> Result<()> {
    let Some(version) = found.of_version() else { return Ok(()) };
    let versions = &found.info.versions;
    if versions.len() > 1 && !args.asset.names_a_version() {
        let names: Vec<String> = versions.iter().map(|version| found.shown_as(version.version)).collect();
        return Err(usage(format!("it has several versions: name one, {}", names.join(" or "))));
    }
    let told = told(found, version);
    if !args.dry_run && !args.yes {
        return Err(usage(format!("{told} would be removed for ever: say --yes")));
    }
    if !args.dry_run {
        found.catalog.remove(&found.id, found.version)?;
    }
    if as_json {
        return print_json(&found.json(json!({"root": args.asset.root(), "dry_run": args.dry_run,
            "removed": !args.dry_run, "partitions": version.partitions, "rows": version.rows,
            "bytes": version.bytes})));
    }
    print(&format!("{}: {told} {}", found.shown(), if args.dry_run { "would be removed" } else { "removed" }))
}

/// `6 rows of 2 partitions (8.9 kB)`
fn told(found: &Found, version: &VersionInfo) -> String {
    let what = match (version.rows, found.is_feature()) {
        (Some(rows), true) => format!("{} of {}", plural(rows, "row"), plural(version.partitions, "partition")),
        (Some(rows), false) => plural(rows, "row"),
        (None, _) => format!("files of {}", plural(version.partitions, "date")),
    };
    format!("{what} ({})", bytes(version.bytes))
}
