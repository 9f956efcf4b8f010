//! Older versions of a dataset, and names for them.

use std::sync::Arc;

use super::Dataset;
use crate::log::{Draft, Tags};
use crate::{Error, Result, Snapshot};

impl Dataset {
    /// A handle on an older version, as long as it is kept: what it reads stays the same until it is refreshed or
    /// written to. A write through it goes to the newest version.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use arrow::array::{ArrayRef, Int64Array, RecordBatch};
    /// # use varvite_dataset::{Dataset, WriteOptions};
    /// # let folder = tempfile::tempdir()?;
    /// # let dataset = Dataset::open_or_new(folder.path().join("prices"))?;
    /// # let rows = |times: Vec<i64>| RecordBatch::try_from_iter([("ts", Arc::new(Int64Array::from(times)) as ArrayRef)]);
    /// let options = WriteOptions::ordered_on("ts");
    /// dataset.write(rows(vec![1, 2])?, &options)?;
    /// dataset.write(rows(vec![3])?, &options)?;
    /// assert_eq!(dataset.version(0)?.snapshot().map(|before| before.num_rows()), Some(2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoSuchVersion`]; [`Error::VersionExpired`] if its files are not kept any more (see
    /// [`Retention`](crate::Retention) and [`tag`](Self::tag)).
    pub fn version(&self, version: u64) -> Result<Self> {
        let newest = self.newest()?;
        Ok(self.pinned(self.shared.log.load_version(&newest, version)?))
    }

    /// A handle on the version that was the newest at a time, in milliseconds since 1970 by the clocks of the writers.
    ///
    /// # Errors
    /// [`Error::NoVersionAt`] if nothing had been committed yet; [`Error::VersionExpired`].
    pub fn as_of(&self, at_ms: i64) -> Result<Self> {
        let newest = self.newest()?;
        Ok(self.pinned(self.shared.log.load_as_of(&newest, at_ms)?))
    }

    /// A handle on a tagged version.
    ///
    /// # Errors
    /// [`Error::UnknownTag`].
    pub fn tagged(&self, tag: &str) -> Result<Self> {
        let newest = self.newest()?;
        let version = newest.tags.get(tag).copied().ok_or_else(|| unknown_tag(&newest, tag))?;
        Ok(self.pinned(self.shared.log.load_version(&newest, version)?))
    }

    /// Names a version, so that it stays readable until the name is [removed](Self::untag): the one that this handle
    /// sees, or `version`. A name that there is moves. Returns the version that says so.
    ///
    /// # Errors
    /// [`Error::NoSuchVersion`], [`Error::VersionExpired`]; as [`write`](Self::write).
    pub fn tag(&self, tag: impl Into<String>, version: Option<u64>) -> Result<u64> {
        let seen = self.seen()?;
        let (tag, version) = (tag.into(), version.unwrap_or(seen.version));
        if tag.is_empty() || tag.len() > 1024 {
            let reason = "a name has 1 to 1024 bytes".to_owned();
            return Err(Error::InvalidOption { option: "tag", reason });
        }
        self.commit("tag", |newest| {
            // What vacuum has taken meanwhile cannot be kept any more.
            if newest.tags.get(&tag) == Some(&version) {
                return Ok(None);
            }
            if version > newest.version || !newest.is_readable(version) {
                self.shared.log.load_version(newest, version)?;
            }
            Ok(Some(Tags { set: [(tag.clone(), version)].into(), unset: Vec::new() }))
        })
    }

    /// Removes the name of a version. Its files go when nothing else keeps them. Returns the version that says so.
    ///
    /// # Errors
    /// [`Error::UnknownTag`]; as [`write`](Self::write).
    pub fn untag(&self, tag: &str) -> Result<u64> {
        self.commit("tag", |newest| match newest.tags.get(tag) {
            None => Err(unknown_tag(newest, tag)),
            Some(_) => Ok(Some(Tags { set: [].into(), unset: vec![tag.to_owned()] })),
        })
    }

    fn commit(&self, op: &'static str, tags: impl Fn(&Snapshot) -> Result<Option<Tags>>) -> Result<u64> {
        let base = self.seen()?;
        let log = &self.shared.log;
        let lock = log.take_lock();
        let committed = log.commit_until_won(Snapshot::clone(&base), lock.is_some(), |newest| {
            let dataset_id = newest.dataset_id.clone();
            Ok(tags(newest)?.map(|tags| Draft { dataset_id, op, tags, ..Draft::default() }))
        })?;
        match committed {
            Some(after) => {
                let version = after.version;
                self.see_newer(Arc::new(after));
                Ok(version)
            }
            None => Ok(self.newest()?.version),
        }
    }

    fn seen(&self) -> Result<Arc<Snapshot>> {
        self.snapshot().ok_or_else(|| Error::NotFound { path: self.location() })
    }

    /// The newest version, whatever this handle sees.
    pub(super) fn newest(&self) -> Result<Arc<Snapshot>> {
        let seen = self.seen()?;
        match self.shared.log.load()? {
            Some(newest) if newest.dataset_id == seen.dataset_id => Ok(Arc::new(newest)),
            _ => Err(Error::Dropped { path: self.location() }),
        }
    }

    fn pinned(&self, snapshot: Snapshot) -> Self {
        let pinned = self.detached();
        pinned.see(Some(Arc::new(snapshot)));
        pinned
    }
}

fn unknown_tag(newest: &Snapshot, tag: &str) -> Error {
    let similar = |known: &&String| strsim::jaro_winkler(known, tag) > 0.7;
    Error::UnknownTag { tag: tag.to_owned(), suggestion: newest.tags.keys().find(similar).cloned() }
}
