//! `-o` and `--format`: where rows go that are in memory.

use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use serde::Serialize;
use serde_json::json;

use super::file::RowsWriter;
use super::format::{bytes, count, plural};
use super::{print, print_json, rows};
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
    /// Shows the first rows as a table, prints all as JSON lines, or writes them to the file that was asked for.
    pub(crate) fn put<R: Serialize>(&self, rows: &Rows<'_, R>, as_json: bool) -> Result<()> {
        match &self.output {
            Some(file) => self.export(rows, file, as_json),
            None if as_json => stream(rows, Format::Jsonl),
            None => self.show(rows),
        }
    }

    fn show<R>(&self, rows: &Rows<'_, R>) -> Result<()> {
        let total: usize = rows.batches.iter().map(RecordBatch::num_rows).sum();
        let mut left = self.limit;
        let mut first = Vec::new();
        for batch in rows.batches {
            let taken = batch.num_rows().min(left);
            first.push(batch.slice(0, taken));
            left -= taken;
        }
        let mut lines = vec![rows::table(&rows.schema, &first)?.to_text()];
        if total > self.limit {
            let (shown, total) = (count(self.limit as u64), count(total as u64));
            lines.push(format!("{shown} of {total} rows: --limit shows more, -o writes them"));
        }
        lines.push(rows.note(total as u64));
        print(&lines.join("\n"))
    }

    fn export<R: Serialize>(&self, rows: &Rows<'_, R>, file: &Path, as_json: bool) -> Result<()> {
        let format = self.format.or_else(|| Format::of_name(file)).ok_or_else(|| {
            let names = "name it .parquet, .csv, .arrow or .jsonl, or say --format";
            Error::Usage(format!("the format of `{}` is not clear: {names}", file.display()))
        })?;
        if file == Path::new("-") {
            return stream(rows, format);
        }
        let written = copy(rows, RowsWriter::to_file(file, format, &rows.schema)?)?;
        let size = std::fs::metadata(file).map(|metadata| metadata.len()).unwrap_or_default();
        if as_json {
            let mut facts = json!({"file": file, "rows": written, "bytes": size, "report": rows.report});
            facts[rows.about.0] = json!(rows.about.1);
            return print_json(&facts);
        }
        print(&format!("{} ({})\n{}", file.display(), bytes(size), rows.note(written)))
    }
}

impl<R> Rows<'_, R> {
    fn note(&self, rows: u64) -> String {
        self.note.clone().unwrap_or_else(|| plural(rows, "row"))
    }
}

fn stream<R>(rows: &Rows<'_, R>, format: Format) -> Result<()> {
    copy(rows, RowsWriter::to_stdout(format, &rows.schema)?).map(drop)
}

fn copy<R>(rows: &Rows<'_, R>, mut writer: RowsWriter) -> Result<u64> {
    let mut written = 0;
    for batch in rows.batches {
        writer.write(batch)?;
        written += batch.num_rows() as u64;
    }
    writer.finish()?;
    Ok(written)
}
