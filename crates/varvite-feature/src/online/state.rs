//! What the file remembers of each group, as JSON in one table, and the names of the other tables.
//!
//! Rows of a group are in a table of their own, its *generation*. A rebuild fills another one, which takes its place
//! within one transaction.

use redb::{ReadableTable, TableDefinition, TableError, WriteTransaction};
use serde::{Deserialize, Serialize};
use varvite_schema::{DataType, FeatureGroupSchema};
use varvite_time::Instant;

use super::database::{damaged, failed};
use super::key::KeyKind;
use super::row::RowPlan;
use crate::Result;

/// The form of everything in the file.
pub(super) const FORMAT: u64 = 1;
/// Numbers: `format`, and the next generation's.
pub(super) const META: TableDefinition<'static, &str, u64> = TableDefinition::new("meta");
/// The state of each group, by its id.
pub(super) const GROUPS: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("groups");

const NEXT: &str = "next_generation";

/// A table of rows by key.
pub(super) type RowsDefinition<'a> = TableDefinition<'a, &'static [u8], &'static [u8]>;

/// The name of the table of a generation.
pub(super) fn rows_name(generation: u64) -> String {
    format!("rows.{generation}")
}

/// All that is known of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct GroupState {
    /// The features that rows were written with; rows say which list is theirs.
    pub(super) layouts: Vec<Vec<StoredColumn>>,
    /// What is served.
    pub(super) live: Option<Generation>,
    /// What is under way.
    pub(super) pass: Option<Pass>,
}

/// A column as text, so that it outlives our types.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoredColumn {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) data_type: String,
}

/// Rows by key, as of one commit and one bound of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Generation {
    /// The number of its table.
    pub(super) number: u64,
    /// The dataset that it was made of.
    pub(super) dataset_id: String,
    /// The commit that it has everything of.
    pub(super) version: u64,
    /// The last event time that is served.
    #[serde(with = "as_text")]
    pub(super) up_to: Instant,
    pub(super) keys: Vec<StoredColumn>,
    /// The type of the event time; `None` if there is none, or no row was seen.
    pub(super) event_type: Option<String>,
    /// The greatest event time among its rows.
    pub(super) newest: Option<i64>,
    /// The smallest event time of rows that are withheld, being later than `up_to`. `None`: none are.
    pub(super) withheld_from: Option<i64>,
}

/// A walk over rows of a dataset that has not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pass {
    /// What is served when it has.
    pub(super) target: Generation,
    /// What the target had before; `None`: nothing, it is built.
    pub(super) from: Option<From>,
    /// The place of the next row: the piece of the plan, and the row in it.
    pub(super) piece: usize,
    pub(super) row: u64,
    /// The run of rows that the last row belongs to.
    pub(super) tie: Option<Tie>,
}

/// Where an advance begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct From {
    pub(super) version: u64,
    #[serde(with = "as_text")]
    pub(super) up_to: Instant,
}

/// Rows of one event time and one commit, which stand side by side; they are numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tie {
    pub(super) event: i64,
    pub(super) commit: u64,
    /// The number of the last row.
    pub(super) row: u32,
}

impl StoredColumn {
    pub(super) fn new(name: &str, data_type: &DataType) -> Self {
        Self { name: name.to_owned(), data_type: data_type.to_string() }
    }

    pub(super) fn parsed(&self) -> Result<DataType> {
        self.data_type.parse().map_err(|_| damaged(format!("there is no type `{}`", self.data_type)))
    }
}

/// The keys of a group, as they are stored.
pub(super) fn keys_of(group: &FeatureGroupSchema) -> Vec<StoredColumn> {
    group.entity_keys().iter().map(|key| StoredColumn::new(key.name(), key.data_type())).collect()
}

/// The features of a group, as they are stored.
pub(super) fn layout_of(group: &FeatureGroupSchema) -> Vec<StoredColumn> {
    group.features().iter().map(|feature| StoredColumn::new(feature.name(), feature.data_type())).collect()
}

/// Where rows of a layout have their values.
pub(super) fn row_plan(layout: &[StoredColumn]) -> Result<RowPlan> {
    let types = layout.iter().map(|column| Ok(column.parsed()?.to_arrow()));
    Ok(RowPlan::new(&types.collect::<Result<Vec<_>>>()?))
}

/// The kinds of stored keys.
pub(super) fn key_kinds(keys: &[StoredColumn]) -> Result<Vec<KeyKind>> {
    let kind = |key: &StoredColumn| {
        let kind = KeyKind::of(&key.parsed()?);
        kind.ok_or_else(|| damaged(format!("`{}` cannot be the type of a key", key.data_type)))
    };
    keys.iter().map(kind).collect()
}

impl GroupState {
    /// The number of the layout with these columns, which is added if it is new.
    pub(super) fn layout(&mut self, columns: Vec<StoredColumn>) -> Result<u16> {
        let at = self.layouts.iter().position(|known| *known == columns).unwrap_or_else(|| {
            self.layouts.push(columns);
            self.layouts.len() - 1
        });
        u16::try_from(at).map_err(|_| damaged("a group has changed its features 65536 times".to_owned()))
    }

    pub(super) fn parse(id: &str, bytes: &[u8]) -> Result<Self> {
        serde_json::from_slice(bytes).map_err(|error| damaged(format!("the state of `{id}` cannot be read: {error}")))
    }

    /// Writes it as the state of a group.
    pub(super) fn save(&self, id: &str, transaction: &WriteTransaction) -> Result<()> {
        let bytes = serde_json::to_vec(self).map_err(|error| damaged(error.to_string()))?;
        let mut groups = transaction.open_table(GROUPS).map_err(failed("open a table"))?;
        groups.insert(id, bytes.as_slice()).map_err(failed("write a row"))?;
        Ok(())
    }
}

/// The state of a group, as of a transaction that writes.
pub(super) fn load(id: &str, transaction: &WriteTransaction) -> Result<Option<GroupState>> {
    let groups = transaction.open_table(GROUPS).map_err(failed("open a table"))?;
    let bytes = groups.get(id).map_err(failed("read a row"))?;
    bytes.map(|bytes| GroupState::parse(id, bytes.value())).transpose()
}

/// Forgets a group. Its tables are removed by [`drop_rows`].
pub(super) fn forget(id: &str, transaction: &WriteTransaction) -> Result<()> {
    let mut groups = transaction.open_table(GROUPS).map_err(failed("open a table"))?;
    groups.remove(id).map_err(failed("remove a row"))?;
    Ok(())
}

/// Removes the rows of a generation, if there are any.
pub(super) fn drop_rows(generation: u64, transaction: &WriteTransaction) -> Result<()> {
    let name = rows_name(generation);
    transaction.delete_table(RowsDefinition::new(&name)).map_err(failed("remove a table"))?;
    Ok(())
}

/// A number that no generation has had.
pub(super) fn next_generation(transaction: &WriteTransaction) -> Result<u64> {
    let mut meta = transaction.open_table(META).map_err(failed("open a table"))?;
    let next = meta.get(NEXT).map_err(failed("read a row"))?.map_or(0, |next| next.value());
    meta.insert(NEXT, next + 1).map_err(failed("write a row"))?;
    Ok(next)
}

/// Whether the format is ours; a new file gets it.
pub(super) fn check_format(transaction: &WriteTransaction) -> Result<()> {
    let mut meta = match transaction.open_table(META) {
        Err(TableError::TableTypeMismatch { .. }) => return Err(damaged("its tables are not ours".to_owned())),
        opened => opened.map_err(failed("open a table"))?,
    };
    let found = meta.get("format").map_err(failed("read a row"))?.map(|format| format.value());
    match found {
        None => {
            meta.insert("format", FORMAT).map_err(failed("write a row"))?;
            transaction.open_table(GROUPS).map_err(failed("open a table"))?;
            Ok(())
        }
        Some(FORMAT) => Ok(()),
        Some(other) => Err(damaged(format!("it has format {other}, and we know {FORMAT}"))),
    }
}

/// Instants as text: 128 bits are more than JSON's numbers have.
mod as_text {
    use serde::{Deserialize, Deserializer, Serializer, de};
    use varvite_time::Instant;

    pub(super) fn serialize<S: Serializer>(instant: &Instant, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&instant.as_ns())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Instant, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Instant::from_ns).map_err(de::Error::custom)
    }
}
