//! The columns of a history that online values are made of.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType as Arrow, Int64Type, Schema};
use varvite_dataset::Snapshot;
use varvite_schema::{DataType, FeatureGroupSchema};
use varvite_time::TimeUnit;

use crate::columns::{COMMIT, ordered_on};
use crate::online::key::{KeyColumn, KeyKind};
use crate::times::{numbers, unit_of};
use crate::{Error, Result};

/// Which columns are read, and as what.
pub(super) struct Columns {
    group: String,
    keys: Vec<(String, KeyKind)>,
    event: Option<(String, TimeUnit)>,
    created: Option<String>,
    features: Vec<(String, Arrow)>,
    /// The type of the event time, as text.
    pub(super) event_type: Option<String>,
    /// All names that the dataset has.
    pub(super) projection: Vec<String>,
}

/// Columns of a batch in the forms that are stored.
pub(super) struct Batch {
    pub(super) keys: Vec<KeyColumn>,
    pub(super) event: Option<Int64Array>,
    pub(super) created: Option<Int64Array>,
    pub(super) commit: Int64Array,
    pub(super) features: Vec<ArrayRef>,
}

impl Columns {
    /// The columns of `group` as `snapshot` has them; `None` if nothing was written yet.
    pub(super) fn resolve(group: &FeatureGroupSchema, snapshot: &Snapshot) -> Result<Option<Self>> {
        let Some(schema) = &snapshot.schema else { return Ok(None) };
        let id = group.id();
        let refuse = |reason| Err(Error::NotMaterializable { group: group.id(), reason });
        let mut keys = Vec::new();
        for key in group.entity_keys() {
            let kind = KeyKind::of(key.data_type());
            match kind.filter(|_| schema.column_with_name(key.name()).is_some()) {
                Some(kind) => keys.push((key.name().to_owned(), kind)),
                None => return refuse(format!("its history has no key `{}`", key.name())),
            }
        }
        if snapshot.settings.ordered_on.to_string() != ordered_on(group) {
            return refuse(format!("its history is not in order of `{}`", ordered_on(group)));
        }
        let (event, event_type) = match group.event_time() {
            None => (None, None),
            Some(time) => match time_type(schema, time.name()) {
                Some((unit, text)) => (Some((time.name().to_owned(), unit)), Some(text)),
                None => return refuse(format!("`{}` of its history holds no times", time.name())),
            },
        };
        if schema.column_with_name(COMMIT).is_none() {
            return refuse(format!("its history does not say which commit brought a row, in `{COMMIT}`"));
        }
        let created = group.created_time().map(|time| time.name().to_owned());
        let created = created.filter(|name| schema.column_with_name(name).is_some());
        let features = group.features().iter();
        let features: Vec<_> =
            features.map(|feature| (feature.name().to_owned(), feature.data_type().to_arrow())).collect();
        let names = keys.iter().map(|(name, _)| name).chain(event.iter().map(|(name, _)| name)).chain(&created);
        let names = names.chain(features.iter().map(|(name, _)| name)).cloned();
        let known = names.filter(|name| schema.column_with_name(name).is_some());
        let projection = known.chain([COMMIT.to_owned()]).collect();
        Ok(Some(Self { group: id, keys, event, created, features, event_type, projection }))
    }

    /// The unit of the event time, if there is one.
    pub(super) fn event_unit(&self) -> Option<TimeUnit> {
        self.event.as_ref().map(|(_, unit)| *unit)
    }

    /// The columns of a batch. Features that it does not have yet are null.
    pub(super) fn of(&self, rows: &RecordBatch) -> Result<Batch> {
        let missing = |name: &str| Error::NotMaterializable {
            group: self.group.clone(),
            reason: format!("column `{name}` of its history has another type than the definition"),
        };
        let column = |name: &str| rows.column_by_name(name).ok_or_else(|| missing(name));
        let times = |name: &String| column(name).and_then(numbers);
        let keys = self.keys.iter().map(|(name, kind)| kind.column(column(name)?).ok_or_else(|| missing(name)));
        let commit = cast(column(COMMIT)?, &Arrow::Int64).map_err(|_| missing(COMMIT))?;
        let features = self.features.iter().map(|(name, data_type)| match rows.column_by_name(name) {
            None => Ok(new_null_array(data_type, rows.num_rows())),
            Some(found) if found.data_type() == data_type => Ok(Arc::clone(found)),
            Some(found) => cast(found, data_type).map_err(|_| missing(name)),
        });
        Ok(Batch {
            keys: keys.collect::<Result<_>>()?,
            event: self.event.as_ref().map(|(name, _)| times(name)).transpose()?,
            created: self.created.as_ref().map(times).transpose()?,
            commit: commit.as_primitive::<Int64Type>().clone(),
            features: features.collect::<Result<_>>()?,
        })
    }
}

impl Batch {
    pub(super) fn num_rows(&self) -> usize {
        self.commit.len()
    }

    /// Event time, created time and commit of a row.
    pub(super) fn times(&self, row: usize) -> (i64, Option<i64>, u64) {
        let created = self.created.as_ref().filter(|created| created.is_valid(row));
        let event = self.event.as_ref().map_or(0, |event| event.value(row));
        (event, created.map(|created| created.value(row)), self.commit.value(row).cast_unsigned())
    }
}

fn time_type(schema: &Schema, name: &str) -> Option<(TimeUnit, String)> {
    let (_, field) = schema.column_with_name(name)?;
    let unit = unit_of(field.data_type())?;
    Some((unit, DataType::from_arrow(field.data_type()).ok()?.to_string()))
}
