//! [`Turns`]: of several callers on threads of their own, one goes on at a time, and chance says which.

use std::sync::{Arc, Condvar};
use std::thread::ThreadId;

use super::Faults;
use crate::random::Random;

/// Longest time that a caller is held up, in calls.
const LONGEST_STALL: u64 = 400;

/// Who takes part, and whose turn it is.
#[derive(Debug, Default)]
pub(super) struct Turns {
    callers: Vec<Caller>,
    /// Position of the one whose turn it is.
    current: usize,
}

#[derive(Debug)]
struct Caller {
    client: u32,
    /// The thread that takes turns. Threads that it starts itself act in its turn.
    thread: Option<ThreadId>,
    wake: Arc<Condvar>,
    /// Held up until this call.
    asleep_until: u64,
    finished: bool,
}

impl Turns {
    /// Callers `1..=count` take turns from here.
    pub(super) fn begin(&mut self, count: u32, random: &mut Random) {
        let caller = |client| Caller { client, thread: None, wake: Arc::default(), asleep_until: 0, finished: false };
        self.callers = (1..=count).map(caller).collect();
        self.current = usize::try_from(random.below(u64::from(count))).unwrap_or_default();
    }

    pub(super) fn end(&mut self) {
        self.callers.clear();
    }

    fn position(&self, client: u32) -> Option<usize> {
        self.callers.iter().position(|caller| caller.client == client)
    }

    /// The calling thread is the one that takes turns for `client`.
    pub(super) fn join(&mut self, client: u32) {
        if let Some(at) = self.position(client) {
            self.callers[at].thread = Some(std::thread::current().id());
        }
    }

    /// Whether the calling thread takes turns for `client`.
    pub(super) fn has(&self, client: u32) -> bool {
        let thread = Some(std::thread::current().id());
        self.position(client).is_some_and(|at| self.callers[at].thread == thread)
    }

    pub(super) fn is_on(&self, client: u32) -> bool {
        self.position(client) == Some(self.current)
    }

    pub(super) fn alarm(&self, client: u32) -> Arc<Condvar> {
        self.position(client).map(|at| Arc::clone(&self.callers[at].wake)).unwrap_or_default()
    }

    /// The turn may go to another. Time passes if all are held up.
    pub(super) fn pass(&mut self, now: &mut u64, faults: &Faults, random: &mut Random) {
        if random.chance(faults.stalls) {
            self.callers[self.current].asleep_until = *now + 1 + random.below(LONGEST_STALL);
        }
        let stays = self.is_ready(self.current, *now) && !random.chance(faults.switches);
        if !stays {
            self.choose(now, random);
        }
    }

    /// `client` takes no turns any more.
    pub(super) fn finish(&mut self, client: u32, now: &mut u64, random: &mut Random) {
        if let Some(at) = self.position(client) {
            self.callers[at].finished = true;
        }
        self.choose(now, random);
    }

    fn is_ready(&self, at: usize, now: u64) -> bool {
        !self.callers[at].finished && self.callers[at].asleep_until <= now
    }

    fn choose(&mut self, now: &mut u64, random: &mut Random) {
        let left = self.callers.iter().filter(|caller| !caller.finished);
        let Some(soonest) = left.map(|caller| caller.asleep_until).min() else { return };
        *now = soonest.max(*now);
        let ready: Vec<usize> = (0..self.callers.len()).filter(|at| self.is_ready(*at, *now)).collect();
        self.current = ready[usize::try_from(random.below(ready.len() as u64)).unwrap_or_default()];
        self.callers[self.current].wake.notify_all();
    }
}
