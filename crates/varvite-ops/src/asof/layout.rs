//! [`Layout`]: the columns of targets, frames and result, fixed by the first call.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};

use super::AsofOptions;
use crate::keys::find;
use crate::{Error, Result};

/// The columns of targets, frames and result.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layout {
    pub(crate) targets: SchemaRef,
    /// A frame's columns: the ordered one, then the values.
    pub(crate) frames: Vec<SchemaRef>,
    pub(crate) result: SchemaRef,
}

impl Layout {
    /// The layout that these columns make.
    pub(crate) fn try_new(options: &AsofOptions, targets: SchemaRef, frames: Vec<SchemaRef>) -> Result<Self> {
        for (at, (frame, options)) in frames.iter().zip(&options.frames).enumerate() {
            for fill in &options.fill {
                check_fill(&fill.0, frame, at)?;
            }
        }
        let result = result(options, &targets, &frames)?;
        Ok(Self { targets, frames, result })
    }

    /// The layout of a first call: that of its targets and its first group.
    pub(crate) fn of_first(options: &AsofOptions, targets: &RecordBatch, group: &[RecordBatch]) -> Result<Self> {
        let on = find(targets, &options.on, "targets")?.data_type().clone();
        let of_frame = |(at, rows): (usize, &RecordBatch)| frame_schema(rows, options, &on, at);
        let frames = group.iter().enumerate().map(of_frame).collect::<Result<_>>()?;
        let targets = Schema::new(targets.schema_ref().fields().clone());
        Self::try_new(options, Arc::new(targets), frames)
    }

    /// Targets with the columns of the first call.
    pub(crate) fn fit_targets(&self, targets: &RecordBatch) -> Result<RecordBatch> {
        fit(targets, &self.targets, || "targets".to_owned())
    }

    /// A group's rows with the columns of the first call.
    pub(crate) fn fit_frame(
        &self,
        options: &AsofOptions,
        rows: &RecordBatch,
        group: usize,
        frame: usize,
    ) -> Result<RecordBatch> {
        fit(rows, &self.frames[frame], || options.place(group, frame))
    }
}

fn frame_schema(rows: &RecordBatch, options: &AsofOptions, wanted: &DataType, at: usize) -> Result<SchemaRef> {
    let on = &options.on;
    let found = find(rows, on, &options.place(0, at))?.data_type();
    if found != wanted {
        return Err(Error::UnsupportedType {
            column: on.to_owned(),
            place: options.place(0, at),
            data_type: found.to_string(),
            reason: format!("that of targets is {wanted}"),
        });
    }
    let fields = rows.schema_ref().fields().iter();
    let key = fields.clone().filter(|field| field.name() == on).map(nullable);
    let values = fields.filter(|field| field.name() != on).map(nullable);
    Ok(Arc::new(Schema::new(key.chain(values).collect::<Vec<FieldRef>>())))
}

fn nullable(field: &FieldRef) -> FieldRef {
    Arc::new(field.as_ref().clone().with_nullable(true))
}

/// `rows` with the columns of `schema`, by name, whatever their order.
fn fit(rows: &RecordBatch, schema: &SchemaRef, place: impl Fn() -> String) -> Result<RecordBatch> {
    let refused = |reason| Error::ColumnsChanged { place: place(), reason };
    let unknown = rows.schema_ref().fields().iter().find(|field| schema.column_with_name(field.name()).is_none());
    if let Some(field) = unknown {
        return Err(refused(format!("column `{}` was not there before", field.name())));
    }
    let column = |field: &FieldRef| {
        let found = rows.column_by_name(field.name());
        let found = found.ok_or_else(|| refused(format!("column `{}` is missing", field.name())))?;
        if found.data_type() == field.data_type() {
            return Ok(found.clone());
        }
        let (before, now) = (field.data_type(), found.data_type());
        Err(refused(format!("column `{}` was {before} and is {now}", field.name())))
    };
    let columns = schema.fields().iter().map(column).collect::<Result<Vec<_>>>()?;
    if columns.len() != rows.num_columns() {
        return Err(refused("two columns have the same name".to_owned()));
    }
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(Error::arrow("take rows of an as-of merge"))
}

fn check_fill(fill: &RecordBatch, frame: &Schema, at: usize) -> Result<()> {
    let refused = |reason| Err(Error::InvalidOption { option: "fill", reason });
    for field in frame.fields().iter().skip(1) {
        match fill.column_by_name(field.name()) {
            None => return refused(format!("frame {at} has a column `{}`, which is not filled", field.name())),
            Some(column) if column.data_type() != field.data_type() => {
                let (wanted, found) = (field.data_type(), column.data_type());
                return refused(format!("column `{}` of frame {at} is {wanted}, and filled by {found}", field.name()));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

fn result(options: &AsofOptions, targets: &Schema, frames: &[SchemaRef]) -> Result<SchemaRef> {
    let mut fields: Vec<(FieldRef, String)> = Vec::new();
    fields.extend(targets.fields().iter().map(|field| (Arc::clone(field), "a column of targets".to_owned())));
    for position in 0..options.num_positions() {
        for (at, frame) in frames.iter().enumerate() {
            for field in frame.fields().iter().skip(1) {
                for back in (0..=options.frames[at].n_prev).rev() {
                    let name = options.name(position, at, field.name(), back);
                    let origin = format!("`{}` of frame {at} at join position {position}", field.name());
                    fields.push((Arc::new(Field::clone(field).with_name(name)), origin));
                }
            }
        }
    }
    let mut seen = std::collections::HashMap::new();
    for (field, origin) in &fields {
        if let Some(first) = seen.insert(field.name(), origin) {
            let (first, second) = (first.clone(), origin.clone());
            return Err(Error::DuplicateColumn { column: field.name().clone(), first, second });
        }
    }
    Ok(Arc::new(Schema::new(fields.into_iter().map(|(field, _)| field).collect::<Vec<_>>())))
}
