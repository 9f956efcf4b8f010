//! Reads as Polars frames (feature `polars`).

use std::collections::BTreeSet;
use std::io::Cursor;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow_ipc::writer::StreamWriter;
use polars::prelude::{
    DataFrame, Expr, HiveOptions, IdxSize, IntoLazy, IpcStreamReader, LazyFrame, NULL, ScanArgsParquet, ScanSources,
    SerReader, UnionArgs, col, concat, lit,
};

use super::options::ScanOptions;
use super::plan::ScanPlan;
use super::scan::Source;
use crate::{Dataset, Error, KeyRange, Result};

impl Dataset {
    /// Reads rows in order into a Polars frame: what [`read`](Self::read) gives, every byte verified.
    ///
    /// # Errors
    /// As `read`; [`Error::Frame`] if Polars has no such type.
    pub fn to_polars(&self, options: &ScanOptions) -> Result<DataFrame> {
        to_frame(&self.read(options)?)
    }

    /// A lazy Polars frame over the rows that [`read`](Self::read) would give, in the same order.
    ///
    /// The files that can hold such rows are opened now, so that the frame keeps its rows whatever is written later.
    /// Polars reads them by itself when the frame is collected, with its own projection, predicates and row-group
    /// skipping: their footers are verified here, their pages are not. [`to_polars`](Self::to_polars) verifies all.
    ///
    /// # Errors
    /// As [`scan`](Self::scan); [`Error::InvalidOption`] if the storage has no files of the operating system.
    pub fn to_lazy(&self, options: &ScanOptions) -> Result<LazyFrame> {
        let snapshot = self.snapshot().ok_or_else(|| Error::NotFound { path: self.location() })?;
        let Some((source, plan)) = Source::plan(self.log_files(), snapshot, options)? else {
            return Ok(DataFrame::empty().lazy());
        };
        let files = Files::find(&source, &plan, options)?;
        if files.len == 0 {
            return Ok(to_frame(&RecordBatch::new_empty(source.schema()?))?.lazy());
        }
        let now = to_frame(&RecordBatch::new_empty(source.full_schema()))?;
        let frames = files.runs.into_iter().map(|run| run.scan(&now)).collect::<Result<Vec<_>>>()?;
        let frame = concat(frames, UnionArgs::default()).map_err(failed("put the files together"))?;
        let frame = frame.slice(files.offset, files.len);
        Ok(match &options.columns {
            None => frame,
            Some(names) => frame.select(names.iter().map(|name| col(name.as_str())).collect::<Vec<Expr>>()),
        })
    }
}

/// Opened files, and the rows of them that were asked for: they stand side by side.
struct Files {
    runs: Vec<Run>,
    offset: i64,
    len: IdxSize,
}

/// Opened files, one after the other, that have the same columns.
struct Run {
    schema: SchemaRef,
    opened: Vec<std::fs::File>,
}

impl Run {
    /// The rows of the files with the columns that the dataset has `now`: those that the files lack are null, narrower ones
    /// are widened.
    fn scan(self, now: &DataFrame) -> Result<LazyFrame> {
        let arguments =
            ScanArgsParquet { glob: false, hive_options: HiveOptions::new_disabled(), ..ScanArgsParquet::default() };
        let frame = LazyFrame::scan_parquet_sources(ScanSources::Files(self.opened.into()), arguments);
        let columns = now.schema().iter().map(|(name, data_type)| {
            let stored = self.schema.column_with_name(name).map_or_else(|| lit(NULL), |_| col(name.clone()));
            stored.cast(data_type.clone()).alias(name.clone())
        });
        Ok(frame.map_err(failed("scan the files"))?.select(columns.collect::<Vec<Expr>>()))
    }
}

impl Files {
    fn find(source: &Source, plan: &ScanPlan, options: &ScanOptions) -> Result<Self> {
        let chosen: BTreeSet<usize> = plan.before.iter().chain(&plan.within).copied().collect();
        let within: BTreeSet<usize> = plan.within.iter().copied().collect();
        let earlier = KeyRange { start: None, end: source.range.start.clone() };
        let (mut runs, mut before, mut inside) = (Vec::<Run>::new(), 0, 0);
        for at in chosen {
            let open = source.open(at)?;
            let num_rows = source.file(at).num_rows;
            let count = |range: &KeyRange| -> Result<u64> {
                Ok(source.positions(&open, at, range)?.map_or(num_rows, |rows| rows.end - rows.start))
            };
            before += if source.range.start.is_some() { count(&earlier)? } else { 0 };
            inside += if within.contains(&at) { count(&source.range)? } else { 0 };
            let file = open_file(source, at)?;
            match runs.last_mut().filter(|run| run.schema == *open.stored_schema()) {
                Some(run) => run.opened.push(file),
                None => runs.push(Run { schema: Arc::clone(open.stored_schema()), opened: vec![file] }),
            }
        }
        let warm = before.min(options.n_prev as u64);
        let len = (warm + inside).min(options.limit.unwrap_or(u64::MAX));
        let limit = || Error::ResourceLimit { what: "a frame".to_owned(), limit: format!("{} rows", IdxSize::MAX) };
        Ok(Self {
            runs,
            offset: i64::try_from(before - warm).map_err(|_| limit())?,
            len: IdxSize::try_from(len).map_err(|_| limit())?,
        })
    }
}

fn open_file(source: &Source, at: usize) -> Result<std::fs::File> {
    let stored = source.log.stored_file(&source.file(at).name)?;
    let opened = stored.open().map_err(|error| source.log.failed("opening a file", error))?;
    opened.ok_or_else(|| Error::InvalidOption {
        option: "to_lazy",
        reason: "this storage has no files that Polars could read: use `to_polars`".to_owned(),
    })
}

/// The rows of a batch as a Polars frame, through the Arrow stream format: Polars has an Arrow of its own.
///
/// # Errors
/// [`Error::Frame`] if Polars has no such type.
pub fn to_frame(batch: &RecordBatch) -> Result<DataFrame> {
    if batch.num_columns() == 0 {
        return Ok(DataFrame::empty());
    }
    let write = || {
        let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema())?;
        writer.write(batch)?;
        writer.into_inner()
    };
    let bytes = write().map_err(|source| Error::Arrow { action: "write a stream", source })?;
    IpcStreamReader::new(Cursor::new(bytes)).finish().map_err(failed("take the rows"))
}

fn failed(action: &'static str) -> impl Fn(polars::prelude::PolarsError) -> Error {
    move |error| Error::Frame { action, source: Arc::new(error) }
}
