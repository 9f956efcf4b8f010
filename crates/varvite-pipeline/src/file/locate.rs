//! Where a text file cannot be read: it is gone through once more, record by record.

use std::fs::File;
use std::io::{self, BufRead, BufReader};

use arrow::error::ArrowError;

use super::Place;
use crate::{Error, Result};

/// A decoder that is told to decode one record at a time.
pub(super) trait Records {
    /// Takes bytes of a record: how many, and whether it is complete.
    fn take(&mut self, bytes: &[u8]) -> Result<(usize, bool), ArrowError>;

    /// Ends the record.
    fn end(&mut self) -> Result<(), ArrowError>;
}

/// A record that cannot be read.
pub(super) struct BadRecord {
    /// The line that it begins on, counted from 1.
    pub(super) line: u64,
    /// Its bytes, as far as they were taken.
    pub(super) bytes: Vec<u8>,
    pub(super) error: ArrowError,
}

impl BadRecord {
    pub(super) fn into_error(self, place: &Place, column: Option<String>, reason: String) -> Error {
        let path = place.path.display().to_string();
        Error::FileRow { name: place.name.clone(), path, line: self.line, column, reason }
    }
}

/// The file from its first byte that is no byte order mark.
pub(super) fn start(place: &Place) -> Result<BufReader<File>> {
    let open = || {
        let mut file = BufReader::new(File::open(&place.path)?);
        if file.fill_buf()?.starts_with("\u{feff}".as_bytes()) {
            file.consume(3);
        }
        Ok(file)
    };
    open().map_err(|error: io::Error| place.failed(error))
}

/// The first record that cannot be read, if there is one. Errors of the first record are left aside if it `is_header`.
pub(super) fn locate(
    mut file: impl BufRead,
    mut records: impl Records,
    mut is_header: bool,
) -> io::Result<Option<BadRecord>> {
    let mut line = 1;
    loop {
        line += skip_line_ends(&mut file)?;
        let mut bytes = Vec::new();
        let (ended, at_end) = take_record(&mut file, &mut records, &mut bytes)?;
        if let Err(error) = ended
            && !is_header
        {
            return Ok(Some(BadRecord { line, bytes, error }));
        }
        if at_end {
            return Ok(None);
        }
        line += line_ends(&bytes);
        is_header = false;
    }
}

/// Takes one record, and whether the file ends with it.
fn take_record(
    file: &mut impl BufRead,
    records: &mut impl Records,
    bytes: &mut Vec<u8>,
) -> io::Result<(Result<(), ArrowError>, bool)> {
    loop {
        let given = file.fill_buf()?;
        let at_end = given.is_empty();
        let (taken, is_complete) = match records.take(given) {
            Ok(taken) => taken,
            Err(error) => return Ok((Err(error), at_end)),
        };
        bytes.extend_from_slice(&given[..taken]);
        file.consume(taken);
        if is_complete || at_end {
            return Ok((records.end(), at_end));
        }
    }
}

/// Takes what stands between records: how many lines end there.
fn skip_line_ends(file: &mut impl BufRead) -> io::Result<u64> {
    let mut lines = 0;
    loop {
        let given = file.fill_buf()?;
        let ends = given.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        lines += line_ends(&given[..ends]);
        let is_all = ends > 0 && ends == given.len();
        file.consume(ends);
        if !is_all {
            return Ok(lines);
        }
    }
}

fn line_ends(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}
