//! What can go wrong with a server, and what a request is answered then.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use varvite_schema::ErrorKind;

/// Result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The feature store refused, or is damaged.
    #[error(transparent)]
    Feature(#[from] varvite_feature::Error),
    /// Anybody could read what is served there.
    #[error("{address} can be reached from other machines: give a token, or listen on loopback")]
    TokenNeeded {
        /// Where the server was to listen.
        address: std::net::SocketAddr,
    },
    /// The server cannot listen there.
    #[error("the server cannot listen on {address}")]
    Listen {
        /// Where it was to listen.
        address: std::net::SocketAddr,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The server broke off.
    #[error("the server broke off")]
    Serve(#[source] std::io::Error),
    /// A request cannot be understood.
    #[error("{0}")]
    BadRequest(String),
    /// A request does not carry the token.
    #[error("the request does not carry the token of this server")]
    Unauthorized,
    /// An answer cannot be written.
    #[error("the answer cannot be written")]
    Answer(#[from] arrow::error::ArrowError),
}

impl Error {
    /// A code that stays the same when the text changes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Feature(error) => error.code(),
            Self::TokenNeeded { .. } => "VV0501",
            Self::Listen { .. } => "VV0502",
            Self::Serve(_) => "VV0503",
            Self::BadRequest(_) => "VV0504",
            Self::Unauthorized => "VV0505",
            Self::Answer(_) => "VV0506",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Feature(error) => error.help(),
            Self::TokenNeeded { .. } => Some("a token comes from a file: see the help"),
            Self::Listen { .. } => Some("take another port; 0 takes a free one"),
            _ => None,
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Feature(error) => match error.kind() {
                ErrorKind::FeatureNotFound | ErrorKind::FeatureGroupNotFound => StatusCode::NOT_FOUND,
                ErrorKind::SchemaValidation | ErrorKind::VirtualizationQuery => StatusCode::BAD_REQUEST,
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            },
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let body = json!({ "error": { "code": self.code(), "message": self.to_string(), "help": self.help() } });
        (self.status(), axum::Json(body)).into_response()
    }
}
