//! varvite: ordered, keyed feature data on plain Parquet.
//!
//! A [`Store`](store::Store) is a sorted map from typed keys to datasets. A [`Dataset`](dataset::Dataset) keeps rows in
//! order of one column, in many immutable Parquet files. A write merges rows into place as one commit; a handle reads
//! the version that it sees, until it is refreshed.
//!
//! ```
//! use std::sync::Arc;
//!
//! use varvite::arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
//! use varvite::prelude::*;
//!
//! #[toplevel]
//! struct Prices {
//!     venue: String,
//!     symbol: String,
//! }
//!
//! # let folder = tempfile::tempdir()?;
//! # let root = folder.path();
//! let store = Store::<Prices>::open(root)?;
//! let prices = store.dataset(&Prices::new("XNAS", "AAPL")?)?;
//!
//! let rows = |ts: Vec<i64>, price: Vec<f64>| {
//!     let columns = [("ts", Arc::new(Int64Array::from(ts)) as ArrayRef), ("price", Arc::new(Float64Array::from(price)))];
//!     RecordBatch::try_from_iter(columns)
//! };
//! let options = WriteOptions::ordered_on("ts").with_duplicates_on(Duplicates::on(["ts"]));
//! let _ = prices.write(rows(vec![10, 20, 30], vec![1.0, 2.0, 3.0])?, &options)?;
//! let late = prices.write(rows(vec![15, 20], vec![1.5, 2.5])?, &options)?;
//! assert_eq!((late.inserted, late.updated), (1, 1));
//! assert_eq!(prices.read(&ScanOptions::default().with_range(10..30))?.num_rows(), 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | what |
//! | --- | --- |
//! | [`key`] | typed keys: structs whose values become folders |
//! | [`dataset`] | one ordered dataset: merge, scan, check |
//! | [`store`] | many datasets, walked in lock step |
//! | [`storage`] | where bytes live: local files, memory |
//! | [`time`] | periods and the one tiling of time |
//! | `schema` | definitions of features (with the feature `schema`) |
//! | `asset` | asset collections: declare what is needed, fetch all of it, typed (with the feature `asset`) |
//! | `ops` | stateful operators: as-of merge, bins, buffers (with the feature `ops`) |
//! | `flow` | dataflows: functions that form a graph, on data sets, micro-batches and single rows (with the feature `flow`) |
//! | `pipeline` | flows and steps over datasets: output, state and watermark in one commit (with the feature `pipeline`) |
//! | `feature` | the feature store: registry, histories, reads as of a point in time (with the feature `feature`) |
//!
//! This crate holds no logic: it re-exports the others. Each can be used alone. [`prelude`] has the everyday names, and
//! [`arrow`] is the Arrow whose types appear in our signatures.
//!
//! # Features
//!
//! - `serde`: keys are serialised as their text.
//! - `schema`: definitions of features; `schema-files`: files of them in JSON, TOML and YAML.
//! - `feature`: the feature store; `online`: its online values, in an embedded database.
//! - `asset`: asset collections.
//! - `ops`: stateful operators over ordered rows; with `flow`, as nodes.
//! - `flow`: dataflows.
//! - `pipeline`: flows and steps over datasets; `text-files`: CSV and JSON lines as sources and sinks of jobs.
//! - `polars`: reads as Polars frames.
//!
//! The repository has a guide by tasks (`docs/guide`), the format on disk (`docs/format.md`) and whole programs
//! (`crates/varvite/examples`).

#[cfg(doctest)]
mod doc_tests;

pub use arrow;
#[cfg(feature = "asset")]
pub use varvite_asset as asset;
#[cfg(feature = "asset")]
pub use varvite_asset::__private::{AssetCollection, FeatureModel};
pub use varvite_dataset as dataset;
#[cfg(feature = "feature")]
pub use varvite_feature as feature;
#[cfg(feature = "flow")]
pub use varvite_flow as flow;
#[cfg(feature = "flow")]
pub use varvite_flow::__private::Fields;
pub use varvite_key as key;
#[cfg(feature = "schema")]
pub use varvite_macros::FeatureGroup;
#[cfg(feature = "asset")]
pub use varvite_macros::{AssetCollection, FeatureModel};
#[cfg(feature = "flow")]
pub use varvite_macros::{Fields, dataflow};
pub use varvite_macros::{sublevel, toplevel};
#[cfg(feature = "ops")]
pub use varvite_ops as ops;
#[cfg(feature = "pipeline")]
pub use varvite_pipeline as pipeline;
#[cfg(feature = "schema")]
pub use varvite_schema as schema;
#[cfg(feature = "schema")]
pub use varvite_schema::__private::FeatureGroup;
#[cfg(feature = "sql")]
pub use varvite_sql as sql;
pub use varvite_storage as storage;
pub use varvite_store as store;
pub use varvite_time as time;

/// The everyday names.
pub mod prelude {
    pub use crate::dataset::{Dataset, Duplicates, Mode, RowGroupTarget, ScanOptions, WriteOptions, WriteReport};
    pub use crate::key::{Key, KeyField};
    pub use crate::store::{IntersectionOptions, Intersections, KeyFilter, Store};
    pub use crate::time::Period;
    pub use crate::{sublevel, toplevel};
}

/// Makes a model of an asset the model of a frame in a dataflow.
#[cfg(all(feature = "asset", feature = "flow", feature = "polars"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __frame_model {
    ($model:ty) => {
        #[automatically_derived]
        impl $crate::flow::FrameModel for $model {
            fn columns() -> ::std::vec::Vec<(::std::string::String, $crate::flow::Item)> {
                $crate::flow::columns_of(&<Self as $crate::__private::asset::FeatureModel>::schema().arrow())
            }
        }
    };
}

/// Without all of these features there are no such frames.
#[cfg(not(all(feature = "asset", feature = "flow", feature = "polars")))]
#[doc(hidden)]
#[macro_export]
macro_rules! __frame_model {
    ($model:ty) => {};
}

/// For generated code only; not covered by semantic versioning.
#[doc(hidden)]
pub mod __private {
    pub use crate::__frame_model as frame_model;
    #[cfg(feature = "asset")]
    pub use varvite_asset as asset;
    #[cfg(feature = "flow")]
    pub use varvite_flow as flow;
    pub use varvite_key as key;
    #[cfg(feature = "schema")]
    pub use varvite_schema as schema;
}
