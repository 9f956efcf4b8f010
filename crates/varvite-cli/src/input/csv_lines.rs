//! Lines of CSV files: where a row stands, and what a reader's error is about. Looked up when something is wrong.

use std::io::{BufRead, Cursor};
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::csv::ReaderBuilder;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::source::Source;
use crate::error::Error;

/// A record, the header line among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Record {
    /// Where it starts, counted from 1: cells in quotes may have several lines.
    line: u64,
    cells: u64,
    /// Whether the file ends within quotes that it opened.
    open: bool,
}

/// Where row `row` stands, counted from 0 and without the header line.
pub(super) fn line_of(source: &Source, row: u64) -> Option<u64> {
    let row = usize::try_from(row).ok()?;
    Some(records(source.buffered().ok()?).nth(row + 1)?.line)
}

/// What is wrong with the first record whose cells are not those of the header.
pub(super) fn ragged(source: &Source) -> Option<String> {
    ragged_of(records(source.buffered().ok()?), header(source).as_deref())
}

/// The first cell after `rows_before` rows that is not of its column's type, as `columns` are read.
pub(super) fn bad_cell(source: &Source, columns: &SchemaRef, rows_before: u64) -> Option<Error> {
    let texts: Vec<Field> =
        columns.fields().iter().map(|field| field.as_ref().clone().with_data_type(DataType::Utf8)).collect();
    let reader = ReaderBuilder::new(Arc::new(Schema::new(texts))).with_header(true).with_batch_size(super::BATCH_SIZE);
    let mut batches = reader.build(source.reopened().ok()?).ok()?;
    let batch = batches.nth(usize::try_from(rows_before).ok()? / super::BATCH_SIZE)?.ok()?;
    let bad = |(field, column): (&Arc<Field>, &arrow::array::ArrayRef)| {
        let texts = column.as_string_opt::<i32>()?;
        let row = first_bad(texts.iter(), field)?;
        Some((row, field.name().clone(), texts.value(row).to_owned(), field.data_type().to_string()))
    };
    let (row, column, value, data_type) =
        columns.fields().iter().zip(batch.columns()).filter_map(bad).min_by_key(|(row, ..)| *row)?;
    let line = line_of(source, rows_before + row as u64)?;
    Some(Error::Value {
        path: source.name.clone(),
        column,
        place: format!("line {line}"),
        value,
        data_type,
        reason: None,
    })
}

/// The first of `texts` that the reader does not take as what `field` is.
fn first_bad<'a>(texts: impl Iterator<Item = Option<&'a str>>, field: &Field) -> Option<usize> {
    if *field.data_type() == DataType::Utf8 {
        return None;
    }
    // In quotes, so that an empty cell is a record all the same.
    let lines = texts.map(|text| format!("\"{}\"\n", text.unwrap_or_default().replace('"', "\"\"")));
    let column = Arc::new(Schema::new(vec![field.clone()]));
    let reader = ReaderBuilder::new(column).with_header(false).with_batch_size(1);
    let mut batches = reader.build_buffered(Cursor::new(lines.collect::<String>())).ok()?;
    batches.position(|batch| batch.is_err())
}

fn header(source: &Source) -> Option<String> {
    let mut line = String::new();
    source.buffered().ok()?.read_line(&mut line).ok()?;
    Some(line.trim_end().to_owned())
}

fn ragged_of(mut records: impl Iterator<Item = Record>, header: Option<&str>) -> Option<String> {
    let first = records.next()?;
    let other = records.find(|record| record.cells != first.cells)?;
    let cells = |number: u64| if number == 1 { "1 cell".to_owned() } else { format!("{number} cells") };
    let mut text = format!("line {} has {}, the header line {}", other.line, cells(other.cells), cells(first.cells));
    if other.open {
        text.push_str(": a quote is opened there and never closed");
    } else if first.cells == 1 && header.is_some_and(|header| header.contains([';', '\t', '|'])) {
        text.push_str(": cells are divided by commas");
    }
    Some(text)
}

/// The records of a file, as the reader divides them; one that cannot be read ends them.
fn records(mut file: impl BufRead) -> impl Iterator<Item = Record> {
    let mut line = 1;
    std::iter::from_fn(move || record(&mut file, &mut line))
}

fn record(file: &mut impl BufRead, line: &mut u64) -> Option<Record> {
    let mut found: Option<Record> = None;
    let (mut quoted, mut at_start) = (false, true);
    loop {
        let bytes = file.fill_buf().ok()?;
        if bytes.is_empty() {
            return found.map(|record| Record { open: quoted, ..record });
        }
        for (at, byte) in bytes.iter().enumerate() {
            let ends_line = *byte == b'\n';
            let ends_record = !quoted && (ends_line || *byte == b'\r');
            *line += u64::from(ends_line);
            if ends_record && found.is_some() {
                file.consume(at + 1);
                return found;
            }
            if ends_record {
                continue;
            }
            let record = found.get_or_insert(Record { line: *line, cells: 1, open: false });
            match byte {
                b'"' if quoted || at_start => quoted = !quoted,
                b',' if !quoted => record.cells += 1,
                _ => {}
            }
            // A doubled quote closes and opens again.
            at_start = !quoted && matches!(byte, b',' | b'"');
        }
        let read = bytes.len();
        file.consume(read);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(u64, u64)> {
        records(text.as_bytes()).map(|record| (record.line, record.cells)).collect()
    }

    #[test]
    fn records_are_where_they_start() {
        assert_eq!(lines("a,b\n1,2\n\n3,4"), [(1, 2), (2, 2), (4, 2)]);
        assert_eq!(lines("a,b\r\n1,2\r\n3\r\n"), [(1, 2), (2, 2), (3, 1)]);
        assert_eq!(lines("a,b\n\"x\ny, \"\"z\"\"\",2\n5\" pipe,4\n"), [(1, 2), (2, 2), (4, 2)]);
        assert_eq!(lines(""), []);
    }

    #[test]
    fn a_record_with_other_cells_is_explained() {
        let explain = |text: &str| ragged_of(records(text.as_bytes()), text.lines().next());
        assert_eq!(explain("a,b\n1,2\n3\n").as_deref(), Some("line 3 has 1 cell, the header line 2 cells"));
        assert!(
            explain("a,b\n\"1,2\n3,4\n").is_some_and(|text| text.ends_with("a quote is opened there and never closed"))
        );
        assert!(explain("a;b\n1,5;2\n").is_some_and(|text| text.ends_with("cells are divided by commas")));
        assert_eq!(explain("a,b\n1,2\n"), None);
    }

    #[test]
    fn what_the_reader_refuses_is_found() {
        let bad = |texts: &[&str], data_type| {
            first_bad(texts.iter().map(|text| (!text.is_empty()).then_some(*text)), &Field::new("a", data_type, true))
        };
        assert_eq!(bad(&["1", "", "2.5", "x"], DataType::Float64), Some(3));
        assert_eq!(bad(&["1", "2.5"], DataType::Int64), Some(1));
        assert_eq!(bad(&["true", "\"no\""], DataType::Boolean), Some(1));
        assert_eq!(bad(&["x"], DataType::Utf8), None);
    }
}
