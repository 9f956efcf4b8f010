//! [`OnlineLookup`]: features of entities, by key; names, places and types are worked out once.

mod answer;
mod batch;
mod binding;
mod column;
mod one;
mod part;

use std::collections::HashMap;
use std::fmt;

use arrow::datatypes::DataType as Arrow;

pub use answer::{OnlineScalar, OnlineValue, ValueStatus};
pub use column::{LookupOptions, OnlineColumn};

use self::part::Part;
use super::OnlineStore;
use crate::{Error, Result};

/// A prepared look-up: asked again and again, from any number of threads, it follows what is materialized.
///
/// ```
/// # use std::sync::Arc;
/// # use arrow::array::{ArrayRef, Int64Array, RecordBatch, TimestampMicrosecondArray};
/// # use varvite_dataset::{Dataset, WriteOptions};
/// use varvite_feature::online::{LookupOptions, MaterializeOptions, OnlineColumn, OnlineLookup, OnlineScalar, OnlineStore};
/// # use varvite_schema::{DataType, FeatureGroupSchema, FeatureSchema};
/// # let folder = tempfile::tempdir()?;
/// # let users = Arc::new(FeatureGroupSchema::builder("users").entity_key("user_id", DataType::BigInt).event_time("at")
/// #     .ttl("7d").feature(FeatureSchema::builder("visits", DataType::BigInt)).build()?);
/// # let history = Dataset::open_or_new(folder.path().join("history"))?;
/// # let rows = RecordBatch::try_from_iter([
/// #     ("user_id", Arc::new(Int64Array::from(vec![1])) as ArrayRef),
/// #     ("at", Arc::new(TimestampMicrosecondArray::from(vec![0]))),
/// #     ("visits", Arc::new(Int64Array::from(vec![3]))),
/// #     ("__commit", Arc::new(Int64Array::from(vec![0]))),
/// # ])?;
/// # history.write(rows, &WriteOptions::ordered_on("at"))?;
/// let store = OnlineStore::open(folder.path().join("values.redb"))?;
/// store.materialize(&users, &history, &MaterializeOptions::up_to("2024-02-01".parse()?))?;
///
/// let lookup = OnlineLookup::prepare(&store, &OnlineColumn::all(&users), LookupOptions::default())?;
/// let values = lookup.get_one(&[1_i64.into()], "1970-01-08".parse()?)?;
/// assert_eq!(values[0].value, Some(OnlineScalar::Int(3)));
/// let values = lookup.get_one(&[1_i64.into()], "1970-01-08T00:00:01".parse()?)?;
/// assert_eq!((values[0].status.as_str(), &values[0].value), ("OUTSIDE_MAX_AGE", &None));
///
/// let entities = RecordBatch::try_from_iter([("user_id", Arc::new(Int64Array::from(vec![2, 1])) as ArrayRef)])?;
/// let answer = lookup.get(&entities, "1970-01-02".parse()?)?;
/// let names: Vec<_> = answer.schema().fields().iter().map(|field| field.name().clone()).collect();
/// assert_eq!(names, ["user_id", "visits", "visits__status", "users__event_ts"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct OnlineLookup {
    store: OnlineStore,
    /// Groups, each under the name it is asked for.
    parts: Vec<Part>,
    /// What is answered, in order.
    outputs: Vec<Output>,
    /// Columns of the entity table that are needed.
    entity_columns: Vec<String>,
}

/// A column of the answer, with those that belong to it.
#[derive(Debug)]
struct Output {
    name: String,
    status_name: String,
    part: usize,
    /// The feature's place in its part.
    feature: usize,
    /// The name of the column of event times, after the first feature of a group.
    event_name: Option<String>,
}

impl OnlineLookup {
    /// Works out what it takes to answer `columns`, in their order.
    ///
    /// # Errors
    /// For features that their group does not have, and for two columns of one name (S10, S20).
    pub fn prepare(store: &OnlineStore, columns: &[OnlineColumn], options: LookupOptions) -> Result<Self> {
        let mut lookup =
            Self { store: store.clone(), parts: Vec::new(), outputs: Vec::new(), entity_columns: Vec::new() };
        for column in columns {
            lookup.add(column, options)?;
        }
        lookup.check_names()?;
        Ok(lookup)
    }

    /// The columns that an entity table must have; parts of [`get_one`](Self::get_one) are in this order.
    pub fn entity_columns(&self) -> &[String] {
        &self.entity_columns
    }

    fn add(&mut self, column: &OnlineColumn, options: LookupOptions) -> Result<()> {
        let feature = column.group.feature(&column.feature)?;
        let same = |part: &Part| part.is_of(column);
        let known = self.parts.iter().position(same);
        if known.is_none() {
            let part = Part::new(column, &mut self.entity_columns)?;
            self.parts.push(part);
        }
        let part = known.unwrap_or(self.parts.len() - 1);
        let has_times = column.group.event_time().is_some();
        let full_name = || format!("{}__{}", column.prefix(), feature.name());
        let name = if options.full_names { full_name() } else { feature.name().to_owned() };
        self.outputs.push(Output {
            status_name: format!("{name}__status"),
            name,
            part,
            feature: self.parts[part].add(feature.name(), feature.data_type().to_arrow()),
            event_name: (known.is_none() && has_times).then(|| format!("{}__event_ts", column.prefix())),
        });
        Ok(())
    }

    /// Refuses two columns of one name.
    fn check_names(&self) -> Result<()> {
        let mut seen: HashMap<&str, String> = HashMap::new();
        for output in &self.outputs {
            let part = &self.parts[output.part];
            let what = format!("{}.{}", part.prefix(), part.feature_name(output.feature));
            for name in
                [Some(&output.name), Some(&output.status_name), output.event_name.as_ref()].into_iter().flatten()
            {
                if let Some(first) = seen.insert(name, what.clone()) {
                    return Err(Error::AmbiguousFeatureName { name: name.clone(), first, second: what });
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for OnlineLookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnlineLookup")
            .field("store", &self.store)
            .field("outputs", &self.outputs)
            .finish_non_exhaustive()
    }
}

/// The type of event times as long as no row says it.
fn default_event_type() -> Arrow {
    Arrow::Timestamp(arrow::datatypes::TimeUnit::Microsecond, Some("UTC".into()))
}
