//! A query while it runs: rows go out as they come, and a word from the reader ends it on the server.

use arrow::datatypes::SchemaRef;
use futures_util::future::{Either, select};
use spark_connect_core::runtime::get_runtime;

use super::rows;
use super::session::Session;
use crate::{BatchSender, Error, Result};

/// Runs the query of a session, and closes it.
pub(super) fn run(session: &Session, schema: &SchemaRef, rows: Option<usize>, sender: &BatchSender) {
    let work = async {
        if let Err(error) = send_all(session, schema, rows.unwrap_or(usize::MAX), sender).await {
            sender.send(Err(error));
        }
        if sender.canceller().is_cancelled() {
            session.interrupt().await;
        }
        session.close().await;
    };
    get_runtime().block_on(work);
}

async fn send_all(session: &Session, schema: &SchemaRef, rows: usize, sender: &BatchSender) -> Result<()> {
    let canceller = sender.canceller().clone();
    let Some(answers) = until(&canceller, session.begin()).await else { return Ok(()) };
    let mut answers = answers?;
    while let Some(answer) = until(&canceller, session.next(&mut answers)).await {
        let Some(answer) = answer? else { return Ok(()) };
        let Some((_, batches)) = rows::read(&answer)? else { continue };
        for batch in batches {
            for start in (0..batch.num_rows()).step_by(rows) {
                let piece = batch.slice(start, rows.min(batch.num_rows() - start));
                let piece = piece.with_schema(schema.clone()).map_err(Error::arrow("read the rows of the server"));
                if !sender.send(piece) {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

/// What `work` gives; `None` if the run is ended first.
async fn until<T>(canceller: &crate::Canceller, work: impl Future<Output = T>) -> Option<T> {
    match select(std::pin::pin!(work), std::pin::pin!(canceller.cancelled())).await {
        Either::Left((answer, _)) => Some(answer),
        Either::Right(_) => None,
    }
}
