//! Reads as Polars frames (feature `polars`).

use std::collections::BTreeSet;
use std::io::Cursor;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow_ipc::writer::StreamWriter;
use polars::prelude::{
    DataFrame, Expr, HiveOptions, IdxSize, IntoLazy, IpcStreamReader, LazyFrame, NULL, ScanArgsParquet, ScanSourceRef,
    ScanSources, SerReader, UnionArgs, col, concat, lit,
};
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

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
    /// The files that can hold such rows are mapped into memory now, and their footers verified, so that the frame keeps
    /// its rows whatever is written, vacuumed or removed later; no file stays open. (Linux maps 65,530 files a process; on
    /// Windows a mapped file cannot be removed, so that a vacuum leaves it until the frame is gone.) No rows are read, but of
    /// the first and the last file where the range begins or ends within them.
    ///
    /// Polars reads the files when the frame is collected, with its own projection, predicates and row-group skipping: it
    /// does not verify their pages. [`to_polars`](Self::to_polars) verifies all.
    ///
    /// # Errors
    /// As [`scan`](Self::scan); [`Error::InvalidOption`] if the storage has no files of the operating system.
    pub fn to_lazy(&self, options: &ScanOptions) -> Result<LazyFrame> {
        let snapshot = self.snapshot().ok_or_else(|| Error::NotFound { path: self.location() })?;
        let Some((source, plan)) = Source::plan(self.log_files(), snapshot, options)? else {
            return Ok(DataFrame::empty().lazy());
        };
        let runs = runs(&source, &plan, options).map_err(|error| source.explain(error))?;
        if runs.is_empty() {
            return Ok(to_frame(&RecordBatch::new_empty(source.schema()?))?.lazy());
        }
        let frames = runs.into_iter().map(|run| run.scan(&source.full_schema())).collect::<Result<Vec<_>>>()?;
        let frame = match <[LazyFrame; 1]>::try_from(frames) {
            Ok([frame]) => frame,
            Err(frames) => concat(frames, UnionArgs::default()).map_err(failed("put the files together"))?,
        };
        Ok(match &options.columns {
            None => frame,
            Some(names) => frame.select(names.iter().map(|name| col(name.as_str())).collect::<Vec<Expr>>()),
        })
    }
}

/// Files that a thread maps one after the other, at least.
const AT_ONCE: usize = 16;

/// Mapped files, one after the other, that have the same columns.
struct Run {
    schema: SchemaRef,
    sources: ScanSources,
    /// Which rows of a single file; `None` for all of any number of files.
    rows: Option<Range<u64>>,
}

/// A file, and which of its rows are wanted.
struct Wanted {
    at: usize,
    rows: Range<u64>,
}

impl Run {
    /// The rows of the files with the columns that the dataset has `now`: those that the files lack are null, narrower ones
    /// are widened. Columns that are as they were stay plain, so that predicates pass.
    fn scan(self, now: &SchemaRef) -> Result<LazyFrame> {
        let arguments =
            ScanArgsParquet { glob: false, hive_options: HiveOptions::new_disabled(), ..ScanArgsParquet::default() };
        let frame = LazyFrame::scan_parquet_sources(self.sources, arguments).map_err(failed("scan the files"))?;
        let frame = match &self.rows {
            None => frame,
            Some(rows) => frame.slice(position(rows.start)?, length(rows.end - rows.start)?),
        };
        if self.schema == *now {
            return Ok(frame);
        }
        let types = to_frame(&RecordBatch::new_empty(Arc::clone(now)))?;
        let columns = types.schema().iter().map(|(name, data_type)| {
            let same = |stored: &arrow::datatypes::Field| {
                now.column_with_name(name).is_some_and(|(_, field)| field.data_type() == stored.data_type())
            };
            match self.schema.column_with_name(name) {
                Some((_, stored)) if same(stored) => col(name.clone()),
                Some(_) => col(name.clone()).cast(data_type.clone()),
                None => lit(NULL).cast(data_type.clone()).alias(name.clone()),
            }
        });
        Ok(frame.select(columns.collect::<Vec<Expr>>()))
    }
}

/// Files to scan, in order: those of which all rows are wanted together as far as they have the same columns.
fn runs(source: &Source, plan: &ScanPlan, options: &ScanOptions) -> Result<Vec<Run>> {
    let mut runs: Vec<(SchemaRef, Option<Range<u64>>, Vec<usize>)> = Vec::new();
    for Wanted { at, rows } in wanted(source, plan, options)? {
        let schema = source.stored_schema(at)?;
        let part = (rows != (0..source.file(at).num_rows)).then_some(rows);
        match runs.last_mut() {
            Some((before, None, files)) if part.is_none() && *before == *schema => files.push(at),
            _ => runs.push((Arc::clone(schema), part, vec![at])),
        }
    }
    let run = |(schema, rows, files): (SchemaRef, _, Vec<usize>)| {
        // Side by side, but of several errors the first file's counts.
        let mapped = files.into_par_iter().with_min_len(AT_ONCE).map(|at| {
            let bytes = ScanSourceRef::File(&open_file(source, at)?).to_memslice().map_err(failed("map a file"))?;
            source.verify_footer(at, &bytes)?;
            Ok(bytes)
        });
        let mapped: Vec<Result<_>> = mapped.collect();
        Ok(Run { schema, sources: ScanSources::Buffers(mapped.into_iter().collect::<Result<Vec<_>>>()?.into()), rows })
    };
    runs.into_iter().map(run).collect()
}

/// Which rows of which files: by metadata alone, but for files in which the range begins or ends.
fn wanted(source: &Source, plan: &ScanPlan, options: &ScanOptions) -> Result<Vec<Wanted>> {
    let chosen: BTreeSet<usize> = plan.before.iter().chain(&plan.within).copied().collect();
    let within: BTreeSet<usize> = plan.within.iter().copied().collect();
    let earlier = KeyRange { start: None, end: source.range.start.clone() };
    let mut found = Vec::with_capacity(chosen.len());
    let (mut before, mut inside) = (0, 0);
    for at in chosen {
        let num_rows = source.file(at).num_rows;
        let opened = if source.cuts(at) { Some(source.open(at)?) } else { None };
        let count = |range: &KeyRange| -> Result<u64> {
            let Some(open) = &opened else { return Ok(if source.has_all(at, range) { num_rows } else { 0 }) };
            Ok(source.positions(open, at, range)?.map_or(num_rows, |rows| rows.end - rows.start))
        };
        let skipped = if source.range.start.is_some() { count(&earlier)? } else { 0 };
        let kept = if within.contains(&at) { count(&source.range)? } else { 0 };
        found.push(Wanted { at, rows: before + inside..before + inside + skipped + kept });
        before += skipped;
        inside += kept;
    }
    // Rows before the range stand before those in it, so that what is wanted is one stretch.
    let warm = before.min(options.n_prev as u64);
    let stretch = before - warm..before - warm + (warm + inside).min(options.limit.unwrap_or(u64::MAX));
    let cut = |file: Wanted| {
        let rows = file.rows.start.max(stretch.start)..file.rows.end.min(stretch.end);
        (rows.start < rows.end)
            .then(|| Wanted { rows: rows.start - file.rows.start..rows.end - file.rows.start, ..file })
    };
    Ok(found.into_iter().filter_map(cut).collect())
}

fn open_file(source: &Source, at: usize) -> Result<std::fs::File> {
    let opened = source.stored_file(at)?.open().map_err(|error| source.log.failed("opening a file", error))?;
    opened.ok_or_else(|| Error::InvalidOption {
        option: "to_lazy",
        reason: "this storage has no files that Polars could read: use `to_polars`".to_owned(),
    })
}

fn position(at: u64) -> Result<i64> {
    i64::try_from(at).map_err(|_| too_many_rows())
}

fn length(rows: u64) -> Result<IdxSize> {
    IdxSize::try_from(rows).map_err(|_| too_many_rows())
}

fn too_many_rows() -> Error {
    Error::ResourceLimit { what: "a file of a frame".to_owned(), limit: format!("{} rows", IdxSize::MAX) }
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
