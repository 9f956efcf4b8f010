//! [`SeedDataset`]: a dataset of oups (`OrderedParquetDataset`), as its metadata file describes it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, UInt64Type};
use varvite_storage::{EntryKind, LocalStorage, Storage, StoragePath};

use super::pickle::{self, Value};
use crate::file::ForeignFile;
use crate::{ColumnPath, Error, Ordered, Result};

/// How the name of the metadata file ends; before that it is the data folder's.
const METADATA: &str = "_opdmd";
/// The entry of its footer that holds the pickled metadata, and the entry in there that names the ordered column.
const OUPS: &str = "oups";
const ORDERED_ON: &str = "ordered_on";
/// As many row groups as oups can number.
const MAX_ROW_GROUPS: u64 = 1 << 16;
/// Largest metadata file, in bytes.
const MAX_METADATA: u64 = 64 << 20;

/// A dataset of oups, to be imported. Nothing of it is ever changed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SeedDataset {
    pub(super) storage: Arc<dyn Storage>,
    pub(super) folder: StoragePath,
    /// The row groups in order.
    pub row_groups: Vec<SeedRowGroup>,
    /// The column that rows are ordered on; `None` if the metadata does not say it, or could not be read.
    pub ordered_on: Option<ColumnPath>,
    /// The user's metadata: strings as they are, other plain values as JSON.
    pub key_value_metadata: BTreeMap<String, String>,
    /// Why the metadata could not be read: it holds more than plain values.
    pub metadata_refused: Option<String>,
    /// Files in the data folder that the metadata does not name: leftovers of a crash, as oups leaves them.
    pub ignored_files: Vec<String>,
}

/// A row group as the metadata describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SeedRowGroup {
    /// Name of its file.
    pub file: String,
    /// Number of rows.
    pub num_rows: u64,
    /// Value of the ordered column in the first row, as text.
    pub min: String,
    /// Value of the ordered column in the last row, as text.
    pub max: String,
}

impl SeedDataset {
    /// Reads the metadata of the dataset in the folder at a local path.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none; [`Error::Corrupt`] if the metadata cannot be read.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let invalid = |reason| Error::InvalidName { name: path.display().to_string(), reason };
        let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| invalid("it ends without a name"))?;
        let folder = StoragePath::try_new(name).map_err(|_| invalid("it is no plain name"))?;
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let storage = LocalStorage::open(parent).map_err(|source| failed(&folder, source))?;
        Self::at(Arc::new(storage), folder)
    }

    /// Reads the metadata of the dataset in `folder` of any storage.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn at(storage: Arc<dyn Storage>, folder: StoragePath) -> Result<Self> {
        let metadata = StoragePath::try_new(format!("{folder}{METADATA}"));
        let metadata = metadata.map_err(|source| failed(&folder, source))?;
        match storage.head(&metadata).map_err(|source| failed(&folder, source))? {
            Some(entry) if entry.kind == EntryKind::File && entry.len <= MAX_METADATA => {}
            Some(entry) if entry.kind == EntryKind::File => {
                let what = format!("the metadata file `{metadata}`");
                return Err(Error::ResourceLimit { what, limit: format!("{MAX_METADATA} bytes") });
            }
            _ => return Err(Error::NotFound { path: format!("{}/{folder}", storage.location()) }),
        }
        let file = ForeignFile::open(Arc::clone(&storage), metadata)?;
        let mut seed = Self {
            storage,
            folder,
            row_groups: Vec::new(),
            ordered_on: None,
            key_value_metadata: BTreeMap::new(),
            metadata_refused: None,
            ignored_files: Vec::new(),
        };
        seed.read_pickle(&file)?;
        seed.read_table(file)?;
        Ok(seed)
    }

    /// Total number of rows.
    pub fn num_rows(&self) -> u64 {
        self.row_groups.iter().map(|group| group.num_rows).fold(0, u64::saturating_add)
    }

    fn read_pickle(&mut self, file: &ForeignFile) -> Result<()> {
        let Some(bytes) = file.entry(OUPS) else { return Err(file.corrupt("it has no metadata of oups")) };
        let entries = match pickle::read(bytes) {
            Ok(Value::Dict(entries)) => entries,
            Ok(_) => return Err(file.corrupt("its metadata is no dict")),
            Err(refused) => {
                self.metadata_refused = Some(refused.to_string());
                return Ok(());
            }
        };
        for (key, value) in entries {
            let key = key.to_text();
            if key == ORDERED_ON {
                let no_column = || file.corrupt("it names no ordered column");
                self.ordered_on = match value {
                    Value::None => None,
                    value => Some(column(&value).ok_or_else(no_column)?),
                };
            } else {
                self.key_value_metadata.insert(key, value.to_text());
            }
        }
        Ok(())
    }

    fn read_table(&mut self, file: ForeignFile) -> Result<()> {
        if file.num_rows() > MAX_ROW_GROUPS {
            return Err(file.corrupt(format!("it claims {} row groups", file.num_rows())));
        }
        let mut files = self.files_by_number()?;
        let corrupt = |reason: &str| file.corrupt(reason);
        let unreadable = corrupt("its table of row groups cannot be read");
        let no_file = |number: u64| Error::Corrupt {
            file: format!("{}/file_{number:05}.parquet", self.folder),
            offset: None,
            reason: "it is missing".to_owned(),
        };
        let mut row_groups = Vec::new();
        if file.num_rows() > 0 {
            for batch in file.batches() {
                let Some(rows) = table_rows(&batch?)? else { return Err(unreadable) };
                for (number, num_rows, min, max) in rows {
                    let file = files.remove(&number).ok_or_else(|| no_file(number))?;
                    row_groups.push(SeedRowGroup { file, num_rows, min, max });
                }
            }
        }
        self.row_groups = row_groups;
        self.ignored_files = files.into_values().collect();
        Ok(())
    }

    /// The data files by the number in their names: oups writes as many digits as the largest number has.
    fn files_by_number(&self) -> Result<BTreeMap<u64, String>> {
        let entries = self.storage.list(&self.folder).map_err(|source| failed(&self.folder, source))?;
        let files = entries.into_iter().filter(|entry| entry.kind == EntryKind::File).filter_map(|entry| {
            let digits = entry.name.strip_prefix("file_")?.strip_suffix(".parquet")?;
            let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())??;
            Some((number, entry.name))
        });
        Ok(files.collect())
    }
}

pub(super) fn failed(folder: &StoragePath, source: varvite_storage::Error) -> Error {
    Error::Storage { operation: "importing", path: folder.clone(), source }
}

/// The ordered column: a name, or a name of several levels as pandas has them, which fastparquet writes as the text of a
/// tuple. `None` if it is neither.
fn column(value: &Value) -> Option<ColumnPath> {
    match value {
        Value::Text(name) => Some(name.as_ref().into()),
        Value::List(levels) => {
            let texts = levels.iter().map(|level| match level {
                Value::Text(text) => Some(format!("'{text}'")),
                _ => None,
            });
            let texts = texts.collect::<Option<Vec<_>>>().filter(|texts| !texts.is_empty())?;
            let comma = if texts.len() == 1 { "," } else { "" };
            Some(format!("({}{comma})", texts.join(", ")).as_str().into())
        }
        _ => None,
    }
}

type TableRow = (u64, u64, String, String);

/// Number of the file, number of rows, first and last value of each row group. `None` if columns are missing or null.
fn table_rows(batch: &RecordBatch) -> Result<Option<Vec<TableRow>>> {
    let (Some(ids), Some(counts)) = (numbers(batch, "file_ids"), numbers(batch, "n_rows")) else { return Ok(None) };
    let (Some(mins), Some(maxs)) = (texts(batch, "ordered_on_mins")?, texts(batch, "ordered_on_maxs")?) else {
        return Ok(None);
    };
    let numbers = ids.as_primitive::<UInt64Type>().values().iter().zip(counts.as_primitive::<UInt64Type>().values());
    let bounds = mins.into_iter().zip(maxs);
    Ok(Some(numbers.zip(bounds).map(|((id, rows), (min, max))| (*id, *rows, min, max)).collect()))
}

fn numbers(batch: &RecordBatch, name: &str) -> Option<ArrayRef> {
    let column = batch.column_by_name(name).filter(|column| column.data_type().is_integer())?;
    let numbers = cast(column, &DataType::UInt64).ok()?;
    (numbers.null_count() == 0).then_some(numbers)
}

fn texts(batch: &RecordBatch, name: &str) -> Result<Option<Vec<String>>> {
    if batch.column_by_name(name).is_none() {
        return Ok(None);
    }
    let ordered = Ordered::unchecked(batch, &name.into())?;
    Ok(Some((0..ordered.len()).map(|row| ordered.ordered_type().format(&ordered.value(row))).collect()))
}
