//! `varvite-bench-frames`: works on assets, frames among them, and a dataflow beside Polars, as `varvite-bench` measures
//! them.

mod layered;
mod work;

use anyhow::Result;
use clap::{Parser, Subcommand};
use varvite_bench::Work;
use varvite_bench::assets::{Plan, Rows, WriteAsset};

use layered::Layered;
use work::Frames;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// One measurement, or what has to be there before one.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Writes an asset of daily partitions, a commit a day.
    AssetWrite(Work<WriteAsset>),
    /// Plans a fetch.
    AssetPlan(Work<Plan>),
    /// Fetches all rows of an asset.
    AssetRows(Work<Rows>),
    /// Fetches a lazy frame of all rows of an asset.
    AssetFrame(Work<Frames>),
    /// Runs a dataflow on a data set.
    FlowLayered(Work<Layered>),
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::AssetWrite(work) => work.perform(),
        Command::AssetPlan(work) => work.perform(),
        Command::AssetRows(work) => work.perform(),
        Command::AssetFrame(work) => work.perform(),
        Command::FlowLayered(work) => work.perform(),
    }
}
