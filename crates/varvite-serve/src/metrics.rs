//! What is counted, for Prometheus.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use prometheus::{
    Encoder, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGaugeVec, Opts, Registry, TextEncoder,
};

use crate::app::App;

/// From 50 microseconds to 5 seconds.
const BUCKETS: [f64; 12] = [5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 5e-2, 0.25, 1.0, 5.0];

pub(crate) struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
    pub(crate) entities: IntCounter,
    keys: IntGaugeVec,
    lag: IntGaugeVec,
}

impl Metrics {
    pub(crate) fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let requests = Opts::new("varvite_requests_total", "Requests by route and status");
        let requests = IntCounterVec::new(requests, &["route", "status"])?;
        let seconds = HistogramOpts::new("varvite_request_seconds", "Seconds a request took").buckets(BUCKETS.to_vec());
        let seconds = HistogramVec::new(seconds, &["route"])?;
        let entities = IntCounter::new("varvite_entities_total", "Entities that were looked up")?;
        let keys = IntGaugeVec::new(Opts::new("varvite_online_keys", "Keys that are served"), &["group"])?;
        let lag = Opts::new("varvite_online_lag_commits", "Commits of the history that are not served yet");
        let lag = IntGaugeVec::new(lag, &["group"])?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(seconds.clone()))?;
        registry.register(Box::new(entities.clone()))?;
        registry.register(Box::new(keys.clone()))?;
        registry.register(Box::new(lag.clone()))?;
        Ok(Self { registry, requests, seconds, entities, keys, lag })
    }

    /// What is served of a group.
    pub(crate) fn served(&self, group: &str, keys: u64, lag: Option<u64>) {
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.keys.with_label_values(&[group]).set(whole(keys));
        if let Some(lag) = lag {
            self.lag.with_label_values(&[group]).set(whole(lag));
        }
    }

    /// All of it in Prometheus' text format.
    pub(crate) fn text(&self) -> String {
        let mut text = Vec::new();
        match TextEncoder::new().encode(&self.registry.gather(), &mut text) {
            Ok(()) => String::from_utf8_lossy(&text).into_owned(),
            Err(error) => format!("# {error}\n"),
        }
    }
}

/// Counts a request and how long it took.
pub(crate) async fn count(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let route =
        request.extensions().get::<MatchedPath>().map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let start = Instant::now();
    let response = next.run(request).await;
    app.metrics.seconds.with_label_values(&[&route]).observe(start.elapsed().as_secs_f64());
    app.metrics.requests.with_label_values(&[route.as_str(), response.status().as_str()]).inc();
    response
}
