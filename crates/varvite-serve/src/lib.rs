//! Online values of a feature store over HTTP.
//!
//! | request | answer |
//! | --- | --- |
//! | `POST /features/online` | values, statuses and event times of many entities: JSON, or Arrow IPC where it is asked for |
//! | `GET /features/online?features=users.age&user_id=7` | the same for one entity |
//! | `GET /groups`, `GET /groups/users` | definitions |
//! | `GET /health` | what is wrong, part by part; 503 if something is |
//! | `GET /metrics` | for Prometheus |
//! | `GET /openapi.json` | this table for machines |
//!
//! A server listens on loopback unless it has a token: then requests other than `/health` carry it as
//! `Authorization: Bearer ...`. The process that serves is the one that materializes: [`Server::with_follow`] brings new
//! commits in by itself.
//!
//! ```no_run
//! use varvite_feature::FeatureStore;
//! use varvite_serve::Server;
//!
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! let store = FeatureStore::open("features")?;
//! let server = Server::new(store)?.with_follow(std::time::Duration::from_secs(10));
//! let listener = server.bind("127.0.0.1:8080".parse()?).await?;
//! server.serve(listener, varvite_serve::interrupted()).await?;
//! # Ok(())
//! # }
//! ```

mod api;
mod app;
mod auth;
mod entities;
mod error;
mod follow;
mod lookups;
mod metrics;
mod server;

pub use api::openapi;
pub use error::{Error, Result};
pub use server::{Server, interrupted};
