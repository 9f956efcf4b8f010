//! Folders that may not be read or written: a clear error, and nothing changed.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::error::Error as _;
use std::fmt::Debug;
use std::fs::{self, Permissions};
use std::io::ErrorKind::PermissionDenied;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use tempfile::TempDir;
use varvite_storage::{Error, LocalStorage, Published, Result, Storage, StoragePath};

const CLOSED: u32 = 0o000;
const READ_ONLY: u32 = 0o555;
const OPEN: u32 = 0o755;

fn path(text: &str) -> StoragePath {
    StoragePath::try_new(text).unwrap()
}

struct Guarded {
    temporary: TempDir,
    storage: LocalStorage,
}

impl Guarded {
    /// A root with `folder`, which holds a file and a folder, under `mode`; `None` for a user whom no mode binds.
    fn new(mode: u32) -> Option<Self> {
        let temporary = tempfile::tempdir().unwrap();
        let storage = LocalStorage::open(temporary.path()).unwrap();
        storage.create_folder(&path("folder/inner")).unwrap();
        for at in ["folder/file", "beside"] {
            let staged = storage.stage(&path(at), "bytes".into()).unwrap();
            assert_eq!(storage.publish(&staged).unwrap(), Published::Created);
        }
        let guarded = Self { temporary, storage };
        guarded.set(CLOSED);
        if fs::read_dir(guarded.temporary.path().join("folder")).is_ok() {
            eprintln!("SKIPPED: permissions do not bind this user (root?), so there is nothing to see");
            return None;
        }
        guarded.set(mode);
        Some(guarded)
    }

    fn set(&self, mode: u32) {
        fs::set_permissions(self.temporary.path().join("folder"), Permissions::from_mode(mode)).unwrap();
    }

    fn check_unchanged(&self) {
        self.set(OPEN);
        let list = |at: &str| {
            let entries = self.storage.list(&path(at)).unwrap();
            entries.into_iter().map(|entry| entry.name).collect::<Vec<_>>()
        };
        assert_eq!(
            (list(""), list("folder")),
            (vec!["beside".into(), "folder".into()], vec!["file".into(), "inner".into()])
        );
        assert_eq!(self.storage.get(&path("folder/file")).unwrap(), "bytes");
    }
}

impl Drop for Guarded {
    /// The temporary folder can only be removed if it can be opened.
    fn drop(&mut self) {
        self.set(OPEN);
    }
}

#[track_caller]
fn check_denied<T: Debug>(result: Result<T>, message: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.to_string(), message);
    assert!(matches!(&error, Error::Io { source, .. } if source.kind() == PermissionDenied), "{:?}", error.source());
    assert!(!error.is_transient());
}

#[test]
fn a_closed_folder_gives_errors_that_name_it() {
    let Some(guarded) = Guarded::new(CLOSED) else { return };
    let (storage, file) = (&guarded.storage, path("folder/file"));
    let message = "cannot open `folder`";
    check_denied(storage.get(&file), message);
    check_denied(storage.get_range(&file, 0..1), message);
    check_denied(storage.head(&file), message);
    check_denied(storage.list(&path("folder")), message);
    check_denied(storage.create_folder(&path("folder/inner")), message);
    check_denied(storage.stage(&path("folder/new"), "new".into()), message);
    check_denied(storage.sync(&file), message);
    check_denied(storage.rename(&file, &path("moved")), message);
    check_denied(storage.rename(&path("beside"), &path("folder/new")), message);
    check_denied(storage.delete(&file), message);
    check_denied(storage.delete_folder(&path("folder/inner")), message);
    assert!(storage.lock(&path("folder/a.lock"), Duration::ZERO).unwrap().is_none());
    guarded.check_unchanged();
}

#[test]
fn a_read_only_folder_is_read() {
    let Some(guarded) = Guarded::new(READ_ONLY) else { return };
    let (storage, file) = (&guarded.storage, path("folder/file"));
    assert_eq!(storage.get(&file).unwrap(), "bytes");
    assert_eq!(storage.get_range(&file, 1..3).unwrap(), "yt");
    assert_eq!(storage.head(&file).unwrap().unwrap().len, 5);
    assert_eq!(storage.list(&path("folder")).unwrap().len(), 2);
    storage.create_folder(&path("folder/inner")).unwrap();
    storage.sync(&path("folder")).unwrap();
    guarded.check_unchanged();
}

#[test]
fn a_read_only_folder_is_not_written() {
    let Some(guarded) = Guarded::new(READ_ONLY) else { return };
    let (storage, file) = (&guarded.storage, path("folder/file"));
    check_denied(storage.stage(&path("folder/new"), "new".into()), "cannot create `folder/new`");
    check_denied(storage.create_folder(&path("folder/new")), "cannot create `folder/new`");
    check_denied(storage.rename(&file, &path("moved")), "cannot move `folder/file`");
    check_denied(storage.rename(&path("beside"), &path("folder/new")), "cannot move `beside`");
    check_denied(storage.delete(&file), "cannot delete `folder/file`");
    check_denied(storage.delete_folder(&path("folder/inner")), "cannot delete `folder/inner`");
    storage.delete(&path("folder/missing")).unwrap();
    assert!(storage.lock(&path("folder/a.lock"), Duration::ZERO).unwrap().is_none());
    guarded.check_unchanged();
}

#[test]
fn a_folder_that_becomes_read_only_keeps_a_staged_file_hidden() {
    let Some(guarded) = Guarded::new(OPEN) else { return };
    let staged = guarded.storage.stage(&path("folder/new"), "new".into()).unwrap();
    guarded.set(READ_ONLY);
    check_denied(guarded.storage.publish(&staged), "cannot publish `folder/new`");
    guarded.set(OPEN);
    drop(staged);
    guarded.check_unchanged();
}
