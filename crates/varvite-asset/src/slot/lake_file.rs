//! [`LakeFile`]: a dated file as it is.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::buffer::Buffer;
use bytes::Bytes;
use varvite_storage::StoragePath;
use varvite_time::Instant;

use super::{Filling, Slot};
use crate::{Error, Fetch, FieldPlan, PartSource, PlannedScan, Result, Want};

/// A dated file as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LakeFile {
    /// What it is dated.
    pub date: Instant,
    /// The asset's version.
    pub version: u32,
    /// The ending of its name, such as `csv`.
    pub format: String,
    /// Where it is below the catalog's root.
    pub path: StoragePath,
    /// Its content.
    pub bytes: Bytes,
}

/// The bytes of a batch, without a copy.
struct Content(Buffer);

impl AsRef<[u8]> for Content {
    fn as_ref(&self) -> &[u8] {
        self.0.as_slice()
    }
}

/// Files in the making.
pub struct FillFiles(Vec<LakeFile>);

impl Filling for FillFiles {
    type Filled = Vec<LakeFile>;

    fn push(&mut self, scan: &PlannedScan, batch: RecordBatch) -> Result<()> {
        let PartSource::Lake(entry) = &scan.part.source else { return Ok(()) };
        let content = batch.column(0).as_binary_opt::<i64>().filter(|content| content.len() == 1);
        let bytes = content.map_or_else(Bytes::new, |content| Bytes::from_owner(Content(content.values().clone())));
        let (date, format, path) = (entry.date, entry.format.clone(), entry.path.clone());
        self.0.push(LakeFile { date, version: scan.part.version, format, path, bytes });
        Ok(())
    }

    fn finish(self) -> Result<Vec<LakeFile>> {
        Ok(self.0)
    }
}

impl Slot for Vec<LakeFile> {
    type Filling = FillFiles;

    fn want(field: &str, fetch: &Fetch) -> Result<Want> {
        fetch.want_files(field)
    }

    fn filling(plan: &FieldPlan) -> Result<FillFiles> {
        Ok(FillFiles(Vec::with_capacity(plan.scans.len())))
    }
}

/// The newest file in the making.
pub struct FillFile(FillFiles);

impl Filling for FillFile {
    type Filled = Option<LakeFile>;

    fn push(&mut self, scan: &PlannedScan, batch: RecordBatch) -> Result<()> {
        self.0.push(scan, batch)
    }

    fn finish(self) -> Result<Option<LakeFile>> {
        Ok(self.0.finish()?.pop())
    }
}

impl Slot for Option<LakeFile> {
    type Filling = FillFile;

    fn want(field: &str, fetch: &Fetch) -> Result<Want> {
        if fetch.is_ranged() {
            let reason = "the field is the newest file: for those of a range, make it a `Vec<LakeFile>`".to_owned();
            return Err(Error::InvalidOption { option: "latest", reason });
        }
        Fetch::default().latest(0).overridden_by(fetch).want_files(field)
    }

    fn filling(plan: &FieldPlan) -> Result<FillFile> {
        Ok(FillFile(Vec::<LakeFile>::filling(plan)?))
    }
}
