//! [`Record`]: one commit as it is written down: a line of JSON, and a line with its SHA-256.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{DataFile, Error, OrderedType, Result, Settings};

/// The format that this version writes and reads.
pub(super) const FORMAT: u32 = 1;
/// Length of a record's second line: 64 digits and the end of the line.
pub(super) const HASH_LINE: u64 = 65;
/// Longest record that we read, in bytes.
pub(super) const MAX_RECORD: u64 = 16 << 20;

/// One commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) format: u32,
    #[serde(default)]
    pub(crate) features: Vec<String>,
    pub(crate) dataset: String,
    pub(crate) version: u64,
    /// SHA-256 of the first line of the record before; empty for the first.
    pub(crate) parent: String,
    pub(crate) txn: String,
    #[serde(default)]
    pub(crate) app: Option<App>,
    pub(crate) op: String,
    pub(crate) at_ms: i64,
    /// The version that the writer had read; none for the first.
    #[serde(default)]
    pub(crate) base: Option<u64>,
    /// Smallest and largest key of the rows written.
    #[serde(default)]
    pub(crate) range: Option<[String; 2]>,
    #[serde(default)]
    pub(crate) add: Vec<AddedFile>,
    #[serde(default)]
    pub(crate) rm: Vec<String>,
    #[serde(default)]
    pub(crate) kv: KeyValues,
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub(crate) tags: Tags,
    /// From this version on, all can be read; of those before it, only tagged ones. Not said: as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) readable_from: Option<u64>,
    #[serde(default)]
    pub(crate) settings: Option<Settings>,
    #[serde(default)]
    pub(crate) schema: Option<RecordedSchema>,
    #[serde(default)]
    pub(crate) key: Option<String>,
}

/// What a record of any format begins to be understood by. All else is passed over without taking memory.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    format: Option<u64>,
}

/// The caller's own name of a write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct App {
    pub(crate) id: String,
    pub(crate) seq: u64,
}

/// Changes of the key-value metadata.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeyValues {
    #[serde(default)]
    pub(crate) set: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) unset: Vec<String>,
}

/// Changes of the names that versions have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tags {
    #[serde(default)]
    pub(crate) set: BTreeMap<String, u64>,
    #[serde(default)]
    pub(crate) unset: Vec<String>,
}

impl Tags {
    pub(crate) fn is_empty(&self) -> bool {
        self.set.is_empty() && self.unset.is_empty()
    }
}

/// The columns: for us as an Arrow IPC message in hex, for people as names and types.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RecordedSchema {
    pub(crate) arrow: String,
    pub(crate) columns: Vec<[String; 2]>,
}

/// A file that the commit adds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AddedFile {
    pub(crate) f: String,
    pub(crate) len: u64,
    pub(crate) end: u64,
    pub(crate) tail: String,
    pub(crate) sum: String,
    /// Rows, smallest key, largest key, nulls in the ordered column (none).
    pub(crate) rg: Vec<(u64, String, String, u64)>,
}

impl AddedFile {
    pub(crate) fn new(file: &DataFile, ordered: &OrderedType) -> Self {
        Self {
            f: file.name.clone(),
            len: file.len,
            end: file.end,
            tail: format!("{:016x}", file.tail),
            sum: format!("{:032x}", file.sum),
            rg: vec![(file.num_rows, ordered.format(&file.min), ordered.format(&file.max), 0)],
        }
    }

    /// The file as a snapshot holds it; `None` if the record makes no sense.
    pub(crate) fn to_data_file(&self, ordered: &OrderedType) -> Option<DataFile> {
        let [(num_rows, min, max, 0)] = self.rg.as_slice() else { return None };
        let file = DataFile {
            name: self.f.clone(),
            len: self.len,
            end: self.end,
            tail: u64::from_str_radix(&self.tail, 16).ok()?,
            sum: u128::from_str_radix(&self.sum, 16).ok()?,
            num_rows: *num_rows,
            min: ordered.parse(min).ok()?,
            max: ordered.parse(max).ok()?,
        };
        file.is_plausible().then_some(file)
    }
}

/// The bytes of a record, and the hash that the next one chains to.
pub(super) fn write(record: &Record) -> Result<(Vec<u8>, String)> {
    let line = serde_json::to_string(record).map_err(|error| Error::InvalidOption {
        option: "key_value_metadata",
        reason: format!("it cannot be recorded: {error}"),
    })?;
    let hash = sha256(line.as_bytes());
    let bytes = format!("{line}\n{hash}\n").into_bytes();
    if bytes.len() as u64 > MAX_RECORD {
        return Err(Error::ResourceLimit {
            what: "the commit record".to_owned(),
            limit: format!("{MAX_RECORD} bytes"),
        });
    }
    Ok((bytes, hash))
}

/// Reads a record and the hash of its first line.
pub(super) fn read(bytes: &[u8], file: &str) -> Result<(Record, String)> {
    let corrupt = |reason: &str| Error::Corrupt { file: file.to_owned(), offset: None, reason: reason.to_owned() };
    let text = std::str::from_utf8(bytes).map_err(|_| corrupt("it is not text"))?;
    let (line, rest) = text.split_once('\n').ok_or_else(|| corrupt("it is cut off"))?;
    let hash = sha256(line.as_bytes());
    if rest != format!("{hash}\n") {
        return Err(corrupt("its first line does not have the hash in its second"));
    }
    // The format is looked at first: a newer record may not read as ours.
    let unreadable =
        |error: serde_json::Error| corrupt(if error.is_data() { "it is no commit record" } else { "it is not JSON" });
    let format = serde_json::from_str::<Head>(line).map_err(unreadable)?.format;
    if format.is_some_and(|format| format > u64::from(FORMAT)) {
        let what = format!("format {}", format.unwrap_or_default());
        return Err(Error::Unsupported { file: file.to_owned(), what });
    }
    if format == Some(0) {
        return Err(corrupt("there is no format 0"));
    }
    let record: Record = serde_json::from_str(line).map_err(unreadable)?;
    match record.features.first() {
        Some(feature) => Err(Error::Unsupported { file: file.to_owned(), what: format!("feature `{feature}`") }),
        None => Ok((record, hash)),
    }
}

fn sha256(bytes: &[u8]) -> String {
    crate::hex::encode(&Sha256::digest(bytes))
}
