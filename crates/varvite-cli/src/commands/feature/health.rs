//! `varvite feature health ROOT`

use std::path::PathBuf;

use serde_json::json;
use varvite::feature::{FeatureStore, HealthReport};

use super::{Outcome, open};
use crate::error::Result;
use crate::output::progress::Progress;
use crate::output::{print, print_json};

/// Looks at the storage, the registry, every group and its online values; exit code 1 if something does not work
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  varvite feature health features

JSON: {\"store\", \"healthy\", \"checks\": [{\"name\", \"health\": \"ok\" or \"warning\" or \"failed\", \"detail\"}]}")]
pub(crate) struct Args {
    /// The store's folder
    root: PathBuf,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let store = open(&args.root)?;
    let progress = Progress::start("checking", None, as_json);
    let report = check(&store)?;
    drop(progress);
    if as_json {
        print_json(&json!({"store": args.root, "healthy": report.is_healthy(), "checks": report.checks}))?;
    } else {
        print(&report.to_string())?;
    }
    Ok(if report.is_healthy() { Outcome::Done } else { Outcome::Refused })
}

/// With online values, where there are any and no process has them open to write.
#[cfg(feature = "online")]
fn check(store: &FeatureStore) -> Result<HealthReport> {
    match store.online_read_only() {
        Ok(online) => Ok(store.health_check_with(online.as_ref())),
        Err(varvite::feature::Error::OnlineInUse { .. }) => Ok(store.health_check()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(feature = "online"))]
fn check(store: &FeatureStore) -> Result<HealthReport> {
    Ok(store.health_check())
}
