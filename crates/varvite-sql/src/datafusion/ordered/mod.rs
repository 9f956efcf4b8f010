//! [`OrderedTable`]: a dataset, or the datasets of a store, as a table of the engine. The versions are those of the moment
//! when the table was made; reading goes through the datasets' own scans, so that every byte is compared with its hash.

mod exec;
mod filter;
mod keys;
mod layout;
mod ranges;
mod reader;
mod scalar;
mod statistics;

use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{Result as Outcome, ScalarValue};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use varvite_dataset::{Dataset, Files, OrderedType, Snapshot};

use self::exec::OrderedExec;
use self::filter::{Allowed, allowed};
use self::layout::pieces;
use self::ranges::Ranges;
use super::tally::Tally;
use crate::{Error, KeyColumn, KeyedTable, Result};

/// Rows of one dataset or of many, each in order of its ordered column.
#[derive(Debug)]
pub(super) struct OrderedTable {
    name: String,
    /// The fields of the keys, which are the first columns; none for a single dataset.
    keys: Vec<KeyColumn>,
    members: Vec<Arc<Pinned>>,
    schema: SchemaRef,
    ordered: Option<OrderedColumn>,
    tally: Arc<Tally>,
}

/// The one column that all datasets are ordered on.
#[derive(Debug, Clone)]
struct OrderedColumn {
    name: String,
    /// Its position in the table.
    at: usize,
    data_type: DataType,
}

/// A dataset at one version.
#[derive(Debug)]
struct Pinned {
    dataset: Dataset,
    snapshot: Arc<Snapshot>,
    schema: SchemaRef,
    /// The values of the key's fields.
    keys: Vec<ScalarValue>,
}

impl OrderedTable {
    /// A dataset as a table.
    pub(super) fn of_dataset(name: &str, dataset: &Dataset, tally: Arc<Tally>) -> Result<Self> {
        let pinned = Pinned::new(dataset, Vec::new()).ok_or_else(|| Error::InvalidTable {
            table: name.to_owned(),
            reason: format!("nothing is stored at `{}` yet: write rows first", dataset.location()),
        })?;
        let schema = Arc::clone(&pinned.schema);
        Ok(Self::new(name, Vec::new(), vec![Arc::new(pinned)], schema, tally))
    }

    /// The datasets of a store as one table.
    pub(super) fn of_keyed(name: &str, keyed: &KeyedTable, tally: Arc<Tally>) -> Self {
        let of = |member: &crate::Member| {
            let values = keyed.keys().iter().zip(&member.values).map(|(key, value)| keys::scalar(key, value));
            Pinned::new(&member.dataset, values.collect())
        };
        let members = keyed.members().iter().filter_map(of).map(Arc::new).collect();
        Self::new(name, keyed.keys().to_vec(), members, Arc::clone(keyed.schema()), tally)
    }

    fn new(name: &str, keys: Vec<KeyColumn>, members: Vec<Arc<Pinned>>, schema: SchemaRef, tally: Arc<Tally>) -> Self {
        let ordered = OrderedColumn::of_all(&members, &schema);
        Self { name: name.to_owned(), keys, members, schema, ordered, tally }
    }

    fn row_groups(&self) -> usize {
        self.members.iter().map(|member| member.files().len()).sum()
    }

    fn allowed(&self, filter: &Expr) -> Option<Allowed> {
        self.ordered.as_ref().and_then(|ordered| allowed(filter, &ordered.name, &ordered.data_type))
    }
}

impl Pinned {
    /// `None` while the dataset has no columns.
    fn new(dataset: &Dataset, keys: Vec<ScalarValue>) -> Option<Self> {
        let dataset = dataset.detached();
        let snapshot = dataset.snapshot()?;
        let schema = snapshot.schema.clone()?;
        Some(Self { dataset, snapshot, schema, keys })
    }

    fn files(&self) -> &Files {
        &self.snapshot.files
    }
}

impl OrderedColumn {
    /// `None` if datasets are ordered on several columns, or on a field within one.
    fn of_all(members: &[Arc<Pinned>], schema: &SchemaRef) -> Option<Self> {
        let on = |member: &Arc<Pinned>| {
            let ordered_type = member.snapshot.ordered_type.as_ref().map(OrderedType::data_type)?.clone();
            Some((member.snapshot.settings.ordered_on.to_string(), ordered_type))
        };
        let (name, data_type) = members.first().and_then(on)?;
        let is_same =
            members.iter().all(|member| on(member).is_some_and(|other| other == (name.clone(), data_type.clone())));
        let at = schema.fields().iter().position(|field| *field.name() == name && *field.data_type() == data_type)?;
        is_same.then_some(Self { name, at, data_type })
    }
}

#[async_trait]
impl TableProvider for OrderedTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Outcome<Vec<TableProviderFilterPushDown>> {
        let verdict = |filter: &&Expr| match self.allowed(filter) {
            _ if keys::is_of_keys(filter, &self.keys) => TableProviderFilterPushDown::Exact,
            Some(Allowed { is_exact: true, .. }) => TableProviderFilterPushDown::Exact,
            Some(Allowed { ranges, .. }) if !ranges.is_all() => TableProviderFilterPushDown::Inexact,
            _ => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(verdict).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Outcome<Arc<dyn ExecutionPlan>> {
        let (of_keys, others): (Vec<&Expr>, Vec<&Expr>) =
            filters.iter().partition(|filter| keys::is_of_keys(filter, &self.keys));
        let chosen = keys::chosen(state, &of_keys, &self.keys, &self.schema, &self.members)?;
        let ranges = others.iter().filter_map(|filter| self.allowed(filter));
        let ranges = ranges.fold(Ranges::all(), |both, allowed| both.and(&allowed.ranges));
        let of = |at: usize| pieces(at, self.members[at].files(), &ranges);
        let pieces = chosen.into_iter().map(of).collect();
        let projection = projection.cloned().unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        let target = state.config().target_partitions();
        Ok(Arc::new(OrderedExec::try_new(self, projection, ranges, pieces, target, limit)?))
    }
}
