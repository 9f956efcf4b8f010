//! `varvite dataset tag PATH [NAME]`

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::json;
use varvite::dataset::Dataset;

use super::{Outcome, open};
use crate::error::{About, Result};
use crate::output::format::plural;
use crate::output::table::Table;
use crate::output::{print, print_json};

/// Names a version, so that it stays readable; without a name lists the names
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite dataset tag prices/AAPL
  varvite dataset tag prices/AAPL release --version 41
  varvite dataset tag prices/AAPL release --remove

JSON: {\"dataset\", \"tags\": {name: version}}, after the change if there is one")]
pub(crate) struct Args {
    /// The dataset's folder
    path: PathBuf,

    /// The name; one that there is moves
    name: Option<String>,

    /// The version that is named; the newest if nothing is said
    #[arg(long, value_name = "N", requires = "name", conflicts_with = "remove")]
    version: Option<u64>,

    /// Removes the name; the version's files go when nothing else keeps them
    #[arg(long, requires = "name")]
    remove: bool,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let shown = args.path.display().to_string();
    let dataset = open(&args.path)?;
    if let Some(name) = &args.name {
        args.change(&dataset, name).about_write_to(&shown)?;
    }
    let tags = dataset.snapshot().map(|snapshot| snapshot.tags.clone()).unwrap_or_default();
    if as_json {
        print_json(&json!({"dataset": shown, "tags": tags}))?;
        return Ok(Outcome::Done);
    }
    print(&match args.name.as_ref().map(|name| (name, tags.get(name))) {
        Some((name, Some(version))) => format!("{name} is version {version}"),
        Some((name, None)) => format!("{name} is no name any more"),
        None => format!("{}\n{}", table(&tags).to_text(), plural(tags.len() as u64, "tag")),
    })?;
    Ok(Outcome::Done)
}

fn table(tags: &BTreeMap<String, u64>) -> Table {
    let mut table = Table::new().left("name").right("version");
    for (name, version) in tags {
        table.row([name, &version.to_string()]);
    }
    table
}

impl Args {
    fn change(&self, dataset: &Dataset, name: &str) -> varvite::dataset::Result<()> {
        if self.remove {
            dataset.untag(name)?
        } else {
            dataset.tag(name, self.version)?
        };
        // What another process did meanwhile is shown, too.
        dataset.refresh().map(drop)
    }
}
