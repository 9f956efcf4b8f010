//! [`Prepared`]: a query of a virtual group, checked, with the tables that it reads.

use std::collections::BTreeMap;

use arrow::datatypes::SchemaRef;
use varvite_feature::{FeatureStore, SourceTable};
use varvite_time::Instant;

use super::tables::{Named, Until};
use crate::syntax::{AS_OF, Cut, Select};
use crate::{Error, Query, QueryExecutor, Result, Tables, Value};

/// One SELECT whose tables are known.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    pub(super) select: Select,
    /// The tables that it reads; no others.
    pub(super) tables: Vec<Named>,
}

impl Prepared {
    /// Reads a query, and finds its tables among the group's sources.
    pub(super) fn new(
        sql: &str,
        sources: &[SourceTable],
        given: &Tables,
        store: &FeatureStore,
        executor: &dyn QueryExecutor,
    ) -> Result<Self> {
        let select = Select::parse(sql)?;
        select.check_repeatable()?;
        if let Some(name) = select.placeholders().into_iter().find(|name| name != AS_OF) {
            let reason = "a virtual group has one parameter, `$as_of`: the time that it is read at".to_owned();
            return Err(Error::Parameter { name, reason });
        }
        let find = |name: &String| {
            let source = sources.iter().find(|source| source.name() == name);
            let source = source.ok_or_else(|| Error::unknown_table(name, sources.iter().map(SourceTable::name)))?;
            Named::find(source, given, store, executor)
        };
        let tables = select.tables().iter().map(find).collect::<Result<_>>()?;
        Ok(Self { select, tables })
    }

    /// Whether it computes with the time that it is read at.
    pub(super) fn asks_time(&self) -> bool {
        self.select.placeholders().iter().any(|name| name == AS_OF)
    }

    /// What each table lets through.
    pub(super) fn cuts(&self, until: Until) -> Result<Vec<Cut>> {
        self.tables.iter().map(|table| table.cut(until)).collect()
    }

    /// A text over these tables as of a time: rows after `until` are not there.
    pub(super) fn bind(&self, select: &Select, until: Until) -> Query {
        let query = Query::new(select.to_string());
        let query = self
            .tables
            .iter()
            .fold(query, |query, table| table.bind(query.with_table(&table.name, table.source.clone()), until));
        if select.placeholders().iter().any(|name| name == AS_OF) {
            query.with_value(AS_OF, self.as_of(until.latest))
        } else {
            query
        }
    }

    /// The time in the type of the first event time, so that it compares with it as it is.
    fn as_of(&self, until: Instant) -> Value {
        let time = self.tables.iter().find_map(|table| table.time.as_ref());
        time.map_or(Value::Null, |time| time.floor(until))
    }

    /// What the query gives, and what from.
    pub(super) fn describe(&self, executor: &dyn QueryExecutor) -> Result<Description> {
        let until = Until { latest: Instant::from_ns(0), known: None };
        let cut = self.select.cut(&self.cuts(until)?)?;
        let plan = executor.plan(&self.bind(&cut, until))?;
        Ok(Description { schema: plan.schema, lineage: plan.lineage, text: plan.text })
    }

    /// What tells whether the tables are still the same; `None` if nothing does.
    pub(super) fn version(&self) -> Option<String> {
        let versions =
            self.tables.iter().map(|table| Some(format!("{:?}={}", table.name, table.source.table.version()?)));
        versions.collect::<Option<Vec<_>>>().map(|versions| versions.join("\n"))
    }
}

/// What a query gives.
pub(super) struct Description {
    pub(super) schema: SchemaRef,
    pub(super) lineage: BTreeMap<String, Vec<(String, String)>>,
    pub(super) text: String,
}
