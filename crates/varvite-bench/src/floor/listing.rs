//! A floor under listing: the same folders, read by the standard library.

use anyhow::Result;

use crate::measure::repeated;
use crate::outcome::Outcome;
use crate::place::Place;

/// Folders of metadata two levels deep: one a key.
pub(super) fn list(place: &Place, repeats: usize) -> Result<Outcome> {
    let measured = repeated(repeats, || {
        let mut keys = 0;
        for exchange in std::fs::read_dir(&place.base)? {
            let exchange = exchange?;
            if !exchange.file_type()?.is_dir() {
                continue;
            }
            for entry in std::fs::read_dir(exchange.path())? {
                keys += u64::from(entry?.file_name().to_string_lossy().ends_with("_opdmd"));
            }
        }
        Ok(keys)
    })?;
    Ok(Outcome {
        first_seconds: Some(measured.first_seconds),
        seconds: measured.seconds,
        cost: measured.cost,
        rows: measured.last,
        ..Outcome::default()
    })
}
