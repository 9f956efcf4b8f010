//! Nothing below the root follows a symbolic link, wherever it points.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fmt::Debug;
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use varvite_storage::{EntryKind, Error, LocalStorage, Published, Result, Storage, StoragePath};

fn path(text: &str) -> StoragePath {
    StoragePath::try_new(text).unwrap()
}

/// A root with a file, a folder, and links to them and to what is beside the root; the links' names begin with `link`.
fn root_with_links() -> (TempDir, LocalStorage) {
    let temporary = tempfile::tempdir().unwrap();
    let (root, outside) = (temporary.path().join("root"), temporary.path().join("outside"));
    for folder in [&root, &outside, &root.join("folder"), &outside.join("empty")] {
        fs::create_dir(folder).unwrap();
    }
    for folder in [&root, &outside] {
        fs::write(folder.join("file"), "bytes").unwrap();
    }
    for (name, target) in [
        ("link-file", outside.join("file")),
        ("link-relative", "../outside/file".into()),
        ("link-inside", "file".into()),
        ("link-dangling", outside.join("new")),
        ("link-loop", "link-loop".into()),
        ("link-folder", outside.clone()),
        ("link-empty", outside.join("empty")),
        ("link-folder-inside", "folder".into()),
    ] {
        symlink(target, root.join(name)).unwrap();
    }
    let storage = LocalStorage::open(&root).unwrap();
    (temporary, storage)
}

/// Every path below `folder`, with what links point to and files hold.
fn tree(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let at = entry.unwrap().path();
        if let Ok(target) = fs::read_link(&at) {
            found.push(format!("{} -> {}", at.display(), target.display()));
        } else if at.is_dir() {
            found.push(at.display().to_string());
            found.extend(tree(&at));
        } else {
            found.push(format!("{}: {}", at.display(), fs::read_to_string(&at).unwrap()));
        }
    }
    found.sort();
    found
}

#[track_caller]
fn check_refused<T: Debug>(result: Result<T>, link: &str) {
    let error = result.unwrap_err();
    assert!(matches!(&error, Error::WrongKind { path, found: "a link", .. } if path.as_str() == link), "{error:?}");
}

/// Runs `check` for every link, and checks that it leaves everything as it was.
#[track_caller]
fn check_links(check: impl Fn(&LocalStorage, &str)) {
    let (temporary, storage) = root_with_links();
    let before = tree(temporary.path());
    for entry in storage.list(&StoragePath::root()).unwrap() {
        if entry.name.starts_with("link") {
            check(&storage, &entry.name);
            assert_eq!(tree(temporary.path()), before, "{}", entry.name);
        }
    }
}

#[test]
fn a_list_says_other() {
    check_links(|storage, link| {
        let entry = storage.head(&path(link)).unwrap().unwrap();
        assert_eq!((entry.kind, entry.len), (EntryKind::Other, 0));
        assert!(storage.list(&StoragePath::root()).unwrap().contains(&entry));
    });
}

#[test]
fn a_link_is_not_read() {
    check_links(|storage, link| {
        check_refused(storage.get(&path(link)), link);
        check_refused(storage.get_range(&path(link), 0..1), link);
        check_refused(storage.sync(&path(link)), link);
        check_refused(storage.list(&path(link)), link);
    });
}

#[test]
fn a_link_is_not_written_through() {
    check_links(|storage, link| {
        let staged = storage.stage(&path(link), "new".into()).unwrap();
        assert_eq!(storage.publish(&staged).unwrap(), Published::AlreadyExists);
        assert_eq!(storage.rename(&path("file"), &path(link)).unwrap(), Published::AlreadyExists);
        check_refused(storage.create_folder(&path(link)), link);
        assert!(storage.lock(&path(link), Duration::ZERO).unwrap().is_none());
    });
}

#[test]
fn a_link_is_neither_deleted_nor_moved() {
    check_links(|storage, link| {
        check_refused(storage.delete(&path(link)), link);
        check_refused(storage.delete_folder(&path(link)), link);
        check_refused(storage.rename(&path(link), &path("moved")), link);
    });
}

#[test]
fn a_link_on_the_way_is_refused() {
    check_links(|storage, link| {
        for below in ["file", "new", "empty", "empty/file"] {
            let at = path(link).join(below).unwrap();
            check_refused(storage.get(&at), link);
            check_refused(storage.get_range(&at, 0..1), link);
            check_refused(storage.head(&at), link);
            check_refused(storage.list(&at), link);
            check_refused(storage.create_folder(&at), link);
            check_refused(storage.stage(&at, "new".into()), link);
            check_refused(storage.sync(&at), link);
            check_refused(storage.rename(&at, &path("moved")), link);
            check_refused(storage.rename(&path("file"), &at), link);
            check_refused(storage.delete(&at), link);
            check_refused(storage.delete_folder(&at), link);
            assert!(storage.lock(&at, Duration::ZERO).unwrap().is_none());
        }
    });
}

#[test]
fn a_folder_that_becomes_a_link_after_staging_is_refused() {
    let (temporary, storage) = root_with_links();
    let (root, outside) = (temporary.path().join("root"), temporary.path().join("outside"));
    let before = tree(&outside);
    let staged = storage.stage(&path("folder/new"), "new".into()).unwrap();
    fs::rename(root.join("folder"), root.join("moved")).unwrap();
    symlink(&outside, root.join("folder")).unwrap();
    check_refused(storage.publish(&staged), "folder");
    check_refused(storage.sync_staged(&staged), "folder");
    drop(staged);
    assert_eq!(tree(&outside), before);
    assert_eq!(tree(&root.join("moved")), [""; 0], "the hidden file goes with the folder that it is in");
}

#[test]
fn the_root_may_be_a_link_and_is_resolved_once() {
    let (temporary, _) = root_with_links();
    let (link, outside) = (temporary.path().join("link"), temporary.path().join("outside"));
    symlink(temporary.path().join("root"), &link).unwrap();
    let storage = LocalStorage::open(&link).unwrap();
    fs::remove_file(&link).unwrap();
    symlink(&outside, &link).unwrap();
    storage.create_folder(&path("new")).unwrap();
    assert!(temporary.path().join("root/new").is_dir() && !outside.join("new").exists());
}

#[test]
fn a_dangling_link_is_no_root() {
    let (temporary, _) = root_with_links();
    let error = LocalStorage::open(temporary.path().join("root/link-dangling")).unwrap_err();
    assert_eq!(error.to_string(), "`.` is a file or a dangling link, where a folder belongs");
}

#[test]
fn pipes_and_sockets_are_refused_without_waiting() {
    let temporary = tempfile::tempdir().unwrap();
    let storage = LocalStorage::open(temporary.path()).unwrap();
    let _socket = UnixListener::bind(temporary.path().join("socket")).unwrap();
    assert!(Command::new("mkfifo").arg(temporary.path().join("pipe")).status().unwrap().success());
    for name in ["socket", "pipe"] {
        assert_eq!(storage.head(&path(name)).unwrap().unwrap().kind, EntryKind::Other);
        for result in [storage.get(&path(name)).map(drop), storage.delete(&path(name)), storage.sync(&path(name))] {
            let message = result.unwrap_err().to_string();
            assert_eq!(message, format!("`{name}` is a device, pipe or socket, where a file belongs"));
        }
    }
}
