//! Reading one piece, on a thread that may block: file by file, so that each batch knows where it is from.

use std::sync::Arc;

use arrow::array::{Array, BooleanArray, RecordBatch};
use arrow::compute::{filter_record_batch, prep_null_mask_filter};
use varvite_dataset::{DataFile, Dataset, KeyRange, ScanOptions};
use varvite_storage::Storage;

use super::lake;
use crate::cache::{Cache, CacheKey};
use crate::catalog::key::label;
use crate::catalog::{decode_lake, read_lake};
use crate::plan::clip_of;
use crate::{Error, Filter, LakeEntry, PartSource, PlannedScan, Result, Stop, Want};

/// What reading takes.
#[derive(Clone)]
pub(crate) struct Reader {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) cache: Option<Arc<Cache>>,
}

/// What a piece had: its batches in order.
#[derive(Default)]
pub(crate) struct Scanned {
    pub(crate) batches: Vec<FromFile>,
    /// Bytes that the batches take.
    pub(crate) memory: u64,
    /// Files that were found in the cache.
    pub(crate) hits: u64,
    pub(crate) retries: u64,
}

/// A batch, and where it is from.
pub(crate) struct FromFile {
    pub(crate) batch: RecordBatch,
    pub(crate) place: Arc<str>,
    /// How many rows of the file came before it.
    first_row: u64,
    /// Which rows the filter kept.
    kept: Option<BooleanArray>,
}

impl FromFile {
    /// The batch, to be used up.
    pub(crate) fn take(&mut self) -> RecordBatch {
        let schema = self.batch.schema();
        std::mem::replace(&mut self.batch, RecordBatch::new_empty(schema))
    }

    /// The row of the file that the row `at` of the batch was.
    pub(crate) fn row(&self, at: u64) -> u64 {
        let in_batch = match &self.kept {
            None => at,
            Some(kept) => nth_kept(kept, at),
        };
        self.first_row + in_batch
    }
}

impl Reader {
    /// Reads a piece. A file of rows that was read is not read again where there is a cache.
    pub(crate) fn read(&self, want: &Want, scan: &PlannedScan, stop: &Stop) -> Result<Scanned> {
        let mut scanned = Scanned::default();
        match &scan.part.source {
            PartSource::Lake(entry) => {
                stop.check()?;
                let place: Arc<str> = format!("`{}`", entry.path).into();
                let (batches, hit) =
                    self.lake_file(want, scan, entry).map_err(|error| failed(want, scan, &place, error))?;
                scanned.hits += u64::from(hit);
                scanned.add(want, scan, &place, &batches)?;
            }
            PartSource::Dataset { dataset, range, .. } => {
                let Some(snapshot) = dataset.snapshot() else { return Ok(scanned) };
                for at in scan.row_groups.clone() {
                    stop.check()?;
                    let Some(file) = snapshot.files.get(at) else { continue };
                    let clip = clip_of(range, file);
                    let place = place_of(scan, file, clip.is_some());
                    let key = || CacheKey::file(&snapshot, file, scan, clip.clone());
                    let read = || read_row_group(want, dataset, scan, at, clip.as_ref(), stop);
                    let (batches, hit) = self.cached(key, read).map_err(|error| failed(want, scan, &place, error))?;
                    scanned.hits += u64::from(hit);
                    scanned.add(want, scan, &place, &batches)?;
                }
            }
        }
        Ok(scanned)
    }

    /// A dated file. It is always read, and compared with the hash in its name;
    /// what is kept are the rows that it was decoded to.
    fn lake_file(&self, want: &Want, scan: &PlannedScan, entry: &LakeEntry) -> Result<(Arc<[RecordBatch]>, bool)> {
        let bytes = read_lake(&*self.storage, entry)?;
        match want.schemas.get(&scan.part.version) {
            None => Ok((vec![lake::as_value(bytes)?].into(), false)),
            Some(model) => {
                let key = || CacheKey::lake(model, scan, &entry.format, &bytes);
                self.cached(key, || decode_lake(model, entry.format.parse()?, bytes.clone()))
            }
        }
    }

    fn cached(
        &self,
        key: impl FnOnce() -> CacheKey,
        read: impl FnOnce() -> Result<Vec<RecordBatch>>,
    ) -> Result<(Arc<[RecordBatch]>, bool)> {
        let Some(cache) = &self.cache else { return Ok((read()?.into(), false)) };
        let key = key();
        if let Some(batches) = cache.get(&key) {
            return Ok((batches, true));
        }
        let batches: Arc<[RecordBatch]> = read()?.into();
        cache.insert(key, Arc::clone(&batches));
        Ok((batches, false))
    }
}

impl Scanned {
    /// Adds the batches of a file: those of their rows that are wanted.
    fn add(&mut self, want: &Want, scan: &PlannedScan, place: &Arc<str>, batches: &[RecordBatch]) -> Result<()> {
        // Rows of earlier versions are filtered when they have become rows of this one.
        let filter = want.filter.as_ref().filter(|_| scan.part.version == want.version);
        let mut first_row = 0;
        for batch in batches {
            let num_rows = batch.num_rows() as u64;
            let (batch, kept) = match filter {
                None => (batch.clone(), None),
                Some(filter) => {
                    let kept = chosen(filter, batch).map_err(|error| failed(want, scan, place, error))?;
                    let chosen = filter_record_batch(batch, &kept)
                        .map_err(|source| Error::Arrow { action: "filter rows", source })?;
                    (chosen, Some(kept))
                }
            };
            let batch = selected(want, scan, batch)?;
            self.memory += batch.get_array_memory_size() as u64;
            self.batches.push(FromFile { batch, place: Arc::clone(place), first_row, kept });
            first_row += num_rows;
        }
        Ok(())
    }
}

/// The row that became the row `at` when those were kept alone.
pub(crate) fn nth_kept(kept: &BooleanArray, at: u64) -> u64 {
    let at = usize::try_from(at).unwrap_or(usize::MAX);
    kept.values().set_indices().nth(at).map_or(0, |row| row as u64)
}

/// Which rows a filter wants; those for which that is unknown are not.
pub(crate) fn chosen(filter: &Filter, batch: &RecordBatch) -> Result<BooleanArray> {
    let mask = filter.mask(batch)?;
    Ok(if mask.null_count() == 0 { mask } else { prep_null_mask_filter(&mask) })
}

/// The columns that the field selects, and its time: what was read for the filter alone goes.
fn selected(want: &Want, scan: &PlannedScan, batch: RecordBatch) -> Result<RecordBatch> {
    let Some(columns) = want.columns.as_ref().filter(|_| scan.part.version == want.version) else { return Ok(batch) };
    let schema = batch.schema();
    let names = schema.fields().iter().map(|field| field.name()).enumerate();
    let kept = names.filter(|(_, name)| columns.contains(name) || Some(*name) == want.time.as_ref());
    let kept: Vec<usize> = kept.map(|(at, _)| at).collect();
    batch.project(&kept).map_err(|source| Error::Arrow { action: "select columns", source })
}

fn read_row_group(
    want: &Want,
    dataset: &Dataset,
    scan: &PlannedScan,
    at: usize,
    clip: Option<&KeyRange>,
    stop: &Stop,
) -> Result<Vec<RecordBatch>> {
    let of_dataset = |source| Error::Dataset { asset: want.label(), source: Box::new(source) };
    let options = ScanOptions::default().with_columns(&scan.part.columns).with_row_groups([at]);
    let options = clip.into_iter().fold(options, |options, clip| options.with_range(clip.clone()));
    let mut rows = dataset.scan(&options).map_err(of_dataset)?;
    let mut batches = Vec::new();
    while let Some(batch) = rows.next_batch().map_err(of_dataset)? {
        stop.check()?;
        batches.push(batch);
    }
    Ok(batches)
}

fn place_of(scan: &PlannedScan, file: &DataFile, is_cut: bool) -> Arc<str> {
    if is_cut { format!("`{}` within {}", file.name, scan.part.span) } else { format!("`{}`", file.name) }.into()
}

/// Says where it failed. That nobody waits any more is no failure of the place.
pub(crate) fn failed(want: &Want, scan: &PlannedScan, place: &str, error: Error) -> Error {
    if matches!(error, Error::Cancelled | Error::Scan { .. }) {
        return error;
    }
    let mut of = Vec::new();
    if !scan.part.keys.is_empty() {
        of.push(label(&scan.part.keys));
    }
    if matches!(scan.part.source, PartSource::Dataset { .. }) && want.time.is_some() && !place.contains("within") {
        of.push(scan.part.span.to_string());
    }
    let of = if of.is_empty() { String::new() } else { format!(" of {}", of.join(", ")) };
    Error::Scan {
        field: want.field.clone(),
        asset: want.label(),
        place: format!("{place}{of}"),
        source: Box::new(error),
    }
}
