//! Runs a pass: blocks of rows side by side, chunks of a block one after the other. Results do not depend on threads:
//! blocks are cut by rows alone, and put together in their order.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::compute::concat;
use rayon::prelude::*;

use super::execute::{State, failed};
use crate::check::Tally;
use crate::error::{Error, Phase, Problem, Result};
use crate::fold::AnyFold;
use crate::function::{Args, Failure, Feed, caught};
use crate::graph::Graph;
use crate::plan::{FeedAt, FoldAt, Pass, PassOp};
use crate::row::lane::lane;
use crate::row::{AnyLane, CHUNK_ROWS, Sink, Validity};
use crate::value::Value;

/// Rows that one thread takes at once.
const BLOCK_ROWS: usize = 16 * CHUNK_ROWS;
/// Arguments that stand on the stack.
const FEW: usize = 12;

/// What came of a block.
struct Block {
    outputs: Vec<ArrayRef>,
    folds: Vec<Box<dyn AnyFold>>,
    tallies: Vec<Vec<Tally>>,
}

/// A node that failed.
struct Broken {
    op: usize,
    problem: Box<Problem>,
}

pub(super) fn run(graph: &Graph, pass: &Pass, state: &mut State) -> Result<()> {
    let mut lost: Vec<Option<Arc<Problem>>> = vec![None; pass.ops.len()];
    let blocks = loop {
        let skipped = spread_losses(pass, state, &lost);
        match blocks(graph, pass, state, &skipped) {
            Ok(blocks) => {
                lost = skipped;
                break blocks;
            }
            Err(broken) => {
                if state.mode == super::Mode::Strict {
                    return Err(Error::one(Phase::Run, *broken.problem));
                }
                // Once more, without the node and what needs it.
                lost[broken.op] = Some(Arc::new(*broken.problem));
            }
        }
    };
    finish(graph, pass, state, blocks, &lost)
}

/// Which operations cannot be done, since something they read is lost.
fn spread_losses(pass: &Pass, state: &State, lost: &[Option<Arc<Problem>>]) -> Vec<Option<Arc<Problem>>> {
    let mut lanes: Vec<Option<Arc<Problem>>> = vec![None; pass.lanes.len()];
    let mut found = Vec::with_capacity(pass.ops.len());
    for (op, own) in pass.ops.iter().zip(lost) {
        let why = match op {
            PassOp::Load { slot, lane } => {
                lanes[*lane as usize] = own.clone().or_else(|| state.lost(*slot).cloned());
                lanes[*lane as usize].clone()
            }
            PassOp::Node { feeds, lane, .. } => {
                let of_feeds = feeds.iter().find_map(|feed| match feed {
                    FeedAt::Lane(lane) => lanes[*lane as usize].clone(),
                    FeedAt::Slot(slot) | FeedAt::Windows(slot) => state.lost(*slot).cloned(),
                });
                lanes[*lane as usize] = own.clone().or(of_feeds);
                lanes[*lane as usize].clone()
            }
            PassOp::Output { lane, .. } | PassOp::Fold { lane, .. } | PassOp::Check { lane, .. } => {
                own.clone().or_else(|| lanes[*lane as usize].clone())
            }
        };
        found.push(why);
    }
    found
}

fn blocks(graph: &Graph, pass: &Pass, state: &State, skipped: &[Option<Arc<Problem>>]) -> Result<Vec<Block>, Broken> {
    let worker = Worker { graph, pass, slots: &state.slots, goes_on: state.goes_on, skipped };
    let num_rows = state.num_rows.unwrap_or_default();
    let num_blocks = num_rows.div_ceil(BLOCK_ROWS).max(1);
    let block = |scratch: &mut Scratch, at: usize| {
        let start = at * BLOCK_ROWS;
        worker.block(scratch, start, BLOCK_ROWS.min(num_rows - start))
    };
    if num_blocks == 1 {
        return Ok(vec![block(&mut Scratch::new(pass), 0)?]);
    }
    let made: Vec<Result<Block, Broken>> =
        (0..num_blocks).into_par_iter().map_init(|| Scratch::new(pass), block).collect();
    // In the order of rows, so that always the same failure is told.
    made.into_iter().collect()
}

/// Memory of one thread.
struct Scratch {
    lanes: Vec<Option<Box<dyn AnyLane>>>,
    validity: Validity,
}

impl Scratch {
    fn new(pass: &Pass) -> Self {
        Self { lanes: pass.lanes.iter().map(|&item| lane(item)).collect(), validity: Validity::default() }
    }
}

struct Worker<'a> {
    graph: &'a Graph,
    pass: &'a Pass,
    slots: &'a [Value],
    goes_on: bool,
    skipped: &'a [Option<Arc<Problem>>],
}

impl Worker<'_> {
    fn block(&self, scratch: &mut Scratch, start: usize, len: usize) -> Result<Block, Broken> {
        let mut sinks: Vec<Box<dyn Sink>> =
            self.pass.outputs.iter().filter_map(|(_, item)| Some(lane(*item)?.sink())).collect();
        let mut folds: Vec<Box<dyn AnyFold>> = self.pass.folds.iter().map(|at| at.fold.begin()).collect();
        let checks = |&node: &u32| self.graph.node(node).checks.iter().map(|_| Tally::default()).collect();
        let mut tallies: Vec<Vec<Tally>> = self.pass.checks.iter().map(checks).collect();
        for at in (start..start + len).step_by(CHUNK_ROWS) {
            let rows = CHUNK_ROWS.min(start + len - at);
            for (op_at, op) in self.pass.ops.iter().enumerate() {
                if self.skipped[op_at].is_some() {
                    continue;
                }
                let broken = |problem| Broken { op: op_at, problem: Box::new(problem) };
                match op {
                    PassOp::Load { slot, lane } => self.load(scratch, *slot, *lane, at, rows).map_err(broken)?,
                    PassOp::Node { node, feeds, lane } => {
                        self.node(scratch, *node, feeds, *lane, at, rows)
                            .map_err(|failure| broken(self.failed(scratch, *node, feeds, failure, at, rows)))?;
                    }
                    PassOp::Output { lane, output } => {
                        if let Some(lane) = &scratch.lanes[*lane as usize] {
                            sinks[*output as usize].append(&**lane);
                        }
                    }
                    PassOp::Fold { lane, fold } => {
                        if let Some(lane) = &scratch.lanes[*lane as usize] {
                            let at = &self.pass.folds[*fold as usize];
                            let folded = caught(|| {
                                folds[*fold as usize].fold(&**lane);
                                Ok(())
                            });
                            folded.map_err(|failure| broken(fold_failed(self.graph, at, &failure)))?;
                        }
                    }
                    PassOp::Check { lane, check } => {
                        let node = self.graph.node(self.pass.checks[*check as usize]);
                        if let Some(lane) = &scratch.lanes[*lane as usize] {
                            let tallies = node.checks.iter().zip(&mut tallies[*check as usize]);
                            for (own, tally) in tallies.filter(|(own, _)| own.is_asked_of_rows(self.goes_on)) {
                                // What its node makes is lost then, not the check alone.
                                let op = self.op_of(self.pass.checks[*check as usize]).unwrap_or(op_at);
                                let told = caught(|| {
                                    tally.fold(own, &**lane, at as u64);
                                    Ok(())
                                });
                                told.map_err(|failure| Broken {
                                    op,
                                    problem: Box::new(own.failed(&node.name, &failure)),
                                })?;
                            }
                        }
                    }
                }
            }
        }
        Ok(Block { outputs: sinks.into_iter().map(Sink::finish).collect(), folds, tallies })
    }

    /// The place of the operation that computes a node.
    fn op_of(&self, node: u32) -> Option<usize> {
        self.pass.ops.iter().position(|op| matches!(op, PassOp::Node { node: own, .. } if *own == node))
    }

    /// The problem of a node that failed in a chunk, with its row and what it was given there.
    fn failed(
        &self,
        scratch: &Scratch,
        node: u32,
        feeds: &[FeedAt],
        mut failure: Failure,
        start: usize,
        len: usize,
    ) -> Problem {
        if failure.unexpected {
            return failed(self.graph, node, &failure, None);
        }
        let values = |row: usize| -> Vec<Value> {
            feeds
                .iter()
                .map(|feed| match feed {
                    FeedAt::Lane(lane) => {
                        scratch.lanes[*lane as usize].as_ref().map_or(Value::Null, |lane| lane.get(row))
                    }
                    FeedAt::Slot(slot) => self.slots[*slot as usize].clone(),
                    FeedAt::Windows(_) => Value::Null,
                })
                .collect()
        };
        if failure.panicked {
            // Where it was is not known: once more, row by row.
            let kernel = &self.graph.node(node).kernel;
            let args: Vec<u32> = (0..).take(feeds.len()).collect();
            let found = (0..len).find_map(|row| {
                let again = caught(|| kernel.call(Args::new(&values(row), &args)));
                again.err().filter(|again| again.panicked).map(|again| Failure { row: Some(row), ..again })
            });
            failure = found.unwrap_or(failure);
        }
        let mut problem = failed(self.graph, node, &failure, failure.row.map(|row| (start + row) as u64));
        if let Some(row) = failure.row {
            let names = self.graph.node(node).params.iter().map(|param| param.name.clone());
            let seen = names.zip(values(row)).zip(feeds).filter(|(_, feed)| matches!(feed, FeedAt::Lane(_)));
            problem.values = seen.map(|(value, _)| value).collect();
        }
        problem
    }

    fn load(&self, scratch: &mut Scratch, slot: u32, lane: u32, start: usize, len: usize) -> Result<(), Problem> {
        let Some(lane) = &mut scratch.lanes[lane as usize] else { return Ok(()) };
        let loaded = match &self.slots[slot as usize] {
            Value::Column(column) => lane.load(column, start, len),
            value => lane.load_one(value, len),
        };
        if loaded {
            return Ok(());
        }
        let message = format!("a column cannot be read as {:?}: {:?}", self.pass.lanes, self.slots[slot as usize]);
        Err(Problem::new(crate::Kind::InputTypeMismatch, Vec::<String>::new(), message))
    }

    fn node(
        &self,
        scratch: &mut Scratch,
        node: u32,
        feeds: &[FeedAt],
        lane: u32,
        start: usize,
        len: usize,
    ) -> Result<(), Failure> {
        // Taken out while it is written, so that the others can be read.
        let Some(mut out) = scratch.lanes[lane as usize].take() else { return Ok(()) };
        let kernel = &self.graph.node(node).kernel;
        let feed = |feed: &FeedAt| match feed {
            FeedAt::Lane(lane) => match &scratch.lanes[*lane as usize] {
                Some(lane) => Feed::Lane(&**lane),
                None => Feed::One(&Value::Null),
            },
            FeedAt::Slot(slot) => Feed::One(&self.slots[*slot as usize]),
            FeedAt::Windows(slot) => Feed::Windows(&self.slots[*slot as usize], start),
        };
        let made = if feeds.len() <= FEW {
            let mut few = [Feed::One(&Value::Null); FEW];
            few.iter_mut().zip(feeds).for_each(|(place, at)| *place = feed(at));
            caught(|| kernel.pass(&few[..feeds.len()], len, &mut scratch.validity, &mut *out))
        } else {
            let feeds = feeds.iter().map(feed).collect::<Vec<_>>();
            caught(|| kernel.pass(&feeds, len, &mut scratch.validity, &mut *out))
        };
        scratch.lanes[lane as usize] = Some(out);
        made
    }
}

/// Puts the blocks together.
fn finish(
    graph: &Graph,
    pass: &Pass,
    state: &mut State,
    mut blocks: Vec<Block>,
    lost: &[Option<Arc<Problem>>],
) -> Result<()> {
    let mut tallies: Vec<Vec<Vec<Tally>>> = blocks.iter_mut().map(|block| std::mem::take(&mut block.tallies)).collect();
    for (op, lost) in pass.ops.iter().zip(lost) {
        match (op, lost) {
            (PassOp::Output { output, .. }, Some(problem)) => {
                state.lose(pass.outputs[*output as usize].0, Arc::clone(problem))?;
            }
            (PassOp::Fold { fold, .. }, Some(problem)) => {
                state.lose(pass.folds[*fold as usize].slot, Arc::clone(problem))?;
            }
            (PassOp::Output { output, .. }, None) => {
                // A block's part goes as soon as the whole has it.
                let empty = || arrow::array::new_null_array(&arrow::datatypes::DataType::Null, 0);
                let parts =
                    blocks.iter_mut().map(|block| std::mem::replace(&mut block.outputs[*output as usize], empty()));
                let column = joined(&parts.collect::<Vec<_>>())?;
                state.slots[pass.outputs[*output as usize].0 as usize] = Value::Column(column);
            }
            (PassOp::Fold { fold, .. }, None) => {
                let at = &pass.folds[*fold as usize];
                let mut whole = state.memory.fold(at);
                let merged = caught(|| {
                    for block in &blocks {
                        whole.merge(&*block.folds[*fold as usize]);
                    }
                    Ok(whole.value())
                });
                match merged {
                    Ok(value) => {
                        state.slots[at.slot as usize] = value;
                        state.memory.note_fold(at, whole);
                    }
                    Err(failure) => state.lose(at.slot, Arc::new(fold_failed(graph, at, &failure)))?,
                }
            }
            (PassOp::Check { check, .. }, None) => {
                let node = graph.node(pass.checks[*check as usize]);
                let problem = check_node(node, state, &mut tallies, *check as usize);
                if let Some(problem) = problem {
                    lose_readers(pass, state, pass.checks[*check as usize], &problem)?;
                }
            }
            _ => {}
        }
    }
    if let Some(observer) = &state.observer {
        let nodes = pass.ops.iter().zip(lost).filter(|(_, lost)| lost.is_none());
        for (op, _) in nodes {
            if let PassOp::Node { node, .. } = op {
                observer.node_finished(&graph.node(*node).name);
            }
        }
        observer.pass_finished(state.num_rows.unwrap_or_default());
    }
    for &slot in &pass.drops {
        state.slots[slot as usize] = Value::Null;
    }
    Ok(())
}

/// The problem of an accumulator that failed.
fn fold_failed(graph: &Graph, at: &FoldAt, failure: &Failure) -> Problem {
    let (column, by) = (at.source.name(graph), at.fold.name());
    let message = format!("`{column}` cannot be folded by {by}: {}", failure.message);
    Problem::new(crate::Kind::NodeFailed, [column], message)
}

fn check_node(
    node: &crate::node::Node,
    state: &mut State,
    tallies: &mut [Vec<Vec<Tally>>],
    at: usize,
) -> Option<Arc<Problem>> {
    let (mut first, goes_on) = (None, state.goes_on);
    for (which, check) in node.checks.iter().enumerate().filter(|(_, check)| check.is_asked_of_rows(goes_on)) {
        let mut whole = Tally::default();
        for block in &mut *tallies {
            whole.merge(check, std::mem::take(&mut block[at][which]));
        }
        let problem = state.judge(node, check, whole);
        first = first.or(problem);
    }
    first
}

/// Whatever needs a node that failed its check is lost, also in its own pass.
fn lose_readers(pass: &Pass, state: &mut State, node: u32, problem: &Arc<Problem>) -> Result<()> {
    if state.mode == super::Mode::Strict {
        return Err(Error::one(Phase::Run, (**problem).clone()));
    }
    let own = |op: &PassOp| matches!(op, PassOp::Node { node: own, .. } if *own == node);
    let losses: Vec<_> = pass.ops.iter().map(|op| own(op).then(|| Arc::clone(problem))).collect();
    let spread = spread_losses(pass, state, &losses);
    for (op, lost) in pass.ops.iter().zip(spread) {
        match (op, lost) {
            (PassOp::Output { output, .. }, Some(problem)) => state.lose(pass.outputs[*output as usize].0, problem)?,
            (PassOp::Fold { fold, .. }, Some(problem)) => state.lose(pass.folds[*fold as usize].slot, problem)?,
            _ => {}
        }
    }
    Ok(())
}

fn joined(parts: &[ArrayRef]) -> Result<ArrayRef> {
    if let [part] = parts {
        return Ok(Arc::clone(part));
    }
    let parts: Vec<&dyn arrow::array::Array> = parts.iter().map(|part| &**part).collect();
    concat(&parts).map_err(|error| {
        let message = format!("blocks of rows cannot be put together: {error}");
        Error::one(Phase::Run, Problem::new(crate::Kind::NodeFailed, Vec::<String>::new(), message))
    })
}
