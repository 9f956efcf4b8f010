//! How online values are made of a history: plan what to read, read it in chunks, keep the greatest row of each key.
//!
//! An *advance* reads the files that commits brought since, wherever in time their rows are (S16), and the rows that
//! became servable because the bound moved on. A *build* reads everything into a table of its own, which takes the place
//! of the other one at the end. Either is a *pass*: it is recorded with each chunk, and a later run goes on with it.

mod columns;
mod options;
mod pass;
mod plan;
mod report;
mod source;
mod winners;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant as Clock;

use varvite_dataset::{Dataset, Duplicates, Snapshot};
use varvite_schema::FeatureGroupSchema;
use varvite_time::Instant;

pub use options::{DEFAULT_CHUNK_ROWS, MaterializeOptions};
pub use report::{MaterializeProgress, MaterializeReport, Rebuild};

use self::columns::Columns;
use self::pass::Walk;
use self::plan::{Next, Piece, Since, Wanted, plan_next, plan_pieces, plan_withheld};
use self::source::{Source, first_value, spans};
use super::OnlineStore;
use super::state::{From, Generation, GroupState, Pass, keys_of, load};
use crate::{Error, Result};

impl OnlineStore {
    /// Brings the online values of `group` to the newest version of `dataset`, its history.
    ///
    /// Afterwards each key has the row that is greatest by event time, created time, commit and place in it, of those
    /// until [`up_to`](MaterializeOptions::up_to) (S15). It may be stopped at any time and run again; runs wait for each
    /// other.
    ///
    /// # Errors
    /// [`Error::NotMaterializable`] if the history is none of this group; else if something cannot be read or written.
    /// What was served is still served then.
    pub fn materialize(
        &self,
        group: &FeatureGroupSchema,
        dataset: &Dataset,
        options: &MaterializeOptions,
    ) -> Result<MaterializeReport> {
        self.materialize_with(group, dataset, options, &mut |_| {})
    }

    /// The same; `progress` is called after each chunk.
    ///
    /// # Errors
    /// As [`materialize`](Self::materialize).
    pub fn materialize_with(
        &self,
        group: &FeatureGroupSchema,
        dataset: &Dataset,
        options: &MaterializeOptions,
        progress: &mut dyn FnMut(&MaterializeProgress),
    ) -> Result<MaterializeReport> {
        let (_work, began) = (self.work(), Clock::now());
        let dataset = dataset.detached();
        let failed = |source| Error::Dataset { name: group.id(), source: Box::new(source) };
        dataset.refresh().map_err(failed)?;
        let mut run = Run::new(self, group, *options);
        match dataset.snapshot() {
            Some(snapshot) => run.follow(&dataset, &snapshot, progress)?,
            None => run.empty()?,
        }
        run.finish(began)
    }
}

/// A call of `materialize`.
struct Run<'a> {
    store: &'a OnlineStore,
    group: &'a FeatureGroupSchema,
    options: MaterializeOptions,
    report: MaterializeReport,
}

impl<'a> Run<'a> {
    fn new(store: &'a OnlineStore, group: &'a FeatureGroupSchema, options: MaterializeOptions) -> Self {
        let report = MaterializeReport {
            group: group.id(),
            rows_read: 0,
            rows_written: 0,
            keys: 0,
            from_commit: None,
            to_commit: None,
            lag_commits: 0,
            up_to: None,
            withheld_from: None,
            rebuilt: None,
            resumed: false,
            elapsed_ms: 0,
        };
        Self { store, group, options, report }
    }

    fn state(&self) -> Result<GroupState> {
        let view = self.store.view()?;
        Ok(view.group(&self.group.id()).map(|group| group.state.clone()).unwrap_or_default())
    }

    /// There is no history: nothing is served.
    fn empty(&mut self) -> Result<()> {
        let id = self.group.id();
        self.store.write(|transaction| {
            let Some(mut state) = load(&id, transaction)? else { return Ok(()) };
            state.abandon(transaction)?;
            if let Some(live) = state.live.take() {
                super::state::drop_rows(live.number, transaction)?;
            }
            state.save(&id, transaction)
        })
    }

    /// Makes passes until everything is served that `snapshot`, the newest version, has.
    fn follow(
        &mut self,
        dataset: &Dataset,
        snapshot: &Arc<Snapshot>,
        progress: &mut dyn FnMut(&MaterializeProgress),
    ) -> Result<()> {
        let state = self.state()?;
        self.report.from_commit = state.live.as_ref().map(|live| live.version);
        let same = state.live.as_ref().filter(|live| live.dataset_id == snapshot.dataset_id);
        self.report.lag_commits =
            same.map_or(snapshot.version + 1, |live| snapshot.version.saturating_sub(live.version));
        let mut asked = !self.options.incremental;
        if let Some(older) = self.resumable(&state, dataset, snapshot, asked)? {
            self.resume(state, &older, progress)?;
            (asked, self.report.resumed) = (false, true);
        }
        let mut state = self.state()?;
        if state.pass.is_some() {
            let id = self.group.id();
            self.store.write(|transaction| {
                state.abandon(transaction)?;
                state.save(&id, transaction)
            })?;
        }
        let columns = Columns::resolve(self.group, snapshot)?;
        let wanted = self.wanted(dataset, snapshot, columns.as_ref())?;
        let next = if asked { Next::Build(Rebuild::Asked) } else { self.next(&state, &wanted, dataset, snapshot)? };
        let live = state.live.as_ref();
        let from = match next {
            Next::Nothing => return Ok(()),
            Next::Build(why) => {
                self.report.rebuilt = Some(why);
                None
            }
            Next::Advance => live.map(|live| From { version: live.version, up_to: live.up_to }),
        };
        let kept = live.filter(|_| from.is_some());
        let target = Generation {
            number: kept.map_or(0, |live| live.number),
            newest: kept.and_then(|live| live.newest),
            ..wanted
        };
        let pass = Pass { target, from, piece: 0, row: 0, tie: None };
        self.walk(state, pass, dataset, columns.as_ref(), progress)
    }

    /// What would be served, but for its rows.
    fn wanted(&self, dataset: &Dataset, snapshot: &Snapshot, columns: Option<&Columns>) -> Result<Generation> {
        let bound = columns.and_then(|columns| bound_of(columns, self.options.up_to));
        let later = plan_withheld(&spans(snapshot), bound).zip(self.group.event_time());
        let later = later.map(|(piece, time)| first_value(dataset, &self.group.id(), &piece, time.name()));
        Ok(Generation {
            number: 0,
            dataset_id: snapshot.dataset_id.clone(),
            version: snapshot.version,
            up_to: self.options.up_to,
            keys: keys_of(self.group),
            event_type: columns.and_then(|columns| columns.event_type.clone()),
            newest: None,
            withheld_from: later.transpose()?.flatten(),
        })
    }

    fn next(&self, state: &GroupState, to: &Generation, dataset: &Dataset, snapshot: &Snapshot) -> Result<Next> {
        let columns = Columns::resolve(self.group, snapshot)?;
        let wanted = Wanted {
            dataset_id: &to.dataset_id,
            version: to.version,
            up_to: to.up_to,
            bound: columns.as_ref().and_then(|columns| bound_of(columns, to.up_to)),
            keys: &to.keys,
            event_type: to.event_type.as_deref(),
        };
        let mut ops = HashMap::new();
        if state.live.as_ref().is_some_and(|live| live.version < to.version) {
            let log =
                dataset.log().map_err(|source| Error::Dataset { name: self.group.id(), source: Box::new(source) })?;
            ops = log.into_iter().map(|commit| (commit.version, commit.op)).collect();
        }
        let without_duplicates = snapshot.settings.duplicates_on != Duplicates::KeepAll;
        Ok(plan_next(state.live.as_ref(), &wanted, &ops, without_duplicates))
    }

    /// The version that the unfinished pass reads, if it leads to what is wanted.
    fn resumable(
        &self,
        state: &GroupState,
        dataset: &Dataset,
        snapshot: &Snapshot,
        asked: bool,
    ) -> Result<Option<Dataset>> {
        let Some(pass) = &state.pass else { return Ok(None) };
        let (to, builds) = (&pass.target, pass.from.is_none());
        let leads = to.dataset_id == snapshot.dataset_id
            && to.version <= snapshot.version
            && to.up_to <= self.options.up_to
            && to.keys == keys_of(self.group)
            && (builds || !asked);
        if !leads {
            return Ok(None);
        }
        // Its files may have gone: then all that it did stays, and another pass does the rest.
        let Ok(older) = dataset.version(to.version) else { return Ok(None) };
        let Some(version) = older.snapshot() else { return Ok(None) };
        let columns = Columns::resolve(self.group, &version)?;
        let same = columns.is_some_and(|columns| columns.event_type == to.event_type);
        Ok(same.then_some(older))
    }

    fn resume(
        &mut self,
        state: GroupState,
        dataset: &Dataset,
        progress: &mut dyn FnMut(&MaterializeProgress),
    ) -> Result<()> {
        let (Some(pass), Some(snapshot)) = (state.pass.clone(), dataset.snapshot()) else { return Ok(()) };
        let columns = Columns::resolve(self.group, &snapshot)?;
        self.walk(state, pass, dataset, columns.as_ref(), progress)
    }

    /// Runs a pass to its end, from wherever it is.
    fn walk(
        &mut self,
        state: GroupState,
        pass: Pass,
        dataset: &Dataset,
        columns: Option<&Columns>,
        progress: &mut dyn FnMut(&MaterializeProgress),
    ) -> Result<()> {
        let Some((snapshot, columns)) = dataset.snapshot().zip(columns) else {
            return self.nothing_to_read(state, pass);
        };
        let bound = bound_of(columns, pass.target.up_to);
        let since = pass.from.map(|from| Since { version: from.version, bound: bound_of(columns, from.up_to) });
        let pieces: Vec<Piece> = plan_pieces(&spans(&snapshot), since, bound);
        let id = self.group.id();
        let projection = columns.projection.clone();
        let mut source = Source::new(dataset, &id, &pieces, projection, self.options.chunk_rows);
        source.seek(pass.piece, pass.row)?;
        let rows_planned = pieces.iter().map(|piece| piece.num_rows).sum();
        let commit = pass.target.version;
        let mut walk = Walk {
            store: self.store,
            group: self.group,
            columns,
            chunk_rows: self.options.chunk_rows,
            progress,
            so_far: MaterializeProgress { chunks: 0, rows_read: 0, rows_planned, commit },
            written: 0,
        };
        walk.run(state, pass, &mut source)?;
        self.report.rows_read += walk.so_far.rows_read;
        self.report.rows_written += walk.written;
        Ok(())
    }

    /// Ends a pass over a history that has no columns yet.
    fn nothing_to_read(&self, mut state: GroupState, mut pass: Pass) -> Result<()> {
        let id = self.group.id();
        self.store.write(|transaction| {
            pass::end_empty(&mut state, &mut pass, transaction)?;
            state.save(&id, transaction)
        })
    }

    fn finish(mut self, began: Clock) -> Result<MaterializeReport> {
        let status = self.store.status(self.group, None)?;
        self.report.keys = status.keys;
        self.report.to_commit = status.commit;
        self.report.up_to = status.up_to;
        self.report.withheld_from = status.withheld_from;
        self.report.elapsed_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(report = %self.report, "materialized");
        Ok(self.report)
    }
}

/// The last count of the event time that is not after an instant; `None` if there is no event time.
fn bound_of(columns: &Columns, up_to: Instant) -> Option<i64> {
    columns.event_unit().map(|unit| up_to.floor(unit))
}
