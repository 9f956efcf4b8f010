//! [`Names`]: what names in a query mean. Tables are those of the query; functions are the engine's.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::catalog::cte_worktable::CteWorkTable;
use datafusion::common::config::ConfigOptions;
use datafusion::common::{Result as Outcome, TableReference};
use datafusion::datasource::provider_as_source;
use datafusion::execution::SessionState;
use datafusion::logical_expr::planner::{ContextProvider, ExprPlanner, RelationPlanner};
use datafusion::logical_expr::{AggregateUDF, Expr, HigherOrderUDF, ScalarUDF, TableSource, WindowUDF};

use super::tally::Tally;
use crate::{Error, Tables};

/// The tables and functions of one query.
pub(super) struct Names<'a> {
    pub(super) state: &'a SessionState,
    pub(super) tables: &'a Tables,
    /// The tables that the text mentions, by their names.
    pub(super) sources: HashMap<String, Arc<dyn TableProvider>>,
    pub(super) tally: &'a Tally,
}

/// The name of a table as [`Tables`] has it.
pub(super) fn name(reference: &TableReference) -> String {
    let parts = [reference.catalog(), reference.schema(), Some(reference.table())];
    parts.into_iter().flatten().collect::<Vec<_>>().join(".")
}

impl ContextProvider for Names<'_> {
    fn get_table_source(&self, reference: TableReference) -> Outcome<Arc<dyn TableSource>> {
        let name = name(&reference);
        let source = self.sources.get(&name).map(|source| provider_as_source(Arc::clone(source)));
        source.ok_or_else(|| {
            // The planner asks for names of `WITH`, too, and looks there if there is no table: nothing failed yet.
            let why = self.tables.resolve(&name).err();
            let why = why.unwrap_or_else(|| Error::unknown_table(&name, self.tables.names()));
            datafusion::common::DataFusionError::External(Box::new(why))
        })
    }

    fn get_table_function_source(&self, name: &str, _: Vec<Expr>) -> Outcome<Arc<dyn TableSource>> {
        let reason = format!("there is no function `{name}` that makes a table: a query reads its own tables alone");
        Err(self.tally.fail(Error::Refused { engine: super::ENGINE, reason }))
    }

    fn create_cte_work_table(&self, name: &str, schema: SchemaRef) -> Outcome<Arc<dyn TableSource>> {
        Ok(provider_as_source(Arc::new(CteWorkTable::new(name, schema))))
    }

    fn get_expr_planners(&self) -> &[Arc<dyn ExprPlanner>] {
        self.state.expr_planners()
    }

    fn get_relation_planners(&self) -> &[Arc<dyn RelationPlanner>] {
        self.state.relation_planners()
    }

    fn get_function_meta(&self, name: &str) -> Option<Arc<ScalarUDF>> {
        self.state.scalar_functions().get(name).cloned()
    }

    fn get_higher_order_meta(&self, name: &str) -> Option<Arc<HigherOrderUDF>> {
        self.state.higher_order_functions().get(name).cloned()
    }

    fn get_aggregate_meta(&self, name: &str) -> Option<Arc<AggregateUDF>> {
        self.state.aggregate_functions().get(name).cloned()
    }

    fn get_window_meta(&self, name: &str) -> Option<Arc<WindowUDF>> {
        self.state.window_functions().get(name).cloned()
    }

    fn get_variable_type(&self, _: &[String]) -> Option<DataType> {
        None
    }

    fn options(&self) -> &ConfigOptions {
        self.state.config_options()
    }

    fn udf_names(&self) -> Vec<String> {
        self.state.scalar_functions().keys().cloned().collect()
    }

    fn higher_order_function_names(&self) -> Vec<String> {
        self.state.higher_order_functions().keys().cloned().collect()
    }

    fn udaf_names(&self) -> Vec<String> {
        self.state.aggregate_functions().keys().cloned().collect()
    }

    fn udwf_names(&self) -> Vec<String> {
        self.state.window_functions().keys().cloned().collect()
    }
}
