//! What can go wrong with queries. Nothing is written by any of it.

use std::time::Duration;

/// Result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What an engine says.
pub type EngineError = Box<dyn std::error::Error + Send + Sync>;

/// A query that was not planned, or did not come to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is no SQL.
    #[error("the query cannot be read: {reason}")]
    Syntax {
        /// What the parser says, with the place.
        reason: String,
    },
    /// Not one SELECT.
    #[error("only one SELECT is run, and this is {found}: nothing was changed")]
    NotASelect {
        /// What it is.
        found: String,
    },
    /// Something that only reads tables does without.
    #[error("a query may not use {what}: {instead}")]
    Forbidden {
        /// What stands in the query.
        what: String,
        /// What to write.
        instead: &'static str,
    },
    /// A definition that would answer otherwise each time.
    #[error(
        "`{expression}` answers otherwise each time that it is asked: write `$as_of` for the time that is asked for, \
         or leave it out"
    )]
    Volatile {
        /// As the query writes it.
        expression: String,
    },
    /// A table that the query is not given.
    #[error("there is no table `{table}`{suggestion}: there are {known}")]
    UnknownTable {
        /// As the query names it.
        table: String,
        /// `; did you mean ...?` or nothing.
        suggestion: String,
        /// Those that there are.
        known: String,
    },
    /// A name that fits several tables, if large and small letters are taken alike.
    #[error("`{table}` may be any of {candidates}: write one of them, letter by letter")]
    AmbiguousTable {
        /// As the query names it.
        table: String,
        /// Those that it may be.
        candidates: String,
    },
    /// A column that no table of the query has.
    #[error("there is no column `{column}`{suggestion}: there are {known}")]
    UnknownColumn {
        /// As the query names it.
        column: String,
        /// `; did you mean ...?` or nothing.
        suggestion: String,
        /// Those that there are.
        known: String,
    },
    /// A placeholder without a value, or a value without a placeholder.
    #[error("parameter `${name}`: {reason}")]
    Parameter {
        /// Its name, without `$`.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// A table that cannot be used as it was described.
    #[error("table `{table}` cannot be used: {reason}")]
    InvalidTable {
        /// Its name.
        table: String,
        /// What is wrong.
        reason: String,
    },
    /// The engine understands the query, and refuses it: types that do not fit, functions that it lacks.
    #[error("{engine} refuses the query: {reason}")]
    Refused {
        /// The engine.
        engine: &'static str,
        /// What it says.
        reason: String,
    },
    /// Something that this engine cannot do, and others can.
    #[error("{engine} cannot {what}: choose another engine, or leave it out")]
    Unsupported {
        /// The engine.
        engine: &'static str,
        /// What is asked of it.
        what: String,
    },
    /// The engine is not there.
    #[error("{engine} cannot be reached: {reason}. {help}")]
    Unavailable {
        /// The engine.
        engine: &'static str,
        /// What happened.
        reason: String,
        /// How it is started.
        help: String,
    },
    /// It took too long.
    #[error("the query was stopped after {limit:?}, its time limit")]
    TimedOut {
        /// The limit.
        limit: Duration,
    },
    /// Somebody stopped it.
    #[error("the query was cancelled")]
    Cancelled,
    /// It needed more memory than it may use.
    #[error("the query needs more than {limit} bytes of memory: {reason}")]
    OutOfMemory {
        /// The limit.
        limit: usize,
        /// What the engine says.
        reason: String,
    },
    /// The engine failed while it ran.
    #[error("{engine} failed: {source}")]
    Engine {
        /// The engine.
        engine: &'static str,
        /// What it says.
        source: EngineError,
    },
    /// A virtual group was to be read from its copy, and cannot.
    #[error("`{group}` cannot be read from its copy: {reason}")]
    NoCopy {
        /// The group.
        group: String,
        /// What is missing.
        reason: String,
    },
    /// A dataset that cannot be read.
    #[error("table `{table}`")]
    Dataset {
        /// Its name.
        table: String,
        /// Why.
        source: Box<varvite_dataset::Error>,
    },
    /// A store that cannot be listed or read.
    #[error(transparent)]
    Store(#[from] varvite_store::Error),
    /// A feature store that cannot be read.
    #[error(transparent)]
    Feature(Box<varvite_feature::Error>),
    /// Columns that Arrow refuses.
    #[error("cannot {action}")]
    Arrow {
        /// What was tried.
        action: &'static str,
        /// Why.
        source: arrow::error::ArrowError,
    },
}

impl Error {
    /// A stable code, for messages and scripts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "VV1101",
            Self::NotASelect { .. } => "VV1102",
            Self::UnknownTable { .. } => "VV1103",
            Self::UnknownColumn { .. } => "VV1104",
            Self::Parameter { .. } => "VV1105",
            Self::InvalidTable { .. } => "VV1106",
            Self::Refused { .. } => "VV1107",
            Self::Unsupported { .. } => "VV1108",
            Self::Unavailable { .. } => "VV1109",
            Self::TimedOut { .. } => "VV1110",
            Self::Cancelled => "VV1111",
            Self::OutOfMemory { .. } => "VV1112",
            Self::Engine { .. } => "VV1113",
            Self::Dataset { source, .. } => source.code(),
            Self::Store(source) => source.code(),
            Self::Feature(source) => source.code(),
            Self::Arrow { .. } => "VV1114",
            Self::NoCopy { .. } => "VV1117",
            Self::Forbidden { .. } => "VV1115",
            Self::Volatile { .. } => "VV1116",
            Self::AmbiguousTable { .. } => "VV1118",
        }
    }

    /// Whether the query cannot be run as it stands, whatever the rows are.
    pub fn is_of_the_query(&self) -> bool {
        !matches!(
            self,
            Self::Unavailable { .. }
                | Self::TimedOut { .. }
                | Self::Cancelled
                | Self::OutOfMemory { .. }
                | Self::Engine { .. }
                | Self::NoCopy { .. }
                | Self::Dataset { .. }
                | Self::Store(_)
                | Self::Feature(_)
                | Self::Arrow { .. }
        )
    }

    /// An error of Arrow, with what was tried.
    pub(crate) fn arrow(action: &'static str) -> impl Fn(arrow::error::ArrowError) -> Self {
        move |source| Self::Arrow { action, source }
    }

    /// An error of a dataset, with the table's name.
    pub(crate) fn dataset(table: &str) -> impl Fn(varvite_dataset::Error) -> Self + '_ {
        move |source| Self::Dataset { table: table.to_owned(), source: Box::new(source) }
    }

    /// A table that is not among `known`.
    pub(crate) fn unknown_table<'a>(table: &str, known: impl Iterator<Item = &'a str> + Clone) -> Self {
        let (suggestion, known) = alternatives(table, known);
        Self::UnknownTable { table: table.to_owned(), suggestion, known }
    }

    /// A column that is not among `known`.
    pub(crate) fn unknown_column<'a>(column: &str, known: impl Iterator<Item = &'a str> + Clone) -> Self {
        let (suggestion, known) = alternatives(column, known);
        Self::UnknownColumn { column: column.to_owned(), suggestion, known }
    }
}

/// How many names a message lists.
const LISTED: usize = 20;

/// The name that was probably meant, and those that there are.
fn alternatives<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> (String, String) {
    let likeness = |known: &&str| strsim::jaro_winkler(&name.to_lowercase(), &known.to_lowercase());
    let like = known.clone().filter(|known| likeness(known) >= 0.8).max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let suggestion = like.map(|like| format!("; did you mean `{like}`?")).unwrap_or_default();
    let count = known.clone().count();
    let listed = known.take(LISTED).collect::<Vec<_>>().join(", ");
    let listed = match count {
        0 => "none".to_owned(),
        count if count > LISTED => format!("{listed} and {} more", count - LISTED),
        _ => listed,
    };
    (suggestion, listed)
}

impl From<varvite_feature::Error> for Error {
    fn from(source: varvite_feature::Error) -> Self {
        Self::Feature(Box::new(source))
    }
}
