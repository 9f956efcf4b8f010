//! `asset-frame`: a lazy frame of all rows of the year, collected or not.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use polars::prelude::{ChunkAgg, DataFrame, LazyFrame, ScanArgsParquet, col};
use tokio::runtime::Runtime;
use varvite_asset::{Collection, Fetch, FetchOptions, Frame, Span};
use varvite_bench::Measured;
use varvite_bench::assets::{AssetCase, Weather, catalog, now, prepare};
use varvite_bench::measure::repeated_with_first_memory;
use varvite_bench::outcome::Outcome;
use varvite_bench::place::{Place, parquet_files};
use varvite_storage::Storage;

/// The options of `asset-frame`.
#[derive(Debug, clap::Args)]
pub(crate) struct Frames {
    /// How far it goes.
    #[arg(long)]
    what: What,
    /// The same by Polars alone, on the same files, whose paths are known.
    #[arg(long)]
    bare: bool,
    /// How often.
    #[arg(long, default_value_t = 1)]
    repeats: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// Until there is a lazy frame.
    Ready,
    /// All of it collected.
    Collect,
    /// One column of it summed.
    Sum,
}

/// What a repetition comes to; what it is made of is let go when the clock has stopped.
struct Found {
    partitions: u64,
    frame: Option<DataFrame>,
    _lazy: LazyFrame,
}

impl Measured for Frames {
    fn prepare(&self, place: &Place) -> Result<()> {
        prepare(place)
    }

    fn measure(&self, place: &Place) -> Result<Outcome> {
        let value = AssetCase::read(&place.case)?.value;
        let measured = if self.bare {
            let files = parquet_files(&place.base)?;
            repeated_with_first_memory(self.repeats, || self.finish(scanned(&files)?, files.len() as u64, &value))?
        } else {
            let storage = place.base()?;
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build()?;
            repeated_with_first_memory(self.repeats, || {
                let (frame, partitions) = fetched(&runtime, &storage)?;
                self.finish(frame, partitions, &value)
            })?
        };
        let found = measured.last;
        let (rows, sum) = match &found.frame {
            None => (found.partitions, None),
            Some(frame) => (frame.height() as u64, frame.column(&value)?.f64()?.sum()),
        };
        Ok(Outcome {
            first_seconds: Some(measured.first_seconds),
            seconds: measured.seconds,
            cost: measured.cost,
            rows,
            sum,
            rows_processed: (self.what == What::Collect).then_some(rows),
            ..Outcome::default()
        })
    }
}

impl Frames {
    fn finish(&self, frame: LazyFrame, partitions: u64, value: &str) -> Result<Found> {
        let lazy = frame.clone();
        let frame = match self.what {
            What::Ready => None,
            What::Collect => Some(frame.collect()?),
            What::Sum => Some(frame.select([col(value).sum()]).collect()?),
        };
        Ok(Found { partitions, frame, _lazy: lazy })
    }
}

fn fetched(runtime: &Runtime, storage: &Arc<impl Storage + 'static>) -> Result<(LazyFrame, u64)> {
    let mut wants = Collection::new();
    let frame = wants.add::<Frame<Weather>>("frame", Fetch::from(Span::all()))?;
    let options = FetchOptions::default().with_now(now());
    let mut fetched = runtime.block_on(catalog(storage)?.fetch_collection(wants, &options))?;
    let partitions = fetched.plan().fields.iter().map(|field| field.intervals.found).sum();
    let frame = fetched.take(frame).context("the frame was taken before")?;
    Ok((frame.into_lazy(), partitions))
}

fn scanned(files: &[PathBuf]) -> Result<LazyFrame> {
    let paths: Vec<_> = files.iter().map(|path| path.to_string_lossy().as_ref().into()).collect();
    Ok(LazyFrame::scan_parquet_files(paths.into(), ScanArgsParquet::default())?)
}
