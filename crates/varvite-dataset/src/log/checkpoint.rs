//! Checkpoints: a version as one Parquet file, so that opening replays the records after it alone.
//!
//! A pure function of the log: racing writers make the same file, and a lost one costs only time. The row-group table
//! are the rows, everything else of the snapshot is JSON in the footer.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, FixedSizeBinaryArray, RecordBatch, StringArray, UInt64Array};
use arrow::datatypes::UInt64Type;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use super::names::{checkpoint_name, checkpoint_parts, floor};
use super::record::{FORMAT, RecordedSchema};
use super::{Log, replay};
use crate::file::Table;
use crate::{DataFile, Error, OrderedType, Result, Settings, Snapshot};

/// How many commits lie between two checkpoints.
const EVERY: u64 = 64;
/// How many checkpoints are kept: the one before the newest, should that one be damaged.
const KEPT: usize = 2;
/// The largest checkpoint that is read, in bytes.
const MAX_CHECKPOINT: u64 = 1 << 30;

/// Bytes that a row takes at least, of hashes alone: a file that claims more rows would not be ours.
const ROW_BYTES: u64 = 24;

const HEADER_KEY: &str = "varvite.checkpoint";

/// A snapshot without its files.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    format: u32,
    dataset: String,
    version: u64,
    head: String,
    settings: Settings,
    key: Option<String>,
    at_ms: i64,
    schemas: Vec<(u64, RecordedSchema)>,
    kv: BTreeMap<String, String>,
    apps: BTreeMap<String, u64>,
    tags: BTreeMap<String, u64>,
    readable_from: u64,
}

/// What a file is that has the name of a checkpoint.
#[derive(Debug)]
pub(super) enum CheckpointState {
    /// The version that it is of.
    Usable(Box<Snapshot>),
    /// It is not there any more.
    Gone,
    /// Its bytes are not those that were written.
    Damaged,
    /// It is none that we write.
    Unknown,
    /// It does not fit the record of its version: of which dataset it is.
    Misfit(String),
}

impl Log {
    /// Writes a checkpoint if one is due. Only advice: it may fail.
    ///
    /// Who holds the lock (`locked`) removes old ones. Another may have listed one before it became what is left of the
    /// log: expiry holds the lock from its checkpoint to the last record.
    pub(crate) fn checkpoint_if_due(&self, snapshot: &Snapshot, locked: bool) {
        if snapshot.version == 0 || !snapshot.version.is_multiple_of(EVERY) {
            return;
        }
        if let Err(error) = self.write_checkpoint(snapshot) {
            tracing::warn!(version = snapshot.version, %error, "no checkpoint was written");
            return;
        }
        if locked {
            self.prune_checkpoints();
        }
    }

    fn prune_checkpoints(&self) {
        let Ok(names) = self.names() else { return };
        // Where old records are gone, what is left of them begins with a checkpoint.
        let first = floor(&names).map(|floor| floor + 1);
        for name in checkpoints(&names).into_iter().skip(KEPT) {
            if checkpoint_parts(&name).map(|(version, _)| version) != first {
                let _ = self.meta_path(&name).map(|path| self.storage.delete(&path));
            }
        }
    }

    /// Writes a checkpoint; one that is there already is fine. Returns its name.
    pub(super) fn write_checkpoint(&self, snapshot: &Snapshot) -> Result<String> {
        let failed = |source| self.failed("writing a checkpoint", source);
        let name = checkpoint_name(snapshot.version, 0);
        let bytes = write(snapshot).map_err(|source| Error::Parquet { action: "encode", file: name, source })?;
        let name = checkpoint_name(snapshot.version, xxh3_128(&bytes));
        let staged = self.storage.stage(&self.meta_path(&name)?, bytes).map_err(failed)?;
        self.storage.sync_staged(&staged).map_err(failed)?;
        self.storage.publish(&staged).map(|_| name).map_err(failed)
    }

    /// The newest version up to `until` of which there is a checkpoint that fits its record; `None` if the records must
    /// do.
    ///
    /// # Errors
    /// If the storage fails and the records alone cannot do, because old ones are gone.
    pub(super) fn newest_checkpoint(&self, names: &[String], until: u64) -> Result<Option<Snapshot>> {
        let before = |name: &&String| checkpoint_parts(name).is_some_and(|(version, _)| version <= until);
        for name in checkpoints(names).iter().filter(before) {
            match self.read_checkpoint(name) {
                Ok(Some(snapshot)) => return Ok(Some(snapshot)),
                Err(error) if floor(names).is_some() => return Err(error),
                unusable => tracing::warn!(name, ?unusable, "a checkpoint cannot be used"),
            }
        }
        Ok(None)
    }

    /// `None` if it is damaged, or not of this dataset.
    fn read_checkpoint(&self, name: &str) -> Result<Option<Snapshot>> {
        Ok(match self.checkpoint_state(name)? {
            CheckpointState::Usable(snapshot) => Some(*snapshot),
            _ => None,
        })
    }

    /// What a checkpoint is good for.
    ///
    /// # Errors
    /// If the storage cannot tell.
    pub(super) fn checkpoint_state(&self, name: &str) -> Result<CheckpointState> {
        let failed = |source| self.failed("reading a checkpoint", source);
        let Some((version, hash)) = checkpoint_parts(name) else { return Ok(CheckpointState::Unknown) };
        let path = self.meta_path(name)?;
        let Some(entry) = self.storage.head(&path).map_err(failed)? else { return Ok(CheckpointState::Gone) };
        if entry.len > MAX_CHECKPOINT {
            return Ok(CheckpointState::Unknown);
        }
        let bytes = match self.storage.get(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.is_not_found() => return Ok(CheckpointState::Gone),
            Err(error) => return Err(failed(error)),
        };
        if xxh3_128(&bytes) != hash {
            return Ok(CheckpointState::Damaged);
        }
        let Ok(Some(snapshot)) = read(bytes, name) else { return Ok(CheckpointState::Unknown) };
        // It may have been left behind by a dataset that stood here before.
        let is_ours = snapshot.version == version && self.recorded_head(version)?.as_ref() == Some(&snapshot.head);
        Ok(if is_ours {
            CheckpointState::Usable(Box::new(snapshot))
        } else {
            CheckpointState::Misfit(snapshot.dataset_id)
        })
    }
}

/// Checkpoints, newest first.
fn checkpoints(names: &[String]) -> Vec<String> {
    let mut found: Vec<String> = names.iter().filter(|name| checkpoint_parts(name).is_some()).cloned().collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    found
}

fn write(snapshot: &Snapshot) -> Result<Bytes, ParquetError> {
    let header = Header {
        format: FORMAT,
        dataset: snapshot.dataset_id.clone(),
        version: snapshot.version,
        head: snapshot.head.clone(),
        settings: snapshot.settings.clone(),
        key: snapshot.key.clone(),
        at_ms: snapshot.at_ms,
        schemas: snapshot.schemas.iter().map(|(since, schema)| (*since, replay::encode_schema(schema))).collect(),
        kv: snapshot.key_value_metadata.clone(),
        apps: snapshot.apps.clone(),
        tags: snapshot.tags.clone(),
        readable_from: snapshot.readable_from,
    };
    let header = serde_json::to_string(&header).map_err(|error| ParquetError::External(Box::new(error)))?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_key_value_metadata(Some(vec![KeyValue::new(HEADER_KEY.to_owned(), header)]))
        .build();
    let table = table(snapshot)?;
    let mut writer = ArrowWriter::try_new(Vec::new(), table.schema(), Some(properties))?;
    writer.write(&table)?;
    Ok(writer.into_inner()?.into())
}

fn table(snapshot: &Snapshot) -> Result<RecordBatch, ParquetError> {
    let files = &snapshot.files;
    let number = |get: fn(&DataFile) -> u64| -> ArrayRef {
        Arc::new(files.iter().map(|file| get(file)).collect::<UInt64Array>())
    };
    let text = |get: &dyn Fn(&DataFile) -> String| -> ArrayRef {
        Arc::new(files.iter().map(|file| Some(get(file))).collect::<StringArray>())
    };
    let format = |value: &crate::OrderedValue| {
        snapshot.ordered_type.as_ref().map(|ordered| ordered.format(value)).unwrap_or_default()
    };
    let sums = files.iter().map(|file| Some(file.sum.to_be_bytes()));
    let sums = FixedSizeBinaryArray::try_from_sparse_iter_with_size(sums, 16)?;
    Ok(RecordBatch::try_from_iter([
        ("file", text(&|file| file.name.clone())),
        ("num_rows", number(|file| file.num_rows)),
        ("min", text(&|file| format(&file.min))),
        ("max", text(&|file| format(&file.max))),
        ("len", number(|file| file.len)),
        ("end", number(|file| file.end)),
        ("tail", number(|file| file.tail)),
        ("sum", Arc::new(sums)),
    ])?)
}

/// `None` if the file is not what we write.
fn read(bytes: Bytes, name: &str) -> Result<Option<Snapshot>> {
    let max_rows = bytes.len() as u64 / ROW_BYTES;
    let table = Table::open(bytes, name)?;
    let header = table.entry(HEADER_KEY).and_then(|text| serde_json::from_str::<Header>(text).ok());
    let Some(header) = header.filter(|_| table.num_rows() <= max_rows) else { return Ok(None) };
    let schemas = header.schemas.iter().map(|(since, schema)| Some((*since, replay::decode_schema(schema)?)));
    let Some(schemas) = schemas.collect::<Option<Vec<_>>>() else { return Ok(None) };
    let schema = schemas.last().map(|(_, schema)| Arc::clone(schema));
    let ordered_type = schema.as_ref().map(|schema| crate::schema::ordered_type(schema, &header.settings.ordered_on));
    let Ok(ordered_type) = ordered_type.transpose() else { return Ok(None) };
    let mut files = Vec::new();
    for batch in table.batches() {
        let Some(read) = data_files(&batch?, ordered_type.as_ref()) else { return Ok(None) };
        files.extend(read);
    }
    let known = header.format == FORMAT && replay::in_order(files.iter());
    Ok(known.then_some(Snapshot {
        dataset_id: header.dataset,
        version: header.version,
        head: header.head,
        settings: header.settings,
        key: header.key,
        at_ms: header.at_ms,
        schema,
        schemas,
        ordered_type,
        files: files.into_iter().collect(),
        key_value_metadata: header.kv,
        apps: header.apps,
        tags: header.tags,
        readable_from: header.readable_from,
    }))
}

fn data_files(batch: &RecordBatch, ordered: Option<&OrderedType>) -> Option<Vec<Arc<DataFile>>> {
    let number = |name: &str| batch.column_by_name(name)?.as_primitive_opt::<UInt64Type>();
    let text = |name: &str| batch.column_by_name(name)?.as_string_opt::<i32>();
    let (names, mins, maxs) = (text("file")?, text("min")?, text("max")?);
    let (rows, lens, ends, tails) = (number("num_rows")?, number("len")?, number("end")?, number("tail")?);
    let sums = batch.column_by_name("sum")?.as_fixed_size_binary_opt()?;
    if batch.columns().iter().any(|column| column.null_count() > 0) {
        return None;
    }
    (0..batch.num_rows())
        .map(|row| {
            let file = DataFile {
                name: names.value(row).to_owned(),
                len: lens.value(row),
                end: ends.value(row),
                tail: tails.value(row),
                sum: u128::from_be_bytes(sums.value(row).try_into().ok()?),
                num_rows: rows.value(row),
                min: ordered?.parse(mins.value(row)).ok()?,
                max: ordered?.parse(maxs.value(row)).ok()?,
            };
            file.is_plausible().then(|| Arc::new(file))
        })
        .collect()
}
