//! [`View`]: every group as of one transaction, opened once and shared by look-ups until the next commit.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::DataType as Arrow;
use redb::{AccessGuard, ReadOnlyTable, ReadableTable, ReadableTableMetadata};
use varvite_schema::DataType;
use varvite_time::TimeUnit;

use super::database::{Handle, damaged, failed};
use super::key::KeyKind;
use super::row::RowPlan;
use super::state::{GROUPS, GroupState, RowsDefinition, key_kinds, row_plan, rows_name};
use crate::Result;
use crate::times::unit_of;

/// The bytes of a row, which stay as they are.
pub(super) type RowGuard = AccessGuard<'static, &'static [u8]>;

/// All groups as of one transaction.
pub(super) struct View {
    groups: HashMap<String, Arc<GroupView>>,
}

/// A group as of one transaction.
pub(super) struct GroupView {
    pub(super) state: GroupState,
    /// What is served, if anything is.
    pub(super) live: Option<LiveView>,
}

/// The rows of a group as of one transaction.
pub(super) struct LiveView {
    rows: ReadOnlyTable<&'static [u8], &'static [u8]>,
    pub(super) keys: Vec<KeyKind>,
    /// Where the values are, by layout.
    pub(super) plans: Vec<RowPlan>,
    /// The event time's type and unit, if there is one.
    pub(super) event: Option<(Arrow, TimeUnit)>,
}

impl View {
    pub(super) fn load(database: &Handle) -> Result<Self> {
        let transaction = database.begin_read()?;
        let table = transaction.open_table(GROUPS).map_err(failed("open a table"))?;
        let mut groups = HashMap::new();
        for entry in table.iter().map_err(failed("read a table"))? {
            let (id, bytes) = entry.map_err(failed("read a row"))?;
            let state = GroupState::parse(id.value(), bytes.value())?;
            let open = |number| {
                let name = rows_name(number);
                transaction.open_table(RowsDefinition::new(&name)).map_err(failed("open a table"))
            };
            let rows = state.live.as_ref().map(|live| open(live.number)).transpose()?;
            let live = rows.map(|rows| LiveView::new(&state, rows)).transpose()?;
            groups.insert(id.value().to_owned(), Arc::new(GroupView { state, live }));
        }
        Ok(Self { groups })
    }

    pub(super) fn group(&self, id: &str) -> Option<&Arc<GroupView>> {
        self.groups.get(id)
    }

    pub(super) fn ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.groups.keys().cloned().collect();
        ids.sort();
        ids
    }
}

impl LiveView {
    fn new(state: &GroupState, rows: ReadOnlyTable<&'static [u8], &'static [u8]>) -> Result<Self> {
        let live = state.live.as_ref();
        let event = live.and_then(|live| live.event_type.as_ref()).map(|text| -> Result<_> {
            let parsed: DataType = text.parse().map_err(|_| damaged(format!("there is no type `{text}`")))?;
            let arrow = parsed.to_arrow();
            let unit = unit_of(&arrow).ok_or_else(|| damaged(format!("`{text}` is no type of times")))?;
            Ok((arrow, unit))
        });
        Ok(Self {
            rows,
            keys: key_kinds(live.map_or(&[], |live| &live.keys))?,
            plans: state.layouts.iter().map(|layout| row_plan(layout)).collect::<Result<_>>()?,
            event: event.transpose()?,
        })
    }

    /// The row of a key.
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<RowGuard>> {
        self.rows.get(key).map_err(failed("read a row"))
    }

    /// Number of keys.
    pub(super) fn num_keys(&self) -> Result<u64> {
        self.rows.len().map_err(failed("read a table"))
    }
}
