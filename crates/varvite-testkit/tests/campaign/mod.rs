//! Runs the cases of a campaign one after the other, and looks at time, memory and panics.

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use peak_alloc::PeakAlloc;
use varvite_testkit::damage::{BuildShape, Shape};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// No case takes longer, however slow the machine is.
const PATIENCE: Duration = Duration::from_secs(120);
const SEED: u64 = 20_130_101;

static PANICS: AtomicU64 = AtomicU64::new(0);

/// How a campaign ended.
pub(crate) struct Ended {
    seed: u64,
    cases: u64,
    took: Duration,
    /// Most memory that a case took beyond its dataset.
    most: usize,
    pub(crate) failed: u64,
    /// Panics, caught ones too.
    pub(crate) panics: u64,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, cases, took, most, failed, panics } = self;
        let (seconds, mib) = (took.as_secs_f64(), most.div_ceil(1 << 20));
        write!(f, "seed {seed}: {cases} cases in {seconds:.0} s, {failed} failed, {panics} panics, at most {mib} MiB")
    }
}

/// A case that was begun, or how it ended and what memory it took.
enum Message<T> {
    Begun(u64),
    Ended(anyhow::Result<T>, usize),
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

/// Runs as many cases as the variable says, or the one that `VARVITE_CASE` names.
pub(crate) fn run<T: Send + 'static>(
    variable: &str,
    default: u64,
    memory_limit: usize,
    case: fn(u64, u64, &BuildShape<'_>) -> anyhow::Result<T>,
    mut count: impl FnMut(T),
) -> Ended {
    let seed = number("VARVITE_SEED").unwrap_or(SEED);
    let cases = match number("VARVITE_CASE") {
        Some(case) => case..case + 1,
        None => 0..number(variable).unwrap_or(default),
    };
    let total = cases.end - cases.start;
    let single = total == 1;
    std::panic::set_hook(Box::new(move |info| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        if single {
            eprintln!("{info}\n{}", std::backtrace::Backtrace::force_capture());
        }
    }));
    let (tell, hear) = mpsc::channel();
    let start = Instant::now();
    std::thread::spawn(move || work(seed, cases, case, &tell));
    let mut ended = Ended { seed, cases: 0, took: Duration::ZERO, most: 0, failed: 0, panics: 0 };
    let mut current = 0;
    loop {
        let replay = |case: u64| format!("VARVITE_SEED={seed} VARVITE_CASE={case} replays it");
        match hear.recv_timeout(PATIENCE) {
            Ok(Message::Begun(case)) => current = case,
            Ok(Message::Ended(outcome, memory)) => {
                ended.cases += 1;
                ended.most = ended.most.max(memory);
                ended.failed += u64::from(outcome.is_err() || memory > memory_limit);
                if memory > memory_limit {
                    eprintln!("case {current}: {memory} bytes of memory; {}\n", replay(current));
                }
                match outcome {
                    Ok(outcome) => count(outcome),
                    Err(error) => eprintln!("case {current}: {error:?}\n{}\n", replay(current)),
                }
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {
                eprintln!("case {current} hangs; {}", replay(current));
                std::process::exit(1);
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        }
    }
    assert_eq!(ended.cases, total, "every case was run");
    (ended.took, ended.panics) = (start.elapsed(), PANICS.load(Ordering::Relaxed));
    ended
}

fn work<T>(
    seed: u64,
    cases: impl Iterator<Item = u64>,
    run: fn(u64, u64, &BuildShape<'_>) -> anyhow::Result<T>,
    tell: &mpsc::Sender<Message<T>>,
) {
    let shapes: Mutex<HashMap<(usize, bool), Arc<Shape>>> = Mutex::default();
    let shape = |at: usize, twin: bool| -> anyhow::Result<Arc<Shape>> {
        if let Some(built) = shapes.lock().unwrap().get(&(at, twin)) {
            return Ok(Arc::clone(built));
        }
        let built = Arc::new(Shape::build(seed, at, twin)?);
        shapes.lock().unwrap().insert((at, twin), Arc::clone(&built));
        Ok(built)
    };
    for case in cases {
        tell.send(Message::Begun(case)).unwrap();
        // Memory is looked at from when the shapes are there.
        let before = Cell::new(0);
        let outcome = run(seed, case, &|at, twin| {
            let found = shape(at, twin);
            before.set(ALLOCATOR.current_usage());
            ALLOCATOR.reset_peak_usage();
            found
        });
        let memory = ALLOCATOR.peak_usage().saturating_sub(before.get());
        tell.send(Message::Ended(outcome, memory)).unwrap();
    }
}
