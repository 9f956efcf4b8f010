//! [`Side`]: who does a work, and how it is called.

use serde::Serialize;

/// Who does a work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Side {
    pub(crate) program: Program,
    /// Whether what is written survives a power cut; `None` where nothing is written.
    pub(crate) durable: Option<bool>,
    /// Whether it is asked in the first round alone: it takes minutes, and is far off.
    pub(crate) slow: bool,
}

/// The program that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Program {
    Ours,
    /// A peer; for those that read Parquet files, whose.
    Peer {
        name: &'static str,
        files: Option<Files>,
        /// What it does where that is less than the work asks for: then it is a floor.
        lesser: Option<&'static str>,
        /// Which of its ways it takes, where it has several.
        how: Option<&'static str>,
    },
    /// Our program, which does the same work by a library alone.
    Bare {
        library: &'static str,
    },
    /// Our program, without an engine.
    Floor {
        what: &'static str,
        title: &'static str,
    },
}

/// Whose Parquet files are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Files {
    Ours,
    Own,
}

impl Files {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Own => "own",
        }
    }
}

impl Side {
    pub(crate) fn ours(durable: Option<bool>) -> Self {
        Self::of(Program::Ours, durable)
    }

    pub(crate) fn peer(name: &'static str, durable: Option<bool>) -> Self {
        Self::of(Program::Peer { name, files: None, lesser: None, how: None }, durable)
    }

    /// A peer that takes one of several ways; nothing is written.
    pub(crate) fn peer_by(name: &'static str, how: &'static str) -> Self {
        Self::of(Program::Peer { name, files: None, lesser: None, how: Some(how) }, None)
    }

    /// A peer that does only a part of the work.
    pub(crate) fn lesser(name: &'static str, does: &'static str, durable: Option<bool>) -> Self {
        Self::of(Program::Peer { name, files: None, lesser: Some(does), how: None }, durable)
    }

    pub(crate) fn reader(name: &'static str, files: Files) -> Self {
        Self::of(Program::Peer { name, files: Some(files), lesser: None, how: None }, None)
    }

    pub(crate) fn floor(what: &'static str, title: &'static str) -> Self {
        Self::of(Program::Floor { what, title }, None)
    }

    pub(crate) fn durable_floor(what: &'static str, title: &'static str) -> Self {
        Self::of(Program::Floor { what, title }, Some(true))
    }

    /// Our program, which does the same work by this library alone.
    pub(crate) fn bare(library: &'static str) -> Self {
        Self::of(Program::Bare { library }, None)
    }

    /// Asked in the first round alone.
    pub(crate) fn slow(self) -> Self {
        Self { slow: true, ..self }
    }

    fn of(program: Program, durable: Option<bool>) -> Self {
        Self { program, durable, slow: false }
    }

    pub(crate) fn is_ours(&self) -> bool {
        self.program == Program::Ours
    }

    /// The peer's or library's name, if it does the same work as ours.
    pub(crate) fn rival(&self) -> Option<&'static str> {
        match self.program {
            Program::Peer { name, lesser: None, .. } | Program::Bare { library: name } => Some(name),
            _ => None,
        }
    }

    /// Whether it stands under the work rather than beside it.
    pub(crate) fn is_floor(&self) -> bool {
        matches!(self.program, Program::Floor { .. } | Program::Peer { lesser: Some(_), .. })
    }

    /// How it is called in a table.
    pub(crate) fn title(&self) -> String {
        match &self.program {
            Program::Ours => "varvite".to_owned(),
            Program::Peer { name, files: Some(Files::Ours), .. } => format!("{name}, our files"),
            Program::Peer { name, files: Some(Files::Own), .. } => format!("{name}, its own files"),
            Program::Peer { name, lesser: Some(does), .. } | Program::Peer { name, how: Some(does), .. } => {
                format!("{name}, {does}")
            }
            Program::Peer { name, .. } => (*name).to_owned(),
            Program::Bare { library } => format!("{library}, same program"),
            Program::Floor { title, .. } => (*title).to_owned(),
        }
    }
}
