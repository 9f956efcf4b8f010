//! Floors in bytes: memory, hash, disk.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use xxhash_rust::xxh3::xxh3_64;

use super::rows::encoded;
use crate::case::read_rows;
use crate::measure::{Meter, repeated};
use crate::outcome::Outcome;
use crate::place::{Place, disk_bytes, parquet_files};
use crate::works::memory;

/// What is written or hashed at once.
const PORTION: usize = 1 << 20;
/// Bytes that the engine hashes at once.
const BLOCK: usize = 64 << 10;
/// Files that [`files`] writes.
const FILES: usize = 100;

pub(super) fn copy(place: &Place, repeats: usize) -> Result<Outcome> {
    let rows = read_rows(&place.case, "rows.arrow")?;
    let bytes = usize::try_from(memory(&rows)?)?;
    drop(rows);
    let (from, mut to) = (vec![1_u8; bytes], vec![0_u8; bytes]);
    let measured = repeated(repeats, || {
        to.copy_from_slice(std::hint::black_box(&from));
        std::hint::black_box(&mut to);
        Ok(())
    })?;
    Ok(Outcome {
        first_seconds: Some(measured.first_seconds),
        seconds: measured.seconds,
        cost: measured.cost,
        bytes_processed: Some(bytes as u64),
        ..Outcome::default()
    })
}

pub(super) fn hash(place: &Place, repeats: usize) -> Result<Outcome> {
    let files = parquet_files(&place.base)?;
    let contents = files.iter().map(std::fs::read).collect::<std::io::Result<Vec<_>>>()?;
    let measured = repeated(repeats, || {
        let blocks = contents.iter().flat_map(|content| content.chunks(BLOCK));
        Ok(std::hint::black_box(blocks.fold(0, |sum, block| sum ^ xxh3_64(block))))
    })?;
    Ok(Outcome {
        first_seconds: Some(measured.first_seconds),
        seconds: measured.seconds,
        cost: measured.cost,
        bytes_processed: Some(contents.iter().map(|content| content.len() as u64).sum()),
        ..Outcome::default()
    })
}

pub(super) fn disk(place: &Place) -> Result<Outcome> {
    let bytes = disk_bytes(&place.base)?;
    // Noise, so that no disk makes less of it.
    let mut random = crate::random::Random::new(8);
    let portion: Vec<u8> = (0..PORTION / 8).flat_map(|_| random.bits().to_le_bytes()).collect();
    let meter = Meter::start();
    let mut file = File::create(place.scratch.join("bytes"))?;
    let mut left = bytes;
    while left > 0 {
        let len = usize::try_from(left).unwrap_or(PORTION).min(PORTION);
        file.write_all(&portion[..len])?;
        left -= len as u64;
    }
    if place.durable {
        file.sync_all()?;
        sync_folder(&place.scratch)?;
    }
    let (seconds, cost) = meter.stop();
    Ok(Outcome { seconds: vec![seconds], cost, bytes_processed: Some(bytes), ..Outcome::default() })
}

/// The least that an append can do: the bytes of a batch, written into a file of their own.
pub(super) fn files(place: &Place) -> Result<Outcome> {
    let batches = read_rows(&place.case, "batches.arrow")?;
    let bytes = encoded(&batches[..1])?;
    let mut seconds = Vec::with_capacity(FILES);
    let meter = Meter::start();
    for at in 0..FILES {
        let start = Instant::now();
        let mut file = File::create(place.scratch.join(at.to_string()))?;
        file.write_all(&bytes)?;
        if place.durable {
            file.sync_all()?;
            sync_folder(&place.scratch)?;
        }
        seconds.push(start.elapsed().as_secs_f64());
    }
    let (_, cost) = meter.stop();
    Ok(Outcome { seconds, cost, ..Outcome::default() })
}

fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder)?.sync_all().with_context(|| format!("flushing {}", folder.display()))
}
