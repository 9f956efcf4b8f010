//! [`Problem`]: one thing that is wrong with a definition. A definition is checked to its end, so there may be several.

use std::fmt;

use crate::error::{Error, Result};

/// What is wrong, and where in the definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What sort of problem.
    pub kind: ProblemKind,
    /// Where it is, such as ``feature `age` ``; empty for the definition as a whole.
    pub place: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// The sorts of problems of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProblemKind {
    /// A name cannot stand in a reference or a path.
    Name,
    /// A name is given twice.
    Repeated,
    /// The TTL is zero, negative, or no elapsed time.
    Ttl,
    /// A type cannot be that of a key or of a time.
    KeyType,
    /// The data type is none, or not complete.
    DataType,
    /// A constraint does not fit the type, or contradicts another one.
    Constraint,
    /// Something that must be there is not.
    Missing,
    /// Versions are numbered from 1.
    Version,
    /// A reference in a service is none.
    Reference,
}

impl ProblemKind {
    /// The stable code of this sort of problem.
    pub fn code(self) -> &'static str {
        match self {
            Self::Name => "VV0320",
            Self::Repeated => "VV0321",
            Self::Ttl => "VV0322",
            Self::KeyType => "VV0323",
            Self::DataType => "VV0324",
            Self::Constraint => "VV0325",
            Self::Missing => "VV0326",
            Self::Version => "VV0327",
            Self::Reference => "VV0328",
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        f.write_str(&self.message)
    }
}

/// The problems of a definition, in the order of its parts; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// The problems.
    pub fn as_slice(&self) -> &[Problem] {
        &self.0
    }
}

impl fmt::Display for Problems {
    /// One problem on the same line, several on a line each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => one.fmt(f),
            several => {
                write!(f, "{} problems", several.len())?;
                several.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
            }
        }
    }
}

/// Collects problems while a definition is checked to its end.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    found: Vec<Problem>,
    /// Where we are, from the outside in.
    places: Vec<String>,
}

impl Collector {
    pub(crate) fn add(&mut self, kind: ProblemKind, message: impl Into<String>) {
        self.found.push(Problem { kind, place: self.places.join(", "), message: message.into() });
    }

    /// Runs `check` inside of `place`.
    pub(crate) fn within<T>(&mut self, place: impl Into<String>, check: impl FnOnce(&mut Self) -> T) -> T {
        self.places.push(place.into());
        let outcome = check(self);
        self.places.pop();
        outcome
    }

    /// `made`, if nothing was found.
    pub(crate) fn finish<T>(self, what: impl Into<String>, made: T) -> Result<T> {
        if self.found.is_empty() { Ok(made) } else { Err(self.into_error(what)) }
    }

    /// What was found, as an error.
    pub(crate) fn into_error(self, what: impl Into<String>) -> Error {
        Error::Invalid { what: what.into(), problems: Problems(self.found) }
    }
}
