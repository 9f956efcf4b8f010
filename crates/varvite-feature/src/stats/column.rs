//! [`ColumnSketch`]: the statistics of one column while its values stream by.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use arrow::row::{OwnedRow, RowConverter, SortField};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use xxhash_rust::xxh3::xxh3_64;

use super::FeatureStatistics;
use super::distinct::Distinct;
use crate::Result;
use crate::error::arrow;

/// What is known of the values so far.
pub(super) struct ColumnSketch {
    name: String,
    rows: u64,
    nulls: u64,
    moments: Moments,
    distinct: Distinct,
    /// Bytes of values that compare as they do; `None` for types that have no order.
    converter: Option<RowConverter>,
    bounds: Option<(OwnedRow, OwnedRow)>,
}

/// Mean and variance, batch by batch (Chan, Golub, `LeVeque`: "Updating formulae and a pairwise algorithm for computing sample
/// variances", 1979).
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    count: f64,
    mean: f64,
    /// Sum of squared differences from the mean.
    squares: f64,
}

impl Moments {
    fn of(values: impl Iterator<Item = f64> + Clone) -> Self {
        let (count, sum) = values.clone().fold((0.0, 0.0), |(count, sum), value| (count + 1.0, sum + value));
        if count == 0.0 {
            return Self::default();
        }
        let mean = sum / count;
        let squares = values.map(|value| (value - mean).powi(2)).sum();
        Self { count, mean, squares }
    }

    fn merge(self, other: Self) -> Self {
        let count = self.count + other.count;
        if count == 0.0 {
            return self;
        }
        let delta = other.mean - self.mean;
        Self {
            count,
            mean: self.mean + delta * other.count / count,
            squares: self.squares + other.squares + delta * delta * self.count * other.count / count,
        }
    }
}

impl ColumnSketch {
    pub(super) fn new(name: &str, data_type: &DataType) -> Result<Self> {
        let field = SortField::new(data_type.clone());
        let supported = RowConverter::supports_fields(std::slice::from_ref(&field));
        let converter = supported.then(|| RowConverter::new(vec![field])).transpose().map_err(failed())?;
        Ok(Self {
            name: name.to_owned(),
            rows: 0,
            nulls: 0,
            moments: Moments::default(),
            distinct: Distinct::default(),
            converter,
            bounds: None,
        })
    }

    /// Takes the next values.
    pub(super) fn push(&mut self, column: &ArrayRef) -> Result<()> {
        self.rows += column.len() as u64;
        self.nulls += column.logical_null_count() as u64;
        if let Some(values) = numbers(column)? {
            let values = values.as_primitive::<Float64Type>().clone();
            self.moments = self.moments.merge(Moments::of(values.iter().flatten()));
        }
        self.compare(column)
    }

    fn compare(&mut self, column: &ArrayRef) -> Result<()> {
        let Some(converter) = &self.converter else { return Ok(()) };
        let nulls = column.logical_nulls();
        let rows = converter.convert_columns(std::slice::from_ref(column)).map_err(failed())?;
        let mut bounds: Option<(usize, usize)> = None;
        for (at, row) in rows.iter().enumerate() {
            if nulls.as_ref().is_some_and(|nulls| nulls.is_null(at)) {
                continue;
            }
            self.distinct.add(xxh3_64(row.as_ref()));
            let (least, greatest) = bounds.unwrap_or((at, at));
            let least = if row < rows.row(least) { at } else { least };
            bounds = Some((least, if row > rows.row(greatest) { at } else { greatest }));
        }
        let Some((least, greatest)) = bounds else { return Ok(()) };
        let (least, greatest) = (rows.row(least).owned(), rows.row(greatest).owned());
        self.bounds = Some(match self.bounds.take() {
            None => (least, greatest),
            Some((before, behind)) => (least.min(before), greatest.max(behind)),
        });
        Ok(())
    }

    pub(super) fn finish(self) -> Result<FeatureStatistics> {
        let text = |row: &OwnedRow| -> Result<String> {
            let Some(converter) = &self.converter else { return Ok(String::new()) };
            let value = converter.convert_rows([row.row()]).map_err(failed())?;
            let options = FormatOptions::default();
            let formatter = ArrayFormatter::try_new(&value[0], &options).map_err(failed())?;
            Ok(formatter.value(0).to_string())
        };
        let Moments { count, mean, squares } = self.moments;
        Ok(FeatureStatistics {
            min: self.bounds.as_ref().map(|(least, _)| text(least)).transpose()?,
            max: self.bounds.as_ref().map(|(_, greatest)| text(greatest)).transpose()?,
            feature: self.name,
            rows: self.rows,
            nulls: self.nulls,
            distinct: self.distinct.count(),
            distinct_is_exact: self.distinct.is_exact(),
            // JSON has no number for what is not finite.
            mean: (count > 0.0).then_some(mean).filter(|mean| mean.is_finite()),
            std: (count > 1.0).then(|| (squares / (count - 1.0)).sqrt()).filter(|std| std.is_finite()),
        })
    }
}

fn failed() -> impl Fn(arrow::error::ArrowError) -> crate::Error {
    arrow("describe values")
}

/// Numbers as floats; `None` for what has no mean.
fn numbers(column: &ArrayRef) -> Result<Option<ArrayRef>> {
    if !column.data_type().is_numeric() {
        return Ok(None);
    }
    cast(column, &DataType::Float64).map(Some).map_err(failed())
}
