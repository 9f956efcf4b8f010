//! [`Relations`]: plans `a ASOF JOIN b MATCH_CONDITION (...) ON ...`, which `nest` has made a relation.

use std::sync::Arc;

use datafusion::common::{Column, DFSchema, DataFusionError, Result as Outcome};
use datafusion::logical_expr::planner::{PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning};
use datafusion::logical_expr::type_coercion::binary::comparison_coercion;
use datafusion::logical_expr::utils::split_conjunction_owned;
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, Extension, LogicalPlan, LogicalPlanBuilder, Operator};
use datafusion::sql::sqlparser::ast::{Expr as Written, JoinConstraint, JoinOperator, ObjectName, TableFactor};

use super::Nearness;
use super::nest::is_nested;
use super::node::AsOfNode;
use crate::Error;
use crate::datafusion::ENGINE;

/// What an `ASOF JOIN` is, where one is something else.
const MATCH: &str = "its MATCH_CONDITION is one comparison of a value of the left with one of the right, \
                     by >=, >, <= or <, like `(a.ts >= b.ts)`";
const ON: &str = "what stands after ON is `=` between values of the left and of the right, joined by AND, like \
                  `a.k = b.k`; put other conditions into WHERE, or into a subquery in the place of a side";

/// Plans relations that are one `ASOF JOIN`.
#[derive(Debug)]
pub(in super::super) struct Relations;

impl RelationPlanner for Relations {
    fn plan_relation(
        &self,
        relation: TableFactor,
        context: &mut dyn RelationPlannerContext,
    ) -> Outcome<RelationPlanning> {
        let (mut joined, alias) = match relation {
            TableFactor::NestedJoin { table_with_joins, alias } if is_nested(&table_with_joins) => {
                (*table_with_joins, alias)
            }
            other => return Ok(RelationPlanning::Original(Box::new(other))),
        };
        let Some(join) = joined.joins.pop() else { return Err(refused(MATCH)) };
        let JoinOperator::AsOf { match_condition, constraint } = join.join_operator else { return Err(refused(MATCH)) };
        if matches!(join.relation, TableFactor::Derived { lateral: true, .. } | TableFactor::UNNEST { .. }) {
            return Err(refused("its right side is a table or a query, and cannot be LATERAL"));
        }
        let sides = Sides::try_new(context.plan(joined.relation)?, context.plan(join.relation)?)?;
        let plan = sides.plan(match_condition, constraint, context)?;
        Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(plan, alias))))
    }
}

/// What is joined.
struct Sides {
    left: LogicalPlan,
    right: LogicalPlan,
    both: DFSchema,
}

impl Sides {
    fn try_new(left: LogicalPlan, right: LogicalPlan) -> Outcome<Self> {
        let both = left.schema().join(right.schema())?;
        Ok(Self { left, right, both })
    }

    fn plan(
        self,
        condition: Written,
        constraint: JoinConstraint,
        context: &mut dyn RelationPlannerContext,
    ) -> Outcome<LogicalPlan> {
        let (time, nearness) = self.time(context.sql_to_expr(condition, &self.both)?)?;
        let mut hidden = Vec::new();
        let keys = match constraint {
            JoinConstraint::None => Vec::new(),
            JoinConstraint::On(condition) => self.keys(context.sql_to_expr(condition, &self.both)?)?,
            JoinConstraint::Using(names) => {
                let keys = names.iter().map(|name| self.using(name, context)).collect::<Outcome<Vec<_>>>()?;
                hidden = keys.iter().map(|(_, right)| right.clone()).collect();
                let column = |(left, right)| (Expr::Column(left), Expr::Column(right));
                keys.into_iter().map(column).map(|pair| self.comparable(pair)).collect::<Outcome<_>>()?
            }
            JoinConstraint::Natural => return Err(refused(ON)),
        };
        let node = AsOfNode::try_new(self.left, self.right, keys, time, nearness)?;
        let plan = LogicalPlan::Extension(Extension { node: Arc::new(node) });
        if hidden.is_empty() {
            return Ok(plan);
        }
        // A column of USING is there once: as the left has it.
        let columns = plan.schema().columns().into_iter().filter(|column| !hidden.contains(column));
        let columns: Vec<Expr> = columns.map(Expr::Column).collect();
        LogicalPlanBuilder::from(plan).project(columns)?.build()
    }

    /// What is near, the left first.
    fn time(&self, condition: Expr) -> Outcome<((Expr, Expr), Nearness)> {
        let Expr::BinaryExpr(BinaryExpr { left, op, right }) = condition else { return Err(refused(MATCH)) };
        let (pair, is_turned) = self.pair(*left, *right).ok_or_else(|| refused(MATCH))?;
        let nearness = match (op, is_turned) {
            (Operator::GtEq, false) | (Operator::LtEq, true) => Nearness::Until,
            (Operator::Gt, false) | (Operator::Lt, true) => Nearness::Before,
            (Operator::LtEq, false) | (Operator::GtEq, true) => Nearness::From,
            (Operator::Lt, false) | (Operator::Gt, true) => Nearness::After,
            _ => return Err(refused(MATCH)),
        };
        Ok((self.comparable(pair)?, nearness))
    }

    /// What is equal, the left first.
    fn keys(&self, condition: Expr) -> Outcome<Vec<(Expr, Expr)>> {
        let key = |part| match part {
            Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => {
                let (pair, _) = self.pair(*left, *right).ok_or_else(|| refused(ON))?;
                self.comparable(pair)
            }
            _ => Err(refused(ON)),
        };
        split_conjunction_owned(condition).into_iter().map(key).collect()
    }

    fn using(&self, name: &ObjectName, context: &dyn RelationPlannerContext) -> Outcome<(Column, Column)> {
        let name = match name.0.as_slice() {
            [name] => name.as_ident().map(|name| context.normalize_ident(name.clone())),
            _ => None,
        };
        let name = name.ok_or_else(|| refused("USING names columns of both sides, like `USING (k)`"))?;
        let of = |side: &LogicalPlan| side.schema().qualified_field_with_unqualified_name(&name).map(Column::from);
        Ok((of(&self.left)?, of(&self.right)?))
    }

    /// Two values as those of the left and the right, and whether they had to be turned.
    fn pair(&self, one: Expr, other: Expr) -> Option<((Expr, Expr), bool)> {
        let is_of = |expr: &Expr, side: &LogicalPlan| is_of(expr, side.schema());
        if is_of(&one, &self.left) && is_of(&other, &self.right) {
            Some(((one, other), false))
        } else if is_of(&other, &self.left) && is_of(&one, &self.right) {
            Some(((other, one), true))
        } else {
            None
        }
    }

    /// The same with one type.
    fn comparable(&self, (left, right): (Expr, Expr)) -> Outcome<(Expr, Expr)> {
        let (of_left, of_right) = (left.get_type(self.left.schema())?, right.get_type(self.right.schema())?);
        let common = comparison_coercion(&of_left, &of_right).filter(|common| !common.is_nested() && !common.is_null());
        let common = common.ok_or_else(|| {
            refused(&format!("`{left}` is {of_left} and `{right}` is {of_right}, which cannot be ordered together"))
        })?;
        Ok((left.cast_to(&common, self.left.schema())?, right.cast_to(&common, self.right.schema())?))
    }
}

/// Whether a value comes from columns of this side, and from nothing else.
pub(super) fn is_of(expr: &Expr, side: &DFSchema) -> bool {
    let columns = expr.column_refs();
    let is_other = |part: &Expr| {
        let is_query = matches!(part, Expr::ScalarSubquery(_) | Expr::InSubquery(_) | Expr::Exists(_));
        let is_of_rows = matches!(part, Expr::AggregateFunction(_) | Expr::WindowFunction(_) | Expr::Unnest(_));
        Ok(is_query || is_of_rows || matches!(part, Expr::OuterReferenceColumn(..)))
    };
    let is_plain =
        !expr.is_volatile() && !datafusion::common::tree_node::TreeNode::exists(expr, is_other).unwrap_or(true);
    is_plain && !columns.is_empty() && columns.into_iter().all(|column| side.has_column(column))
}

fn refused(reason: &str) -> DataFusionError {
    let reason = format!("ASOF JOIN: {reason}");
    DataFusionError::External(Box::new(Error::Refused { engine: ENGINE, reason }))
}
