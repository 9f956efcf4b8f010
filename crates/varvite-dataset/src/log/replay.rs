//! Records become snapshots: a pure function, so that every reader sees the same.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use arrow_ipc::convert::{IpcSchemaEncoder, fb_to_schema};
use arrow_ipc::writer::DictionaryTracker;

use super::record::{Record, RecordedSchema};
use crate::{DataFile, Error, Result, Snapshot, hex};

/// The version after `record`, whose first line has this hash, given the one before.
pub(crate) fn apply(before: Option<&Snapshot>, record: &Record, head: String, file: &str) -> Result<Snapshot> {
    let corrupt = |reason: &str| Error::Corrupt { file: file.to_owned(), offset: None, reason: reason.to_owned() };
    let mut next = match before {
        Some(before) => {
            if record.parent != before.head
                || record.dataset != before.dataset_id
                || record.version != before.version + 1
            {
                return Err(corrupt("it does not follow the record before it"));
            }
            before.clone()
        }
        None => first(record).ok_or_else(|| corrupt("it is not the first record of a dataset"))?,
    };
    next.version = record.version;
    next.head = head;
    if let Some(settings) = &record.settings {
        if before.is_some_and(|before| before.settings.ordered_on != settings.ordered_on) {
            return Err(corrupt("it changes the ordered column"));
        }
        next.settings = settings.clone();
    }
    if let Some(recorded) = &record.schema {
        let schema = decode_schema(recorded).ok_or_else(|| corrupt("its schema cannot be read"))?;
        next.ordered_type = Some(crate::schema::ordered_type(&schema, &next.settings.ordered_on)?);
        next.schema = Some(schema);
    }
    for (name, value) in &record.kv.set {
        next.key_value_metadata.insert(name.clone(), value.clone());
    }
    for name in &record.kv.unset {
        next.key_value_metadata.remove(name);
    }
    if let Some(app) = &record.app {
        next.apps.insert(app.id.clone(), app.seq);
    }
    next.files = files(&next, record).ok_or_else(|| corrupt("its files do not fit those of the version before"))?;
    if !in_order(&next.files) {
        return Err(corrupt("its row groups overlap"));
    }
    Ok(next)
}

fn first(record: &Record) -> Option<Snapshot> {
    let settings = record.settings.clone()?;
    (record.version == 0 && record.parent.is_empty()).then(|| Snapshot {
        dataset_id: record.dataset.clone(),
        version: 0,
        head: String::new(),
        settings,
        key: record.key.clone(),
        schema: None,
        ordered_type: None,
        files: Vec::new(),
        key_value_metadata: std::collections::BTreeMap::new(),
        apps: std::collections::BTreeMap::new(),
    })
}

fn files(before: &Snapshot, record: &Record) -> Option<Vec<Arc<DataFile>>> {
    let removed: BTreeSet<&str> = record.rm.iter().map(String::as_str).collect();
    let mut files: Vec<_> = before.files.iter().filter(|file| !removed.contains(file.name.as_str())).cloned().collect();
    if files.len() + removed.len() != before.files.len() || removed.len() != record.rm.len() {
        return None;
    }
    for added in &record.add {
        files.push(Arc::new(added.to_data_file(before.ordered_type.as_ref()?)?));
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Some(files)
}

/// Whether names are distinct, and each row group begins at or after the end of the one before.
pub(super) fn in_order(files: &[Arc<DataFile>]) -> bool {
    files.is_sorted_by(|a, b| a.name < b.name && a.max <= b.min)
}

/// The columns as a record holds them.
pub(crate) fn encode_schema(schema: &Schema) -> RecordedSchema {
    let mut dictionaries = DictionaryTracker::new(false);
    let bytes = IpcSchemaEncoder::new().with_dictionary_tracker(&mut dictionaries).schema_to_fb(schema);
    RecordedSchema {
        arrow: hex::encode(bytes.finished_data()),
        columns: schema.fields().iter().map(|field| [field.name().clone(), field.data_type().to_string()]).collect(),
    }
}

/// The columns of a record; `None` if they cannot be read.
///
/// A record whose hash is right can still be forged, and Arrow's decoder panics for types that do not exist.
pub(super) fn decode_schema(recorded: &RecordedSchema) -> Option<SchemaRef> {
    let bytes = hex::decode(&recorded.arrow)?;
    let decoded = std::panic::catch_unwind(|| arrow_ipc::root_as_schema(&bytes).ok().map(fb_to_schema));
    decoded.ok().flatten().map(Arc::new)
}
