//! A server as its clients meet it: over a socket, and route by route.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use tower::ServiceExt;
use varvite_feature::online::MaterializeOptions;
use varvite_feature::{FeatureStore, WriteMode};
use varvite_schema::{DataType, FeatureGroupSchema, FeatureSchema};
use varvite_serve::Server;

const ARROW: &str = "application/vnd.apache.arrow.stream";

fn rows(users: &[i64], visits: &[Option<i64>]) -> RecordBatch {
    let times = TimestampMicrosecondArray::from(vec![1_000_000; users.len()]).with_timezone("UTC");
    RecordBatch::try_from_iter_with_nullable([
        ("user_id", Arc::new(Int64Array::from(users.to_vec())) as ArrayRef, false),
        ("at", Arc::new(times), false),
        ("visits", Arc::new(Int64Array::from(visits.to_vec())), true),
    ])
    .unwrap()
}

/// A store with two users, served up to now.
fn store() -> (tempfile::TempDir, FeatureStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = FeatureStore::open(folder.path()).unwrap();
    let users = FeatureGroupSchema::builder("users")
        .entity_key("user_id", DataType::BigInt)
        .event_time("at")
        .feature(FeatureSchema::builder("visits", DataType::BigInt));
    store.register(&users.build().unwrap()).unwrap();
    let _ = store.write("users", &[rows(&[1, 2], &[Some(3), None])], WriteMode::Append).unwrap();
    let online = store.online().unwrap();
    store.materialize(&online, "users", &MaterializeOptions::up_to(store.now())).unwrap();
    (folder, store)
}

fn server() -> (tempfile::TempDir, Server) {
    let (folder, store) = store();
    (folder, Server::new(store).unwrap())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Status, media type and body of an answer.
fn ask(server: Server, request: Request<Body>) -> (StatusCode, String, Vec<u8>) {
    runtime().block_on(async {
        // On a worker, as in a server.
        tokio::spawn(async move {
            let answer = server.into_router().oneshot(request).await.unwrap();
            let media = answer.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
            let status = answer.status();
            let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
            (status, media.unwrap_or_default(), body.to_vec())
        })
        .await
        .unwrap()
    })
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

fn json_of(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap()
}

#[test]
fn many_entities_are_answered_in_their_order_s12() {
    let (_folder, server) = server();
    let body =
        json!({ "features": ["users.visits"], "entities": [{ "user_id": 2 }, { "user_id": 9 }, { "user_id": 1 }] });
    let request = Request::post("/features/online").body(Body::from(body.to_string())).unwrap();
    let (status, media, body) = ask(server, request);
    assert_eq!((status, media.as_str()), (StatusCode::OK, "application/json"));
    let of = |user: i64, visits: Value, status: &str, at: Value| json!({ "user_id": user, "visits": visits, "visits__status": status, "users__event_ts": at });
    let at = json!("1970-01-01T00:00:01Z");
    let expected = [
        of(2, Value::Null, "NULL_VALUE", at.clone()),
        of(9, Value::Null, "NOT_FOUND", Value::Null),
        of(1, json!(3), "PRESENT", at),
    ];
    assert_eq!(json_of(&body)["rows"], json!(expected));
}

#[test]
fn one_entity_is_a_query() {
    let (_folder, server) = server();
    let (status, _, body) = ask(server, get("/features/online?features=users.visits&user_id=1"));
    assert_eq!(status, StatusCode::OK);
    assert_eq!(json_of(&body)["rows"][0]["visits"], json!(3));
}

#[test]
fn arrow_is_spoken_in_both_directions() {
    let (_folder, server) = server();
    let ids = RecordBatch::try_from_iter([("user_id", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef)]).unwrap();
    let mut stream = StreamWriter::try_new(Vec::new(), &ids.schema()).unwrap();
    stream.write(&ids).unwrap();
    stream.finish().unwrap();
    let request = Request::post("/features/online?features=users.*")
        .header("content-type", ARROW)
        .header("accept", ARROW)
        .body(Body::from(stream.into_inner().unwrap()))
        .unwrap();
    let (status, media, body) = ask(server, request);
    assert_eq!((status, media.as_str()), (StatusCode::OK, ARROW));
    let batch = StreamReader::try_new(&body[..], None).unwrap().next().unwrap().unwrap();
    let statuses = batch.column_by_name("visits__status").unwrap();
    let expected: ArrayRef = Arc::new(StringArray::from(vec!["PRESENT", "NULL_VALUE"]));
    assert_eq!(&arrow::compute::cast(statuses, expected.data_type()).unwrap(), &expected);
}

#[test]
fn mistakes_are_explained_s20() {
    for (path, expected, words) in [
        ("/features/online?features=users.vists&user_id=1", StatusCode::NOT_FOUND, "did you mean `visits`?"),
        ("/features/online?features=user.visits&user_id=1", StatusCode::NOT_FOUND, "did you mean `users`?"),
        (
            "/features/online?features=users.visits&user_id=one",
            StatusCode::BAD_REQUEST,
            "`user_id` is bigint, not `one`",
        ),
        ("/features/online?features=users.visits", StatusCode::BAD_REQUEST, "names no entity"),
        ("/features/online?user_id=1", StatusCode::BAD_REQUEST, "no features are asked for"),
    ] {
        let (_folder, server) = server();
        let (status, _, body) = ask(server, get(path));
        let error = json_of(&body)["error"].clone();
        assert_eq!(status, expected, "{path}: {error}");
        assert!(error["message"].as_str().unwrap().contains(words), "{path}: {error}");
        assert!(error["code"].as_str().unwrap().starts_with("VV0"));
    }
}

#[test]
fn a_token_is_wanted_everywhere_but_for_health() {
    let asked = |path: &str, token: Option<&str>| {
        let (_folder, server) = server();
        let mut request = Request::get(path);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        ask(server.with_token("secret"), request.body(Body::empty()).unwrap()).0
    };
    assert_eq!(asked("/groups", None), StatusCode::UNAUTHORIZED);
    assert_eq!(asked("/groups", Some("secre")), StatusCode::UNAUTHORIZED);
    assert_eq!(asked("/groups", Some("secret")), StatusCode::OK);
    assert_eq!(asked("/health", None), StatusCode::OK);
}

#[test]
fn without_a_token_nobody_else_is_served() {
    let (_folder, server) = server();
    let anywhere: SocketAddr = "0.0.0.0:0".parse().unwrap();
    let error = runtime().block_on(server.bind(anywhere)).unwrap_err();
    assert_eq!((error.code(), error.help().is_some()), ("VV0501", true));
    assert!(runtime().block_on(server.with_token("t").bind(anywhere)).is_ok());
}

#[test]
fn health_says_what_is_wrong() {
    let (folder, store) = store();
    let server = Server::new(store).unwrap();
    let registry = folder.path().join("registry/revisions");
    let revision = std::fs::read_dir(&registry).unwrap().next().unwrap().unwrap().path();
    let (status, _, body) = {
        std::fs::write(&revision, "{").unwrap();
        let again = FeatureStore::open(folder.path()).unwrap();
        drop(server);
        ask(Server::new(again).unwrap(), get("/health"))
    };
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    let checks = json_of(&body)["checks"].clone();
    let registry = checks.as_array().unwrap().iter().find(|check| check["name"] == "registry").unwrap();
    assert_eq!(registry["health"], "failed", "{checks}");
}

#[test]
fn metrics_and_the_description_are_there() {
    let (_folder, server) = server();
    let (_, media, body) = ask(server, get("/metrics"));
    let text = String::from_utf8(body).unwrap();
    assert!(media.starts_with("text/plain") && text.contains("varvite_online_keys{group=\"users@v1\"} 2"), "{text}");
    let (_folder, server) = self::server();
    let (_, _, body) = ask(server, get("/openapi.json"));
    let paths = json_of(&body)["paths"].clone();
    for path in ["/features/online", "/groups", "/groups/{name}", "/health", "/metrics"] {
        assert!(paths.get(path).is_some(), "{path} in {paths}");
    }
}

/// One request over a connection that is kept.
fn over(connection: &mut TcpStream, path: &str) -> String {
    write!(connection, "GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let mut text = Vec::new();
    let mut part = [0; 4096];
    loop {
        let read = connection.read(&mut part).unwrap();
        text.extend_from_slice(&part[..read]);
        let said = String::from_utf8_lossy(&text);
        let Some((head, body)) = said.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if read == 0 || length.is_none_or(|length: usize| body.len() >= length) {
            return said.into_owned();
        }
    }
}

#[test]
fn a_server_follows_new_commits_and_stops_when_it_is_told() {
    let (_folder, store) = store();
    let server = Server::new(store.clone()).unwrap().with_follow(Duration::from_millis(20));
    let runtime = runtime();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let listener = runtime.block_on(server.bind("127.0.0.1:0".parse().unwrap())).unwrap();
    let address = listener.local_addr().unwrap();
    let running = runtime.spawn(server.serve(listener, async { stopped.await.unwrap_or_default() }));
    let mut connection = TcpStream::connect(address).unwrap();
    let path = "/features/online?features=users.visits&user_id=7";
    assert!(over(&mut connection, path).contains("NOT_FOUND"));
    let _ = store.write("users", &[rows(&[7], &[Some(70)])], WriteMode::Append).unwrap();
    let mut said = String::new();
    for _ in 0..500 {
        said = over(&mut connection, path);
        if said.contains("\"visits\":70") {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(said.contains("\"visits\":70"), "{said}");
    drop(connection);
    stop.send(()).unwrap();
    runtime.block_on(running).unwrap().unwrap();
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
}
