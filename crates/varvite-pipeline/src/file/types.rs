//! [`Types`] of the columns of a text file, [`CsvOptions`].

use arrow::datatypes::SchemaRef;

/// Where the types of a text file's columns come from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Types {
    /// From what all rows of the file hold: it is read once more for that. The report of a job says what was found.
    #[default]
    Inferred,
    /// From here: these columns, in this order, are found by name; others are left out.
    Declared(SchemaRef),
}

impl From<SchemaRef> for Types {
    fn from(schema: SchemaRef) -> Self {
        Self::Declared(schema)
    }
}

/// How a file of comma-separated values is read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CsvOptions {
    /// What stands between values. Default: a comma.
    pub delimiter: u8,
    /// Where types come from. Default: they are inferred.
    pub types: Types,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self { delimiter: b',', types: Types::default() }
    }
}

impl CsvOptions {
    /// Sets what stands between values, such as `b';'` or `b'\t'`.
    pub fn with_delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = delimiter;
        self
    }

    /// Sets where types come from.
    pub fn with_types(mut self, types: impl Into<Types>) -> Self {
        self.types = types.into();
        self
    }
}
