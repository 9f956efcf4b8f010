//! [`KeySchema`]: a key type at run time, without its Rust type.

use std::fmt;

use crate::{Error, FieldKind, KeyField, Result, codec};

/// What a dataset's metadata folder is called behind the dataset's own name.
pub(crate) const METADATA_SUFFIX: &str = "_opdmd";

/// The shape of a key type: enough to make and take apart paths without the Rust type.
///
/// ```
/// use varvite_key::{Key, toplevel};
/// #[toplevel]
/// struct Bar {
///     symbol: String,
///     minutes: u32,
/// }
/// let schema = Bar::schema();
/// assert_eq!(schema.to_string(), "Bar(symbol: text, minutes: integer)");
/// assert_eq!(schema.fields_of("AAPL-5")?, [("symbol", "AAPL".to_owned()), ("minutes", "5".to_owned())]);
/// # Ok::<(), varvite_key::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct KeySchema {
    /// The key type's name on disk.
    pub name: String,
    /// What stands between the fields of a level.
    pub fields_sep: String,
    /// Whether values that a path cannot hold plainly are refused instead of escaped.
    pub strict: bool,
    /// The levels from the top down; never empty.
    pub levels: Vec<LevelSchema>,
}

/// One level of a key type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LevelSchema {
    /// The level's struct.
    pub name: String,
    /// Its fields in order, without the next level.
    pub fields: Vec<FieldSchema>,
}

/// One field of a key type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FieldSchema {
    /// The field's name.
    pub name: String,
    /// What its values are.
    pub kind: FieldKind,
}

impl LevelSchema {
    /// A level without fields yet.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), fields: Vec::new() }
    }
}

impl FieldSchema {
    /// A field with values of type `T`.
    pub fn of<T: KeyField>(name: &str) -> Self {
        Self { name: name.to_owned(), kind: T::KIND }
    }
}

impl KeySchema {
    /// Number of levels, which is the number of folders of a path.
    pub fn depth(&self) -> usize {
        self.levels.len()
    }

    /// The names of all fields, from the top down.
    pub fn field_names(&self) -> impl Iterator<Item = &str> {
        self.levels.iter().flat_map(|level| &level.fields).map(|field| field.name.as_str())
    }

    /// The fields in `path` with their values' text, from the top down.
    ///
    /// # Errors
    /// [`Error::NotAKey`] if no key of this type has the path.
    pub fn fields_of(&self, path: &str) -> Result<Vec<(&str, String)>> {
        Ok(self.field_names().zip(self.split(path)?.into_iter().flatten()).collect())
    }

    /// The fields of the level at `depth`, counted from 0, in the name of a folder: a part of [`fields_of`](Self::fields_of).
    ///
    /// # Errors
    /// [`Error::NotAKey`] if no key of this type has such a folder there.
    pub fn fields_of_level(&self, depth: usize, folder: &str) -> Result<Vec<(&str, String)>> {
        let none = || self.not_a_key(folder, format!("keys have {} levels", self.depth()));
        let level = self.levels.get(depth).ok_or_else(none)?;
        let names = level.fields.iter().map(|field| field.name.as_str());
        Ok(names.zip(self.split_level(folder, folder, level)?).collect())
    }

    /// The path of these values' texts, given level by level.
    ///
    /// # Errors
    /// [`Error::EmptyValue`], [`Error::Forbidden`], [`Error::TooLong`] as for a typed key; [`Error::NotAKey`] if the
    /// number of levels or values is another, or a text is no value of its field.
    pub fn path_of(&self, values: &[Vec<String>]) -> Result<String> {
        let path = self.join(values)?.join("/");
        if values.len() != self.depth() || self.split(&path)? != values {
            return Err(self.not_a_key(&path, "the values do not fit the levels".to_owned()));
        }
        Ok(path)
    }

    /// Whether both types could give the same path, or one a folder inside a dataset of the other.
    pub fn may_share_paths(&self, other: &Self) -> bool {
        let told_apart = |(a, b): (&LevelSchema, &LevelSchema)| a.fields.len() != b.fields.len();
        let same_spelling = self.fields_sep == other.fields_sep && self.strict == other.strict;
        !(same_spelling && self.levels.iter().zip(&other.levels).any(told_apart))
    }

    /// Whether both types give the same paths for the same values, whatever their fields are called.
    pub fn same_paths(&self, other: &Self) -> bool {
        let kinds = |schema: &Self| -> Vec<Vec<FieldKind>> {
            schema.levels.iter().map(|level| level.fields.iter().map(|field| field.kind).collect()).collect()
        };
        self.fields_sep == other.fields_sep && self.strict == other.strict && kinds(self) == kinds(other)
    }

    /// The values' texts in `path`, level by level.
    pub(crate) fn split(&self, path: &str) -> Result<Vec<Vec<String>>> {
        let names: Vec<&str> = path.split('/').collect();
        if names.len() != self.depth() {
            return Err(self.not_a_key(path, format!("it has {} levels, not {}", names.len(), self.depth())));
        }
        names.into_iter().zip(&self.levels).map(|(name, level)| self.split_level(path, name, level)).collect()
    }

    fn split_level(&self, path: &str, name: &str, level: &LevelSchema) -> Result<Vec<String>> {
        let values = if self.strict {
            Some(name.split(&self.fields_sep).map(str::to_owned).collect())
        } else {
            codec::decode(name, &self.fields_sep)
        };
        let values: Vec<String> = values
            .ok_or_else(|| self.not_a_key(path, format!("`{}` is not how a key writes it", name.escape_debug())))?;
        if values.len() != level.fields.len() {
            let reason = format!("`{name}` holds {} fields, not {}", values.len(), level.fields.len());
            return Err(self.not_a_key(path, reason));
        }
        for (field, value) in level.fields.iter().zip(&values) {
            if !field.kind.takes(value) {
                let reason = format!("`{value}` is no {} for field `{}`", field.kind, field.name);
                return Err(self.not_a_key(path, reason));
            }
        }
        let written = self.join_level(&values, level).map_err(|error| self.not_a_key(path, error.to_string()))?;
        if written == name { Ok(values) } else { Err(self.not_a_key(path, format!("a key writes `{written}`"))) }
    }

    /// The folder names of these values, level by level; checks them.
    pub(crate) fn join(&self, values: &[Vec<String>]) -> Result<Vec<String>> {
        values.iter().zip(&self.levels).map(|(values, level)| self.join_level(values, level)).collect()
    }

    fn join_level(&self, values: &[String], level: &LevelSchema) -> Result<String> {
        let named = || level.fields.iter().map(|field| &field.name).zip(values);
        if let Some((field, _)) = named().find(|(_, value)| value.is_empty()) {
            return Err(Error::EmptyValue { field: field.clone() });
        }
        let texts = values.iter().map(String::as_str);
        let name = if self.strict {
            let forbidden = |field: &String, value: &String, reason: String| Error::Forbidden {
                field: field.clone(),
                value: value.clone(),
                reason,
            };
            for (field, value) in named() {
                if let Some(reason) = codec::refusal(value, &self.fields_sep) {
                    return Err(forbidden(field, value, reason));
                }
            }
            let name = codec::join_strict(texts, &self.fields_sep);
            if let (Some(reason), Some((field, value))) =
                (codec::refusal_of_name(&name, values, &self.fields_sep), named().next())
            {
                return Err(forbidden(field, value, reason.to_owned()));
            }
            name
        } else {
            codec::encode(texts, &self.fields_sep)
        };
        if name.len() > codec::MAX_NAME {
            return Err(Error::TooLong { level: level.name.clone(), len: name.len(), limit: codec::MAX_NAME });
        }
        Ok(name)
    }

    /// The path that the text of a key stands for: the same names, joined by `/` where a level ends.
    pub(crate) fn path_of_text(&self, text: &str) -> Result<String> {
        let mut values = text.split(&self.fields_sep);
        let names: Vec<String> = self
            .levels
            .iter()
            .map(|level| values.by_ref().take(level.fields.len()).collect::<Vec<_>>().join(&self.fields_sep))
            .collect();
        if values.next().is_some() {
            return Err(self.not_a_key(text, format!("it holds more than {} fields", self.field_names().count())));
        }
        Ok(names.join("/"))
    }

    pub(crate) fn not_a_key(&self, text: &str, reason: String) -> Error {
        Error::NotAKey { text: text.to_owned(), key: self.to_string(), reason }
    }
}

impl fmt::Display for KeySchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for (at, level) in self.levels.iter().enumerate() {
            let fields: Vec<String> =
                level.fields.iter().map(|field| format!("{}: {}", field.name, field.kind)).collect();
            let slash = if at > 0 { " / " } else { "" };
            let name = if at > 0 { level.name.as_str() } else { "" };
            write!(f, "{slash}{name}({})", fields.join(", "))?;
        }
        Ok(())
    }
}
