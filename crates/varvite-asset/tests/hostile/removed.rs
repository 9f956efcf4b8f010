//! Assets that go and come back under the same name: nothing of the old one is seen.

use varvite_asset::{
    AssetId, AssetKind, AssetWrite, Catalog, Collection, Fetch, FetchOptions, Handle, LakeFile, LakeWrite, Repartition,
    Resolution, Span,
};

use super::world::{Reading, all, fetch, rows_of, write};

/// A file that is removed and put anew has the path of the old one.
#[test]
fn a_cache_knows_a_file_that_was_put_anew() {
    let catalog = Catalog::in_memory().with_cache(1 << 20);
    let date: varvite_time::Instant = "2025-01-01".parse().unwrap();
    let content = || {
        let mut collection = Collection::new();
        let files: Handle<Vec<LakeFile>> = collection.add("files", Fetch::from(Span::all()).lake("notes")).unwrap();
        let got = catalog.fetch_collection_blocking(collection, &FetchOptions::default()).unwrap();
        got[files].iter().map(|file| String::from_utf8(file.bytes.to_vec()).unwrap()).collect::<Vec<_>>()
    };
    let _ = catalog.put(&LakeWrite::new("notes", date, "txt"), "old").unwrap();
    assert_eq!(content(), ["old"]);
    catalog.remove(&AssetId::new("notes", AssetKind::Lake), 1).unwrap();
    assert!(content().is_empty());
    let _ = catalog.put(&LakeWrite::new("notes", date, "txt"), "new").unwrap();
    assert_eq!(content(), ["new"]);
}

/// The same for rows in files.
#[test]
fn a_cache_knows_rows_of_a_file_that_was_put_anew() {
    #[derive(varvite_asset::FeatureModel, Debug, PartialEq)]
    #[model(asset = "lines", lake)]
    struct Line {
        value: i64,
    }
    let catalog = Catalog::in_memory().with_cache(1 << 20);
    let date: varvite_time::Instant = "2025-01-01".parse().unwrap();
    for value in [1, 2, 1, 3] {
        let _ = catalog.put(&LakeWrite::new("lines", date, "csv"), format!("value\n{value}\n")).unwrap();
        for hits in 0..2 {
            let mut collection = Collection::new();
            let rows = collection.rows::<Line>("rows", Span::all()).unwrap();
            let got = catalog.fetch_collection_blocking(collection, &FetchOptions::default()).unwrap();
            assert_eq!(got[rows], [Line { value }]);
            assert!(got.summary().fields[0].cache_hits >= hits, "what a file held was decoded again");
        }
        catalog.remove(&AssetId::new("lines", AssetKind::Lake), 1).unwrap();
    }
}

#[test]
fn a_cache_knows_rows_that_were_written_anew() {
    let catalog = Catalog::in_memory().with_cache(1 << 20);
    let id = AssetId::new("readings", AssetKind::Feature { resolution: Resolution::literal("1d") });
    for value in 0..4 {
        write(&catalog, &all(value));
        assert_eq!(*fetch(&catalog).unwrap(), all(value));
        catalog.remove(&id, 1).unwrap();
        assert!(fetch(&catalog).unwrap().is_empty());
    }
}

/// An interval of which a part was written, as repartitioning may leave it, is missing, and its rows are there: whatever else
/// is asked for along.
#[test]
fn rows_of_a_part_of_an_interval_are_not_lost() {
    let catalog = Catalog::in_memory();
    let id = AssetId::new("readings", AssetKind::Feature { resolution: Resolution::literal("1d") });
    // All of the first and the third two days, and half of the second two: the second of January begins two days.
    let rows: Vec<Reading> = [1, 2, 3, 5, 6].into_iter().flat_map(|day| rows_of(day, day)).collect();
    let _ = catalog.write(&rows, &AssetWrite::replace()).unwrap();
    let to = Resolution::literal("2d");
    assert_eq!(to.interval_at("2025-01-02".parse().unwrap()).start, "2025-01-02".parse().unwrap());
    let _ = catalog.repartition(&id, 1, Repartition::to(to)).unwrap();
    let count = |range: &str| {
        let mut model = <Reading as varvite_asset::FeatureModel>::schema().clone();
        model.kind = AssetKind::Feature { resolution: to };
        let want = Fetch::from(range.parse::<Span>().unwrap()).want_of("rows", std::sync::Arc::new(model)).unwrap();
        let mut collection = Collection::new();
        let rows: Handle<varvite_asset::Batches> = collection.add_want(want).unwrap();
        let got = catalog.fetch_collection_blocking(collection, &FetchOptions::default()).unwrap();
        (got[rows].num_rows(), got.plan().fields[0].intervals.missing().unwrap())
    };
    let parts = ["2025-01-02..2025-01-04", "2025-01-04..2025-01-06", "2025-01-06..2025-01-08"].map(count);
    let sum = parts.iter().fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
    assert_eq!(count("2025-01-02..2025-01-08"), sum, "a range has what its parts have: {parts:?}");
    assert_eq!((parts[1].1, sum.1), (1, 1), "half of two days is missing");
    assert!(parts.iter().all(|part| part.0 > 0), "{parts:?}");
}

/// A field says the same of such an interval, whatever its type.
#[test]
fn a_part_of_an_interval_is_something_but_never_the_newest() {
    #[derive(varvite_asset::FeatureModel, Debug, PartialEq)]
    #[model(asset = "readings", resolution = "2d", time = at)]
    struct TwoDays {
        at: varvite_asset::chrono::DateTime<varvite_asset::chrono::Utc>,
        note: String,
        value: i64,
    }
    // The fifth of January ends the second two days, of which only the fourth was written.
    let catalog = Catalog::in_memory().with_clock(|| "2025-01-05T12:00:00Z".parse().unwrap());
    let id = AssetId::new("readings", AssetKind::Feature { resolution: Resolution::literal("1d") });
    let rows: Vec<Reading> = [1, 2, 3].into_iter().flat_map(|day| rows_of(day, day)).collect();
    let _ = catalog.write(&rows, &AssetWrite::replace()).unwrap();
    let _ = catalog.repartition(&id, 1, Repartition::to(Resolution::literal("2d"))).unwrap();
    let mut wants = Collection::new();
    let fourth: Span = "2025-01-04..2025-01-05".parse().unwrap();
    let some: Handle<Option<Vec<TwoDays>>> = wants.add("some", fourth).unwrap();
    let none: Handle<Option<Vec<TwoDays>>> =
        wants.add("none", "2025-01-08..2025-01-10".parse::<Span>().unwrap()).unwrap();
    let newest: Handle<Option<varvite_asset::Latest<TwoDays>>> = wants.latest::<TwoDays>("newest", 1).unwrap();
    let current = wants.latest::<TwoDays>("current", 0).unwrap();
    let got = catalog.fetch_collection_blocking(wants, &FetchOptions::default()).unwrap();
    assert_eq!(got[some].as_ref().map(Vec::len), Some(rows.len() / 3));
    assert_eq!(got[none], None);
    let newest = got[newest].as_ref().unwrap();
    assert_eq!(newest.interval.start, "2025-01-02".parse().unwrap(), "the newest that was written as a whole");
    assert!(got[current].is_none());
}

/// Whoever writes the target first keeps it.
#[test]
fn a_repartition_does_not_overwrite_what_it_did_not_see() {
    let catalog = Catalog::in_memory();
    let id = AssetId::new("readings", AssetKind::Feature { resolution: Resolution::literal("1d") });
    let _ = catalog.write(&rows_of(1, 1), &AssetWrite::replace()).unwrap();
    let to = || Repartition::to(Resolution::literal("2d"));
    let _ = catalog.repartition(&id, 1, to()).unwrap();
    let _ = catalog.repartition(&id, 1, to().replacing()).unwrap();
    let error = catalog.repartition(&id, 1, to()).unwrap_err();
    assert_eq!(error.code(), "VV0604", "{error}");
}
