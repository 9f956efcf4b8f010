//! [`Source`]: an input that can be read more than once, from its start.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::Format;
use crate::error::{Error, Failure, Result};

/// Why something could not be read.
pub(super) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A file, or standard input in a temporary file, and its format.
#[derive(Debug)]
pub(super) struct Source {
    /// As given, for messages.
    pub(super) name: String,
    pub(super) format: Format,
    bytes: Bytes,
}

/// Where the bytes are. Files are opened as they are read: there may be more inputs than a process may hold open.
#[derive(Debug)]
enum Bytes {
    Path(PathBuf),
    Spooled(File),
}

impl Source {
    /// Opens the file at `path`; `-` is standard input.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let failed = |source| Error::Open { path: name.clone(), source };
        let bytes = if name == "-" {
            Bytes::Spooled(spool_stdin().map_err(failed)?)
        } else {
            open_file(path).map_err(failed)?;
            Bytes::Path(path.to_owned())
        };
        let mut source = Self { name: name.clone(), format: Format::Csv, bytes };
        source.format = match Format::of_name(path) {
            Some(format) => format,
            None => Format::of_bytes(&source.first_bytes().map_err(failed)?),
        };
        Ok(source)
    }

    /// The same as [`reopened`](Self::reopened), in larger portions.
    pub(super) fn buffered(&self) -> io::Result<BufReader<File>> {
        Ok(BufReader::with_capacity(1 << 16, self.reopened()?))
    }

    pub(super) fn failed(&self, source: impl Into<Cause>) -> Failure {
        Error::Read { path: self.name.clone(), format: self.format.name(), source: source.into() }.into()
    }

    /// The file from its start. Only one reader at a time may be in use.
    pub(super) fn reopened(&self) -> io::Result<File> {
        match &self.bytes {
            Bytes::Path(path) => File::open(path),
            Bytes::Spooled(file) => {
                let mut file = file.try_clone()?;
                file.seek(SeekFrom::Start(0))?;
                Ok(file)
            }
        }
    }

    /// Everything, as it is.
    #[cfg(feature = "asset")]
    pub(super) fn bytes(&self) -> Result<Vec<u8>> {
        let failed = |source| Error::Open { path: self.name.clone(), source };
        let mut bytes = Vec::new();
        self.reopened().map_err(failed)?.read_to_end(&mut bytes).map_err(failed)?;
        Ok(bytes)
    }

    fn first_bytes(&self) -> io::Result<Vec<u8>> {
        let mut first = Vec::new();
        self.reopened()?.take(64).read_to_end(&mut first)?;
        Ok(first)
    }
}

fn open_file(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    Ok(file)
}

/// Formats are read from their end, or twice: what comes through a pipe is put into a file first.
fn spool_stdin() -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(&mut io::stdin().lock(), &mut file)?;
    Ok(file)
}
