//! [`Sink`]: where a job saves rows to.

use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;

use arrow::array::{RecordBatch, RecordBatchIterator};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
#[cfg(feature = "asset")]
use varvite_asset::{AssetWrite, Catalog, ModelSchema};
use varvite_dataset::{Dataset, Rows, WriteOptions};

#[cfg(feature = "asset")]
use crate::asset::AssetSink;
use crate::file::{self, Format};
use crate::{Error, Result};

/// The metadata of an output that says which versions of which datasets it was made from.
const SOURCES: &str = "varvite.sources";

/// Where rows are saved to.
#[derive(Debug, Clone)]
pub struct Sink(Target);

#[derive(Debug, Clone)]
enum Target {
    Dataset(Box<(Dataset, WriteOptions)>),
    File(PathBuf, Format),
    #[cfg(feature = "asset")]
    Asset(Box<AssetSink>),
}

impl Sink {
    /// A dataset, written as `write` says.
    pub fn dataset(dataset: &Dataset, write: WriteOptions) -> Self {
        Self(Target::Dataset(Box::new((dataset.clone(), write))))
    }

    /// A Parquet file, in place of one that may be there. Whoever looks sees the old one or all of the new one, as with
    /// every file that a job saves.
    pub fn parquet(path: impl AsRef<Path>) -> Self {
        Self(Target::File(path.as_ref().to_owned(), Format::Parquet))
    }

    /// A file of comma-separated values, its first line the names of the columns, in place of one that may be there. A null
    /// is written as an empty text; nested columns are refused.
    #[cfg(feature = "text-files")]
    pub fn csv(path: impl AsRef<Path>) -> Self {
        Self(Target::File(path.as_ref().to_owned(), Format::Csv))
    }

    /// A file with a JSON object a line, in place of one that may be there. Nulls are left out; NaN and infinities, which
    /// JSON does not have, are refused.
    #[cfg(feature = "text-files")]
    pub fn json_lines(path: impl AsRef<Path>) -> Self {
        Self(Target::File(path.as_ref().to_owned(), Format::JsonLines))
    }

    /// A feature asset with the columns of `schema`, which are found by name, written as `write` says. Its rows are put
    /// together in memory; each of its partitions is a commit.
    #[cfg(feature = "asset")]
    pub fn asset(catalog: &Catalog, schema: std::sync::Arc<ModelSchema>, write: AssetWrite) -> Self {
        Self(Target::Asset(Box::new(AssetSink { catalog: catalog.clone(), schema, write })))
    }

    /// Saves rows: the version afterwards, of a dataset. `sources` goes into the metadata.
    pub(crate) fn save(&self, rows: RecordBatch, sources: &str) -> Result<Option<u64>> {
        if let Target::Dataset(to) = &self.0 {
            // What is in memory already is not put aside, whatever the limit.
            return save_dataset(to, rows.into(), sources);
        }
        self.save_batches(&rows.schema(), std::iter::once(Ok(rows)), sources)
    }

    /// The same for rows that come batch by batch.
    pub(crate) fn save_batches(
        &self,
        schema: &SchemaRef,
        rows: impl Iterator<Item = Result<RecordBatch>> + Send + 'static,
        sources: &str,
    ) -> Result<Option<u64>> {
        match &self.0 {
            Target::File(path, format) => file::write(path, *format, schema, rows, (SOURCES, sources)).map(|()| None),
            #[cfg(feature = "asset")]
            Target::Asset(sink) => sink.save(&rows.collect::<Result<Vec<_>>>()?).map(|()| None),
            Target::Dataset(to) => {
                // An error of the rows is theirs, not the dataset's: it goes past it.
                let (send, rows_error) = channel();
                let rows = rows.map(move |batch| {
                    batch.map_err(|error| {
                        let text = error.to_string();
                        let _ = send.send(error);
                        ArrowError::ComputeError(text)
                    })
                });
                let rows = Rows::reader(RecordBatchIterator::new(rows, schema.clone()));
                let saved = save_dataset(to, rows, sources);
                rows_error.try_recv().map_or(saved, Err)
            }
        }
    }
}

fn save_dataset((dataset, write): &(Dataset, WriteOptions), rows: Rows, sources: &str) -> Result<Option<u64>> {
    let write = write.clone().with_metadata(SOURCES, sources);
    let report = dataset.write(rows, &write).map_err(Error::dataset("save", "output"))?;
    Ok(report.version_after)
}
