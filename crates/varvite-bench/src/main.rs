//! `varvite-bench`: one measurement of our side, in a process of its own, printed as one line of JSON.
//!
//! `cargo xtask bench` runs it in turn with the peers in `xtask/bench/peers.py`, which takes the same arguments.

mod feature_case;
mod floor;
mod generate;
mod keys;
mod works;

use anyhow::Result;
use clap::{Parser, Subcommand};
use varvite_bench::assets::{Plan, Rows, WriteAsset};
use varvite_bench::{Measured, Work, case, measure, observed, outcome, place, random};

use generate::Generate;
use works::{
    Append, Asof, Build, BuildAndRun, Intersections, Keys, Materialize, Merge, OneRow, Online, PointInTime, Read,
    Scalars, Segments, Served, Write,
};

/// The peers bring an allocator that keeps memory for the next use, too.
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
    /// Writes the data that all sides are given.
    #[command(subcommand)]
    Generate(Generate),
    /// Writes rows as a new dataset.
    Write(Work<Write>),
    /// Appends batches to a dataset whose handle is kept.
    Append(Work<Append>),
    /// Merges late rows, of which some replace stored ones.
    Merge(Work<Merge>),
    /// Reads all rows, a range of them, or one column of a range.
    Read(Work<Read>),
    /// Walks over many datasets in lock step, day by day.
    Intersections(Work<Intersections>),
    /// Opens a store and lists its keys, all or some.
    Keys(Work<Keys>),
    /// Joins a history of features to entity rows, each as of its time.
    Pit(Work<PointInTime>),
    /// Looks up the newest rows of keys.
    Online(Work<Online>),
    /// Asks a server for the newest rows of one key after the other.
    Served(Work<Served>),
    /// Brings the newest row of each key of a history into the file that answers look-ups.
    Materialize(Work<Materialize>),
    /// Writes an asset of daily partitions, a commit a day.
    AssetWrite(Work<WriteAsset>),
    /// Plans a fetch.
    AssetPlan(Work<Plan>),
    /// Fetches all rows of an asset.
    AssetRows(Work<Rows>),
    /// Runs a dataflow on one value.
    FlowScalar(Work<Scalars>),
    /// Builds a dataflow.
    FlowBuild(Work<Build>),
    /// Builds a dataflow and runs it.
    FlowChain(Work<BuildAndRun>),
    /// Runs a compiled dataflow on one row.
    FlowRow(Work<OneRow>),
    /// Merges rows to targets, each as of its time.
    Asof(Work<Asof>),
    /// Aggregates ordered rows minute by minute.
    Segagg(Work<Segments>),
    /// What no engine can beat: the same bytes or rows, without one.
    Floor(Work<floor::Floor>),
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Generate(generate) => generate.perform(),
        Command::Write(work) => work.perform(),
        Command::Append(work) => work.perform(),
        Command::Merge(work) => work.perform(),
        Command::Read(work) => work.perform(),
        Command::Intersections(work) => work.perform(),
        Command::Keys(work) => work.perform(),
        Command::Pit(work) => work.perform(),
        Command::Online(work) => work.perform(),
        Command::Served(work) => work.perform(),
        Command::Materialize(work) => work.perform(),
        Command::AssetWrite(work) => work.perform(),
        Command::AssetPlan(work) => work.perform(),
        Command::AssetRows(work) => work.perform(),
        Command::FlowScalar(work) => work.perform(),
        Command::FlowBuild(work) => work.perform(),
        Command::FlowChain(work) => work.perform(),
        Command::FlowRow(work) => work.perform(),
        Command::Asof(work) => work.perform(),
        Command::Segagg(work) => work.perform(),
        Command::Floor(work) => work.perform(),
    }
}
