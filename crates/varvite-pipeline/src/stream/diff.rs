//! Which values of the ordered column have other rows in one table than in another. Pure.

use std::cmp::Ordering;
use std::ops::Range;

use arrow::array::{ArrayRef, RecordBatch, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::SchemaRef;
use arrow::row::{RowConverter, Rows, SortField};
use varvite_dataset::{ColumnPath, Ordered, OrderedValue};

use super::spans::Span;
use crate::{Error, Result};

/// Where `after` has other rows than `before`. Rows of the value `open` that stand behind all that were there are no
/// change.
pub(crate) fn changed(
    before: &RecordBatch,
    after: &RecordBatch,
    column: &ColumnPath,
    open: Option<&OrderedValue>,
) -> Result<Vec<Span>> {
    let before = Table::new(before, &after.schema(), column)?;
    let after = Table::new(after, &after.schema(), column)?;
    let mut spans: Vec<Span> = Vec::new();
    let mut grows = false;
    let (mut old, mut new) = (before.group(0), after.group(0));
    loop {
        let (value, old_rows, new_rows) = match (&old, &new) {
            (None, None) => return Ok(spans),
            (Some((value, rows)), None) => (value.clone(), rows.clone(), 0..0),
            (None, Some((value, rows))) => (value.clone(), 0..0, rows.clone()),
            (Some((one, old_rows)), Some((two, new_rows))) => match one.cmp(two) {
                Ordering::Less => (one.clone(), old_rows.clone(), 0..0),
                Ordering::Greater => (two.clone(), 0..0, new_rows.clone()),
                Ordering::Equal => (one.clone(), old_rows.clone(), new_rows.clone()),
            },
        };
        let may_be_longer = open == Some(&value);
        let fits = old_rows.len() == new_rows.len() || (may_be_longer && old_rows.len() < new_rows.len());
        let pairs = old_rows.clone().zip(new_rows.clone());
        let same = fits && pairs.into_iter().all(|(old, new)| before.rows.row(old) == after.rows.row(new));
        match spans.last_mut() {
            _ if same => grows = false,
            // Nothing lies between this value and the one before.
            Some(last) if grows => last.last = value,
            _ => {
                spans.push(Span::new(value.clone(), value));
                grows = true;
            }
        }
        if !old_rows.is_empty() {
            old = before.group(old_rows.end);
        }
        if !new_rows.is_empty() {
            new = after.group(new_rows.end);
        }
    }
}

struct Table {
    ordered: Ordered,
    rows: Rows,
}

impl Table {
    /// The rows of `batch` with the columns of `schema`, which may be more and wider.
    fn new(batch: &RecordBatch, schema: &SchemaRef, column: &ColumnPath) -> Result<Self> {
        let compare = Error::arrow("compare rows");
        let ordered = Ordered::try_new(batch, column).map_err(|source| Error::Dataset {
            job: String::new(),
            name: column.to_string(),
            source: Box::new(source),
        })?;
        let of_field = |field: &arrow::datatypes::FieldRef| -> Result<ArrayRef, arrow::error::ArrowError> {
            match batch.column_by_name(field.name()) {
                Some(found) if found.data_type() == field.data_type() => Ok(ArrayRef::clone(found)),
                Some(found) => cast(found, field.data_type()),
                None => Ok(new_null_array(field.data_type(), batch.num_rows())),
            }
        };
        let rows = || {
            let columns = schema.fields().iter().map(of_field).collect::<Result<Vec<_>, _>>()?;
            let fields = schema.fields().iter().map(|field| SortField::new(field.data_type().clone())).collect();
            RowConverter::new(fields)?.convert_columns(&columns)
        };
        Ok(Self { ordered, rows: rows().map_err(compare)? })
    }

    /// The value at `row`, and all rows from there on that have it.
    fn group(&self, row: usize) -> Option<(OrderedValue, Range<usize>)> {
        if row >= self.ordered.len() {
            return None;
        }
        let value = self.ordered.value(row);
        let end = self.ordered.upper_bound(&value);
        Some((value, row..end))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, StringArray};

    use super::*;

    fn table(rows: &[(i64, &str)]) -> RecordBatch {
        let at = Int64Array::from_iter_values(rows.iter().map(|row| row.0));
        let name = StringArray::from_iter_values(rows.iter().map(|row| row.1));
        RecordBatch::try_from_iter([("at", Arc::new(at) as ArrayRef), ("name", Arc::new(name))]).unwrap()
    }

    #[track_caller]
    fn check(before: &[(i64, &str)], after: &[(i64, &str)], open: Option<i64>, expected: &[(i64, i64)]) {
        let open = open.map(OrderedValue::from);
        let found = changed(&table(before), &table(after), &"at".into(), open.as_ref()).unwrap();
        let expected: Vec<Span> = expected.iter().map(|&(first, last)| Span::new(first.into(), last.into())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn equal_rows_are_no_change() {
        check(&[], &[], None, &[]);
        check(&[(1, "a"), (1, "b"), (2, "c")], &[(1, "a"), (1, "b"), (2, "c")], None, &[]);
    }

    #[test]
    fn rows_that_come_go_or_differ_are() {
        check(&[(1, "a"), (5, "b")], &[(1, "a"), (3, "x"), (5, "b")], None, &[(3, 3)]);
        check(&[(1, "a"), (3, "x"), (5, "b")], &[(1, "a"), (5, "b")], None, &[(3, 3)]);
        check(&[(1, "a"), (5, "b")], &[(1, "a"), (5, "c")], None, &[(5, 5)]);
        check(&[(1, "a"), (1, "b")], &[(1, "b"), (1, "a")], None, &[(1, 1)]);
        check(&[(1, "a")], &[(1, "a"), (1, "b")], None, &[(1, 1)]);
    }

    #[test]
    fn changes_beside_each_other_are_one() {
        check(
            &[(1, "a"), (2, "a"), (3, "a"), (9, "a")],
            &[(1, "b"), (2, "b"), (3, "a"), (4, "b"), (9, "b")],
            None,
            &[(1, 2), (4, 9)],
        );
    }

    #[test]
    fn the_open_value_may_get_more_rows() {
        check(&[(1, "a")], &[(1, "a"), (1, "b")], Some(1), &[]);
        check(&[], &[(1, "a")], Some(1), &[]);
        check(&[(1, "a")], &[(1, "b"), (1, "a")], Some(1), &[(1, 1)]);
        check(&[(1, "a"), (1, "b")], &[(1, "a")], Some(1), &[(1, 1)]);
    }

    #[test]
    fn columns_may_have_come_and_grown() {
        let before = RecordBatch::try_from_iter([("at", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef)]).unwrap();
        let named = StringArray::from(vec![None, Some("x")]);
        let columns = [("at", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef), ("name", Arc::new(named))];
        let after = RecordBatch::try_from_iter(columns).unwrap();
        let found = changed(&before, &after, &"at".into(), None).unwrap();
        assert_eq!(found, [Span::new(2.into(), 2.into())]);
    }
}
