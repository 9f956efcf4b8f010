//! Tables of a query as tables of the engine.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use datafusion::execution::SessionState;
use datafusion::sql::parser::Statement as Parsed;
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::ast::Statement;

use super::errors::of_plan;
use super::files;
use super::names::name;
use super::ordered::OrderedTable;
use super::tally::Tally;
use crate::{Error, Result, Table, Tables};

/// The tables that a statement mentions. Names that mean nothing are left to the planner: some are those of `WITH`.
pub(super) async fn mentioned(
    statement: &Statement,
    tables: &Tables,
    state: &SessionState,
    tally: &Arc<Tally>,
) -> Result<HashMap<String, Arc<dyn TableProvider>>> {
    let parsed = Parsed::Statement(Box::new(statement.clone()));
    let (relations, _) = resolve_table_references(&parsed, false).map_err(|error| of_plan(error, tally))?;
    let mut sources = HashMap::new();
    for name in relations.iter().map(name) {
        if let Ok((known, source)) = tables.resolve(&name) {
            let provider = provider(known, &source.table, state, tally).await?;
            sources.insert(name, provider);
        }
    }
    Ok(sources)
}

async fn provider(
    name: &str,
    table: &Table,
    state: &SessionState,
    tally: &Arc<Tally>,
) -> Result<Arc<dyn TableProvider>> {
    Ok(match table {
        Table::Dataset(dataset) => Arc::new(OrderedTable::of_dataset(name, dataset, Arc::clone(tally))?),
        Table::Keyed(keyed) => Arc::new(OrderedTable::of_keyed(name, keyed, Arc::clone(tally))),
        Table::Files(files) => files::provider(name, files, state).await?,
        Table::Memory(rows) => {
            let made = MemTable::try_new(Arc::clone(rows.schema()), vec![rows.batches().to_vec()]);
            Arc::new(made.map_err(|error| Error::InvalidTable { table: name.to_owned(), reason: error.to_string() })?)
        }
    })
}
