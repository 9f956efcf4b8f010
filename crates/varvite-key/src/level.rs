//! [`Level`]: one struct of a key, and how its values get in and out.

use crate::{Error, KeyField, KeySchema, LevelSchema, Result};

/// One level of a key with those below it. Implemented by the macros.
pub trait Level: Sized {
    /// Appends this level and those below it.
    fn describe(levels: &mut Vec<LevelSchema>);

    /// Appends the texts of this level's values and of those below it.
    fn write(&self, values: &mut Values);

    /// Takes this level's values, and those of the levels below it, from a path that was taken apart.
    ///
    /// # Errors
    /// [`Error::NotAKey`] names the value that has no meaning.
    fn read(values: &mut Reader<'_>) -> Result<Self>;
}

/// The texts of a key's values, level by level.
#[derive(Debug, Default)]
pub struct Values(Vec<Vec<String>>);

impl Values {
    /// Begins the next level.
    pub fn open_level(&mut self) {
        self.0.push(Vec::new());
    }

    /// Appends a value to the level.
    pub fn push(&mut self, text: String) {
        if let Some(level) = self.0.last_mut() {
            level.push(text);
        }
    }

    pub(crate) fn levels(&self) -> &[Vec<String>] {
        &self.0
    }
}

/// The values of a path, taken one by one.
#[derive(Debug)]
pub struct Reader<'a> {
    schema: &'a KeySchema,
    path: &'a str,
    levels: std::vec::IntoIter<Vec<String>>,
    level: std::vec::IntoIter<String>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(schema: &'a KeySchema, path: &'a str) -> Result<Self> {
        Ok(Self { schema, path, levels: schema.split(path)?.into_iter(), level: Vec::new().into_iter() })
    }

    /// Goes on to the next level.
    pub fn open_level(&mut self) {
        self.level = self.levels.next().unwrap_or_default().into_iter();
    }

    /// The next value of the level.
    ///
    /// # Errors
    /// [`Error::NotAKey`] if the type has no value of this text, or writes it otherwise.
    pub fn value<T: KeyField>(&mut self, name: &str) -> Result<T> {
        let text = self.level.next().unwrap_or_default();
        let value = T::from_text(&text).filter(|value| value.to_text() == text);
        value.ok_or_else(|| self.invalid(name, &text))
    }

    fn invalid(&self, name: &str, text: &str) -> Error {
        self.schema.not_a_key(self.path, format!("field `{name}` cannot be `{text}`"))
    }
}
