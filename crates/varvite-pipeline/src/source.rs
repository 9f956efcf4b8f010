//! [`Source`]: where a job loads rows from.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::datatypes::{Schema, SchemaRef};
#[cfg(feature = "asset")]
use varvite_asset::{Catalog, FetchOptions, Want};
use varvite_dataset::{Dataset, ScanOptions};

#[cfg(feature = "asset")]
use crate::asset::AssetSource;
use crate::file::{self, Reading};
#[cfg(feature = "text-files")]
use crate::file::{CsvOptions, Types};
use crate::job::LoadedSource;
use crate::{Error, ReadVersion, Result};

/// Where rows are loaded from.
#[derive(Debug, Clone)]
pub struct Source(Origin);

#[derive(Debug, Clone)]
enum Origin {
    Dataset(Box<(Dataset, ScanOptions)>),
    Rows(Vec<RecordBatch>),
    File(PathBuf, Reading),
    #[cfg(feature = "asset")]
    Asset(Box<AssetSource>),
}

impl Source {
    /// Rows of a dataset, of its newest version.
    pub fn dataset(dataset: &Dataset, options: ScanOptions) -> Self {
        Self(Origin::Dataset(Box::new((dataset.clone(), options))))
    }

    /// Rows in memory, such as a historical read.
    pub fn rows(rows: impl IntoIterator<Item = RecordBatch>) -> Self {
        Self(Origin::Rows(rows.into_iter().collect()))
    }

    /// All rows of a Parquet file, opened when the job runs. One that is part of a dataset is read as a file alone, without the
    /// dataset's checksums and limits of memory: take files that you trust.
    pub fn parquet(path: impl AsRef<Path>) -> Self {
        Self::file(path, Reading::Parquet)
    }

    /// All rows of a file of comma-separated values whose first line names the columns. An empty text is a null.
    ///
    /// ```
    /// # use varvite_flow::{Dataflow, Module, Node};
    /// use varvite_pipeline::{CsvOptions, Job, Sink, Source};
    ///
    /// # let folder = tempfile::tempdir()?;
    /// # let flow = Dataflow::builder().with(Module::new().node(Node::row("half", ["age"], |age: f64| age / 2.0))).build()?;
    /// let (people, halves) = (folder.path().join("people.csv"), folder.path().join("halves.csv"));
    /// std::fs::write(&people, "name;age\nEva;40.5\nAdam;\n")?;
    /// let done = Job::new(&flow)
    ///     .load("people", Source::csv(&people, CsvOptions::default().with_delimiter(b';')))
    ///     .save(&["name"], &["half"], Sink::csv(&halves))
    ///     .run()?;
    /// assert_eq!(std::fs::read_to_string(&halves)?, "name,half\nEva,20.25\nAdam,\n");
    /// let types = "`people`: 2 rows, types inferred: name Utf8, age Float64";
    /// assert_eq!(done.to_string(), format!("{types}\nsaved half: 2 rows"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "text-files")]
    pub fn csv(path: impl AsRef<Path>, options: CsvOptions) -> Self {
        Self::file(path, Reading::Csv(options))
    }

    /// All rows of a file with a JSON object a line. An absent value is a null.
    #[cfg(feature = "text-files")]
    pub fn json_lines(path: impl AsRef<Path>, types: Types) -> Self {
        Self::file(path, Reading::JsonLines(types))
    }

    /// Rows of an asset, streamed from its catalog as `options` say. What the `want` calls its field becomes the source's name.
    ///
    /// The stream runs on a thread of its own, so that a job may run anywhere; like all that a job does, loading blocks the
    /// caller.
    #[cfg(feature = "asset")]
    pub fn asset(catalog: &Catalog, want: Want, options: FetchOptions) -> Self {
        Self(Origin::Asset(Box::new(AssetSource { catalog: catalog.clone(), want, options })))
    }

    fn file(path: impl AsRef<Path>, reading: Reading) -> Self {
        Self(Origin::File(path.as_ref().to_owned(), reading))
    }
}

/// Rows as they are read.
pub(crate) type Batches = Box<dyn Iterator<Item = Result<RecordBatch>> + Send>;

/// A source of which no rows were read yet.
pub(crate) struct Opened {
    pub(crate) schema: SchemaRef,
    /// Whether the types of the columns are a guess from what the file holds.
    pub(crate) is_inferred: bool,
    /// The version, where it is a dataset.
    pub(crate) read: Option<ReadVersion>,
    pub(crate) batches: Batches,
}

impl Opened {
    pub(crate) fn new(schema: SchemaRef, batches: impl Iterator<Item = Result<RecordBatch>> + Send + 'static) -> Self {
        Self { schema, is_inferred: false, read: None, batches: Box::new(batches) }
    }

    /// What the report says about it.
    pub(crate) fn loaded(&self, name: &str, num_rows: usize) -> LoadedSource {
        let inferred = self.is_inferred.then(|| Arc::clone(&self.schema));
        LoadedSource { name: name.to_owned(), num_rows, read: self.read.clone(), inferred }
    }
}

pub(crate) fn open(name: &str, source: &Source) -> Result<Opened> {
    match &source.0 {
        Origin::Rows(batches) => {
            let schema = batches.first().map_or_else(|| Arc::new(Schema::empty()), RecordBatch::schema);
            Ok(Opened::new(schema, batches.clone().into_iter().map(Ok)))
        }
        Origin::File(path, reading) => file::open(name, path, reading),
        #[cfg(feature = "asset")]
        Origin::Asset(source) => source.open(name),
        Origin::Dataset(from) => open_dataset(name, &from.0.detached(), &from.1),
    }
}

fn open_dataset(name: &str, dataset: &Dataset, options: &ScanOptions) -> Result<Opened> {
    dataset.refresh().map_err(Error::dataset("load", name))?;
    let mut scan = dataset.scan(options).map_err(Error::dataset("load", name))?;
    let read = dataset.snapshot();
    let read = read.map(|read| ReadVersion { dataset_id: read.dataset_id.clone(), version: read.version });
    let (schema, name) = (arrow::array::RecordBatchReader::schema(&scan), name.to_owned());
    let batches = std::iter::from_fn(move || scan.next_batch().map_err(Error::dataset("load", &name)).transpose());
    Ok(Opened { read, ..Opened::new(schema, batches) })
}

/// All rows of a source.
pub(crate) fn load(name: &str, source: &Source) -> Result<(LoadedSource, RecordBatch)> {
    let mut opened = open(name, source)?;
    let batches = opened.batches.by_ref().collect::<Result<Vec<_>>>()?;
    let rows = concat_batches(&opened.schema, &batches).map_err(Error::arrow("join batches"))?;
    Ok((opened.loaded(name, rows.num_rows()), rows))
}
