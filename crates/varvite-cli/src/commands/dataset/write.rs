//! `varvite dataset write PATH INPUT...`

use std::path::PathBuf;

use clap::ValueEnum;
use varvite::dataset::{Change, Dataset, Mode, Rows};

use super::Outcome;
use super::change::Job;
use super::options::OptionArgs;
use crate::error::{About, Error, Result};
use crate::input;
use crate::output::progress::Progress;

/// Writes rows into a dataset: all of them or none become visible
///
/// INPUT is Parquet, CSV with a header line, an Arrow IPC file, JSON lines, or `-` for standard input. Several are read
/// one after the other. Columns are cast to the stored types where nothing is lost.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite dataset write prices/AAPL day.csv --ordered-on ts --duplicates-on ts
  varvite dataset write prices/AAPL more/*.parquet --row-group-target-size 1D
  varvite dataset write prices/AAPL late.jsonl --dry-run
  cat day.parquet | varvite dataset write prices/AAPL - --sort

JSON: {\"dataset\", \"dry_run\", \"committed\"} and the counts of the report (with --dry-run: of the plan)")]
pub(crate) struct Args {
    /// The dataset's folder; it is made by the first write
    path: PathBuf,

    /// Files with rows, `-` for standard input
    #[arg(value_name = "INPUT", required_unless_present_any = [
        "set", "unset", "max_n_off_target_rgs", "retain_versions", "retain_age",
    ])]
    inputs: Vec<PathBuf>,

    /// How rows meet stored ones
    #[arg(long, value_enum, default_value_t = ModeArg::Merge)]
    mode: ModeArg,

    #[command(flatten)]
    options: OptionArgs,

    /// Tells what would be done, and does nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ModeArg {
    /// Rows find their place; with a duplicates key the last written of equal rows survives
    Merge,
    /// Rows come after all stored ones; earlier rows are refused
    Append,
    /// Rows replace everything that is stored
    Overwrite,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let shown = args.path.display().to_string();
    write(args, &shown, as_json).about_write_to(&shown)?;
    Ok(Outcome::Done)
}

fn write(args: &Args, shown: &str, as_json: bool) -> Result<()> {
    if args.inputs.is_empty() && args.mode != ModeArg::Merge {
        return Err(Error::Usage("--mode needs an INPUT".to_owned()).into());
    }
    let dataset = Dataset::open_or_new(&args.path)?;
    let progress = Progress::start("reading", None, as_json);
    let reader = match args.inputs.as_slice() {
        [] => None,
        inputs => Some(progress.count(input::open(inputs, dataset.schema().as_ref(), args.options.evolve)?)),
    };
    let options = args.options.to_options(&dataset, reader.as_ref().map(|reader| reader.schema()));
    let options = options.with_mode(args.mode.into());
    let rows = reader.map_or_else(Rows::none, Rows::from);
    let job = Job { dataset: &dataset, shown, dry_run: args.dry_run, as_json };
    job.run(Change::Write(rows), &options, progress)
}

impl From<ModeArg> for Mode {
    fn from(mode: ModeArg) -> Self {
        match mode {
            ModeArg::Merge => Self::Merge,
            ModeArg::Append => Self::Append,
            ModeArg::Overwrite => Self::Overwrite,
        }
    }
}
