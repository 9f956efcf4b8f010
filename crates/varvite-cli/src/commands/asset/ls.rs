//! `varvite asset ls ROOT`

use std::path::PathBuf;

use serde_json::json;
use varvite::asset::{AssetInfo, VersionInfo};

use super::{Outcome, json, open};
use crate::error::{About, Result};
use crate::output::format::{bytes, count, plural};
use crate::output::table::Table;
use crate::output::{print, print_json};

/// Lists the assets of a catalog, each with its versions
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  varvite asset ls catalog

JSON: {\"root\", \"assets\": [{\"asset\", \"kind\", \"resolution\", \"versions\": [{\"version\", \"partitions\", \"rows\", \
\"bytes\", \"first\": {\"start\", \"end\"}, \"last\", \"covered\": [{\"start\", \"end\"}], \"changed\"}]}]}; a date has a start alone")]
pub(crate) struct Args {
    /// The catalog's folder
    root: PathBuf,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let assets = open(&args.root)?.assets().about_a("catalog", &args.root.display().to_string())?;
    if as_json {
        let assets: Vec<_> = assets.iter().map(json::asset).collect();
        print_json(&json!({"root": args.root, "assets": assets}))?;
    } else {
        print(&format!("{}\n{}", table(&assets).to_text(), plural(assets.len() as u64, "asset")))?;
    }
    Ok(Outcome::Done)
}

fn table(assets: &[AssetInfo]) -> Table {
    let mut table = Table::new().left("asset").left("kind").left("resolution").right("version").right("partitions");
    table = table.right("rows").left("from").left("to").right("bytes");
    for asset in assets {
        for version in &asset.versions {
            let (from, to) = ends(version);
            table.row([
                asset.name.clone(),
                asset.kind.to_owned(),
                asset.resolution.clone().unwrap_or_default(),
                version.version.to_string(),
                count(version.partitions),
                version.rows.map(count).unwrap_or_default(),
                from,
                to,
                bytes(version.bytes),
            ]);
        }
    }
    table
}

/// Where the first interval starts and the last one ends; or the first and the last date.
pub(super) fn ends(version: &VersionInfo) -> (String, String) {
    let text = |end: &Option<String>| end.clone().unwrap_or_default();
    let (first, last) = (text(&version.first), text(&version.last));
    let start = first.split_once("..").map_or(first.as_str(), |(start, _)| start).to_owned();
    let end = last.split_once("..").map_or(last.as_str(), |(_, end)| end).to_owned();
    (start, end)
}
