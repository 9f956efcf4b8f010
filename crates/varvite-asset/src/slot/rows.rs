//! Rows as fields: `Vec<M>` and `Option<Vec<M>>`.

use arrow::array::RecordBatch;

use super::decoder::Decoder;
use super::{Filling, Slot};
use crate::{Error, FeatureModel, Fetch, FieldPlan, PlannedScan, Result, Want};

/// Rows in the making: one vector, made as long as it will be, into which batch after batch is decoded.
pub struct FillRows<M> {
    decoder: Decoder<M>,
    rows: Vec<M>,
}

impl<M: FeatureModel> FillRows<M> {
    pub(super) fn new(plan: &FieldPlan) -> Self {
        let mut rows = Vec::new();
        if plan.want.filter.is_none() {
            // Where there is no room for all at once, there may be for those that come.
            let _ = rows.try_reserve_exact(usize::try_from(plan.num_rows).unwrap_or(usize::MAX));
        }
        Self { decoder: Decoder::new(plan), rows }
    }
}

impl<M: FeatureModel> Filling for FillRows<M> {
    type Filled = Vec<M>;

    fn push(&mut self, scan: &PlannedScan, batch: RecordBatch) -> Result<()> {
        self.decoder.decode(scan, &batch, &mut self.rows)
    }

    fn finish(mut self) -> Result<Vec<M>> {
        // A range that cuts long files takes fewer rows than planned.
        if self.rows.len() < self.rows.capacity() / 2 {
            self.rows.shrink_to_fit();
        }
        Ok(self.rows)
    }
}

impl<M: FeatureModel> Slot for Vec<M> {
    type Filling = FillRows<M>;

    fn want(field: &str, fetch: &Fetch) -> Result<Want> {
        wanted_rows::<M>(field, fetch)
    }

    fn filling(plan: &FieldPlan) -> Result<Self::Filling> {
        Ok(FillRows::new(plan))
    }
}

/// Rows in the making, where something was written.
pub struct FillSome<M>(Option<FillRows<M>>);

impl<M: FeatureModel> Filling for FillSome<M> {
    type Filled = Option<Vec<M>>;

    fn push(&mut self, scan: &PlannedScan, batch: RecordBatch) -> Result<()> {
        self.0.as_mut().map_or(Ok(()), |rows| rows.push(scan, batch))
    }

    fn finish(self) -> Result<Option<Vec<M>>> {
        self.0.map(Filling::finish).transpose()
    }
}

impl<M: FeatureModel> Slot for Option<Vec<M>> {
    type Filling = FillSome<M>;

    fn want(field: &str, fetch: &Fetch) -> Result<Want> {
        wanted_rows::<M>(field, fetch)
    }

    fn filling(plan: &FieldPlan) -> Result<Self::Filling> {
        Ok(FillSome(plan.intervals.is_any_written().then(|| FillRows::new(plan))))
    }
}

/// What a field of rows of `M` asks for: columns that are left out must have a default.
pub(super) fn wanted_rows<M: FeatureModel>(field: &str, fetch: &Fetch) -> Result<Want> {
    let want = fetch.want::<M>(field)?;
    if let Some(columns) = &want.columns {
        let is_left_out = |name: &str| !columns.iter().any(|column| column == name);
        let required = M::schema().columns.iter().find(|column| {
            column.default == crate::ColumnDefault::Required
                && is_left_out(&column.name)
                && Some(&column.name) != want.time.as_ref()
        });
        if let Some(column) = required {
            let reason = format!("a row needs `{}`, which has no default", column.name);
            return Err(Error::InvalidOption { option: "columns", reason });
        }
    }
    Ok(want)
}
