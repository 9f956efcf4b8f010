//! Calls: nodes that run once, one after the other, with their arguments in slots.

use std::ops::Range;

/// Nodes that run once, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Calls {
    pub(crate) steps: Vec<Step>,
    /// The slots of all arguments.
    pub(crate) args: Vec<u32>,
    /// The slots that nobody reads any more.
    pub(crate) drops: Vec<u32>,
}

/// One call.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) op: Op,
    pub(crate) out: u32,
    args: (u32, u32),
    drops: (u32, u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Node(u32),
    /// Puts the arguments into a list.
    Gather,
    /// The window of a single row, by its place among the plan's.
    Window(u32),
}

impl Calls {
    pub(crate) fn push(&mut self, op: Op, args: &[u32], out: u32) {
        let start = place(self.args.len());
        self.args.extend_from_slice(args);
        self.steps.push(Step { op, out, args: (start, place(self.args.len())), drops: (0, 0) });
    }

    pub(crate) fn args_of(&self, step: &Step) -> &[u32] {
        &self.args[range(step.args)]
    }

    pub(crate) fn drops_of(&self, step: &Step) -> &[u32] {
        &self.drops[range(step.drops)]
    }

    /// Notes which slots are read for the last time at which step; `is_last` is asked from the end.
    pub(crate) fn note_drops(&mut self, mut is_last: impl FnMut(u32) -> bool) {
        self.drops.clear();
        for at in (0..self.steps.len()).rev() {
            let start = place(self.drops.len());
            let out = self.steps[at].out;
            if is_last(out) {
                self.drops.push(out);
            }
            for index in range(self.steps[at].args) {
                let slot = self.args[index];
                if is_last(slot) {
                    self.drops.push(slot);
                }
            }
            self.steps[at].drops = (start, place(self.drops.len()));
        }
    }
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn range((start, end): (u32, u32)) -> Range<usize> {
    start as usize..end as usize
}
