//! Which columns are read: those that are wanted and those that it takes to choose rows, as far as they are stored.

use arrow::datatypes::Schema;

use crate::collection::columns_of;
use crate::{ColumnDefault, Error, Result, Want};

/// The columns of a version that a field needs. Of an earlier version all: what its rows become may need them.
pub(super) fn wanted(want: &Want, version: u32) -> Vec<String> {
    let Some(model) = want.schemas.get(&version) else { return Vec::new() };
    let selected = want.columns.as_ref().filter(|_| version == want.version);
    let mut also: Vec<&str> = model.time.as_deref().into_iter().collect();
    if let Some(filter) = &want.filter {
        columns_of(filter, &mut also);
    }
    let names = model.columns.iter().map(|column| &column.name);
    let is_needed = |name: &String| match selected {
        None => true,
        Some(selected) => selected.contains(name) || also.contains(&name.as_str()),
    };
    names.filter(|name| is_needed(name)).cloned().collect()
}

/// Those of the wanted columns that a dataset has.
///
/// # Errors
/// [`Error::SchemaMismatch`] names the absent ones that have no default.
pub(super) fn columns_of_part(want: &Want, version: u32, stored: &Schema) -> Result<Vec<String>> {
    let mut columns = wanted(want, version);
    let is_required = |name: &String| {
        let column = want.schemas.get(&version).and_then(|model| model.column(name));
        column.is_some_and(|column| column.default == ColumnDefault::Required)
    };
    let is_stored = |name: &String| stored.index_of(name).is_ok();
    let absent: Vec<_> = columns.iter().filter(|name| !is_stored(name) && is_required(name)).cloned().collect();
    if !absent.is_empty() {
        let reason = format!("version {version} is stored without `{}`, which has no default", absent.join("`, `"));
        return Err(Error::SchemaMismatch { asset: want.label(), reason });
    }
    columns.retain(is_stored);
    Ok(columns)
}
