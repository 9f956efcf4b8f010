//! The database file: how it is opened, and what its errors mean.

use std::path::Path;

use redb::{Builder, Database, DatabaseError, ReadOnlyDatabase, ReadTransaction, ReadableDatabase};

use super::state::{FORMAT, META, check_format};
use crate::{Error, Result};

/// Bytes of the file that are held in memory, at most.
const CACHE_BYTES: usize = 256 << 20;

/// The file, opened to write or to read.
pub(super) enum Handle {
    Writer(Database),
    Reader(ReadOnlyDatabase),
}

impl Handle {
    /// Opens the file for this process alone; creates it if there is none.
    pub(super) fn open(path: &Path) -> Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed_with("create the folder of the online values"))?;
        }
        let database = builder().create(path).map_err(|error| refused(path, error))?;
        let transaction = database.begin_write().map_err(failed("begin a transaction"))?;
        check_format(&transaction)?;
        transaction.commit().map_err(failed("commit"))?;
        Ok(Self::Writer(database))
    }

    /// Opens the file beside other readers.
    pub(super) fn open_read_only(path: &Path) -> Result<Self> {
        let database = builder().open_read_only(path).map_err(|error| refused(path, error))?;
        let transaction = database.begin_read().map_err(failed("begin a transaction"))?;
        let meta = transaction.open_table(META).map_err(failed("open a table"))?;
        let format = meta.get("format").map_err(failed("read a row"))?.map(|format| format.value());
        if format != Some(FORMAT) {
            return Err(damaged(format!("it has format {}, and we know {FORMAT}", format.unwrap_or_default())));
        }
        Ok(Self::Reader(database))
    }

    pub(super) fn begin_read(&self) -> Result<ReadTransaction> {
        let transaction = match self {
            Self::Writer(database) => database.begin_read(),
            Self::Reader(database) => database.begin_read(),
        };
        transaction.map_err(failed("begin a transaction"))
    }

    /// The database, if it may be written.
    pub(super) fn writer(&self) -> Result<&Database> {
        match self {
            Self::Writer(database) => Ok(database),
            Self::Reader(_) => Err(Error::OnlineReadOnly),
        }
    }
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE_BYTES);
    builder
}

fn refused(path: &Path, error: DatabaseError) -> Error {
    match error {
        DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => {
            Error::OnlineInUse { path: path.display().to_string() }
        }
        other => failed("open the file")(other),
    }
}

/// The error of an operation that the database refused.
pub(super) fn failed<E: Into<redb::Error>>(operation: &'static str) -> impl Fn(E) -> Error {
    move |error| Error::Online { operation, source: Box::new(error.into()) }
}

fn failed_with<E: std::error::Error + Send + Sync + 'static>(operation: &'static str) -> impl Fn(E) -> Error {
    move |error| Error::Online { operation, source: Box::new(error) }
}

pub(super) fn damaged(reason: String) -> Error {
    Error::OnlineDamaged { reason }
}
