//! Cases of features: a registry, writes, reads as of a point in time, online values; each a folder with tables.

mod definition;
mod errors;
mod online;
mod steps;
mod tables;

use std::path::PathBuf;

use anyhow::{Context, anyhow};
use serde_json::Value;

use super::Stop;
use steps::Runner;

/// What the runner of files adds to a case: the folder that it stands in.
pub const FOLDER: &str = "__folder";

/// Runs the steps of a case, in order, on one store.
///
/// # Errors
/// The first step whose outcome is another than expected; steps that cannot be expressed stop as skipped.
pub fn run(case: &Value) -> Result<(), Stop> {
    let folder = PathBuf::from(case[FOLDER].as_str().context("a case stands in a folder")?);
    let steps = case["steps"].as_array().context("a case has steps")?;
    let mut runner = Runner::new(folder)?;
    for (at, step) in steps.iter().enumerate() {
        let name = step["op"].as_str().unwrap_or_default();
        runner.step(name, step).map_err(|stop| match stop {
            Stop::Fail(error) => Stop::Fail(anyhow!("step {at} ({name}): {error:#}")),
            skip @ Stop::Skip(_) => skip,
        })?;
    }
    Ok(())
}
