//! Statistics of features, compared with those of a naive computation, and drift between commits.

use proptest::prelude::*;
use varvite_feature::{CommitStatistics, FeatureStatistics, FeatureStore, WriteMode};
use varvite_schema::FeatureSchema;
use varvite_storage::MemoryStorage;

use crate::world::{batch, cases, doubles, ints, rows, simple, store, store_in, texts, times};

type Row = (Option<i64>, Option<f64>, Option<&'static str>);

fn group() -> varvite_schema::FeatureGroupSchema {
    let group = simple("g").feature(FeatureSchema::builder("x", "double"));
    group.feature(FeatureSchema::builder("s", "string")).build().unwrap()
}

fn write(store: &FeatureStore, from: usize, values: &[Row], mode: WriteMode) -> u64 {
    let at = (from..from + values.len()).map(|at| i64::try_from(at).unwrap());
    let table = batch([
        ("k", ints(at.clone())),
        ("at", times(at)),
        ("v", ints(values.iter().map(|row| row.0))),
        ("x", doubles(values.iter().map(|row| row.1))),
        ("s", texts(values.iter().map(|row| row.2))),
    ]);
    store.write("g", &[table], mode).unwrap().commit.unwrap()
}

fn distinct<T: PartialEq>(values: &[T]) -> u64 {
    values.iter().enumerate().filter(|(at, value)| !values[..*at].contains(value)).count() as u64
}

#[allow(clippy::cast_precision_loss, reason = "small numbers")]
fn moments(values: &[f64]) -> (Option<f64>, Option<f64>) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    ((count > 0.0).then_some(mean), (count > 1.0).then(|| (squares / (count - 1.0)).sqrt()))
}

fn close(found: Option<f64>, expected: Option<f64>) -> bool {
    match (found, expected) {
        (Some(found), Some(expected)) => (found - expected).abs() <= 1e-9 * expected.abs().max(1.0),
        (found, expected) => found.is_none() && expected.is_none(),
    }
}

/// Compares statistics with those of a list.
#[allow(clippy::cast_precision_loss, reason = "small numbers")]
fn check(found: &[FeatureStatistics], rows: &[Row]) {
    let [v, x, s] = found else { panic!("{found:?}") };
    let ints: Vec<i64> = rows.iter().filter_map(|row| row.0).collect();
    let floats: Vec<f64> = rows.iter().filter_map(|row| row.1).collect();
    let words: Vec<&str> = rows.iter().filter_map(|row| row.2).collect();
    for (of, values) in [(v, ints.len()), (x, floats.len()), (s, words.len())] {
        assert_eq!((of.rows, of.nulls), (rows.len() as u64, (rows.len() - values) as u64), "{of}");
        assert!(of.distinct_is_exact);
    }
    let text = |value: Option<&i64>| value.map(ToString::to_string);
    assert_eq!((&v.min, &v.max), (&text(ints.iter().min()), &text(ints.iter().max())));
    let float = |value: Option<f64>| value.map(|value| format!("{value:?}"));
    let min = floats.iter().copied().reduce(f64::min);
    assert_eq!((&x.min, &x.max), (&float(min), &float(floats.iter().copied().reduce(f64::max))));
    let word = |value: Option<&&str>| value.map(ToString::to_string);
    assert_eq!((&s.min, &s.max), (&word(words.iter().min()), &word(words.iter().max())));
    assert_eq!((v.distinct, x.distinct, s.distinct), (distinct(&ints), distinct(&floats), distinct(&words)));
    let (mean, std) = moments(&ints.iter().map(|value| *value as f64).collect::<Vec<_>>());
    assert!(close(v.mean, mean) && close(v.std, std), "{v}: {mean:?} {std:?}");
    let (mean, std) = moments(&floats);
    assert!(close(x.mean, mean) && close(x.std, std), "{x}: {mean:?} {std:?}");
    assert_eq!((s.mean, s.std), (None, None));
}

fn any_rows() -> impl Strategy<Value = Vec<Row>> {
    let word = prop::sample::select(vec!["", "a", "b\0", "\u{1f980}", "o'brien"]);
    let row = (
        prop::option::weighted(0.8, -5_i64..5),
        prop::option::weighted(0.8, -1e6..1e6),
        prop::option::weighted(0.8, word),
    );
    prop::collection::vec(row, 1..30)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases(30)) })]

    #[test]
    fn statistics_are_those_of_a_list(commits in prop::collection::vec(any_rows(), 1..4)) {
        let store = store();
        store.register(&group()).unwrap();
        let mut rows: Vec<Row> = Vec::new();
        for values in &commits {
            let commit = write(&store, rows.len(), values, WriteMode::Append);
            check(&store.commit_statistics("g", commit).unwrap().features, values);
            rows.extend(values);
        }
        check(&store.statistics("g").unwrap(), &rows);
    }
}

#[test]
fn what_is_kept_of_a_commit_is_what_its_rows_say() {
    let storage = MemoryStorage::new();
    let store = store_in(&storage);
    store.register(&group()).unwrap();
    let rows: [Row; 4] = [
        (Some(1), Some(0.1), Some("a")),
        (None, Some(f64::NAN), None),
        (Some(3), Some(f64::INFINITY), None),
        (Some(1), None, Some("b")),
    ];
    for (from, rows) in [&rows[..], &rows[..1], &rows[1..2], &rows[2..3], &rows[3..]].into_iter().enumerate() {
        let commit = write(&store, from * 10, rows, WriteMode::Append);
        let kept = store.commit_statistics("g", commit).unwrap();
        lose_statistics(&storage);
        assert_eq!(store.commit_statistics("g", commit).unwrap(), kept);
    }
}

fn lose_statistics(storage: &MemoryStorage) {
    use varvite_storage::{Storage, StoragePath};
    let folder = StoragePath::try_new("store/statistics/g@1").unwrap();
    for entry in storage.list(&folder).unwrap() {
        storage.delete(&folder.join(&entry.name).unwrap()).unwrap();
    }
}

#[test]
fn a_commit_says_what_it_wrote_also_when_its_rows_are_gone() {
    let store = store();
    store.register(&simple("g").build().unwrap()).unwrap();
    let first = store.write("g", &[rows(&[(1, 1, 10), (2, 1, 20)])], WriteMode::Append).unwrap().commit.unwrap();
    let second = store.write("g", &[rows(&[(1, 1, 11), (2, 1, 20)])], WriteMode::Upsert).unwrap().commit.unwrap();
    let of = |commit| store.commit_statistics("g", commit).unwrap();
    let shown = |of: CommitStatistics| (of.features[0].rows, of.features[0].min.clone().unwrap());
    assert_eq!((shown(of(first)), shown(of(second))), ((2, "10".into()), (1, "11".into())));
    let drift = store.compare_statistics("g", first, second).unwrap();
    assert_eq!((drift.before, drift.after), (first, second));
    let drift = &drift.features[0];
    assert_eq!((drift.mean, drift.distinct), ((Some(15.0), Some(11.0)), (2, 1)));
    assert_eq!(drift.mean_shift, Some(-4.0 / 50.0_f64.sqrt()));
    assert_eq!(drift.null_share, (Some(0.0), Some(0.0)));
    assert_eq!(drift.to_string(), "v: null 0.0 % -> 0.0 %, mean 15.000000 -> 11.000000 (-0.57 std), distinct 2 -> 1");
}

#[test]
fn statistics_of_rows_that_were_removed_are_not_those_of_later_ones() {
    let store = store();
    store.register(&simple("g").build().unwrap()).unwrap();
    let first = store.write("g", &[rows(&[(1, 1, 10)])], WriteMode::Append).unwrap().commit.unwrap();
    store.remove_rows("g").unwrap();
    let again = store.write("g", &[rows(&[(1, 1, 99)])], WriteMode::Append).unwrap().commit.unwrap();
    assert_eq!(first, again, "commits are counted from the beginning again");
    assert_eq!(store.commit_statistics("g", again).unwrap().features[0].min.as_deref(), Some("99"));
}

#[test]
fn a_commit_that_is_not_there_has_no_rows() {
    let store = store();
    store.register(&simple("g").build().unwrap()).unwrap();
    assert_eq!(store.statistics("g").unwrap()[0].rows, 0);
    let nothing = store.commit_statistics("g", 7).unwrap();
    assert_eq!((nothing.features[0].rows, nothing.features[0].min.clone()), (0, None));
    assert_eq!(store.statistics("nobody").unwrap_err().kind(), varvite_feature::ErrorKind::FeatureGroupNotFound);
}
