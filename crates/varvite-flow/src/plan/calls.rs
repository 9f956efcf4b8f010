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
    /// Where waves end, of steps that do not read each other; empty if the steps go one by one.
    pub(crate) waves: Vec<u32>,
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

    /// Puts the steps into waves, if in one of them there are two steps for which that is worth while.
    pub(crate) fn into_waves(mut self, is_worth: impl Fn(Op) -> bool) -> Self {
        if self.steps.iter().filter(|step| is_worth(step.op)).nth(1).is_none() {
            return self;
        }
        let mut depths: Vec<u32> = Vec::with_capacity(self.steps.len());
        let num_slots = self.steps.iter().map(|step| step.out).chain(self.args.iter().copied()).max().unwrap_or(0) + 1;
        // By slot: one more than the depth of what makes it here.
        let mut made: Vec<u32> = vec![0; num_slots as usize];
        let mut worth: Vec<u32> = Vec::new();
        for step in &self.steps {
            let depth = self.args_of(step).iter().map(|&slot| made[slot as usize]).max().unwrap_or(0);
            made[step.out as usize] = depth + 1;
            depths.push(depth);
            if is_worth(step.op) {
                worth.push(depth);
            }
        }
        let num_worth = worth.len();
        worth.sort_unstable();
        worth.dedup();
        if worth.len() == num_worth {
            return self;
        }
        let mut order: Vec<usize> = (0..self.steps.len()).collect();
        order.sort_by_key(|&at| depths[at]);
        let ends = (1..=order.len()).filter(|&at| at == order.len() || depths[order[at]] != depths[order[at - 1]]);
        self.waves = ends.map(place).collect();
        self.steps = order.into_iter().map(|at| self.steps[at].clone()).collect();
        self
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
