//! `varvite feature ...`: a feature store.

mod apply;
mod delete;
mod explain;
mod facts;
mod get;
mod health;
mod join;
mod keys;
mod leak_check;
mod lineage;
mod list;
mod log;
#[cfg(feature = "online")]
mod materialize;
#[cfg(feature = "online")]
mod online;
mod options;
mod search;
#[cfg(feature = "serve")]
mod serve;
mod show;
mod stats;
mod write;

use std::path::Path;

use clap::Subcommand;
use varvite::feature::FeatureStore;

use super::Outcome;
use crate::error::{About, Error, Result};

/// What can be done with a feature store.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Apply(apply::Args),
    List(list::Args),
    Search(search::Args),
    Show(show::Args),
    Log(log::Args),
    Write(write::Args),
    Delete(delete::Args),
    Get(get::Args),
    Join(join::Args),
    Explain(explain::Args),
    LeakCheck(leak_check::Args),
    Lineage(lineage::Args),
    Stats(stats::Args),
    Health(health::Args),
    #[cfg(feature = "online")]
    Materialize(materialize::Args),
    #[cfg(feature = "online")]
    Online(online::Args),
    #[cfg(feature = "serve")]
    Serve(serve::Args),
}

pub(crate) fn run(command: &Command, as_json: bool) -> Result<Outcome> {
    match command {
        Command::Apply(args) => apply::run(args, as_json),
        Command::List(args) => list::run(args, as_json),
        Command::Search(args) => search::run(args, as_json),
        Command::Show(args) => show::run(args, as_json),
        Command::Log(args) => log::run(args, as_json),
        Command::Write(args) => write::run(args, as_json),
        Command::Delete(args) => delete::run(args, as_json),
        Command::Get(args) => get::run(args, as_json),
        Command::Join(args) => join::run(args, as_json),
        Command::Explain(args) => explain::run(args, as_json),
        Command::LeakCheck(args) => leak_check::run(args, as_json),
        Command::Lineage(args) => lineage::run(args, as_json),
        Command::Stats(args) => stats::run(args, as_json),
        Command::Health(args) => health::run(args, as_json),
        #[cfg(feature = "online")]
        Command::Materialize(args) => materialize::run(args, as_json),
        #[cfg(feature = "online")]
        Command::Online(args) => online::run(args, as_json),
        #[cfg(feature = "serve")]
        Command::Serve(args) => serve::run(args, as_json),
    }
}

/// Opens the store at `root`, which has to be one.
fn open(root: &Path) -> Result<FeatureStore> {
    let none = |reason| Error::NoFeatureStore { path: root.display().to_string(), reason };
    match std::fs::metadata(root) {
        Err(_) => Err(none("it is not there").into()),
        Ok(metadata) if !metadata.is_dir() => Err(none("it is a file").into()),
        Ok(_) if !root.join("registry").is_dir() => Err(none("it has no folder `registry`").into()),
        Ok(_) => open_or_new(root).about_a("store", &root.display().to_string()),
    }
}

/// Opens the store at `root`, or makes one; with the engine that computes virtual groups, if it was built in.
fn open_or_new(root: &Path) -> Result<FeatureStore> {
    let store = FeatureStore::open(root)?;
    #[cfg(feature = "sql")]
    let store = {
        use std::sync::Arc;
        use varvite::sql::{DataFusionExecutor, SqlFeatures};
        store.with_virtual(Arc::new(SqlFeatures::new(Arc::new(DataFusionExecutor::try_new()?))))
    };
    Ok(store)
}
