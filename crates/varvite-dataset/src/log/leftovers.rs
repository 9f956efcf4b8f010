//! [`Leftover`]: what stands in a dataset's folders and is not part of its newest version.
//!
//! Writers that died leave it, and storages that failed. Readers pass over it; raw readers of the folder may not.

use std::collections::BTreeSet;

use varvite_storage::{Entry, EntryKind};

use super::Log;
use super::checkpoint::CheckpointState;
use super::names::{
    checkpoint_name, checkpoint_parts, floor, floor_version, is_data_file, record_version, tail_name, tail_version,
    versions_read,
};
use super::tidy::TEMPORARY;
use crate::{Remedy, Result, Snapshot};

/// Something that is left over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leftover {
    /// Where it is, for messages.
    pub(crate) path: String,
    pub(super) place: Place,
    pub(super) name: String,
    pub(crate) problem: String,
    pub(crate) remedy: Option<Remedy>,
}

/// The folder of a leftover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Data,
    Meta,
}

impl Log {
    /// Everything that is left over, seen from the newest version; foreign files too.
    pub(crate) fn leftovers(&self, newest: &Snapshot) -> Result<Vec<Leftover>> {
        let mut found = self.leftovers_of_data(newest)?;
        found.extend(self.leftovers_of_log(newest)?);
        Ok(found)
    }

    fn leftovers_of_data(&self, newest: &Snapshot) -> Result<Vec<Leftover>> {
        let failed = |source| self.failed("checking", source);
        let entries = self.storage.list(&self.data).map_err(failed)?;
        let mut found: Vec<Leftover> = entries.iter().filter_map(|entry| self.in_data(entry, newest)).collect();
        let here: BTreeSet<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        let replaced = self.replaced()?;
        for file in newest.files.iter().filter(|file| !here.contains(file.name.as_str())) {
            let there = self.storage.head(&replaced.join(&file.name).map_err(failed)?).map_err(failed)?;
            if there.is_some_and(|entry| entry.kind == EntryKind::File) {
                let problem = "the newest version names it, and it is not in the data folder";
                found.push(self.leftover(Place::Data, &file.name, problem, Some(Remedy::MoveBack)));
            }
        }
        Ok(found)
    }

    fn in_data(&self, entry: &Entry, newest: &Snapshot) -> Option<Leftover> {
        let name = entry.name.as_str();
        let leftover = |problem, remedy| Some(self.leftover(Place::Data, name, problem, remedy));
        match entry.kind {
            EntryKind::Folder => None,
            EntryKind::File if name.starts_with(TEMPORARY) => Some(self.temporary(Place::Data, name)),
            _ if name.starts_with('.') || newest.files.position(name).is_some() => None,
            EntryKind::File if is_data_file(name) => {
                if versions_read(name).is_some_and(|version| version <= newest.version) {
                    leftover("the newest version does not name it", Some(Remedy::MoveAway))
                } else {
                    leftover("it is of a version that there is not yet, or not any more", None)
                }
            }
            _ => leftover("it is no file of the dataset", None),
        }
    }

    fn leftovers_of_log(&self, newest: &Snapshot) -> Result<Vec<Leftover>> {
        let names = self.names()?;
        let floor = floor(&names);
        let is_void = |version: u64| floor.is_some_and(|floor| version <= floor);
        let mut found = Vec::new();
        for name in &names {
            if name.starts_with(TEMPORARY) {
                found.push(self.temporary(Place::Meta, name));
            } else if tail_version(name).is_some_and(|version| version < newest.version) {
                found.push(self.leftover(Place::Meta, name, "it names an older version", Some(Remedy::Delete)));
            } else if record_version(name).is_some_and(is_void)
                || floor_version(name).is_some_and(|at| Some(at) < floor)
            {
                found.push(self.leftover(Place::Meta, name, "it has expired", Some(Remedy::Delete)));
            } else if checkpoint_parts(name).is_some() {
                found.extend(self.unusable(name, newest, floor)?);
            }
        }
        let (tail, first) = (tail_name(newest.version), floor.map(|floor| floor + 1));
        if !names.contains(&tail) {
            found.push(self.leftover(Place::Meta, &tail, "it is missing", Some(Remedy::Rewrite)));
        }
        let of = |name: &String| checkpoint_parts(name).map(|(version, _)| version);
        if let Some(first) = first.filter(|first| !names.iter().any(|name| of(name) == Some(*first))) {
            let name = checkpoint_name(first, 0);
            let problem = "the checkpoint that the log begins with is missing";
            found.push(self.leftover(Place::Meta, &name, problem, Some(Remedy::Rewrite)));
        }
        Ok(found)
    }

    /// A checkpoint that opening passes over.
    fn unusable(&self, name: &str, newest: &Snapshot, floor: Option<u64>) -> Result<Option<Leftover>> {
        let Some((version, _)) = checkpoint_parts(name) else { return Ok(None) };
        let is_void = floor.is_some_and(|floor| version <= floor);
        let again = if version <= newest.version && !is_void { Remedy::Rewrite } else { Remedy::Delete };
        let (problem, remedy) = match self.checkpoint_state(name)? {
            _ if is_void => ("it has expired", Some(Remedy::Delete)),
            CheckpointState::Usable(_) | CheckpointState::Gone => return Ok(None),
            CheckpointState::Damaged => ("its bytes do not have the hash in its name", Some(again)),
            // A newer varvite may know it.
            CheckpointState::Unknown => ("it cannot be read", None),
            CheckpointState::Misfit(dataset) if dataset == newest.dataset_id && version > newest.version => {
                ("it is of a newer version than there is: records may be lost", None)
            }
            CheckpointState::Misfit(_) => ("it is not of this version", Some(again)),
        };
        Ok(Some(self.leftover(Place::Meta, name, problem, remedy)))
    }

    fn temporary(&self, place: Place, name: &str) -> Leftover {
        let problem = "it is of a writer that is at work, or gone";
        self.leftover(place, name, problem, Some(Remedy::Delete))
    }

    fn leftover(&self, place: Place, name: &str, problem: &str, remedy: Option<Remedy>) -> Leftover {
        let path = match place {
            Place::Data => name.to_owned(),
            Place::Meta => format!("{}/{name}", self.meta),
        };
        Leftover { path, place, name: name.to_owned(), problem: problem.to_owned(), remedy }
    }
}
