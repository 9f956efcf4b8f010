//! What lists say of a definition.

use serde_json::{Value, json};
use varvite::feature::{FeatureStore, RegistryState};
use varvite::schema::{FeatureGroupSchema, FeatureView};
use varvite::time::{TimeUnit, format_instant};

use crate::error::Result;
use crate::output::format::count;
use crate::output::table::Table;

/// A line of a list.
pub(super) struct Facts {
    kind: String,
    name: String,
    version: u32,
    keys: Vec<String>,
    features: Vec<String>,
    /// `None` for what is computed.
    rows: Option<u64>,
    owner: Option<String>,
    updated: Option<String>,
    description: String,
}

impl Facts {
    pub(super) fn of(store: &FeatureStore, state: &RegistryState, view: FeatureView<'_>) -> Result<Self> {
        let keys = match view {
            FeatureView::Group(group) => keys(group),
            FeatureView::Virtual(group) => group.entity_keys().iter().map(|key| key.name().to_owned()).collect(),
            _ => Vec::new(),
        };
        let rows = match view {
            FeatureView::Group(group) => Some(store.group(&group.id())?.num_rows()),
            _ => None,
        };
        Ok(Self {
            kind: view.kind().to_string(),
            name: view.name().to_owned(),
            version: view.version(),
            keys,
            features: view.feature_names().into_iter().map(str::to_owned).collect(),
            rows,
            owner: view.owner().map(str::to_owned),
            updated: updated(state, view.name()),
            description: view.description().to_owned(),
        })
    }

    pub(super) fn json(&self) -> Value {
        json!({"kind": self.kind, "name": self.name, "version": self.version, "keys": self.keys,
            "features": self.features, "rows": self.rows, "owner": self.owner, "updated": self.updated,
            "description": self.description})
    }
}

fn keys(group: &FeatureGroupSchema) -> Vec<String> {
    group.entity_keys().iter().map(|key| key.name().to_owned()).collect()
}

/// When a definition was last changed.
pub(super) fn updated(state: &RegistryState, name: &str) -> Option<String> {
    state.last_updated(name).map(|at_ms| format_instant(at_ms, TimeUnit::Millisecond))
}

pub(super) fn table(lines: &[Facts]) -> Table {
    let mut table = Table::new().left("name").right("version").left("kind").left("keys").right("features");
    table = table.right("rows").left("owner").left("updated").left("description");
    for line in lines {
        table.row([
            line.name.clone(),
            line.version.to_string(),
            line.kind.clone(),
            line.keys.join(", "),
            line.features.len().to_string(),
            line.rows.map(count).unwrap_or_default(),
            line.owner.clone().unwrap_or_default(),
            line.updated.clone().unwrap_or_default(),
            line.description.clone(),
        ]);
    }
    table
}
