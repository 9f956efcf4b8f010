//! Asset collections: declare what is needed as a struct, fetch all of it at once, typed.

mod cache;
mod catalog;
mod collection;
mod coverage;
mod error;
mod fetch;
mod filter;
#[cfg(feature = "polars")]
mod frame;
mod hyperion;
mod interval;
mod listing;
mod model;
mod plan;
mod request;
mod resolution;
mod shared;
mod slot;
mod span;
mod stop;
mod stream;
mod values;
mod want;

pub use chrono;
#[cfg(feature = "polars")]
pub use polars;

pub use catalog::{
    AssetInfo, AssetReport, AssetWrite, AssetWriteMode, Catalog, LakeDates, LakeFormat, LakeWrite, PartitionReport,
    RegisteredColumn, RegisteredSchema, Repartition, VersionInfo,
};
pub use collection::{AssetCollection, Collection, Fetch, Filled, Handle, Outcomes};
pub use coverage::Coverage;
pub use error::{Error, Result};
pub use fetch::{
    DEFAULT_MAX_BYTES_IN_FLIGHT, DEFAULT_MAX_CONCURRENT, FetchOptions, FetchSummary, Fetched, FieldSummary, Progress,
    Retries,
};
pub use filter::{Col, ComparesWith, Comparison, Filter};
#[cfg(feature = "polars")]
pub use frame::Frame;
pub use hyperion::{HyperionAsset, HyperionDate, HyperionLayout, HyperionUnit};
pub use interval::Interval;
pub use listing::{AssetId, AssetListing, LakeEntry, Listing, Partition, VersionListing};
pub use model::{
    AssetKind, Check, CheckKind, Checker, Column, ColumnDefault, ColumnTest, Decimal, DecodeEarlier, DecodeError,
    Earlier, Family, FeatureModel, FieldType, ModelSchema, ModelSchemaBuilder, NotDecimal, Value, Violation,
    Violations,
};
pub use plan::{FetchPlan, FieldPlan, Gaps, Intervals, Lacking, Part, PartSource, PlannedScan, plan_fetch, plan_field};
pub use resolution::Resolution;
pub use shared::Shared;
pub use slot::{Batches, Filling, LakeFile, Latest, Slot};
pub use span::{Bound, Shift, Span};
pub use stop::Stop;
/// Makes a struct a collection: its fields are fetched together.
///
/// What a field fetches is said in `#[fetch(...)]`; without it, all rows until now:
///
/// - `start = "now-7d/d"`, `end = "2024-02-01"`: which stretch of time, as [`Bound`] has it. Read while compiling.
/// - `latest`, and `tolerance = 2`: the newest interval, up to so many back.
/// - `missing = "skip"`, `"warn"` or `"fail"`: what to do about intervals that were never written, be it by one partition.
/// - `keys(region = "north")`: only these partitions; `columns(timestamp, temperature)`: only these columns. Both are named
///   as the fields of the model; one that is not there does not compile.
/// - `filter = Weather::TEMPERATURE.gt(30.0)`: only these rows, as a [`Filter`].
/// - `edges = "clipped"`, `"whole"` or `"closed"`: which rows at the ends of the stretch, as [`Edges`].
/// - `flatten`: the field is another collection, whose fields are fetched along.
/// - `lake = "exports"`, `store = "stations"`, `version = 3`: which asset. Files (`Vec<LakeFile>`) need the name of their lake;
///   for rows their model knows all this, and what is written here is compared with it while compiling.
///
/// On the struct, `#[fetch(crate = path)]` says where generated code finds this crate, if it was renamed.
///
/// What is generated beside the trait: `WeatherReportRequest`, made by `WeatherReport::request()`, with one method a field,
/// and `missing` for all of them.
///
/// ```
/// use varvite_asset::chrono::{DateTime, TimeDelta, Utc};
/// use varvite_asset::{AssetCollection, AssetWrite, Catalog, FeatureModel, FetchOptions, Fetched, Latest, Span};
///
/// #[derive(FeatureModel, Debug, Clone, PartialEq)]
/// #[model(asset = "weather", resolution = "1d", time = timestamp)]
/// struct Weather {
///     timestamp: DateTime<Utc>,
///     temperature: f64,
/// }
///
/// #[derive(AssetCollection)]
/// struct WeatherReport {
///     #[fetch(start = "now-7d", filter = Weather::TEMPERATURE.gt(10.0))]
///     warm: Vec<Weather>,
///     #[fetch(latest, tolerance = 2)]
///     newest: Option<Latest<Weather>>,
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let catalog = Catalog::in_memory().with_clock(|| varvite_time::Instant::from_ns(10 * 86_400_000_000_000));
/// let row = |day: i64| Weather { timestamp: DateTime::UNIX_EPOCH + TimeDelta::days(day), temperature: 5.0 + day as f64 };
/// let _ = catalog.write(&(0..9).map(row).collect::<Vec<_>>(), &AssetWrite::replace())?;
///
/// let report: Fetched<WeatherReport> = catalog.fetch(&FetchOptions::default()).await?;
/// assert_eq!(report.warm, [row(6), row(7), row(8)]);
/// let WeatherReport { newest, .. } = report.into_inner();
/// assert_eq!(newest.map(|newest| newest.rows), Some(vec![row(8)]));
///
/// let request = WeatherReport::request().warm(Span::last(TimeDelta::days(3)));
/// let report = catalog.fetch_with::<WeatherReport>(request, &FetchOptions::default()).await?;
/// assert_eq!(report.warm, [row(7), row(8)]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub use varvite_macros::AssetAssetCollection as AssetCollection;
pub use want::{Edges, Missing, Want, When};

/// Makes a struct a model: its fields are the columns of an asset.
///
/// Options of the struct, in `#[model(...)]`: `asset = "..."`; `resolution = "1d"`, `undated` (rows that are replaced as a
/// whole) or `lake` (dated files); `time = field`; `version = 2`; `reads(V1)` with `From<V1>` for earlier versions, newest
/// first, and `reads(V1 = path)` with a function that rewrites their lazy frames; `crate = path`. A struct that is one
/// column of another model is `#[model(nested)]`.
///
/// Options of a field: `name = "..."`; `default` or `default = 5` where its column is absent; `key` for a partition key;
/// `skip` with a default for what is no column; `check(range = 0.0..=1.0, one_of = [1, 2], length = 1..=20,
/// pattern = "...", not_null, unique, monotonic, with = path)`, where `monotonic = strict` refuses equal values.
///
/// # Examples
/// ```
/// use varvite_asset::FeatureModel;
/// use varvite_asset::chrono::{DateTime, Utc};
///
/// #[derive(FeatureModel, Debug, PartialEq)]
/// #[model(asset = "weather_data", resolution = "1d", time = timestamp)]
/// struct Weather {
///     timestamp: DateTime<Utc>,
///     #[model(check(range = -90.0..=60.0))]
///     temperature: f64,
///     #[model(default)]
///     humidity: Option<f64>,
/// }
///
/// let rows = [Weather { timestamp: DateTime::UNIX_EPOCH, temperature: 31.5, humidity: None }];
/// let batch = Weather::encode(&rows)?;
/// let mut back = Vec::new();
/// Weather::decode(&batch, &mut back)?;
/// assert_eq!(back, rows);
/// let hot = Weather::TEMPERATURE.gt(30.0);
/// assert_eq!(hot.mask(&batch)?.true_count(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub use varvite_macros::AssetFeatureModel as FeatureModel;

/// For generated code and the facade alone; not covered by semantic versioning.
#[doc(hidden)]
pub mod __private {
    pub use arrow;

    // The traits without the derives of the same names.
    pub use crate::collection::AssetCollection;
    pub use crate::model::FeatureModel;
    pub use crate::model::generated as model;
    pub use crate::request::{
        CollectionRequest, Nested, asked, refuse_other_lake, refuse_other_store, refuse_other_version, refuse_reversed,
    };
}
