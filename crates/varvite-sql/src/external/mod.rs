//! What an engine that opens files itself needs to know of a query: its tables as files, or as rows where there are none.

mod keys;
mod rows;

use std::path::{Path, PathBuf};

use arrow::datatypes::SchemaRef;
use varvite_dataset::{Dataset, LocalFile};

pub(crate) use keys::Constant;
pub(crate) use rows::Rows;

use crate::syntax::Select;
use crate::{Error, FileFormat, FileTable, Query, Result, Table};

/// A query that was read, with the tables that it reads.
pub(crate) struct Checked {
    pub(crate) select: Select,
    /// By their names in the query, in order.
    pub(crate) tables: Vec<(String, Table)>,
}

/// How an engine gets at a table.
pub(crate) enum Reading {
    /// Data files of ours.
    Parts(Parts),
    /// Files of others on this machine.
    Files { table: FileTable, paths: Vec<PathBuf> },
    /// Files of others elsewhere.
    Address(FileTable),
    /// Rows that only we can read.
    Rows(Rows),
}

/// Data files of ours, in the order of the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) schema: SchemaRef,
    pub(crate) parts: Vec<Part>,
}

/// Files that were written with the same columns, and belong to the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) paths: Vec<PathBuf>,
    pub(crate) stored: SchemaRef,
    /// Columns that are the same in all rows.
    pub(crate) constants: Vec<(String, Constant)>,
}

impl Checked {
    /// Reads a query and finds its tables.
    ///
    /// # Errors
    /// For whatever is wrong with it before an engine has seen it.
    pub(crate) fn new(query: &Query) -> Result<Self> {
        let select = Select::parse(query.sql())?;
        let placeholders = select.placeholders();
        let missing = placeholders.iter().find(|name| !query.values().contains_key(*name));
        if let Some(name) = missing {
            return Err(Error::Parameter { name: name.clone(), reason: "it has no value".to_owned() });
        }
        if let Some(name) = query.values().keys().find(|name| !placeholders.contains(name)) {
            return Err(Error::Parameter { name: name.clone(), reason: "the query does not use it".to_owned() });
        }
        let mut tables: Vec<(String, Table)> = Vec::new();
        for name in select.tables() {
            let table = query.tables().resolve(&name)?.1.table.clone();
            if let Some((like, _)) = tables.iter().find(|(other, _)| other.to_lowercase() == name.to_lowercase()) {
                let reason = format!("the engine takes it for `{like}`: give one of them another name");
                return Err(Error::InvalidTable { table: name, reason });
            }
            tables.push((name, table));
        }
        Ok(Self { select, tables })
    }

    /// The names of its tables.
    pub(crate) fn names(&self) -> Vec<String> {
        self.tables.iter().map(|(name, _)| name.clone()).collect()
    }

    /// The columns of its tables, as far as they are known.
    pub(crate) fn columns(&self) -> Vec<String> {
        let schemas = self.tables.iter().filter_map(|(_, table)| table.schema());
        let mut columns: Vec<String> = schemas
            .flat_map(|schema| schema.fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>())
            .collect();
        columns.sort_unstable();
        columns.dedup();
        columns
    }
}

impl Reading {
    /// How to get at the table of a name.
    ///
    /// # Errors
    /// If its files are missing.
    pub(crate) fn of(name: &str, table: &Table) -> Result<Self> {
        match table {
            Table::Dataset(dataset) => of_dataset(name, dataset),
            Table::Keyed(keyed) => {
                let mut parts = Vec::new();
                for member in keyed.members() {
                    let constants = keys::constants(name, keyed, member)?;
                    match member.dataset.local_files().map_err(Error::dataset(name))? {
                        Some(files) => parts.extend(parts_of(files, &constants)),
                        None => return Ok(Self::Rows(Rows::of_keyed(name, keyed)?)),
                    }
                }
                Ok(Self::Parts(Parts { schema: keyed.schema().clone(), parts }))
            }
            Table::Files(files) => match files.local_path() {
                None => Ok(Self::Address(files.clone())),
                Some(path) => Ok(Self::Files { paths: files_at(name, files.format(), &path)?, table: files.clone() }),
            },
            Table::Memory(rows) => Ok(Self::Rows(Rows::of_memory(rows))),
        }
    }
}

fn of_dataset(name: &str, dataset: &Dataset) -> Result<Reading> {
    let Some(schema) = dataset.schema() else {
        let reason = "nothing was ever written to it, so that it has no columns".to_owned();
        return Err(Error::InvalidTable { table: name.to_owned(), reason });
    };
    match dataset.local_files().map_err(Error::dataset(name))? {
        Some(files) => Ok(Reading::Parts(Parts { schema, parts: parts_of(files, &[]) })),
        None => Ok(Reading::Rows(Rows::of_dataset(name, dataset)?)),
    }
}

/// Files side by side that were written with the same columns are read together.
fn parts_of(files: Vec<LocalFile>, constants: &[(String, Constant)]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for file in files {
        match parts.last_mut().filter(|part| part.stored == file.schema) {
            Some(part) => part.paths.push(file.path),
            None => {
                parts.push(Part { paths: vec![file.path], stored: file.schema, constants: constants.to_vec() });
            }
        }
    }
    parts
}

/// The files at or below a path: of a folder, those with the format's ending, in order.
fn files_at(name: &str, format: FileFormat, path: &Path) -> Result<Vec<PathBuf>> {
    let refused = |reason: String| Error::InvalidTable { table: name.to_owned(), reason };
    let mut found = Vec::new();
    let mut open = vec![path.to_owned()];
    while let Some(path) = open.pop() {
        let unreadable = |error: std::io::Error| refused(format!("{}: {error}", path.display()));
        if !std::fs::metadata(&path).map_err(unreadable)?.is_dir() {
            found.push(std::path::absolute(&path).map_err(unreadable)?);
            continue;
        }
        for entry in std::fs::read_dir(&path).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?.path();
            let is_hidden = entry.file_name().is_none_or(|name| name.to_string_lossy().starts_with(['.', '_']));
            let has_ending = entry.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(format.name()));
            if !is_hidden && (has_ending || entry.is_dir()) {
                open.push(entry);
            }
        }
    }
    if found.is_empty() {
        return Err(refused(format!("there are no files with the ending `.{}` in {}", format.name(), path.display())));
    }
    found.sort();
    Ok(found)
}

/// A path as text, which engines take.
pub(crate) fn path_text<'a>(name: &str, path: &'a Path) -> Result<&'a str> {
    path.to_str().ok_or_else(|| Error::InvalidTable {
        table: name.to_owned(),
        reason: format!("the path {} is not UTF-8, which engines need", path.display()),
    })
}
