//! [`Planned`]: a query that the engine has understood, ready to run.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::catalog::cte_worktable::CteWorkTable;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::datasource::source_as_provider;
use datafusion::execution::SessionState;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::memory_pool::PeakRecordingPool;
use datafusion::logical_expr::{LogicalPlan, TableSource};
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::{ExecutionPlan, displayable};
use datafusion::sql::planner::{ParserOptions, PlannerContext, SqlToRel};

use super::errors::of_plan;
use super::names::{Names, name};
use super::plain::plain_schema;
use super::session::session;
use super::tally::Tally;
use super::values::bind;
use super::{ENGINE, Options, lineage, statement, tables};
use crate::{Limits, Query, QueryPlan, Result};

/// Joins make many rows of few, for hours without looking up: after each few batches they now let others have the thread,
/// so that a run that nobody wants ends.
fn interruptible(plan: Arc<dyn ExecutionPlan>) -> datafusion::common::Result<Arc<dyn ExecutionPlan>> {
    let wrap = |node: Arc<dyn ExecutionPlan>| {
        Ok(if node.name().contains("Join") || node.name() == "UnnestExec" {
            Transformed::yes(Arc::new(CooperativeExec::new(node)) as Arc<dyn ExecutionPlan>)
        } else {
            Transformed::no(node)
        })
    };
    plan.transform_up(wrap).map(|transformed| transformed.data)
}

/// Whether a table is what a recursive query has come to so far.
fn is_working_table(source: &Arc<dyn TableSource>) -> bool {
    source_as_provider(source).is_ok_and(|provider| provider.is::<CteWorkTable>())
}

/// The plan of one run.
pub(super) struct Planned {
    pub(super) state: SessionState,
    pub(super) pool: Arc<PeakRecordingPool>,
    pub(super) tally: Arc<Tally>,
    analyzed: LogicalPlan,
    optimized: LogicalPlan,
    pub(super) physical: Arc<dyn ExecutionPlan>,
    schema: SchemaRef,
}

impl Planned {
    pub(super) async fn try_new(query: &Query, limits: &Limits, options: &Options) -> Result<Self> {
        let tally = Arc::new(Tally::default());
        let refused = |error| of_plan(error, &tally);
        let (statement, placeholders) = statement::read(query.sql())?;
        let bound = bind(query, &placeholders)?;
        let (state, pool) = session(limits, options).map_err(refused)?;
        let sources = tables::mentioned(&statement, query.tables(), &state, &tally).await?;
        let names = Names { state: &state, tables: query.tables(), sources, tally: &tally };
        let mut context = PlannerContext::new().with_prepare_param_data_types(bound.types);
        let logical = SqlToRel::new_with_options(&names, ParserOptions::from(&state.config_options().sql_parser))
            .sql_statement_to_plan_with_context(statement, &mut context)
            .and_then(|plan| plan.with_param_values(bound.values))
            .map_err(refused)?;
        let read_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        read_only.verify_plan(&logical).map_err(refused)?;
        let config = state.config_options();
        let analyzed = state.analyzer().execute_and_check(logical, config, |_, _| {}).map_err(refused)?;
        let optimized = state.optimize(&analyzed).map_err(refused)?;
        let physical = state.query_planner().create_physical_plan(&optimized, &state).await.map_err(refused)?;
        let physical = interruptible(physical).map_err(refused)?;
        let schema = plain_schema(&physical.schema());
        Ok(Self { state, pool, tally, analyzed, optimized, physical, schema })
    }

    /// The columns of the answer.
    pub(super) fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    pub(super) fn describe(&self) -> Result<QueryPlan> {
        let refused = |error| of_plan(error, &self.tally);
        let physical = displayable(self.physical.as_ref()).indent(false);
        let text = format!("logical plan\n{}\n\nphysical plan\n{physical}", self.optimized.display_indent());
        let tables = self.tables().map_err(refused)?;
        let mut plan = QueryPlan::new(ENGINE, self.schema(), tables, text);
        plan.lineage = lineage::lineage(&self.analyzed).map_err(refused)?;
        Ok(plan)
    }

    /// The tables that the query names, also where it turns out that nothing is read of them.
    fn tables(&self) -> datafusion::common::Result<Vec<String>> {
        let mut tables = BTreeSet::new();
        self.analyzed.apply_with_subqueries(|node| {
            if let LogicalPlan::TableScan(scan) = node
                && !is_working_table(&scan.source)
            {
                tables.insert(name(&scan.table_name));
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok(tables.into_iter().collect())
    }
}
