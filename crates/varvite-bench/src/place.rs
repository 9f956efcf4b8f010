//! [`Place`]: where a work finds its input and does its work.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use varvite_storage::StoragePath;

use crate::observed::{Durability, ObservedStorage};

/// The folders of a work, and what it promises.
#[derive(Debug, clap::Args)]
pub struct Place {
    /// The folder of generated data.
    #[arg(long)]
    pub case: PathBuf,
    /// The folder of what was prepared; kept between runs, never changed by a measurement.
    #[arg(long)]
    pub base: PathBuf,
    /// A folder for this run alone, empty at the start.
    #[arg(long)]
    pub scratch: PathBuf,
    /// Whether a write that is acknowledged survives a power cut.
    #[arg(long)]
    pub durable: bool,
}

/// The name of every dataset that is measured alone.
const NAME: &str = "dataset";

impl Place {
    pub fn durability(&self) -> Durability {
        if self.durable { Durability::Full } else { Durability::None }
    }

    /// The scratch folder as a storage.
    pub fn scratch(&self) -> Result<Arc<ObservedStorage>> {
        Ok(Arc::new(ObservedStorage::open(&self.scratch, self.durability())?))
    }

    /// The prepared folder as a storage.
    pub fn base(&self) -> Result<Arc<ObservedStorage>> {
        Ok(Arc::new(ObservedStorage::open(&self.base, Durability::None)?))
    }

    /// Runs `build` unless it came to its end before.
    pub fn once(&self, build: impl FnOnce() -> Result<()>) -> Result<()> {
        once(&self.base, build)
    }

    /// Copies what was prepared into the scratch folder, and lets the disk come to rest.
    pub fn copy_base(&self) -> Result<()> {
        copy(&self.base, &self.scratch)?;
        settle();
        Ok(())
    }
}

/// The path of a dataset that is measured alone.
pub fn dataset_path() -> Result<StoragePath> {
    Ok(StoragePath::try_new(NAME)?)
}

/// Runs `build` unless `folder` says that it came to its end before.
pub fn once(folder: &Path, build: impl FnOnce() -> Result<()>) -> Result<()> {
    let done = folder.join(".done");
    if done.is_file() {
        return Ok(());
    }
    if folder.exists() {
        std::fs::remove_dir_all(folder).with_context(|| format!("emptying {}", folder.display()))?;
    }
    std::fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    build()?;
    std::fs::write(&done, "").with_context(|| format!("writing {}", done.display()))
}

/// Copies a folder. Our data files never change once they are there: links to them will do.
fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else if target.extension().is_some_and(|extension| extension == "parquet") {
            std::fs::hard_link(entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

/// Writes out what preparing left in memory, so that the measurement does not pay for it.
fn settle() {
    #[cfg(unix)]
    rustix::fs::sync();
}

/// Length of all files below `folder`.
pub fn disk_bytes(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        bytes += if kind.is_dir() { disk_bytes(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}

/// Every Parquet file below `folder`, in order of paths: the order of rows.
pub fn parquet_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("listing {}", folder.display()))? {
        let path = entry?.path();
        let is_metadata = path.to_string_lossy().ends_with("_opdmd");
        if path.is_dir() && !is_metadata {
            found.extend(parquet_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "parquet") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_finished_is_built_again() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join("base");
        assert!(once(&base, || anyhow::bail!("cut short")).is_err());
        std::fs::write(base.join("half"), "").unwrap();
        once(&base, || {
            assert!(!base.join("half").exists());
            Ok(())
        })
        .unwrap();
        once(&base, || anyhow::bail!("built twice")).unwrap();
    }

    #[test]
    fn a_copy_has_every_file() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        std::fs::create_dir_all(from.join("d")).unwrap();
        std::fs::write(from.join("d/a.parquet"), "four").unwrap();
        std::fs::write(from.join("b.json"), "two").unwrap();
        copy(&from, &to).unwrap();
        assert_eq!(disk_bytes(&to).unwrap(), 7);
        assert_eq!(parquet_files(&to).unwrap(), [to.join("d/a.parquet")]);
    }
}
