//! Tables of cases: Parquet files, and how two tables compare.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, RecordBatchReader, StringArray};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Float64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
use varvite_feature::FeatureStatistics;

/// Reads a table of a case.
pub(super) fn read(folder: &Path, table: &Value) -> Result<RecordBatch> {
    let name = table["file"].as_str().context("a table has a file")?;
    let path = folder.join(name);
    let file = File::open(&path).with_context(|| format!("opening {}", path.display()))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)?.build()?;
    let schema = reader.schema();
    let batches = reader.collect::<Result<Vec<_>, _>>()?;
    Ok(concat_batches(&schema, &batches)?)
}

/// Compares two tables as the format says: names, types, rows.
pub(super) fn compare(found: &RecordBatch, expected: &RecordBatch, ordered: bool) -> Result<()> {
    let names = |batch: &RecordBatch| -> Vec<String> {
        batch.schema().fields().iter().map(|field| field.name().clone()).collect()
    };
    ensure!(names(found) == names(expected), "columns are {:?}, expected {:?}", names(found), names(expected));
    for (left, right) in found.schema().fields().iter().zip(expected.schema().fields()) {
        let (left_type, right_type) = (plain(left.data_type()), plain(right.data_type()));
        ensure!(left_type == right_type, "`{}` is {left_type}, expected {right_type}", left.name());
    }
    ensure!(found.num_rows() == expected.num_rows(), "{} rows, expected {}", found.num_rows(), expected.num_rows());
    let (mut found, mut expected) = (cells(found)?, cells(expected)?);
    if !ordered {
        found.sort_by_key(|row| format!("{row:?}"));
        expected.sort_by_key(|row| format!("{row:?}"));
    }
    for (at, (left, right)) in found.iter().zip(&expected).enumerate() {
        ensure!(
            left.iter().zip(right).all(|(left, right)| left.equals(right)),
            "row {at} is {left:?}, expected {right:?}"
        );
    }
    Ok(())
}

/// The type, whatever width its offsets have.
fn plain(data_type: &DataType) -> DataType {
    match data_type {
        DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        DataType::List(field) | DataType::LargeList(field) => {
            DataType::List(field.as_ref().clone().with_name("item").with_nullable(true).into())
        }
        other => other.clone(),
    }
}

/// One value.
#[derive(Debug, Clone)]
enum Cell {
    Null,
    Float(f64),
    Text(String),
}

impl Cell {
    /// Floats are close to each other, all else is the same.
    fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Float(left), Self::Float(right)) => {
                (left.is_nan() && right.is_nan())
                    // Infinities have no distance.
                    || left.to_bits() == right.to_bits()
                    || (left - right).abs() <= 1e-12_f64.max(1e-9 * right.abs())
            }
            (Self::Text(left), Self::Text(right)) => left == right,
            _ => false,
        }
    }
}

fn cells(batch: &RecordBatch) -> Result<Vec<Vec<Cell>>> {
    let columns = batch.columns().iter().map(column).collect::<Result<Vec<_>>>()?;
    Ok((0..batch.num_rows()).map(|row| columns.iter().map(|column| column[row].clone()).collect()).collect())
}

fn column(array: &ArrayRef) -> Result<Vec<Cell>> {
    if array.data_type().is_floating() {
        let floats = cast(array, &DataType::Float64)?;
        let floats = floats.as_primitive::<Float64Type>();
        return Ok(floats.iter().map(|value| value.map_or(Cell::Null, Cell::Float)).collect());
    }
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(array, &options)?;
    let cell = |row: usize| if array.is_null(row) { Cell::Null } else { Cell::Text(formatter.value(row).to_string()) };
    Ok((0..array.len()).map(cell).collect())
}

/// Statistics as a table of the format.
pub(super) fn of_statistics(found: &[FeatureStatistics]) -> Result<RecordBatch> {
    let counts = |of: fn(&FeatureStatistics) -> u64| -> Result<ArrayRef> {
        let counts = found.iter().map(|one| Ok(i64::try_from(of(one))?)).collect::<Result<Vec<_>>>()?;
        Ok(Arc::new(Int64Array::from(counts)))
    };
    let texts = |of: fn(&FeatureStatistics) -> Option<&str>| -> ArrayRef {
        Arc::new(found.iter().map(of).collect::<StringArray>())
    };
    let floats = |of: fn(&FeatureStatistics) -> Option<f64>| -> ArrayRef {
        Arc::new(found.iter().map(of).collect::<Float64Array>())
    };
    Ok(RecordBatch::try_from_iter_with_nullable([
        ("feature", texts(|one| Some(&one.feature)), true),
        ("rows", counts(|one| one.rows)?, true),
        ("nulls", counts(|one| one.nulls)?, true),
        ("distinct", counts(|one| one.distinct)?, true),
        ("min", texts(|one| one.min.as_deref()), true),
        ("max", texts(|one| one.max.as_deref()), true),
        ("mean", floats(|one| one.mean), true),
        ("std", floats(|one| one.std), true),
    ])?)
}

/// The texts of a JSON array.
pub(super) fn texts(value: &Value) -> Result<Vec<String>> {
    let Some(values) = value.as_array() else { bail!("{value} is no list") };
    values.iter().map(|value| Ok(value.as_str().context("a text")?.to_owned())).collect()
}
