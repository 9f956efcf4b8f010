//! Walking in lock step, against a model of sorted vectors.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{dataset, numbers};
use proptest::prelude::*;
use varvite_dataset::{Dataset, KeyRange};
use varvite_storage::MemoryStorage;
use varvite_store::{IntersectionOptions, Intersections, NPrev};

/// Row groups of one dataset: values of `t`, in order.
type Groups = Vec<Vec<i64>>;

/// The chunks as the numbers of the rows of each key that takes part.
type Chunks = Vec<BTreeMap<String, Vec<i64>>>;

fn groups() -> impl Strategy<Value = Groups> {
    prop::collection::vec((0..4_i64, prop::collection::vec(0..3_i64, 1..5)), 0..6).prop_map(|groups| {
        let mut t = 0;
        let mut grown = |step: i64| {
            t += step;
            t
        };
        groups
            .into_iter()
            .map(|(gap, steps)| {
                let _ = grown(gap);
                steps.into_iter().map(&mut grown).collect()
            })
            .collect()
    })
}

fn bound() -> impl Strategy<Value = Option<i64>> {
    prop::option::weighted(0.7, -2..32_i64)
}

struct Setting {
    datasets: Vec<(String, Groups)>,
    start: Option<i64>,
    end: Option<i64>,
    n_prev: Vec<usize>,
}

/// The number of the first row of a dataset.
fn first(at: usize) -> i64 {
    1000 * i64::try_from(at).unwrap()
}

/// One row: its value and its number.
type Row = (i64, i64);

impl Setting {
    fn rows(&self, at: usize) -> Vec<Row> {
        let t: Vec<i64> = self.datasets[at].1.iter().flatten().copied().collect();
        (first(at)..).zip(t).map(|(number, t)| (t, number)).collect()
    }

    /// The blocks of a dataset: row groups that share a border value are glued.
    fn blocks(&self, at: usize) -> Vec<(i64, i64)> {
        let mut blocks: Vec<(i64, i64)> = Vec::new();
        for group in &self.datasets[at].1 {
            let (min, max) = (group[0], group[group.len() - 1]);
            match blocks.last_mut() {
                Some(block) if block.1 == min => block.1 = max,
                _ => blocks.push((min, max)),
            }
        }
        blocks
    }

    fn reaching(&self, at: usize) -> Vec<(i64, i64)> {
        let blocks = self.blocks(at);
        let first = blocks.iter().position(|block| self.start.is_none_or(|start| block.1 >= start));
        let last = blocks.iter().rposition(|block| self.end.is_none_or(|end| block.0 < end));
        match (first, last) {
            (Some(first), Some(last)) if first <= last => blocks[first..=last].to_vec(),
            _ => Vec::new(),
        }
    }

    fn taking_part(&self) -> Vec<usize> {
        (0..self.datasets.len()).filter(|at| !self.reaching(*at).is_empty()).collect()
    }

    /// Chunks between `edges`, by the definition.
    fn cut(&self, edges: &BTreeSet<i64>) -> Chunks {
        let taking_part = self.taking_part();
        let mut bounds = vec![self.start];
        bounds.extend(edges.iter().copied().map(Some));
        bounds.push(self.end);
        if taking_part.is_empty() {
            return Vec::new();
        }
        let chunk = |at: usize, pair: &[Option<i64>], first: bool| -> Vec<i64> {
            let rows = self.rows(at);
            let within = |t: i64| pair[0].is_none_or(|low| t >= low) && pair[1].is_none_or(|high| t < high);
            let earlier = rows.iter().filter(|row| self.start.is_some_and(|start| row.0 < start));
            let earlier: Vec<i64> = earlier.map(|row| row.1).collect();
            let warm = if first { self.n_prev[at].min(earlier.len()) } else { 0 };
            let mut numbers = earlier[earlier.len() - warm..].to_vec();
            numbers.extend(rows.iter().filter(|row| within(row.0)).map(|row| row.1));
            numbers
        };
        (0..bounds.len() - 1)
            .map(|i| {
                let pair = &bounds[i..=i + 1];
                taking_part.iter().map(|at| (self.datasets[*at].0.clone(), chunk(*at, pair, i == 0))).collect()
            })
            .collect()
    }

    fn layout_edges(&self) -> BTreeSet<i64> {
        (0..self.datasets.len()).flat_map(|at| self.reaching(at).into_iter().skip(1)).map(|block| block.0).collect()
    }

    fn options(&self) -> IntersectionOptions<String> {
        let range = KeyRange { start: self.start.map(Into::into), end: self.end.map(Into::into) };
        IntersectionOptions::default().with_range(range).with_n_prev(self.n_prev.clone())
    }

    fn stored(&self) -> Vec<(String, Dataset)> {
        let storage = MemoryStorage::new();
        let stored = self.datasets.iter().enumerate();
        stored.map(|(at, (name, groups))| (name.clone(), dataset(&storage, name, groups, first(at)))).collect()
    }

    fn walk(&self, options: &IntersectionOptions<String>) -> Chunks {
        Intersections::over(self.stored(), options)
            .unwrap()
            .map(|chunk| chunk.unwrap().into_iter().map(|(key, rows)| (key, numbers(&rows))).collect())
            .collect()
    }
}

fn setting() -> impl Strategy<Value = Setting> {
    (prop::collection::vec(groups(), 1..4), bound(), bound(), prop::collection::vec(0..4_usize, 3)).prop_map(
        |(datasets, start, end, mut n_prev)| {
            n_prev.truncate(datasets.len());
            let datasets = ["a", "b", "c"].map(str::to_owned).into_iter().zip(datasets).collect();
            Setting { datasets, start, end, n_prev }
        },
    )
}

impl std::fmt::Debug for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {:?}..{:?} n_prev {:?}", self.datasets, self.start, self.end, self.n_prev)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn chunks_follow_the_layout_as_the_definition_says(setting in setting()) {
        prop_assert_eq!(setting.walk(&setting.options()), setting.cut(&setting.layout_edges()));
    }

    #[test]
    fn chunks_by_rows_are_whole_disjoint_and_small(setting in setting(), max in 1..5_usize) {
        let chunks = setting.walk(&setting.options().max_rows(max));
        let reference = setting.cut(&BTreeSet::new());
        let in_range = |number: i64| {
            let at = usize::try_from(number / 1000).unwrap();
            let t = setting.rows(at).into_iter().find(|row| row.1 == number).unwrap().0;
            (setting.start.is_none_or(|start| t >= start)).then_some(t)
        };
        // Together they are all rows, once there is one in the range.
        let joined = |chunks: &Chunks, key: &str| -> Vec<i64> {
            chunks.iter().flat_map(|chunk| chunk.get(key).cloned().unwrap_or_default()).collect()
        };
        let any = reference.iter().flat_map(BTreeMap::values).flatten().any(|number| in_range(*number).is_some());
        for key in reference.first().into_iter().flat_map(BTreeMap::keys).filter(|_| any) {
            prop_assert_eq!(joined(&chunks, key), joined(&reference, key));
        }
        prop_assert!(any || chunks.is_empty());
        // Values of different chunks do not meet, and only ties are more than `max`.
        let mut last = i64::MIN;
        for chunk in &chunks {
            let values: Vec<i64> = chunk.values().flatten().filter_map(|number| in_range(*number)).collect();
            prop_assert!(values.iter().all(|t| *t > last));
            last = values.iter().copied().max().unwrap();
            for rows in chunk.values() {
                let t: Vec<i64> = rows.iter().filter_map(|number| in_range(*number)).collect();
                prop_assert!(t.len() <= max || t.iter().all(|value| *value == values.iter().copied().min().unwrap()));
            }
        }
    }
}

#[track_caller]
fn refused(datasets: Vec<(String, Dataset)>, options: &IntersectionOptions<String>, code: &str, message: &str) {
    let error = Intersections::over(datasets, options).unwrap_err();
    assert_eq!((error.code(), error.to_string().as_str()), (code, message));
}

#[test]
fn bad_options_are_refused_before_anything_is_read() {
    let storage = MemoryStorage::new();
    let a = dataset(&storage, "a", &[vec![1, 2]], 0);
    let pair = || vec![("a".to_owned(), a.clone())];
    let options = IntersectionOptions::default();
    refused(Vec::new(), &options, "VV0210", "no keys were given to walk over");
    refused([pair(), pair()].concat(), &options, "VV0211", "key `a` was given twice");
    refused(
        pair(),
        &options.clone().with_n_prev([1, 2]),
        "VV0213",
        "n_prev does not fit the keys: 2 numbers for 1 keys",
    );
    let by_key = NPrev::ByKey(BTreeMap::from([("z".to_owned(), 1)]));
    refused(
        pair(),
        &options.clone().with_n_prev(by_key),
        "VV0213",
        "n_prev does not fit the keys: `z` is not walked over",
    );
    refused(
        pair(),
        &options.clone().every("1D".parse().unwrap()),
        "VV0214",
        "chunks cannot be cut every 1d: the datasets are ordered on Int64, which is no time",
    );
    refused(pair(), &options.clone().with_columns(["w"]), "VV0106", "dataset `a` failed");
    refused(pair(), &options.with_range("x".."y"), "VV0112", "dataset `a` failed");
}

#[test]
fn columns_are_handed_out_as_asked_for_without_the_ordered_one() {
    let storage = MemoryStorage::new();
    let a = dataset(&storage, "a", &[vec![1, 2], vec![4, 5]], 0);
    let options = IntersectionOptions::default().with_columns(["v"]).with_range(2..5);
    let chunks: Vec<_> =
        Intersections::over(vec![("a".to_owned(), a)], &options).unwrap().map(Result::unwrap).collect();
    let numbers: Vec<_> = chunks.iter().map(|chunk| numbers(&chunk[&"a".to_owned()])).collect();
    assert_eq!(numbers, [vec![1], vec![2]]);
    assert_eq!(chunks[0][&"a".to_owned()].num_columns(), 1);
}

#[test]
fn a_walk_sees_the_versions_that_it_began_with() {
    let storage = MemoryStorage::new();
    let a = dataset(&storage, "a", &[vec![1, 2], vec![4, 5]], 0);
    let walk = Intersections::over(vec![("a".to_owned(), a.clone())], &IntersectionOptions::default()).unwrap();
    let _ = a.write(common::rows(&[1, 3, 4], 100), &varvite_dataset::WriteOptions::default()).unwrap();
    let seen: Vec<i64> = walk.flat_map(|chunk| numbers(&chunk.unwrap()[&"a".to_owned()])).collect();
    assert_eq!(seen, [0, 1, 2, 3]);
}
