//! No text becomes a path that leaves the root.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::{Component, Path};

use proptest::prelude::*;
use varvite_storage::{Error, LocalStorage, Storage, StoragePath};

/// Text made of what paths are broken with.
fn hostile() -> impl Strategy<Value = String> {
    const PIECES: &[&str] = &[
        "..", ".", "/", "//", "\\", "\0", "a", "b", "é", " ", "~", ":", "%2e", "\u{2215}", "\u{ff0e}", "\n", "*", "-",
    ];
    let piece = prop_oneof![4 => prop::sample::select(PIECES).prop_map(str::to_owned), 1 => ".{0,3}"];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// Whether the system takes `path` for one that stays below where it starts.
fn stays_below(path: &StoragePath) -> bool {
    let components: Vec<_> = Path::new(path.as_str()).components().collect();
    components.iter().all(|component| matches!(component, Component::Normal(_)))
        && components.len() == path.parts().count()
}

#[test]
fn what_leads_elsewhere_is_refused() {
    for text in [
        ".",
        "..",
        "/",
        "//",
        "/etc/passwd",
        "a/",
        "/a",
        "a//b",
        "a/./b",
        "a/../b",
        "../a",
        "a/..",
        "\\",
        "a\\b",
        "..\\a",
        "c:\\a",
        "\0",
        "a\0",
        "a/\0b",
    ] {
        let error = StoragePath::try_new(text).unwrap_err();
        assert!(matches!(&error, Error::UnsafePath { path } if path == text), "{error:?}");
        assert!(StoragePath::root().join(text).is_err() && StoragePath::try_new("a").unwrap().join(text).is_err());
    }
    for folder in ["", "a"] {
        assert!(StoragePath::try_new(folder).unwrap().join("").is_err(), "nothing is not below `{folder}`");
    }
}

#[test]
fn an_unsafe_text_does_not_reach_a_terminal_as_it_is() {
    let message = StoragePath::try_new("a\0\u{1b}[2J").unwrap_err().to_string();
    assert_eq!(message, "`a\\0\\u{1b}[2J` is no path below the root");
}

proptest! {
    #[test]
    fn a_path_stays_below_the_root(text in hostile()) {
        if let Ok(path) = StoragePath::try_new(text.clone()) {
            prop_assert_eq!(path.as_str(), &text);
            prop_assert!(stays_below(&path));
            prop_assert!(!text.contains(['\\', '\0']));
        }
    }

    #[test]
    fn joining_is_taking_the_whole_text(folder in hostile(), name in hostile()) {
        let Ok(folder) = StoragePath::try_new(folder) else { return Ok(()) };
        let whole = if folder == StoragePath::root() { name.clone() } else { format!("{folder}/{name}") };
        match folder.join(&name) {
            Ok(path) => {
                prop_assert!(stays_below(&path));
                prop_assert_eq!(&path, &StoragePath::try_new(whole).unwrap());
                prop_assert_eq!(path.parent().unwrap().join(path.name()).unwrap(), path);
            }
            Err(_) => prop_assert!(name.is_empty() || StoragePath::try_new(whole).is_err()),
        }
    }

    #[test]
    fn files_are_written_below_the_root_only(text in hostile()) {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path().join("outer/root");
        let storage = LocalStorage::open(&root).unwrap();
        storage.create_folder(&StoragePath::root()).unwrap();
        if let Ok(path) = StoragePath::try_new(text) {
            // What stands there or cannot be named is an error; nothing of it may be seen beside the root.
            let _ = storage.create_folder(&path.parent().unwrap_or_default());
            if let Ok(staged) = storage.stage(&path, "bytes".into()) {
                let _ = storage.publish(&staged);
                prop_assert_eq!(std::fs::read(root.join(path.as_str())).unwrap(), b"bytes");
            }
        }
        let outer: Vec<_> = std::fs::read_dir(temporary.path().join("outer")).unwrap().collect();
        prop_assert_eq!((std::fs::read_dir(temporary.path()).unwrap().count(), outer.len()), (1, 1));
    }
}
