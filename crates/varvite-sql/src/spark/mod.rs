//! [`SparkExecutor`]: a cluster that is reached by Spark Connect.

mod failure;
mod relations;
mod rows;
mod session;
mod stream;
mod types;
mod values;

use crate::external::Checked;
use crate::{Capabilities, Error, Limits, Query, QueryExecutor, QueryPlan, QueryRun, Result};

use session::{Session, on_own_thread};

const ENGINE: &str = "spark";

/// Runs queries on Spark, through a Spark Connect server.
///
/// Each query has a session of its own on the server, in which its tables are views over their files: the server and its
/// workers must see the files under the same paths. Data files of ours are read in the version that the table is pinned
/// to; their hashes are not compared, which only our own reader does. Rows that are no files are sent along, up to 64 MiB.
///
/// Spark has microseconds: a query fails rather than lose a digit of a time in nanoseconds. Unsigned whole numbers come
/// back in the next wider signed type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SparkExecutor {
    address: String,
}

impl SparkExecutor {
    /// The server at an address like `sc://127.0.0.1:15002`. It is reached when a query is asked.
    pub fn new(address: impl Into<String>) -> Self {
        Self { address: address.into() }
    }

    /// The address.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl QueryExecutor for SparkExecutor {
    fn engine(&self) -> &'static str {
        ENGINE
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::NONE
    }

    fn plan(&self, query: &Query) -> Result<QueryPlan> {
        let checked = Checked::new(query)?;
        let (schema, text) = on_own_thread(|| async {
            let session = Session::open(&self.address, query, &checked).await?;
            let answer = match session.schema().await {
                Ok(schema) => session.explain().await.map(|text| (schema, text)),
                Err(error) => Err(error),
            };
            session.close().await;
            answer
        })?;
        Ok(QueryPlan::new(ENGINE, schema, checked.names(), text))
    }

    fn execute(&self, query: &Query, limits: &Limits) -> Result<QueryRun> {
        if limits.memory.is_some() {
            let what = "bound the memory of one query".to_owned();
            return Err(Error::Unsupported { engine: ENGINE, what });
        }
        let checked = Checked::new(query)?;
        let (session, schema) = on_own_thread(|| {
            session::within(limits.timeout, async {
                let session = Session::open(&self.address, query, &checked).await?;
                match session.schema().await {
                    Ok(schema) => Ok((session, schema)),
                    Err(error) => {
                        session.close().await;
                        Err(error)
                    }
                }
            })
        })?;
        let (columns, rows) = (schema.clone(), limits.batch_rows);
        QueryRun::spawn(ENGINE, schema, limits, move |sender| stream::run(&session, &columns, rows, sender))
    }
}
