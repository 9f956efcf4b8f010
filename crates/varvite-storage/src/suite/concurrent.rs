//! Facts about several callers at once: races, locks, random bits.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use super::{check_content, create, path, write};
use crate::{Published, Storage};

const RACERS: usize = 8;
const ROUNDS: usize = 10;

/// Runs `racer` on threads that start together; the numbers of those that created the name.
fn race(racer: impl Fn(usize) -> Published + Sync) -> Vec<usize> {
    let start = Barrier::new(RACERS);
    let run = |number| {
        start.wait();
        (number, racer(number))
    };
    std::thread::scope(|scope| {
        let racers: Vec<_> = (0..RACERS).map(|number| scope.spawn(move || run(number))).collect();
        let outcomes = racers.into_iter().map(|racer| racer.join().unwrap());
        outcomes.filter(|(_, published)| *published == Published::Created).map(|(number, _)| number).collect()
    })
}

/// Of many that publish one path exactly one creates it, and it holds the winner's bytes.
pub fn one_of_racing_publishers_wins(storage: &dyn Storage) {
    for round in 0..ROUNDS {
        let at = format!("round-{round}");
        let winners = race(|number| write(storage, &at, &number.to_string()));
        assert_eq!(winners.len(), 1, "{winners:?}");
        check_content(storage, &at, &winners[0].to_string());
    }
}

/// Of many files that are moved to one path exactly one gets there, and the others stay.
pub fn one_of_racing_moves_wins(storage: &dyn Storage) {
    for round in 0..ROUNDS {
        let (at, from) = (format!("round-{round}"), |number| format!("from-{round}-{number}"));
        (0..RACERS).for_each(|number| create(storage, &from(number), &number.to_string()));
        let winners = race(|number| storage.rename(&path(&from(number)), &path(&at)).unwrap());
        assert_eq!(winners.len(), 1, "{winners:?}");
        check_content(storage, &at, &winners[0].to_string());
        for number in 0..RACERS {
            assert_eq!(storage.head(&path(&from(number))).unwrap().is_none(), number == winners[0]);
        }
    }
}

/// Who has no lock waits for as long as it was told to, and gets it when it is free. A storage may have no locks.
pub fn a_lock_excludes_until_it_is_dropped(storage: &dyn Storage) {
    let (at, patience) = (path("a.lock"), Duration::from_millis(40));
    let Some(held) = storage.lock(&at, Duration::ZERO).unwrap() else { return };
    assert!(storage.lock(&path("b.lock"), Duration::ZERO).unwrap().is_some());
    let start = Instant::now();
    assert!(storage.lock(&at, patience).unwrap().is_none());
    assert!(start.elapsed() >= patience);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| storage.lock(&at, Duration::from_secs(60)).unwrap().is_some());
        std::thread::sleep(patience);
        drop(held);
        assert!(waiting.join().unwrap());
    });
    assert!(storage.lock(&at, Duration::ZERO).unwrap().is_some());
}

/// A patience that no clock can count to is only long.
pub fn any_patience_is_fine(storage: &dyn Storage) {
    for patience in [Duration::ZERO, Duration::MAX] {
        drop(storage.lock(&path("a.lock"), patience).unwrap());
    }
}

/// No two draws are equal, on any thread.
pub fn random_bits_do_not_repeat(storage: &dyn Storage) {
    let draw = || (0..1_000).map(|_| storage.random()).collect::<Vec<_>>();
    let drawn = std::thread::scope(|scope| {
        let other = scope.spawn(draw);
        [draw(), other.join().unwrap()].concat()
    });
    assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), drawn.len());
}
