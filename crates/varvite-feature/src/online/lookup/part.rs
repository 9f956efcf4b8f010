//! [`Part`]: one group of a look-up.

use std::sync::{Arc, PoisonError, RwLock, Weak};

use arrow::datatypes::DataType as Arrow;
use varvite_schema::FeatureGroupSchema;
use varvite_time::{Instant, TimeUnit};

use super::answer::ValueStatus;
use super::binding::{Binding, Place};
use super::column::OnlineColumn;
use super::default_event_type;
use crate::online::key::KeyKind;
use crate::online::row::RowView;
use crate::online::view::{GroupView, LiveView};
use crate::{Error, Result};

/// A group of a look-up, under the name that it is asked for.
#[derive(Debug)]
pub(super) struct Part {
    asked: OnlineColumn,
    id: String,
    pub(super) keys: Vec<PartKey>,
    features: Vec<(String, Arrow)>,
    ttl_ns: Option<i128>,
    /// Where rows have the features, by layout, and for which view that holds.
    bindings: RwLock<(Weak<GroupView>, Arc<Vec<Binding>>)>,
}

/// A key of a group, and where it comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct PartKey {
    /// The position of its column among those that the look-up needs.
    pub(super) column: usize,
    pub(super) kind: KeyKind,
}

/// What is known of a row before its values are looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// Why values are withheld, if they are.
    pub(super) withheld: Option<ValueStatus>,
    /// The event time, in the unit of its column.
    pub(super) event: Option<i64>,
}

impl Known {
    /// There is no row.
    pub(super) const NOTHING: Self = Self { withheld: Some(ValueStatus::NotFound), event: None };
}

impl Part {
    pub(super) fn new(column: &OnlineColumn, entity_columns: &mut Vec<String>) -> Result<Self> {
        let group = &column.group;
        if let Some(unknown) = column.keys.keys().find(|name| group.entity_keys().iter().all(|key| key.name() != *name))
        {
            let reason = format!("group `{}` has no key `{unknown}`", group.id());
            return Err(Error::InvalidOption { option: "key_map", reason });
        }
        let mut keys = Vec::new();
        for key in group.entity_keys() {
            let kind = KeyKind::of(key.data_type()).ok_or_else(|| Error::NotMaterializable {
                group: group.id(),
                reason: format!("`{}` cannot be the type of a key", key.data_type()),
            })?;
            let name = column.keys.get(key.name()).map_or(key.name(), String::as_str);
            let column = entity_columns.iter().position(|known| known == name).unwrap_or_else(|| {
                entity_columns.push(name.to_owned());
                entity_columns.len() - 1
            });
            keys.push(PartKey { column, kind });
        }
        Ok(Self {
            asked: column.clone(),
            id: group.id(),
            keys,
            features: Vec::new(),
            ttl_ns: group.ttl().map(|ttl| ttl.as_ns().into()),
            bindings: RwLock::default(),
        })
    }

    /// Whether a column is one more feature of this part.
    pub(super) fn is_of(&self, column: &OnlineColumn) -> bool {
        let (asked, same) = (&self.asked, self.asked.group.id() == column.group.id());
        same && asked.alias == column.alias && asked.keys == column.keys
    }

    pub(super) fn add(&mut self, feature: &str, data_type: Arrow) -> usize {
        self.features.push((feature.to_owned(), data_type));
        self.features.len() - 1
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn prefix(&self) -> &str {
        self.asked.prefix()
    }

    pub(super) fn group(&self) -> &FeatureGroupSchema {
        &self.asked.group
    }

    pub(super) fn feature_name(&self, feature: usize) -> &str {
        &self.features[feature].0
    }

    pub(super) fn data_type(&self, feature: usize) -> &Arrow {
        &self.features[feature].1
    }

    /// The type of event times: what is stored, else what is defined.
    pub(super) fn event_type(&self, live: Option<&LiveView>) -> Arrow {
        if let Some((stored, _)) = live.and_then(|live| live.event.as_ref()) {
            return stored.clone();
        }
        let defined = self.group().event_time().and_then(|time| time.data_type());
        defined.map_or_else(default_event_type, varvite_schema::DataType::to_arrow)
    }

    /// Where rows have the features, by layout.
    pub(super) fn bindings(&self, view: &Arc<GroupView>) -> Result<Arc<Vec<Binding>>> {
        {
            let known = self.bindings.read().unwrap_or_else(PoisonError::into_inner);
            if std::ptr::eq(known.0.as_ptr(), Arc::as_ptr(view)) {
                return Ok(Arc::clone(&known.1));
            }
        }
        let layouts = view.state.layouts.iter();
        let bindings = layouts.map(|layout| Binding::new(layout, &self.features)).collect::<Result<Vec<_>>>()?;
        let bindings = Arc::new(bindings);
        // The view is not kept: it would hold pages that a commit wants to use again.
        let known = (Arc::downgrade(view), Arc::clone(&bindings));
        *self.bindings.write().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(bindings)
    }

    /// Where rows of a layout have a feature; `None` where they had none yet.
    pub(super) fn place(&self, binding: &Binding, feature: usize) -> Result<Option<Place>> {
        binding.place(feature).map_err(|stored| {
            let (name, wanted) = &self.features[feature];
            let reason = format!("`{name}` is stored as {stored}, and was asked for as {wanted}");
            Error::OnlineStale { group: self.id.clone(), reason }
        })
    }

    /// Whether stored keys are of the kinds that are asked for.
    pub(super) fn check_keys(&self, live: &LiveView) -> Result<()> {
        let same = live.keys.iter().eq(self.keys.iter().map(|key| &key.kind));
        let reason = || "its keys had other types when it was materialized".to_owned();
        if same { Ok(()) } else { Err(Error::OnlineStale { group: self.id.clone(), reason: reason() }) }
    }

    /// What holds for all values of a row: that the future is not served (S11), and nothing older than the TTL (S05).
    pub(super) fn judge(&self, row: RowView<'_>, unit: Option<TimeUnit>, now: Instant) -> Known {
        let Some(unit) = unit else { return Known { withheld: None, event: None } };
        let event = row.event();
        let age = now.as_ns().saturating_sub(Instant::new(event, unit).as_ns());
        if age < 0 {
            return Known::NOTHING;
        }
        let too_old = self.ttl_ns.is_some_and(|ttl| age > ttl);
        Known { withheld: too_old.then_some(ValueStatus::OutsideMaxAge), event: Some(event) }
    }
}
