//! Arrow IPC files, also known as Feather version 2.

use arrow::datatypes::SchemaRef;
use arrow::ipc::reader::FileReader;

use super::source::Source;
use super::typed::{Typed, cast_to};
use crate::error::Result;

pub(super) fn read(source: Source, hint: Option<&SchemaRef>) -> Result<Typed> {
    let reader = FileReader::try_new(source.buffered()?, None).map_err(|error| source.failed(error))?;
    let columns = cast_to(&reader.schema(), hint);
    Ok(Typed::new(source, Box::new(reader), columns))
}
