//! The floor under a plan: the datasets of a catalog opened by their paths, with what their logs say of files.

use anyhow::Result;
use varvite_bench::assets::catalog;
use varvite_dataset::Dataset;
use varvite_storage::StoragePath;

use crate::measure::repeated;
use crate::outcome::Outcome;
use crate::place::Place;

pub(super) fn open(place: &Place, repeats: usize) -> Result<Outcome> {
    let storage = place.base()?;
    let catalog = catalog(&storage)?;
    let keys = catalog.features().keys()?;
    let paths = keys.iter().map(|key| Ok(catalog.features().dataset(key)?.path().clone()));
    let paths = paths.collect::<Result<Vec<StoragePath>>>()?;
    let measured = repeated(repeats, || {
        let open = |path: &StoragePath| -> Result<usize> {
            let dataset = Dataset::at(storage.clone(), path.clone(), None)?;
            Ok(dataset.snapshot().map_or(0, |snapshot| snapshot.files.len()))
        };
        paths.iter().map(open).sum::<Result<usize>>()
    })?;
    Ok(Outcome {
        first_seconds: Some(measured.first_seconds),
        seconds: measured.seconds,
        cost: measured.cost,
        rows: measured.last as u64,
        ..Outcome::default()
    })
}
