//! [`Server`]: a feature store that answers.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use varvite_feature::FeatureStore;

use crate::app::App;
use crate::error::{Error, Result};
use crate::lookups::Lookups;
use crate::metrics::Metrics;
use crate::{api, auth, follow};

/// A feature store that answers over HTTP. See the [crate](crate) for what it answers.
pub struct Server {
    app: App,
    follow: Option<Duration>,
}

impl Server {
    /// Opens the online values of a store.
    ///
    /// # Errors
    /// [`Error::Feature`] if another process has them open.
    pub fn new(store: FeatureStore) -> Result<Self> {
        let online = store.online()?;
        let metrics = Metrics::new().map_err(|error| Error::BadRequest(error.to_string()))?;
        let app = App { store, online, lookups: Lookups::default(), metrics, token: None };
        Ok(Self { app, follow: None })
    }

    /// Wants every request but those for `/health` to carry this token.
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.app.token = Some(token.into());
        self
    }

    /// Materializes new commits of every group so often.
    pub fn with_follow(mut self, every: Duration) -> Self {
        self.follow = Some(every.max(Duration::from_millis(10)));
        self
    }

    /// Listens. Without a token only on loopback.
    ///
    /// # Errors
    /// [`Error::TokenNeeded`], [`Error::Listen`].
    pub async fn bind(&self, address: SocketAddr) -> Result<TcpListener> {
        auth::check_address(address, self.app.token.as_deref())?;
        TcpListener::bind(address).await.map_err(|source| Error::Listen { address, source })
    }

    /// Answers until `stop` comes to its end; requests that are under way are answered still.
    ///
    /// # Errors
    /// [`Error::Serve`].
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()> + Send + 'static) -> Result<()> {
        let app = Arc::new(self.app);
        let following = self.follow.map(|every| tokio::spawn(follow::follow(Arc::clone(&app), every)));
        let served = axum::serve(listener, api::router(app)).with_graceful_shutdown(stop).await;
        if let Some(following) = following {
            following.abort();
        }
        served.map_err(Error::Serve)
    }

    /// Listens and answers until the process is asked to stop, on threads of its own. `listening` is told where, which
    /// port 0 leaves open.
    ///
    /// # Errors
    /// As [`bind`](Self::bind) and [`serve`](Self::serve).
    pub fn run(self, address: SocketAddr, listening: impl FnOnce(SocketAddr)) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Error::Serve)?;
        runtime.block_on(async {
            let listener = self.bind(address).await?;
            listening(listener.local_addr().map_err(Error::Serve)?);
            self.serve(listener, interrupted()).await
        })
    }

    /// The routes, for tests and for servers of others.
    pub fn into_router(self) -> Router {
        api::router(Arc::new(self.app))
    }
}

/// Comes to its end when the process is asked to stop: Ctrl-C, or SIGTERM.
pub async fn interrupted() {
    let ctrl_c = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "Ctrl-C cannot be waited for");
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::error!(%error, "SIGTERM cannot be waited for");
                std::future::pending::<()>().await;
            }
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = ctrl_c => {}
        () = terminated => {}
    }
}
