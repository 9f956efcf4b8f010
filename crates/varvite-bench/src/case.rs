//! [`Case`]: generated data on disk, with what every side must come to.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::Path;

use anyhow::{Context, Result, bail};
use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, SchemaRef, TimeUnit};
use arrow_ipc::reader::FileReader;
use arrow_ipc::writer::FileWriter;
use serde::{Deserialize, Serialize};
use varvite_dataset::{KeyRange, OrderedValue};

/// What there is to know of generated data beside the rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    pub ordered_on: String,
    /// The columns that, with the ordered one, say which rows are the same.
    pub key: Vec<String>,
    /// The column that is read alone, and summed up to compare results.
    pub value: String,
    /// One part in a hundred of the range of the ordered column, end excluded, in its own unit.
    pub range: [i64; 2],
    /// The unit of the ordered column: `ns`, `us`.
    pub unit: String,
    /// Rows and sum that a work must come to, by its name.
    pub facts: BTreeMap<String, Fact>,
}

/// What a work must come to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    pub rows: u64,
    pub sum: f64,
}

impl Case {
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("case.json");
        let text = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("reading {}", path.display()))
    }

    pub fn write(&self, folder: &Path) -> Result<()> {
        Ok(std::fs::write(folder.join("case.json"), serde_json::to_vec_pretty(self)?)?)
    }

    /// [`Case::range`] as a scan takes it.
    pub fn key_range(&self) -> KeyRange {
        let [start, end] = self.range.map(OrderedValue::from);
        (start..end).into()
    }

    /// The fact of these rows.
    pub fn fact(&self, batches: &[RecordBatch]) -> Result<Fact> {
        fact(batches, &self.value)
    }
}

/// The column that is summed up, of a case of any kind.
pub fn value_name(folder: &Path) -> Result<String> {
    #[derive(Deserialize)]
    struct Named {
        value: String,
    }
    let path = folder.join("case.json");
    let text = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
    let named: Named = serde_json::from_slice(&text).with_context(|| format!("reading {}", path.display()))?;
    Ok(named.value)
}

/// Rows, and the sum of a column of them.
pub fn fact(batches: &[RecordBatch], value: &str) -> Result<Fact> {
    let mut fact = Fact { rows: 0, sum: 0.0 };
    for batch in batches {
        fact.rows += batch.num_rows() as u64;
        fact.sum += sum(batch, value)?;
    }
    Ok(fact)
}

/// The sum of a column; missing values count as 0.
fn sum(batch: &RecordBatch, column: &str) -> Result<f64> {
    let array = batch.column_by_name(column).with_context(|| format!("no column `{column}`"))?;
    let values = array.as_primitive_opt::<Float64Type>().with_context(|| format!("`{column}` is no float"))?;
    Ok(arrow::compute::sum(values).unwrap_or_default())
}

/// The values of the ordered column as integers.
pub fn instants(batch: &RecordBatch, column: &str) -> Result<Vec<i64>> {
    let array = batch.column_by_name(column).with_context(|| format!("no column `{column}`"))?;
    let integers = arrow::compute::cast(array, &DataType::Int64)?;
    Ok(integers.as_primitive::<arrow::datatypes::Int64Type>().values().to_vec())
}

/// The unit of a timestamp.
pub fn unit_name(schema: &SchemaRef, column: &str) -> Result<&'static str> {
    Ok(match schema.field_with_name(column)?.data_type() {
        DataType::Timestamp(TimeUnit::Nanosecond, _) => "ns",
        DataType::Timestamp(TimeUnit::Microsecond, _) => "us",
        other => bail!("`{column}` is {other}"),
    })
}

/// All batches of an Arrow file, in memory.
pub fn read_rows(folder: &Path, name: &str) -> Result<Vec<RecordBatch>> {
    let path = folder.join(name);
    let file = File::open(&path).with_context(|| format!("opening {}", path.display()))?;
    let reader = FileReader::try_new(BufReader::new(file), None)?;
    reader.collect::<Result<_, _>>().with_context(|| format!("reading {}", path.display()))
}

/// Writes batches as an Arrow file.
pub fn write_rows(
    folder: &Path,
    name: &str,
    schema: &SchemaRef,
    batches: impl IntoIterator<Item = RecordBatch>,
) -> Result<()> {
    let path = folder.join(name);
    let file = File::create(&path).with_context(|| format!("creating {}", path.display()))?;
    let mut writer = FileWriter::try_new(BufWriter::new(file), schema)?;
    for batch in batches {
        writer.write(&batch)?;
    }
    Ok(writer.finish()?)
}
