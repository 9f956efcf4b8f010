//! [`Ahead`]: the next batch is decoded while the caller is busy with this one.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
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
        let Some(place) = Place::take(&UNDER_WAY, AT_ONCE) else { return Self::Idle(iterator) };
        let (sender, made) = sync_channel(1);
        pool.spawn(move || {
            let item = iterator.next();
            drop(place);
            // Whoever asked may be gone.
            let _ = sender.send((iterator, item));
        });
        Self::Running(made)
    }
}

/// How many items are being made at most: a thread that waits for columns takes up another item, on the same stack.
const AT_ONCE: usize = 64;
/// Stack that making an item takes, with a margin.
const STACK: usize = 1 << 17;
static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);

/// One of a limited number, until it is dropped.
struct Place(&'static AtomicUsize);

impl Place {
    fn take(taken: &'static AtomicUsize, most: usize) -> Option<Self> {
        let one_more = |taken| Some(taken + 1).filter(|taken| *taken <= most);
        taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).ok().map(|_| Self(taken))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Threads that only read ahead. Were it rayon's own, one could wait for an item that it is making itself: while it waits
/// for columns, it takes up other work, which may be a reader of that very item.
fn pool() -> Option<&'static ThreadPool> {
    static POOL: OnceLock<Option<ThreadPool>> = OnceLock::new();
    let build = || {
        // A reader learns of a panic when its item does not come.
        let builder = ThreadPoolBuilder::new().thread_name(|at| format!("varvite-read-{at}")).panic_handler(|_| ());
        let builder = builder.stack_size(AT_ONCE * STACK);
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
    fn places_are_limited_and_come_back() {
        static TAKEN: AtomicUsize = AtomicUsize::new(0);
        let places: Vec<_> = (0..3).filter_map(|_| Place::take(&TAKEN, 2)).collect();
        assert_eq!(places.len(), 2);
        drop(places);
        assert!(Place::take(&TAKEN, 1).is_some());
    }

    #[test]
    fn no_more_than_so_many_are_under_way() {
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let wait = std::sync::Arc::new(std::sync::Mutex::new(wait));
        let slow = |wait: std::sync::Arc<std::sync::Mutex<std::sync::mpsc::Receiver<()>>>| {
            (0..3).inspect(move |at| {
                if *at == 1 {
                    let _ = wait.lock().map(|wait| wait.recv());
                }
            })
        };
        let mut readers: Vec<_> = (0..AT_ONCE + 10).map(|_| Ahead::Idle(slow(wait.clone()))).collect();
        for reader in &mut readers {
            assert_eq!(reader.next(true), Some(0));
        }
        let running = readers.iter().filter(|reader| matches!(reader, Ahead::Running(_))).count();
        drop(go);
        assert!((1..=AT_ONCE).contains(&running), "{running}");
        for reader in &mut readers {
            assert_eq!((reader.next(true), reader.next(true), reader.next(true)), (Some(1), Some(2), None));
        }
    }

    #[test]
    fn a_panic_reaches_whoever_waits() {
        let mut ahead = Ahead::Idle((0..3).inspect(|at| assert!(*at < 1, "no more")));
        assert_eq!(ahead.next(true), Some(0));
        let next = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| ahead.next(true)));
        assert!(next.is_err());
    }
}
