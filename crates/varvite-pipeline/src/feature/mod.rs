//! Dataflows and the feature store: a flow computes the features of a group, from histories or from online values.

#[cfg(feature = "online")]
mod online;
mod source;

#[cfg(feature = "online")]
pub use online::OnlineFlow;
pub use source::FlowSource;
