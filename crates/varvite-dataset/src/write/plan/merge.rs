//! Which stored row groups a merge rewrites.
//!
//! The algorithm is that of oups (2025.12, `OrderedParquetDataset.write`): *regions* of a row group with its new rows, or
//! of new rows alone, are gathered into *runs* that are rewritten together. Rows of a run are merged, stored rows first
//! among equals, and cut by the target from the start of the run; so a run is described by what goes in.

use std::collections::HashMap;
use std::ops::Range;

use super::{Layout, Positions, Run, tile_index};
use crate::{Files, OrderedType, OrderedValue, RowGroupTarget};

/// One row group with its new rows (perhaps none), or new rows alone.
#[derive(Debug, Clone)]
struct Region {
    /// Position of the row group, or of the one that follows the new rows.
    at: usize,
    stored: u64,
    alone: bool,
    rows: Range<u64>,
    touched: bool,
}

impl Region {
    fn has_new(&self) -> bool {
        self.touched || self.alone
    }
}

/// The runs that a merge rewrites, in order; every other row group stays as it is.
pub(crate) fn plan_merge(
    stored: &Files,
    new: &dyn Positions,
    layout: &Layout,
    ordered: Option<&OrderedType>,
) -> Vec<Run> {
    let regions = regions(stored, window(stored, new, layout, ordered), new, layout.deduplicate);
    let simple = maximal_runs(&regions, |index| regions[index].has_new());
    let Some(max_n_off_target) = layout.max_n_off_target else {
        return simple.into_iter().map(|run| to_run(&regions, run)).collect();
    };
    let shape = Shape::new(stored, new, &regions, layout, ordered);
    let only_repair = new.len() == 0;
    let off_target: Vec<bool> = (0..regions.len()).map(|index| !shape.on_target(index)).collect();
    let wide: Vec<Range<usize>> = maximal_runs(&regions, |index| regions[index].has_new() || off_target[index])
        .into_iter()
        .filter(|run| only_repair || run.clone().any(|index| regions[index].has_new()))
        .filter(|run| {
            run.clone().filter(|index| off_target[*index]).count() > max_n_off_target || shape.likely_exceeds(run)
        })
        .collect();
    let inside = |run: &Range<usize>| wide.iter().any(|wide| wide.start <= run.start && run.end <= wide.end);
    let mut runs: Vec<Range<usize>> = simple.into_iter().filter(|run| !inside(run)).collect();
    runs.extend(wide.iter().cloned());
    runs.sort_by_key(|run| run.start);
    runs.into_iter().map(|run| to_run(&regions, run)).collect()
}

fn to_run(regions: &[Region], run: Range<usize>) -> Run {
    let regions = &regions[run];
    let groups = regions.iter().filter(|region| !region.alone);
    let first = regions.first().map_or(0, |region| region.at);
    let count = groups.clone().count();
    let rows =
        regions.first().map_or(0, |region| region.rows.start)..regions.last().map_or(0, |region| region.rows.end);
    Run { row_groups: first..first + count, rows, coalesced: groups.filter(|region| !region.touched).count() }
}

/// The row groups that the plan depends on, so that a write behind all others costs the same however many there are.
///
/// Those that new rows may touch; where layouts are repaired also those beside them up to one that is on target.
fn window(stored: &Files, new: &dyn Positions, layout: &Layout, ordered: Option<&OrderedType>) -> Range<usize> {
    if new.len() == 0 {
        return if layout.max_n_off_target.is_some() { 0..stored.len() } else { 0..0 };
    }
    let touched = stored.touching(&new.value(0), &new.value(new.len() - 1));
    if layout.max_n_off_target.is_none() {
        return touched;
    }
    // The next one may share its period with new rows; what follows is as if there were none.
    let (mut start, mut end) = (touched.start.saturating_sub(2), (touched.end + 2).min(stored.len()));
    while start > 0 && is_off_target_alone(stored, start, layout, ordered) {
        start -= 1;
    }
    while end < stored.len() && is_off_target_alone(stored, end - 1, layout, ordered) {
        end += 1;
    }
    // One more, to see which periods the outermost share.
    start.saturating_sub(1)..(end + 1).min(stored.len())
}

/// Whether a row group is off target, as long as no new rows are near.
fn is_off_target_alone(stored: &Files, at: usize, layout: &Layout, ordered: Option<&OrderedType>) -> bool {
    let file = &stored[at];
    match layout.target {
        RowGroupTarget::Rows(target) => file.num_rows < eighty_percent(target) || file.num_rows > target,
        RowGroupTarget::Period(period) => {
            let tile = |value: &OrderedValue| tile_index(period, ordered, value);
            let (first, last) = (tile(&file.min), tile(&file.max));
            let before = at.checked_sub(1).and_then(|at| stored.get(at)).map(|file| tile(&file.max));
            let after = stored.get(at + 1).map(|file| tile(&file.min));
            first != last || before == Some(first) || after == Some(last)
        }
    }
}

fn eighty_percent(target: u64) -> u64 {
    target / 10 * 8 + target % 10 * 8 / 10
}

fn regions(stored: &Files, window: Range<usize>, new: &dyn Positions, deduplicate: bool) -> Vec<Region> {
    let mut groups: Vec<Region> = Vec::with_capacity(window.len());
    for at in window.clone() {
        let file = &stored[at];
        let start = new.below(&file.min);
        let end = if deduplicate { new.up_to(&file.max) } else { new.below(&file.max) };
        let end = end.max(start);
        let touched = end > start;
        if let Some(before) = groups.last_mut()
            && touched
            && stored[at - 1].max == file.min
        {
            before.rows.end = before.rows.end.min(start); // rows equal to the shared value meet the later row group
        }
        groups.push(Region { at, stored: file.num_rows, alone: false, rows: start..end, touched });
    }
    let mut regions = Vec::with_capacity(groups.len() + 1);
    let mut taken = 0;
    let push_alone = |regions: &mut Vec<Region>, at: usize, rows: Range<u64>| {
        if rows.start < rows.end {
            regions.push(Region { at, stored: 0, alone: true, rows, touched: false });
        }
    };
    for group in groups {
        push_alone(&mut regions, group.at, taken..group.rows.start);
        taken = group.rows.end.max(taken);
        regions.push(group);
    }
    push_alone(&mut regions, window.end, taken..new.len());
    regions
}

fn maximal_runs(regions: &[Region], belongs: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for index in (0..regions.len()).filter(|index| belongs(*index)) {
        match runs.last_mut() {
            Some(run) if run.end == index => run.end += 1,
            _ => runs.push(index..index + 1),
        }
    }
    runs
}

/// What decides whether a region is on target.
enum Shape<'a> {
    Rows {
        regions: &'a [Region],
        target: u64,
        deduplicate: bool,
    },
    /// The tile of each region's minimum and maximum, and how often each tile occurs among them.
    Period {
        regions: &'a [Region],
        tiles: Vec<(i128, i128)>,
        occurrences: HashMap<i128, usize>,
    },
}

impl<'a> Shape<'a> {
    fn new(
        stored: &Files,
        new: &dyn Positions,
        regions: &'a [Region],
        layout: &Layout,
        ordered: Option<&OrderedType>,
    ) -> Self {
        match layout.target {
            RowGroupTarget::Rows(target) => Self::Rows { regions, target, deduplicate: layout.deduplicate },
            RowGroupTarget::Period(period) => {
                let tile = |value: &OrderedValue| tile_index(period, ordered, value);
                let tiles: Vec<_> = regions
                    .iter()
                    .map(|region| match (region.alone, stored.get(region.at)) {
                        (false, Some(file)) => (tile(&file.min), tile(&file.max)),
                        _ => (tile(&new.value(region.rows.start)), tile(&new.value(region.rows.end - 1))),
                    })
                    .collect();
                let mut occurrences = HashMap::new();
                for tile in tiles.iter().flat_map(|(first, last)| [*first, *last]) {
                    *occurrences.entry(tile).or_insert(0) += 1;
                }
                Self::Period { regions, tiles, occurrences }
            }
        }
    }

    /// Whether a region would make a row group of about the right size: 80 % of the rows, or all of one period.
    fn on_target(&self, index: usize) -> bool {
        match self {
            Self::Rows { regions, target, .. } => {
                let region = &regions[index];
                let most = region.stored + (region.rows.end - region.rows.start);
                most >= eighty_percent(*target) && (region.has_new() || most <= *target)
            }
            Self::Period { regions, tiles, occurrences } => {
                let (first, last) = tiles[index];
                if first == last { occurrences.get(&first) == Some(&2) } else { regions[index].has_new() }
            }
        }
    }

    /// Whether a run holds enough for a whole row group.
    fn likely_exceeds(&self, run: &Range<usize>) -> bool {
        match self {
            Self::Rows { regions, target, deduplicate } => {
                let least = |region: &Region| {
                    let new = region.rows.end - region.rows.start;
                    if *deduplicate { region.stored.max(new) } else { region.stored + new }
                };
                regions[run.clone()].iter().map(least).sum::<u64>() >= *target
            }
            Self::Period { tiles, .. } => tiles[run.start].0 != tiles[run.end - 1].1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Values(Vec<i64>);

    impl Positions for Values {
        fn len(&self) -> u64 {
            self.0.len() as u64
        }
        fn below(&self, value: &OrderedValue) -> u64 {
            self.0.partition_point(|x| OrderedValue::from(*x) < *value) as u64
        }
        fn up_to(&self, value: &OrderedValue) -> u64 {
            self.0.partition_point(|x| OrderedValue::from(*x) <= *value) as u64
        }
        fn value(&self, position: u64) -> OrderedValue {
            self.0[usize::try_from(position).unwrap_or(usize::MAX)].into()
        }
    }

    /// Row groups are written `min-max*rows`.
    fn spans(text: &str) -> Files {
        let number = |text: &str| text.parse::<i64>().expect("a number");
        Files::of_spans(text.split_whitespace().map(|group| {
            let (bounds, rows) = group.split_once('*').unwrap_or((group, "2"));
            let (min, max) = bounds.split_once('-').unwrap_or((bounds, bounds));
            (number(min).into(), number(max).into(), number(rows).unsigned_abs())
        }))
    }

    #[track_caller]
    fn check(stored: &str, new: &[i64], target: u64, deduplicate: bool, max_n: Option<usize>, expected: &str) {
        let layout = Layout { target: target.into(), deduplicate, max_n_off_target: max_n };
        let runs = plan_merge(&spans(stored), &Values(new.to_vec()), &layout, None);
        let text: Vec<_> = runs.iter().map(|run| format!("{:?}+{:?}", run.row_groups, run.rows)).collect();
        assert_eq!(text.join(" "), expected);
    }

    #[test]
    fn a_first_write_is_one_run() {
        check("", &[1, 2, 3], 2, false, None, "0..0+0..3");
    }

    #[test]
    fn rows_after_the_end_leave_files_alone() {
        check("0-9 10-19", &[20, 21], 2, false, None, "2..2+0..2");
    }

    #[test]
    fn a_row_equal_to_a_maximum_goes_behind_it_unless_duplicates_are_dropped() {
        check("1-2 5-6", &[2], 2, false, None, "1..1+0..1");
        check("1-2 5-6", &[2], 2, true, None, "0..1+0..1");
    }

    #[test]
    fn a_row_equal_to_a_minimum_is_merged() {
        check("1-2 5-6", &[5], 2, false, None, "1..2+0..1");
    }

    #[test]
    fn a_shared_border_value_meets_the_later_row_group() {
        check("1-4 4-9", &[4], 4, false, None, "1..2+0..1");
        check("1-4 4-9", &[4], 4, true, None, "0..2+0..1");
    }

    #[test]
    fn separate_places_are_separate_runs() {
        check("0-9 10-19 20-29", &[5, 25], 2, false, None, "0..1+0..1 2..3+1..2");
    }

    #[test]
    fn too_many_small_row_groups_are_gathered() {
        check("0-3*4 4-5*2", &[50, 51, 52], 4, false, Some(2), "1..2+0..3");
        check("0-0*1 1-1*1 2-2*1", &[3], 8, false, Some(9), "3..3+0..1");
        check("0-0*1 1-1*1 2-2*1", &[3], 8, false, Some(2), "0..3+0..1");
    }

    #[test]
    fn zero_tolerance_always_completes_the_tail() {
        check("0-3*4 4-4*1", &[5], 4, false, Some(0), "1..2+0..1");
    }

    #[test]
    fn without_rows_the_layout_is_repaired() {
        check("0-3*4 4-4*1 5-5*1", &[], 4, false, Some(1), "1..3+0..0");
    }
}
