//! Names of columns as they are given on the command line.

use arrow::datatypes::Schema;
use varvite::dataset::{ColumnPath, Settings};

/// The column that `text` names: one at the top if there is one of that very name, else a field inside structs,
/// written `event.ts`.
pub(super) fn parse(text: &str, schema: Option<&Schema>, stored: Option<&Settings>) -> ColumnPath {
    if let Some(stored) = stored.map(|settings| &settings.ordered_on).filter(|column| column.to_string() == text) {
        return stored.clone();
    }
    let at_the_top = schema.is_some_and(|schema| schema.column_with_name(text).is_some());
    let parts: Vec<String> = text.split('.').map(str::to_owned).collect();
    if at_the_top || parts.iter().any(String::is_empty) {
        return text.into();
    }
    ColumnPath::try_from(parts).unwrap_or_else(|_| text.into())
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, Field};

    use super::*;

    #[test]
    fn a_column_of_that_very_name_comes_first() {
        let schema = Schema::new(vec![Field::new("a.b", DataType::Int64, true)]);
        assert_eq!(parse("a.b", Some(&schema), None), ColumnPath::from("a.b"));
        assert_eq!(parse("a.b", None, None), ColumnPath::from(["a", "b"]));
    }

    #[test]
    fn the_stored_column_is_meant_by_its_text() {
        let settings = Settings::new("event.ts");
        assert_eq!(parse("event.ts", None, Some(&settings)), ColumnPath::from("event.ts"));
    }
}
