//! `varvite dataset ...`: one dataset.

mod at;
mod change;
mod check;
mod columns;
mod compact;
mod coverage;
mod delete;
mod import;
mod info;
mod log;
mod options;
mod range;
mod remove;
mod replace;
mod retention;
mod scan;
mod tag;
mod vacuum;
mod write;

use std::path::Path;

use clap::Subcommand;
use varvite::dataset::{Dataset, Error};

use super::Outcome;
use crate::error::{Failure, Result, similar};

/// What can be done with a dataset.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Write(write::Args),
    Replace(replace::Args),
    Delete(delete::Args),
    Scan(scan::Args),
    Info(info::Args),
    Log(log::Args),
    Tag(tag::Args),
    Compact(compact::Args),
    Vacuum(vacuum::Args),
    Check(check::Args),
    Import(import::Args),
    Remove(remove::Args),
}

pub(crate) fn run(command: &Command, as_json: bool) -> Result<Outcome> {
    match command {
        Command::Write(args) => write::run(args, as_json),
        Command::Replace(args) => replace::run(args, as_json),
        Command::Delete(args) => delete::run(args, as_json),
        Command::Scan(args) => scan::run(args, as_json),
        Command::Info(args) => info::run(args, as_json),
        Command::Log(args) => log::run(args, as_json),
        Command::Tag(args) => tag::run(args, as_json),
        Command::Compact(args) => compact::run(args, as_json),
        Command::Vacuum(args) => vacuum::run(args, as_json),
        Command::Check(args) => check::run(args, as_json),
        Command::Import(args) => import::run(args, as_json),
        Command::Remove(args) => remove::run(args, as_json),
    }
}

/// Opens the dataset at `path`; one that is not there is told with the most similar one that is.
pub(in crate::commands) fn open(path: &Path) -> Result<Dataset> {
    let shown = path.display().to_string();
    Dataset::open(path).map_err(|error| match error {
        Error::NotFound { .. } => {
            let help = neighbour(path).map(|name| format!("did you mean `{name}`?"));
            // The path as given says more than where it leads.
            Failure::from(Error::NotFound { path: shown.clone() }).with_help(help)
        }
        other => Failure::from(other).about(&shown),
    })
}

/// The dataset in the same folder whose name is most similar.
fn neighbour(path: &Path) -> Option<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let names: Vec<String> = std::fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.file_name().to_str()?.strip_suffix("_opdmd")?.to_owned()))
        .collect();
    let name = similar(path.file_name()?.to_str()?, names.iter().map(String::as_str))?;
    Some(path.with_file_name(name).display().to_string())
}
