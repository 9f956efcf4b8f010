//! What can go wrong with features, and of which kind it is.

use varvite_schema::ErrorKind;
use varvite_storage::StoragePath;

/// Result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An operation on a feature store that did not work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A definition, a reference or a change of definitions is refused.
    #[error(transparent)]
    Schema(#[from] varvite_schema::Error),
    /// Somebody else changed the registry meanwhile.
    #[error("the registry is at revision {found}, not {expected}: somebody changed it meanwhile")]
    RegistryConflict {
        /// The revision that the change was made for.
        expected: u64,
        /// The newest revision.
        found: u64,
    },
    /// It cannot be told whether a revision was written. Read the registry again.
    #[error("revision {revision} of the registry may or may not have been written")]
    RegistryUnknown {
        /// The revision.
        revision: u64,
        /// The storage's answer.
        source: varvite_storage::Error,
    },
    /// The registry has no such revision yet.
    #[error("the registry has no revision {revision}: the newest is {newest}")]
    RevisionNotFound {
        /// The revision as asked for.
        revision: u64,
        /// The newest revision.
        newest: u64,
    },
    /// A file of the registry cannot be used.
    #[error("`{file}` of the registry is damaged: {reason}")]
    RegistryDamaged {
        /// The file, below the store's root.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// Something of this name exists, and is something else.
    #[error("`{name}` is {found} already and cannot be {given} too")]
    NameTaken {
        /// The name.
        name: String,
        /// What it is.
        found: &'static str,
        /// What it was to be.
        given: &'static str,
    },
    /// No source has this name.
    #[error("there is no source `{source_name}`: there is {known}")]
    SourceNotFound {
        /// The name as given.
        source_name: String,
        /// Those that there are.
        known: String,
    },
    /// A derived feature is defined in a way that cannot be computed.
    #[error("`{name}` cannot be defined: {reason}")]
    InvalidDefinition {
        /// What was to be defined.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// An expression cannot be understood, or does not fit its columns.
    #[error("expression `{expression}` cannot be used: {reason}")]
    InvalidExpression {
        /// The expression.
        expression: String,
        /// What is wrong.
        reason: String,
    },
    /// A virtual group's query cannot be used. Nothing was registered.
    #[error("the query of `{group}` cannot be used: {reason}")]
    QueryInvalid {
        /// The group.
        group: String,
        /// What is wrong.
        reason: String,
    },
    /// Nobody is there to run a query. Give the store an engine.
    #[error("`{group}` is computed by a query, and the feature store has no query engine")]
    NoQueryEngine {
        /// The group.
        group: String,
    },
    /// A group that is computed cannot be written.
    #[error("`{group}` is computed when it is read and cannot be written")]
    ReadOnly {
        /// The group.
        group: String,
    },
    /// Rows do not fit their group. Nothing was written.
    #[error("rows of `{group}` are refused: {report}")]
    Refused {
        /// The group.
        group: String,
        /// Everything that was found.
        report: crate::ValidationReport,
    },
    /// A range has no rows, by its ends.
    #[error("the range {range} cannot be replaced: {reason}")]
    InvalidRange {
        /// The range.
        range: String,
        /// What is wrong.
        reason: String,
    },
    /// A write does not fit its group.
    #[error("`{group}` cannot be written like this: {reason}")]
    InvalidMode {
        /// The group.
        group: String,
        /// What is wrong.
        reason: String,
    },
    /// The entity table lacks a column.
    #[error("the entity table has no column `{column}`, which {needed_by} needs: it has {known}")]
    MissingKeyColumn {
        /// The column.
        column: String,
        /// What needs it.
        needed_by: String,
        /// The columns that there are.
        known: String,
    },
    /// A key is of another type in the entity table than in the group.
    #[error("key `{column}` is {given} in the entity table, but {expected} in {needed_by}")]
    KeyTypeMismatch {
        /// The column.
        column: String,
        /// Its type in the entity table.
        given: String,
        /// Its type in the group.
        expected: String,
        /// The group.
        needed_by: String,
    },
    /// Two columns of the answer would have one name.
    #[error("two columns of the answer would be named `{name}`: {first} and {second}")]
    AmbiguousFeatureName {
        /// The name.
        name: String,
        /// What has it.
        first: String,
        /// What would have it too.
        second: String,
    },
    /// The entity table cannot be used.
    #[error("the entity table cannot be used: {reason}")]
    InvalidEntities {
        /// What is wrong.
        reason: String,
    },
    /// No node put out a table of this name.
    #[error("there is no output `{name}`: there is {known}")]
    OutputNotFound {
        /// The name as given.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// An option has no meaning here.
    #[error("option `{option}` is not usable: {reason}")]
    InvalidOption {
        /// Its name.
        option: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A store of datasets refused, or is damaged.
    #[error(transparent)]
    Store(Box<varvite_store::Error>),
    /// A dataset refused, or is damaged.
    #[error("`{name}` failed")]
    Dataset {
        /// The group or source.
        name: String,
        /// The dataset's answer.
        source: Box<varvite_dataset::Error>,
    },
    /// Bytes could not be read or written.
    #[error("{operation} failed at `{path}`")]
    Storage {
        /// What was going on.
        operation: &'static str,
        /// The path below the root.
        path: StoragePath,
        /// The storage's answer.
        source: varvite_storage::Error,
    },
    /// Another process has the online values open. Let that one do the work, or stop it.
    #[error("the online values at `{path}` are in use by another process")]
    OnlineInUse {
        /// The file.
        path: String,
    },
    /// The file of online values was opened to read alone.
    #[error("the online values were opened to be read alone")]
    OnlineReadOnly,
    /// The file of online values is none of ours, or of a later format, or damaged. It can be made anew.
    #[error("the file of online values cannot be used: {reason}")]
    OnlineDamaged {
        /// What is wrong.
        reason: String,
    },
    /// Stored online values do not fit what is asked for.
    #[error("online values of `{group}` do not fit: {reason}")]
    OnlineStale {
        /// The group.
        group: String,
        /// What does not fit.
        reason: String,
    },
    /// Online values cannot be made of this history.
    #[error("`{group}` cannot be materialized: {reason}")]
    NotMaterializable {
        /// The group.
        group: String,
        /// What is wrong.
        reason: String,
    },
    /// The file of online values could not be read or written.
    #[error("the online store could not {operation}")]
    Online {
        /// What was going on.
        operation: &'static str,
        /// The database's answer.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// What computes the features of a group failed.
    #[error("the features of `{group}` could not be computed")]
    SourceFailed {
        /// The group.
        group: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Columns could not be computed.
    #[error("arrow could not {action}")]
    Arrow {
        /// What was going on.
        action: &'static str,
        /// Arrow's answer.
        source: arrow::error::ArrowError,
    },
}

impl Error {
    /// The coarse kind that feature stores know.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Schema(error) => error.kind(),
            Self::RegistryConflict { .. }
            | Self::RegistryUnknown { .. }
            | Self::RevisionNotFound { .. }
            | Self::RegistryDamaged { .. }
            | Self::NameTaken { .. } => ErrorKind::FeatureRegistry,
            Self::SourceNotFound { .. } => ErrorKind::FeatureGroupNotFound,
            Self::InvalidDefinition { .. }
            | Self::Refused { .. }
            | Self::InvalidRange { .. }
            | Self::InvalidMode { .. }
            | Self::MissingKeyColumn { .. }
            | Self::KeyTypeMismatch { .. }
            | Self::AmbiguousFeatureName { .. }
            | Self::InvalidEntities { .. }
            | Self::OutputNotFound { .. }
            | Self::InvalidOption { .. } => ErrorKind::SchemaValidation,
            Self::InvalidExpression { .. }
            | Self::QueryInvalid { .. }
            | Self::NoQueryEngine { .. }
            | Self::ReadOnly { .. } => ErrorKind::VirtualizationQuery,
            Self::OnlineInUse { .. }
            | Self::OnlineReadOnly
            | Self::OnlineDamaged { .. }
            | Self::OnlineStale { .. }
            | Self::NotMaterializable { .. }
            | Self::Online { .. }
            | Self::Store(_)
            | Self::Dataset { .. }
            | Self::Storage { .. }
            | Self::SourceFailed { .. }
            | Self::Arrow { .. } => ErrorKind::FeatureMaterialization,
        }
    }

    /// A code that stays the same when the text changes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Schema(error) => error.code(),
            Self::RegistryConflict { .. } => "VV0401",
            Self::RegistryDamaged { .. } => "VV0402",
            Self::NameTaken { .. } => "VV0403",
            Self::SourceNotFound { .. } => "VV0404",
            Self::InvalidDefinition { .. } => "VV0405",
            Self::InvalidExpression { .. } => "VV0406",
            Self::ReadOnly { .. } => "VV0407",
            Self::RegistryUnknown { .. } => "VV0408",
            Self::RevisionNotFound { .. } => "VV0409",
            Self::QueryInvalid { .. } => "VV0413",
            Self::NoQueryEngine { .. } => "VV0414",
            Self::Refused { .. } => "VV0410",
            Self::InvalidRange { .. } => "VV0411",
            Self::InvalidMode { .. } => "VV0412",
            Self::MissingKeyColumn { .. } => "VV0420",
            Self::KeyTypeMismatch { .. } => "VV0421",
            Self::AmbiguousFeatureName { .. } => "VV0422",
            Self::InvalidEntities { .. } => "VV0423",
            Self::InvalidOption { .. } => "VV0424",
            Self::OutputNotFound { .. } => "VV0425",
            Self::SourceFailed { .. } => "VV0426",
            Self::OnlineInUse { .. } => "VV0430",
            Self::OnlineReadOnly => "VV0431",
            Self::OnlineDamaged { .. } => "VV0432",
            Self::OnlineStale { .. } => "VV0433",
            Self::NotMaterializable { .. } => "VV0434",
            Self::Online { .. } => "VV0435",
            Self::Store(error) => error.code(),
            Self::Dataset { source, .. } => source.code(),
            Self::Storage { .. } => "VV0440",
            Self::Arrow { .. } => "VV0441",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<&'static str> {
        Some(match self {
            Self::Schema(error) => return error.help(),
            Self::RegistryConflict { .. } => "read the registry again, and try again",
            Self::RegistryUnknown { .. } => "read the registry again: it shows whether the change is there",
            Self::RegistryDamaged { .. } => "restore the file from a copy, or from version control",
            Self::NameTaken { .. } => "give it another name",
            Self::Refused { .. } => "mend these rows; nothing was written",
            Self::QueryInvalid { .. } => "correct the query, or register its next version; nothing was changed",
            Self::NoQueryEngine { .. } => "open the store with one: `store.with_virtual(engine)`",
            Self::ReadOnly { .. } => "write what it is computed from",
            Self::MissingKeyColumn { .. } => "add the column, or name another one in a key map",
            Self::KeyTypeMismatch { .. } => "cast the column of the entity table",
            Self::AmbiguousFeatureName { .. } => "ask for full names, or give a group an alias",
            Self::OnlineInUse { .. } => {
                "stop that process, or let it do this: the process that serves also materializes, and only one may"
            }
            Self::OnlineReadOnly => "open the online values to write them",
            Self::OnlineDamaged { .. } => {
                "move the file away and materialize again: it holds nothing that the histories do not"
            }
            Self::OnlineStale { .. } => "materialize the group, and prepare the look-up again",
            Self::NotMaterializable { .. } => "materialize from the history that the feature store keeps for the group",
            Self::Online { .. } => "see the cause; what was served before is still served",
            Self::Store(error) => return error.help(),
            Self::Dataset { source, .. } => return source.help(),
            Self::Storage { .. } => "see the cause",
            _ => return None,
        })
    }
}

impl From<varvite_store::Error> for Error {
    fn from(error: varvite_store::Error) -> Self {
        Self::Store(Box::new(error))
    }
}

/// For `map_err`: what was being done when Arrow failed.
pub(crate) fn arrow(action: &'static str) -> impl Fn(arrow::error::ArrowError) -> Error {
    move |source| Error::Arrow { action, source }
}
