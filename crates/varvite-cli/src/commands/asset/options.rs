//! What several commands of assets take.

use std::path::PathBuf;

use varvite::asset::{Bound, Span};
use varvite::time::Instant;

use crate::error::{Error, Result};

/// Which stretch of time.
#[derive(Debug, clap::Args)]
pub(super) struct RangeArgs {
    /// Rows of START..END, the end excluded: dates, times, or now-7d, now-7d/d (where a day begins), now-1M
    #[arg(long, value_name = "START..END", allow_hyphen_values = true, conflicts_with_all = ["start", "end"])]
    range: Option<Span>,

    /// Rows from here on; else from the first
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    start: Option<Bound>,

    /// Rows before this; else until now
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    end: Option<Bound>,

    /// Takes this time for now
    #[arg(long, value_name = "TIME")]
    pub(super) now: Option<Instant>,
}

impl RangeArgs {
    /// The stretch, if any was named.
    pub(super) fn span(&self) -> Option<Span> {
        if self.start.is_none() && self.end.is_none() {
            return self.range;
        }
        Some(Span { start: self.start.unwrap_or(Bound::Unbounded), end: self.end.unwrap_or(Bound::NOW) })
    }
}

/// `region=north`
pub(super) fn key_value(text: &str) -> std::result::Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

/// An error of arguments that only together make no sense.
pub(super) fn usage(text: impl Into<String>) -> crate::error::Failure {
    Error::Usage(text.into()).into()
}

/// The one input of a command that takes no more.
pub(super) fn only<'a>(inputs: &'a [PathBuf], why: &str) -> Result<&'a PathBuf> {
    match inputs {
        [only] => Ok(only),
        _ => Err(usage(format!("{why} takes one INPUT"))),
    }
}
