//! Derived features: what they read ([`SourceSchema`]), and how they are computed ([`WindowSchema`], [`OnDemandSchema`]).

mod aggregation;
mod on_demand;
mod source;
mod view;
mod window;

pub use aggregation::{AggregateFunction, Aggregation};
pub use on_demand::{OnDemandBuilder, OnDemandFeature, OnDemandInput, OnDemandSchema};
pub use source::{SourceBuilder, SourceColumn, SourceSchema};
pub use view::FeatureView;
pub use window::{WindowBuilder, WindowSchema};
