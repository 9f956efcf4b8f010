//! Whether a filter fits a model, before anything is read.

use super::Filter;
use crate::values::{Range, Set};
use crate::{Error, ModelSchema, Result};

impl Filter {
    /// Refuses columns that the model does not have, and values that have no place in them; all of them at once.
    ///
    /// # Errors
    /// [`Error::InvalidOption`] with what is wrong.
    pub fn validate(&self, schema: &ModelSchema) -> Result<()> {
        let mut problems = Vec::new();
        self.collect_problems(schema, &mut problems);
        if problems.is_empty() {
            return Ok(());
        }
        Err(Error::InvalidOption { option: "filter", reason: problems.join("; ") })
    }

    fn collect_problems(&self, schema: &ModelSchema, problems: &mut Vec<String>) {
        let (column, values) = match self {
            Self::All(filters) | Self::Any(filters) => {
                return filters.iter().for_each(|filter| filter.collect_problems(schema, problems));
            }
            Self::Not(filter) => return filter.collect_problems(schema, problems),
            Self::IsNull { column } => (column, None),
            Self::Compare { column, comparison, value } => {
                (column, Some((Some(*comparison), std::slice::from_ref(value))))
            }
            Self::OneOf { column, values } => (column, Some((None, values.as_slice()))),
        };
        let Some(known) = schema.column(column) else {
            problems.push(unknown(column, schema));
            return;
        };
        let fits = match values {
            None => Ok(()),
            Some((Some(comparison), values)) => {
                values.iter().try_for_each(|value| Range::of(&known.data_type, comparison, value).map(drop))
            }
            Some((None, values)) => Set::of(&known.data_type, values).map(drop),
        };
        problems.extend(fits.err().map(|reason| format!("column `{column}`: {reason}")));
    }
}

/// What to say about a column that a model does not have.
pub(crate) fn unknown(column: &str, schema: &ModelSchema) -> String {
    let names = schema.columns.iter().map(|column| column.name.as_str());
    let near = names.map(|name| (strsim::jaro_winkler(column, name), name)).filter(|(near, _)| *near > 0.8);
    if let Some((_, name)) = near.max_by(|one, other| one.0.total_cmp(&other.0)) {
        return format!("{} has no column `{column}`: do you mean `{name}`?", schema.label());
    }
    let names: Vec<String> = schema.columns.iter().map(|column| format!("`{}`", column.name)).collect();
    format!("{} has no column `{column}`: it has {}", schema.label(), names.join(", "))
}
