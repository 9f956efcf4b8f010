//! Config: values that choose among variants of nodes when a graph is built.

use std::collections::BTreeMap;

use crate::value::Value;

/// Config values by key.
pub type Config = BTreeMap<String, Value>;

/// A condition on the config. A key that is absent is null.
#[derive(Debug, Clone, PartialEq)]
pub enum When {
    /// The key has this value.
    Is(String, Value),
    /// The key has another value.
    IsNot(String, Value),
    /// The key has one of these values.
    In(String, Vec<Value>),
    /// The key has none of these values.
    NotIn(String, Vec<Value>),
}

impl When {
    /// The key that it looks at.
    pub fn key(&self) -> &str {
        match self {
            Self::Is(key, _) | Self::IsNot(key, _) | Self::In(key, _) | Self::NotIn(key, _) => key,
        }
    }

    /// Whether the config meets it.
    pub fn holds(&self, config: &Config) -> bool {
        let found = config.get(self.key()).unwrap_or(&Value::Null);
        match self {
            Self::Is(_, wanted) => found == wanted,
            Self::IsNot(_, wanted) => found != wanted,
            Self::In(_, wanted) => wanted.contains(found),
            Self::NotIn(_, wanted) => !wanted.contains(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_key_is_null() {
        let config = Config::from([("r".to_owned(), Value::from("uk"))]);
        assert!(When::Is("r".to_owned(), "uk".into()).holds(&config));
        assert!(When::IsNot("s".to_owned(), "uk".into()).holds(&config));
        assert!(When::Is("s".to_owned(), Value::Null).holds(&config));
        assert!(!When::NotIn("r".to_owned(), vec!["uk".into()]).holds(&config));
    }
}
