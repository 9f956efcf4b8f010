//! [`App`]: what all requests share.

use varvite_feature::FeatureStore;
use varvite_feature::online::OnlineStore;

use crate::lookups::Lookups;
use crate::metrics::Metrics;

pub(crate) struct App {
    pub(crate) store: FeatureStore,
    pub(crate) online: OnlineStore,
    pub(crate) lookups: Lookups,
    pub(crate) metrics: Metrics,
    pub(crate) token: Option<String>,
}
