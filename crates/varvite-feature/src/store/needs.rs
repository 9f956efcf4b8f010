//! What a table of entities must have.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use varvite_schema::{Definitions, FeatureRef, FeatureView, OnDemandInput};

use super::FeatureStore;
use crate::{HistoricalOptions, Result};

impl FeatureStore {
    /// The columns that entity rows need for these references, as far as their types are known: keys of groups and
    /// windows, also of those that expressions use. For those who make entity rows out of text.
    ///
    /// # Errors
    /// [`Error::Schema`](crate::Error::Schema) for unknown references.
    pub fn entity_columns<R: AsRef<str>>(
        &self,
        references: impl IntoIterator<Item = R>,
        options: &HistoricalOptions,
    ) -> Result<SchemaRef> {
        let state = self.registry().state()?;
        let mut needs = Needs { definitions: state.definitions(), options, fields: Vec::new() };
        for reference in super::read::parse(&state, references)? {
            needs.add(&reference)?;
        }
        Ok(Arc::new(Schema::new(needs.fields)))
    }
}

/// Columns found so far.
struct Needs<'a> {
    definitions: &'a Definitions,
    options: &'a HistoricalOptions,
    fields: Vec<Field>,
}

impl Needs<'_> {
    fn add(&mut self, reference: &FeatureRef) -> Result<()> {
        match self.definitions.features_of(reference)?.0 {
            FeatureView::Group(group) => {
                for key in group.entity_keys() {
                    self.key(reference, Field::new(key.name(), key.data_type().to_arrow(), true));
                }
            }
            FeatureView::Window(window) => {
                let Some(schema) = super::derived::columns_of(self.definitions, window.source())?.schema else {
                    return Ok(());
                };
                for field in window.entity_keys().iter().filter_map(|key| schema.field_with_name(key).ok()) {
                    self.key(reference, field.clone());
                }
            }
            FeatureView::Virtual(group) => {
                for key in group.entity_keys() {
                    let Some(data_type) = key.data_type() else { continue };
                    self.key(reference, Field::new(key.name(), data_type.to_arrow(), true));
                }
            }
            FeatureView::OnDemand(group) => {
                for input in group.inputs() {
                    // Types of a request's columns are not known before there is one.
                    if let OnDemandInput::Feature(reference) = input {
                        self.add(reference)?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Notes a key under the name of the column that holds it.
    fn key(&mut self, reference: &FeatureRef, key: Field) {
        let mapped = self.options.key_map.get(reference.prefix()).and_then(|mapped| mapped.get(key.name()));
        let field = match mapped {
            Some(column) => key.with_name(column),
            None => key,
        };
        if !self.fields.iter().any(|known| known.name() == field.name()) {
            self.fields.push(field.with_nullable(true));
        }
    }
}
