//! [`KeyedTable`]: the datasets of a store as one table.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use varvite_dataset::Dataset;
use varvite_key::{FieldKind, Key, KeySchema};
use varvite_store::{Catalog, Store};

use crate::{Error, Result};

/// The datasets of a store: each row has the fields of its dataset's key as its first columns.
#[derive(Debug, Clone)]
pub struct KeyedTable {
    keys: Arc<[KeyColumn]>,
    members: Arc<[Member]>,
    schema: SchemaRef,
}

/// A field of the key, as a column: integers are 64-bit integers, truth values are booleans, all else is text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyColumn {
    /// Its name.
    pub name: String,
    /// What its values are.
    pub kind: FieldKind,
}

/// One dataset of a [`KeyedTable`].
#[derive(Debug, Clone)]
pub struct Member {
    /// Its path below the store's root, which also names it as a table of its own.
    pub name: String,
    /// The values of the key's fields, as text, in the order of the columns.
    pub values: Vec<String>,
    /// Its rows.
    pub dataset: Dataset,
}

impl KeyedTable {
    /// All datasets of a typed store, in order of keys.
    ///
    /// # Errors
    /// [`Error::Store`] if it cannot be listed or a dataset is damaged; [`Error::InvalidTable`] if the datasets do not fit
    /// together.
    pub fn of_store<K: Key>(store: &Store<K>) -> Result<Self> {
        let mut members = Vec::new();
        for key in store.keys()? {
            let Some(dataset) = store.get(&key)? else { continue };
            let values = key.fields().into_iter().map(|(_, value)| value).collect();
            members.push(Member { name: key.to_path(), values, dataset });
        }
        Self::try_new(&K::schema(), members)
    }

    /// All datasets of a key type below a root.
    ///
    /// # Errors
    /// As [`of_store`](Self::of_store).
    pub fn of_catalog(catalog: &Catalog, schema: &KeySchema) -> Result<Self> {
        let mut members = Vec::new();
        for entry in catalog.entries_of(schema)? {
            let dataset = catalog.dataset(&entry.path)?;
            let values = entry.fields.into_iter().map(|(_, value)| value).collect();
            members.push(Member { name: entry.path, values, dataset });
        }
        Self::try_new(schema, members)
    }

    /// These datasets, whose keys are of one type. A field that is called like a column of the rows becomes `key_<field>`.
    ///
    /// # Errors
    /// [`Error::InvalidTable`] if two datasets have a column in two types, or a value does not fit its field's column.
    pub fn try_new(schema: &KeySchema, members: Vec<Member>) -> Result<Self> {
        let columns = union(&schema.name, &members)?;
        let fields = schema.levels.iter().flat_map(|level| &level.fields);
        let keys: Vec<KeyColumn> = fields
            .map(|field| {
                let is_taken = columns.iter().any(|column| *column.name() == field.name);
                let name = if is_taken { format!("key_{}", field.name) } else { field.name.clone() };
                KeyColumn { name, kind: field.kind }
            })
            .collect();
        for member in &members {
            for (key, value) in keys.iter().zip(&member.values) {
                if key.kind == FieldKind::Integer && value.parse::<i64>().is_err() {
                    let reason = format!("`{}` of `{}` is no 64-bit integer: {value}", key.name, member.name);
                    return Err(Error::InvalidTable { table: schema.name.clone(), reason });
                }
            }
        }
        let fields = keys.iter().map(KeyColumn::field).chain(columns);
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        Ok(Self { keys: keys.into(), members: members.into(), schema })
    }

    /// The fields of the key, which are the first columns.
    pub fn keys(&self) -> &[KeyColumn] {
        &self.keys
    }

    /// The datasets, in order of their keys.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The columns: the fields of the key, then all columns that a dataset has, null where one has it not.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }
}

impl KeyColumn {
    /// Its Arrow type.
    pub fn data_type(&self) -> DataType {
        match self.kind {
            FieldKind::Integer => DataType::Int64,
            FieldKind::Bool => DataType::Boolean,
            _ => DataType::Utf8,
        }
    }

    fn field(&self) -> Field {
        Field::new(&self.name, self.data_type(), false)
    }
}

/// The columns of all datasets, each once, in the order in which they are met.
fn union(table: &str, members: &[Member]) -> Result<Vec<Field>> {
    let mut columns: Vec<(Field, &str)> = Vec::new();
    for member in members {
        for field in member.dataset.schema().iter().flat_map(|schema| schema.fields().iter().cloned()) {
            match columns.iter().find(|(known, _)| known.name() == field.name()) {
                None => columns.push((field.as_ref().clone().with_nullable(true), &member.name)),
                Some((known, _)) if known.data_type() == field.data_type() => {}
                Some((known, first)) => {
                    let reason = format!(
                        "column `{}` is {} in `{first}` and {} in `{}`: read them as tables of their own",
                        field.name(),
                        known.data_type(),
                        field.data_type(),
                        member.name
                    );
                    return Err(Error::InvalidTable { table: table.to_owned(), reason });
                }
            }
        }
    }
    Ok(columns.into_iter().map(|(field, _)| field).collect())
}
