//! Asset collections: declare what is needed as a struct, fetch all of it at once, typed.

mod catalog;
mod collection;
mod coverage;
mod error;
mod filter;
mod interval;
mod listing;
mod model;
mod plan;
mod resolution;
mod slot;
mod span;
mod want;

pub use chrono;

pub use catalog::{
    AssetReport, AssetWrite, AssetWriteMode, Catalog, PartitionReport, RegisteredColumn, RegisteredSchema,
};
pub use collection::{AssetCollection, Collection, Fetch, Filled, Handle};
pub use coverage::Coverage;
pub use error::{Error, Result};
pub use filter::{Col, Comparison, Filter};
pub use interval::Interval;
pub use listing::{AssetId, AssetListing, LakeEntry, Listing, Partition, VersionListing};
pub use model::{
    AssetKind, Check, CheckKind, Column, ColumnDefault, Decimal, DecodeEarlier, DecodeError, Earlier, Family,
    FeatureModel, FieldType, ModelSchema, NotDecimal, Value,
};
pub use plan::{FetchPlan, FieldPlan, Intervals, Part, PartSource, PlannedScan};
pub use resolution::Resolution;
pub use slot::{Batches, Filling, LakeFile, Latest, Slot};
pub use span::{Bound, Shift, Span};
pub use varvite_macros::AssetFeatureModel as FeatureModel;
pub use want::{Edges, Missing, Want, When};

/// For generated code and the facade alone; not covered by semantic versioning.
#[doc(hidden)]
pub mod __private {
    pub use arrow;

    /// The trait without the derive of the same name.
    pub use crate::model::FeatureModel;
    pub use crate::model::generated as model;
}
