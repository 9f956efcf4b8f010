//! Several callers at once, one at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::Result;

use super::SimStorage;
use super::world::World;

impl SimStorage {
    /// Runs each of `callers` on a thread and with a handle of its own, as clients 1, 2 and so on. They take turns at
    /// each call of the storage, as the seed says that it was armed with; syncs are part of the turn before them. What
    /// they gave, in order, or the panic that ended them.
    ///
    /// A caller waits for others only through the storage: whoever waits by other means waits for ever.
    pub fn run<T: Send, F: FnOnce(&Self) -> T + Send>(&self, callers: Vec<F>) -> Vec<Result<T>> {
        {
            let World { turns, chance, .. } = &mut *self.world();
            turns.begin(u32::try_from(callers.len()).unwrap_or(u32::MAX), chance);
        }
        let work = |caller: F, storage: Self| {
            storage.world().turns.join(storage.client);
            drop(storage.wait(storage.world()));
            let result = catch_unwind(AssertUnwindSafe(|| caller(&storage)));
            let World { turns, now, chance, .. } = &mut *storage.world();
            turns.finish(storage.client, now, chance);
            result
        };
        let results = std::thread::scope(|scope| {
            let started = callers.into_iter().zip(1..).map(|(caller, client)| {
                let storage = self.client(client);
                scope.spawn(move || work(caller, storage))
            });
            let started: Vec<_> = started.collect();
            started.into_iter().map(|thread| thread.join().and_then(|result| result)).collect()
        });
        self.world().turns.end();
        results
    }
}
