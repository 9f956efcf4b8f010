//! `write`: commits of one writer, each acknowledged when it is durable.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use varvite_dataset::{Dataset, Duplicates, Error, WriteOptions};
use varvite_testkit::workload::{ORDERED_ON, Pattern, Workload, to_batch};

use crate::exit::Failure;
use crate::line::put;

/// How long a commit is tried again that others were faster than.
const PATIENCE: Duration = Duration::from_secs(60);

/// Row groups off target that a write leaves beside it: small, so that files are replaced often.
const MAX_N_OFF_TARGET: usize = 4;

/// What the application ids of writers begin with.
const WRITER: &str = "writer-";

#[derive(Args)]
pub(crate) struct Arguments {
    /// The dataset's folder. It and the folders above it are created if they are missing.
    #[arg(long)]
    dataset: PathBuf,
    /// Seed of all values.
    #[arg(long)]
    seed: u64,
    /// The writer's number.
    #[arg(long, value_parser = clap::value_parser!(u16).range(..16))]
    writer: u16,
    /// Number of the first commit.
    #[arg(long)]
    start: u64,
    /// How many commits to make.
    #[arg(long)]
    count: u64,
    /// Rows a commit.
    #[arg(long)]
    rows: u16,
    /// Where rows lie.
    #[arg(long, value_enum)]
    mode: Pattern,
    /// Width of the range of scattered rows and of upserts.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    span: u64,
    /// Rows a row group aims for.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    rg_rows: u64,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let workload =
        Workload { seed: arguments.seed, rows: arguments.rows, pattern: arguments.mode, span: arguments.span };
    let mut dataset = None;
    for k in arguments.start..arguments.start.saturating_add(arguments.count) {
        put(format_args!("BEGIN {k}"))?;
        let dataset = match &dataset {
            Some(dataset) => dataset,
            None => dataset.insert(Dataset::open_or_new(&arguments.dataset)?),
        };
        let version = commit(dataset, &workload, arguments, k)?;
        put(format_args!("ACK {k} {version}"))?;
    }
    Ok(())
}

/// Makes commit `k`, unless it is there already; the version that holds it.
fn commit(dataset: &Dataset, workload: &Workload, arguments: &Arguments, k: u64) -> Result<u64, Failure> {
    let batch = to_batch(&workload.rows_of(arguments.writer, k))?;
    let options = options(arguments).with_app(format!("{WRITER}{}", arguments.writer), k);
    let start = Instant::now();
    let report = loop {
        match dataset.write(batch.clone(), &options) {
            Err(Error::Conflict { .. }) if start.elapsed() < PATIENCE => dataset.refresh()?,
            written => break written?,
        };
    };
    match report.version_after {
        Some(version) if report.version_before != Some(version) => Ok(version),
        _ => version_of(dataset, arguments.writer, k),
    }
}

fn options(arguments: &Arguments) -> WriteOptions {
    let options = WriteOptions::ordered_on(ORDERED_ON)
        .with_row_group_target_size(arguments.rg_rows)
        .with_max_n_off_target_rgs(MAX_N_OFF_TARGET);
    match arguments.mode {
        Pattern::Upsert => options.with_duplicates_on(Duplicates::on([ORDERED_ON])),
        Pattern::Append | Pattern::Scatter => options,
    }
}

/// The version that holds a commit that an earlier run made.
fn version_of(dataset: &Dataset, writer: u16, k: u64) -> Result<u64, Failure> {
    let found = dataset.log()?.into_iter().find(|commit| commit_of(commit.app.as_ref()) == Some((writer, k)));
    let missing = || Failure::damage(format!("commit {k} counts as applied, but no version holds it"));
    found.map(|commit| commit.version).ok_or_else(missing)
}

/// The writer and the number that a commit's application id and number stand for.
pub(crate) fn commit_of(app: Option<&(String, u64)>) -> Option<(u16, u64)> {
    let (id, k) = app?;
    Some((id.strip_prefix(WRITER)?.parse().ok()?, *k))
}
