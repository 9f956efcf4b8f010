//! Streams: rows of one field, piece by piece, for more than memory holds.

use std::sync::Arc;

use arrow::array::RecordBatch;
use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, FuturesOrdered, unfold};
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use tokio::runtime::Handle as RuntimeHandle;
use tokio::task::spawn_blocking;

use crate::fetch::{FromFile, Reader, Scanned, joined, placed, run_scan};
use crate::slot::{Conform, Decoder};
use crate::stop::StopOnDrop;
use crate::{Catalog, Error, FeatureModel, Fetch, FetchOptions, FieldPlan, PlannedScan, Result, Slot, Stop, Want};

impl Catalog {
    /// Streams rows in order, some ten thousand at a time. As many pieces are read ahead as the options let; memory holds
    /// those, however many rows there are. Dropping the stream ends it. It ends with the first error.
    ///
    /// A limit on the time of the whole fetch is not looked at: whoever takes rows decides how long that takes.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub fn stream<M: FeatureModel>(
        &self,
        fetch: impl Into<Fetch>,
        options: &FetchOptions,
    ) -> BoxStream<'static, Result<Vec<M>>> {
        let want = <Vec<M> as Slot>::want("stream", &fetch.into());
        let pieces = self.pieces(want, options, |plan| {
            let mut decoder = Decoder::<M>::new(plan);
            Ok(move |scan: &PlannedScan, batch: RecordBatch, rows: &mut Vec<M>| decoder.decode(scan, &batch, rows))
        });
        pieces.boxed()
    }

    /// Streams rows as Arrow has them, in order: with the columns that are wanted, absent ones by their defaults.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub fn stream_batches(&self, want: Want, options: &FetchOptions) -> BoxStream<'static, Result<RecordBatch>> {
        let pieces = self.pieces(Ok(want), options, |plan| {
            let mut conform = Conform::new(plan)?;
            Ok(move |scan: &PlannedScan, batch: RecordBatch, batches: &mut Vec<RecordBatch>| {
                batches.push(conform.apply(scan, &batch)?);
                Ok(())
            })
        });
        pieces.map_ok(|batches| stream::iter(batches.into_iter().map(Ok))).try_flatten().boxed()
    }

    /// Pieces of a field in order, each turned into items by what `make` makes of the plan.
    fn pieces<T, F>(
        &self,
        want: Result<Want>,
        options: &FetchOptions,
        make: fn(&FieldPlan) -> Result<F>,
    ) -> impl Stream<Item = Result<Vec<T>>> + Send + use<T, F> + 'static
    where
        T: Send + 'static,
        F: FnMut(&PlannedScan, RecordBatch, &mut Vec<T>) -> Result<()> + Send + 'static,
    {
        let begin = Stage::Begin(self.clone(), Box::new(want), Box::new(options.clone()));
        unfold(begin, move |stage| async move {
            let mut ahead = match stage {
                Stage::Done => return None,
                Stage::Running(ahead) => ahead,
                Stage::Begin(catalog, want, options) => match begin_stream(&catalog, *want, *options, make).await {
                    Ok(ahead) => Box::new(ahead),
                    Err(error) => return Some((Err(error), Stage::Done)),
                },
            };
            match ahead.next().await {
                Ok(None) => None,
                Ok(Some(items)) => Some((Ok(items), Stage::Running(ahead))),
                Err(error) => Some((Err(error), Stage::Done)),
            }
        })
    }
}

enum Stage<F> {
    Begin(Catalog, Box<Result<Want>>, Box<FetchOptions>),
    Running(Box<Ahead<F>>),
    Done,
}

/// Pieces that are read ahead of whoever takes them.
struct Ahead<F> {
    reader: Reader,
    options: Arc<FetchOptions>,
    plan: Arc<FieldPlan>,
    /// Away while it works.
    turn: Option<F>,
    /// The scan that begins next.
    next: usize,
    reading: FuturesOrdered<BoxFuture<'static, (usize, Result<Scanned>)>>,
    bytes: u64,
    stop: StopOnDrop,
}

async fn begin_stream<F>(
    catalog: &Catalog,
    want: Result<Want>,
    options: FetchOptions,
    make: fn(&FieldPlan) -> Result<F>,
) -> Result<Ahead<F>> {
    if RuntimeHandle::try_current().is_err() {
        return Err(Error::NoRuntime);
    }
    let mut want = want?;
    want.checks &= options.checks;
    let (mut plan, _) = catalog.planned(vec![want], &options.clone().collect_all(false)).await?;
    let plan = plan.fields.pop().ok_or(Error::Cancelled)?;
    Ok(Ahead {
        reader: catalog.reader(),
        options: Arc::new(options),
        turn: Some(make(&plan)?),
        plan,
        next: 0,
        reading: FuturesOrdered::new(),
        bytes: 0,
        stop: StopOnDrop::default(),
    })
}

impl<F> Ahead<F> {
    fn start_scans(&mut self) {
        while let Some(scan) = self.plan.scans.get(self.next) {
            let is_full = self.bytes.saturating_add(scan.decoded_bytes) > self.options.max_bytes_in_flight;
            if !self.reading.is_empty() && (is_full || self.reading.len() >= self.options.max_concurrent.max(1)) {
                return;
            }
            let at = self.next;
            self.next += 1;
            self.bytes += scan.decoded_bytes;
            let scan = run_scan(self.reader.clone(), Arc::clone(&self.plan), at, Arc::clone(&self.options));
            self.reading.push_back(Box::pin(async move { (at, scan.await) }));
        }
    }

    /// The next items; `None` after the last.
    async fn next<T>(&mut self) -> Result<Option<Vec<T>>>
    where
        T: Send + 'static,
        F: FnMut(&PlannedScan, RecordBatch, &mut Vec<T>) -> Result<()> + Send + 'static,
    {
        loop {
            self.start_scans();
            let Some((at, scanned)) = self.reading.next().await else { return Ok(None) };
            self.bytes -= self.plan.scans[at].decoded_bytes;
            let (plan, stop, batches) = (Arc::clone(&self.plan), self.stop.0.clone(), scanned?.batches);
            let Some(mut turn) = self.turn.take() else { return Err(Error::Cancelled) };
            let turned = spawn_blocking(move || {
                let items = turned(&plan, at, batches, &stop, &mut turn)?;
                Ok((turn, items))
            });
            let (turn, items) = joined(turned.await)?;
            self.turn = Some(turn);
            if !items.is_empty() {
                return Ok(Some(items));
            }
        }
    }
}

fn turned<T>(
    plan: &FieldPlan,
    at: usize,
    batches: Vec<FromFile>,
    stop: &Stop,
    turn: &mut impl FnMut(&PlannedScan, RecordBatch, &mut Vec<T>) -> Result<()>,
) -> Result<Vec<T>> {
    let scan = &plan.scans[at];
    let mut items = Vec::new();
    for mut from in batches {
        stop.check()?;
        turn(scan, from.take(), &mut items).map_err(|error| placed(plan, scan, &from, error))?;
    }
    Ok(items)
}
