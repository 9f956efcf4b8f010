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

    /// The table of this very name.
    ///
    /// # Errors
    /// [`Error::UnknownTable`] with the tables that there are.
    pub fn get(&self, name: &str) -> Result<&Source> {
        self.0.get(name).ok_or_else(|| Error::unknown_table(name, self.names()))
    }

    /// The table that a query means by a name, with the name that it has here: the one of that very name, else the only one
    /// whose name differs in nothing but large and small letters, so that `bar` finds `Bar`.
    ///
    /// # Errors
    /// [`Error::UnknownTable`] with the tables that there are; [`Error::AmbiguousTable`] with those that it may be.
    pub fn resolve(&self, name: &str) -> Result<(&str, &Source)> {
        if let Some((known, source)) = self.0.get_key_value(name) {
            return Ok((known, source));
        }
        let lower = name.to_lowercase();
        let alike: Vec<_> = self.iter().filter(|(known, _)| known.to_lowercase() == lower).collect();
        match alike.as_slice() {
            [] => Err(Error::unknown_table(name, self.names())),
            [one] => Ok(*one),
            several => {
                let candidates: Vec<String> = several.iter().map(|(known, _)| format!("`{known}`")).collect();
                Err(Error::AmbiguousTable { table: name.to_owned(), candidates: candidates.join(", ") })
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FileTable;

    fn named<const N: usize>(names: [&str; N]) -> Tables {
        names.into_iter().fold(Tables::new(), |tables, name| tables.with(name, FileTable::csv("nowhere")))
    }

    fn resolved(tables: &Tables, name: &str) -> Result<String> {
        tables.resolve(name).map(|(known, _)| known.to_owned())
    }

    #[test]
    fn the_exact_name_comes_first() {
        let tables = named(["Bar", "bar", "Bar.AAPL/5"]);
        assert_eq!(
            (resolved(&tables, "bar").unwrap(), resolved(&tables, "Bar").unwrap()),
            ("bar".into(), "Bar".into())
        );
        assert_eq!(resolved(&tables, "bar.aapl/5").unwrap(), "Bar.AAPL/5");
        assert_eq!(resolved(&named(["Größe"]), "GRÖSSE").unwrap_err().code(), "VV1103");
        assert_eq!(resolved(&named(["Größe"]), "GRÖßE").unwrap(), "Größe");
    }

    #[test]
    fn two_that_it_may_be_are_both_named() {
        let error = resolved(&named(["Bar", "bAR", "other"]), "bar").unwrap_err();
        assert_eq!(error.code(), "VV1118");
        assert_eq!(error.to_string(), "`bar` may be any of `Bar`, `bAR`: write one of them, letter by letter");
    }

    #[test]
    fn one_that_there_is_not_is_told_with_those_that_there_are() {
        let error = resolved(&named(["Bar"]), "barr").unwrap_err();
        assert_eq!(error.to_string(), "there is no table `barr`; did you mean `Bar`?: there are Bar");
    }
}
