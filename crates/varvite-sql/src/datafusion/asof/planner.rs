//! [`Planner`]: the engine's own, that knows of `ASOF JOIN`.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::Session;
use datafusion::common::Result as Outcome;
use datafusion::execution::context::QueryPlanner;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{Expr, LogicalPlan, UserDefinedLogicalNode};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_planner::{DefaultPhysicalPlanner, ExtensionPlanner, PhysicalPlanner};

use super::exec::{AsOfExec, Matching};
use super::node::AsOfNode;

/// Makes physical plans.
#[derive(Debug)]
pub(in super::super) struct Planner;

#[async_trait]
impl QueryPlanner for Planner {
    async fn create_physical_plan(&self, plan: &LogicalPlan, session: &dyn Session) -> Outcome<Arc<dyn ExecutionPlan>> {
        let planner = DefaultPhysicalPlanner::with_extension_planners(vec![Arc::new(AsOf)]);
        planner.create_physical_plan(plan, session).await
    }
}

struct AsOf;

#[async_trait]
impl ExtensionPlanner for AsOf {
    async fn plan_extension(
        &self,
        planner: &dyn PhysicalPlanner,
        node: &dyn UserDefinedLogicalNode,
        _: &[&LogicalPlan],
        inputs: &[Arc<dyn ExecutionPlan>],
        session: &dyn Session,
        context: &PhysicalPlanningContext,
    ) -> Outcome<Option<Arc<dyn ExecutionPlan>>> {
        let (Some(node), [left, right]) = (node.as_any().downcast_ref::<AsOfNode>(), inputs) else { return Ok(None) };
        let pair = |(left, right): &(Expr, Expr)| {
            let of = |expr, side: &LogicalPlan| planner.create_physical_expr(expr, side.schema(), session, context);
            Ok((of(left, &node.left)?, of(right, &node.right)?))
        };
        let keys = node.keys.iter().map(pair).collect::<Outcome<Vec<_>>>()?;
        let matching = Arc::new(Matching { keys, time: pair(&node.time)?, nearness: node.nearness });
        Ok(Some(Arc::new(AsOfExec::try_new(Arc::clone(left), Arc::clone(right), matching)?)))
    }
}
