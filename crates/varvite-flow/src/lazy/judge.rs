//! What Polars says of an expression before it computes anything.

use polars::prelude::{DataType, Expr, Schema};
use polars_plan::prelude::{Arena, ExprToIRContext, is_elementwise_rec, to_expr_ir};

use crate::function::{Failure, caught};

/// The type of its values in rows of these columns.
pub(super) fn type_of(expr: &Expr, schema: &Schema) -> Result<DataType, String> {
    asked(|| Ok(expr.to_field(schema).map_err(|error| error.to_string())?.dtype))
}

/// Whether a row's value comes from that row alone. Aggregates, `shift`, `over`, rolling and cumulative functions, sorting,
/// filters, slices and literals with several values look at other rows; of functions of users, Polars believes what
/// they say of themselves.
pub(super) fn is_by_row(expr: &Expr, schema: &Schema) -> Result<bool, String> {
    asked(|| {
        let mut arena = Arena::new();
        let mut context = ExprToIRContext::new_with_fields(&mut arena, schema);
        context.allow_unknown = true;
        let node = to_expr_ir(expr.clone(), &mut context).map_err(|error| error.to_string())?.node();
        Ok(is_elementwise_rec(node, &arena))
    })
}

/// Asks Polars, which asks functions of users for their types: these may panic.
pub(super) fn asked<T>(ask: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    caught(|| ask().map_err(Failure::said)).map_err(|failure| failure.message)
}
