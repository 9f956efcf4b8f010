//! Records and checkpoints whose hashes fit, whatever they say.

use anyhow::{Context, Result};
use serde_json::Value;
use sha2::{Digest, Sha256};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::parquet::Assembled;
use crate::damage::{DATA, Files, Kind, LOG};

/// The path of a record.
pub fn record_path(version: u64) -> String {
    format!("{LOG}{version:020}.json")
}

/// The first line of a record.
///
/// # Errors
/// If there is no such record.
pub fn line(files: &Files, version: u64) -> Result<String> {
    let bytes = files.get(&record_path(version)).with_context(|| format!("there is no record {version}"))?;
    Ok(std::str::from_utf8(bytes)?.lines().next().unwrap_or_default().to_owned())
}

/// Puts `line` in the place of a record, with its hash, and chains the records after it to it.
///
/// # Errors
/// If a later record is none.
pub fn put_line(files: &mut Files, version: u64, line: &str) -> Result<()> {
    let mut hash = format!("{:x}", Sha256::digest(line.as_bytes()));
    files.insert(record_path(version), format!("{line}\n{hash}\n").into());
    let mut next = version + 1;
    while files.contains_key(&record_path(next)) {
        let mut record: Value = serde_json::from_str(&self::line(files, next)?)?;
        record["parent"] = hash.into();
        let line = record.to_string();
        hash = format!("{:x}", Sha256::digest(line.as_bytes()));
        files.insert(record_path(next), format!("{line}\n{hash}\n").into());
        next += 1;
    }
    Ok(())
}

/// Changes a record by what it says.
///
/// # Errors
/// If there is none.
pub fn change(files: &mut Files, version: u64, change: impl FnOnce(&mut Value)) -> Result<()> {
    let mut record: Value = serde_json::from_str(&line(files, version)?)?;
    change(&mut record);
    put_line(files, version, &record.to_string())
}

/// Puts a forged file in the place of `name`, and makes the record that added it say so. Checkpoints go: they would say
/// otherwise.
///
/// # Errors
/// If no record adds the file.
pub fn put_file(files: &mut Files, name: &str, file: &Assembled) -> Result<()> {
    let versions = (0..).take_while(|version| files.contains_key(&record_path(*version)));
    let adds = |version: &u64| line(files, *version).is_ok_and(|line| line.contains(&format!("\"f\":\"{name}\"")));
    let version = versions.filter(adds).last().with_context(|| format!("no record adds {name}"))?;
    change(files, version, |record| {
        let added = record["add"].as_array_mut().into_iter().flatten().find(|added| added["f"] == name);
        if let Some(added) = added {
            added["len"] = file.bytes.len().into();
            added["end"] = file.end.into();
            added["tail"] = format!("{:016x}", xxh3_64(&file.bytes[file.end..])).into();
            added["sum"] = format!("{:032x}", xxh3_128(&file.bytes)).into();
        }
    })?;
    files.insert(format!("{DATA}{name}"), file.bytes.clone());
    files.retain(|path, _| Kind::of(path) != Kind::Checkpoint);
    Ok(())
}

/// Puts a checkpoint in the place of another, under the name that its hash gives it.
pub fn put_checkpoint(files: &mut Files, path: &str, bytes: &[u8]) {
    files.remove(path);
    let version = path.strip_prefix(LOG).and_then(|name| name.split('-').next()).unwrap_or_default();
    files.insert(format!("{LOG}{version}-{:032x}.parquet", xxh3_128(bytes)), bytes.to_vec().into());
}
