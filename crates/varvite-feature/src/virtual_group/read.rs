//! [`VirtualRead`]: one virtual group of a read. Entity rows that match nothing never reach an engine.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, UInt64Array, new_null_array};
use arrow::compute::{CastOptions, cast_with_options, take};
use arrow::datatypes::{DataType, Field, Schema};
use varvite_schema::VirtualSchema;
use varvite_time::Instant;

use super::reader::{AsOf, VirtualRequest};
use crate::entity::key_of_type;
use crate::error::arrow;
use crate::pit::VirtualPlan;
use crate::{EntityRows, Error, HistoricalOptions, Result};

/// A virtual group with the entity rows that it is asked for.
pub(crate) struct VirtualRead<'a> {
    pub(crate) plan: &'a VirtualPlan,
    names: Vec<String>,
    types: Vec<DataType>,
    keys: RecordBatch,
    times: AsOf,
    /// For each entity row where it stands among those that are asked for; `None` if all are.
    places: Option<UInt64Array>,
    rows: usize,
}

impl<'a> VirtualRead<'a> {
    /// # Errors
    /// A key that the entity table lacks or has in another type (S19).
    pub(crate) fn open(plan: &'a VirtualPlan, entities: &EntityRows) -> Result<Self> {
        let group = &plan.group;
        let columns: Vec<&str> = plan.keys.iter().map(|(_, column)| column.as_str()).collect();
        let table = entities.project(&columns)?;
        let mut fields = Vec::new();
        let mut arrays = Vec::new();
        for (key, (_, column)) in group.entity_keys().iter().zip(&plan.keys) {
            let wanted = known(group, key.name(), key.data_type())?;
            arrays.push(key_of_type(&table, column, &wanted, &group.id())?);
            fields.push(Field::new(key.name(), wanted, false));
        }
        let names: Vec<String> = plan.features.iter().chain(&plan.inputs).map(|(name, _)| name.clone()).collect();
        let type_of = |name: &String| known(group, name, group.feature(name).and_then(|feature| feature.data_type()));
        let types = names.iter().map(type_of).collect::<Result<_>>()?;
        let (rows, times) = (entities.num_rows(), entities.as_of()?);
        let (chosen, places) = matched(&arrays, &times, rows);
        let (arrays, times) = match &chosen {
            None => (arrays, times),
            Some(chosen) => (
                arrays.iter().map(|array| taken(array, chosen)).collect::<Result<_>>()?,
                match times {
                    AsOf::EachRow(column) => AsOf::EachRow(taken(&column, chosen)?),
                    one @ AsOf::One(_) => one,
                },
            ),
        };
        let count = RecordBatchOptions::new().with_row_count(Some(chosen.as_ref().map_or(rows, Array::len)));
        let keys = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &count);
        Ok(Self { plan, names, types, keys: keys.map_err(arrow("put keys together"))?, times, places, rows })
    }

    /// Whether an entity row has no time or no key that can be equal to one of the group.
    pub(crate) fn is_unmatched(&self, row: usize) -> bool {
        self.places.as_ref().is_some_and(|places| places.is_null(row))
    }

    /// The question to an engine.
    pub(crate) fn request<'r>(
        &'r self,
        options: &'r HistoricalOptions,
        not_after: Option<Instant>,
    ) -> VirtualRequest<'r> {
        VirtualRequest {
            group: &self.plan.group,
            sources: &self.plan.sources,
            features: &self.names,
            keys: self.keys.clone(),
            times: self.times.clone(),
            not_after,
            options,
        }
    }

    /// The features, in the order of the plan, then its inputs: what `read` gives for the rows that match anything, and
    /// nulls for the others.
    ///
    /// # Errors
    /// Those of `read`; [`Error::SourceFailed`] for an answer of another shape than was asked for.
    pub(crate) fn read(
        &self,
        options: &HistoricalOptions,
        not_after: Option<Instant>,
        read: impl FnOnce(&VirtualRequest<'_>) -> Result<Vec<ArrayRef>>,
    ) -> Result<Vec<ArrayRef>> {
        if self.keys.num_rows() == 0 {
            return Ok(self.types.iter().map(|data_type| new_null_array(data_type, self.rows)).collect());
        }
        let answer = read(&self.request(options, not_after))?;
        if answer.len() != self.names.len() {
            return Err(self.misshapen(format!("{} columns were wanted, and {} came", self.names.len(), answer.len())));
        }
        answer.iter().enumerate().map(|(at, array)| self.column(at, array)).collect()
    }

    /// One column of an answer in its declared type, a value for each entity row.
    fn column(&self, at: usize, array: &ArrayRef) -> Result<ArrayRef> {
        let (name, wanted) = (&self.names[at], &self.types[at]);
        if array.len() != self.keys.num_rows() {
            let reason = format!("`{name}` has {} values for {} entity rows", array.len(), self.keys.num_rows());
            return Err(self.misshapen(reason));
        }
        let array = self.typed(name, array, wanted)?;
        self.places.as_ref().map_or(Ok(Arc::clone(&array)), |places| taken(&array, places))
    }

    /// Values that an engine lays out otherwise, or that the declared type is wider than. All else is another type than the
    /// group was registered with.
    fn typed(&self, name: &str, array: &ArrayRef, wanted: &DataType) -> Result<ArrayRef> {
        if array.data_type() == wanted {
            return Ok(Arc::clone(array));
        }
        let ours = |data_type: &DataType| varvite_schema::DataType::from_arrow_values(data_type);
        let holds = match (ours(array.data_type()), ours(wanted)) {
            (Ok(given), Ok(wanted)) => given == wanted || given.widens_to(&wanted),
            _ => array.data_type() == &DataType::Null,
        };
        if !holds {
            let reason = format!(
                "feature `{name}` was registered as {wanted}, and the query gives {}: register the next version",
                array.data_type()
            );
            return Err(Error::QueryInvalid { group: self.plan.group.id(), reason });
        }
        let options = CastOptions { safe: false, ..CastOptions::default() };
        cast_with_options(array, wanted, &options).map_err(arrow("lay out the values of a query"))
    }

    fn misshapen(&self, reason: String) -> Error {
        Error::SourceFailed { group: self.plan.group.id(), source: reason.into() }
    }
}

/// The type of a column; it is known since the group was registered.
fn known(group: &VirtualSchema, name: &str, data_type: Option<&varvite_schema::DataType>) -> Result<DataType> {
    data_type.map(varvite_schema::DataType::to_arrow).ok_or_else(|| Error::InvalidDefinition {
        name: group.id(),
        reason: format!("the type of `{name}` is not known: register it through a store with a query engine"),
    })
}

/// The rows without a null, and for each row its place among them; nothing if no row has one.
fn matched(keys: &[ArrayRef], times: &AsOf, rows: usize) -> (Option<UInt64Array>, Option<UInt64Array>) {
    let of_times = match times {
        AsOf::EachRow(column) => column.logical_nulls(),
        AsOf::One(_) => None,
    };
    let nulls: Vec<_> = keys.iter().filter_map(Array::logical_nulls).chain(of_times).collect();
    if nulls.iter().all(|nulls| nulls.null_count() == 0) {
        return (None, None);
    }
    let (mut chosen, mut places) = (Vec::new(), Vec::with_capacity(rows));
    for row in 0..rows {
        let has_null = nulls.iter().any(|nulls| nulls.is_null(row));
        places.push((!has_null).then_some(chosen.len() as u64));
        if !has_null {
            chosen.push(row as u64);
        }
    }
    (Some(chosen.into()), Some(places.into()))
}

fn taken(array: &ArrayRef, rows: &UInt64Array) -> Result<ArrayRef> {
    take(array, rows, None).map_err(arrow("choose rows"))
}
