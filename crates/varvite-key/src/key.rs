//! [`Key`]: a whole key, from the top level down.

use std::fmt;
use std::hash::Hash;
use std::str::FromStr;

use crate::level::{Reader, Values};
use crate::{Error, KeySchema, Level, Result};

/// A typed key: implemented by `#[toplevel]`.
///
/// Keys compare field by field, numbers as numbers, the top level first.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no key",
    note = "put `#[toplevel]` on the struct; a `#[sublevel]` is only a part of a key"
)]
pub trait Key: Level + Clone + Ord + Hash + fmt::Debug + fmt::Display + FromStr<Err = Error> + Send + Sync {
    /// The key type's name on disk.
    const NAME: &'static str;
    /// Number of levels, which is the number of folders of a path.
    const DEPTH: usize;
    /// What stands between the fields of a level.
    const FIELDS_SEP: &'static str;
    /// Whether values that a path cannot hold plainly are refused instead of escaped.
    const STRICT: bool;

    /// The key type at run time.
    fn schema() -> KeySchema {
        let mut levels = Vec::new();
        Self::describe(&mut levels);
        KeySchema { name: Self::NAME.to_owned(), fields_sep: Self::FIELDS_SEP.to_owned(), strict: Self::STRICT, levels }
    }

    /// The key's path: one folder a level, separated by `/` on every platform, relative to a store's root.
    fn to_path(&self) -> String {
        names(self).unwrap_or_default().join("/")
    }

    /// The key that has this path: the exact inverse of [`to_path`](Self::to_path).
    ///
    /// # Errors
    /// [`Error::NotAKey`] says what does not fit.
    fn from_path(path: &str) -> Result<Self> {
        Self::from_path_with(&Self::schema(), path)
    }

    /// [`from_path`](Self::from_path) with a schema at hand: for those who parse many paths.
    ///
    /// # Errors
    /// As `from_path`.
    fn from_path_with(schema: &KeySchema, path: &str) -> Result<Self> {
        Self::read(&mut Reader::new(schema, path)?)
    }

    /// The fields with their values' text, from the top down.
    fn fields(&self) -> Vec<(String, String)> {
        let mut values = Values::default();
        self.write(&mut values);
        Self::schema().field_names().map(str::to_owned).zip(values.levels().iter().flatten().cloned()).collect()
    }

    /// Checks what `new` checks: only a struct literal in the key's own module can get around that.
    ///
    /// # Errors
    /// The first value that is empty or that a path cannot hold.
    fn check(&self) -> Result<()> {
        names(self).map(drop)
    }
}

/// The folder names of a key, level by level.
fn names<K: Key>(key: &K) -> Result<Vec<String>> {
    let mut values = Values::default();
    key.write(&mut values);
    K::schema().join(values.levels())
}

/// Checks what can be checked of a level without knowing the key type that it belongs to.
///
/// # Errors
/// [`Error::EmptyValue`] names the field.
pub fn check_level<L: Level>(level: &L) -> Result<()> {
    let (mut values, mut levels) = (Values::default(), Vec::new());
    level.write(&mut values);
    L::describe(&mut levels);
    let named = levels.iter().flat_map(|level| &level.fields).zip(values.levels().iter().flatten());
    match named.into_iter().find(|(_, value)| value.is_empty()) {
        Some((field, _)) => Err(Error::EmptyValue { field: field.name.clone() }),
        None => Ok(()),
    }
}

/// The key's text: its folder names joined by the separator.
///
/// # Errors
/// Those of the formatter.
pub fn display<K: Key>(key: &K, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.pad(&names(key).unwrap_or_default().join(K::FIELDS_SEP))
}

/// The key that has this text.
///
/// # Errors
/// [`Error::NotAKey`] says what does not fit.
pub fn parse<K: Key>(text: &str) -> Result<K> {
    let schema = K::schema();
    let path = schema.path_of_text(text)?;
    K::from_path_with(&schema, &path)
}
