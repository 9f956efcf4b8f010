//! [`Ahead`]: the next batch is decoded while the caller is busy with this one.

use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

/// An iterator that, once it was asked for an item, makes the next one on rayon's threads.
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
            Self::Running(made) => receive(&made),
            Self::Done => return None,
        };
        let item = item?;
        *self = if more { Self::begin(iterator) } else { Self::Idle(iterator) };
        Some(item)
    }

    fn begin(mut iterator: I) -> Self {
        let (sender, made) = sync_channel(1);
        rayon::spawn(move || {
            let item = iterator.next();
            // Whoever asked may be gone.
            let _ = sender.send((iterator, item));
        });
        Self::Running(made)
    }
}

/// Waits for what is being made. A thread of rayon's helps instead of waiting: what it waits for may have to run on it.
///
/// # Panics
/// If making it panicked.
fn receive<T>(made: &Receiver<T>) -> T {
    if rayon::current_thread_index().is_none() {
        return made.recv().unwrap_or_else(|_| give_up());
    }
    loop {
        match made.try_recv() {
            Ok(item) => return item,
            Err(TryRecvError::Disconnected) => give_up(),
            Err(TryRecvError::Empty) => {
                let _ = rayon::yield_now();
            }
        }
    }
}

fn give_up() -> ! {
    std::panic::resume_unwind(Box::new("reading ahead panicked"))
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

    #[test]
    fn threads_of_rayon_may_read_too() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().map_err(|error| error.to_string());
        let sum = pool.map(|pool| {
            pool.install(|| {
                let mut ahead = Ahead::Idle(0..10_u64);
                std::iter::from_fn(|| ahead.next(true)).sum::<u64>()
            })
        });
        assert_eq!(sum, Ok(45));
    }
}
