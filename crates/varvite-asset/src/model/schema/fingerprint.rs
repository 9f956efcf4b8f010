//! Whether two schemas store the same: a fingerprint, and what differs in words.

use xxhash_rust::xxh3::xxh3_128;

use super::{AssetKind, Column, ModelSchema, type_text};

impl ModelSchema {
    /// What is stored, as 32 hexadecimal digits: equal if and only if kind, time column, keys and the columns in their
    /// order, with type and nullability, are. Name, version, resolution, defaults and checks are not in it.
    ///
    /// It is the XXH3 hash of 128 bits of a text that never changes: a line `varvite model 1`; `kind feature`, `kind lake` or
    /// `kind persistent`; `time` and its name, if there is one; a line `key` and its name for each key; a line `column`,
    /// name and type for each column, as in `column humidity f64?`. Each line ends with a line feed.
    pub fn fingerprint(&self) -> String {
        let mut lines = vec!["varvite model 1".to_owned(), format!("kind {}", kind(self.kind))];
        lines.extend(self.time.iter().map(|time| format!("time {}", type_text::name(time))));
        lines.extend(self.keys.iter().map(|key| format!("key {}", type_text::name(key))));
        let column = |column: &Column| format!("column {} {}", type_text::name(&column.name), type_of(column));
        lines.extend(self.columns.iter().map(column));
        let text: String = lines.into_iter().map(|line| line + "\n").collect();
        format!("{:032x}", xxh3_128(text.as_bytes()))
    }

    /// What `other` stores differently, in words, this one being the older; nothing if the fingerprints are equal.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut found = Vec::new();
        if kind(self.kind) != kind(other.kind) {
            found.push(format!("the asset was a {} one, and is a {} one", kind(self.kind), kind(other.kind)));
        }
        if self.time != other.time {
            let text = |time: &Option<String>| time.as_ref().map_or("none".to_owned(), |time| format!("`{time}`"));
            found.push(format!("the time column was {}, and is {}", text(&self.time), text(&other.time)));
        }
        if self.keys != other.keys {
            let text = |keys: &[String]| if keys.is_empty() { "none".to_owned() } else { keys.join(", ") };
            found.push(format!("partition keys were {}, and are {}", text(&self.keys), text(&other.keys)));
        }
        let before = found.len();
        for column in &self.columns {
            match other.column(&column.name) {
                None => found.push(format!("column `{}` is gone", column.name)),
                Some(now) if type_of(column) != type_of(now) => {
                    found.push(format!("column `{}` was {}, and is {}", column.name, type_of(column), type_of(now)));
                }
                Some(_) => {}
            }
        }
        let new = other.columns.iter().filter(|column| self.column(&column.name).is_none());
        found.extend(new.map(|column| format!("column `{}` ({}) is new", column.name, type_of(column))));
        if found.len() == before && names(self) != names(other) {
            found.push(format!("the order of columns was {}, and is {}", names(self), names(other)));
        }
        found
    }
}

/// The kind alone.
pub(super) fn kind(kind: AssetKind) -> &'static str {
    match kind {
        AssetKind::Feature { .. } => "feature",
        AssetKind::Lake => "lake",
        AssetKind::Persistent => "persistent",
    }
}

/// A column's type as text; Arrow's, for one that no model has.
fn type_of(column: &Column) -> String {
    let text = type_text::write(&column.data_type, column.nullable);
    text.unwrap_or_else(|| format!("{}{}", column.data_type, if column.nullable { "?" } else { "" }))
}

fn names(schema: &ModelSchema) -> String {
    schema.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
}
