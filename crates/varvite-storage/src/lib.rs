//! The small storage trait under every dataset, with local files and memory.
//!
//! ```
//! use varvite_storage::{MemoryStorage, Published, Storage, StoragePath};
//!
//! let storage = MemoryStorage::new();
//! let path = StoragePath::try_new("notes.txt")?;
//! let staged = storage.stage(&path, "layers".into())?;
//! assert!(storage.list(&StoragePath::root())?.is_empty()); // staged bytes are not shown yet
//! assert_eq!(storage.publish(&staged)?, Published::Created);
//! assert_eq!(storage.get(&path)?, "layers");
//! # Ok::<(), varvite_storage::Error>(())
//! ```
//!
//! For tests and measurements any storage can be wrapped: [`CountingStorage`] counts what is asked of it,
//! [`FailingStorage`] fails a chosen call, [`DelayingStorage`] is slow. The feature `suite` adds the facts that every
//! storage must meet, the feature `sim` a simulated disk that fails, loses power and repeats it all from a seed.

mod error;
#[cfg(unix)]
mod local;
#[cfg(not(unix))]
#[path = "elsewhere.rs"]
mod local;
mod memory;
mod path;
mod random;
#[cfg(feature = "sim")]
pub mod sim;
mod storage;
#[cfg(feature = "suite")]
pub mod suite;
mod tree;
mod wrap;

pub use bytes;
pub use error::{Error, Result};
pub use local::LocalStorage;
pub use memory::MemoryStorage;
pub use path::StoragePath;
pub use storage::{Entry, EntryKind, Lock, Published, Staged, Storage};
pub use wrap::{CountingStorage, Counts, DelayingStorage, FailingStorage, Failure, Operation};
