//! What a write works with: its options, completed by what the dataset remembers, checked against it.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;

use super::duplicates::DuplicateKey;
use super::options::{Duplicates, WriteOptions};
use crate::evolve::{evolved, widened};
use crate::schema::{ordered_type, stored_schema};
use crate::{Error, OrderedType, Result, RowGroupTarget, Settings, Snapshot};

/// Settings, schema and key of one write.
#[derive(Debug, Clone)]
pub(crate) struct Resolved {
    /// What this write goes by.
    pub(crate) settings: Settings,
    /// What the dataset remembers afterwards.
    pub(crate) remembered: Settings,
    /// The columns; `None` only while nothing but metadata was ever written.
    pub(crate) schema: Option<SchemaRef>,
    pub(crate) ordered_type: Option<OrderedType>,
    pub(crate) key: Option<DuplicateKey>,
}

/// Completes and checks `options`; `given` are the columns of the rows, where there are rows.
pub(crate) fn resolve(
    snapshot: Option<&Snapshot>,
    given: Option<&SchemaRef>,
    options: &WriteOptions,
) -> Result<Resolved> {
    let stored = snapshot.map(|snapshot| &snapshot.settings);
    let ordered_on = match (stored, &options.ordered_on) {
        (Some(stored), Some(given)) if stored.ordered_on != *given => {
            return Err(Error::OrderedOnMismatch { stored: stored.ordered_on.to_string(), given: given.to_string() });
        }
        (Some(stored), _) => stored.ordered_on.clone(),
        (None, Some(given)) => given.clone(),
        (None, None) => return Err(Error::OrderedOnMissing),
    };
    let mut settings = stored.cloned().unwrap_or_else(|| Settings::new(ordered_on));
    settings.duplicates_on = options.duplicates_on.clone().unwrap_or(settings.duplicates_on);
    settings.row_group_target_size = options.row_group_target_size.unwrap_or(settings.row_group_target_size);
    settings.max_n_off_target_rgs = options.max_n_off_target_rgs.unwrap_or(settings.max_n_off_target_rgs);
    settings.compression = options.compression.unwrap_or(settings.compression);
    if settings.row_group_target_size == RowGroupTarget::Rows(0) {
        let reason = "a row group has at least 1 row".to_owned();
        return Err(Error::InvalidOption { option: "row_group_target_size", reason });
    }
    settings.retention = options.retention.unwrap_or(settings.retention);
    // The first write says what is remembered; later ones override it for themselves, except for what is asked of all.
    let mut remembered = stored.cloned().unwrap_or_else(|| settings.clone());
    remembered.retention = settings.retention;
    let schema = match (snapshot.and_then(|snapshot| snapshot.schema.clone()), given) {
        (Some(stored), Some(given)) if options.evolve => Some(evolved(&stored, given, &settings.ordered_on)?),
        (Some(stored), _) => Some(stored),
        (None, Some(given)) => Some(stored_schema(given)?),
        (None, None) => None,
    };
    complete(settings, remembered, schema)
}

fn complete(settings: Settings, remembered: Settings, schema: Option<SchemaRef>) -> Result<Resolved> {
    let Some(schema) = schema else {
        return Ok(Resolved { settings, remembered, schema: None, ordered_type: None, key: None });
    };
    let ordered = ordered_type(&schema, &settings.ordered_on)?;
    if matches!(settings.row_group_target_size, RowGroupTarget::Period(_)) && !ordered.is_temporal() {
        let reason = format!(
            "a period needs a date or a timestamp, but column `{}` is {}: give a number of rows",
            settings.ordered_on,
            ordered.data_type()
        );
        return Err(Error::InvalidOption { option: "row_group_target_size", reason });
    }
    let key = match &settings.duplicates_on {
        Duplicates::KeepAll => None,
        duplicates => DuplicateKey::try_new(duplicates, &schema, &settings.ordered_on)?,
    };
    Ok(Resolved { settings, remembered, schema: Some(schema), ordered_type: Some(ordered), key })
}

impl Resolved {
    /// The same write on another version, with the wider of both schemas.
    pub(crate) fn on_version(&self, winner: &Snapshot, options: &WriteOptions) -> Result<Self> {
        let mut resolved = resolve(Some(winner), self.schema.as_ref(), options)?;
        if let (Some(ours), Some(theirs)) = (&self.schema, &winner.schema)
            && ours != theirs
            && !options.evolve
        {
            // The wider of the two holds both; columns that neither has hold neither.
            let wider = if widened(ours, theirs).is_ok() { theirs } else { ours };
            widened(theirs, wider)?;
            resolved = complete(resolved.settings, resolved.remembered, Some(Arc::clone(wider)))?;
        }
        Ok(resolved)
    }
}
