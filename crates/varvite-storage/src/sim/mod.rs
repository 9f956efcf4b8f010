//! [`SimStorage`]: a disk in memory whose failures, power cuts and racing callers all come from one seed.
//!
//! When nothing goes wrong it keeps every promise of [`Storage`]. What may go wrong is said by [`Faults`], and what a
//! power cut leaves by [`SimStorage::crash`]: bytes and names that were not synced are there, gone, or torn. Callers
//! on threads of their own take turns at each call ([`SimStorage::run`]), so that a run repeats exactly.
//!
//! ```
//! use varvite_storage::sim::SimStorage;
//! use varvite_storage::{Published, Storage, StoragePath};
//!
//! let storage = SimStorage::new(7);
//! let path = StoragePath::try_new("notes.txt")?;
//! let staged = storage.stage(&path, "layers".into())?;
//! assert_eq!(storage.publish(&staged)?, Published::Created);
//! storage.sync(&path)?; // the bytes: not the name
//!
//! let found = |seed| storage.crash(seed).get(&path).ok();
//! assert!((0..20).any(|seed| found(seed).is_none()));
//! assert!((0..20).any(|seed| found(seed).is_some_and(|bytes| bytes == "layers")));
//!
//! storage.sync(&StoragePath::root())?;
//! assert!((0..20).all(|seed| found(seed).is_some()));
//! # Ok::<(), varvite_storage::Error>(())
//! ```

mod cut;
mod disk;
mod faults;
mod run;
mod trace;
mod turns;
mod world;

use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;

pub use faults::{Faults, Struck};
pub use trace::{Call, Event};

use crate::memory::slice;
use crate::random::Random;
use crate::{Entry, Error, Lock, Operation, Published, Result, Staged, Storage, StoragePath};
use disk::{Disk, FileId};
use faults::Fate;
use world::World;

/// How often who waits for a lock looks, at most, before it goes on without.
const LOOKS_AT_A_LOCK: u64 = 30;

/// A simulated disk, as one caller sees it. Clones are the same caller; [`client`](Self::client) gives another.
#[derive(Clone)]
pub struct SimStorage {
    world: Arc<Mutex<World>>,
    client: u32,
}

impl fmt::Debug for SimStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimStorage").field("client", &self.client).finish_non_exhaustive()
    }
}

impl SimStorage {
    /// An empty disk, with random bits of this seed. Nothing goes wrong, and the clock stands at some day in 2025.
    pub fn new(seed: u64) -> Self {
        Self::with(Disk::default(), seed, 1_750_000_000_000)
    }

    fn with(disk: Disk, seed: u64, clock_ms: i64) -> Self {
        Self { world: Arc::new(Mutex::new(World::new(disk, seed, clock_ms))), client: 0 }
    }

    /// A handle of another caller, such as another process: it has locks and random bits of its own.
    #[must_use]
    pub fn client(&self, client: u32) -> Self {
        Self { world: Arc::clone(&self.world), client }
    }

    /// From the next call on, these faults happen as this seed says. Calls are counted anew, traces begin anew, who was
    /// killed is back. Names and bytes that were not synced are still not.
    pub fn arm(&self, seed: u64, faults: Faults) {
        self.world().arm(seed, faults);
    }

    /// Nothing goes wrong from here. Who is gone stays gone.
    pub fn disarm(&self) {
        self.world().faults = Faults::default();
    }

    /// Says what this caller is at: calls and events carry the number.
    pub fn mark(&self, mark: u64) {
        self.world().client(self.client).mark = mark;
    }

    /// What was done to a caller while it was at `mark`.
    pub fn struck(&self, client: u32, mark: u64) -> Struck {
        self.world().struck.get(&(client, mark)).copied().unwrap_or_default()
    }

    /// Whether the power is gone.
    pub fn power_is_off(&self) -> bool {
        self.world().power_is_off()
    }

    /// How many calls there were since the storage was armed, without syncs.
    pub fn calls_made(&self) -> u64 {
        self.world().calls
    }

    /// The calls since the storage was armed: for people who look into a failure.
    pub fn calls(&self) -> Vec<Call> {
        self.world().trace.calls.clone()
    }

    /// The names that came and went since the storage was armed, in order.
    pub fn events(&self) -> Vec<Event> {
        self.world().trace.events.clone()
    }

    /// Two runs with equal fingerprints made the same calls with the same fates.
    pub fn fingerprint(&self) -> u64 {
        self.world().trace.fingerprint()
    }

    /// Every file with its bytes, hidden ones too, as everybody sees them.
    pub fn files(&self) -> Vec<(StoragePath, Bytes)> {
        self.world().disk.all()
    }

    /// A disk of its own in the same state, what is not synced included: nothing goes wrong on it.
    #[must_use]
    pub fn fork(&self, seed: u64) -> Self {
        let world = self.world();
        Self::with(world.disk.clone(), seed, world.clock_ms())
    }

    /// The disk as it is found after a power cut now: what was synced, and of the rest what this seed says. Nothing goes
    /// wrong on it until it is armed. This storage goes on as if nothing had happened; drop its handles.
    #[must_use]
    pub fn crash(&self, seed: u64) -> Self {
        let world = self.world();
        let disk = cut::after_power_cut(&world.disk, &mut Random::of(&[seed, 2]));
        Self::with(disk, seed, world.clock_ms())
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for this caller's turn, if callers take turns.
    fn turn(&self) -> MutexGuard<'_, World> {
        let mut world = self.world();
        if !world.turns.has(self.client) {
            return world;
        }
        let World { turns, now, faults, chance, .. } = &mut *world;
        turns.pass(now, faults, chance);
        self.wait(world)
    }

    fn wait<'a>(&self, mut world: MutexGuard<'a, World>) -> MutexGuard<'a, World> {
        let alarm = world.turns.alarm(self.client);
        while !world.turns.is_on(self.client) {
            world = alarm.wait(world).unwrap_or_else(PoisonError::into_inner);
        }
        world
    }

    /// Makes one call: all of `work` happens at one moment, or none.
    fn act<T>(
        &self,
        operation: Operation,
        path: &StoragePath,
        work: impl FnOnce(&mut World) -> Result<T>,
    ) -> Result<T> {
        let is_sync = matches!(operation, Operation::Sync | Operation::SyncStaged);
        let mut world = if is_sync { self.world() } else { self.turn() };
        let kind = match world.fate(self.client, operation, path) {
            Fate::Works => return work(&mut world),
            Fate::Fails(kind) => kind,
            Fate::LosesAnswer(kind) => {
                drop(work(&mut world));
                kind
            }
            Fate::Gone { took_effect } => {
                if took_effect {
                    drop(work(&mut world));
                }
                return Err(failed(operation, path, io::Error::other("the caller is gone")));
            }
        };
        Err(failed(operation, path, io::Error::new(kind, "simulated failure")))
    }

    /// Makes one call on the disk alone.
    fn on_disk<T>(
        &self,
        operation: Operation,
        path: &StoragePath,
        work: impl FnOnce(&mut Disk) -> Result<T>,
    ) -> Result<T> {
        self.act(operation, path, |world| work(&mut world.disk))
    }

    /// A list in two looks: a name that is seen at only one of them is in it by chance.
    fn look_again(&self, folder: &StoragePath, first: Vec<Entry>) -> Result<Vec<Entry>> {
        self.act(Operation::List, folder, |world| {
            let Ok(second) = world.disk.list(folder) else { return Ok(first) };
            let shown = |names: &[Entry], entry: &Entry| names.iter().any(|other| other.name == entry.name);
            let chance = &mut world.chance;
            let gone: Vec<Entry> = first.iter().filter(|entry| !shown(&second, entry)).cloned().collect();
            let mut entries: Vec<Entry> =
                second.into_iter().filter(|entry| shown(&first, entry) || chance.chance(500)).collect();
            entries.extend(gone.into_iter().filter(|_| chance.chance(500)));
            entries.sort_by(|a, b| a.name.cmp(&b.name));
            Ok(entries)
        })
    }

    fn unlock(&self, file: FileId) {
        let mut world = self.world();
        if world.locks.get(&file) == Some(&self.client) {
            world.locks.remove(&file);
        }
    }

    /// Takes the lock on the file that stands at `path` now, if nobody has it.
    fn try_lock(&self, path: &StoragePath) -> Option<Lock> {
        let mut world = self.world();
        let file = world.disk.lock_file(path)?;
        if world.is_gone(self.client) || world.locks.contains_key(&file) {
            return None;
        }
        world.locks.insert(file, self.client);
        Some(Lock(Box::new(Held { storage: self.clone(), file })))
    }
}

/// What every hidden file's name begins with.
const HIDDEN: &str = ".tmp-";

fn failed(operation: Operation, path: &StoragePath, source: io::Error) -> Error {
    Error::Io { action: operation.action(), path: path.clone(), source }
}

impl Storage for SimStorage {
    fn get(&self, path: &StoragePath) -> Result<Bytes> {
        self.on_disk(Operation::Get, path, |disk| disk.get(path))
    }

    fn get_range(&self, path: &StoragePath, range: Range<u64>) -> Result<Bytes> {
        self.on_disk(Operation::GetRange, path, |disk| slice(&disk.get(path)?, path, range))
    }

    fn head(&self, path: &StoragePath) -> Result<Option<Entry>> {
        self.on_disk(Operation::Head, path, |disk| disk.head(path))
    }

    fn list(&self, folder: &StoragePath) -> Result<Vec<Entry>> {
        let (entries, slowly) = self.act(Operation::List, folder, |world| {
            let entries = world.disk.list(folder)?;
            let entries = world.stale(folder, entries);
            Ok((entries, world.turns.has(self.client) && world.chance.chance(world.faults.slow_lists)))
        })?;
        if slowly { self.look_again(folder, entries) } else { Ok(entries) }
    }

    fn create_folder(&self, folder: &StoragePath) -> Result<()> {
        // A call that fails on its way leaves folders that are not durable.
        self.on_disk(Operation::CreateFolder, folder, |disk| disk.create_folder(folder))?;
        self.world().disk.sync_way(folder);
        Ok(())
    }

    fn stage(&self, path: &StoragePath, bytes: Bytes) -> Result<Staged> {
        let name: String = path.name().chars().take(50).collect();
        let hidden = format!("{HIDDEN}{name}-{:016x}", self.random());
        let at = path.parent().unwrap_or_default().join(&hidden)?;
        self.on_disk(Operation::Stage, path, |disk| disk.stage(path, &at, bytes))?;
        let (storage, temporary) = (self.clone(), at.clone());
        let cleanup: Box<dyn FnOnce() + Send + Sync> = Box::new(move || {
            let mut world = storage.world();
            if !world.is_gone(storage.client) {
                let _ = world.disk.delete(&temporary);
            }
        });
        Ok(Staged { path: path.clone(), temporary: Some(at), bytes: None, cleanup: Some(cleanup) })
    }

    fn publish(&self, staged: &Staged) -> Result<Published> {
        let path = &staged.path;
        self.act(Operation::Publish, path, |world| {
            let hidden = staged.temporary.as_ref().ok_or_else(|| Error::NotFound { path: path.clone() })?;
            let published = world.disk.publish(hidden, path)?;
            if published == Published::Created {
                let bytes = world.disk.get(path)?;
                world.note(self.client, path, true, bytes);
            }
            Ok(published)
        })
    }

    fn sync_staged(&self, staged: &Staged) -> Result<()> {
        let Some(hidden) = &staged.temporary else { return Ok(()) };
        self.on_disk(Operation::SyncStaged, hidden, |disk| disk.sync(hidden))
    }

    fn sync(&self, path: &StoragePath) -> Result<()> {
        self.on_disk(Operation::Sync, path, |disk| disk.sync(path))
    }

    fn rename(&self, from: &StoragePath, to: &StoragePath) -> Result<Published> {
        self.act(Operation::Rename, from, |world| {
            let published = world.disk.rename(from, to)?;
            if published == Published::Created {
                let bytes = world.disk.get(to)?;
                world.note(self.client, from, false, bytes.clone());
                world.note(self.client, to, true, bytes);
            }
            Ok(published)
        })
    }

    fn delete(&self, path: &StoragePath) -> Result<()> {
        self.act(Operation::Delete, path, |world| {
            let bytes = world.disk.get(path);
            world.disk.delete(path)?;
            if let Ok(bytes) = bytes {
                world.note(self.client, path, false, bytes);
            }
            Ok(())
        })
    }

    fn delete_folder(&self, folder: &StoragePath) -> Result<bool> {
        self.on_disk(Operation::DeleteFolder, folder, |disk| disk.delete_folder(folder))
    }

    fn lock(&self, path: &StoragePath, patience: Duration) -> Result<Option<Lock>> {
        let (can_lock, takes_turns, mut looks) = self.act(Operation::Lock, path, |world| {
            let looks = if patience.is_zero() { 0 } else { world.chance.below(LOOKS_AT_A_LOCK) };
            Ok((world.disk.lock_file(path).is_some(), world.turns.has(self.client), looks))
        })?;
        if !can_lock {
            return Ok(None);
        }
        let start = Instant::now();
        loop {
            if let Some(lock) = self.try_lock(path) {
                return Ok(Some(lock));
            }
            let gives_up = if takes_turns { looks == 0 } else { start.elapsed() >= patience };
            if gives_up {
                return Ok(None);
            }
            looks = looks.saturating_sub(1);
            if takes_turns {
                self.act(Operation::Lock, path, |_| Ok(()))?;
            } else {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }

    fn now_ms(&self) -> i64 {
        self.world().clock_ms()
    }

    fn random(&self) -> u64 {
        self.world().random_bits(self.client)
    }

    fn location(&self) -> String {
        "simulation:".to_owned()
    }
}

/// A lock that is let go when dropped.
struct Held {
    storage: SimStorage,
    file: FileId,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.storage.unlock(self.file);
    }
}
