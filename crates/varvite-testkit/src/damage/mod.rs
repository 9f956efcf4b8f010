//! The damage campaign: datasets of every shape, damaged in every way that we can think of, then used.
//!
//! A case is a number. From it and the campaign's seed follow the dataset ([`Shape`]), what is done to its files
//! ([`Change`]), and what is asked of it afterwards ([`probe`]). Each answer must be an error that says so, or the rows
//! of one committed version: the newest, or an older one if nothing is left that names a newer one.

mod change;
mod columns;
mod local;
mod probe;
mod shape;
mod table;
mod tree;

use std::sync::Arc;

use anyhow::Context;
use fastrand::Rng;

pub use change::{Change, Damage};
pub use columns::Columns;
pub use probe::{Outcome, probe};
pub use shape::{SHAPES, Shape, State, some_rows};
pub use table::Table;
pub use tree::{DATA, Files, Kind, LOG, Place, REPLACED};

/// One in so many cases is tried on the local disk.
const ON_DISK: u64 = 8;

/// Builds shapes when they are asked for: by number, the twin of it or not.
pub type BuildShape<'a> = dyn Fn(usize, bool) -> anyhow::Result<Arc<Shape>> + 'a;

/// Runs case `number` of the campaign with this seed.
///
/// # Errors
/// What went wrong, with all that is needed to understand it.
pub fn run(seed: u64, number: u64, shape: &BuildShape<'_>) -> anyhow::Result<(Change, Outcome)> {
    let mut random = Rng::with_seed(seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let at = random.usize(..SHAPES);
    let ours = shape(at, false)?;
    // Building datasets takes longer than anything else: only some cases borrow files of others.
    let (twin, other) = match random.u8(..4) {
        0 => (shape(at, true)?, shape(random.usize(..SHAPES), false)?),
        _ => (Arc::clone(&ours), Arc::clone(&ours)),
    };
    let on_disk = random.u64(..ON_DISK) == 0;
    let place = Place::new(on_disk)?;
    if let (Place::Local(root), true) = (&place, random.bool())
        && let Some(damage) = local::damage(&ours.newest().files, &mut random)
    {
        let change = damage.change.clone();
        let mut left = ours.newest().files.clone();
        left.retain(|path, _| !path.starts_with(damage.lost()));
        let outcome = probe([&ours, &twin, &other], &place, || damage.apply(root.path()), &left, &mut random);
        return Ok((change.clone(), outcome.with_context(|| format!("{change}\nof shape {at}: {ours}"))?));
    }
    let (change, files) = change::damage(&ours, [&twin, &other], &mut random);
    let outcome = probe([&ours, &twin, &other], &place, || place.put(&files), &files, &mut random);
    Ok((change.clone(), outcome.with_context(|| format!("{change}\nof shape {at}: {ours}"))?))
}
