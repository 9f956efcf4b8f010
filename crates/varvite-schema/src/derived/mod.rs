//! Derived features: what they read ([`SourceSchema`]), and how they are computed ([`WindowSchema`], [`VirtualSchema`],
//! [`OnDemandSchema`]).

mod aggregation;
mod on_demand;
mod source;
mod view;
mod virtual_builder;
mod virtual_group;
mod window;

pub use aggregation::{AggregateFunction, Aggregation};
pub use on_demand::{OnDemandBuilder, OnDemandFeature, OnDemandInput, OnDemandSchema};
pub use source::{SourceBuilder, SourceColumn, SourceSchema};
pub use view::FeatureView;
pub use virtual_builder::VirtualBuilder;
pub use virtual_group::{VirtualFeature, VirtualKey, VirtualSchema};
pub use window::{WindowBuilder, WindowSchema};
