//! `vacuum`: what only older versions and dead writers used goes; the log stays whole.

use std::time::Duration;

use clap::Args;
use varvite_dataset::{Retention, VacuumOptions};

use crate::Which;
use crate::exit::Failure;
use crate::line::put;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    which: Which,
    /// How many versions stay readable.
    #[arg(long)]
    retain_versions: u64,
    /// For how long versions stay readable, in milliseconds.
    #[arg(long)]
    grace_ms: u64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let grace = Duration::from_millis(arguments.grace_ms);
    let retention = Retention::default().with_versions(arguments.retain_versions).with_age(grace);
    let report = arguments.which.open()?.vacuum(&VacuumOptions::default().with_retention(retention))?;
    Ok(put(report)?)
}
