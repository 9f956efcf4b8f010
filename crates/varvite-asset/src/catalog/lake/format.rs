//! [`LakeFormat`]: rows as files that other tools read, and back.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Field, FieldRef, Float16Type, Float32Type, Float64Type, Schema, SchemaRef};
use bytes::Bytes;
use varvite_time::Instant;

use super::super::Catalog;
use super::super::write::rows::{GIVEN, arrow, conformed, without_loss};
use super::super::write::{checked, stored_order, undecodable};
use super::LakeWrite;
#[cfg(feature = "csv")]
use super::csv;
use crate::{AssetKind, Error, FeatureModel, LakeEntry, ModelSchema, Result};

/// How rows are written to a dated file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum LakeFormat {
    /// Parquet: all types, nothing is lost.
    #[default]
    Parquet,
    /// Comma-separated values with a header: no lists, no nested columns, and an empty text is a null.
    Csv,
    /// A JSON object a line; nulls are left out.
    JsonLines,
}

impl LakeFormat {
    /// The ending of its files.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
        }
    }
}

impl fmt::Display for LakeFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.ending())
    }
}

impl FromStr for LakeFormat {
    type Err = Error;

    /// Reads the ending of a file.
    fn from_str(ending: &str) -> Result<Self> {
        Ok(match ending {
            "parquet" => Self::Parquet,
            "csv" => Self::Csv,
            "jsonl" | "ndjson" => Self::JsonLines,
            other => {
                let reason = format!("`{other}` files are bytes alone: rows are in `parquet`, `csv` or `jsonl` files");
                return Err(Error::InvalidOption { option: "format", reason });
            }
        })
    }
}

impl Catalog {
    /// Writes rows of a data-lake asset as a dated file, in place of the one that is there.
    ///
    /// # Errors
    /// Rows that do not fit or break a check of the model, columns other than the registered ones, and floats that JSON
    /// cannot write (NaN and infinities) are refused before anything is written; as [`put`](Self::put).
    pub fn write_lake<M: FeatureModel>(&self, rows: &[M], date: Instant, format: LakeFormat) -> Result<LakeEntry> {
        let batch = M::encode(rows).map_err(|error| undecodable(M::schema(), error))?;
        self.write_lake_batches(M::schema(), &[batch], date, format)
    }

    /// The same for columns that are known only now, found by name.
    ///
    /// # Errors
    /// As [`write_lake`](Self::write_lake).
    pub fn write_lake_batches(
        &self,
        schema: &ModelSchema,
        rows: &[RecordBatch],
        date: Instant,
        format: LakeFormat,
    ) -> Result<LakeEntry> {
        if schema.kind != AssetKind::Lake {
            let reason = format!("{} is no data-lake asset", schema.label());
            return Err(Error::InvalidOption { option: "asset", reason });
        }
        let file = LakeWrite::new(&schema.asset, date, format.ending()).with_version(schema.version);
        file.check()?;
        let known = self.registered("lake", &schema.asset, schema.version)?;
        let batch = conformed(schema, &stored_order(schema, known.as_ref()), rows)?;
        checked(schema, || GIVEN.to_owned(), &batch)?;
        if format == LakeFormat::JsonLines {
            all_finite(schema, &batch)?;
        }
        let bytes = encode(&batch, format)?;
        self.register(schema)?;
        self.put(&file, bytes)
    }

    /// The rows of a dated file: those columns of `schema` that it has, of their types.
    ///
    /// # Errors
    /// [`Error::SchemaMismatch`] for a column of another type; [`Error::Arrow`] for a file that cannot be read;
    /// [`Error::InvalidOption`] for one that holds no rows.
    pub fn lake_batches(&self, schema: &ModelSchema, entry: &LakeEntry) -> Result<Vec<RecordBatch>> {
        let format = entry.format.parse()?;
        decode_lake(schema, format, self.read_lake(entry)?).map_err(|error| match error {
            Error::SchemaMismatch { asset, reason } => {
                Error::SchemaMismatch { asset, reason: format!("{reason} (in `{}`)", entry.path) }
            }
            other => other,
        })
    }
}

/// The rows of a file's bytes: those columns of `schema` that there are, of their types.
///
/// # Errors
/// As [`Catalog::lake_batches`].
pub(crate) fn decode_lake(schema: &ModelSchema, format: LakeFormat, bytes: Bytes) -> Result<Vec<RecordBatch>> {
    let batches = match format {
        LakeFormat::Parquet => decode_parquet(bytes)?,
        LakeFormat::Csv => csv::decode(schema, &bytes)?,
        LakeFormat::JsonLines => decode_json(schema, &bytes)?,
    };
    batches.iter().map(|batch| fitted(schema, batch)).collect()
}

/// The columns of the model that a batch has, of the model's types.
fn fitted(schema: &ModelSchema, batch: &RecordBatch) -> Result<RecordBatch> {
    let (mut fields, mut columns) = (Vec::new(), Vec::new());
    for column in &schema.columns {
        let Some(found) = batch.column_by_name(&column.name) else { continue };
        let values = without_loss(found, &column.data_type).map_err(|reason| Error::SchemaMismatch {
            asset: schema.label(),
            reason: format!("column `{}` is {}: {reason}", column.name, found.data_type()),
        })?;
        // Decoding says which row has a null that may not be.
        fields.push(Field::new(&column.name, column.data_type.clone(), true));
        columns.push(values);
    }
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
        .map_err(arrow("put columns together"))
}

#[cfg(not(feature = "csv"))]
mod csv {
    use super::{Bytes, Error, ModelSchema, RecordBatch, Result};

    fn absent<T>() -> Result<T> {
        let reason = "this program was built without the feature `csv` of varvite-asset".to_owned();
        Err(Error::InvalidOption { option: "format", reason })
    }

    pub(super) fn encode(_: &RecordBatch) -> Result<Bytes> {
        absent()
    }

    pub(super) fn decode(_: &ModelSchema, _: &[u8]) -> Result<Vec<RecordBatch>> {
        absent()
    }
}

fn encode(batch: &RecordBatch, format: LakeFormat) -> Result<Bytes> {
    match format {
        LakeFormat::Parquet => encode_parquet(batch),
        LakeFormat::Csv => csv::encode(batch),
        LakeFormat::JsonLines => encode_json(batch),
    }
}

/// Parquet's own errors as those of Arrow.
fn parquet(action: &'static str) -> impl FnOnce(parquet::errors::ParquetError) -> Error {
    move |error| Error::Arrow { action, source: error.into() }
}

fn encode_parquet(batch: &RecordBatch) -> Result<Bytes> {
    use ::parquet::arrow::ArrowWriter;
    use ::parquet::basic::{Compression, ZstdLevel};
    use ::parquet::file::properties::WriterProperties;

    let zstd = Compression::ZSTD(ZstdLevel::default());
    let properties = WriterProperties::builder().set_compression(zstd).build();
    let mut file = Vec::new();
    let write = || -> Result<(), ::parquet::errors::ParquetError> {
        let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(properties))?;
        writer.write(batch)?;
        writer.close().map(drop)
    };
    write().map_err(parquet("write Parquet"))?;
    Ok(file.into())
}

fn decode_parquet(bytes: Bytes) -> Result<Vec<RecordBatch>> {
    use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(parquet("read Parquet"))?;
    let reader = builder.with_batch_size(BATCH).build().map_err(parquet("read Parquet"))?;
    reader.collect::<Result<_, _>>().map_err(arrow("read Parquet"))
}

/// Rows of a batch at most.
pub(super) const BATCH: usize = 65_536;

/// Refuses floats that JSON has no word for: they would come back as nulls.
fn all_finite(schema: &ModelSchema, batch: &RecordBatch) -> Result<()> {
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        if let Some(row) = first_non_finite(column) {
            return Err(Error::Decode {
                asset: schema.label(),
                column: field.name().clone(),
                row: row as u64,
                place: GIVEN.to_owned(),
                reason: "JSON has neither NaN nor infinities: write such floats as Parquet".to_owned(),
            });
        }
    }
    Ok(())
}

/// The first row that is, or has in it, a float that is not finite.
fn first_non_finite(column: &dyn Array) -> Option<usize> {
    fn in_floats<T: ArrowPrimitiveType>(column: &dyn Array, is_finite: impl Fn(T::Native) -> bool) -> Option<usize> {
        column.as_primitive::<T>().iter().position(|value| value.is_some_and(|value| !is_finite(value)))
    }
    let in_items = |item: &dyn Fn(usize) -> ArrayRef| {
        (0..column.len()).find(|row| column.is_valid(*row) && first_non_finite(&item(*row)).is_some())
    };
    match column.data_type() {
        DataType::Float16 => in_floats::<Float16Type>(column, <Float16Type as ArrowPrimitiveType>::Native::is_finite),
        DataType::Float32 => in_floats::<Float32Type>(column, f32::is_finite),
        DataType::Float64 => in_floats::<Float64Type>(column, f64::is_finite),
        DataType::List(item) if has_floats(item) => in_items(&|row| column.as_list::<i32>().value(row)),
        DataType::LargeList(item) if has_floats(item) => in_items(&|row| column.as_list::<i64>().value(row)),
        DataType::FixedSizeList(item, _) if has_floats(item) => in_items(&|row| column.as_fixed_size_list().value(row)),
        DataType::Struct(fields) if fields.iter().any(has_floats) => {
            // A part may have values in rows where the whole is null.
            let part = |part: &ArrayRef| {
                if column.null_count() == 0 { first_non_finite(part) } else { in_items(&|row| part.slice(row, 1)) }
            };
            column.as_struct().columns().iter().filter_map(part).min()
        }
        _ => None,
    }
}

fn has_floats(field: &FieldRef) -> bool {
    match field.data_type() {
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => has_floats(item),
        DataType::Struct(fields) => fields.iter().any(has_floats),
        other => other.is_floating(),
    }
}

fn encode_json(batch: &RecordBatch) -> Result<Bytes> {
    let mut writer = ::arrow::json::LineDelimitedWriter::new(Vec::new());
    let written = writer.write(batch).and_then(|()| writer.finish());
    written.map_err(arrow("write JSON lines"))?;
    Ok(writer.into_inner().into())
}

fn decode_json(schema: &ModelSchema, bytes: &[u8]) -> Result<Vec<RecordBatch>> {
    // Absent values are nulls here: decoding says which may not be.
    let fields = schema.columns.iter().map(|column| Field::new(&column.name, column.data_type.clone(), true));
    let fields: SchemaRef = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let reader = ::arrow::json::ReaderBuilder::new(fields).with_batch_size(BATCH).build(bytes);
    reader.map_err(arrow("read JSON lines"))?.collect::<Result<_, _>>().map_err(arrow("read JSON lines"))
}
