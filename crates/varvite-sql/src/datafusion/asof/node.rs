//! [`AsOfNode`]: the join as a part of the engine's logical plan.

use std::cmp::Ordering;
use std::fmt;

use datafusion::common::{DFSchemaRef, DataFusionError, JoinType, Result as Outcome};
use datafusion::logical_expr::builder::build_join_schema;
use datafusion::logical_expr::{Expr, LogicalPlan, UserDefinedLogicalNodeCore};

use super::Nearness;

/// All rows of the left, each with the nearest row of the right that has its keys, or with nulls.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in super::super) struct AsOfNode {
    pub(in super::super) left: LogicalPlan,
    pub(in super::super) right: LogicalPlan,
    /// What is equal, of the left and of the right.
    pub(super) keys: Vec<(Expr, Expr)>,
    /// What is near.
    pub(super) time: (Expr, Expr),
    pub(super) nearness: Nearness,
    schema: DFSchemaRef,
}

impl AsOfNode {
    pub(super) fn try_new(
        left: LogicalPlan,
        right: LogicalPlan,
        keys: Vec<(Expr, Expr)>,
        time: (Expr, Expr),
        nearness: Nearness,
    ) -> Outcome<Self> {
        let schema = build_join_schema(left.schema(), right.schema(), &JoinType::Left)?.into();
        Ok(Self { left, right, keys, time, nearness, schema })
    }

    /// The keys and the time, in pairs.
    fn pairs(&self) -> impl Iterator<Item = &(Expr, Expr)> {
        self.keys.iter().chain([&self.time])
    }
}

impl PartialOrd for AsOfNode {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let parts = |node: &Self| (node.keys.clone(), node.time.clone(), node.nearness);
        let order = parts(self).partial_cmp(&parts(other))?;
        let order = order.then(self.left.partial_cmp(&other.left)?).then(self.right.partial_cmp(&other.right)?);
        Some(order).filter(|order| order.is_ne() || self == other)
    }
}

impl UserDefinedLogicalNodeCore for AsOfNode {
    fn name(&self) -> &'static str {
        "AsOfJoin"
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.left, &self.right]
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        self.pairs().flat_map(|(left, right)| [left.clone(), right.clone()]).collect()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (left, right) = &self.time;
        write!(f, "AsOfJoin: {left} {} {right}", self.nearness.sign())?;
        self.keys.iter().try_for_each(|(left, right)| write!(f, ", {left} = {right}"))
    }

    fn with_exprs_and_inputs(&self, exprs: Vec<Expr>, inputs: Vec<LogicalPlan>) -> Outcome<Self> {
        let mut exprs = exprs.into_iter();
        let mut pairs: Vec<(Expr, Expr)> = std::iter::from_fn(|| Some((exprs.next()?, exprs.next()?))).collect();
        let [left, right] = <[LogicalPlan; 2]>::try_from(inputs).map_err(|_| changed())?;
        match pairs.pop() {
            Some(time) if pairs.len() == self.keys.len() => Self::try_new(left, right, pairs, time, self.nearness),
            _ => Err(changed()),
        }
    }

    fn necessary_children_exprs(&self, output: &[usize]) -> Option<Vec<Vec<usize>>> {
        let of_left = self.left.schema().fields().len();
        let (left, right): (Vec<usize>, Vec<usize>) = output.iter().partition(|at| **at < of_left);
        Some(vec![left, right.into_iter().map(|at| at - of_left).collect()])
    }
}

fn changed() -> DataFusionError {
    DataFusionError::Internal("an ASOF JOIN has two sides, and as many keys as before".to_owned())
}
