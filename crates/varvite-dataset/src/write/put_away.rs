//! [`PutAway`]: encoded files on their way to the storage, beside the encoding of the next ones.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};

use bytes::Bytes;
use varvite_storage::{Published, Storage, StoragePath};

use crate::log::Log;
use crate::threads::{Begun, or_here};
use crate::{Error, Result};

/// Files shorter than this are put away at once: a thread would cost more than it saves.
const WORTH_A_THREAD: usize = 1 << 20;
/// How many files are under way at most.
const AT_ONCE: usize = 3;

/// The name of a file that is durable.
type Created = Result<String, varvite_storage::Error>;

/// Gives files their names. Large ones are written and made durable by threads while the next are encoded; the last is
/// left to the commit, which makes it durable beside everything else.
pub(super) struct PutAway<'a> {
    log: &'a Log,
    waiting: Option<(String, StoragePath, Bytes)>,
    running: VecDeque<Begun<JoinHandle<Created>, Created>>,
    durable: Vec<String>,
}

impl<'a> PutAway<'a> {
    pub(super) fn new(log: &'a Log) -> Self {
        Self { log, waiting: None, running: VecDeque::new(), durable: Vec::new() }
    }

    /// Takes the bytes of a file.
    pub(super) fn put(&mut self, name: &str, bytes: Bytes) -> Result<()> {
        let path = self.log.data_path(name)?;
        if bytes.len() < WORTH_A_THREAD {
            return self.create(&path, bytes);
        }
        let before = self.waiting.replace((name.to_owned(), path, bytes));
        if let Some((name, path, bytes)) = before {
            while self.running.len() >= AT_ONCE {
                self.join_oldest()?;
            }
            let storage = Arc::clone(self.log.storage());
            let work = move || {
                create(storage.as_ref(), &path, bytes)?;
                storage.sync(&path).map(|()| name)
            };
            self.running.push_back(or_here(Builder::new().spawn(work.clone()), work));
        }
        Ok(())
    }

    /// Waits until all files have their names, and tells which are durable.
    pub(super) fn finish(mut self) -> Result<Vec<String>> {
        let last = match self.waiting.take() {
            Some((_, path, bytes)) => self.create(&path, bytes),
            None => Ok(()),
        };
        while !self.running.is_empty() {
            self.join_oldest()?;
        }
        last.map(|()| std::mem::take(&mut self.durable))
    }

    fn join_oldest(&mut self) -> Result<()> {
        let Some(oldest) = self.running.pop_front() else { return Ok(()) };
        let name = oldest.join().map_err(self.failed())?;
        self.durable.push(name);
        Ok(())
    }

    fn create(&self, path: &StoragePath, bytes: Bytes) -> Result<()> {
        create(self.log.storage().as_ref(), path, bytes).map_err(self.failed())
    }

    fn failed(&self) -> impl Fn(varvite_storage::Error) -> Error + use<'a> {
        let log = self.log;
        move |source| log.failed("writing a data file", source)
    }
}

impl Drop for PutAway<'_> {
    /// After an error: files are removed only when nobody is writing them any more.
    fn drop(&mut self) {
        for running in self.running.drain(..) {
            if let Begun::Beside(thread) = running {
                let _ = thread.join();
            }
        }
    }
}

fn create(storage: &dyn Storage, path: &StoragePath, bytes: Bytes) -> Result<(), varvite_storage::Error> {
    let staged = storage.stage(path, bytes)?;
    let published = storage.publish(&staged).inspect_err(|_| {
        // It may be there all the same, and the name is nobody else's.
        let _ = storage.delete(path);
    });
    match published? {
        Published::Created => Ok(()),
        Published::AlreadyExists => {
            let source = std::io::Error::other("a name drawn at random exists already");
            Err(varvite_storage::Error::Io { action: "create", path: path.clone(), source })
        }
    }
}
