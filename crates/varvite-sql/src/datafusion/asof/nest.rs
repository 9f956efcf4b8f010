//! Makes each `ASOF JOIN` a relation of its own: the engine lets us plan relations, and not joins. Pure.

use datafusion::sql::sqlparser::ast::{Join, JoinOperator, TableFactor, TableWithJoins};

/// `a ASOF JOIN b ... JOIN c` becomes `(a ASOF JOIN b ...) JOIN c`, and what stands before an `ASOF JOIN` its left side.
pub(in super::super) fn nest(from: &mut TableWithJoins) {
    if !from.joins.iter().any(is_asof) {
        return;
    }
    let joins = std::mem::take(&mut from.joins);
    for join in joins {
        let is_asof = is_asof(&join);
        from.joins.push(join);
        if is_asof {
            from.relation = parenthesized(with_left_alone(from));
            from.joins.clear();
        }
    }
}

/// Whether this is one `ASOF JOIN` and nothing else.
pub(in super::super) fn is_nested(from: &TableWithJoins) -> bool {
    matches!(from.joins.as_slice(), [join] if is_asof(join))
}

fn is_asof(join: &Join) -> bool {
    matches!(join.join_operator, JoinOperator::AsOf { .. })
}

/// The last join, with all before it as one relation.
fn with_left_alone(from: &TableWithJoins) -> TableWithJoins {
    let mut left = from.clone();
    let last = left.joins.pop().into_iter().collect();
    let relation = if left.joins.is_empty() { left.relation } else { parenthesized(left) };
    TableWithJoins { relation, joins: last }
}

fn parenthesized(from: TableWithJoins) -> TableFactor {
    TableFactor::NestedJoin { table_with_joins: Box::new(from), alias: None }
}
