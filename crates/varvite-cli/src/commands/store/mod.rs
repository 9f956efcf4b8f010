//! `varvite store ...`: all datasets below a root.

mod intersections;
mod ls;

use std::path::Path;

use clap::Subcommand;
use varvite::store::Catalog;

use super::Outcome;
use crate::error::{Error, Result};

/// What can be done with the datasets below a root.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Ls(ls::Args),
    Intersections(intersections::Args),
}

pub(crate) fn run(command: &Command, as_json: bool) -> Result<Outcome> {
    match command {
        Command::Ls(args) => ls::run(args, as_json),
        Command::Intersections(args) => intersections::run(args, as_json),
    }
}

pub(in crate::commands) fn open(root: &Path) -> Result<Catalog> {
    let no_folder = |reason| Error::NoFolder { path: root.display().to_string(), reason };
    match std::fs::metadata(root) {
        Ok(metadata) if metadata.is_dir() => Ok(Catalog::open(root)?),
        Ok(_) => Err(no_folder("it is a file").into()),
        Err(_) => Err(no_folder("it is not there").into()),
    }
}
