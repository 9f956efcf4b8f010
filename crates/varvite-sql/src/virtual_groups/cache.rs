//! [`ResultCache`]: answers that are kept while their sources stay the same.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::row::{RowConverter, SortField};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use varvite_feature::VirtualRequest;
use xxhash_rust::xxh3::Xxh3;

use crate::{Error, Result};

/// What an answer depends on. Equal keys have equal answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct CacheKey(u128);

/// Everything that the answer of `sql` to a request depends on, if its tables are in `version`.
pub(super) fn key(request: &VirtualRequest<'_>, sql: &str, features: &[String], version: &str) -> Result<CacheKey> {
    let options = request.options;
    let mut parts = Parts(Xxh3::new());
    parts.add(request.group.id().as_bytes());
    parts.add(sql.as_bytes());
    parts.add(version.as_bytes());
    parts.add(format!("{:?} {:?} {}", request.oldest_ns(), options.null_policy, options.known_as_of).as_bytes());
    for feature in features {
        parts.add(feature.as_bytes());
    }
    let (times, latest) = (request.times.instants(request.num_rows())?, request.latest()?);
    for time in times.into_iter().chain(latest) {
        let time = time.map(varvite_time::Instant::as_ns);
        parts.add(&time.map_or([0; 17], |time| with_mark(time.to_le_bytes())));
    }
    let fields = request.keys.columns().iter().map(|column| SortField::new(column.data_type().clone()));
    let converter = RowConverter::new(fields.collect()).map_err(Error::arrow("compare keys"))?;
    let keys = converter.convert_columns(request.keys.columns()).map_err(Error::arrow("compare keys"))?;
    keys.iter().for_each(|key| parts.add(key.as_ref()));
    Ok(CacheKey(parts.0.digest128()))
}

/// Tells a time from none.
fn with_mark(bytes: [u8; 16]) -> [u8; 17] {
    let mut marked = [1; 17];
    marked[1..].copy_from_slice(&bytes);
    marked
}

/// What an answer depends on, part by part. Each says how long it is, so that no two lists of parts read the same.
struct Parts(Xxh3);

impl Parts {
    fn add(&mut self, part: &[u8]) {
        self.0.update(&(part.len() as u64).to_le_bytes());
        self.0.update(part);
    }
}

/// Answers by what they depend on, up to so many bytes; what was not used for long makes room.
#[derive(Debug)]
pub(super) struct ResultCache(Cache<CacheKey, Arc<[ArrayRef]>, ByBytes>);

#[derive(Debug, Clone)]
struct ByBytes;

impl Weighter<CacheKey, Arc<[ArrayRef]>> for ByBytes {
    fn weight(&self, _: &CacheKey, arrays: &Arc<[ArrayRef]>) -> u64 {
        arrays.iter().map(|array| array.get_array_memory_size() as u64).sum::<u64>().max(1)
    }
}

/// How many answers are expected: only a hint for the cache's own tables.
const EXPECTED: usize = 256;

impl ResultCache {
    pub(super) fn new(bytes: u64) -> Self {
        Self(Cache::with_weighter(EXPECTED, bytes, ByBytes))
    }

    pub(super) fn get(&self, key: &CacheKey) -> Option<Arc<[ArrayRef]>> {
        self.0.get(key)
    }

    pub(super) fn insert(&self, key: CacheKey, arrays: &[ArrayRef]) {
        self.0.insert(key, arrays.into());
    }
}
