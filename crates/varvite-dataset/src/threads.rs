//! [`Begun`]: work on a thread of its own, or done at once where the system gives no thread.

use std::io;
use std::thread::{JoinHandle, ScopedJoinHandle};

/// Work that was begun.
pub(crate) enum Begun<H, T> {
    /// It goes on beside the caller.
    Beside(H),
    /// It is done.
    Done(T),
}

/// Does `work` here if no thread could be made for it.
pub(crate) fn or_here<H, T>(spawned: io::Result<H>, work: impl FnOnce() -> T) -> Begun<H, T> {
    match spawned {
        Ok(thread) => Begun::Beside(thread),
        Err(error) => {
            tracing::debug!(%error, "no thread can be made");
            Begun::Done(work())
        }
    }
}

/// A thread that can be waited for.
pub(crate) trait Join<T> {
    /// What it gave, or its panic.
    fn join(self) -> std::thread::Result<T>;
}

impl<T> Join<T> for JoinHandle<T> {
    fn join(self) -> std::thread::Result<T> {
        Self::join(self)
    }
}

impl<T> Join<T> for ScopedJoinHandle<'_, T> {
    fn join(self) -> std::thread::Result<T> {
        Self::join(self)
    }
}

impl<T, H: Join<T>> Begun<H, T> {
    /// What became of it. A panic of the thread goes on here.
    pub(crate) fn join(self) -> T {
        match self {
            Self::Beside(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Self::Done(result) => result,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread::Builder;

    use super::*;

    #[test]
    fn work_is_done_with_and_without_a_thread() {
        let here = std::thread::current().id();
        let work = || std::thread::current().id();
        assert_ne!(or_here(Builder::new().spawn(work), work).join(), here);
        // More than any address space.
        let too_large = || Builder::new().stack_size(1 << 60);
        assert_eq!(or_here(too_large().spawn(work), work).join(), here);
        let scoped = std::thread::scope(|scope| or_here(too_large().spawn_scoped(scope, work), work).join());
        assert_eq!(scoped, here);
    }
}
