//! Standard output, whose reader may leave at any time.

use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use crate::error::{Error, Result};

static READER_LEFT: AtomicBool = AtomicBool::new(false);

/// Whether the reader of standard output has gone, as `head` does: no error of ours.
pub(crate) fn reader_left() -> bool {
    READER_LEFT.load(Ordering::Relaxed)
}

/// Standard output, taking note when its reader leaves.
pub(crate) struct Stdout;

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::stdout().write(bytes).inspect_err(note)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush().inspect_err(note)
    }
}

fn note(error: &io::Error) {
    if error.kind() == ErrorKind::BrokenPipe {
        READER_LEFT.store(true, Ordering::Relaxed);
    }
}

/// Prints `text` and ends the line.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut out = Stdout;
    out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()).map_err(failed)
}

/// Prints a value as one line of JSON.
pub(crate) fn print_json(value: &impl Serialize) -> Result<()> {
    print(&serde_json::to_string(value).map_err(|error| failed(error.into()))?)
}

fn failed(source: io::Error) -> crate::error::Failure {
    Error::Write { path: "-".to_owned(), source: source.into() }.into()
}
