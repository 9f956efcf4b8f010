//! [`Cache`]: decoded batches of files, kept by what the files hold: an interval that was written anew has other files.

use std::sync::Arc;

use arrow::array::RecordBatch;
use quick_cache::sync::DefaultLifecycle;
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};
use varvite_dataset::{DataFile, KeyRange, OrderedValue, Snapshot};
use xxhash_rust::xxh3::xxh3_128;

use crate::{ModelSchema, PlannedScan};

/// Decoded batches, up to so many bytes.
pub(crate) struct Cache {
    batches: quick_cache::sync::Cache<CacheKey, Arc<[RecordBatch]>, Memory>,
}

/// What was read of which content.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct CacheKey {
    content: Content,
    columns: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Content {
    File {
        dataset_id: String,
        /// Since when the dataset has its columns: older files are read as if they had them.
        columns_since: u64,
        name: String,
        sum: u128,
        /// The bounds that cut it.
        clip: Option<[Option<i64>; 2]>,
    },
    Lake {
        /// What the file holds, wherever it is.
        sum: u128,
        len: usize,
        version: u32,
        format: String,
        /// The model whose types the rows have.
        model: String,
    },
}

#[derive(Clone)]
struct Memory;

impl Weighter<CacheKey, Arc<[RecordBatch]>> for Memory {
    fn weight(&self, key: &CacheKey, batches: &Arc<[RecordBatch]>) -> u64 {
        let columns: usize = key.columns.iter().map(String::len).sum();
        let held: usize = batches.iter().map(RecordBatch::get_array_memory_size).sum();
        (held + columns + 256) as u64
    }
}

impl Cache {
    pub(crate) fn new(bytes: u64) -> Self {
        // About how many entries there will be: files of some ten thousand rows.
        let entries = usize::try_from(bytes >> 18).unwrap_or(usize::MAX).clamp(16, 1 << 16);
        // One shard: of several, each would refuse files that are larger than its part of the bytes. What is asked of it is
        // a file at a time, so that nobody waits long.
        let options = OptionsBuilder::new().shards(1).estimated_items_capacity(entries).weight_capacity(bytes).build();
        let options = options.unwrap_or_else(|error| unreachable!("both numbers are given: {error}"));
        let (hashes, life) = (DefaultHashBuilder::default(), DefaultLifecycle::default());
        Self { batches: quick_cache::sync::Cache::with_options(options, Memory, hashes, life) }
    }

    pub(crate) fn get(&self, key: &CacheKey) -> Option<Arc<[RecordBatch]>> {
        self.batches.get(key)
    }

    pub(crate) fn insert(&self, key: CacheKey, batches: Arc<[RecordBatch]>) {
        self.batches.insert(key, batches);
    }
}

impl CacheKey {
    /// A file of a dataset, as far as `clip` lets it through.
    pub(crate) fn file(snapshot: &Snapshot, file: &DataFile, scan: &PlannedScan, clip: Option<KeyRange>) -> Self {
        let tick = |bound: Option<OrderedValue>| match bound {
            Some(OrderedValue::Int(tick)) => Some(tick),
            _ => None,
        };
        let content = Content::File {
            dataset_id: snapshot.dataset_id.clone(),
            columns_since: snapshot.schemas.last().map_or(0, |(since, _)| *since),
            name: file.name.clone(),
            sum: file.sum,
            clip: clip.map(|clip| [tick(clip.start), tick(clip.end)]),
        };
        Self { content, columns: scan.part.columns.clone() }
    }

    /// A dated file that holds `bytes`, read as rows of a model.
    pub(crate) fn lake(model: &ModelSchema, scan: &PlannedScan, format: &str, bytes: &[u8]) -> Self {
        let content = Content::Lake {
            sum: xxh3_128(bytes),
            len: bytes.len(),
            version: scan.part.version,
            format: format.to_owned(),
            // Columns of a run-time model may be other ones under the same name.
            model: format!("{:?}", model.arrow().fields()),
        };
        Self { content, columns: scan.part.columns.clone() }
    }
}
