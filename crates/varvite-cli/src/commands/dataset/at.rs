//! `--version`, `--as-of` and `--tag`: an older version of a dataset.

use varvite::dataset::{Dataset, Result};
use varvite::time::{TimeUnit, parse_instant};

#[derive(Debug, clap::Args)]
#[group(multiple = false)]
pub(super) struct AtArgs {
    /// An older version, by its number
    #[arg(long, value_name = "N")]
    version: Option<u64>,

    /// The version that was the newest then, by the clocks of the writers
    #[arg(long, value_name = "INSTANT", value_parser = instant, allow_hyphen_values = true)]
    as_of: Option<i64>,

    /// A version by its name
    #[arg(long, value_name = "NAME")]
    tag: Option<String>,
}

impl AtArgs {
    /// A handle on the version asked for; the newest if none is.
    pub(super) fn pin(&self, newest: &Dataset) -> Result<Dataset> {
        match (self.version, self.as_of, &self.tag) {
            (Some(version), _, _) => newest.version(version),
            (_, Some(at_ms), _) => newest.as_of(at_ms),
            (_, _, Some(tag)) => newest.tagged(tag),
            (None, None, None) => Ok(newest.clone()),
        }
    }
}

fn instant(text: &str) -> Result<i64, varvite::time::Error> {
    parse_instant(text, TimeUnit::Millisecond)
}
