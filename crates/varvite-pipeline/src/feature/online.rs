//! [`OnlineFlow`]: online values and those of a request go through a flow, one entity at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate};
use varvite_feature::online::{KeyPart, LookupOptions, OnlineLookup, OnlineScalar, OnlineStore};
use varvite_feature::{FeatureSource, FeatureStore};
use varvite_flow::{Item, Online, Value};
use varvite_time::{Instant, TimeUnit};

use super::FlowSource;
use crate::{Error, Result};

/// A flow compiled for single rows, which looks up what it needs of stored features and is given the rest. Clone it for each
/// thread.
#[derive(Clone)]
pub struct OnlineFlow {
    flow: Online,
    lookup: Option<Arc<OnlineLookup>>,
    inputs: Vec<Input>,
    names: Vec<String>,
    /// Values of one call, in the order of the flow's inputs.
    values: Vec<Value>,
}

/// An input of the flow.
#[derive(Debug, Clone)]
struct Input {
    name: String,
    item: Item,
    /// Where it stands among the looked-up values; `None`: the request brings it.
    stored: Option<usize>,
}

impl OnlineFlow {
    /// Prepares a source for single entities: its inputs that are features are looked up in `online`, the others are brought
    /// by requests.
    ///
    /// # Errors
    /// [`Error::Feature`] for features that cannot be looked up; [`Error::Flow`].
    pub fn prepare(source: &FlowSource, store: &FeatureStore, online: &OnlineStore) -> Result<Self> {
        let flow = source.flow().online_named(source.fitted(), &source.request())?;
        // The order of the flow's inputs is that of the look-up, too.
        let stored: BTreeMap<String, String> =
            source.inputs().into_iter().map(|(reference, input)| (input, reference)).collect();
        let mut references: Vec<String> = Vec::new();
        let inputs: Vec<Input> = flow
            .required_inputs()
            .map(|(name, flow_type)| {
                // A feature that is several inputs is looked up once.
                let stored = stored.get(name).map(|reference| {
                    references.iter().position(|known| known == reference).unwrap_or_else(|| {
                        references.push(reference.clone());
                        references.len() - 1
                    })
                });
                Input { name: name.to_owned(), item: flow_type.item, stored }
            })
            .collect();
        let options = LookupOptions::default().with_full_names(true);
        let lookup = if references.is_empty() {
            None
        } else {
            Some(Arc::new(store.online_lookup(online, &references, &BTreeMap::new(), options)?))
        };
        let names = source.request().into_iter().map(str::to_owned).collect();
        Ok(Self { values: vec![Value::Null; inputs.len()], flow, lookup, inputs, names })
    }

    /// The keys that a call is given, in this order.
    pub fn entity_columns(&self) -> &[String] {
        self.lookup.as_ref().map_or(&[], |lookup| lookup.entity_columns())
    }

    /// The inputs that a request brings, in this order.
    pub fn request_inputs(&self) -> impl Iterator<Item = &str> {
        self.inputs.iter().filter(|input| input.stored.is_none()).map(|input| input.name.as_str())
    }

    /// The features that a call returns, in this order.
    pub fn features(&self) -> &[String] {
        &self.names
    }

    /// Computes the features of one entity, as of `now`. Values that are not stored, or too old, are null.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] for too few or too many values; [`Error::Feature`], [`Error::Flow`].
    pub fn call(&mut self, keys: &[KeyPart<'_>], request: &[Value], now: Instant) -> Result<&[Value]> {
        let wanted = self.request_inputs().count();
        if request.len() != wanted {
            let reason = format!("{} values are given, and the request brings {wanted}", request.len());
            return Err(Error::InvalidOption { option: "request", reason });
        }
        let stored = self.lookup.as_ref().map(|lookup| lookup.get_one(keys, now)).transpose()?.unwrap_or_default();
        let mut given = request.iter();
        for (input, value) in self.inputs.iter().zip(&mut self.values) {
            *value = match input.stored {
                Some(at) => match stored.get(at).and_then(|found| found.value.as_ref()) {
                    Some(scalar) => value_of(scalar, input)?,
                    None => Value::Null,
                },
                None => given.next().cloned().unwrap_or_default(),
            };
        }
        Ok(self.flow.call(&self.values)?)
    }
}

/// A stored value as the flow reads it.
fn value_of(scalar: &OnlineScalar, input: &Input) -> Result<Value> {
    let refused = |what: &str| Error::InvalidOption {
        option: "features",
        reason: format!("input `{}` of the flow takes no {what}", input.name),
    };
    Ok(match scalar {
        OnlineScalar::Int(value) => Value::from(*value),
        OnlineScalar::Double(value) => Value::from(*value),
        OnlineScalar::Text(text) => Value::from(text.as_str()),
        OnlineScalar::Boolean(value) => Value::from(*value),
        OnlineScalar::Date(days) => day(*days).map(Value::from).ok_or_else(|| refused("date beyond the calendar"))?,
        OnlineScalar::Timestamp(count, unit) => {
            let time = instant(*count, *unit).ok_or_else(|| refused("time beyond the calendar"))?;
            match input.item {
                Item::DateTime => Value::from(time.naive_utc()),
                _ => Value::from(time),
            }
        }
        _ => return Err(refused("values of nested types")),
    })
}

fn day(days: i32) -> Option<NaiveDate> {
    let epoch = DateTime::UNIX_EPOCH.date_naive();
    let distance = Days::new(days.unsigned_abs().into());
    if days < 0 { epoch.checked_sub_days(distance) } else { epoch.checked_add_days(distance) }
}

fn instant(count: i64, unit: TimeUnit) -> Option<DateTime<chrono::Utc>> {
    match unit {
        TimeUnit::Second => DateTime::from_timestamp(count, 0),
        TimeUnit::Millisecond => DateTime::from_timestamp_millis(count),
        TimeUnit::Microsecond => DateTime::from_timestamp_micros(count),
        TimeUnit::Nanosecond => Some(DateTime::from_timestamp_nanos(count)),
        TimeUnit::Day => DateTime::from_timestamp(count.checked_mul(86_400)?, 0),
    }
}
