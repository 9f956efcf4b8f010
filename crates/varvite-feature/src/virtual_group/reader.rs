//! [`VirtualReader`]: what computes virtual groups.

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::datatypes::DataType;
use varvite_schema::VirtualSchema;
use varvite_time::Instant;

use crate::times::{at, numbers, unit_of};
use crate::{Error, FeatureStore, HistoricalOptions, LineageNode, Result, SourceTable};

/// A query engine, as a [`FeatureStore`] uses it: see [`FeatureStore::with_virtual`].
///
/// Stores check what engines say, and look after what is the same for all of them: a definition is one `SELECT` before an
/// engine sees it; entity rows with a null key or no time are never handed to one (S06); answers become the declared types.
pub trait VirtualReader: Send + Sync {
    /// Compares a definition with its sources, which may be about to be registered: what its queries give.
    ///
    /// Columns that are neither keys nor the event time are features. Columns are told by the names that they have in the
    /// query's answer.
    ///
    /// # Errors
    /// [`Error::QueryInvalid`] for a query that cannot be planned, or that reads anything but `sources`.
    fn define(&self, group: &VirtualSchema, sources: &[SourceTable], store: &FeatureStore)
    -> Result<VirtualDefinition>;

    /// The values of the features that are asked for: an array for each, with one value for each row of the request. Rows
    /// whose entity the query does not give have nulls.
    ///
    /// # Errors
    /// [`Error::QueryInvalid`] for a query that does not fit its sources any more; [`Error::SourceFailed`] if it fails.
    fn read(&self, request: &VirtualRequest<'_>, store: &FeatureStore) -> Result<Vec<ArrayRef>>;

    /// How [`read`](Self::read) would go about it, for people.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn explain(&self, request: &VirtualRequest<'_>, store: &FeatureStore) -> Result<String>;
}

/// What the queries of a virtual group give.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VirtualDefinition {
    /// The types of the group's keys.
    pub keys: Vec<(String, DataType)>,
    /// The type of the event time, if the group has one.
    pub event_time: Option<DataType>,
    /// All features that there are, in the order of the query.
    pub features: Vec<(String, DataType)>,
    /// What features come from: columns whose values flow into them, and tables that they need.
    pub lineage: Vec<(LineageNode, Vec<LineageNode>)>,
}

/// What is asked of a virtual group.
#[derive(Debug)]
pub struct VirtualRequest<'a> {
    /// The definition; its types are known.
    pub group: &'a VirtualSchema,
    /// What its queries may read, in the order of [`VirtualSchema::sources`].
    pub sources: &'a [SourceTable],
    /// The features that are wanted, each once.
    pub features: &'a [String],
    /// The keys of each entity row, under the names and in the types of the group, without nulls. Rows may repeat.
    pub keys: RecordBatch,
    /// As of when each row is read. Each source with an event time is cut there before the query sees it (S17).
    pub times: AsOf,
    /// Rows dated after this are never seen, whatever the time of an entity row (S11).
    pub not_after: Option<Instant>,
    /// What else the read was told: `allow_exact_match`, `tolerance_ns`, `known_as_of`, `null_policy`.
    pub options: &'a HistoricalOptions,
}

/// As of when entity rows are read.
#[derive(Debug, Clone)]
pub enum AsOf {
    /// All as of one time.
    One(Instant),
    /// Each as of its own: a column of timestamps or dates, in the unit in which it was given (S07).
    EachRow(ArrayRef),
}

impl AsOf {
    /// The time of each of so many rows; `None` where it is null.
    ///
    /// # Errors
    /// [`Error::InvalidEntities`] for a column of anything but times.
    pub fn instants(&self, rows: usize) -> Result<Vec<Option<Instant>>> {
        let column = match self {
            Self::One(time) => return Ok(vec![Some(*time); rows]),
            Self::EachRow(column) => column,
        };
        let Some(unit) = unit_of(column.data_type()) else {
            return Err(Error::InvalidEntities { reason: format!("{} is no time", column.data_type()) });
        };
        let values = numbers(column)?;
        Ok((0..values.len()).map(|row| at(&values, row).map(|value| Instant::new(value, unit))).collect())
    }
}

impl VirtualRequest<'_> {
    /// Number of entity rows.
    pub fn num_rows(&self) -> usize {
        self.keys.num_rows()
    }

    /// For each entity row the latest instant that it may see, included: its time, or just before it if that time itself is
    /// not to be seen (S02), and nothing after [`not_after`](Self::not_after) (S11). `None` sees nothing.
    ///
    /// # Errors
    /// As [`AsOf::instants`].
    pub fn latest(&self) -> Result<Vec<Option<Instant>>> {
        let latest = |time: Instant| {
            let time = if self.options.allow_exact_match { time } else { time.plus_ns(-1) };
            self.not_after.map_or(time, |end| time.min(end))
        };
        Ok(self.times.instants(self.num_rows())?.into_iter().map(|time| time.map(latest)).collect())
    }

    /// The oldest age in nanoseconds, included, of a row of a group with an event time: its TTL or the tolerance of the
    /// read, whichever is shorter (S05).
    pub fn oldest_ns(&self) -> Option<i64> {
        self.group.event_time()?;
        let ttl = self.group.ttl().map(varvite_schema::Ttl::as_ns);
        ttl.into_iter().chain(self.options.tolerance_ns).min()
    }
}
