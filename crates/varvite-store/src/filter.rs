//! [`KeyFilter`]: which keys are wanted, by the names and texts of their fields.

use std::fmt;
use std::str::FromStr;

use varvite_key::KeySchema;

use crate::{Error, Result};

/// Keys whose fields have these texts. For filters in Rust's own terms, see [`Store::filter`](crate::Store::filter).
///
/// ```
/// use varvite_store::KeyFilter;
/// let filter = KeyFilter::default().with("symbol", "AAPL");
/// assert_eq!("symbol=AAPL".parse::<KeyFilter>()?, filter);
/// # Ok::<(), varvite_store::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyFilter {
    wanted: Vec<(String, String)>,
}

impl KeyFilter {
    /// Wants `field` to be `value`, too.
    #[allow(clippy::needless_pass_by_value, reason = "so that numbers and texts are given alike")]
    pub fn with(mut self, field: impl Into<String>, value: impl ToString) -> Self {
        self.wanted.push((field.into(), value.to_string()));
        self
    }

    /// Wants what both want.
    pub fn and(mut self, other: Self) -> Self {
        self.wanted.extend(other.wanted);
        self
    }

    /// Whether keys with these fields are wanted.
    pub fn matches<N: AsRef<str>>(&self, fields: &[(N, String)]) -> bool {
        self.wanted
            .iter()
            .all(|(name, wanted)| fields.iter().any(|(field, value)| field.as_ref() == name && value == wanted))
    }

    /// Whether keys with these fields may be wanted, whatever their other fields are.
    pub(crate) fn admits<N: AsRef<str>>(&self, some_fields: &[(N, String)]) -> bool {
        let differs = |(name, value): &(N, String)| {
            self.wanted.iter().any(|(field, wanted)| field == name.as_ref() && wanted != value)
        };
        !some_fields.iter().any(differs)
    }

    /// Checks that keys of this type have the fields.
    ///
    /// # Errors
    /// [`Error::UnknownField`] names the first that they do not have.
    pub fn check(&self, schema: &KeySchema) -> Result<()> {
        match self.wanted.iter().find(|(name, _)| !schema.field_names().any(|field| field == name)) {
            Some((field, _)) => Err(Error::UnknownField {
                field: field.clone(),
                known: schema.field_names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
            }),
            None => Ok(()),
        }
    }
}

impl FromStr for KeyFilter {
    type Err = Error;

    /// Reads `field=value`.
    fn from_str(text: &str) -> Result<Self> {
        match text.split_once('=') {
            Some((field, value)) => Ok(Self::default().with(field, value)),
            None => Err(Error::UnknownField { field: text.to_owned(), known: "the form `field=value`".to_owned() }),
        }
    }
}

impl fmt::Display for KeyFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.wanted.iter().map(|(field, value)| format!("{field}={value}")).collect();
        f.write_str(&texts.join(","))
    }
}
