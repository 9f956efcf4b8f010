//! [`Ahead`]: the next batch is decoded while the caller is busy with this one.

use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, sync_channel};

use rayon::{ThreadPool, ThreadPoolBuilder};

/// An iterator that, once it was asked for an item, makes the next one on other threads.
pub(super) enum Ahead<I: Iterator> {
    /// Nothing is under way.
    Idle(I),
    /// The next item is being made; iterator and item come back together.
    Running(Receiver<(I, Option<I::Item>)>),
    /// There are no more items.
    Done,
}

impl<I> Ahead<I>
where
    I: Iterator + Send + 'static,
    I::Item: Send,
{
    /// The next item. With `more`, the one after it is begun, too.
    pub(super) fn next(&mut self, more: bool) -> Option<I::Item> {
        let (iterator, item) = match std::mem::replace(self, Self::Done) {
            Self::Idle(mut iterator) => {
                let item = iterator.next();
                (iterator, item)
            }
            Self::Running(made) => {
                made.recv().unwrap_or_else(|_| std::panic::resume_unwind(Box::new("reading ahead panicked")))
            }
            Self::Done => return None,
        };
        let item = item?;
        *self = if more { Self::begin(iterator) } else { Self::Idle(iterator) };
        Some(item)
    }

    fn begin(mut iterator: I) -> Self {
        let Some(pool) = pool() else { return Self::Idle(iterator) };
        let (sender, made) = sync_channel(1);
        pool.spawn(move || {
            let item = iterator.next();
            // Whoever asked may be gone.
            let _ = sender.send((iterator, item));
        });
        Self::Running(made)
    }
}

/// Threads that only read ahead. Were it rayon's own, one could wait for an item that it is making itself: while it waits
/// for columns, it takes up other work, which may be a reader of that very item.
fn pool() -> Option<&'static ThreadPool> {
    static POOL: OnceLock<Option<ThreadPool>> = OnceLock::new();
    let build = || {
        // A reader learns of a panic when its item does not come.
        let builder = ThreadPoolBuilder::new().thread_name(|at| format!("varvite-read-{at}")).panic_handler(|_| ());
        builder.build().inspect_err(|error| tracing::warn!(%error, "nothing is read ahead")).ok()
    };
    POOL.get_or_init(build).as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_come_in_order_whoever_makes_them() {
        let take_all = |more: fn(usize) -> bool| {
            let mut ahead = Ahead::Idle(0..100_usize);
            let mut at = 0;
            std::iter::from_fn(|| {
                at += 1;
                ahead.next(more(at))
            })
            .collect::<Vec<_>>()
        };
        for more in [|_| true, |_| false, |at| at % 3 == 0] {
            assert_eq!(take_all(more), (0..100).collect::<Vec<_>>());
        }
    }

    /// Work of rayon's threads that waits for items, while the items are made by rayon's parallel iterators.
    #[test]
    fn many_readers_on_rayons_threads_do_not_wait_for_themselves() {
        use rayon::iter::{IntoParallelIterator, IntoParallelRefMutIterator, ParallelIterator};
        let slow = |at: u64| (0..64_u64).into_par_iter().map(|part| std::hint::black_box(part * at)).sum::<u64>();
        let mut readers: Vec<_> = (0..64).map(|_| Ahead::Idle((0..50_u64).map(slow))).collect();
        for _ in 0..50 {
            let items: Vec<_> = readers.par_iter_mut().map(|reader| reader.next(true)).collect();
            assert!(items.windows(2).all(|pair| pair[0] == pair[1] && pair[0].is_some()));
        }
        assert!(readers.iter_mut().all(|reader| reader.next(true).is_none()));
    }

    #[test]
    fn a_panic_reaches_whoever_waits() {
        let mut ahead = Ahead::Idle((0..3).inspect(|at| assert!(*at < 1, "no more")));
        assert_eq!(ahead.next(true), Some(0));
        let next = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| ahead.next(true)));
        assert!(next.is_err());
    }
}
