//! Assets as sources and sinks: what awaits is kept on a thread of its own.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema};
use futures_util::StreamExt;
use varvite_asset::{AssetWrite, Catalog, Error as AssetError, FetchOptions, ModelSchema, Want};

use crate::source::Opened;
use crate::{Error, Result};

/// Rows of an asset.
#[derive(Debug, Clone)]
pub(crate) struct AssetSource {
    pub(crate) catalog: Catalog,
    pub(crate) want: Want,
    pub(crate) options: FetchOptions,
}

/// An asset that is written.
#[derive(Debug, Clone)]
pub(crate) struct AssetSink {
    pub(crate) catalog: Catalog,
    pub(crate) schema: Arc<ModelSchema>,
    pub(crate) write: AssetWrite,
}

type Streamed = varvite_asset::Result<RecordBatch>;

impl AssetSource {
    pub(crate) fn open(&self, name: &str) -> Result<Opened> {
        let Self { catalog, mut want, options } = self.clone();
        name.clone_into(&mut want.field);
        let failed = {
            let (name, asset) = (name.to_owned(), want.label());
            move |source| failed("loaded", &name, &asset, source)
        };
        let Some(schema) = columns(&want) else {
            let reason = "the bytes of its files are no rows: ask for rows of a model".to_owned();
            return Err(failed(AssetError::InvalidOption { option: "want", reason }));
        };
        // One batch waits to be taken: more are read ahead only as far as the options let.
        let (send, batches) = sync_channel(1);
        let feeding = thread::Builder::new().name("varvite-asset".to_owned());
        let feeding = feeding.spawn(move || feed(&catalog, want, &options, &send));
        let feeding = feeding.map_err(|_| failed(AssetError::NoRuntime))?;
        let mut fed = Fed { batches, feeding: Some(feeding) };
        Ok(Opened::new(schema, std::iter::from_fn(move || Some(fed.next()?.map_err(&failed))).fuse()))
    }
}

impl AssetSink {
    pub(crate) fn save(&self, rows: &[RecordBatch]) -> Result<()> {
        let written = self.catalog.write_batches(&self.schema, rows, &self.write);
        written.map(drop).map_err(|source| failed("saved", "output", &self.schema.label(), source))
    }
}

fn failed(action: &'static str, name: &str, asset: &str, source: AssetError) -> Error {
    Error::Asset { action, name: name.to_owned(), asset: asset.to_owned(), source: Box::new(source) }
}

/// The columns that batches will have; `None` for bytes.
fn columns(want: &Want) -> Option<Arc<Schema>> {
    let model = want.schema()?;
    let Some(names) = &want.columns else { return Some(model.arrow()) };
    let columns = names.iter().filter_map(|name| model.column(name));
    let fields = columns.map(|column| Field::new(&column.name, column.data_type.clone(), column.nullable));
    Some(Arc::new(Schema::new(fields.collect::<Vec<_>>())))
}

/// Streams until all is sent or nobody takes it any more.
fn feed(catalog: &Catalog, want: Want, options: &FetchOptions, send: &SyncSender<Streamed>) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() else {
        let _ = send.send(Err(AssetError::NoRuntime));
        return;
    };
    runtime.block_on(async {
        let mut stream = catalog.stream_batches(want, options);
        while let Some(batch) = stream.next().await {
            if send.send(batch).is_err() {
                return;
            }
        }
    });
    // A scan that hangs is not waited for.
    runtime.shutdown_background();
}

/// Batches that another thread sends.
struct Fed {
    batches: Receiver<Streamed>,
    feeding: Option<JoinHandle<()>>,
}

impl Fed {
    fn next(&mut self) -> Option<Streamed> {
        if let Ok(batch) = self.batches.recv() {
            return Some(batch);
        }
        // It ended: well, or by a panic, which must not pass for the end of the rows.
        self.feeding.take()?.join().is_err().then_some(Err(AssetError::Cancelled))
    }
}
