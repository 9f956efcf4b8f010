//! Runs: a request, what it is given, and what comes of it.

mod calls;
mod execute;
mod fan;
mod intake;
mod outputs;
mod rows;
mod windows;

#[cfg(feature = "polars")]
pub(crate) use calls::check as check_value;
pub(crate) use calls::{call as call_one, seen};
pub(crate) use execute::{Mode, State, execute, execute_segment, failed, finish_outputs};
pub(crate) use intake::{Checked, Intake, entities, taken, unknown_node};
pub use outputs::{Outputs, PartialOutputs, Report};
pub(crate) use windows::{broken as window_broken, late_row};

use std::sync::Arc;

use arrow::array::RecordBatch;

use crate::context::{Fitted, replacements};
use crate::error::{Error, Kind, Phase, Problem, Result};
use crate::graph::{Dataflow, Graph};
use crate::observer::Observer;
use crate::plan::{self, Plan};
use crate::value::Value;

/// What a run is given. Ends with [`Run::get_named`].
#[derive(Clone)]
pub struct Run<'f> {
    pub(crate) flow: &'f Dataflow,
    pub(crate) intake: Intake,
    observer: Option<Arc<dyn Observer>>,
    fitted: Option<Fitted>,
    max_parallel: Option<usize>,
}

impl Dataflow {
    /// Begins a run.
    pub fn run(&self) -> Run<'_> {
        Run { flow: self, intake: Intake::default(), observer: None, fitted: None, max_parallel: None }
    }
}

impl Run<'_> {
    /// Gives an input one value, or a column. One that is given twice, also by the rows, is refused.
    pub fn input(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.intake.inputs.push((name.into(), value.into()));
        self
    }

    /// Gives rows, once: each input of rows is the column of its name. Columns that no node reads are left alone. Times are taken
    /// in whole microseconds; what is finer is cut off.
    pub fn frame(mut self, batch: &RecordBatch) -> Self {
        self.intake.set_frame(batch);
        self
    }

    /// Puts a value in the place of a node: it does not run, and nothing runs for it alone.
    pub fn replace_named(mut self, node: impl Into<String>, value: impl Into<Value>) -> Self {
        self.intake.overrides.push((node.into(), value.into()));
        self
    }

    /// Puts fitted values in the place of their nodes, and fitted folds in the place of folds of these rows.
    pub fn fitted(mut self, fitted: &'_ Fitted) -> Self {
        self.fitted = Some(fitted.clone());
        self
    }

    /// Bounds how many nodes, items of a fan-out or blocks of rows are worked on at once; 1 is one after the other. As
    /// many as there are cores unless told, which is few for nodes that wait for something. The answer is the same.
    pub fn max_parallel(mut self, at_most: usize) -> Self {
        self.max_parallel = Some(at_most.max(1));
        self
    }

    /// Tells somebody what happens.
    pub fn observe(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// What would run, one line a segment; nothing runs.
    ///
    /// # Errors
    /// As [`Run::get_named`], as far as planning goes.
    pub fn explain(&self, request: &[&str]) -> Result<Vec<String>> {
        let graph = &*self.flow.0;
        let (given, request) = self.check(request)?;
        let plan = plan::plan(graph, &request, &given.given).map_err(|error| self.intake.hint(graph, error))?;
        preflight(graph, &plan, &given, false)?;
        Ok(plan::print::lines(graph, &plan))
    }

    /// Runs what the request needs, and nothing else.
    ///
    /// # Errors
    /// Names that are unknown or of another kind, inputs that are missing or of another type: nothing ran then. The
    /// first node that fails, or a check of severity `fail`.
    pub fn get_named(self, request: &[&str]) -> Result<Outputs> {
        let made = self.execute(request, Mode::Strict)?;
        made.into_outputs(request)
    }

    /// Computes what a request needs of the data set that the run is given, with its inputs and replacements; what was fitted
    /// before is left aside. See [`Dataflow::fit_named`].
    ///
    /// # Errors
    /// As those of [`Dataflow::fit_named`].
    pub fn fit_named(self, request: &[&str]) -> Result<Fitted> {
        let Intake { frame, inputs, overrides, has_frames, .. } = self.intake;
        let frame: Vec<RecordBatch> = frame.into_iter().collect();
        self.flow.fit_given(&Intake { inputs, overrides, has_frames, ..Intake::default() }, &frame, request)
    }

    /// As [`Run::get_named`], but what does not depend on a failure is returned.
    ///
    /// # Errors
    /// Those that are found before any node ran.
    pub fn get_partial(self, request: &[&str]) -> Result<PartialOutputs> {
        Ok(self.execute(request, Mode::Partial)?.into_partial(request))
    }

    fn check(&self, request: &[&str]) -> Result<(Checked, Vec<plan::Entity>)> {
        let graph = &*self.flow.0;
        let Some(fitted) = &self.fitted else { return self.intake.check(graph, request) };
        fitted.check(self.flow)?;
        let mut problems = Vec::new();
        let known = entities(graph, request, &mut problems);
        Error::check(Phase::Plan, problems)?;
        // What is replaced by hand goes before what was fitted.
        let by_hand = |name: &str| self.intake.overrides.iter().any(|(own, _)| own == name);
        let beside = self.intake.overrides.iter().fold(fitted.clone(), |all, (name, _)| all.replace(name, Value::Null));
        let mut known = replacements(&beside, graph, &known)?;
        known.overrides.retain(|(name, _)| !by_hand(name));
        self.intake.check_with(graph, request, &known)
    }

    fn execute(self, request: &[&str], mode: Mode) -> Result<execute::Executed> {
        let graph = &*self.flow.0;
        let (checked, entities) = self.check(request)?;
        let plan = plan::plan(graph, &entities, &checked.given).map_err(|error| self.intake.hint(graph, error))?;
        preflight(graph, &plan, &checked, false)?;
        if let Some(observer) = &self.observer {
            observer.planned(&plan::print::lines(graph, &plan));
        }
        let mut state = State::new(&plan, &checked, mode);
        state.observer.clone_from(&self.observer);
        match self.max_parallel {
            None => execute(graph, &plan, &mut state)?,
            Some(at_most) => threads(at_most)?.install(|| execute(graph, &plan, &mut state))?,
        }
        Ok(execute::Executed::new(graph, &plan, state, &entities))
    }
}

fn threads(at_most: usize) -> Result<rayon::ThreadPool> {
    rayon::ThreadPoolBuilder::new().num_threads(at_most).build().map_err(|error| {
        let message = format!("{at_most} threads cannot be started: {error}");
        Error::one(Phase::Run, Problem::new(Kind::NodeFailed, Vec::<String>::new(), message))
    })
}

/// Checks frames and expressions before anything is computed. `by_parts` tells that rows come in batches or one by one.
#[cfg(feature = "polars")]
pub(crate) fn preflight(graph: &Graph, plan: &Plan, checked: &Checked, by_parts: bool) -> Result<()> {
    crate::lazy::check(graph, plan, |entity| checked.values.get(&entity), by_parts)
}

#[cfg(not(feature = "polars"))]
#[expect(clippy::unnecessary_wraps, reason = "there are errors where there are frames")]
pub(crate) fn preflight(_graph: &Graph, _plan: &Plan, _checked: &Checked, _by_parts: bool) -> Result<()> {
    Ok(())
}
