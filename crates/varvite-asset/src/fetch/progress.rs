//! [`Progress`]: how far a fetch is.

/// How far a fetch is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// How many fields there are.
    pub fields: usize,
    /// How many of them have their value.
    pub fields_done: usize,
    /// How many scans were planned. Opening the files of a frame is one.
    pub scans: usize,
    /// How many of them are in their fields.
    pub scans_done: usize,
    /// How many rows they had.
    pub rows: u64,
    /// Length of what was planned to be read, in bytes.
    pub bytes: u64,
    /// How much of it was read.
    pub bytes_done: u64,
}
