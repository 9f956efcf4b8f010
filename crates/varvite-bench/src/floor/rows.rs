//! Floors in rows: Parquet without an engine.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Result;
use arrow::array::RecordBatch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::case::{Case, Fact, fact, read_rows, value_name};
use crate::measure::{Meter, repeated};
use crate::outcome::Outcome;
use crate::place::{Place, parquet_files};

/// Rows of a batch, as a scan of ours has them.
const BATCH_ROWS: usize = 1 << 16;

pub(super) fn encode(place: &Place, repeats: usize) -> Result<Outcome> {
    let case = Case::read(&place.case)?;
    let rows = read_rows(&place.case, "rows.arrow")?;
    let measured = repeated(repeats, || encoded(&rows))?;
    let fact = case.fact(&rows)?;
    Ok(Outcome {
        first_seconds: Some(measured.first_seconds),
        seconds: measured.seconds,
        cost: measured.cost,
        disk_bytes: Some(measured.last.len() as u64),
        rows_processed: Some(fact.rows),
        ..outcome(fact)
    })
}

/// The rows as one Parquet file in memory.
pub(super) fn encoded(rows: &[RecordBatch]) -> Result<Vec<u8>> {
    let compression = Compression::ZSTD(ZstdLevel::try_new(1)?);
    let properties = WriterProperties::builder().set_compression(compression).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), rows[0].schema(), Some(properties))?;
    for batch in rows {
        writer.write(batch)?;
    }
    Ok(writer.into_inner()?)
}

pub(super) fn decode(place: &Place, repeats: usize, value_only: bool) -> Result<Outcome> {
    let value = value_name(&place.case)?;
    let files = parquet_files(&place.base)?;
    let column = value_only.then_some(value.as_str());
    let measured = repeated(repeats, || {
        let mut batches = Vec::new();
        decode_files(&files, column, |batch| batches.push(batch))?;
        Ok(batches)
    })?;
    let fact = fact(&measured.last, &value)?;
    Ok(Outcome {
        first_seconds: Some(measured.first_seconds),
        seconds: measured.seconds,
        cost: measured.cost,
        rows_processed: Some(fact.rows),
        ..outcome(fact)
    })
}

pub(super) fn decode_dropping(place: &Place) -> Result<Outcome> {
    let files = parquet_files(&place.base)?;
    let mut rows = 0;
    let meter = Meter::start();
    decode_files(&files, None, |batch| rows += std::hint::black_box(batch).num_rows() as u64)?;
    let (seconds, cost) = meter.stop();
    Ok(Outcome { seconds: vec![seconds], cost, rows, rows_processed: Some(rows), ..Outcome::default() })
}

fn decode_files(files: &[PathBuf], column: Option<&str>, mut take: impl FnMut(RecordBatch)) -> Result<()> {
    for path in files {
        for batch in reader(path, column)? {
            take(batch?);
        }
    }
    Ok(())
}

fn reader(path: &Path, column: Option<&str>) -> Result<parquet::arrow::arrow_reader::ParquetRecordBatchReader> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?.with_batch_size(BATCH_ROWS);
    let mask = match column {
        None => ProjectionMask::all(),
        Some(column) => ProjectionMask::columns(builder.parquet_schema(), [column]),
    };
    Ok(builder.with_projection(mask).build()?)
}

fn outcome(fact: Fact) -> Outcome {
    Outcome { rows: fact.rows, sum: Some(fact.sum), ..Outcome::default() }
}
