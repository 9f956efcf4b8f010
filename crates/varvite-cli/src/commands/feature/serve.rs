//! `varvite feature serve ROOT`

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use varvite::schema::Ttl;
use varvite_serve::Server;

use super::{Outcome, open};
use crate::error::{About, Error, Result};
use crate::output::{print, print_json};

/// Serves online values over HTTP, and brings in new commits
///
/// Whoever serves is the one that materializes: no other process may have the online values open. It listens on loopback
/// unless there is a token. Ctrl-C or SIGTERM let requests that are under way come to their end.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite feature serve features
  varvite feature serve features --listen 0.0.0.0:8080 --token-file token.txt --follow 30s

  curl 'http://127.0.0.1:8080/features/online?features=users.age&user_id=7'
  curl -X POST http://127.0.0.1:8080/features/online -d '{\"features\": [\"users.*\"], \"entities\": [{\"user_id\": 7}]}'

Routes: /features/online, /groups, /health, /metrics, /openapi.json
JSON: {\"store\", \"address\"}, once it listens")]
pub(crate) struct Args {
    /// The store's folder
    root: PathBuf,

    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,

    /// How often new commits are looked for, such as `10s`
    #[arg(long, value_name = "DURATION", default_value = "10s")]
    follow: Ttl,

    /// Serves what is materialized, and nothing newer
    #[arg(long, conflicts_with = "follow")]
    no_follow: bool,

    /// A file whose first line is the token that requests have to carry
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let shown = args.root.display().to_string();
    let token = args.token_file.as_deref().map(read_token).transpose()?;
    let mut server = Server::new(open(&args.root)?).about_a("store", &shown)?;
    if let Some(token) = token {
        server = server.with_token(token);
    }
    if !args.no_follow {
        server = server.with_follow(Duration::from_nanos(args.follow.as_ns().unsigned_abs()));
    }
    let listening = |address: SocketAddr| {
        let said = if as_json {
            print_json(&json!({"store": shown, "address": address}))
        } else {
            print(&format!("serving {shown} at http://{address}; Ctrl-C stops it"))
        };
        if let Err(error) = said {
            tracing::debug!(?error, "nobody reads where the server listens");
        }
    };
    server.run(args.listen, listening).about_a("store", &shown)?;
    Ok(Outcome::Done)
}

fn read_token(path: &Path) -> Result<String> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|source| Error::Open { path: shown.clone(), source })?;
    match text.lines().next().map(str::trim).filter(|token| !token.is_empty()) {
        Some(token) => Ok(token.to_owned()),
        None => Err(Error::Usage(format!("the first line of `{shown}` holds no token")).into()),
    }
}
