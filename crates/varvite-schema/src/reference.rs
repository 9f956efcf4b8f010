//! [`FeatureRef`]: `group.feature` and its longer forms.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::name;

/// Names a feature, or all features, of a group.
///
/// | text | means |
/// | --- | --- |
/// | `users.age` | the feature `age` of the newest version of the group `users` |
/// | `users@v2.age` | of version 2 |
/// | `users.*` | every feature |
/// | `users as sender.age` | the group under another name, so that it can be joined twice |
/// | `users@v2 as sender.*` | all of it |
///
/// Text and reference are each other's inverse.
///
/// # Examples
/// ```
/// use varvite_schema::FeatureRef;
///
/// let age: FeatureRef = "users@v2 as sender.age".parse()?;
/// assert_eq!((age.group(), age.version(), age.alias(), age.feature()), ("users", Some(2), Some("sender"), Some("age")));
/// assert_eq!(age.to_string(), "users@v2 as sender.age");
/// assert_eq!(age.full_name("age"), "sender__age");
/// assert_eq!(FeatureRef::try_new("users", "age")?.at_version(2)?.with_alias("sender")?, age);
///
/// let error = "age".parse::<FeatureRef>().unwrap_err();
/// assert_eq!(error.to_string(), "`age` is no reference to a feature: it names no group, write `group.age`");
/// # Ok::<(), varvite_schema::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeatureRef {
    group: String,
    version: Option<u32>,
    alias: Option<String>,
    feature: Option<String>,
}

impl FeatureRef {
    /// References one feature of the newest version of `group`.
    ///
    /// # Errors
    /// [`Error::InvalidReference`] if one of the names can be none.
    pub fn try_new(group: impl Into<String>, feature: impl Into<String>) -> Result<Self> {
        Self { group: group.into(), version: None, alias: None, feature: Some(feature.into()) }.checked()
    }

    /// References every feature of the newest version of `group`.
    ///
    /// # Errors
    /// [`Error::InvalidReference`] if the name can be none.
    pub fn try_all(group: impl Into<String>) -> Result<Self> {
        Self { group: group.into(), version: None, alias: None, feature: None }.checked()
    }

    /// The same of one version.
    ///
    /// # Errors
    /// [`Error::InvalidReference`] for version 0.
    pub fn at_version(self, version: u32) -> Result<Self> {
        Self { version: Some(version), ..self }.checked()
    }

    /// The same under another name of the group.
    ///
    /// # Errors
    /// [`Error::InvalidReference`] if the name can be none.
    pub fn with_alias(self, alias: impl Into<String>) -> Result<Self> {
        Self { alias: Some(alias.into()), ..self }.checked()
    }

    /// The group's name.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// The version that is asked for; `None` for the newest.
    pub fn version(&self) -> Option<u32> {
        self.version
    }

    /// The name under which the group is joined, if not its own.
    pub fn alias(&self) -> Option<&str> {
        self.alias.as_deref()
    }

    /// The feature's name; `None` for all of them.
    pub fn feature(&self) -> Option<&str> {
        self.feature.as_deref()
    }

    /// The name that stands for the group in full names: its alias, or its own.
    pub fn prefix(&self) -> &str {
        self.alias().unwrap_or(&self.group)
    }

    /// The full name of a feature of this reference: `group__feature` (S10).
    pub fn full_name(&self, feature: &str) -> String {
        format!("{}__{feature}", self.prefix())
    }

    fn checked(self) -> Result<Self> {
        match self.refusal() {
            None => Ok(self),
            Some(reason) => Err(Error::InvalidReference { text: self.to_string(), reason }),
        }
    }

    fn refusal(&self) -> Option<String> {
        let group = |what: &str, name: &str| {
            let reason = name::refuse_group(name)?;
            Some(format!("no {what} is named `{}`: {reason}", name.escape_debug()))
        };
        let feature = |name: &str| {
            let reason = name::refuse_column(name)?;
            Some(format!("no feature is named `{}`: {reason}", name.escape_debug()))
        };
        let version = || (self.version == Some(0)).then(|| "versions are numbered from 1".to_owned());
        group("group", &self.group)
            .or_else(version)
            .or_else(|| group("alias", self.alias()?))
            .or_else(|| feature(self.feature()?))
    }
}

impl fmt::Display for FeatureRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.group)?;
        self.version.map_or(Ok(()), |version| write!(f, "@v{version}"))?;
        self.alias().map_or(Ok(()), |alias| write!(f, " as {alias}"))?;
        write!(f, ".{}", self.feature().unwrap_or("*"))
    }
}

impl FromStr for FeatureRef {
    type Err = Error;

    /// Reads one of the forms in the table.
    ///
    /// # Errors
    /// [`Error::InvalidReference`] with what does not fit.
    fn from_str(text: &str) -> Result<Self> {
        let refuse = |reason| Error::InvalidReference { text: text.to_owned(), reason };
        let parsed = parse(text).map_err(refuse)?;
        match parsed.refusal() {
            None => Ok(parsed),
            Some(reason) => Err(refuse(reason)),
        }
    }
}

fn parse(text: &str) -> Result<FeatureRef, String> {
    let text = text.trim();
    if text.contains('=') {
        return Err("write an alias as `group as alias.feature`".to_owned());
    }
    let Some((front, feature)) = text.rsplit_once('.') else {
        return Err(match text {
            "" => "it is empty".to_owned(),
            "*" => "it names no group, write `group.*`".to_owned(),
            name => format!("it names no group, write `group.{}`", name.escape_debug()),
        });
    };
    let (front, feature) = (front.trim_end(), feature.trim_start());
    if front.contains('.') {
        return Err("it has more than one `.`: names have none".to_owned());
    }
    let words: Vec<&str> = front.split_whitespace().collect();
    let (group, alias) = match words.as_slice() {
        [] => return Err("it names no group before the `.`".to_owned()),
        [group] => (*group, None),
        [group, word, alias] if word.eq_ignore_ascii_case("as") => (*group, Some((*alias).to_owned())),
        _ => return Err("only `as alias` can stand between group and `.`".to_owned()),
    };
    let (group, version) = match group.split_once('@') {
        None => (group, None),
        Some((group, version)) => (group, Some(parse_version(version)?)),
    };
    let feature = match feature {
        "" => return Err("it names no feature after the `.`".to_owned()),
        "*" => None,
        name => Some(name.to_owned()),
    };
    Ok(FeatureRef { group: group.to_owned(), version, alias, feature })
}

fn parse_version(text: &str) -> Result<u32, String> {
    let digits = text.strip_prefix('v').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let number = digits.and_then(|digits| digits.parse().ok());
    number.ok_or_else(|| format!("`@{}` is no version: write it like `@v2`", text.escape_debug()))
}
