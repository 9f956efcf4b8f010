//! Lines on standard output, each by one write, so that none is torn and none waits in a buffer.

use std::fmt::Display;
use std::io::{self, Write};

/// Writes one line. Standard output buffers lines: a whole one goes through an empty buffer in one piece.
pub(crate) fn put(line: impl Display) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes())?;
    out.flush()
}
