//! [`EntityRows`]: for which entities features are read, and as of when.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, new_null_array};
use arrow::compute::concat;
use arrow::datatypes::{Schema, SchemaRef};
use varvite_time::Instant;

use crate::error::arrow;
use crate::times::{at, numbers, unit_of};
use crate::{AsOf, Error, Result};

/// A table whose rows are entities, each with the time as of which it is read: the spine of a training set.
///
/// ```
/// use std::sync::Arc;
/// use arrow::array::{ArrayRef, Int64Array, RecordBatch, TimestampMicrosecondArray};
/// use varvite_feature::EntityRows;
///
/// let users: ArrayRef = Arc::new(Int64Array::from(vec![7, 7, 9]));
/// let times: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![10, 20, 20]).with_timezone("UTC"));
/// let rows = RecordBatch::try_from_iter([("user_id", users.clone()), ("event_timestamp", times)])?;
/// let each_at_its_time = EntityRows::at_times(rows, "event_timestamp")?;
/// let all_at_once = EntityRows::at(RecordBatch::try_from_iter([("user_id", users)])?, "2024-03-01".parse()?)?;
/// assert_eq!(each_at_its_time.num_rows(), all_at_once.num_rows());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc(alias = "entity_df")]
#[doc(alias = "spine")]
#[derive(Debug, Clone)]
pub struct EntityRows {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    time: EntityTime,
}

#[derive(Debug, Clone)]
enum EntityTime {
    Column(String),
    All(Instant),
}

impl EntityRows {
    /// Rows that are each read as of the time in `column`.
    ///
    /// # Errors
    /// [`Error::InvalidEntities`] if there is no such column, it holds no times, or batches differ in their columns.
    pub fn at_times(rows: impl Into<Batches>, column: impl Into<String>) -> Result<Self> {
        let (column, rows) = (column.into(), rows.into());
        let made = Self::new(rows, EntityTime::Column(column.clone()))?;
        let field = made
            .schema
            .field_with_name(&column)
            .map_err(|_| invalid(format!("it has no time column `{column}`: it has {}", names(&made.schema))))?;
        match unit_of(field.data_type()) {
            Some(_) => Ok(made),
            None => Err(invalid(format!("column `{column}` is {}, which is no time", field.data_type()))),
        }
    }

    /// Rows that are all read as of `time`.
    ///
    /// # Errors
    /// [`Error::InvalidEntities`] if batches differ in their columns.
    pub fn at(rows: impl Into<Batches>, time: Instant) -> Result<Self> {
        Self::new(rows.into(), EntityTime::All(time))
    }

    /// Entities from parallel columns: the n-th values of all of them are one row (S12).
    ///
    /// # Errors
    /// [`Error::InvalidEntities`] for columns of different lengths, and for none.
    pub fn rows_of<N: AsRef<str>>(columns: impl IntoIterator<Item = (N, ArrayRef)>) -> Result<RecordBatch> {
        let columns: Vec<(N, ArrayRef)> = columns.into_iter().collect();
        let lengths = columns.iter().map(|(name, array)| format!("`{}` has {}", name.as_ref(), array.len()));
        let lengths = lengths.collect::<Vec<_>>().join(", ");
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))
            .map_err(|_| invalid(format!("its columns are of different lengths: {lengths}")))
    }

    fn new(Batches(batches, schema): Batches, time: EntityTime) -> Result<Self> {
        let Some(schema) = batches.first().map(RecordBatch::schema).or(schema) else {
            return Err(invalid("it has no columns".to_owned()));
        };
        match batches.iter().position(|batch| batch.schema_ref().fields() != schema.fields()) {
            None => Ok(Self { schema, batches, time }),
            Some(at) => Err(invalid(format!("batch {at} has other columns than the first"))),
        }
    }

    /// The columns.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// The rows.
    pub fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }

    /// Number of rows.
    pub fn num_rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// The time of each row; `None` where it is null.
    pub(crate) fn times(&self) -> Result<Vec<Option<Instant>>> {
        let name = match &self.time {
            EntityTime::All(time) => return Ok(vec![Some(*time); self.num_rows()]),
            EntityTime::Column(name) => name,
        };
        let Some(column) = self.column(name)? else { return Ok(Vec::new()) };
        let Some(unit) = unit_of(column.data_type()) else { return Ok(vec![None; self.num_rows()]) };
        let values = numbers(&column)?;
        Ok((0..values.len()).map(|row| at(&values, row).map(|value| Instant::new(value, unit))).collect())
    }

    /// As of when rows are read.
    pub(crate) fn as_of(&self) -> Result<AsOf> {
        match &self.time {
            EntityTime::All(time) => Ok(AsOf::One(*time)),
            EntityTime::Column(name) => match self.column(name)? {
                Some(column) => Ok(AsOf::EachRow(column)),
                // There are no rows.
                None => Ok(AsOf::EachRow(new_null_array(&crate::columns::utc_us(), 0))),
            },
        }
    }

    /// A whole column.
    pub(crate) fn column(&self, name: &str) -> Result<Option<ArrayRef>> {
        let parts: Vec<&dyn Array> =
            self.batches.iter().filter_map(|batch| batch.column_by_name(name)).map(AsRef::as_ref).collect();
        if parts.is_empty() { Ok(None) } else { concat(&parts).map(Some).map_err(arrow("join entity rows")) }
    }

    /// The same rows without some columns. The time column always stays.
    pub(crate) fn without(&self, goes: impl Fn(&str) -> bool) -> Result<Self> {
        let is_time = |name: &str| matches!(&self.time, EntityTime::Column(time) if time == name);
        let stays = |field: &&arrow::datatypes::FieldRef| is_time(field.name()) || !goes(field.name());
        let names: Vec<&str> = self.schema.fields().iter().filter(stays).map(|field| field.name().as_str()).collect();
        let positions: Vec<usize> = names.iter().filter_map(|name| self.schema.index_of(name).ok()).collect();
        let project = |batch: &RecordBatch| batch.project(&positions).map_err(arrow("choose columns"));
        Ok(Self {
            schema: Arc::new(self.schema.project(&positions).map_err(arrow("choose columns"))?),
            batches: self.batches.iter().map(project).collect::<Result<_>>()?,
            time: self.time.clone(),
        })
    }

    /// All rows in one batch of the columns `wanted`, those that there are.
    pub(crate) fn project(&self, wanted: &[&str]) -> Result<RecordBatch> {
        let positions: Vec<usize> = wanted.iter().filter_map(|name| self.schema.index_of(name).ok()).collect();
        let schema = Arc::new(self.schema.project(&positions).map_err(arrow("choose columns"))?);
        let parts = self.batches.iter().map(|batch| batch.project(&positions)).collect::<Result<Vec<_>, _>>();
        let parts = parts.map_err(arrow("choose columns"))?;
        arrow::compute::concat_batches(&schema, &parts).map_err(arrow("join entity rows"))
    }
}

/// Rows in one batch or many.
#[derive(Debug, Clone)]
pub struct Batches(Vec<RecordBatch>, Option<SchemaRef>);

impl From<RecordBatch> for Batches {
    fn from(batch: RecordBatch) -> Self {
        let schema = batch.schema();
        Self(vec![batch], Some(schema))
    }
}

impl From<Vec<RecordBatch>> for Batches {
    fn from(batches: Vec<RecordBatch>) -> Self {
        Self(batches, None)
    }
}

impl From<(SchemaRef, Vec<RecordBatch>)> for Batches {
    fn from((schema, batches): (SchemaRef, Vec<RecordBatch>)) -> Self {
        Self(batches, Some(schema))
    }
}

fn invalid(reason: String) -> Error {
    Error::InvalidEntities { reason }
}

pub(crate) fn names(schema: &Schema) -> String {
    schema.fields().iter().map(|field| format!("`{}`", field.name())).collect::<Vec<_>>().join(", ")
}
