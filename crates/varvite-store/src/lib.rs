//! Many ordered datasets, one per typed key: a sorted map whose values live in folders.
//!
//! ```
//! use std::sync::Arc;
//! use arrow::array::{ArrayRef, Int64Array, RecordBatch};
//! use varvite_dataset::{ScanOptions, WriteOptions};
//! use varvite_key::toplevel;
//! use varvite_store::{IntersectionOptions, Store};
//!
//! #[toplevel]
//! struct Bars {
//!     symbol: String,
//!     minutes: u32,
//! }
//!
//! # let folder = tempfile::tempdir()?;
//! # let root = folder.path();
//! let store = Store::<Bars>::open(root)?;
//! let key = Bars::new("AAPL", 1)?;
//! let rows = RecordBatch::try_from_iter([("ts", Arc::new(Int64Array::from(vec![1, 2, 3])) as ArrayRef)])?;
//! store.dataset(&key)?.write(rows, &WriteOptions::ordered_on("ts"))?;
//!
//! assert_eq!(store.keys()?, [key.clone()]);
//! for chunk in store.iter_intersections([key.clone()], &IntersectionOptions::default().with_range(2..))? {
//!     assert_eq!(chunk?[&key].num_rows(), 2);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Below the root each key is a path of folders: `AAPL-1/` holds the Parquet files, `AAPL-1_opdmd/` their log. The
//! store's own notes about key types are in `.varvite/`.

mod catalog;
mod check;
mod error;
mod filter;
mod intersections;
mod key_types;
mod store;

pub use catalog::{Catalog, CatalogEntry};
pub use check::StoreReport;
pub use error::{Error, Result};
pub use filter::KeyFilter;
pub use intersections::{Chunk, IntersectionOptions, Intersections, NPrev};
pub use store::{Entries, Store};
