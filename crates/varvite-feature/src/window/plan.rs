//! What the aggregations of a window take and give, decided from the columns of its source.

use arrow::datatypes::Schema;
use varvite_schema::{Aggregation, DataType, WindowSchema};

use super::track::TrackPlan;
use crate::{Error, Result};

/// One aggregation over columns of known types.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AggregationPlan {
    /// The column that it takes; `None` for a count of rows.
    pub(crate) column: Option<String>,
    pub(super) track: TrackPlan,
}

impl AggregationPlan {
    /// The type of the answer.
    pub(crate) fn data_type(&self) -> &arrow::datatypes::DataType {
        &self.track.output
    }

    /// How many rows of a window there are.
    pub(crate) fn rows() -> Self {
        let output = arrow::datatypes::DataType::Int64;
        Self { column: None, track: TrackPlan::new(varvite_schema::AggregateFunction::Count, None, output) }
    }
}

/// Plans the aggregations `wanted` of a window over a source with these columns.
///
/// # Errors
/// [`Error::InvalidDefinition`] for a column that is not there, and for a function that means nothing over its type.
pub(crate) fn plan(window: &WindowSchema, wanted: &[&Aggregation], source: &Schema) -> Result<Vec<AggregationPlan>> {
    wanted.iter().map(|one| plan_one(window, one, source)).collect()
}

fn plan_one(window: &WindowSchema, one: &Aggregation, source: &Schema) -> Result<AggregationPlan> {
    let refuse = |reason| Error::InvalidDefinition { name: window.id(), reason };
    let Some(column) = one.column() else { return Ok(AggregationPlan::rows()) };
    let field = source.field_with_name(column).map_err(|_| {
        let known: Vec<&str> = source.fields().iter().map(|field| field.name().as_str()).collect();
        refuse(format!("`{}` has no column `{column}`: it has {}", window.source(), known.join(", ")))
    })?;
    let input = DataType::from_arrow_values(field.data_type()).map_err(|error| refuse(error.to_string()))?;
    let output = one.function().result_type(&input);
    let output =
        output.ok_or_else(|| refuse(format!("`{}` of `{column}`, which is {input}, means nothing", one.function())))?;
    let track = TrackPlan::new(one.function(), Some(input.to_arrow()), output.to_arrow());
    Ok(AggregationPlan { column: Some(column.to_owned()), track })
}
