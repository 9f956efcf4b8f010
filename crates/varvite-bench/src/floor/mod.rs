//! What no engine can beat: the same bytes or rows with nothing around them, on one thread.

mod bytes;
mod listing;
mod opened;
mod rows;

use anyhow::Result;

use crate::Measured;
use crate::outcome::Outcome;
use crate::place::Place;

#[derive(clap::Args)]
pub(crate) struct Floor {
    #[arg(long)]
    what: What,
    /// How often.
    #[arg(long, default_value_t = 1)]
    repeats: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// Encodes the rows of the case by `ArrowWriter` into memory: zstd 1, else its defaults.
    Encode,
    /// Decodes the files of the prepared dataset, whose batches are held.
    Decode,
    /// Decodes the value column of the files of the prepared dataset.
    DecodeColumn,
    /// Decodes all files below the prepared folder, one after the other, and drops each batch.
    DecodeDropping,
    /// Copies as many bytes as the rows of the case take in memory.
    Copy,
    /// Hashes the files of the prepared dataset, as reading them does.
    Hash,
    /// Writes as many bytes as the prepared dataset has into one file, and flushes it.
    Disk,
    /// Writes the first batch of the case as one file, 100 times, each flushed with its folder.
    Files,
    /// Lists every folder below the prepared one that has keys in it.
    List,
    /// Opens the datasets of the prepared catalog by their paths.
    Open,
}

impl Measured for Floor {
    fn prepare(&self, _: &Place) -> Result<()> {
        Ok(())
    }

    fn measure(&self, place: &Place) -> Result<Outcome> {
        match self.what {
            What::Encode => rows::encode(place, self.repeats),
            What::Decode => rows::decode(place, self.repeats, false),
            What::DecodeColumn => rows::decode(place, self.repeats, true),
            What::DecodeDropping => rows::decode_dropping(place),
            What::Copy => bytes::copy(place, self.repeats),
            What::Hash => bytes::hash(place, self.repeats),
            What::Disk => bytes::disk(place),
            What::Files => bytes::files(place),
            What::List => listing::list(place, self.repeats),
            What::Open => opened::open(place, self.repeats),
        }
    }
}
