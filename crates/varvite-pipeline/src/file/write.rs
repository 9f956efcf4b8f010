//! Files that are written: complete under another name, then renamed.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use tempfile::{Builder, NamedTempFile};

use super::Format;
#[cfg(feature = "text-files")]
use super::finite::check_finite;
use crate::{Error, Result, StepError};

/// Writes rows as a file in place of one that may be there: until all is on disk, that stays as it is.
///
/// `metadata` is kept where the format has a place for it.
pub(crate) fn write(
    path: &Path,
    format: Format,
    schema: &SchemaRef,
    rows: impl Iterator<Item = Result<RecordBatch>>,
    metadata: (&str, &str),
) -> Result<()> {
    let failed = |source| Error::FileWrite { path: path.display().to_string(), source };
    let temporary = temporary(path).map_err(failed)?;
    let mut rows_error = None;
    // An error of the rows is theirs, not the file's.
    let rows = rows.map_while(|batch| batch.map_err(|error| rows_error = Some(error)).ok());
    encode(BufWriter::new(temporary.as_file()), format, schema, rows, metadata).map_err(failed)?;
    match rows_error {
        Some(error) => Err(error),
        None => publish(temporary, path).map_err(failed),
    }
}

/// The folder that a file is in.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn temporary(path: &Path) -> Result<NamedTempFile, StepError> {
    let mut builder = Builder::new();
    builder.prefix(".tmp-");
    // As any new file: what the user's mask leaves of it.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    Ok(builder.tempfile_in(folder(path))?)
}

fn publish(temporary: NamedTempFile, path: &Path) -> Result<(), StepError> {
    temporary.as_file().sync_all()?;
    temporary.persist(path)?;
    // From here on a power cut leaves the file in place.
    #[cfg(unix)]
    File::open(folder(path))?.sync_all()?;
    Ok(())
}

fn encode(
    file: BufWriter<&File>,
    format: Format,
    schema: &SchemaRef,
    rows: impl Iterator<Item = RecordBatch>,
    metadata: (&str, &str),
) -> Result<(), StepError> {
    let mut file = match format {
        Format::Parquet => {
            let zstd = Compression::ZSTD(ZstdLevel::default());
            let properties = WriterProperties::builder().set_compression(zstd).build();
            let mut writer = ArrowWriter::try_new(file, schema.clone(), Some(properties))?;
            writer.append_key_value_metadata(KeyValue::new(metadata.0.to_owned(), metadata.1.to_owned()));
            for batch in rows {
                writer.write(&batch)?;
            }
            writer.into_inner()?
        }
        #[cfg(feature = "text-files")]
        Format::Csv => {
            let mut writer = arrow::csv::WriterBuilder::new().with_header(true).build(file);
            // The header is written with the first batch, also if that has no rows.
            for batch in std::iter::once(RecordBatch::new_empty(schema.clone())).chain(rows) {
                writer.write(&batch)?;
            }
            writer.into_inner()
        }
        #[cfg(feature = "text-files")]
        Format::JsonLines => {
            let mut writer = arrow::json::LineDelimitedWriter::new(file);
            for batch in rows {
                check_finite(&batch)?;
                writer.write(&batch)?;
            }
            writer.finish()?;
            writer.into_inner()
        }
    };
    Ok(file.flush()?)
}
