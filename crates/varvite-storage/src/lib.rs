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

mod error;
mod local;
mod memory;
mod path;
mod storage;

pub use error::{Error, Result};
pub use local::LocalStorage;
pub use memory::MemoryStorage;
pub use path::StoragePath;
pub use storage::{Entry, EntryKind, Lock, Published, Staged, Storage};
