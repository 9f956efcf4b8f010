//! Files of comma-separated values.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{AsArray, RecordBatch};
use arrow::csv::ReaderBuilder;
use arrow::csv::reader::{Decoder, Format};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;

use super::locate::{Records, locate, start};
use super::{BATCH_ROWS, CsvOptions, Place, Types};
use crate::source::Opened;
use crate::{Error, Result};

/// What is read of a file, and how.
struct Csv {
    place: Place,
    format: Format,
    /// All columns of the file.
    columns: SchemaRef,
    /// Which of them are wanted, in which order.
    wanted: Vec<usize>,
}

pub(super) fn open(place: Place, options: &CsvOptions) -> Result<Opened> {
    let format = Format::default().with_header(true).with_delimiter(options.delimiter);
    let (header, _) = format.infer_schema(start(&place)?, Some(0)).map_err(|error| place.failed(error))?;
    let header = as_texts(&header);
    let mut names = BTreeSet::new();
    if let Some(twice) = header.fields().iter().find(|field| !names.insert(field.name())) {
        return Err(in_header(&place, twice.name(), "two columns have this name".to_owned()));
    }
    let wanted = (0..header.fields().len()).collect();
    let mut csv = Csv { place, format, columns: header, wanted };
    match &options.types {
        Types::Inferred => {
            let inferred = csv.format.infer_schema(start(&csv.place)?, None);
            csv.columns = Arc::new(inferred.map_err(|error| csv.located(error))?.0);
        }
        Types::Declared(declared) => csv.declare(declared)?,
    }
    let reader = csv.builder().with_batch_size(BATCH_ROWS).build_buffered(start(&csv.place)?);
    let mut reader = reader.map_err(|error| csv.place.failed(error))?;
    let schema = reader.schema();
    let batches = std::iter::from_fn(move || Some(reader.next()?.map_err(|error| csv.located(error))));
    let is_inferred = options.types == Types::Inferred;
    Ok(Opened { is_inferred, ..Opened::new(schema, batches.fuse()) })
}

/// The same columns, all of them text.
fn as_texts(columns: &Schema) -> SchemaRef {
    let fields = columns.fields().iter().map(|field| Field::new(field.name(), DataType::Utf8, true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The first line does not fit.
fn in_header(place: &Place, column: &str, reason: String) -> Error {
    let (name, path) = (place.name.clone(), place.path.display().to_string());
    Error::FileRow { name, path, line: 1, column: Some(column.to_owned()), reason }
}

impl Csv {
    /// Wants the declared columns, where the file has them.
    fn declare(&mut self, declared: &Schema) -> Result<()> {
        let mut fields = self.columns.fields().to_vec();
        self.wanted.clear();
        for field in declared.fields() {
            let Ok(at) = self.columns.index_of(field.name()) else {
                let known: Vec<String> = fields.iter().map(|field| format!("`{}`", field.name())).collect();
                let reason = format!("the file has no such column: it has {}", known.join(", "));
                return Err(in_header(&self.place, field.name(), reason));
            };
            fields[at] = Arc::clone(field);
            self.wanted.push(at);
        }
        self.columns = Arc::new(Schema::new(fields));
        Ok(())
    }

    fn builder(&self) -> ReaderBuilder {
        let builder = ReaderBuilder::new(Arc::clone(&self.columns)).with_format(self.format.clone());
        builder.with_projection(self.wanted.clone())
    }

    /// Takes one record at a time, the first line as any other.
    fn one_by_one(&self) -> Decoder {
        self.builder().with_header(false).with_batch_size(1).build_decoder()
    }

    /// The error with its line and column, if it can be found again.
    fn located(&self, error: ArrowError) -> Error {
        let found = start(&self.place).ok().and_then(|file| locate(file, self.one_by_one(), true).ok().flatten());
        let Some(record) = found else { return self.place.failed(error) };
        let Some((field, text)) = self.bad_value(&record.bytes) else {
            let reason = record.error.to_string();
            return record.into_error(&self.place, None, reason);
        };
        let reason = match text {
            Some(text) => format!("`{text}` is no {}", field.data_type()),
            None => "it is empty, and the column is declared without nulls".to_owned(),
        };
        record.into_error(&self.place, Some(field.name().clone()), reason)
    }

    /// The first column of a record whose value is not of its type, and that value, if it is not empty. `None` if the record
    /// as a whole is to blame.
    fn bad_value(&self, record: &[u8]) -> Option<(&Field, Option<String>)> {
        let texts = ReaderBuilder::new(as_texts(&self.columns)).with_format(self.format.clone().with_header(false));
        let texts = decode(texts.build_decoder(), record).ok()??;
        let is_bad = |at: &&usize| {
            let alone = self.builder().with_header(false).with_projection(vec![**at]);
            decode(alone.build_decoder(), record).is_err()
        };
        let at = *self.wanted.iter().find(is_bad)?;
        let text = texts.column(at).as_string::<i32>().iter().next().flatten();
        Some((self.columns.field(at), text.map(str::to_owned)))
    }
}

/// One record; `None` of no bytes.
fn decode(mut decoder: Decoder, record: &[u8]) -> Result<Option<RecordBatch>, ArrowError> {
    decoder.decode(record)?;
    // The end of a record without a line end.
    decoder.decode(&[])?;
    decoder.flush()
}

impl Records for Decoder {
    fn take(&mut self, bytes: &[u8]) -> Result<(usize, bool), ArrowError> {
        let taken = self.decode(bytes)?;
        Ok((taken, self.capacity() == 0))
    }

    fn end(&mut self) -> Result<(), ArrowError> {
        self.flush().map(drop)
    }
}
