//! The token: compared in constant time.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq;

use crate::app::App;
use crate::error::{Error, Result};

/// Refuses requests without the token. Whether the server lives, anybody may know.
pub(crate) async fn check(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if let Some(token) = &app.token
        && request.uri().path() != "/health"
    {
        let given = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let given = given.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        if !bool::from(given.as_bytes().ct_eq(token.as_bytes())) {
            return Error::Unauthorized.into_response();
        }
    }
    next.run(request).await
}

/// Without a token a server listens on loopback alone.
pub(crate) fn check_address(address: SocketAddr, token: Option<&str>) -> Result<()> {
    if address.ip().is_loopback() || token.is_some() { Ok(()) } else { Err(Error::TokenNeeded { address }) }
}
