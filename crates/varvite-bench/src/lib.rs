//! What measuring programs share: generated data, places, meters, works on assets, and dataflows.
#![allow(missing_docs, clippy::missing_errors_doc, reason = "for the programs of this package alone")]

pub mod assets;
pub mod case;
pub mod flow;
pub mod measure;
pub mod observed;
pub mod outcome;
pub mod place;
pub mod random;

use anyhow::Result;

use outcome::Outcome;
use place::Place;

/// A work, and where it is done.
#[derive(Debug, clap::Args)]
pub struct Work<W: clap::Args> {
    #[command(flatten)]
    place: Place,
    /// Builds what the work starts from, once, and measures nothing.
    #[arg(long)]
    prepare: bool,
    #[command(flatten)]
    options: W,
}

/// What every work can do.
pub trait Measured {
    /// Builds what the work starts from; what is there already stays.
    fn prepare(&self, place: &Place) -> Result<()>;

    /// Does the work and measures it.
    fn measure(&self, place: &Place) -> Result<Outcome>;
}

impl<W: Measured + clap::Args> Work<W> {
    /// Prepares the work, or measures it and prints the outcome.
    pub fn perform(&self) -> Result<()> {
        if self.prepare {
            return self.options.prepare(&self.place);
        }
        println!("{}", serde_json::to_string(&self.options.measure(&self.place)?)?);
        Ok(())
    }
}
