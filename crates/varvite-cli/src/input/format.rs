//! [`Format`]: the formats of files, by name or by first bytes.

use std::path::Path;

use clap::ValueEnum;

/// A format of files with rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Parquet
    Parquet,
    /// CSV with a header line
    Csv,
    /// Arrow IPC file (Feather version 2)
    Arrow,
    /// JSON lines: one object a line
    Jsonl,
}

impl Format {
    /// The format that the end of a file's name stands for.
    pub(crate) fn of_name(path: &Path) -> Option<Self> {
        Some(match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "parquet" | "pq" => Self::Parquet,
            "csv" => Self::Csv,
            "arrow" | "feather" | "ipc" => Self::Arrow,
            "jsonl" | "ndjson" | "json" => Self::Jsonl,
            _ => return None,
        })
    }

    /// The format that a file begins like; anything unknown is CSV.
    pub(crate) fn of_bytes(first: &[u8]) -> Self {
        if first.starts_with(b"PAR1") {
            Self::Parquet
        } else if first.starts_with(b"ARROW1") {
            Self::Arrow
        } else if first.trim_ascii_start().first() == Some(&b'{') {
            Self::Jsonl
        } else {
            Self::Csv
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Parquet => "Parquet",
            Self::Csv => "CSV",
            Self::Arrow => "an Arrow IPC file",
            Self::Jsonl => "JSON lines",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Format::{Arrow, Csv, Jsonl, Parquet};
    use super::*;

    #[test]
    fn by_name() {
        let of = |name: &str| Format::of_name(Path::new(name));
        assert_eq!([of("a.parquet"), of("b.CSV"), of("c.feather")], [Some(Parquet), Some(Csv), Some(Arrow)]);
        assert_eq!([of("d.ndjson"), of("e.txt"), of("f")], [Some(Jsonl), None, None]);
    }

    #[test]
    fn by_bytes() {
        let of = |bytes: &str| Format::of_bytes(bytes.as_bytes());
        assert_eq!([of("PAR1.."), of("ARROW1\0\0"), of(" \n{\"a\":1}"), of("ts,x\n")], [Parquet, Arrow, Jsonl, Csv]);
        assert_eq!(of(""), Csv);
    }
}
