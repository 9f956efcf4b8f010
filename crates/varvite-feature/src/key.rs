//! The keys under which groups and sources are stored.

use varvite_key::toplevel;

/// One version of a feature group: `users@1/`.
#[toplevel(fields_sep = "@")]
pub struct GroupKey {
    /// The group's name.
    name: String,
    /// Its version.
    version: u32,
}

/// A table that derived features read: `purchases/`.
#[toplevel]
pub struct SourceKey {
    /// The source's name.
    name: String,
}
