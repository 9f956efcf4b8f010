//! Writing feature assets from Polars frames (feature `polars`).

use std::io::Cursor;

use arrow::array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use polars::prelude::{DataFrame, IpcStreamWriter, LazyFrame, PolarsError, SerWriter};

use super::rows::arrow;
use super::{AssetReport, AssetWrite};
use crate::catalog::Catalog;
use crate::{Error, FeatureModel, Result};

impl Catalog {
    /// Writes the rows of a lazy frame, which is collected. Columns are found by name, and there are no others.
    ///
    /// # Errors
    /// As [`write`](Self::write); [`Error::Frame`] if the frame cannot be collected.
    pub fn write_frame<M: FeatureModel>(&self, frame: LazyFrame, how: &AssetWrite) -> Result<AssetReport> {
        let frame = frame.collect().map_err(failed("collect the frame"))?;
        self.write_batches(M::schema(), &batches_of(frame)?, how)
    }
}

/// The rows of a frame, through the Arrow stream format: Polars has an Arrow of its own.
pub(crate) fn batches_of(mut frame: DataFrame) -> Result<Vec<RecordBatch>> {
    let mut bytes = Vec::new();
    let mut writer = IpcStreamWriter::new(&mut bytes);
    writer.finish(&mut frame).map_err(failed("give the rows of a frame"))?;
    let reader = StreamReader::try_new(Cursor::new(bytes), None).map_err(arrow("take the rows of a frame"))?;
    reader.collect::<Result<_, _>>().map_err(arrow("take the rows of a frame"))
}

fn failed(action: &'static str) -> impl FnOnce(PolarsError) -> Error {
    move |source| Error::Frame { action, source }
}
