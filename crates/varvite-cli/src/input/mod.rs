//! What `write` reads: Parquet, CSV, Arrow IPC files and JSON lines, from files or standard input, as batches.
//!
//! Each format gives raw batches and says what columns they stand for; [`Typed`] makes the one from the other, and
//! [`Chain`] reads several inputs as one.

mod arrow_file;
mod cast;
mod chain;
mod csv;
mod csv_lines;
mod format;
mod jsonl;
mod parquet_file;
mod source;
mod text;
mod typed;

#[cfg(any(feature = "feature", feature = "asset"))]
use std::path::Path;
use std::path::PathBuf;

#[cfg(any(feature = "feature", feature = "asset"))]
use arrow::array::RecordBatch;
use arrow::array::RecordBatchReader;
#[cfg(feature = "feature")]
use arrow::array::{ArrayRef, StringArray};
#[cfg(feature = "feature")]
use arrow::datatypes::DataType;
use arrow::datatypes::{Schema, SchemaRef};
#[cfg(any(feature = "feature", feature = "asset"))]
use arrow::error::ArrowError;

use crate::error::{Error, Result};

pub(crate) use format::Format;

use chain::Chain;
use source::Source;
use typed::Typed;

pub(crate) type Reader = Box<dyn RecordBatchReader + Send>;

/// Rows a batch holds at most.
const BATCH_SIZE: usize = 1 << 16;

/// Opens `paths` as one input. Columns that `stored` has are cast to its types where nothing is lost; with `evolve`,
/// types that are wider in a file that says its types stay.
pub(crate) fn open(paths: &[PathBuf], stored: Option<&SchemaRef>, evolve: bool) -> Result<Reader> {
    let mut readers: Vec<Typed> = Vec::with_capacity(paths.len());
    for path in paths {
        let hint = stored.or(readers.first().map(Typed::columns));
        let reader = open_one(Source::open(path)?, hint, evolve)?;
        if let Some(first) = readers.first() {
            check_same_columns(first, &reader)?;
        }
        readers.push(reader);
    }
    Ok(Box::new(Chain::new(readers)))
}

/// Opens one input that stays as it is. Where it is text, which says no types, columns get those of `meant`.
#[cfg(feature = "feature")]
pub(crate) fn open_as_it_is(path: &Path, meant: &SchemaRef) -> Result<Reader> {
    let source = Source::open(path)?;
    let hint = matches!(source.format, Format::Csv | Format::Jsonl).then_some(meant);
    Ok(Box::new(open_one(source, hint, false)?))
}

/// The bytes of an input as they are.
#[cfg(feature = "asset")]
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    Source::open(path)?.bytes()
}

/// Where a row stands, counted from 0 in all of the input: by line where that is plain.
#[cfg(feature = "asset")]
pub(crate) fn place_of(path: &Path, row: u64) -> Option<String> {
    let source = Source::open(path).ok()?;
    let line = if source.format == Format::Csv { csv_lines::line_of(&source, row) } else { None };
    Some(line.map_or_else(|| format!("row {row}"), |line| format!("line {line}")))
}

/// Reads everything.
#[cfg(any(feature = "feature", feature = "asset"))]
pub(crate) fn collect(reader: Reader) -> Result<(SchemaRef, Vec<RecordBatch>)> {
    let schema = reader.schema();
    let batches = reader.collect::<std::result::Result<_, _>>().map_err(|error| match error {
        ArrowError::ExternalError(source) => match source.downcast::<Error>() {
            Ok(ours) => *ours,
            Err(source) => Error::Read { path: "the input".to_owned(), format: "rows", source },
        },
        other => Error::Read { path: "the input".to_owned(), format: "rows", source: other.into() },
    })?;
    Ok((schema, batches))
}

/// The values that texts of the command line spell; the first that spells none.
#[cfg(feature = "feature")]
pub(crate) fn literals<'a>(texts: &'a [String], meant: &DataType) -> std::result::Result<ArrayRef, &'a str> {
    let column: ArrayRef = std::sync::Arc::new(StringArray::from_iter_values(texts));
    cast::cast_exactly(&column, meant).map_err(|error| match error {
        cast::NotCast::Value(bad) => texts[bad.row].as_str(),
        cast::NotCast::Types(_) => texts.first().map_or("", String::as_str),
    })
}

fn open_one(source: Source, hint: Option<&SchemaRef>, evolve: bool) -> Result<Typed> {
    match source.format {
        Format::Parquet => parquet_file::read(source, hint, evolve),
        Format::Csv => csv::read(source, hint),
        Format::Arrow => arrow_file::read(source, hint, evolve),
        Format::Jsonl => jsonl::read(source, hint),
    }
}

/// The order of columns may differ.
fn check_same_columns(first: &Typed, other: &Typed) -> Result<()> {
    let differ = |reason: String| Error::InputsDiffer { path: other.name(), first: first.name(), reason };
    let missing = |from: &Schema, to: &Schema| {
        from.fields().iter().find(|field| to.column_with_name(field.name()).is_none()).map(|field| field.name().clone())
    };
    let (ours, theirs) = (first.columns(), other.columns());
    if let Some(name) = missing(ours, theirs) {
        return Err(differ(format!("`{name}` is missing")).into());
    }
    if let Some(name) = missing(theirs, ours) {
        return Err(differ(format!("`{name}` is new")).into());
    }
    for field in ours.fields() {
        let types = theirs.field_with_name(field.name()).map(|other| (field.data_type(), other.data_type()));
        if let Ok((expected, found)) = types
            && expected != found
        {
            return Err(differ(format!("`{}` is {expected} there and {found} here", field.name())).into());
        }
    }
    Ok(())
}
