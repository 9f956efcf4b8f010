//! Look-ups of many entities at once, as columns.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, RecordBatchOptions, StringArray};
use arrow::datatypes::{DataType as Arrow, Field, Schema};
use varvite_time::Instant;

use super::OnlineLookup;
use super::answer::ValueStatus;
use super::binding::Binding;
use super::part::{Known, Part};
use crate::online::key::{KeyBuffer, KeyColumn, write_key};
use crate::online::row::{RowView, damaged_row};
use crate::online::times::from_counts;
use crate::online::value::column;
use crate::online::view::{LiveView, RowGuard, View};
use crate::{Error, Result};

/// The rows of a part, one an entity.
struct Rows<'a> {
    live: Option<&'a LiveView>,
    bindings: Arc<Vec<Binding>>,
    found: Vec<Option<RowGuard>>,
    known: Vec<Known>,
}

impl OnlineLookup {
    /// The features of each row of `entity_ids`, as they are at `now`: the columns given, and for each feature its value
    /// and `<feature>__status`; after the first feature of a group `<group>__event_ts`.
    ///
    /// Rows stay in their order, and repeated ones stay (S12). A null key is not found (S06).
    ///
    /// # Errors
    /// If a column of keys is missing or of another kind (S19), or if online values cannot be read.
    pub fn get(&self, entity_ids: &RecordBatch, now: Instant) -> Result<RecordBatch> {
        let view = self.store.view()?;
        let rows = self.parts.iter().map(|part| self.rows(part, &view, entity_ids, now)).collect::<Result<Vec<_>>>()?;
        let mut fields: Vec<_> = entity_ids.schema_ref().fields().iter().cloned().collect();
        let mut columns = entity_ids.columns().to_vec();
        for output in &self.outputs {
            let (part, rows) = (&self.parts[output.part], &rows[output.part]);
            let (values, statuses) = rows.column(part, output.feature)?;
            fields.push(Arc::new(Field::new(&output.name, part.data_type(output.feature).clone(), true)));
            fields.push(Arc::new(Field::new(&output.status_name, Arrow::Utf8, false)));
            columns.extend([values, statuses]);
            if let Some(name) = &output.event_name {
                let event_type = part.event_type(rows.live);
                let events: Int64Array = rows.known.iter().map(|known| known.event).collect();
                columns.push(from_counts(&events, &event_type).ok_or_else(damaged_row)?);
                fields.push(Arc::new(Field::new(name, event_type, true)));
            }
        }
        self.check_clashes(entity_ids)?;
        let options = RecordBatchOptions::new().with_row_count(Some(entity_ids.num_rows()));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
            .map_err(|source| Error::Arrow { action: "put an answer together", source })
    }

    /// Refuses entity columns that have the name of one of ours.
    fn check_clashes(&self, entity_ids: &RecordBatch) -> Result<()> {
        for output in &self.outputs {
            let names = [Some(&output.name), Some(&output.status_name), output.event_name.as_ref()];
            let mut names = names.into_iter().flatten();
            if let Some(name) = names.find(|name| entity_ids.schema_ref().column_with_name(name).is_some()) {
                let part = &self.parts[output.part];
                let second = format!("{}.{}", part.prefix(), part.feature_name(output.feature));
                let first = "a column of the entity table".to_owned();
                return Err(Error::AmbiguousFeatureName { name: name.clone(), first, second });
            }
        }
        Ok(())
    }

    fn rows<'a>(&self, part: &Part, view: &'a View, entity_ids: &RecordBatch, now: Instant) -> Result<Rows<'a>> {
        let keys = self.keys(part, entity_ids)?;
        let group = view.group(part.id());
        let live = group.and_then(|group| group.live.as_ref());
        let num_rows = entity_ids.num_rows();
        let (Some(group), Some(live)) = (group, live) else {
            let found = (0..num_rows).map(|_| None).collect();
            return Ok(Rows { live: None, bindings: Arc::default(), found, known: vec![Known::NOTHING; num_rows] });
        };
        part.check_keys(live)?;
        let unit = live.event.as_ref().map(|(_, unit)| *unit);
        let mut rows = Rows {
            live: Some(live),
            bindings: part.bindings(group)?,
            found: Vec::with_capacity(num_rows),
            known: Vec::with_capacity(num_rows),
        };
        let mut key = KeyBuffer::new();
        for row in 0..num_rows {
            let found = if write_key(&keys, row, &mut key) { live.get(key.as_slice())? } else { None };
            rows.known.push(match &found {
                Some(found) => part.judge(RowView::try_new(found.value())?, unit, now),
                None => Known::NOTHING,
            });
            rows.found.push(found);
        }
        Ok(rows)
    }

    fn keys(&self, part: &Part, entity_ids: &RecordBatch) -> Result<Vec<KeyColumn>> {
        let column = |at: usize| {
            let (name, key) = (&self.entity_columns[part.keys[at].column], &part.group().entity_keys()[at]);
            let given = entity_ids.column_by_name(name).ok_or_else(|| Error::MissingKeyColumn {
                column: name.clone(),
                needed_by: format!("`{}`", part.id()),
                known: names(entity_ids),
            })?;
            part.keys[at].kind.column(given).ok_or_else(|| Error::KeyTypeMismatch {
                column: name.clone(),
                given: given.data_type().to_string(),
                expected: key.data_type().to_string(),
                needed_by: format!("`{}`", part.id()),
            })
        };
        (0..part.keys.len()).map(column).collect()
    }
}

fn names(batch: &RecordBatch) -> String {
    let names: Vec<String> = batch.schema_ref().fields().iter().map(|field| format!("`{}`", field.name())).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

impl Rows<'_> {
    /// The values of a feature, and their statuses.
    fn column(&self, part: &Part, feature: usize) -> Result<(ArrayRef, ArrayRef)> {
        let mut widened: Vec<(usize, [u8; 8])> = Vec::new();
        let mut values: Vec<Option<&[u8]>> = Vec::with_capacity(self.found.len());
        let mut statuses = Vec::with_capacity(self.found.len());
        for (at, (found, known)) in self.found.iter().zip(&self.known).enumerate() {
            let served = found.as_ref().filter(|_| known.withheld.is_none());
            let Some((bytes, live)) = served.map(RowGuard::value).zip(self.live) else {
                values.push(None);
                statuses.push(known.withheld.unwrap_or(ValueStatus::NotFound).as_str());
                continue;
            };
            let row = RowView::try_new(bytes)?;
            let binding = self.bindings.get(row.layout()).ok_or_else(damaged_row)?;
            let value = match part.place(binding, feature)? {
                None => None,
                Some(place) => {
                    let value = live.plans[row.layout()].value(row, place.at)?;
                    if let Some((widening, value)) = place.widening.zip(value) {
                        widened.push((at, widening.widen(value).ok_or_else(damaged_row)?));
                    }
                    value
                }
            };
            statuses.push(if value.is_some() { ValueStatus::Present } else { ValueStatus::NullValue }.as_str());
            values.push(value);
        }
        for (at, bytes) in &widened {
            values[*at] = Some(bytes);
        }
        let values = column(part.data_type(feature), &values);
        let values = values.map_err(|source| Error::Arrow { action: "decode online values", source })?;
        Ok((values, Arc::new(StringArray::from(statuses))))
    }
}
