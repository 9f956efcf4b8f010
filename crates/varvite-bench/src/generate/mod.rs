//! The data that all sides are given, with a `case.json` beside it that says what they must come to.

mod assets;
mod flow;
mod history;
mod history_truth;
mod late;
mod online;
mod series;
mod ticks;
mod weather;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use arrow::array::RecordBatch;
use arrow::compute::concat_batches;

pub(crate) use series::SeriesRows;

use crate::case::{Case, fact, instants, unit_name, write_rows};
use crate::place::once;
use late::{Late, late_rows};
use series::STEP;

/// Rows of a batch in the Arrow files.
const BATCH_ROWS: usize = 1 << 17;
/// Of so many stored rows, one comes late.
const LATE_PART: usize = 100;

#[derive(clap::Subcommand)]
pub(crate) enum Generate {
    /// Rows of a market: a time, two prices, two noisy floats, one string of 500 values; and late rows of two kinds.
    Series {
        #[arg(long)]
        dir: PathBuf,
        #[arg(long)]
        rows: usize,
    },
    /// The shipped weather, in order of time; and late rows of two kinds.
    Weather {
        #[arg(long)]
        dir: PathBuf,
        /// The shipped file.
        #[arg(long)]
        source: PathBuf,
    },
    /// Rows of a market to begin with, and batches that follow them.
    Append {
        #[arg(long)]
        dir: PathBuf,
        #[arg(long)]
        base_rows: usize,
        #[arg(long)]
        batches: usize,
        #[arg(long)]
        batch_rows: usize,
    },
    /// The history of a feature group as a dataset of ours, and entity rows in random order: Parquet files for everybody.
    History {
        #[arg(long)]
        dir: PathBuf,
        /// Rows of the history, restated ones counted.
        #[arg(long)]
        rows: usize,
        #[arg(long)]
        keys: usize,
        #[arg(long)]
        entity_rows: usize,
    },
    /// Rows of a feature group, one a key, twice; and keys that are asked for.
    Online {
        #[arg(long)]
        dir: PathBuf,
        #[arg(long)]
        keys: usize,
        #[arg(long)]
        asked: usize,
    },
    /// A year of an asset, a batch a day.
    Assets {
        #[arg(long)]
        dir: PathBuf,
        #[arg(long)]
        days: usize,
        /// Of each day.
        #[arg(long)]
        rows: usize,
    },
    /// What dataflows come to.
    Flow {
        #[arg(long)]
        dir: PathBuf,
        /// Of the data set that goes through one of them.
        #[arg(long)]
        rows: usize,
    },
    /// A row a second, and as many targets.
    Ticks {
        #[arg(long)]
        dir: PathBuf,
        #[arg(long)]
        rows: usize,
    },
}

impl Generate {
    pub(crate) fn perform(&self) -> Result<()> {
        match self {
            Self::Series { dir, rows } => once(dir, || {
                let rows = SeriesRows::new(1).batches(*rows, BATCH_ROWS);
                let shape = Shape { ordered_on: "ts", key: "symbol", value: "bid", shift: STEP / 2 };
                with_late(dir, &rows, &shape)
            }),
            Self::Weather { dir, source } => once(dir, || {
                let rows = weather::rows(source)?;
                let half_an_hour = weather::HOUR_US / 2;
                let shape = Shape { ordered_on: "time_hour", key: "origin", value: "temp", shift: half_an_hour };
                with_late(dir, &[rows], &shape)
            }),
            Self::Append { dir, base_rows, batches, batch_rows } => {
                once(dir, || append(dir, *base_rows, *batches, *batch_rows))
            }
            Self::History { dir, rows, keys, entity_rows } => {
                once(dir, || history::generate(dir, *rows, *keys, *entity_rows))
            }
            Self::Online { dir, keys, asked } => once(dir, || online::generate(dir, *keys, *asked)),
            Self::Assets { dir, days, rows } => once(dir, || assets::generate(dir, *days, *rows)),
            Self::Flow { dir, rows } => once(dir, || flow::generate(dir, *rows)),
            Self::Ticks { dir, rows } => once(dir, || ticks::generate(dir, *rows)),
        }
    }
}

/// The columns that matter.
struct Shape {
    ordered_on: &'static str,
    key: &'static str,
    value: &'static str,
    /// How far behind a stored row a new one lies: no stored row lies there.
    shift: i64,
}

fn with_late(dir: &Path, batches: &[RecordBatch], shape: &Shape) -> Result<()> {
    let schema = batches[0].schema();
    let all = concat_batches(&schema, batches)?;
    let times = instants(&all, shape.ordered_on)?;
    let range = hundredth(&times);
    let inside = times.partition_point(|time| *time < range[0])..times.partition_point(|time| *time < range[1]);
    let stored = fact(batches, shape.value)?;
    let mut facts = BTreeMap::from([("all".to_owned(), stored)]);
    let of_range = fact(&[all.slice(inside.start, inside.len())], shape.value)?;
    facts.insert("range".to_owned(), of_range);
    for (name, window, seed) in [("clustered", inside, 2), ("scattered", 0..all.num_rows(), 3)] {
        let count = all.num_rows() / LATE_PART;
        let late = Late { window, count: count.min(usize::try_from(of_range.rows)?), seed };
        let (rows, after) = late_rows(&all, shape.ordered_on, shape.value, shape.shift, &late, stored)?;
        facts.insert(name.to_owned(), after);
        write_rows(dir, &format!("{name}.arrow"), &schema, [rows])?;
    }
    write_rows(dir, "rows.arrow", &schema, batches.iter().cloned())?;
    let unit = unit_name(&schema, shape.ordered_on)?.to_owned();
    Case {
        ordered_on: shape.ordered_on.to_owned(),
        key: vec![shape.key.to_owned()],
        value: shape.value.to_owned(),
        range,
        unit,
        facts,
    }
    .write(dir)
}

/// One part in a hundred of the range of values, from the middle on, at whole microseconds: not every peer has more.
fn hundredth(times: &[i64]) -> [i64; 2] {
    let (first, last) = (times.first().copied().unwrap_or_default(), times.last().copied().unwrap_or_default());
    let part = (last - first) / 100_000 * 1000;
    let middle = (first + part * 50) / 1000 * 1000;
    [middle, middle + part]
}

fn append(dir: &Path, base_rows: usize, batches: usize, batch_rows: usize) -> Result<()> {
    let mut series = SeriesRows::new(4);
    let base = series.batches(base_rows, BATCH_ROWS);
    let appended = series.batches(batches * batch_rows, batch_rows);
    let schema = base[0].schema();
    let (stored, more) = (fact(&base, "bid")?, fact(&appended, "bid")?);
    let after = crate::case::Fact { rows: stored.rows + more.rows, sum: stored.sum + more.sum };
    write_rows(dir, "rows.arrow", &schema, base)?;
    write_rows(dir, "batches.arrow", &schema, appended)?;
    Case {
        ordered_on: "ts".to_owned(),
        key: vec!["symbol".to_owned()],
        value: "bid".to_owned(),
        range: [0, 0],
        unit: "ns".to_owned(),
        facts: BTreeMap::from([("all".to_owned(), stored), ("append".to_owned(), after)]),
    }
    .write(dir)
}
