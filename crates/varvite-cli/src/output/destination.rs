//! `-o` and `--format`: where rows go.

use std::path::{Path, PathBuf};

#[cfg(feature = "feature")]
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
#[cfg(feature = "feature")]
use serde::Serialize;

use super::file::RowsWriter;
use super::incoming::Incoming;
use crate::error::{Error, Result};
use crate::input::Format;

/// Rows shown in a table if nothing else is said.
const DEFAULT_LIMIT: usize = 20;

#[derive(Debug, clap::Args)]
pub(crate) struct DestinationArgs {
    /// Writes to a file, which appears whole or not at all; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// The format of the output, where its name does not say it
    #[arg(long, value_enum, requires = "output")]
    format: Option<Format>,

    /// Rows that a table shows
    #[arg(long, value_name = "N", default_value_t = DEFAULT_LIMIT, conflicts_with = "output")]
    limit: usize,
}

/// Rows, and what is said of them.
#[cfg(feature = "feature")]
pub(crate) struct Rows<'a, R> {
    pub(crate) schema: SchemaRef,
    pub(crate) batches: &'a [RecordBatch],
    /// What they are from: its sort and its name.
    pub(crate) about: (&'static str, &'a str),
    pub(crate) report: &'a R,
    /// The report for people, which begins with the number of rows.
    pub(crate) note: Option<String>,
}

impl DestinationArgs {
    /// The file that was asked for.
    #[cfg(feature = "asset")]
    pub(crate) fn file(&self) -> Option<&Path> {
        self.output.as_deref()
    }

    /// Where rows go that come batch after batch.
    pub(crate) fn open(&self, schema: &SchemaRef, as_json: bool) -> Result<Incoming> {
        let to_stdout = |format| Ok(Incoming::stdout(schema.clone(), RowsWriter::to_stdout(format, schema)?));
        match &self.output {
            None if as_json => to_stdout(Format::Jsonl),
            None => Ok(Incoming::table(schema.clone(), self.limit)),
            Some(file) if file == Path::new("-") => to_stdout(self.format_of(file)?),
            Some(file) => {
                let writer = RowsWriter::to_file(file, self.format_of(file)?, schema)?;
                Ok(Incoming::file(schema.clone(), writer, file))
            }
        }
    }

    fn format_of(&self, file: &Path) -> Result<Format> {
        let named = self.format.or_else(|| Format::of_name(file));
        named.ok_or_else(|| {
            let names = "name it .parquet, .csv, .arrow or .jsonl, or say --format";
            Error::Usage(format!("the format of `{}` is not clear: {names}", file.display())).into()
        })
    }

    /// Shows the first rows as a table, prints all as JSON lines, or writes them to the file that was asked for.
    #[cfg(feature = "feature")]
    pub(crate) fn put<R: Serialize>(&self, rows: &Rows<'_, R>, as_json: bool) -> Result<()> {
        let mut incoming = self.open(&rows.schema, as_json)?;
        for batch in rows.batches {
            incoming.take(batch)?;
        }
        let (sort, name) = rows.about;
        incoming.finish(serde_json::json!({sort: name}), rows.note.clone(), rows.report, as_json)
    }
}
