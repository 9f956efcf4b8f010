//! What a stream remembers from batch to batch: folds, windows, states of nodes. A batch changes a draft, which is
//! taken over if it worked.

mod state;
mod store;

pub use state::NodeState;
pub(crate) use state::{AnyState, Held};
pub(crate) use store::{check_name, window_name};

use std::collections::BTreeMap;

use crate::check::Carried;
use crate::fold::AnyFold;
use crate::plan::{FoldAt, WindowAt};
use crate::window::AnyWindow;

/// What a stream remembers. A run on a data set has one too, which begins empty and is dropped.
#[derive(Default)]
pub(crate) struct Memory {
    /// Folds begin with these; by column and accumulator.
    folds: Vec<(FoldAt, Box<dyn AnyFold>)>,
    windows: Vec<(WindowAt, Box<dyn AnyWindow>)>,
    /// By node.
    states: BTreeMap<u32, Box<dyn AnyState>>,
    /// What checks of all rows have seen, by node and check.
    checks: BTreeMap<String, Carried>,
    new_folds: Vec<(FoldAt, Box<dyn AnyFold>)>,
    new_states: BTreeMap<u32, Box<dyn AnyState>>,
    new_checks: BTreeMap<String, Carried>,
}

impl Memory {
    /// What a fold begins with.
    pub(crate) fn fold(&self, at: &FoldAt) -> Box<dyn AnyFold> {
        let known = self.folds.iter().find(|(known, _)| known.is_same(at));
        known.map_or_else(|| at.fold.begin(), |(_, fold)| fold.duplicate())
    }

    pub(crate) fn note_fold(&mut self, at: &FoldAt, fold: Box<dyn AnyFold>) {
        self.new_folds.push((*at, fold));
    }

    /// The state of a node; nothing if it has not run yet.
    pub(crate) fn state(&self, node: u32) -> Option<Box<dyn AnyState>> {
        self.states.get(&node).map(|state| state.duplicate())
    }

    pub(crate) fn note_state(&mut self, node: u32, state: Box<dyn AnyState>) {
        self.new_states.insert(node, state);
    }

    pub(crate) fn check(&self, name: &str) -> Carried {
        self.checks.get(name).cloned().unwrap_or_default()
    }

    pub(crate) fn note_check(&mut self, name: String, seen: Carried) {
        self.new_checks.insert(name, seen);
    }

    pub(crate) fn window(&mut self, at: &WindowAt) -> &mut dyn AnyWindow {
        let place = self.windows.iter().position(|(known, _)| known.is_same(at)).unwrap_or(self.windows.len());
        if place == self.windows.len() {
            self.windows.push((at.clone(), at.fold.window(at.extent, at.item)));
        }
        &mut *self.windows[place].1
    }

    pub(crate) fn duplicate(&self) -> Self {
        Self {
            folds: self.folds.iter().map(|(at, fold)| (*at, fold.duplicate())).collect(),
            windows: self.windows.iter().map(|(at, window)| (at.clone(), window.duplicate())).collect(),
            states: self.states.iter().map(|(&node, state)| (node, state.duplicate())).collect(),
            checks: self.checks.clone(),
            ..Self::default()
        }
    }

    /// Whether there is anything to go on from.
    pub(crate) fn has_any(&self, with_folds: bool) -> bool {
        let has_folds = with_folds && !self.folds.is_empty();
        has_folds || !self.windows.is_empty() || !self.states.is_empty() || !self.checks.is_empty()
    }

    /// Takes over what the last batch changed.
    pub(crate) fn commit(&mut self) {
        for (at, fold) in std::mem::take(&mut self.new_folds) {
            self.folds.retain(|(known, _)| !known.is_same(&at));
            self.folds.push((at, fold));
        }
        self.states.append(&mut self.new_states);
        self.checks.append(&mut self.new_checks);
        self.windows.iter_mut().for_each(|(_, window)| window.commit());
    }

    /// Forgets what the last batch changed.
    pub(crate) fn roll_back(&mut self) {
        self.new_folds.clear();
        self.new_states.clear();
        self.new_checks.clear();
        self.windows.iter_mut().for_each(|(_, window)| window.roll_back());
    }
}
