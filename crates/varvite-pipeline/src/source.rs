//! [`Source`]: where a job loads rows from.

use std::fs::File;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::Schema;
use arrow::error::ArrowError;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use varvite_dataset::{Dataset, ScanOptions};

use crate::job::LoadedSource;
use crate::{Error, ReadVersion, Result, StepError};

/// Where rows are loaded from.
#[derive(Debug, Clone)]
pub struct Source(Origin);

#[derive(Debug, Clone)]
enum Origin {
    Dataset(Box<(Dataset, ScanOptions)>),
    Rows(Vec<RecordBatch>),
    Parquet(PathBuf),
}

impl Source {
    /// Rows of a dataset, of its newest version.
    pub fn dataset(dataset: &Dataset, options: ScanOptions) -> Self {
        Self(Origin::Dataset(Box::new((dataset.clone(), options))))
    }

    /// Rows in memory: a historical read, rows of an asset, a file.
    pub fn rows(rows: impl IntoIterator<Item = RecordBatch>) -> Self {
        Self(Origin::Rows(rows.into_iter().collect()))
    }

    /// All rows of a Parquet file, opened when the job runs. One that is part of a dataset is read as a file alone, without the
    /// dataset's checksums and limits of memory: take files that you trust.
    pub fn parquet(path: impl AsRef<Path>) -> Self {
        Self(Origin::Parquet(path.as_ref().to_owned()))
    }
}

pub(crate) fn load(name: &str, source: &Source) -> Result<(LoadedSource, RecordBatch)> {
    let (rows, read) = match &source.0 {
        Origin::Rows(batches) => {
            let schema = batches.first().map_or_else(|| Arc::new(Schema::empty()), RecordBatch::schema);
            (concat_batches(&schema, batches).map_err(Error::arrow("join batches"))?, None)
        }
        Origin::Parquet(path) => {
            let failed = |source| Error::File { name: name.to_owned(), path: path.display().to_string(), source };
            // The library panics on some damaged files. What it works on is dropped.
            let read = catch_unwind(|| read_parquet(path)).unwrap_or_else(|_| Err("it is damaged".into()));
            (read.map_err(failed)?, None)
        }
        Origin::Dataset(from) => {
            let (dataset, options) = (from.0.detached(), &from.1);
            dataset.refresh().map_err(Error::dataset("load", name))?;
            let rows = dataset.read(options).map_err(Error::dataset("load", name))?;
            let snapshot = dataset.snapshot();
            let read = snapshot
                .map(|snapshot| ReadVersion { dataset_id: snapshot.dataset_id.clone(), version: snapshot.version });
            (rows, read)
        }
    };
    Ok((LoadedSource { name: name.to_owned(), num_rows: rows.num_rows(), read }, rows))
}

fn read_parquet(path: &Path) -> Result<RecordBatch, StepError> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?.build()?;
    let schema = arrow::array::RecordBatchReader::schema(&reader);
    let batches = reader.collect::<Result<Vec<_>, ArrowError>>()?;
    Ok(concat_batches(&schema, &batches)?)
}
