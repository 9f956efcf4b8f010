//! The routes.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router, middleware};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::{OpenApi, ToSchema};
use varvite_time::Instant;

use crate::app::App;
use crate::error::{Error, Result};
use crate::{auth, entities, metrics};

/// The media type of Arrow IPC streams.
const ARROW: &str = "application/vnd.apache.arrow.stream";

/// From so many entities on, a look-up gives its thread away to other requests' tasks.
const MANY: usize = 64;

/// What stands in a query, in its order.
type Parameters = Vec<(String, String)>;

/// Which features of which entities.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OnlineRequest {
    /// References: `users.age`, `users.*`, `service:churn`.
    features: Vec<String>,
    /// One object an entity: its keys by name.
    #[schema(value_type = Vec<Object>)]
    entities: Vec<Map<String, Value>>,
    /// As of when ages count, RFC 3339. Default: now.
    #[serde(default)]
    now: Option<String>,
}

#[derive(OpenApi)]
#[openapi(
    info(title = "varvite", description = "Online values of a feature store"),
    paths(online_many, online_one, groups, group, health, metrics_text),
    components(schemas(OnlineRequest))
)]
struct Document;

/// The description of the routes, for machines.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/features/online", get(online_one).post(online_many))
        .route("/groups", get(groups))
        .route("/groups/{name}", get(group))
        .route("/health", get(health))
        .route("/metrics", get(metrics_text))
        .route("/openapi.json", get(|| async { Json(openapi()) }))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), auth::check))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), metrics::count))
        .with_state(app)
}

/// Values, statuses and event times of many entities, in their order.
///
/// The entities are JSON, or an Arrow stream with `features` in the query. The answer is JSON, or an Arrow stream where
/// `Accept` asks for it.
#[utoipa::path(
    post, path = "/features/online", request_body = OnlineRequest,
    responses((status = 200, description = "one row an entity"), (status = 400), (status = 404))
)]
async fn online_many(
    State(app): State<Arc<App>>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response> {
    let is_arrow = |name| headers.get(name).is_some_and(|value: &axum::http::HeaderValue| value == ARROW);
    let (features, table, now) = if is_arrow(CONTENT_TYPE) {
        let (features, rest) = asked(parameters)?;
        (features, entities::of_arrow(&body)?, instant(&app, rest.iter().find(|(name, _)| name == "now"))?)
    } else {
        let request: OnlineRequest = serde_json::from_slice(&body)
            .map_err(|error| Error::BadRequest(format!("the request is not as it should be: {error}")))?;
        let now = request.now.map(|text| ("now".to_owned(), text));
        (request.features, entities::of_json(&request.entities)?, instant(&app, now.as_ref())?)
    };
    answer(&app, &features, &table, now, is_arrow(ACCEPT))
}

/// Values, statuses and event times of one entity: its keys are parameters of their names.
#[utoipa::path(
    get, path = "/features/online",
    params(("features" = String, Query, description = "references, separated by commas")),
    responses((status = 200, description = "one row"), (status = 400), (status = 404))
)]
async fn online_one(
    State(app): State<Arc<App>>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Result<Response> {
    let (features, keys) = asked(parameters)?;
    let now = instant(&app, keys.iter().find(|(name, _)| name == "now"))?;
    let keys: Vec<(String, String)> = keys.into_iter().filter(|(name, _)| name != "now").collect();
    let table = entities::of_query(&app.store, &keys)?;
    answer(&app, &features, &table, now, headers.get(ACCEPT).is_some_and(|value| value == ARROW))
}

/// The references of a query, and its other parameters.
fn asked(parameters: Parameters) -> Result<(Vec<String>, Parameters)> {
    let (features, rest): (Vec<_>, Vec<_>) = parameters.into_iter().partition(|(name, _)| name == "features");
    let features: Vec<String> =
        features.iter().flat_map(|(_, text)| text.split(',')).map(|text| text.trim().to_owned()).collect();
    if features.is_empty() {
        return Err(Error::BadRequest("no features are asked for: `features=group.feature`".to_owned()));
    }
    Ok((features, rest))
}

fn instant(app: &App, given: Option<&(String, String)>) -> Result<Instant> {
    let Some((_, text)) = given else { return Ok(app.store.now()) };
    text.parse().map_err(|error| Error::BadRequest(format!("`now` is no time: {error}")))
}

fn answer(
    app: &App,
    features: &[String],
    table: &arrow::array::RecordBatch,
    now: Instant,
    as_arrow: bool,
) -> Result<Response> {
    let lookup = app.lookups.get(&app.store, &app.online, features)?;
    let get = || lookup.get(table, now);
    let found = if table.num_rows() < MANY { get() } else { tokio::task::block_in_place(get) }?;
    app.metrics.entities.inc_by(table.num_rows() as u64);
    let (media, body) =
        if as_arrow { (ARROW, entities::to_arrow(&found)?) } else { ("application/json", entities::to_json(&found)?) };
    Ok(([(CONTENT_TYPE, media)], body).into_response())
}

/// Names, versions and descriptions of all groups.
#[utoipa::path(get, path = "/groups", responses((status = 200)))]
async fn groups(State(app): State<Arc<App>>) -> Result<Json<Value>> {
    let state = app.store.registry().state().map_err(Error::from)?;
    let groups =
        state.definitions().groups().iter().map(
            |group| json!({ "name": group.name(), "version": group.version(), "description": group.description() }),
        );
    Ok(Json(json!({ "revision": state.revision(), "groups": groups.collect::<Vec<_>>() })))
}

/// The definition of a group: `users`, or `users@v1`.
#[utoipa::path(get, path = "/groups/{name}", params(("name" = String, Path)), responses((status = 200), (status = 404)))]
async fn group(State(app): State<Arc<App>>, Path(name): Path<String>) -> Result<Json<Value>> {
    let history = app.store.group(&name).map_err(Error::from)?;
    let status = app.online.status(history.group(), Some(history.dataset())).map_err(Error::from)?;
    Ok(Json(json!({ "definition": history.group(), "rows": history.num_rows(), "online": status })))
}

/// What is wrong, part by part.
#[utoipa::path(get, path = "/health", responses((status = 200), (status = 503, description = "something does not work")))]
async fn health(State(app): State<Arc<App>>) -> Response {
    let report = tokio::task::block_in_place(|| app.store.health_check_with(Some(&app.online)));
    let status = if report.is_healthy() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report)).into_response()
}

/// What is counted, in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", responses((status = 200, content_type = "text/plain")))]
async fn metrics_text(State(app): State<Arc<App>>) -> Result<Response> {
    let state = app.store.registry().state().map_err(Error::from)?;
    for group in state.definitions().groups() {
        let history = app.store.history_of(group).map_err(Error::from)?;
        let status = app.online.status(group, Some(history.dataset())).map_err(Error::from)?;
        app.metrics.served(&group.id(), status.keys, status.lag_commits);
    }
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4")], app.metrics.text()).into_response())
}
