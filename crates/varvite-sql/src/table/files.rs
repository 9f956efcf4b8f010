//! [`FileTable`]: files that are not ours.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use arrow::datatypes::SchemaRef;

use crate::{Error, Result};

/// What files hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileFormat {
    /// Parquet.
    Parquet,
    /// Comma-separated values with a header.
    Csv,
    /// One JSON object a line.
    Json,
}

/// Files of one format: a file, all files below a folder with the format's ending, or an address (`s3://bucket/folder/`).
///
/// ```
/// use varvite_sql::{FileFormat, FileTable};
///
/// let table: FileTable = "csv:/data/purchases".parse()?;
/// assert_eq!(table.format(), FileFormat::Csv);
/// assert_eq!(table.to_string(), "csv:/data/purchases");
/// assert!("xlsx:/data".parse::<FileTable>().is_err());
/// # Ok::<(), varvite_sql::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct FileTable {
    format: FileFormat,
    location: String,
    schema: Option<SchemaRef>,
}

impl FileTable {
    /// Files of a format.
    pub fn new(format: FileFormat, location: impl Into<String>) -> Self {
        Self { format, location: location.into(), schema: None }
    }

    /// Parquet files.
    pub fn parquet(location: impl AsRef<Path>) -> Self {
        Self::new(FileFormat::Parquet, location.as_ref().to_string_lossy())
    }

    /// Files of comma-separated values with headers.
    pub fn csv(location: impl AsRef<Path>) -> Self {
        Self::new(FileFormat::Csv, location.as_ref().to_string_lossy())
    }

    /// Files with one JSON object a line.
    pub fn json(location: impl AsRef<Path>) -> Self {
        Self::new(FileFormat::Json, location.as_ref().to_string_lossy())
    }

    /// Declares the columns. Without it they are those of the files; of CSV and JSON they are guessed from the first rows.
    pub fn with_schema(mut self, schema: SchemaRef) -> Self {
        self.schema = Some(schema);
        self
    }

    /// What the files hold.
    pub fn format(&self) -> FileFormat {
        self.format
    }

    /// Where they are: a path or an address.
    pub fn location(&self) -> &str {
        &self.location
    }

    /// The declared columns.
    pub fn schema(&self) -> Option<&SchemaRef> {
        self.schema.as_ref()
    }

    /// The local path; `None` for an address.
    pub fn local_path(&self) -> Option<PathBuf> {
        match self.location.split_once("://") {
            Some(("file", path)) => Some(PathBuf::from(path)),
            Some(_) => None,
            None => Some(PathBuf::from(&self.location)),
        }
    }

    /// Names, lengths and times of change of local files; `None` for what is elsewhere.
    pub(super) fn version(&self) -> Option<String> {
        let mut files = Vec::new();
        collect(&self.local_path()?, &mut files).ok()?;
        files.sort();
        Some(
            files
                .into_iter()
                .map(|(path, len, at)| format!("{} {len} {at}", path.display()))
                .collect::<Vec<_>>()
                .join(","),
        )
    }
}

/// The files at or below a path, with their lengths and times of change in nanoseconds.
fn collect(path: &Path, files: &mut Vec<(PathBuf, u64, u128)>) -> std::io::Result<()> {
    let meta = std::fs::metadata(path)?;
    if !meta.is_dir() {
        let changed = meta.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        files.push((path.to_owned(), meta.len(), changed.as_nanos()));
        return Ok(());
    }
    std::fs::read_dir(path)?.try_for_each(|entry| collect(&entry?.path(), files))
}

impl FileFormat {
    const ALL: [Self; 3] = [Self::Parquet, Self::Csv, Self::Json];

    /// The format's name, which is also the ending of its files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

impl fmt::Display for FileTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.format.name(), self.location)
    }
}

impl FromStr for FileTable {
    type Err = Error;

    /// Reads `parquet:/data/purchases`.
    fn from_str(text: &str) -> Result<Self> {
        let refused = |reason: String| Error::InvalidTable { table: text.to_owned(), reason };
        let (kind, location) =
            text.split_once(':').ok_or_else(|| refused("write it like `parquet:/data/purchases`".to_owned()))?;
        let format = FileFormat::ALL.into_iter().find(|format| format.name() == kind).ok_or_else(|| {
            refused(format!("`{kind}` is no format: {}", FileFormat::ALL.map(FileFormat::name).join(", ")))
        })?;
        if location.is_empty() {
            return Err(refused("it names no place".to_owned()));
        }
        Ok(Self::new(format, location))
    }
}
