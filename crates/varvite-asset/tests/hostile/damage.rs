//! Files that were changed behind the catalog's back: an error that names field, asset and file, or the rows as they were.

use std::path::{Path, PathBuf};

use varvite_asset::{Catalog, Error};

use super::world::{all, fetch, write};

fn filled() -> (tempfile::TempDir, Catalog) {
    let folder = tempfile::tempdir().unwrap();
    let catalog = Catalog::open(folder.path()).unwrap();
    write(&catalog, &all(1));
    (folder, catalog)
}

fn files_below(folder: &Path, is_wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let (mut waiting, mut found) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if is_wanted(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn is_data(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "parquet")
}

/// What comes of a fetch once a file was changed: an error of just that file, or the rows as they were.
#[track_caller]
fn check(catalog: &Catalog, changed: &Path, what: &str) -> bool {
    match fetch(catalog) {
        Ok(found) => {
            assert_eq!(*found, all(1), "{what}");
            false
        }
        Err(error) => {
            let name = changed.file_name().unwrap().to_str().unwrap();
            let Error::Scan { field, asset, place, .. } = &error else { panic!("{what}: {error:?}") };
            assert_eq!((field.as_str(), asset.as_str()), ("rows", "readings 1d v1"), "{what}");
            assert!(place.contains(name) && place.contains("2025-01-01"), "{what}: {place}");
            true
        }
    }
}

/// `changes` gives, for a number, the content that takes the place of a file's.
fn data_files(count: u32, change: impl Fn(u32, &[u8]) -> Vec<u8>) -> u32 {
    let (folder, catalog) = filled();
    let files = files_below(folder.path(), is_data);
    assert!(files.len() >= 6, "{files:?}");
    let mut noticed = 0;
    for number in 0..count {
        let file = &files[number as usize % files.len()];
        let before = std::fs::read(file).unwrap();
        std::fs::remove_file(file).unwrap();
        std::fs::write(file, change(number, &before)).unwrap();
        noticed += u32::from(check(&catalog, file, &format!("change {number}")));
        std::fs::write(file, before).unwrap();
    }
    assert_eq!(*fetch(&catalog).unwrap(), all(1));
    noticed
}

#[test]
fn a_flipped_bit_is_noticed_or_does_not_matter() {
    let mut random = fastrand::Rng::with_seed(7);
    let places: Vec<(usize, u8)> = (0..400).map(|_| (random.usize(..), random.u8(0..8))).collect();
    let noticed = data_files(400, |number, bytes| {
        let (at, bit) = places[number as usize];
        let mut bytes = bytes.to_vec();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        bytes
    });
    assert!(noticed > 100, "{noticed} of 400 were noticed");
}

#[test]
fn a_file_that_is_too_short_is_noticed() {
    let noticed = data_files(120, |number, bytes| bytes[..bytes.len() * number as usize / 120].to_vec());
    assert_eq!(noticed, 120);
}

#[test]
fn a_file_in_the_place_of_another_is_noticed() {
    let (folder, catalog) = filled();
    let files = files_below(folder.path(), is_data);
    let contents: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
    for (at, file) in files.iter().enumerate() {
        std::fs::remove_file(file).unwrap();
        std::fs::write(file, &contents[(at + 1) % files.len()]).unwrap();
        assert!(check(&catalog, file, "another day's file"), "rows of another day were taken for these");
        std::fs::write(file, &contents[at]).unwrap();
    }
}

/// The files that say what there is: a fetch fails, or gives the rows as they were.
#[test]
fn damaged_metadata_are_no_other_rows() {
    let (folder, _) = filled();
    let files = files_below(folder.path(), |path| !is_data(path));
    assert!(!files.is_empty());
    let mut random = fastrand::Rng::with_seed(11);
    let (mut noticed, mut tried) = (0, 0);
    for file in &files {
        let before = std::fs::read(file).unwrap();
        for _ in 0..60 {
            let mut bytes = before.clone();
            match random.u8(0..3) {
                0 if !bytes.is_empty() => {
                    let at = random.usize(..bytes.len());
                    bytes[at] ^= 1 << random.u8(0..8);
                }
                1 => bytes.truncate(random.usize(..=before.len())),
                _ => bytes.clear(),
            }
            std::fs::remove_file(file).unwrap();
            std::fs::write(file, &bytes).unwrap();
            tried += 1;
            match Catalog::open(folder.path()).and_then(|catalog| fetch(&catalog)) {
                Ok(found) => assert_eq!(*found, all(1), "{}: {:?}", file.display(), String::from_utf8_lossy(&bytes)),
                Err(error) => {
                    noticed += 1;
                    assert!(!error.to_string().is_empty());
                }
            }
        }
        std::fs::remove_file(file).unwrap();
        std::fs::write(file, &before).unwrap();
    }
    assert!(noticed > 20, "{noticed} of {tried} were noticed");
    assert_eq!(*fetch(&Catalog::open(folder.path()).unwrap()).unwrap(), all(1));
}
