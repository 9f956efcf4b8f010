//! [`leave`]: data folders in the states that random work brings them to, for readers that know nothing of ours.
//!
//! Beside each folder stands what it must hold: the rows of the model as an Arrow file, which our engine has no part in.

use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, Result};
use arrow_ipc::writer::FileWriter;

use crate::damage::{DATA, SHAPES, Shape, State};

/// The most states of one dataset.
const OF_ONE: usize = 6;

/// Leaves so many states below `folder`, each in a folder of its own, numbered from 0: `data/` with the data files,
/// `expected.arrow`, and `about.txt`. Types of columns, settings and verbs differ from dataset to dataset; the more
/// states, the more of each dataset, then further datasets.
///
/// # Errors
/// If the engine does not store what it is given, or the folder cannot be written.
pub fn leave(folder: &Path, seed: u64, states: usize) -> Result<()> {
    let each = (states / SHAPES).clamp(1, OF_ONE);
    let numbers = (seed..).flat_map(|seed| (0..SHAPES).map(move |number| (seed, number)));
    let mut left = 0;
    for (seed, number) in numbers {
        let shape = Shape::build(seed, number, false)?;
        for at in spread(shape.states.len(), each) {
            if left == states {
                return Ok(());
            }
            let state = &shape.states[at];
            let about = format!("seed {seed}, shape {number}, state {at}: {shape}");
            leave_one(&folder.join(format!("{left:05}")), state, &about).with_context(|| about.clone())?;
            left += 1;
        }
    }
    Ok(())
}

/// Up to `count` of `len` positions, the last one among them.
fn spread(len: usize, count: usize) -> impl Iterator<Item = usize> {
    let count = count.min(len);
    (1..=count).map(move |part| part * len / count - 1)
}

fn leave_one(folder: &Path, state: &State, about: &str) -> Result<()> {
    let data = folder.join("data");
    fs::create_dir_all(&data)?;
    for (path, bytes) in &state.files {
        if let Some(name) = path.strip_prefix(DATA) {
            fs::write(data.join(name), bytes)?;
        }
    }
    fs::write(folder.join("about.txt"), format!("{about}\n"))?;
    let rows = state.columns.batch(&state.rows.0)?;
    let mut expected = FileWriter::try_new(File::create(folder.join("expected.arrow"))?, &rows.schema())?;
    expected.write(&rows)?;
    Ok(expected.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_spread_and_the_last_is_among_them() {
        assert_eq!(spread(7, 3).collect::<Vec<_>>(), [1, 3, 6]);
        assert_eq!(spread(2, 6).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(spread(5, 1).collect::<Vec<_>>(), [4]);
    }

    #[test]
    fn as_many_states_are_left_as_were_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        leave(folder.path(), 1, 3).unwrap();
        let found = |name: &str| (0..4).filter(|at| folder.path().join(format!("{at:05}")).join(name).exists()).count();
        assert_eq!((found("data"), found("expected.arrow"), found("about.txt")), (3, 3, 3));
    }
}
