//! Files as sources and sinks of jobs: which formats there are, and how they are told apart.

#[cfg(feature = "text-files")]
mod csv;
#[cfg(feature = "text-files")]
mod finite;
#[cfg(feature = "text-files")]
mod json;
#[cfg(feature = "text-files")]
mod locate;
mod parquet;
#[cfg(feature = "text-files")]
mod types;
mod write;

use std::path::Path;

#[cfg(feature = "text-files")]
pub use types::{CsvOptions, Types};
pub(crate) use write::write;

use crate::source::Opened;
use crate::{Error, Result, StepError};

/// Rows of a batch that is read from a file, at most.
const BATCH_ROWS: usize = 8_192;

/// How a file is read.
#[derive(Debug, Clone)]
pub(crate) enum Reading {
    Parquet,
    #[cfg(feature = "text-files")]
    Csv(CsvOptions),
    #[cfg(feature = "text-files")]
    JsonLines(Types),
}

/// How a file is written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Format {
    Parquet,
    #[cfg(feature = "text-files")]
    Csv,
    #[cfg(feature = "text-files")]
    JsonLines,
}

pub(crate) fn open(name: &str, path: &Path, reading: &Reading) -> Result<Opened> {
    let place = Place { name: name.to_owned(), path: path.to_owned() };
    match reading {
        Reading::Parquet => parquet::open(place),
        #[cfg(feature = "text-files")]
        Reading::Csv(options) => csv::open(place, options),
        #[cfg(feature = "text-files")]
        Reading::JsonLines(types) => json::open(place, types),
    }
}

/// A file that is read, for messages.
#[derive(Debug, Clone)]
struct Place {
    /// The source's name in the job.
    name: String,
    path: std::path::PathBuf,
}

impl Place {
    fn failed(&self, source: impl Into<StepError>) -> Error {
        Error::File { name: self.name.clone(), path: self.path.display().to_string(), source: source.into() }
    }
}
