//! Definitions of features, without data and without IO: what a group holds, what may change in it, how it is named.
//!
//! A [`FeatureGroupSchema`] says which columns name an entity, when a row began to be true and when it became known, how
//! old a row may be, and which features there are, each with its [`DataType`] and the limits of its values. A
//! [`FeatureRef`] (`group.feature`) names one of them; a [`FeatureService`] lists what a model asks for. Derived features
//! are computed: a [`WindowSchema`] aggregates the latest rows of a group or a [`SourceSchema`], a [`VirtualSchema`] has
//! queries over such tables, an [`OnDemandSchema`] has expressions. [`Definitions`] holds many of each, as a file or a registry has them.
//!
//! ```
//! use varvite_schema::{DataType, Definitions, FeatureGroupSchema, FeatureSchema, FeatureService, plan_apply};
//!
//! let users = FeatureGroupSchema::builder("users")
//!     .entity_key("user_id", DataType::BigInt)
//!     .event_time("event_timestamp")
//!     .ttl("7d")
//!     .feature(FeatureSchema::builder("age", DataType::Int).min(0).max(150).unit("years"))
//!     .feature(FeatureSchema::builder("region", "string").allowed(["north", "south"]))
//!     .build()?;
//! let churn = FeatureService::builder("churn").reference("users.age").build()?;
//!
//! let known = Definitions::default();
//! let wanted = Definitions::try_new(vec![users], vec![churn])?;
//! let plan = plan_apply(&known, &wanted);
//! assert!(plan.to_string().ends_with("2 created\n"));
//! let known = plan.into_definitions()?;
//! assert_eq!(known.resolve(&"users.age".parse()?)?.features[0].to_string(), "age int, at least 0, at most 150, in years");
//! # Ok::<(), varvite_schema::Error>(())
//! ```
//!
//! # Validity
//! What exists is valid: names can stand in a reference and in a path, no column is named twice, keys are no floats, a
//! TTL is longer than zero, limits fit their types. Builders check everything before they say what is wrong, and say
//! all of it ([`Error::problems`]).
//!
//! # Change
//! [`diff`] lists what differs between two definitions of a group. [`compatibility`] and [`check_registration`] say
//! whether a version may change so: nullable features may be added, `int` become `bigint` or `double`, `float` become
//! `double`, words, limits and TTL change; all else needs a new version. [`plan_apply`] does this for a whole file.
//!
//! # Errors
//! [`Error::code`] is stable and unique (`VV03..`), [`Error::kind`] is the coarse kind that feature stores know
//! ([`ErrorKind`]).
//!
//! # Features
//! None is on by default.
//! - `derive`: `#[derive(FeatureGroup)]`.
//! - `serde`: definitions, references, changes and plans are serialised.
//! - `json`, `toml`, `yaml`: files of definitions.
//!
//! # What is deliberately absent
//! - Reading and writing files, the clock, a registry: whoever has a disk stores what this crate writes as text.
//! - Columns of data. [`FeatureSchema::checks`] says what to ask of them.

mod data_type;
mod definitions;
mod derived;
mod error;
mod evolve;
mod feature;
mod feature_type;
mod group;
mod head;
mod metadata;
mod name;
mod problem;
mod reference;
mod row;
mod scalar;
mod service;
mod ttl;
#[cfg(feature = "serde")]
mod wire;

pub use arrow_schema;

pub use data_type::{DataType, StructField, TimeUnit};
#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
pub use definitions::Format;
pub use definitions::{DefinitionParts, Definitions, Resolved};
pub use derived::{
    AggregateFunction, Aggregation, FeatureView, OnDemandBuilder, OnDemandFeature, OnDemandInput, OnDemandSchema,
    SourceBuilder, SourceColumn, SourceSchema, VirtualBuilder, VirtualFeature, VirtualKey, VirtualSchema,
    WindowBuilder, WindowSchema,
};
pub use error::{Error, ErrorKind, Result};
pub use evolve::{
    ApplyPlan, ApplyStep, Change, ChangeKind, Compatibility, Outcome, Verdict, check_registration, compatibility, diff,
    plan_apply,
};
pub use feature::{FeatureBuilder, FeatureSchema, GivenType};
pub use feature_type::FeatureType;
pub use group::{Column, ColumnRole, EntityKey, FeatureGroupBuilder, FeatureGroupSchema, TimeColumn};
pub use head::DefinitionKind;
pub use metadata::{Check, Metadata};
pub use problem::{Problem, ProblemKind, Problems};
pub use reference::FeatureRef;
pub use row::{FeatureGroup, FeatureValue, KeyValue, TimeValue};
pub use scalar::{Literal, Scalar};
pub use service::{FeatureService, FeatureServiceBuilder};
pub use ttl::{GivenTtl, Ttl};
/// Makes a struct describe a group: its fields are the columns.
///
/// Options of the struct, in `#[feature_group(...)]`: `name = "..."` (default: the struct's in snake case),
/// `version = 2`, `ttl = "7d"`, `owner = "..."`, `description = "..."` (default: its documentation),
/// `tags(team = "...")`, `crate = path`.
///
/// A field is a feature unless it is marked `#[entity_key]`, `#[event_time]`, `#[created_time]` or `#[column(skip)]`. An
/// `Option` may be null. Options of any field are `name = "..."` and `type = "..."`; those of features, in
/// `#[column(...)]`, are `feature_type = "..."`, `description = "..."`, `min = 0`, `max = 150`, `allowed = ["a", "b"]`,
/// `unit = "..."` and `notes(source = "...")`.
///
/// # Examples
/// ```
/// use varvite_schema::FeatureGroup;
///
/// /// What we know of a user.
/// #[derive(FeatureGroup)]
/// #[feature_group(ttl = "7d", owner = "growth", tags(team = "data-science"))]
/// struct UserFeatures {
///     #[entity_key]
///     user_id: i64,
///     #[event_time]
///     event_timestamp: i64,
///     /// age at the event
///     #[column(min = 0, max = 150, unit = "years")]
///     age: i32,
///     score: Option<f64>,
/// }
///
/// let group = UserFeatures::feature_group()?;
/// assert_eq!(group.to_string(), "\
/// user_features@v1: What we know of a user.
///   owner         growth
///   tags          team=data-science
///   entity keys   user_id bigint
///   event time    event_timestamp
///   ttl           7d
///   features
///     age int not null, at least 0, at most 150, in years: age at the event
///     score double");
/// # Ok::<(), varvite_schema::Error>(())
/// ```
#[cfg(feature = "derive")]
pub use varvite_macros::SchemaFeatureGroup as FeatureGroup;

/// For the facade alone; not covered by semantic versioning.
#[doc(hidden)]
pub mod __private {
    /// The trait without the derive of the same name.
    pub use crate::row::FeatureGroup;
}
