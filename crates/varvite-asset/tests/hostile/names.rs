//! Names and key values that no folder likes: stored and found again as they are, or refused before anything is written.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Int64Type, TimeUnit};
use varvite_asset::{
    AssetId, AssetKind, AssetWrite, Batches, Catalog, Collection, Column, Error, Fetch, FetchOptions, Handle, LakeFile,
    LakeWrite, ModelSchema, Result, Span, Want,
};

/// Separators, escapes, paths, reserved names, lookalikes, other forms of the same letter, control characters, long ones.
fn names() -> Vec<String> {
    let some = [
        "",
        " ",
        "a",
        "A",
        "\u{430}",
        "e\u{301}",
        "é",
        "a/b",
        "a\\b",
        "/",
        "/etc/passwd",
        "..",
        ".",
        "../up",
        "a..",
        ".hidden",
        "a.",
        "a@b",
        "a@1d@1",
        "@",
        "a=b",
        "=",
        "a,b",
        ",",
        "region=north,station=7",
        "%",
        "%2F",
        "%2f",
        "a%40b",
        "all",
        "con",
        "NUL",
        "nul.txt",
        "com1",
        "_a",
        "a_opdmd",
        "_opdmd",
        "a\nb",
        "\n",
        "a\tb",
        "\r",
        "\0",
        "a\0b",
        "\u{7f}",
        "\u{202e}gnp",
        "\u{feff}a",
        "\u{200b}",
        "日本語",
        "😀",
        "a:b",
        "a*?",
        "a|b",
        "<a>",
        "\"a\"",
        "'a'",
        "`a`",
        "~",
        "-",
        "--help",
        "v1",
        "1d",
        "date=2025-01-01T00:00:00Z",
        ".tmp-1",
        "a b ",
        "a;b",
        "${HOME}",
        "$(id)",
    ];
    let long = [
        ("x", 60),
        ("x", 180),
        ("x", 181),
        ("x", 255),
        ("x", 256),
        ("x", 5000),
        ("é", 30),
        ("é", 60),
        ("/", 100),
        ("日", 85),
    ];
    some.map(str::to_owned).into_iter().chain(long.map(|(one, times)| one.repeat(times))).collect()
}

fn schema(asset: &str, kind: AssetKind, keys: &[&str]) -> ModelSchema {
    let text = |name: &&str| Column::new(*name, DataType::Utf8, false);
    let mut columns = vec![
        Column::new("at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), false),
        Column::new("value", DataType::Int64, false),
    ];
    columns.extend(keys.iter().map(text));
    let has_time = kind != AssetKind::Persistent;
    ModelSchema {
        asset: asset.to_owned(),
        kind,
        version: 1,
        time: has_time.then(|| "at".to_owned()),
        keys: keys.iter().map(ToString::to_string).collect(),
        columns,
    }
}

fn daily() -> AssetKind {
    AssetKind::Feature { resolution: "1d".parse().unwrap() }
}

fn batch(schema: &ModelSchema, value: i64, keys: &[&str]) -> RecordBatch {
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(TimestampMicrosecondArray::from(vec![value]).with_timezone("UTC")),
        Arc::new(Int64Array::from(vec![value])),
    ];
    columns.extend(keys.iter().map(|key| Arc::new(StringArray::from(vec![*key])) as ArrayRef));
    RecordBatch::try_new(schema.arrow(), columns).unwrap()
}

fn values(catalog: &Catalog, want: Want) -> Result<Vec<i64>> {
    let mut collection = Collection::new();
    let rows: Handle<Batches> = collection.add_want(want)?;
    let got = catalog.fetch_collection_blocking(collection, &FetchOptions::default())?;
    let batch = got[rows].concat()?;
    Ok(batch.column_by_name("value").unwrap().as_primitive::<Int64Type>().values().to_vec())
}

fn count(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries.map(|entry| entry.unwrap().path()).map(|path| if path.is_dir() { 1 + count(&path) } else { 1 }).sum()
}

/// Below the root of a catalog in a folder of its own, beside which nothing may appear.
fn in_a_folder() -> (tempfile::TempDir, Catalog, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("one/two/root");
    std::fs::create_dir_all(&root).unwrap();
    (folder, Catalog::open(&root).unwrap(), root)
}

/// Writes under each name, each another value; what is refused leaves nothing.
#[track_caller]
fn written(root: &Path, write: impl Fn(&str, i64) -> Result<()>) -> Vec<(String, i64)> {
    let mut taken = Vec::new();
    for (value, name) in (0..).zip(names()) {
        let before = count(root);
        match write(&name, value) {
            Ok(()) => taken.push((name, value)),
            Err(Error::InvalidName { .. }) => {
                assert_eq!(count(root), before, "{name:?} was refused and left something");
            }
            Err(error) => panic!("{name:?}: {error:?}"),
        }
    }
    assert!(taken.len() > 50, "{} names were taken", taken.len());
    taken
}

/// Nothing beside the root: one folder each for `one`, `two` and `root`.
fn nothing_beside(folder: &Path, root: &Path) {
    assert_eq!(count(folder), count(root) + 3, "something lies beside the root");
}

#[test]
fn features_of_any_name_are_found_again() {
    let (folder, catalog, root) = in_a_folder();
    let write = |name: &str, value| {
        let schema = schema(name, daily(), &[]);
        catalog.write_batches(&schema, &[batch(&schema, value, &[])], &AssetWrite::replace()).map(drop)
    };
    let taken = written(&root, write);
    for (name, value) in &taken {
        let found = values(&catalog, Want::new("rows", Arc::new(schema(name, daily(), &[]))));
        assert_eq!(found.unwrap(), [*value], "{name:?}");
    }
    let listed: BTreeSet<String> = catalog.assets().unwrap().into_iter().map(|info| info.id().name).collect();
    assert_eq!(listed, taken.iter().map(|(name, _)| name.clone()).collect());
    nothing_beside(folder.path(), &root);
    for (name, _) in &taken {
        catalog.remove(&AssetId::new(name, daily()), 1).unwrap();
    }
    assert!(catalog.assets().unwrap().is_empty());
}

#[test]
fn persistent_assets_of_any_name_are_found_again() {
    let (folder, catalog, root) = in_a_folder();
    let write = |name: &str, value| {
        let schema = schema(name, AssetKind::Persistent, &[]);
        catalog.replace_batches(&schema, &[batch(&schema, value, &[])]).map(drop)
    };
    let taken = written(&root, write);
    for (name, value) in &taken {
        let found = values(&catalog, Want::new("rows", Arc::new(schema(name, AssetKind::Persistent, &[]))));
        assert_eq!(found.unwrap(), [*value], "{name:?}");
    }
    nothing_beside(folder.path(), &root);
}

#[test]
fn files_of_any_name_are_found_again() {
    let (folder, catalog, root) = in_a_folder();
    let date = "2025-01-01T00:00:00.000000001Z".parse().unwrap();
    let write = |name: &str, value: i64| catalog.put(&LakeWrite::new(name, date, "txt"), value.to_string()).map(drop);
    let taken = written(&root, write);
    for (name, value) in &taken {
        let mut collection = Collection::new();
        let files: Handle<Vec<LakeFile>> =
            collection.add("files", Fetch::from(Span::all()).lake(name.as_str())).unwrap();
        let got = catalog.fetch_collection_blocking(collection, &FetchOptions::default()).unwrap();
        let contents: Vec<&[u8]> = got[files].iter().map(|file| file.bytes.as_ref()).collect();
        assert_eq!(contents, [value.to_string().as_bytes()], "{name:?}");
    }
    nothing_beside(folder.path(), &root);
}

#[test]
fn endings_that_are_no_endings_are_refused() {
    let (folder, catalog, root) = in_a_folder();
    let date: varvite_time::Instant = "2025-01-01".parse().unwrap();
    for ending in
        ["", ".", "..", "a/b", "../x", "a.", ".a", "A", "é", "a b", "a\n", "%41", "a=b", &"x".repeat(33), "tmp-\0"]
    {
        let refused = catalog.put(&LakeWrite::new("files", date, ending), "x");
        assert!(matches!(refused, Err(Error::InvalidName { .. })), "{ending:?}: {refused:?}");
    }
    assert_eq!(count(&root), 0);
    nothing_beside(folder.path(), &root);
}

#[test]
fn values_of_one_key_are_found_again() {
    let (folder, catalog, root) = in_a_folder();
    let model = schema("keyed", daily(), &["region"]);
    let write = |region: &str, value| {
        catalog.write_batches(&model, &[batch(&model, value, &[region])], &AssetWrite::replace()).map(drop)
    };
    let taken = written(&root, write);
    for (region, value) in &taken {
        let want = Fetch::from(Span::all()).key("region", region).want_of("rows", Arc::new(model.clone())).unwrap();
        assert_eq!(values(&catalog, want).unwrap(), [*value], "{region:?}");
    }
    let all = values(&catalog, Want::new("rows", Arc::new(model.clone()))).unwrap();
    assert_eq!(all.len(), taken.len());
    nothing_beside(folder.path(), &root);
}

/// Values that, put together, could be mistaken for others.
#[test]
fn values_of_several_keys_are_not_mistaken_for_each_other() {
    let catalog = Catalog::in_memory();
    let keys = ["a", "b=c", "d,e"];
    let model = schema("keyed", daily(), &keys);
    let values_of_keys = ["", "x", ",", "=", "x,b=c=y", "%2C", "a=x,b"];
    let mut value = 0;
    let mut written: Vec<(i64, [&str; 3])> = Vec::new();
    for one in values_of_keys {
        for other in values_of_keys {
            for third in ["", "x", "d,e=x"] {
                let given = [one, other, third];
                let batch = batch(&model, value, &given);
                let _ = catalog.write_batches(&model, &[batch], &AssetWrite::replace()).unwrap();
                written.push((value, given));
                value += 1;
            }
        }
    }
    for (value, given) in &written {
        let fetch = keys.iter().zip(given).fold(Fetch::from(Span::all()), |fetch, (key, given)| fetch.key(*key, given));
        let want = fetch.want_of("rows", Arc::new(model.clone())).unwrap();
        assert_eq!(values(&catalog, want).unwrap(), [*value], "{given:?}");
    }
    let want = Fetch::from(Span::all()).key("b=c", "=").want_of("rows", Arc::new(model.clone())).unwrap();
    let mut found = values(&catalog, want).unwrap();
    found.sort_unstable();
    let expected: Vec<i64> = written.iter().filter(|(_, given)| given[1] == "=").map(|(value, _)| *value).collect();
    assert_eq!(found, expected);
}
