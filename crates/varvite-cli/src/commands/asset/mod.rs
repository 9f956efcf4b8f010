//! `varvite asset ...`: a catalog of assets.

mod fetch;
mod gaps;
mod json;
mod lake;
mod ls;
mod name;
mod options;
mod remove;
mod repartition;
mod show;
mod write;

use std::io::ErrorKind;
use std::path::Path;

use clap::Subcommand;
use varvite::asset::Catalog;

use super::Outcome;
use crate::error::{About, Error, Failure, Result};

/// What can be done with the assets of a catalog.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Ls(ls::Args),
    Show(show::Args),
    Fetch(Box<fetch::Args>),
    Gaps(Box<gaps::Args>),
    Write(Box<write::Args>),
    Repartition(repartition::Args),
    Remove(remove::Args),
}

pub(crate) fn run(command: &Command, as_json: bool) -> Result<Outcome> {
    match command {
        Command::Ls(args) => ls::run(args, as_json),
        Command::Show(args) => show::run(args, as_json),
        Command::Fetch(args) => fetch::run(args, as_json),
        Command::Gaps(args) => gaps::run(args, as_json),
        Command::Write(args) => write::run(args, as_json),
        Command::Repartition(args) => repartition::run(args, as_json),
        Command::Remove(args) => remove::run(args, as_json),
    }
}

/// The sort of thing that errors are about.
const ASSET: &str = "asset";

/// The folders of which a catalog has at least one.
const FOLDERS: [&str; 4] = ["features", "persistent", "lake", "schemas"];

/// Opens the catalog at `root`, which has to be one.
fn open(root: &Path) -> Result<Catalog> {
    match look(root)? {
        Place::Nothing => Err(none(root, "it is not there").into()),
        Place::Folder => Err(none(root, "it has no folder `features`, `persistent` or `lake`").into()),
        Place::Catalog => Catalog::open(root).about_a("catalog", &shown(root)),
    }
}

/// Opens the catalog at `root` to write to it: it need not be there.
fn open_or_new(root: &Path) -> Result<Catalog> {
    look(root)?;
    Catalog::open(root).about_a("catalog", &shown(root))
}

/// What stands where a catalog is looked for.
enum Place {
    Nothing,
    Folder,
    Catalog,
}

/// What stands at `root`, unless it is a file or cannot be read.
fn look(root: &Path) -> Result<Place> {
    let unreadable = |error: std::io::Error| {
        let help = "check the path, and whether you may read it";
        Failure::from(none(root, format!("it cannot be read: {error}"))).with_help(Some(help.to_owned()))
    };
    match std::fs::metadata(root) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Place::Nothing),
        Err(error) => return Err(unreadable(error)),
        Ok(metadata) if !metadata.is_dir() => return Err(no_folder(root)),
        Ok(_) => {}
    }
    std::fs::read_dir(root).map_err(unreadable)?;
    let mut found = Place::Folder;
    for folder in FOLDERS {
        match std::fs::read_dir(root.join(folder)) {
            Ok(_) => found = Place::Catalog,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(error) => return Err(unreadable(error)),
        }
    }
    Ok(found)
}

fn no_folder(root: &Path) -> Failure {
    let help = "name a folder: the first write makes one that is not there";
    Failure::from(none(root, "it is a file")).with_help(Some(help.to_owned()))
}

fn none(root: &Path, reason: impl Into<String>) -> Error {
    Error::NoCatalog { path: shown(root), reason: reason.into() }
}

/// The path as given; where that is no name, as `.` is none, which folder it is.
fn shown(root: &Path) -> String {
    let whole = if root.file_name().is_none() { root.canonicalize().ok() } else { None };
    whole.as_deref().unwrap_or(root).display().to_string()
}
