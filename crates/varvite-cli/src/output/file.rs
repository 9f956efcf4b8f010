//! Rows written to a file, which appears whole or not at all, or to standard output.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::ipc::writer::FileWriter;
use arrow::{csv, json};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use tempfile::NamedTempFile;

use super::rows::is_nested;
use super::stdout::Stdout;
use crate::error::{Error, Result};
use crate::input::Format;

type Cause = Box<dyn std::error::Error + Send + Sync>;
type Out = BufWriter<Box<dyn Write + Send>>;

/// Where rows go.
pub(crate) struct RowsWriter {
    sink: Sink,
    /// The path as given, for messages.
    shown: String,
    /// A file that is written beside its place, then moved there.
    moved: Option<(NamedTempFile, PathBuf)>,
}

enum Sink {
    Parquet(Box<ArrowWriter<Out>>),
    Csv(csv::Writer<Out>),
    Arrow(FileWriter<Out>),
    Json(json::Writer<Out, json::writer::LineDelimited>),
}

impl RowsWriter {
    /// Writes to standard output.
    pub(crate) fn to_stdout(format: Format, schema: &SchemaRef) -> Result<Self> {
        Self::try_new(format, Box::new(Stdout), schema, "-", None)
    }

    /// Writes to the file at `path`, which is replaced if it is there. A link is followed; what is no file, such as a
    /// named pipe, is written to as it is.
    pub(crate) fn to_file(path: &Path, format: Format, schema: &SchemaRef) -> Result<Self> {
        let shown = path.display().to_string();
        let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if place.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
            let pipe = File::options().write(true).open(&place).map_err(|error| failed(&shown, error))?;
            return Self::try_new(format, Box::new(pipe), schema, &shown, None);
        }
        let beside = create_beside(&place).map_err(|error| failed(&shown, error))?;
        let file = beside.as_file().try_clone().map_err(|error| failed(&shown, error))?;
        Self::try_new(format, Box::new(file), schema, &shown, Some((beside, place)))
    }

    fn try_new(
        format: Format,
        out: Box<dyn Write + Send>,
        schema: &SchemaRef,
        shown: &str,
        moved: Option<(NamedTempFile, PathBuf)>,
    ) -> Result<Self> {
        let sink = Sink::try_new(format, BufWriter::new(out), schema, shown)?;
        Ok(Self { sink, shown: shown.to_owned(), moved })
    }

    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let written: Result<(), Cause> = match &mut self.sink {
            Sink::Parquet(writer) => writer.write(batch).map_err(Into::into),
            Sink::Csv(writer) => writer.write(batch).map_err(Into::into),
            Sink::Arrow(writer) => writer.write(batch).map_err(Into::into),
            Sink::Json(writer) => writer.write(batch).map_err(Into::into),
        };
        written.map_err(|source| failed(&self.shown, source))
    }

    /// Ends the file and puts it in its place.
    pub(crate) fn finish(self) -> Result<()> {
        self.sink.finish().map_err(|source| failed(&self.shown, source))?;
        let Some((beside, place)) = self.moved else { return Ok(()) };
        beside.as_file().sync_all().map_err(|error| failed(&self.shown, error))?;
        beside.persist(place).map(drop).map_err(|error| failed(&self.shown, error.error))
    }
}

impl Sink {
    fn try_new(format: Format, out: Out, schema: &SchemaRef, shown: &str) -> Result<Self> {
        Ok(match format {
            Format::Parquet => {
                let zstd = Compression::ZSTD(ZstdLevel::default());
                let properties = WriterProperties::builder().set_compression(zstd).build();
                let writer = ArrowWriter::try_new(out, schema.clone(), Some(properties));
                Self::Parquet(Box::new(writer.map_err(|error| failed(shown, error))?))
            }
            Format::Arrow => Self::Arrow(FileWriter::try_new(out, schema).map_err(|error| failed(shown, error))?),
            Format::Jsonl => Self::Json(json::WriterBuilder::new().with_explicit_nulls(true).build(out)),
            Format::Csv => Self::Csv(csv_writer(out, schema, shown)?),
        })
    }

    fn finish(self) -> Result<(), Cause> {
        match self {
            Self::Parquet(writer) => writer.into_inner()?.flush()?,
            Self::Csv(writer) => writer.into_inner().flush()?,
            Self::Arrow(mut writer) => {
                writer.finish()?;
                writer.into_inner()?.flush()?;
            }
            Self::Json(mut writer) => {
                writer.finish()?;
                writer.into_inner().flush()?;
            }
        }
        Ok(())
    }
}

/// Writes bytes to a file, which appears whole or not at all; `-` is standard output.
#[cfg(feature = "asset")]
pub(crate) fn write_bytes(path: &Path, bytes: &[u8]) -> Result<()> {
    let shown = path.display().to_string();
    let written = |mut out: Box<dyn Write>| out.write_all(bytes).and_then(|()| out.flush());
    if path == Path::new("-") {
        return written(Box::new(Stdout)).map_err(|error| failed(&shown, error));
    }
    let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let beside = create_beside(&place).map_err(|error| failed(&shown, error))?;
    let file = beside.as_file().try_clone().map_err(|error| failed(&shown, error))?;
    written(Box::new(file)).map_err(|error| failed(&shown, error))?;
    beside.as_file().sync_all().map_err(|error| failed(&shown, error))?;
    beside.persist(place).map(drop).map_err(|error| failed(&shown, error.error))
}

/// A CSV file has its header line even without rows.
fn csv_writer(out: Out, schema: &SchemaRef, shown: &str) -> Result<csv::Writer<Out>> {
    if let Some(field) = schema.fields().iter().find(|field| is_nested(field.data_type())) {
        return Err(Error::Nested { column: field.name().clone(), format: "CSV" }.into());
    }
    let mut writer = csv::WriterBuilder::new().with_header(true).build(out);
    writer.write(&RecordBatch::new_empty(schema.clone())).map_err(|error| failed(shown, error))?;
    Ok(writer)
}

/// A temporary file in the folder of `path`, readable by whom new files are readable.
fn create_beside(path: &Path) -> std::io::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".varvite-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666)); // less the umask
    }
    builder.tempfile_in(folder)
}

fn failed(path: &str, source: impl Into<Cause>) -> crate::error::Failure {
    Error::Write { path: path.to_owned(), source: source.into() }.into()
}
