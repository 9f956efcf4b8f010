//! Records become snapshots: a pure function, so that every reader sees the same.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use arrow_ipc::convert::{IpcSchemaEncoder, fb_to_schema};
use arrow_ipc::writer::DictionaryTracker;

use super::record::{Record, RecordedSchema};
use crate::{DataFile, Error, Files, Result, Snapshot, hex};

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
    next.at_ms = record.at_ms;
    next.head = head;
    if let Some(settings) = &record.settings {
        if before.is_some_and(|before| before.settings.ordered_on != settings.ordered_on) {
            return Err(corrupt("it changes the ordered column"));
        }
        next.settings = settings.clone();
    }
    if let Some(recorded) = &record.schema {
        let schema = decode_schema(recorded).ok_or_else(|| corrupt("its schema cannot be read"))?;
        let ordered = crate::schema::ordered_type(&schema, &next.settings.ordered_on);
        let ordered = ordered.map_err(|_| corrupt("rows cannot be ordered on the column that it names"))?;
        if next.ordered_type.as_ref().is_some_and(|before| *before != ordered) {
            return Err(corrupt("it changes the type of the ordered column"));
        }
        if next.schema.as_ref().is_some_and(|before| crate::evolve::widened(before, &schema).is_err()) {
            return Err(corrupt("its columns cannot hold what is stored"));
        }
        next.ordered_type = Some(ordered);
        next.schemas.push((record.version, Arc::clone(&schema)));
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
    apply_tags(&mut next, record).ok_or_else(|| corrupt("it names or keeps versions that there are not"))?;
    next.files =
        files(&next, record).ok_or_else(|| corrupt("its files do not fit those of the version before, or overlap"))?;
    Ok(next)
}

/// Names of versions, and from which one on they can be read. `None` for what no commit can say.
fn apply_tags(next: &mut Snapshot, record: &Record) -> Option<()> {
    for (name, version) in &record.tags.set {
        if *version > next.version {
            return None;
        }
        next.tags.insert(name.clone(), *version);
    }
    for name in &record.tags.unset {
        next.tags.remove(name);
    }
    let from = record.readable_from.unwrap_or(next.readable_from);
    (next.readable_from..=next.version).contains(&from).then(|| next.readable_from = from)
}

fn first(record: &Record) -> Option<Snapshot> {
    let settings = record.settings.clone()?;
    (record.version == 0 && record.parent.is_empty()).then(|| Snapshot {
        dataset_id: record.dataset.clone(),
        version: 0,
        head: String::new(),
        settings,
        key: record.key.clone(),
        at_ms: record.at_ms,
        schema: None,
        schemas: Vec::new(),
        ordered_type: None,
        files: Files::default(),
        key_value_metadata: std::collections::BTreeMap::new(),
        apps: std::collections::BTreeMap::new(),
        tags: std::collections::BTreeMap::new(),
        readable_from: 0,
    })
}

/// The files after the record: only the stretch between the first and the last that it changes is looked at.
fn files(before: &Snapshot, record: &Record) -> Option<Files> {
    let files = &before.files;
    let mut removed = record.rm.iter().map(|name| files.position(name)).collect::<Option<Vec<_>>>()?;
    removed.sort_unstable();
    if removed.windows(2).any(|pair| pair[0] == pair[1]) {
        return None;
    }
    let mut added = Vec::with_capacity(record.add.len());
    for file in &record.add {
        let file = file.to_data_file(before.ordered_type.as_ref()?)?;
        // Vacuum takes a file that was staged for a version and is not of it for garbage.
        if file.version() != record.version {
            return None;
        }
        added.push(Arc::new(file));
    }
    added.sort_by(|a, b| a.name.cmp(&b.name));
    let place = |file: &Arc<DataFile>| files.partition_point(|stored| stored.name < file.name);
    let changed = removed.iter().copied().chain(added.first().map(place)).chain(added.last().map(place));
    let Some(start) = changed.clone().min() else { return Some(files.clone()) };
    let end = removed.last().map(|last| last + 1).into_iter().chain(added.last().map(place)).max()?;
    let stays = (start..end).filter(|at| removed.binary_search(at).is_err()).map(|at| Arc::clone(&files[at]));
    let mut stretch: Vec<_> = stays.chain(added).collect();
    stretch.sort_by(|a, b| a.name.cmp(&b.name));
    let before = start.checked_sub(1).and_then(|at| files.get(at));
    let sound = in_order(before.into_iter().chain(&stretch).chain(files.get(end)));
    sound.then(|| files.splice(start..end, stretch))
}

/// Whether names are distinct, and each row group begins at or after the end of the one before.
pub(super) fn in_order<'a>(files: impl Iterator<Item = &'a Arc<DataFile>>) -> bool {
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
    let decode = || {
        let schema = arrow_ipc::root_as_schema(&bytes).ok().filter(|schema| is_no_larger(schema, bytes.len()))?;
        let schema = Arc::new(fb_to_schema(schema));
        // Types that exist can still be impossible, such as texts of negative length.
        let _ = RecordBatch::new_empty(Arc::clone(&schema));
        Some(schema)
    };
    std::panic::catch_unwind(decode).ok().flatten()
}

/// Whether the decoded schema takes about as much memory as its bytes: in a forged one, the same few bytes may be the
/// children of a field many times over, level by level.
fn is_no_larger(schema: &arrow_ipc::Schema<'_>, bytes: usize) -> bool {
    fn take(field: &arrow_ipc::Field<'_>, left: usize) -> Option<usize> {
        const TABLE: usize = 16;
        let left = left.checked_sub(TABLE + field.name().map_or(0, str::len))?;
        let entries = field.custom_metadata().into_iter().flatten();
        let mut texts = entries.map(|entry| entry.key().map_or(0, str::len) + entry.value().map_or(0, str::len));
        let left = texts.try_fold(left, usize::checked_sub)?;
        field.children().into_iter().flatten().try_fold(left, |left, child| take(&child, left))
    }
    schema.fields().into_iter().flatten().try_fold(bytes, |left, field| take(&field, left)).is_some()
}
