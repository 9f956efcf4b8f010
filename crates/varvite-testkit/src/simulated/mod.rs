//! The engine on a disk that fails and loses power, compared with a sorted `Vec`.
//!
//! A [`History`] is drawn from a seed: callers that take turns at each call of the storage, faults, and power cuts.
//! After each phase every answer that a caller got is compared with what became visible, and after each power cut:
//! every acknowledged commit is there once, others whole or not at all, the log is a prefix, and each version is what
//! the model makes of the commits in order. Then the dataset is written to, without help.

mod caller;
mod chronicle;
mod history;
mod inspect;
mod judge;
mod operation;
mod state;

use anyhow::{Context, Result, anyhow};
use varvite_storage::sim::SimStorage;

pub use history::{History, Phase, histories};
pub use operation::{Keys, Name, Operation, Verb, Which, operations, reads};

use caller::{Caller, Done};
use chronicle::{Chronicle, Generation};
use inspect::{Survivors, inspect};
use judge::Judge;
use state::Deed;

/// What happened in histories that went well.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Power cuts.
    pub cuts: u64,
    /// Of these, the ones that came while callers were at work.
    pub cuts_at_work: u64,
    /// Operations of callers.
    pub operations: u64,
    /// Of these, the ones that failed.
    pub failed: u64,
    /// Commits.
    pub commits: u64,
    /// Calls of the storage, without syncs.
    pub calls: u64,
}

impl std::ops::AddAssign for Figures {
    fn add_assign(&mut self, other: Self) {
        self.cuts += other.cuts;
        self.cuts_at_work += other.cuts_at_work;
        self.operations += other.operations;
        self.failed += other.failed;
        self.commits += other.commits;
        self.calls += other.calls;
    }
}

impl History {
    /// Runs it all.
    ///
    /// # Errors
    /// The first thing that is not as it must be. With `trace`, also the calls of the phase in which it was.
    pub fn run(&self, trace: bool) -> Result<Figures> {
        let mut world = Simulation {
            history: self,
            storage: SimStorage::new(self.phases.first().map_or(0, |phase| phase.seed)),
            chronicle: Chronicle::default(),
            figures: Figures::default(),
        };
        for (number, phase) in self.phases.iter().enumerate() {
            let storage = world.storage.clone();
            world.phase(number, phase).with_context(|| format!("phase {number}")).map_err(|error| {
                let calls: Vec<String> = storage.calls().iter().map(ToString::to_string).collect();
                if trace { anyhow!("{error:#}\n{}", calls.join("\n")) } else { error }
            })?;
        }
        Ok(world.figures)
    }

    /// What tells two runs apart, phase by phase.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn fingerprints(&self) -> Result<Vec<u64>> {
        let all = (1..=self.phases.len()).map(|len| {
            let shorter = Self { shape: self.shape, phases: self.phases[..len].to_vec() };
            let mut world = Simulation {
                history: &shorter,
                storage: SimStorage::new(shorter.phases[0].seed),
                chronicle: Chronicle::default(),
                figures: Figures::default(),
            };
            let mut fingerprint = 0;
            for (number, phase) in shorter.phases.iter().enumerate() {
                let storage = world.storage.clone();
                world.phase(number, phase)?;
                fingerprint = storage.fingerprint();
            }
            Ok(fingerprint)
        });
        all.collect()
    }
}

/// A history as it unfolds.
struct Simulation<'a> {
    history: &'a History,
    storage: SimStorage,
    chronicle: Chronicle,
    figures: Figures,
}

impl Simulation<'_> {
    fn phase(&mut self, number: usize, phase: &Phase) -> Result<()> {
        let shape = self.history.shape;
        let is_dropped = self.chronicle.current().is_some_and(Generation::is_dropped);
        let left_over = is_dropped && !self.chronicle.on_disk(&self.storage).records.is_empty();
        let done = self.work(number, phase)?;
        let removed = left_over || done.iter().any(|done| matches!(done.deed, Deed::Remove));
        self.chronicle.extend(&self.storage.events(), &done, shape.same)?;
        let mut judge = Judge { storage: &self.storage, chronicle: &mut self.chronicle, same: shape.same, removed };
        for done in &done {
            judge
                .judge(done)
                .with_context(|| format!("client {}, mark {}: {:?}", done.client, done.mark, done.deed))?;
        }
        self.figures.calls += self.storage.calls_made();
        let went_off = self.storage.power_is_off();
        let survivors = if went_off || phase.ends_with_cut {
            self.figures.cuts += 1;
            self.figures.cuts_at_work += u64::from(went_off);
            self.storage = self.storage.crash(phase.seed);
            Survivors::OfPowerCut
        } else {
            self.storage.disarm();
            Survivors::All
        };
        inspect(&self.storage, &mut self.chronicle, shape, survivors, phase.seed).context(survivors.describe())
    }

    /// Lets the callers work, and gives what each of them did.
    fn work(&mut self, number: usize, phase: &Phase) -> Result<Vec<Done>> {
        let shape = self.history.shape;
        self.storage.arm(phase.seed, phase.faults.clone());
        let first_number = number as u64 * 1_000;
        let callers = phase.callers.iter().zip(1..).map(|(operations, client)| {
            move |storage: &SimStorage| -> Vec<Done> {
                let mut caller = Caller::new(storage, client, shape, first_number);
                operations.iter().zip(1..).map(|(operation, mark)| caller.perform(operation, mark)).collect()
            }
        });
        let mut all = Vec::new();
        for (did, client) in self.storage.run(callers.collect()).into_iter().zip(1..) {
            all.extend(did.map_err(|panic| anyhow!("client {client} panics: {}", message(&*panic)))?);
        }
        self.figures.operations += all.len() as u64;
        self.figures.failed +=
            all.iter().filter(|done| matches!(done.outcome, caller::Outcome::Failed(_))).count() as u64;
        self.figures.commits += self
            .storage
            .events()
            .iter()
            .filter(|event| event.created && chronicle::version_of(&event.path).is_some())
            .count() as u64;
        Ok(all)
    }
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".to_owned())
}
