//! The one loop that a fetch is: starts scans within its bounds, hands what they read to their fields, in plan order.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::task::spawn_blocking;

use super::fill::Filler;
use super::open::{Opened, run_opening};
use super::options::FetchOptions;
use super::read::{Reader, Scanned};
use super::scan::{joined, run_scan};
use super::{FieldSummary, Progress};
use crate::collection::{AnyValue, Field};
use crate::stop::StopOnDrop;
use crate::{Error, FieldPlan, Result};

/// A fetch that runs. It lives in one future: dropping that drops all that waits, and stops what runs.
pub(super) struct Drive {
    reader: Reader,
    options: Arc<FetchOptions>,
    fields: Vec<Running>,
    /// Scans, and openings of fields without them, that were not begun: of each field in order, the fields by turns. As scans begin in this order, the first
    /// one that a field waits for has always begun.
    order: VecDeque<(usize, usize)>,
    work: FuturesUnordered<BoxFuture<'static, Event>>,
    /// Scans that read.
    reading: usize,
    /// Scans that read, or whose batches wait for their field.
    in_flight: usize,
    /// Bytes of those.
    bytes: u64,
    progress: Progress,
    stop: StopOnDrop,
}

/// A field that is being filled.
struct Running {
    plan: Arc<FieldPlan>,
    summary: FieldSummary,
    /// What was read ahead of what the field waits for.
    ready: BTreeMap<usize, Scanned>,
    /// The scan that the field waits for.
    next: usize,
    num_scans: usize,
    /// Whether its parts are opened instead of scanned: all of them by one piece of work, which counts as a scan.
    opens: bool,
    /// Away while it works.
    filler: Option<Filler>,
    outcome: Option<Result<AnyValue>>,
}

enum Event {
    Scanned { field: usize, at: usize, outcome: Result<Scanned> },
    Opened { field: usize, outcome: Result<Opened> },
    Filled { field: usize, scans: usize, bytes: u64, outcome: Result<Filler> },
    Finished { field: usize, outcome: Result<AnyValue> },
}

/// What became of each field.
pub(super) type Outcomes = Vec<(Result<AnyValue>, FieldSummary)>;

impl Drive {
    pub(super) fn new(reader: Reader, options: Arc<FetchOptions>, fields: Vec<(Field, Arc<FieldPlan>)>) -> Self {
        let fields: Vec<Running> = fields.into_iter().map(Running::new).collect();
        let longest = fields.iter().map(|field| field.num_scans).max().unwrap_or_default();
        let turn = |at: usize| {
            let fields = fields.iter().enumerate();
            fields.filter(move |(_, field)| at < field.num_scans).map(move |(field, _)| (field, at))
        };
        let order: VecDeque<_> = (0..longest).flat_map(turn).collect();
        let progress = Progress {
            fields: fields.len(),
            scans: order.len(),
            bytes: fields.iter().filter(|field| !field.opens).map(|field| field.plan.num_bytes).sum(),
            ..Progress::default()
        };
        let (work, stop) = (FuturesUnordered::new(), StopOnDrop::default());
        Self { reader, options, fields, order, work, reading: 0, in_flight: 0, bytes: 0, progress, stop }
    }

    /// Runs to the end, or to the first error unless all fields are to be tried.
    pub(super) async fn run(mut self) -> Result<Outcomes> {
        self.report();
        for field in 0..self.fields.len() {
            self.fill(field);
        }
        loop {
            self.start_scans();
            let Some(event) = self.work.next().await else { break };
            self.handle(event)?;
            self.report();
        }
        Ok(self
            .fields
            .into_iter()
            .map(|field| (field.outcome.unwrap_or(Err(Error::Cancelled)), field.summary))
            .collect())
    }

    fn start_scans(&mut self) {
        let most = self.options.max_concurrent.max(1);
        while let Some(&(field, at)) = self.order.front() {
            let running = &self.fields[field];
            if running.outcome.is_some() {
                self.order.pop_front();
                continue;
            }
            let bytes = running.bytes_of(at);
            let is_full = self.in_flight > 0 && self.bytes.saturating_add(bytes) > self.options.max_bytes_in_flight;
            if self.reading >= most || self.in_flight >= most.saturating_add(most / 2) || is_full {
                return;
            }
            self.order.pop_front();
            self.reading += 1;
            self.in_flight += 1;
            self.bytes += bytes;
            self.begin(field, at);
        }
    }

    fn begin(&mut self, field: usize, at: usize) {
        let running = &mut self.fields[field];
        let (plan, options, reader) = (Arc::clone(&running.plan), Arc::clone(&self.options), self.reader.clone());
        if let Some(filler) = running.filler.take_if(|_| running.opens) {
            let opening = run_opening(filler, plan, options, move || reader.storage.random());
            self.work.push(Box::pin(async move { Event::Opened { field, outcome: opening.await } }));
        } else {
            let scan = run_scan(reader, plan, at, options);
            self.work.push(Box::pin(async move { Event::Scanned { field, at, outcome: scan.await } }));
        }
    }

    fn handle(&mut self, event: Event) -> Result<()> {
        match event {
            Event::Scanned { field, at, outcome } => {
                self.reading -= 1;
                self.bytes -= self.fields[field].bytes_of(at);
                match outcome {
                    Ok(scanned) if self.fields[field].outcome.is_none() => self.take_in(field, at, scanned),
                    Ok(_) => self.in_flight -= 1,
                    Err(error) => {
                        self.in_flight -= 1;
                        self.fail(field, error)?;
                    }
                }
            }
            Event::Opened { field, outcome } => {
                self.reading -= 1;
                self.in_flight -= 1;
                match outcome {
                    Ok(opened) => self.take_opened(field, opened),
                    Err(error) => self.fail(field, error)?,
                }
            }
            Event::Filled { field, scans, bytes, outcome } => {
                self.in_flight -= scans;
                self.bytes -= bytes;
                self.progress.scans_done += scans;
                match outcome {
                    Err(error) => self.fail(field, error)?,
                    Ok(filler) if self.fields[field].outcome.is_none() => {
                        self.fields[field].filler = Some(filler);
                        self.fill(field);
                    }
                    Ok(_) => {}
                }
            }
            Event::Finished { field, outcome } => {
                self.progress.fields_done += usize::from(outcome.is_ok());
                match outcome {
                    Ok(value) => self.fields[field].outcome = Some(Ok(value)),
                    Err(error) => self.fail(field, error)?,
                }
            }
        }
        Ok(())
    }

    fn take_in(&mut self, field: usize, at: usize, scanned: Scanned) {
        let running = &mut self.fields[field];
        let scan = &running.plan.scans[at];
        let rows: u64 = scanned.batches.iter().map(|from| from.batch.num_rows() as u64).sum();
        running.summary.files += scan.row_groups.len() as u64;
        running.summary.bytes += scan.num_bytes;
        running.summary.rows += rows;
        running.summary.retries += scanned.retries;
        running.summary.cache_hits += scanned.hits;
        self.progress.rows += rows;
        self.progress.bytes_done += scan.num_bytes;
        self.bytes += scanned.memory;
        running.ready.insert(at, scanned);
        self.fill(field);
    }

    fn take_opened(&mut self, field: usize, opened: Opened) {
        let running = &mut self.fields[field];
        running.summary.retries += opened.retries;
        running.filler = Some(opened.filler);
        running.next = running.num_scans;
        self.progress.scans_done += 1;
        self.fill(field);
    }

    /// Gives a field that is idle what it waits for, if that is there.
    fn fill(&mut self, field: usize) {
        let running = &mut self.fields[field];
        if running.next == running.num_scans && running.ready.is_empty() {
            if let Some(filler) = running.filler.take() {
                let finish = spawn_blocking(move || filler.finish());
                self.work.push(Box::pin(async move { Event::Finished { field, outcome: joined(finish.await) } }));
            }
            return;
        }
        if running.filler.is_none() {
            return;
        }
        let mut there = Vec::new();
        while let Some(scanned) = running.ready.remove(&running.next) {
            there.push((running.next, scanned));
            running.next += 1;
        }
        let Some(mut filler) = running.filler.take_if(|_| !there.is_empty()) else { return };
        let (scans, bytes) = (there.len(), there.iter().map(|(_, scanned)| scanned.memory).sum());
        let stop = self.stop.0.clone();
        let fill = spawn_blocking(move || {
            for (at, scanned) in there {
                filler.add(at, scanned, &stop)?;
            }
            Ok(filler)
        });
        self.work.push(Box::pin(async move { Event::Filled { field, scans, bytes, outcome: joined(fill.await) } }));
    }

    /// The field will have no value: what it has read goes. Without the others, the fetch ends here.
    fn fail(&mut self, field: usize, error: Error) -> Result<()> {
        if !self.options.collect_all {
            return Err(error);
        }
        let running = &mut self.fields[field];
        for scanned in std::mem::take(&mut running.ready).into_values() {
            self.in_flight -= 1;
            self.bytes -= scanned.memory;
        }
        // Of several errors of a field, the first counts.
        if running.outcome.is_none() {
            running.outcome = Some(Err(error));
        }
        Ok(())
    }

    fn report(&self) {
        if let Some(progress) = &self.options.progress {
            progress(&self.progress);
        }
    }
}

impl Running {
    fn new((field, plan): (Field, Arc<FieldPlan>)) -> Self {
        Self {
            summary: FieldSummary::planned(&plan),
            ready: BTreeMap::new(),
            next: 0,
            num_scans: if field.scans { plan.scans.len() } else { plan.parts.len().min(1) },
            opens: !field.scans,
            filler: Some(Filler::new(Arc::clone(&plan), field.filling)),
            outcome: None,
            plan,
        }
    }

    /// Bytes of rows that are held until they are in the field.
    fn bytes_of(&self, at: usize) -> u64 {
        if self.opens { 0 } else { self.plan.scans[at].decoded_bytes }
    }
}
