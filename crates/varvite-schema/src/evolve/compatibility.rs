//! [`compatibility`]: whether a definition may take the place of another one, or stand beside it (S14).

use std::fmt;

use super::change::{Change, Verdict};
use crate::FeatureGroupSchema;
use crate::definitions::Definition;
use crate::error::{Error, Result};
use crate::head::{Head, id};

/// What registering a definition comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "snake_case"))]
pub enum Outcome {
    /// Nothing of this name is known: it is new.
    Created,
    /// Older versions are known: it will stand beside them, and answer for the name.
    NewVersion,
    /// It is known just so.
    Unchanged,
    /// Its version takes the changes.
    Updated,
    /// Nothing is changed: the version, or its number, does not allow it.
    Refused,
}

/// What S14 says of a definition beside those that are known.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[must_use]
pub struct Compatibility {
    /// Which kind of definition it is: the text of a [`DefinitionKind`](crate::DefinitionKind).
    pub what: &'static str,
    /// Its name.
    pub name: String,
    /// Its version; 0 for a source, which has none.
    pub version: u32,
    /// What registering it comes to.
    pub outcome: Outcome,
    /// What differs from the same version, or from the newest one before; empty if nothing is known.
    pub changes: Vec<Change>,
    /// The newest version, if it is above the given one and the given one is not known.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub newest: Option<u32>,
}

/// Says whether `new` may take the place of `old`, or stand beside it as a newer version.
///
/// # Examples
/// ```
/// use varvite_schema::{DataType, FeatureGroupSchema, FeatureSchema, Outcome, compatibility};
///
/// let old = FeatureGroupSchema::builder("g")
///     .entity_key("k", DataType::BigInt)
///     .event_time("ts")
///     .feature(FeatureSchema::builder("v", DataType::BigInt))
///     .build()?;
/// assert_eq!(compatibility(&old, &old).outcome, Outcome::Unchanged);
///
/// let narrower = old.to_builder().replace_feature(FeatureSchema::builder("v", DataType::Int));
/// let refused = compatibility(&old, &narrower.clone().build()?);
/// assert_eq!(refused.outcome, Outcome::Refused);
/// assert_eq!(refused.into_result().unwrap_err().to_string(), "group `g@v1` cannot change in this way: \
///     feature `v`: type (bigint -> int): stored values would not keep theirs: only int to bigint or double, and float to double");
/// assert_eq!(compatibility(&old, &narrower.version(2).build()?).outcome, Outcome::NewVersion);
/// # Ok::<(), varvite_schema::Error>(())
/// ```
pub fn compatibility(old: &FeatureGroupSchema, new: &FeatureGroupSchema) -> Compatibility {
    check_registration([old], new)
}

/// Says what registering `new` comes to, where `known` are the versions of its name that are known, in any order.
pub fn check_registration<'a>(
    known: impl IntoIterator<Item = &'a FeatureGroupSchema>,
    new: &FeatureGroupSchema,
) -> Compatibility {
    judge(known, new)
}

/// The same for a definition of any sort.
pub(super) fn judge<'a, D: Definition + 'a>(known: impl IntoIterator<Item = &'a D>, new: &D) -> Compatibility {
    let Head { name, version, .. } = new.head();
    let (what, version) = (D::KIND.text(), *version);
    let known: Vec<(u32, &D)> = known.into_iter().map(|one| (one.head().version, one)).collect();
    let made = |outcome, changes, newest| Compatibility { what, name: name.clone(), version, outcome, changes, newest };
    if let Some((_, old)) = known.iter().find(|(number, _)| *number == version) {
        let changes = D::diff(old, new);
        let outcome = match changes.as_slice() {
            [] => Outcome::Unchanged,
            changes if changes.iter().all(Change::is_allowed) => Outcome::Updated,
            _ => Outcome::Refused,
        };
        return made(outcome, changes, None);
    }
    match known.iter().max_by_key(|(number, _)| *number) {
        None => made(Outcome::Created, Vec::new(), None),
        Some((newest, _)) if *newest > version => made(Outcome::Refused, Vec::new(), Some(*newest)),
        Some((_, before)) => {
            let beside = |change| Change { verdict: Verdict::Allowed, reason: "it is a version of its own", ..change };
            made(Outcome::NewVersion, D::diff(before, new).into_iter().map(beside).collect(), None)
        }
    }
}

impl Compatibility {
    /// Name and version, such as `users@v1`; the name of a source.
    pub fn id(&self) -> String {
        id(&self.name, self.version)
    }

    /// Whether registering it is refused.
    pub fn is_refused(&self) -> bool {
        self.outcome == Outcome::Refused
    }

    /// The changes that are refused, each with its reason.
    pub fn refused(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| !change.is_allowed())
    }

    /// The outcome, if nothing is refused.
    ///
    /// # Errors
    /// [`Error::Incompatible`] with each refused change and its reason, or [`Error::VersionConflict`].
    pub fn into_result(self) -> Result<Outcome> {
        match (self.outcome, self.newest) {
            (Outcome::Refused, Some(newest)) => {
                Err(Error::VersionConflict { name: self.name, version: self.version, newest })
            }
            (Outcome::Refused, None) => {
                let reasons: Vec<String> = self.refused().map(explained).collect();
                let what = format!("{} `{}`", self.what, self.id());
                Err(Error::Incompatible { what, reasons: reasons.join("; ") })
            }
            (outcome, _) => Ok(outcome),
        }
    }
}

fn explained(change: &Change) -> String {
    let values = match (&change.from, &change.to) {
        (Some(from), Some(to)) => format!(" ({from} -> {to})"),
        (None, Some(_)) => " (new)".to_owned(),
        _ => " (gone)".to_owned(),
    };
    format!("{}{values}: {}", change.title(), change.reason)
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Created => "created",
            Self::NewVersion => "new version",
            Self::Unchanged => "unchanged",
            Self::Updated => "updated",
            Self::Refused => "refused",
        })
    }
}

impl fmt::Display for Compatibility {
    /// Writes a line, and one for each change; what is refused with its reason and what to do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`: {}", self.what, self.id(), self.outcome)?;
        for change in &self.changes {
            write!(f, "\n  {change}")?;
            if !change.is_allowed() {
                write!(f, "\n      refused: {}", change.reason)?;
            }
        }
        if let Some(newest) = self.newest {
            write!(f, "\n  version {newest} is known: take a number above it")?;
        } else if self.is_refused() && self.version == 0 {
            write!(f, "\n  give it another name instead: it has no versions")?;
        } else if self.is_refused() {
            write!(f, "\n  give it the next version number instead: versions stand side by side")?;
        }
        Ok(())
    }
}
