//! The parts of a plan as lazy frames with the columns of the model.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema, SchemaRef};
use polars::prelude::{IntoLazy, LazyFrame, UnionArgs, col, concat};
use varvite_dataset::{Dataset, ScanOptions, to_frame};

use super::columns::conformed;
use super::{failed, filter};
use crate::collection::columns_of;
use crate::{Column, Earlier, Error, FeatureModel, FieldPlan, ModelSchema, Part, PartSource, Result};

/// The rows of all parts, one after the other: filtered, with the columns that are wanted.
pub(super) fn frame<M: FeatureModel>(plan: &FieldPlan) -> Result<LazyFrame> {
    let frames = plan.parts.iter().filter_map(|part| of_part::<M>(part, plan).transpose());
    union::<M>(frames.collect::<Result<_>>()?, plan)
}

/// Frames with the columns that are needed, one after the other: filtered, with the columns that are wanted.
pub(super) fn union<M: FeatureModel>(mut frames: Vec<LazyFrame>, plan: &FieldPlan) -> Result<LazyFrame> {
    let frame = match frames.len() {
        0 => empty(&needed::<M>(plan))?,
        1 => frames.remove(0),
        _ => concat(frames, UnionArgs::default()).map_err(failed("put the parts of a frame together"))?,
    };
    let frame = match &plan.want.filter {
        None => frame,
        Some(filter) => frame.filter(filter::expression(filter, M::schema())?),
    };
    Ok(match &plan.want.columns {
        None => frame,
        Some(names) => frame.select(names.iter().map(|name| col(name.as_str())).collect::<Vec<_>>()),
    })
}

/// The columns of the model that are wanted, or that the filter looks at.
pub(super) fn needed<M: FeatureModel>(plan: &FieldPlan) -> Vec<&'static Column> {
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

/// The rows of a part; `None` if it is read otherwise, or there are none.
fn of_part<M: FeatureModel>(part: &Part, plan: &FieldPlan) -> Result<Option<LazyFrame>> {
    let PartSource::Dataset { dataset, range, row_groups } = &part.source else { return Ok(None) };
    let Some(stored) = dataset.schema().filter(|_| !row_groups.is_empty()) else { return Ok(None) };
    let options = ScanOptions::default().with_range(range.clone()).with_row_groups(row_groups.clone());
    let rows = scanned(dataset, &options)
        .map_err(|source| Error::Dataset { asset: plan.want.label(), source: Box::new(source) })?;
    let needed = needed::<M>(plan);
    if part.version == plan.want.version {
        return conformed(rows, &stored, &needed, &plan.want.label()).map(Some);
    }
    earlier::<M>(rows, &stored, part.version, plan, &needed).map(Some)
}

/// Lazily where the storage has files; else as rows.
fn scanned(dataset: &Dataset, options: &ScanOptions) -> varvite_dataset::Result<LazyFrame> {
    match dataset.to_lazy(options) {
        Err(varvite_dataset::Error::InvalidOption { option: "to_lazy", .. }) => Ok(dataset.to_polars(options)?.lazy()),
        lazy => lazy,
    }
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
