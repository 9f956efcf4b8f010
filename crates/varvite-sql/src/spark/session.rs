//! [`Session`]: what the server knows of one query, and is told to forget after it.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use arrow::datatypes::SchemaRef;
use spark_connect_core::channel::ChannelBuilder;
use spark_connect_core::client::{ReattachableResponseStream, SparkConnectClient};
use spark_connect_core::runtime::get_runtime;
use spark_connect_proto as proto;

use super::failure::Failures;
use super::{ENGINE, relations, rows, values};
use crate::external::{Checked, Reading};
use crate::syntax::Dialect;
use crate::{Error, Query, Result};

/// How long a server may take to answer at its port.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the session is told first: times are in UTC, nanoseconds come as whole numbers, and names are names.
const SETTINGS: [(&str, &str); 5] = [
    // Else `${...}` in a text would be replaced by what the server knows.
    ("spark.sql.variable.substitute", "false"),
    ("spark.sql.session.timeZone", "UTC"),
    ("spark.sql.legacy.parquet.nanosAsLong", "true"),
    ("spark.sql.parquet.inferTimestampNTZ.enabled", "true"),
    ("spark.sql.ansi.enabled", "true"),
];

/// A session on the server, with the tables of one query.
pub(super) struct Session {
    client: SparkConnectClient,
    query: proto::Relation,
    failures: Failures,
}

impl Session {
    /// Opens a session and makes the tables of a query known to it.
    pub(super) async fn open(address: &str, query: &Query, checked: &Checked) -> Result<Self> {
        let names: BTreeMap<String, String> =
            checked.names().into_iter().enumerate().map(|(at, name)| (name, format!("vv_table_{at}"))).collect();
        let arguments: Result<HashMap<String, proto::Expression>> = query
            .values()
            .iter()
            .map(|(name, value)| Ok((name.clone(), relations::literal(values::literal(name, value)?))))
            .collect();
        let sql = checked.select.renamed(&names)?.text(Dialect::Spark);
        let query = relations::sql(sql, arguments?);
        let client = connect(address).await?;
        let session =
            Self { client, query, failures: Failures { address: address.to_owned(), columns: checked.columns() } };
        match session.prepare(checked, &names).await {
            Ok(()) => Ok(session),
            Err(error) => {
                session.close().await;
                Err(error)
            }
        }
    }

    async fn prepare(&self, checked: &Checked, names: &BTreeMap<String, String>) -> Result<()> {
        for (key, value) in SETTINGS {
            Box::pin(self.client.set_config(key, value)).await.map_err(|error| self.failures.of(error))?;
        }
        for (name, table) in &checked.tables {
            let relation = match Reading::of(name, table)? {
                Reading::Parts(parts) => relations::of_parts(name, &parts)?,
                Reading::Files { table, paths } => relations::of_files(name, &table, &paths)?,
                Reading::Address(table) => relations::of_address(name, &table)?,
                Reading::Rows(rows) => rows::relation(name, rows)?,
            };
            let view = names.get(name).cloned().unwrap_or_default();
            let mut answers = self.run(relations::view(relation, view)).await?;
            while Box::pin(answers.message()).await.map_err(|error| self.failures.of(error))?.is_some() {}
        }
        Ok(())
    }

    /// The columns of the result, by an answer without rows.
    pub(super) async fn schema(&self) -> Result<SchemaRef> {
        let mut answers = self.run(relations::plan(relations::limited(self.query.clone()))).await?;
        let mut schema = None;
        while let Some(answer) = self.next(&mut answers).await? {
            schema = schema.or(rows::read(&answer)?.map(|(schema, _)| schema));
        }
        schema.ok_or_else(|| Error::Engine { engine: ENGINE, source: "it tells no columns".into() })
    }

    /// The plans of the query, from what it says to what runs.
    pub(super) async fn explain(&self) -> Result<String> {
        use proto::analyze_plan_request::{Analyze, Explain, explain::ExplainMode};
        let mode = ExplainMode::Formatted as i32;
        let explain = Explain { plan: Some(relations::plan(self.query.clone())), explain_mode: mode };
        let request = proto::AnalyzePlanRequest {
            session_id: self.client.session_id().to_owned(),
            user_context: Some(proto::UserContext::default()),
            analyze: Some(Analyze::Explain(explain)),
            ..Default::default()
        };
        let answer = Box::pin(self.client.analyze_plan(request)).await.map_err(|error| self.failures.of(error))?;
        match answer.result {
            Some(proto::analyze_plan_response::Result::Explain(explain)) => Ok(explain.explain_string),
            _ => Err(Error::Engine { engine: ENGINE, source: "it explains nothing".into() }),
        }
    }

    /// Begins to run the query.
    pub(super) async fn begin(&self) -> Result<ReattachableResponseStream> {
        self.run(relations::plan(self.query.clone())).await
    }

    /// The next piece of an answer.
    pub(super) async fn next(
        &self,
        answers: &mut ReattachableResponseStream,
    ) -> Result<Option<proto::ExecutePlanResponse>> {
        Box::pin(answers.message()).await.map_err(|error| self.failures.of(error))
    }

    /// Ends whatever runs in the session. A server that does not answer cannot be told.
    pub(super) async fn interrupt(&self) {
        let _ = tokio::time::timeout(PATIENCE, self.client.interrupt_all()).await;
    }

    /// Has the server forget the session: it does by itself later, if it is not reached now.
    pub(super) async fn close(&self) {
        let _ = tokio::time::timeout(PATIENCE, self.client.release_session()).await;
    }

    async fn run(&self, plan: proto::Plan) -> Result<ReattachableResponseStream> {
        let request = proto::ExecutePlanRequest {
            session_id: self.client.session_id().to_owned(),
            user_context: Some(proto::UserContext::default()),
            plan: Some(plan),
            ..Default::default()
        };
        Box::pin(self.client.execute_plan_reattachable(request)).await.map_err(|error| self.failures.of(error))
    }
}

/// A client in a session of its own, if something listens at the address: the client itself would try for many minutes.
async fn connect(address: &str) -> Result<SparkConnectClient> {
    let unavailable = |reason: &str| Failures::unavailable(address, reason);
    let channel = ChannelBuilder::parse(address).map_err(|error| unavailable(&error.message()))?;
    let to = (channel.host().to_owned(), channel.port());
    let reached = tokio::task::spawn_blocking(move || {
        let mut reached = Err(std::io::Error::other("its name has no address"));
        for at in to.to_socket_addrs()? {
            reached = TcpStream::connect_timeout(&at, PATIENCE);
            if reached.is_ok() {
                break;
            }
        }
        reached
    });
    match reached.await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => return Err(unavailable(&error.to_string())),
        Err(error) => return Err(unavailable(&error.to_string())),
    }
    let client = SparkConnectClient::connect(&channel).await.map_err(|error| unavailable(&error.message()))?;
    Ok(client.with_new_session_id())
}

/// Runs `work` on the client's runtime, from a thread that belongs to no runtime: the caller's may.
pub(super) fn on_own_thread<T: Send, F: Future<Output = Result<T>>>(work: impl FnOnce() -> F + Send) -> Result<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("varvite-spark".to_owned());
        let thread = thread.spawn_scoped(scope, || get_runtime().block_on(work()));
        let thread = thread.map_err(|source| Error::Engine { engine: ENGINE, source: Box::new(source) })?;
        thread.join().unwrap_or_else(|_| Err(Error::Engine { engine: ENGINE, source: "its client panicked".into() }))
    })
}

/// The answer of `work`, if it comes in time.
pub(super) async fn within<T>(limit: Option<Duration>, work: impl Future<Output = Result<T>>) -> Result<T> {
    match limit {
        None => work.await,
        Some(limit) => tokio::time::timeout(limit, work).await.unwrap_or(Err(Error::TimedOut { limit })),
    }
}
