//! [`Tables`]: what names in a query mean.

use std::collections::BTreeMap;

use varvite_feature::FeatureStore;
use varvite_schema::FeatureGroupSchema;
use varvite_store::Catalog;

use crate::{Error, KeyedTable, Result, Table};

/// A table, and the column that says when its rows began to be true.
#[derive(Debug, Clone)]
pub struct Source {
    /// The table.
    pub table: Table,
    /// Its event time: a query as of a point in time sees no later rows. `None` for a plain table.
    pub event_time: Option<String>,
}

impl Source {
    /// A plain table.
    pub fn new(table: impl Into<Table>) -> Self {
        Self { table: table.into(), event_time: None }
    }

    /// Names the column that says when a row began to be true.
    pub fn with_event_time(mut self, column: impl Into<String>) -> Self {
        self.event_time = Some(column.into());
        self
    }
}

impl<T: Into<Table>> From<T> for Source {
    fn from(table: T) -> Self {
        Self::new(table)
    }
}

/// Tables by name. A name is `table`, or `schema.table` where a store is a schema of its keys.
#[derive(Debug, Clone, Default)]
pub struct Tables(BTreeMap<String, Source>);

impl Tables {
    /// No tables.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a table, or replaces one.
    pub fn with(mut self, name: impl Into<String>, source: impl Into<Source>) -> Self {
        self.0.insert(name.into(), source.into());
        self
    }

    /// These and those; of two with one name, that of `others`.
    pub fn merged(mut self, others: &Self) -> Self {
        self.0.extend(others.0.iter().map(|(name, source)| (name.clone(), source.clone())));
        self
    }

    /// Everything below the root of a store: for each key type, one table with the fields of the key as its first columns
    /// (`Bar`), and each of its datasets by its path (`"Bar"."AAPL/5"`); datasets without a key type by their paths alone.
    ///
    /// # Errors
    /// [`Error::Store`] if a folder cannot be listed; [`Error::Dataset`] for a damaged dataset.
    pub fn of_catalog(catalog: &Catalog) -> Result<Self> {
        let mut tables = Self::default();
        for schema in catalog.key_types()? {
            let keyed = KeyedTable::of_catalog(catalog, &schema)?;
            for member in keyed.members() {
                tables = tables.with(format!("{}.{}", schema.name, member.name), member.dataset.clone());
            }
            tables = tables.with(schema.name.clone(), keyed);
        }
        for entry in catalog.entries()?.into_iter().filter(|entry| entry.key_type.is_none()) {
            tables = tables.with(entry.path.clone(), catalog.dataset(&entry.path)?);
        }
        Ok(tables)
    }

    /// Everything in a feature store: the rows of each group by its name (its newest version) and as `users@v1`, and each
    /// source, with their event times.
    ///
    /// # Errors
    /// [`Error::Feature`] if the registry or a history is damaged.
    pub fn of_features(store: &FeatureStore) -> Result<Self> {
        let state = store.registry().state()?;
        let groups = state.definitions().groups();
        let newest = |name| groups.iter().filter(|group| group.name() == name).map(FeatureGroupSchema::version).max();
        let mut tables = Self::default();
        for group in groups {
            let history = store.history_of(group)?;
            let event_time = group.event_time().map(|time| time.name().to_owned());
            let source = Source { table: history.dataset().clone().into(), event_time };
            if newest(group.name()) == Some(group.version()) {
                tables = tables.with(group.name(), source.clone());
            }
            tables = tables.with(group.id(), source);
        }
        for source in state.definitions().sources() {
            let event_time = source.event_time().map(str::to_owned);
            let dataset = store.source(source.name())?;
            tables = tables.with(source.name(), Source { table: dataset.into(), event_time });
        }
        Ok(tables)
    }

    /// The table of a name.
    ///
    /// # Errors
    /// [`Error::UnknownTable`] with the tables that there are.
    pub fn get(&self, name: &str) -> Result<&Source> {
        self.0.get(name).ok_or_else(|| Error::unknown_table(name, self.names()))
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.keys().map(String::as_str)
    }

    /// Names with their tables, in order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Source)> + Clone {
        self.0.iter().map(|(name, source)| (name.as_str(), source))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
