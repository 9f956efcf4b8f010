//! Arrow IPC files, also known as Feather version 2.

use std::fs::File;
use std::io::BufReader;

use arrow::datatypes::SchemaRef;
use arrow::ipc::reader::FileReader;

use super::source::{Cause, Source};
use super::typed::{Typed, cast_to};
use crate::error::Result;

pub(super) fn read(source: Source, hint: Option<&SchemaRef>, evolve: bool) -> Result<Typed> {
    let given = open(&source).map_err(|error| source.failed(error))?.schema();
    Ok(Typed::new(source, cast_to(&given, hint, evolve), |source| Ok(Box::new(open(source)?))))
}

fn open(source: &Source) -> std::result::Result<FileReader<BufReader<File>>, Cause> {
    Ok(FileReader::try_new(source.buffered()?, None)?)
}
