//! Rows on their way to a table, a file or standard output, batch after batch: memory holds no more than what is shown.

use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use serde::Serialize;
use serde_json::json;

use super::file::RowsWriter;
use super::format::{bytes, count, plural};
use super::{print, print_json, rows};
use crate::error::Result;

/// Rows on their way.
pub(crate) struct Incoming {
    schema: SchemaRef,
    to: To,
    /// Rows so far.
    rows: u64,
}

enum To {
    /// The first rows, as a table.
    Table {
        first: Vec<RecordBatch>,
        limit: usize,
        left: usize,
    },
    Stdout(RowsWriter),
    File(RowsWriter, PathBuf),
}

impl Incoming {
    pub(super) fn table(schema: SchemaRef, limit: usize) -> Self {
        Self { schema, to: To::Table { first: Vec::new(), limit, left: limit }, rows: 0 }
    }

    pub(super) fn stdout(schema: SchemaRef, writer: RowsWriter) -> Self {
        Self { schema, to: To::Stdout(writer), rows: 0 }
    }

    pub(super) fn file(schema: SchemaRef, writer: RowsWriter, path: &Path) -> Self {
        Self { schema, to: To::File(writer, path.to_owned()), rows: 0 }
    }

    pub(crate) fn take(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows() as u64;
        match &mut self.to {
            To::Table { first, left, .. } => {
                let taken = batch.num_rows().min(*left);
                if taken > 0 {
                    first.push(batch.slice(0, taken));
                    *left -= taken;
                }
                Ok(())
            }
            To::Stdout(writer) | To::File(writer, _) => writer.write(batch),
        }
    }

    /// Rows so far.
    #[cfg(feature = "asset")]
    pub(crate) fn num_rows(&self) -> u64 {
        self.rows
    }

    /// Ends it, and tells: `about` is an object of what the rows are from, `note` what people are told, if more
    /// than the number of rows, `report` what programs are.
    pub(crate) fn finish(
        self,
        about: serde_json::Value,
        note: Option<String>,
        report: &impl Serialize,
        as_json: bool,
    ) -> Result<()> {
        let told = note.unwrap_or_else(|| plural(self.rows, "row"));
        match self.to {
            To::Stdout(writer) => writer.finish(),
            To::Table { first, limit, .. } => {
                let mut lines = vec![rows::table(&self.schema, &first)?.to_text()];
                if self.rows > limit as u64 {
                    let (shown, total) = (count(limit as u64), count(self.rows));
                    lines.push(format!("{shown} of {total} rows: --limit shows more, -o writes them"));
                }
                lines.push(told);
                print(&lines.join("\n"))
            }
            To::File(writer, path) => {
                writer.finish()?;
                let size = std::fs::metadata(&path).map(|metadata| metadata.len()).unwrap_or_default();
                if !as_json {
                    return print(&format!("{} ({})\n{told}", path.display(), bytes(size)));
                }
                let mut facts = about;
                for (name, value) in [
                    ("file", json!(path)),
                    ("rows", json!(self.rows)),
                    ("bytes", json!(size)),
                    ("report", json!(report)),
                ] {
                    facts[name] = value;
                }
                print_json(&facts)
            }
        }
    }
}
