//! [`Queue`]: the values of one window, and what they come to, without going through them again.
//!
//! Two stacks make a queue whose outcome is known at any time: Tangwongsan, Hirzel, Schneider, "Low-latency sliding-window
//! aggregation in worst-case constant time" (2017), section 3. Nothing is ever taken away from an outcome, so that sums of
//! floats do not drift.

use super::fold::Fold;

/// Values with their event times, oldest first.
#[derive(Debug)]
pub(super) struct Queue<F: Fold> {
    /// Older values, the oldest at the end, each with the outcome of it and all newer ones here.
    front: Vec<(i64, F::Partial)>,
    /// Newer values, the newest at the end.
    back: Vec<(i64, F::Value)>,
    /// The outcome of those.
    of_back: Option<F::Partial>,
}

impl<F: Fold> Default for Queue<F> {
    fn default() -> Self {
        Self { front: Vec::new(), back: Vec::new(), of_back: None }
    }
}

impl<F: Fold> Queue<F> {
    /// Puts in the newest value.
    pub(super) fn push(&mut self, event: i64, value: F::Value) {
        let one = F::lift(&value);
        self.of_back = Some(match self.of_back.take() {
            None => one,
            Some(older) => F::merge(&older, &one),
        });
        self.back.push((event, value));
    }

    /// What the values at `lower` and after it come to; earlier ones go. `None` if there are none.
    pub(super) fn outcome(&mut self, lower: i64) -> Option<F::Partial> {
        while self.front.last().is_some_and(|(event, _)| *event < lower) {
            self.front.pop();
        }
        if self.front.is_empty() && self.back.first().is_some_and(|(event, _)| *event < lower) {
            self.turn(lower);
        }
        match (self.front.last(), &self.of_back) {
            (Some((_, older)), Some(newer)) => Some(F::merge(older, newer)),
            (older, newer) => older.map(|(_, older)| older).or(newer.as_ref()).cloned(),
        }
    }

    /// Moves what is not too old to the front, where the oldest can go.
    fn turn(&mut self, lower: i64) {
        self.of_back = None;
        while let Some((event, value)) = self.back.pop() {
            if event < lower {
                break;
            }
            let one = F::lift(&value);
            let all = match self.front.last() {
                None => one,
                Some((_, newer)) => F::merge(&one, newer),
            };
            self.front.push((event, all));
        }
        self.back.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::super::fold::SumOfDoubles;
    use super::*;

    #[test]
    fn a_large_value_that_has_gone_leaves_nothing_behind_s18() {
        let mut queue = Queue::<SumOfDoubles>::default();
        queue.push(0, 1e16);
        for at in 1..=1000 {
            queue.push(at, 0.1);
        }
        assert!(queue.outcome(0) >= Some(1e16));
        let left = queue.outcome(1000 - 2);
        assert_eq!(left, Some(0.1 + (0.1 + 0.1)));
        assert_eq!(queue.outcome(1001), None);
        queue.push(1002, 0.25);
        assert_eq!(queue.outcome(1001), Some(0.25));
    }
}
