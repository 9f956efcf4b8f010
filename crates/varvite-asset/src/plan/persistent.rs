//! Fields of persistent assets: all rows of the newest version.

use varvite_dataset::KeyRange;
use varvite_time::TimeSpan;

use super::columns::columns_of_part;
use super::{FieldPlan, Intervals, Part, PartSource};
use crate::{AssetListing, Result, VersionListing, Want};

/// Plans a field of rows without dates.
pub(super) fn plan_persistent(want: &Want, asset: &AssetListing) -> Result<FieldPlan> {
    let stored = want.versions().find_map(|version| match asset.versions.get(&version) {
        Some(VersionListing::Persistent(dataset)) => Some((version, dataset, dataset.snapshot()?)),
        _ => None,
    });
    let Some((version, dataset, snapshot)) = stored else {
        let intervals = Intervals::default();
        return Ok(FieldPlan::new(want, None, intervals, Vec::new()));
    };
    let mut parts = Vec::new();
    if let Some(schema) = snapshot.schema.as_ref().filter(|_| !snapshot.files.is_empty()) {
        parts.push(Part {
            version,
            keys: Vec::new(),
            span: TimeSpan::ALL,
            columns: columns_of_part(want, version, schema)?,
            num_rows: snapshot.files.num_rows(),
            num_bytes: snapshot.files.num_bytes(),
            source: PartSource::Dataset {
                dataset: dataset.clone(),
                range: KeyRange::default(),
                row_groups: 0..snapshot.files.len(),
            },
        });
    }
    let intervals = Intervals { expected: Some(1), found: 1, ..Intervals::default() };
    Ok(FieldPlan::new(want, None, intervals, parts))
}
