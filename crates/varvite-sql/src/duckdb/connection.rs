//! [`Session`]: a database for one query, which knows its tables and reaches nothing else.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use duckdb::core::LogicalTypeId;
use duckdb::{Config, Connection, InterruptHandle, Statement, ToSql};

use super::failure::Failures;
use super::values::{Bound, bound};
use super::{DuckDbExecutor, ENGINE, views};
use crate::external::{Checked, Reading, Rows};
use crate::syntax::Dialect;
use crate::{Error, FileFormat, Limits, Query, Result, Table, bridge};

/// A connection with the tables of one query.
pub(super) struct Session {
    connection: Connection,
    sql: String,
    values: Vec<(String, Bound)>,
    pub(super) failures: Failures,
}

/// The columns of a result.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) schema: SchemaRef,
    /// The columns that `DuckDB` hands out in 128 bits, and we in 64.
    wide: BTreeSet<usize>,
}

impl Session {
    /// Opens a database with the tables of a query, and locks it.
    pub(super) fn open(of: &DuckDbExecutor, query: &Query, checked: &Checked, limits: &Limits) -> Result<Self> {
        let failures = Failures { memory: limits.memory, columns: checked.columns() };
        let values: Result<Vec<(String, Bound)>> =
            query.values().iter().map(|(name, value)| Ok((name.clone(), bound(name, value)?))).collect();
        let values = values?;
        let around = |name: &str, placeholder: String| match values.iter().find(|(known, _)| known == name) {
            Some((_, bound)) => bound.expression(&placeholder),
            None => placeholder,
        };
        let sql = checked.select.text_with(Dialect::DuckDb, &around);
        let connection = connect(of, limits).map_err(|error| failures.of(error))?;
        let session = Self { connection, sql, values, failures };
        let mut paths = Vec::new();
        for (name, table) in &checked.tables {
            session.add(name, table, &mut paths)?;
        }
        session.lock(&paths)?;
        Ok(session)
    }

    /// Makes a table known.
    fn add(&self, name: &str, table: &Table, paths: &mut Vec<PathBuf>) -> Result<()> {
        if let Some(create) = views::qualified(name)?.0 {
            self.run(&create)?;
        }
        match Reading::of(name, table)? {
            Reading::Parts(parts) if views::is_read_as_it_is(&parts.schema) => {
                paths.extend(parts.parts.iter().flat_map(|part| part.paths.iter().cloned()));
                self.run(&views::of_parts(name, &parts)?)
            }
            Reading::Parts(_) => match table {
                Table::Dataset(dataset) => self.fill(name, Rows::of_dataset(name, dataset)?),
                Table::Keyed(keyed) => self.fill(name, Rows::of_keyed(name, keyed)?),
                Table::Files(_) | Table::Memory(_) => Ok(()),
            },
            Reading::Files { table, paths: files } => {
                if table.format() == FileFormat::Parquet {
                    self.check_times(name, &views::list(name, &files)?)?;
                }
                self.run(&views::of_files(name, &table, &files)?)?;
                paths.extend(files);
                Ok(())
            }
            Reading::Address(table) => {
                let what = format!("read `{table}`: only files of this machine");
                Err(Error::Unsupported { engine: ENGINE, what })
            }
            Reading::Rows(rows) => self.fill(name, rows),
        }
    }

    /// Refuses Parquet files of others whose times would lose digits.
    fn check_times(&self, name: &str, files: &str) -> Result<()> {
        let sql = format!(
            "SELECT name FROM parquet_schema({files}) WHERE logical_type LIKE 'TimestampType%isAdjustedToUTC=1%' \
             AND logical_type NOT LIKE '%NANOS=<null>%'"
        );
        match self.connection.query_row(&sql, [], |row| row.get::<_, String>(0)) {
            Err(duckdb::Error::QueryReturnedNoRows) => Ok(()),
            Err(error) => Err(self.failures.of(error)),
            Ok(column) => {
                let what = format!("hold nanoseconds with a zone, as in column `{column}` of table `{name}`");
                Err(Error::Unsupported { engine: ENGINE, what })
            }
        }
    }

    /// Takes rows into a table of its own.
    fn fill(&self, name: &str, rows: Rows) -> Result<()> {
        let schema = views::taken(&rows.schema);
        self.run(&views::of_rows(name, &schema)?)?;
        let (of, table) = match name.split_once('.') {
            Some((of, table)) => (of, table),
            None => ("main", name),
        };
        let mut appender = self.connection.appender_to_db(table, of).map_err(|error| self.failures.of(error))?;
        for batch in rows.batches {
            let batch = in_microseconds(name, &batch?, &schema)?;
            let batch = bridge::theirs(&batch).map_err(|source| Error::Engine { engine: ENGINE, source })?;
            appender.append_record_batch(batch).map_err(|error| self.failures.of(error))?;
        }
        appender.flush().map_err(|error| self.failures.of(error))
    }

    /// From here on, only these files are open to it, and nothing of that can be changed.
    fn lock(&self, paths: &[PathBuf]) -> Result<()> {
        self.run(&format!("SET allowed_paths = {}", views::list("files", paths)?))?;
        self.run("SET enable_external_access = false")?;
        self.run("SET lock_configuration = true")
    }

    fn run(&self, sql: &str) -> Result<()> {
        self.connection.execute_batch(sql).map_err(|error| self.failures.of(error))
    }

    /// The columns of the result, without running the query.
    pub(super) fn schema(&self) -> Result<Shape> {
        let sql = format!("SELECT * FROM ({}) AS vv_query LIMIT 0", self.sql);
        let mut statement = self.connection.prepare(&sql).map_err(|error| self.failures.of(error))?;
        let schema = self.begin(&mut statement)?;
        let schema = bridge::our_schema(&schema).map_err(|source| Error::Engine { engine: ENGINE, source })?;
        let is_wide = |at: &usize| statement.column_logical_type(*at).id() == LogicalTypeId::Hugeint;
        let wide: BTreeSet<usize> = (0..schema.fields().len()).filter(is_wide).collect();
        let field = |(at, field): (usize, &Arc<Field>)| {
            let is_wide = wide.contains(&at);
            if is_wide { Arc::new(field.as_ref().clone().with_data_type(DataType::Int64)) } else { Arc::clone(field) }
        };
        let schema = Schema::new(schema.fields().iter().enumerate().map(field).collect::<Vec<_>>());
        Ok(Shape { schema: Arc::new(schema), wide })
    }

    /// The plan that the query runs by.
    pub(super) fn explain(&self) -> Result<String> {
        let failed = |error| self.failures.of(error);
        let mut statement = self.connection.prepare(&format!("EXPLAIN {}", self.sql)).map_err(failed)?;
        let mut rows = statement.query(&self.parameters()[..]).map_err(failed)?;
        let mut text = String::new();
        while let Some(row) = rows.next().map_err(failed)? {
            text += &row.get::<_, String>(1).map_err(failed)?;
        }
        Ok(text)
    }

    /// The query, ready to run.
    pub(super) fn prepare(&self) -> Result<Statement<'_>> {
        self.connection.prepare(&self.sql).map_err(|error| self.failures.of(error))
    }

    /// Begins to run a statement of the query, and returns the columns that come.
    pub(super) fn begin(&self, statement: &mut Statement<'_>) -> Result<duckdb::arrow::datatypes::SchemaRef> {
        let rows = statement.stream_arrow(&self.parameters()[..]).map_err(|error| self.failures.of(error))?;
        Ok(rows.get_schema())
    }

    /// What ends a statement from another thread.
    pub(super) fn interrupt_handle(&self) -> Arc<InterruptHandle> {
        self.connection.interrupt_handle()
    }

    fn parameters(&self) -> Vec<(&str, &dyn ToSql)> {
        self.values.iter().map(|(name, bound)| (name.as_str(), bound.value() as &dyn ToSql)).collect()
    }
}

impl Shape {
    /// Rows of the engine with these columns.
    pub(super) fn take(&self, rows: &RecordBatch) -> Result<RecordBatch> {
        let exact = CastOptions { safe: false, ..CastOptions::default() };
        let column = |(at, column): (usize, &ArrayRef)| {
            let is_wide = self.wide.contains(&at);
            if is_wide { cast_with_options(column, &DataType::Int64, &exact) } else { Ok(Arc::clone(column)) }
        };
        let columns: std::result::Result<Vec<ArrayRef>, _> = rows.columns().iter().enumerate().map(column).collect();
        let columns = columns.map_err(Error::arrow("hold a whole number in 64 bits"))?;
        bridge::with_columns(&self.schema, columns, rows.num_rows())
            .map_err(|source| Error::Engine { engine: ENGINE, source })
    }
}

/// A database in memory, which is not locked yet.
fn connect(of: &DuckDbExecutor, limits: &Limits) -> duckdb::Result<Connection> {
    let mut config = Config::default()
        .with("autoinstall_known_extensions", "false")?
        .with("autoload_known_extensions", "false")?
        .with("allow_community_extensions", "false")?
        .with("allow_unsigned_extensions", "false")?
        .with("temp_directory", of.scratch.as_ref().map(|path| path.to_string_lossy()).unwrap_or_default())?;
    if let Some(threads) = of.threads {
        config = config.with("threads", threads.to_string())?;
    }
    if let Some(bytes) = limits.memory {
        config = config.with("memory_limit", format!("{bytes}B"))?;
    }
    let connection = Connection::open_in_memory_with_flags(config)?;
    connection.execute_batch("SET TimeZone = 'UTC'")?;
    Ok(connection)
}

/// Times with a zone in microseconds, if that loses nothing.
fn in_microseconds(table: &str, rows: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let action = "take the rows of a table";
    let mut columns = Vec::with_capacity(rows.num_columns());
    for (column, field) in rows.columns().iter().zip(schema.fields()) {
        if column.data_type() == field.data_type() {
            columns.push(Arc::clone(column));
            continue;
        }
        let micros =
            cast_with_options(column, field.data_type(), &CastOptions::default()).map_err(Error::arrow(action))?;
        let back =
            cast_with_options(&micros, column.data_type(), &CastOptions::default()).map_err(Error::arrow(action))?;
        if &back != column {
            let column = field.name();
            let what = format!("hold the nanoseconds of column `{column}` of table `{table}`, which has a zone");
            return Err(Error::Unsupported { engine: ENGINE, what });
        }
        columns.push(micros);
    }
    let rows = bridge::with_columns(schema, columns, rows.num_rows());
    rows.map_err(|source| Error::Engine { engine: ENGINE, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A session that may open one file, next to one that it may not.
    fn session(folder: &std::path::Path) -> Session {
        for name in ["allowed.csv", "secret.csv"] {
            std::fs::write(folder.join(name), "a\n1\n").unwrap();
        }
        let query = Query::new("SELECT a FROM t").with_table("t", crate::FileTable::csv(folder.join("allowed.csv")));
        let checked = Checked::new(&query).unwrap();
        Session::open(&DuckDbExecutor::new(), &query, &checked, &Limits::default()).unwrap()
    }

    #[test]
    fn nothing_but_the_tables_is_reached_even_by_sql_that_gets_through() {
        let folder = tempfile::tempdir().unwrap();
        let session = session(folder.path());
        let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        session.run(&format!("SELECT * FROM read_csv('{}')", path("allowed.csv"))).unwrap();
        for sql in [
            &format!("SELECT * FROM read_csv('{}')", path("secret.csv")),
            &format!("SELECT * FROM '{}'", path("secret.csv")),
            &format!("SELECT * FROM glob('{}')", path("*")),
            &format!("COPY (SELECT 1) TO '{}'", path("new.csv")),
            &format!("ATTACH '{}'", path("new.db")),
            &format!("EXPORT DATABASE '{}'", path("new")),
            "INSTALL httpfs",
            "LOAD httpfs",
            "SELECT * FROM read_csv('http://127.0.0.1:1/a.csv')",
            "SET enable_external_access = true",
            "SET allowed_paths = ['/']",
            "RESET lock_configuration",
        ] {
            let error = session.run(sql).expect_err(sql);
            assert!(matches!(error.code(), "VV1107" | "VV1113"), "{sql}: {error}");
        }
        let mut names: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["allowed.csv", "secret.csv"]);
    }
}
