//! Whether two plans read the same rows: what a refresh asks before it fetches again.

use std::ops::Range;

use varvite_dataset::{DataFile, Dataset, KeyRange};

use super::{FetchPlan, FieldPlan, Part, PartSource};

impl FetchPlan {
    /// Whether both plans read the same rows of the same files. Moments and ranges may differ where that makes no
    /// difference to rows.
    pub(crate) fn reads_the_same(&self, other: &Self) -> bool {
        self.fields.len() == other.fields.len()
            && self.fields.iter().zip(&other.fields).all(|(one, other)| same_field(one, other))
    }
}

fn same_field(one: &FieldPlan, other: &FieldPlan) -> bool {
    one.want.field == other.want.field
        && one.want.filter == other.want.filter
        && one.latest == other.latest
        && one.intervals.written == other.intervals.written
        && one.intervals.found == other.intervals.found
        && one.parts.len() == other.parts.len()
        && one.parts.iter().zip(&other.parts).all(|(one, other)| same_part(one, other))
}

fn same_part(one: &Part, other: &Part) -> bool {
    let same_files = match (&one.source, &other.source) {
        (PartSource::Lake(one), PartSource::Lake(other)) => one == other,
        (
            PartSource::Dataset { dataset, range, row_groups },
            PartSource::Dataset { dataset: others, range: other_range, row_groups: other_groups },
        ) => same_row_groups((dataset, range, row_groups), (others, other_range, other_groups)),
        _ => false,
    };
    one.version == other.version && one.keys == other.keys && one.columns == other.columns && same_files
}

type RowGroups<'a> = (&'a Dataset, &'a KeyRange, &'a Range<usize>);

fn same_row_groups(one: RowGroups<'_>, other: RowGroups<'_>) -> bool {
    let (Some(ours), Some(theirs)) = (one.0.snapshot(), other.0.snapshot()) else { return false };
    let has_range = |range: &Range<usize>, len| range.end <= len;
    if ours.dataset_id != theirs.dataset_id
        || one.2.len() != other.2.len()
        || ours.schemas.last().map(|schema| schema.0) != theirs.schemas.last().map(|schema| schema.0)
        || !has_range(one.2, ours.files.len())
        || !has_range(other.2, theirs.files.len())
    {
        return false;
    }
    let files = ours.files.range(one.2.clone()).zip(theirs.files.range(other.2.clone()));
    files.into_iter().all(|(our, their)| {
        our.name == their.name && our.sum == their.sum && clip_of(one.1, our) == clip_of(other.1, their)
    })
}

/// The range, where it cuts the file.
pub(crate) fn clip_of(range: &KeyRange, file: &DataFile) -> Option<KeyRange> {
    (!range.contains(&file.min) || !range.contains(&file.max)).then(|| KeyRange {
        start: range.start.clone().filter(|start| file.min < *start),
        end: range.end.clone().filter(|end| file.max >= *end),
    })
}
