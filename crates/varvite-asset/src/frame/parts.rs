//! The parts of a plan as lazy frames with the columns of the model.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{Field, Schema, SchemaRef};
use polars::prelude::{IntoLazy, LazyFrame, UnionArgs, col, concat};
use varvite_dataset::{Dataset, ScanOptions, to_frame};

use super::columns::conformed;
use super::{failed, filter};
use crate::collection::columns_of;
use crate::{Column, Earlier, Error, FeatureModel, FieldPlan, ModelSchema, Part, PartSource, Result, Stop, Want};

/// Files that are opened before it is asked whether anybody still waits.
const AT_ONCE: usize = 1024;

/// The rows of parts that were [`opened`], one after the other: filtered, with the columns that are wanted.
pub(super) fn of_parts<M: FeatureModel>(frames: Vec<LazyFrame>, plan: &FieldPlan) -> Result<LazyFrame> {
    let rows = union(frames, &needed::<M>(plan))?;
    Ok(selected(filtered::<M>(rows, plan)?, plan))
}

/// The same of batches that were read, by [`of_batch`].
pub(super) fn of_batches<M: FeatureModel>(frames: Vec<LazyFrame>, plan: &FieldPlan) -> Result<LazyFrame> {
    Ok(selected(union(frames, &wanted::<M>(plan))?, plan))
}

/// The rows of a batch that was read. Those of the version that is asked for were filtered then, and what the filter alone
/// looked at is gone; those of earlier ones are filtered when they have become rows of `M`.
pub(super) fn of_batch<M: FeatureModel>(batch: &RecordBatch, version: u32, plan: &FieldPlan) -> Result<LazyFrame> {
    let label = plan.want.label();
    let failed = |source| Error::Dataset { asset: label.clone(), source: Box::new(source) };
    // Rows without columns would be none.
    let counted = if batch.num_columns() == 0 { Some(counted(batch.num_rows())?) } else { None };
    let rows = to_frame(counted.as_ref().unwrap_or(batch)).map_err(failed)?.lazy();
    let wanted = wanted::<M>(plan);
    if version == plan.want.version {
        return conformed(rows, &batch.schema(), &wanted, &label);
    }
    let rows = earlier::<M>(rows, &batch.schema(), version, plan, &needed::<M>(plan))?;
    Ok(filtered::<M>(rows, plan)?.select(wanted.iter().map(|column| col(column.name.as_str())).collect::<Vec<_>>()))
}

/// So many rows of nothing.
fn counted(num_rows: usize) -> Result<RecordBatch> {
    let rows: ArrayRef = Arc::new(BooleanArray::from(vec![false; num_rows]));
    RecordBatch::try_from_iter([("rows", rows)]).map_err(|source| Error::Arrow { action: "count rows", source })
}

/// Frames with these columns, one after the other.
fn union(mut frames: Vec<LazyFrame>, columns: &[&Column]) -> Result<LazyFrame> {
    match frames.len() {
        0 => empty(columns),
        1 => Ok(frames.remove(0)),
        _ => concat(frames, UnionArgs::default()).map_err(failed("put the parts of a frame together")),
    }
}

/// Those that the field wants.
fn filtered<M: FeatureModel>(rows: LazyFrame, plan: &FieldPlan) -> Result<LazyFrame> {
    Ok(match &plan.want.filter {
        None => rows,
        Some(filter) => rows.filter(filter::expression(filter, M::schema())?),
    })
}

/// The columns that the field wants, in its order.
fn selected(rows: LazyFrame, plan: &FieldPlan) -> LazyFrame {
    match &plan.want.columns {
        None => rows,
        Some(names) => rows.select(names.iter().map(|name| col(name.as_str())).collect::<Vec<_>>()),
    }
}

/// The columns of the model that are wanted.
fn wanted<M: FeatureModel>(plan: &FieldPlan) -> Vec<&'static Column> {
    let is_wanted = |column: &&Column| plan.want.columns.as_ref().is_none_or(|names| names.contains(&column.name));
    M::schema().columns.iter().filter(is_wanted).collect()
}

/// The columns of the model that are wanted, or that the filter looks at.
fn needed<M: FeatureModel>(plan: &FieldPlan) -> Vec<&'static Column> {
    let mut filtered = Vec::new();
    if let Some(filter) = &plan.want.filter {
        columns_of(filter, &mut filtered);
    }
    let is_needed = |column: &&Column| match &plan.want.columns {
        None => true,
        Some(names) => names.contains(&column.name) || filtered.contains(&column.name.as_str()),
    };
    M::schema().columns.iter().filter(is_needed).collect()
}

/// The rows of a part, as frames one after the other; none if it is read otherwise, or there are none.
pub(super) fn opened<M: FeatureModel>(part: &Part, plan: &FieldPlan, stop: &Stop) -> Result<Vec<LazyFrame>> {
    let PartSource::Dataset { dataset, range, row_groups } = &part.source else { return Ok(Vec::new()) };
    let Some(stored) = dataset.schema() else { return Ok(Vec::new()) };
    let needed = needed::<M>(plan);
    let mut frames = Vec::with_capacity(row_groups.len().div_ceil(AT_ONCE));
    for first in row_groups.clone().step_by(AT_ONCE) {
        stop.check()?;
        let some = first..row_groups.end.min(first + AT_ONCE);
        let options = ScanOptions::default().with_range(range.clone()).with_row_groups(some);
        let rows = scanned(dataset, &options, &plan.want, stop)?;
        frames.push(if part.version == plan.want.version {
            conformed(rows, &stored, &needed, &plan.want.label())?
        } else {
            earlier::<M>(rows, &stored, part.version, plan, &needed)?
        });
    }
    Ok(frames)
}

/// Lazily where the storage has files; else as rows.
fn scanned(dataset: &Dataset, options: &ScanOptions, want: &Want, stop: &Stop) -> Result<LazyFrame> {
    let failed = |source| Error::Dataset { asset: want.label(), source: Box::new(source) };
    match dataset.to_lazy(options) {
        Err(varvite_dataset::Error::InvalidOption { option: "to_lazy", .. }) => {}
        lazy => return lazy.map_err(failed),
    }
    let mut scan = dataset.scan(options).map_err(failed)?;
    let mut batches = Vec::new();
    while let Some(batch) = scan.next_batch().map_err(failed)? {
        stop.check()?;
        batches.push(batch);
    }
    let rows = concat_batches(&scan.schema(), &batches)
        .map_err(|source| Error::Arrow { action: "put the rows of a frame together", source })?;
    Ok(to_frame(&rows).map_err(failed)?.lazy())
}

/// Rows of an earlier version with the columns of this one.
fn earlier<M: FeatureModel>(
    rows: LazyFrame,
    stored: &Schema,
    version: u32,
    plan: &FieldPlan,
    needed: &[&Column],
) -> Result<LazyFrame> {
    let label = plan.want.label();
    let Some(Earlier { schema, rewrite, .. }) = M::earlier().into_iter().find(|it| it.schema.version == version) else {
        let known = format!("version {version} cannot become it");
        return Err(Error::VersionNotFound { asset: label, version: plan.want.version, known });
    };
    let of_version = |schema: &'static ModelSchema| schema.columns.iter().collect::<Vec<_>>();
    let rows = conformed(rows, stored, &of_version(schema), &schema.label())?;
    match rewrite {
        None => conformed(rows, &schema.arrow(), needed, &label),
        Some(rewrite) => rewritten(rewrite(rows), needed, &label),
    }
}

/// Rows that the model has rewritten: with the columns that are needed, of the types that they have in the model.
fn rewritten(mut rows: LazyFrame, needed: &[&Column], label: &str) -> Result<LazyFrame> {
    let schema = rows.collect_schema().map_err(failed("rewrite the rows of an earlier version"))?;
    let wanted = empty(needed)?.collect_schema().map_err(failed("make an empty frame"))?;
    for (name, wanted) in wanted.iter() {
        let reason = match schema.get(name) {
            Some(found) if found == wanted => continue,
            Some(found) => format!("the rewrite gives column `{name}` as {found}, the model needs {wanted}"),
            None => format!("the rewrite gives no column `{name}`"),
        };
        return Err(Error::SchemaMismatch { asset: label.to_owned(), reason });
    }
    Ok(rows.select(needed.iter().map(|column| col(column.name.as_str())).collect::<Vec<_>>()))
}

/// No rows of these columns.
fn empty(columns: &[&Column]) -> Result<LazyFrame> {
    let frame = to_frame(&RecordBatch::new_empty(arrow_schema(columns)));
    frame
        .map(IntoLazy::lazy)
        .map_err(|source| Error::Dataset { asset: "an empty frame".to_owned(), source: Box::new(source) })
}

/// The columns as Arrow has them.
pub(super) fn arrow_schema(columns: &[&Column]) -> SchemaRef {
    let field = |column: &&Column| Field::new(&column.name, column.data_type.clone(), column.nullable);
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}
