//! Definitions as text in a [`Format`]: what is read can be written, and is then read as the same.

use std::fmt;

use super::Definitions;
use crate::error::{Error, Result};
use crate::wire::Unchecked;

/// How a file of definitions is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// JSON.
    #[cfg(feature = "json")]
    Json,
    /// TOML.
    #[cfg(feature = "toml")]
    Toml,
    /// YAML 1.2.
    #[cfg(feature = "yaml")]
    Yaml,
}

impl Format {
    /// The format of files whose names end in `extension`, if it is one of ours and its feature is on.
    ///
    /// # Examples
    /// ```
    /// # #[cfg(feature = "yaml")]
    /// assert_eq!(varvite_schema::Format::of_extension("yml"), Some(varvite_schema::Format::Yaml));
    /// assert_eq!(varvite_schema::Format::of_extension("ini"), None);
    /// ```
    pub fn of_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            #[cfg(feature = "json")]
            "json" => Some(Self::Json),
            #[cfg(feature = "toml")]
            "toml" => Some(Self::Toml),
            #[cfg(feature = "yaml")]
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "json")]
            Self::Json => "JSON",
            #[cfg(feature = "toml")]
            Self::Toml => "TOML",
            #[cfg(feature = "yaml")]
            Self::Yaml => "YAML",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Definitions {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// [`Error::Unreadable`] with line and column for what the format or a field's name does not allow;
    /// [`Error::Invalid`] with all that is wrong in what it says.
    pub fn read(text: &str, format: Format) -> Result<Self> {
        let parsed = match format {
            #[cfg(feature = "json")]
            Format::Json => from_json(text),
            #[cfg(feature = "toml")]
            Format::Toml => from_toml(text),
            #[cfg(feature = "yaml")]
            Format::Yaml => from_yaml(text),
        };
        parsed?.check()
    }

    /// Writes them as the text of a file, in the order they have, each field in its place; nothing that
    /// [`read`](Self::read) takes for granted but versions.
    ///
    /// # Errors
    /// [`Error::Unwritable`] if the format has no way to say something.
    pub fn write(&self, format: Format) -> Result<String> {
        match format {
            #[cfg(feature = "json")]
            Format::Json => match serde_json::to_string_pretty(self) {
                Ok(text) => Ok(text + "\n"),
                Err(error) => Err(unwritable(format, &error)),
            },
            #[cfg(feature = "toml")]
            Format::Toml => toml::to_string(self).map_err(|error| unwritable(format, &error)),
            #[cfg(feature = "yaml")]
            Format::Yaml => serde_saphyr::to_string(self).map_err(|error| unwritable(format, &error)),
        }
    }
}

fn unwritable(format: Format, error: &dyn fmt::Display) -> Error {
    Error::Unwritable { format: format.name(), reason: error.to_string() }
}

#[cfg(feature = "json")]
fn from_json(text: &str) -> Result<Unchecked> {
    serde_json::from_str(text).map_err(|error| {
        let reason = error.to_string();
        // Where it is stands in fields of its own.
        let reason = reason.rsplit_once(" at line ").map_or(reason.as_str(), |(reason, _)| reason).to_owned();
        let at = |number: usize| (error.line() > 0).then_some(number);
        Error::Unreadable { format: Format::Json.name(), line: at(error.line()), column: at(error.column()), reason }
    })
}

#[cfg(feature = "toml")]
fn from_toml(text: &str) -> Result<Unchecked> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.map(|before| before.matches('\n').count() + 1);
        let column = before.map(|before| before.rsplit('\n').next().unwrap_or_default().chars().count() + 1);
        Error::Unreadable { format: Format::Toml.name(), line, column, reason: error.message().to_owned() }
    })
}

#[cfg(feature = "yaml")]
fn from_yaml(text: &str) -> Result<Unchecked> {
    use serde_saphyr::{DefaultMessageFormatter, MessageFormatter};

    serde_saphyr::from_str(text).map_err(|error: serde_saphyr::Error| {
        let location = error.location();
        let number = |number: u64| usize::try_from(number).ok().filter(|number| *number > 0);
        let message = DefaultMessageFormatter.format_message(error.without_snippet());
        Error::Unreadable {
            format: Format::Yaml.name(),
            line: location.and_then(|location| number(location.line())),
            column: location.and_then(|location| number(location.column())),
            reason: message.into_owned(),
        }
    })
}
