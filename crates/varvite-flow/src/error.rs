//! What can go wrong with a graph: all of it at once, each with a kind, names and what to do.

use std::fmt;

use crate::value::Value;

/// Result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A graph, a request or a run that did not work.
#[derive(Debug, Clone, PartialEq)]
pub struct Error {
    /// When it was found.
    pub phase: Phase,
    /// Everything that was found, at least one.
    pub problems: Vec<Problem>,
}

/// When a problem was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The graph is refused.
    Build,
    /// The request is refused, before any node ran.
    Plan,
    /// Nodes ran.
    Run,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// Which kind of thing.
    pub kind: Kind,
    /// The nodes, inputs or keys it is about.
    pub names: Vec<String>,
    /// What is wrong, in words.
    pub message: String,
    /// A name that may have been meant.
    pub did_you_mean: Option<String>,
    /// The first row that it happened on, counted from 0.
    pub row: Option<u64>,
    /// What a node that failed was given there, by parameter.
    pub values: Vec<(String, Value)>,
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $kind:ident = $code:literal),* $(,)?) => {
        /// The kinds of problems.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Kind { $($(#[doc = $doc])* $kind),* }

        impl Kind {
            /// A code that stays the same when the text changes.
            pub fn code(self) -> &'static str {
                match self { $(Self::$kind => $code),* }
            }

            /// The kind's name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => stringify!($kind)),* }
            }
        }
    };
}

kinds! {
    /// An input that the request needs was not given.
    MissingInput = "VV0701",
    /// No node has the name.
    UnknownNode = "VV0702",
    /// No node reads an input of the name, or a node has no parameter of it.
    UnknownInput = "VV0703",
    /// A node was given as an input: replace it instead.
    InputIsNode = "VV0704",
    /// An input was replaced: give it as an input instead.
    OverrideIsInput = "VV0705",
    /// The same name is in the config and among the inputs.
    ConfigInputClash = "VV0706",
    /// A config key has the name of a node.
    ConfigIsNode = "VV0707",
    /// Nothing reads the config key.
    UnknownConfig = "VV0708",
    /// A node reads another as a type that it has not.
    TypeMismatch = "VV0709",
    /// An input, an override or a column is of another type than its readers want.
    InputTypeMismatch = "VV0710",
    /// Two nodes want an input as different types.
    ConflictingInputTypes = "VV0711",
    /// Two nodes have one name.
    DuplicateNode = "VV0712",
    /// No variant of a node fits the config.
    NoVariant = "VV0713",
    /// Several variants of a node fit the config.
    AmbiguousVariant = "VV0714",
    /// Nodes read each other in a circle.
    Cycle = "VV0715",
    /// A field that a node promises is absent from its value.
    ExtractMissing = "VV0716",
    /// A check of severity `fail` found something.
    CheckFailed = "VV0717",
    /// A check does not fit what its node makes, or where it runs, or nothing could pass it.
    CheckNotApplicable = "VV0718",
    /// A node said that it failed.
    NodeFailed = "VV0719",
    /// A node inside a fan-out has no single value to ask for or to replace.
    InsideEach = "VV0720",
    /// A value of the data set is needed where there is none: fit first, or give it.
    NeedsFitted = "VV0721",
    /// A fitted value, or a state, belongs to another graph.
    OtherGraph = "VV0722",
    /// A value has no form that can be stored.
    NotStorable = "VV0723",
    /// A row of a window is before one that came earlier.
    LateRow = "VV0724",
    /// An expression looks at other rows than its own where rows come in parts.
    AcrossRows = "VV0725",
    /// An expression reads a column that its frame lacks, or that is none of its parameters.
    NoColumn = "VV0726",
    /// An input, a node or the rows are given twice: it is not known which is meant.
    GivenTwice = "VV0727",
    /// A name that no node can have.
    InvalidName = "VV0728",
}

impl Error {
    pub(crate) fn new(phase: Phase, problems: Vec<Problem>) -> Self {
        Self { phase, problems }
    }

    pub(crate) fn one(phase: Phase, problem: Problem) -> Self {
        Self::new(phase, vec![problem])
    }

    /// `Ok` if there are no problems.
    pub(crate) fn check(phase: Phase, problems: Vec<Problem>) -> Result<()> {
        if problems.is_empty() { Ok(()) } else { Err(Self::new(phase, problems)) }
    }

    /// The kind of the first problem.
    pub fn kind(&self) -> Kind {
        self.problems.first().map_or(Kind::NodeFailed, |problem| problem.kind)
    }

    /// The code of the first problem.
    pub fn code(&self) -> &'static str {
        self.kind().code()
    }

    /// What to do about the first problem.
    pub fn help(&self) -> Option<&'static str> {
        self.kind().help()
    }
}

impl Kind {
    /// What to do about it.
    pub fn help(self) -> Option<&'static str> {
        Some(match self {
            Self::MissingInput => "give it, replace the node that reads it, or give the parameter a default",
            Self::InputIsNode => "to replace what a node makes, use `replace`",
            Self::OverrideIsInput => "give it as an input",
            Self::ConfigInputClash | Self::GivenTwice => "give it once",
            Self::NoVariant => "add a variant for this config, or a default one",
            Self::AmbiguousVariant => "make the conditions of the variants exclude each other",
            Self::DuplicateNode => {
                "rename one of them, mount a module under a name, or let later modules replace nodes"
            }
            Self::Cycle => "cut it: one of these nodes should read something else",
            Self::InsideEach => "ask for the node that collects it",
            Self::NeedsFitted => "fit the graph on a data set, or replace the node by a value",
            Self::LateRow => "sort the rows by time, or let the window drop late rows",
            Self::OtherGraph => "fit this graph again",
            _ => return None,
        })
    }
}

impl Problem {
    pub(crate) fn new<N: Into<String>>(
        kind: Kind,
        names: impl IntoIterator<Item = N>,
        message: impl Into<String>,
    ) -> Self {
        let names = names.into_iter().map(Into::into).collect();
        Self { kind, names, message: message.into(), did_you_mean: None, row: None, values: Vec::new() }
    }

    /// Adds the nearest of the known names, if one is near.
    pub(crate) fn near<'a>(mut self, given: &str, known: impl Iterator<Item = &'a str>) -> Self {
        self.did_you_mean = nearest(given, known);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        let values =
            self.values.iter().map(|(name, value)| format!("{name} = {value:?}")).collect::<Vec<_>>().join(", ");
        match self.row {
            Some(row) if values.is_empty() => write!(f, " (row {row})")?,
            Some(row) => write!(f, " (row {row}: {values})")?,
            None if values.is_empty() => {}
            None => write!(f, " ({values})")?,
        }
        self.did_you_mean.as_ref().map_or(Ok(()), |name| write!(f, "; did you mean `{name}`?"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problems[..] {
            [problem] => problem.fmt(f),
            problems => {
                write!(f, "{} problems", problems.len())?;
                problems.iter().try_for_each(|problem| write!(f, "\n- {problem}"))
            }
        }
    }
}

impl std::error::Error for Error {}

/// The known name that is most like the given one, if it is much like it. Capitals make no difference.
pub(crate) fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let given = given.to_lowercase();
    let likeness = |name: &str| {
        let name = name.to_lowercase();
        strsim::jaro_winkler(&given, &name).max(strsim::normalized_damerau_levenshtein(&given, &name))
    };
    let near = known.map(|name| (likeness(name), name));
    let best = near.max_by(|one, two| one.0.total_cmp(&two.0).then_with(|| two.1.cmp(one.1)))?;
    (best.0 > 0.7).then(|| best.1.to_owned())
}
