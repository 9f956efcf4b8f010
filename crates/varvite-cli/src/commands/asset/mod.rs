//! `varvite asset ...`: a catalog of assets.

mod fetch;
mod gaps;
mod lake;
mod ls;
mod name;
mod options;
mod repartition;
mod show;
mod write;

use std::path::Path;

use clap::Subcommand;
use varvite::asset::Catalog;

use super::Outcome;
use crate::error::{About, Error, Result};

/// What can be done with the assets of a catalog.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Ls(ls::Args),
    Show(show::Args),
    Fetch(Box<fetch::Args>),
    Gaps(Box<gaps::Args>),
    Write(Box<write::Args>),
    Repartition(repartition::Args),
}

pub(crate) fn run(command: &Command, as_json: bool) -> Result<Outcome> {
    match command {
        Command::Ls(args) => ls::run(args, as_json),
        Command::Show(args) => show::run(args, as_json),
        Command::Fetch(args) => fetch::run(args, as_json),
        Command::Gaps(args) => gaps::run(args, as_json),
        Command::Write(args) => write::run(args, as_json),
        Command::Repartition(args) => repartition::run(args, as_json),
    }
}

/// The sort of thing that errors are about.
const ASSET: &str = "asset";

/// The folders of which a catalog has at least one.
const FOLDERS: [&str; 4] = ["features", "persistent", "lake", "schemas"];

/// Opens the catalog at `root`, which has to be one.
fn open(root: &Path) -> Result<Catalog> {
    let shown = root.display().to_string();
    let none = |reason| Error::NoCatalog { path: shown.clone(), reason };
    match std::fs::metadata(root) {
        Err(_) => Err(none("it is not there").into()),
        Ok(metadata) if !metadata.is_dir() => Err(none("it is a file").into()),
        Ok(_) if !FOLDERS.iter().any(|folder| root.join(folder).is_dir()) => {
            Err(none("it has no folder `features`, `persistent` or `lake`").into())
        }
        Ok(_) => Catalog::open(root).about_a("catalog", &shown),
    }
}
