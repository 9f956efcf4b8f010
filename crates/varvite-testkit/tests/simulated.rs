//! The engine on a simulated disk: random work by several callers, failing calls, power cuts, against a sorted `Vec`.
//!
//! 300 power cuts by default; `VARVITE_SIM_CUTS=50000 cargo test --release -p varvite-testkit --test simulated` for more,
//! `VARVITE_SIM_FIRST=1000000` begins at another seed. A failure is printed with its seed, cut down as far as it still
//! fails, and with the command that repeats it; `VARVITE_SIM_TRACE=1` adds every call of the storage.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use proptest::prelude::ProptestConfig;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use varvite_testkit::simulated::{Figures, History, histories};

/// A run ends early with so many failures.
const ENOUGH: usize = 5;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

fn runner(seed: u64) -> TestRunner {
    let config = ProptestConfig { failure_persistence: None, max_shrink_iters: 2_000, ..ProptestConfig::with_cases(1) };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

type Tree = Box<dyn ValueTree<Value = History>>;

fn tree(seed: u64) -> Tree {
    Box::new(histories().new_tree(&mut runner(seed)).unwrap())
}

/// Runs the history of a seed; what to tell if something is not as it must be.
fn check(seed: u64) -> Result<Figures, String> {
    let mut tree = tree(seed);
    let error = match tree.current().run(false) {
        Ok(figures) => return Ok(figures),
        Err(error) => error,
    };
    let (shorter, reason) = cut_down(&mut tree).unwrap_or_else(|| (tree.current(), format!("{error:#}")));
    let trace = number("VARVITE_SIM_TRACE").and_then(|_| shorter.run(true).err());
    let trace = trace.map(|error| format!("\n{error:#}")).unwrap_or_default();
    Err(format!(
        "seed {seed}: {error:#}\n\ncut down: {reason}\nin {shorter:?}{trace}\n\n\
         again: VARVITE_SIM_SEED={seed} cargo test -p varvite-testkit --test simulated"
    ))
}

/// The shortest history near this one that was found to fail, and how it does.
fn cut_down(tree: &mut Tree) -> Option<(History, String)> {
    let mut shortest = None;
    for _ in 0..number("VARVITE_SIM_SHRINKS").unwrap_or(500) {
        let history = tree.current();
        let goes_on = match history.run(false) {
            Err(error) => {
                shortest = Some((history, format!("{error:#}")));
                tree.simplify()
            }
            Ok(_) => tree.complicate(),
        };
        if !goes_on {
            break;
        }
    }
    shortest
}

#[test]
fn nothing_is_lost_doubled_or_torn() {
    if let Some(seed) = number("VARVITE_SIM_SEED") {
        check(seed).map_or_else(|failure| panic!("{failure}"), drop);
        return;
    }
    let wanted = number("VARVITE_SIM_CUTS").unwrap_or(300);
    let next = AtomicU64::new(number("VARVITE_SIM_FIRST").unwrap_or(1));
    let total = Mutex::new(Figures::default());
    let start = Instant::now();
    let failures = Mutex::new(Vec::new());
    let work = || {
        while total.lock().unwrap().cuts < wanted && failures.lock().unwrap().len() < ENOUGH {
            match check(next.fetch_add(1, Ordering::Relaxed)) {
                Ok(figures) => *total.lock().unwrap() += figures,
                Err(failure) => failures.lock().unwrap().push(failure),
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    println!("{:?} in {:.1} s", *total.lock().unwrap(), start.elapsed().as_secs_f64());
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn a_seed_repeats_everything() {
    for seed in 1..4 {
        let history = tree(seed).current();
        assert_eq!(history.fingerprints().unwrap(), history.fingerprints().unwrap(), "seed {seed}");
    }
}
