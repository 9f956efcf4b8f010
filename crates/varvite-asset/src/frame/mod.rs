//! [`Frame`]: the rows of a field as a lazy Polars frame.

mod checks;
mod chunks;
mod columns;
mod filter;
mod literal;
mod parts;
mod slot;

use std::fmt;
use std::marker::PhantomData;

use polars::prelude::{DataFrame, LazyFrame};

use checks::Checks;

use crate::{Check, Column, FeatureModel, FieldPlan, Filter, Result};

/// The rows of a field as a lazy Polars frame with the columns of `M`, in the order of rows.
///
/// Nothing but footers is read before it is collected; then no more than the query asks for: columns, predicates and limits
/// reach the Parquet files. The files are those that the fetch saw, whatever is written or vacuumed later. Where a storage
/// has no files of the operating system, or an asset is no dataset (a lake's), rows are read when they are fetched.
///
/// Columns that were not stored take the defaults of the model, columns that the model does not have are dropped. Rows of an
/// earlier version are rewritten as the model says ([`Earlier::with_rewrite`](crate::Earlier::with_rewrite)), or by names and
/// defaults.
///
/// # Runtimes
/// Polars waits for its own threads while a query is collected, which panics inside a runtime of one thread: collect outside
/// of it, in `tokio::task::spawn_blocking`, or on a runtime of several threads.
///
/// # Checks
/// The checks of the model are asked when a query of [`lazy`](Self::lazy) is collected, of what it reads: the rows that are left
/// after its predicates and limits, as far as these reach the files, in the columns that it needs. Rows that break one fail
/// the query. Those that are about more than one value (`unique`, `monotonic`), and functions (`with`), are not asked:
/// [`skipped_checks`](Self::skipped_checks) names them.
pub struct Frame<M> {
    /// Rows that were not checked.
    rows: LazyFrame,
    checks: Checks,
    plan: FieldPlan,
    model: PhantomData<fn() -> M>,
}

impl<M: FeatureModel> Frame<M> {
    /// The frame, to be queried.
    pub fn lazy(&self) -> LazyFrame {
        self.checks.clone().asked_of(self.rows.clone())
    }

    /// The frame, to be queried.
    pub fn into_lazy(self) -> LazyFrame {
        self.checks.asked_of(self.rows)
    }

    /// The rows for which `filter` holds. Its values are taken as the columns of the model have them: text is a date where
    /// the column is one.
    ///
    /// # Errors
    /// [`Error::InvalidOption`](crate::Error::InvalidOption) for columns that the model does not have, and values that
    /// are none of theirs.
    pub fn filter(&self, filter: &Filter) -> Result<LazyFrame> {
        Ok(self.lazy().filter(filter::expression(filter, M::schema())?))
    }

    /// All rows.
    ///
    /// # Errors
    /// [`Error::ChecksFailed`](crate::Error::ChecksFailed) if rows break a check of the model;
    /// [`Error::Frame`](crate::Error::Frame) if Polars cannot read them.
    pub fn collect(&self) -> Result<DataFrame> {
        self.checks.collected(self.rows.clone())
    }

    /// Columns and their checks that no query asks.
    pub fn skipped_checks(&self) -> impl Iterator<Item = (&'static str, &'static Check)> + use<M> {
        let of_column = |column: &'static Column| column.checks.iter().map(|check| (column.name.as_str(), check));
        M::schema().columns.iter().flat_map(of_column).filter(|(_, check)| !checks::is_asked(&check.kind))
    }

    /// What was planned for the field: which files, intervals and versions.
    pub fn plan(&self) -> &FieldPlan {
        &self.plan
    }
}

impl<M> Clone for Frame<M> {
    fn clone(&self) -> Self {
        Self { rows: self.rows.clone(), checks: self.checks.clone(), plan: self.plan.clone(), model: PhantomData }
    }
}

impl<M> fmt::Debug for Frame<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Frame({}, {} files, at most {} rows)",
            self.plan.want.label(),
            self.plan.num_files,
            self.plan.num_rows
        )
    }
}

fn failed(action: &'static str) -> impl Fn(polars::prelude::PolarsError) -> crate::Error {
    move |source| crate::Error::Frame { action, source }
}
