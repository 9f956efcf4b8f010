//! [`PushBelow`]: conditions on rows of the left are asked before they are joined, those on keys on both sides.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, Result as Outcome};
use datafusion::logical_expr::utils::{conjunction, split_conjunction_owned};
use datafusion::logical_expr::{Expr, Extension, Filter, LogicalPlan, LogicalPlanBuilder};
use datafusion::optimizer::{ApplyOrder, OptimizerConfig, OptimizerRule};

use super::node::AsOfNode;
use super::relation::is_of;

/// A rule of the optimizer.
#[derive(Debug)]
pub(in super::super) struct PushBelow;

impl OptimizerRule for PushBelow {
    fn name(&self) -> &'static str {
        "push_below_asof_join"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::TopDown)
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Outcome<Transformed<LogicalPlan>> {
        let LogicalPlan::Filter(filter) = &plan else { return Ok(Transformed::no(plan)) };
        let LogicalPlan::Extension(Extension { node }) = filter.input.as_ref() else {
            return Ok(Transformed::no(plan));
        };
        let Some(node) = node.as_any().downcast_ref::<AsOfNode>() else { return Ok(Transformed::no(plan)) };
        let conditions = split_conjunction_owned(filter.predicate.clone());
        let (below, above): (Vec<_>, Vec<_>) = conditions.into_iter().partition(|part| is_of(part, node.left.schema()));
        if below.is_empty() {
            return Ok(Transformed::no(plan));
        }
        let joined = pushed(node, below)?;
        Ok(Transformed::yes(match conjunction(above) {
            Some(above) => LogicalPlan::Filter(Filter::try_new(above, Arc::new(joined))?),
            None => joined,
        }))
    }
}

/// The join of those rows for which this is true.
fn pushed(node: &AsOfNode, below: Vec<Expr>) -> Outcome<LogicalPlan> {
    let keys = same_columns(node);
    let of_keys = below.iter().filter(|part| part.column_refs().iter().all(|column| keys.contains_key(*column)));
    let of_right = of_keys.map(|part| on_right(part.clone(), &keys)).collect::<Outcome<Vec<_>>>()?;
    let filtered = |side: &LogicalPlan, parts: Vec<Expr>| match conjunction(parts) {
        Some(parts) => LogicalPlanBuilder::from(side.clone()).filter(parts)?.build(),
        None => Ok(side.clone()),
    };
    let (left, right) = (filtered(&node.left, below)?, filtered(&node.right, of_right)?);
    let node = AsOfNode::try_new(left, right, node.keys.clone(), node.time.clone(), node.nearness)?;
    Ok(LogicalPlan::Extension(Extension { node: Arc::new(node) }))
}

/// Keys that are columns of both sides as they stand there.
fn same_columns(node: &AsOfNode) -> HashMap<Column, Column> {
    let columns = node.keys.iter().filter_map(|(left, right)| Some((left.try_as_col()?, right.try_as_col()?)));
    columns.map(|(left, right)| (left.clone(), right.clone())).collect()
}

fn on_right(condition: Expr, keys: &HashMap<Column, Column>) -> Outcome<Expr> {
    let replaced = condition.transform(|part| {
        let key = part.try_as_col().and_then(|column| keys.get(column)).cloned();
        Ok(key.map_or(Transformed::no(part), |key| Transformed::yes(Expr::Column(key))))
    });
    replaced.map(|replaced| replaced.data)
}
