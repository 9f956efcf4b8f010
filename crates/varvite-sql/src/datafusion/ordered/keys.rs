//! The fields of keys as columns: values, and which datasets a filter on them lets through.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::{Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::{DFSchema, Result as Outcome, ScalarValue};
use datafusion::logical_expr::Expr;
use varvite_key::FieldKind;

use super::Pinned;
use crate::KeyColumn;

/// The value of a field, from its text.
pub(super) fn scalar(key: &KeyColumn, text: &str) -> ScalarValue {
    match key.kind {
        // Checked when the table was made.
        FieldKind::Integer => ScalarValue::Int64(text.parse().ok()),
        FieldKind::Bool => ScalarValue::Boolean(text.parse().ok()),
        _ => ScalarValue::Utf8(Some(text.to_owned())),
    }
}

/// Whether a filter is about fields of keys alone: then it says the same of all rows of a dataset.
pub(super) fn is_of_keys(filter: &Expr, keys: &[KeyColumn]) -> bool {
    let columns = filter.column_refs();
    !columns.is_empty()
        && columns.iter().all(|column| keys.iter().any(|key| key.name == column.name))
        && !filter.is_volatile()
}

/// The positions of the datasets that all filters let through.
pub(super) fn chosen(
    state: &dyn Session,
    filters: &[&Expr],
    keys: &[KeyColumn],
    schema: &SchemaRef,
    members: &[Arc<Pinned>],
) -> Outcome<Vec<usize>> {
    if filters.is_empty() || members.is_empty() {
        return Ok((0..members.len()).collect());
    }
    let fields: Vec<_> = schema.fields().iter().take(keys.len()).cloned().collect();
    let values = |at: usize| ScalarValue::iter_to_array(members.iter().map(|member| member.keys[at].clone()));
    let columns = (0..keys.len()).map(values).collect::<Outcome<Vec<ArrayRef>>>()?;
    let rows = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?;
    let of = DFSchema::try_from(rows.schema())?;
    let mut passes = vec![true; members.len()];
    for filter in filters {
        let bare = without_qualifiers((*filter).clone())?;
        let verdict = state.create_physical_expr(bare, &of)?.evaluate(&rows)?.into_array(members.len())?;
        keep(&mut passes, verdict.as_boolean());
    }
    Ok(passes.iter().enumerate().filter_map(|(at, passes)| passes.then_some(at)).collect())
}

fn keep(passes: &mut [bool], verdict: &BooleanArray) {
    for (at, passes) in passes.iter_mut().enumerate() {
        *passes &= verdict.is_valid(at) && verdict.value(at);
    }
}

/// The filter with columns by their names alone.
fn without_qualifiers(filter: Expr) -> Outcome<Expr> {
    use datafusion::common::tree_node::{Transformed, TreeNode};
    let bare = |expr: Expr| {
        Ok(match expr {
            Expr::Column(column) if column.relation.is_some() => {
                Transformed::yes(Expr::Column(datafusion::common::Column::new_unqualified(column.name)))
            }
            other => Transformed::no(other),
        })
    };
    filter.transform(bare).map(|transformed| transformed.data)
}
