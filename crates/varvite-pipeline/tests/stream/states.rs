//! States of any type and size.

use std::collections::HashMap;

use arrow::array::RecordBatch;
use varvite_pipeline::{Error, Stateful, StepError, StreamOptions};

use crate::world::{World, batch, numbered, rows};

#[test]
fn floats_come_back_to_the_bit_and_maps_have_any_keys() {
    let world = World::new();
    let bits = [f64::NAN, f64::INFINITY, -0.0, 0.1 + 0.2, 5e-324].map(f64::to_bits);
    let initial: HashMap<(i64, Option<u8>), f64> =
        bits.iter().enumerate().map(|(at, &bits)| ((at as i64, Some(3)), f64::from_bits(bits))).collect();
    let step = |seen: std::sync::mpsc::Sender<Vec<u64>>| {
        Stateful::new(
            "keep",
            1,
            initial.clone(),
            move |state: &mut HashMap<(i64, Option<u8>), f64>, given: RecordBatch| {
                let mut found: Vec<_> = state.iter().map(|(key, value)| (*key, value.to_bits())).collect();
                found.sort_unstable();
                seen.send(found.into_iter().map(|(_, bits)| bits).collect())?;
                Ok::<_, StepError>(given)
            },
        )
    };
    for at in 0..2 {
        world.append(&[(at, 1)]);
        let (send, received) = std::sync::mpsc::channel();
        let _ = world.sums().run(step(send)).unwrap();
        assert_eq!(received.recv().unwrap(), bits);
    }
}

/// Remembers all rows.
fn hoarder() -> Stateful<Vec<(i64, i64)>> {
    Stateful::new("hoarder", 1, Vec::new(), |all: &mut Vec<(i64, i64)>, given: RecordBatch| {
        all.extend(rows(&given));
        let (at, count) = (all.last().map_or(0, |row| row.0), all.len() as i64);
        Ok::<_, StepError>(batch(&[(at, count)]))
    })
}

#[test]
fn a_large_state_is_compressed_and_comes_back() {
    let world = World::new();
    let all = numbered((0..200_000).map(|at| at / 2));
    world.append(&all[..150_000]);
    let _ = world.sums().run(hoarder()).unwrap();
    world.append(&all[150_000..]);
    let _ = world.sums().run(hoarder()).unwrap();
    assert_eq!(world.stored().last(), Some(&(99_999, 200_000)));
    let state = world.sums().checkpoint().unwrap().unwrap().state().unwrap();
    assert_eq!(state.decode::<Vec<(i64, i64)>>().unwrap(), all);
}

#[test]
fn a_state_that_is_too_large_is_refused_before_anything_is_written() {
    let world = World::new();
    world.append(&numbered(0..1000));
    let job = || world.sums().with_options(StreamOptions::default().with_state_limit(500));
    let error = job().run(hoarder()).unwrap_err();
    assert!(matches!(error, Error::StateTooLarge { limit: 500, .. }), "{error}");
    assert_eq!(error.code(), "VV1009");
    assert!(!world.output.exists());
    let _ = world.sums().run(hoarder()).unwrap();
}

#[test]
fn a_state_of_another_type_is_refused() {
    let world = World::new();
    world.append(&numbered(0..3));
    let _ = world.sums().run(hoarder()).unwrap();
    world.append(&[(5, 1)]);
    let other =
        Stateful::new("hoarder", 1, String::new(), |_: &mut String, given: RecordBatch| Ok::<_, StepError>(given));
    let error = world.sums().run(other).unwrap_err();
    assert_eq!(error.code(), "VV1012", "{error}");
    let _ = world.sums().run(hoarder()).unwrap();
    assert_eq!(world.stored().last(), Some(&(5, 4)));
}
