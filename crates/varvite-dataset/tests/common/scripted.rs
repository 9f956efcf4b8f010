//! [`Scripted`]: a storage in memory whose calls a test may fail, or do something before.
#![allow(clippy::unwrap_used, dead_code, reason = "each test file uses a part of it")]

use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use varvite_storage::{Entry, Error, Lock, MemoryStorage, Published, Result, Staged, Storage, StoragePath};

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Works,
    /// It fails and did nothing.
    FailsBefore,
    /// It does its work, and fails: its answer is lost.
    FailsAfter,
    /// It fails, as there is no room left.
    IsFull,
}

/// Decides on a call by its number (from 0, since the script was set), its name and its path.
type Script = Arc<dyn Fn(usize, &'static str, &StoragePath) -> Fate + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Scripted {
    pub(crate) inner: MemoryStorage,
    script: Arc<Mutex<Option<Script>>>,
    calls: Arc<AtomicUsize>,
    failed: Arc<AtomicBool>,
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scripted")
    }
}

impl Scripted {
    pub(crate) fn new(inner: MemoryStorage) -> Self {
        Self { inner, script: Arc::default(), calls: Arc::default(), failed: Arc::default() }
    }

    /// From now on `script` decides.
    pub(crate) fn follow(&self, script: impl Fn(usize, &'static str, &StoragePath) -> Fate + Send + Sync + 'static) {
        self.calls.store(0, Ordering::Relaxed);
        self.failed.store(false, Ordering::Relaxed);
        *self.script.lock().unwrap() = Some(Arc::new(script));
    }

    /// From the next record of the dataset `d` on, no record can be made durable.
    pub(crate) fn cannot_sync_what_it_publishes(&self) {
        let published = AtomicBool::new(false);
        self.follow(move |_, call, path| {
            if call == "publish" && path.name().strip_suffix(".json").is_some() {
                published.store(true, Ordering::Relaxed);
            }
            let fails = call == "sync" && path.as_str() == "d_opdmd" && published.load(Ordering::Relaxed);
            if fails { Fate::FailsBefore } else { Fate::Works }
        });
    }

    /// From now on everything works. Whether anything failed.
    pub(crate) fn heal(&self) -> bool {
        *self.script.lock().unwrap() = None;
        self.failed.load(Ordering::Relaxed)
    }

    fn call<T>(&self, name: &'static str, path: &StoragePath, run: impl FnOnce() -> Result<T>) -> Result<T> {
        let script = self.script.lock().unwrap().clone();
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let fate = script.map_or(Fate::Works, |script| script(number, name, path));
        let source = || match fate {
            Fate::IsFull => std::io::Error::from(std::io::ErrorKind::StorageFull),
            _ => std::io::Error::other("the wire was cut"),
        };
        match fate {
            Fate::Works => return run(),
            Fate::FailsBefore | Fate::IsFull => {}
            Fate::FailsAfter => drop(run()),
        }
        self.failed.store(true, Ordering::Relaxed);
        Err(Error::Io { action: name, path: path.clone(), source: source() })
    }
}

impl Storage for Scripted {
    fn get(&self, path: &StoragePath) -> Result<Bytes> {
        self.call("get", path, || self.inner.get(path))
    }

    fn get_range(&self, path: &StoragePath, range: Range<u64>) -> Result<Bytes> {
        self.call("get_range", path, || self.inner.get_range(path, range))
    }

    fn head(&self, path: &StoragePath) -> Result<Option<Entry>> {
        self.call("head", path, || self.inner.head(path))
    }

    fn list(&self, folder: &StoragePath) -> Result<Vec<Entry>> {
        self.call("list", folder, || self.inner.list(folder))
    }

    fn create_folder(&self, folder: &StoragePath) -> Result<()> {
        self.call("create_folder", folder, || self.inner.create_folder(folder))
    }

    fn stage(&self, path: &StoragePath, bytes: Bytes) -> Result<Staged> {
        self.call("stage", path, || self.inner.stage(path, bytes))
    }

    fn publish(&self, staged: &Staged) -> Result<Published> {
        self.call("publish", &staged.path, || self.inner.publish(staged))
    }

    fn sync_staged(&self, staged: &Staged) -> Result<()> {
        self.call("sync_staged", &staged.path, || self.inner.sync_staged(staged))
    }

    fn sync(&self, path: &StoragePath) -> Result<()> {
        self.call("sync", path, || self.inner.sync(path))
    }

    fn rename(&self, from: &StoragePath, to: &StoragePath) -> Result<Published> {
        self.call("rename", from, || self.inner.rename(from, to))
    }

    fn delete(&self, path: &StoragePath) -> Result<()> {
        self.call("delete", path, || self.inner.delete(path))
    }

    fn delete_folder(&self, folder: &StoragePath) -> Result<bool> {
        self.call("delete_folder", folder, || self.inner.delete_folder(folder))
    }

    fn lock(&self, path: &StoragePath, patience: Duration) -> Result<Option<Lock>> {
        self.call("lock", path, || self.inner.lock(path, patience))
    }

    fn now_ms(&self) -> i64 {
        self.inner.now_ms()
    }

    fn random(&self) -> u64 {
        self.inner.random()
    }

    fn location(&self) -> String {
        self.inner.location()
    }

    fn open_file(&self, path: &StoragePath) -> Result<Option<std::fs::File>> {
        self.inner.open_file(path)
    }
}
