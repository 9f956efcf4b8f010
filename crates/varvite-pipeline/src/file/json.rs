//! Files with a JSON object a line.

use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::json::ReaderBuilder;
use arrow::json::reader::{Decoder, infer_json_schema};

use super::locate::{Records, locate, start};
use super::{BATCH_ROWS, Place, Types};
use crate::source::Opened;
use crate::{Error, Result};

pub(super) fn open(place: Place, types: &Types) -> Result<Opened> {
    let schema = match types {
        Types::Declared(schema) => Arc::clone(schema),
        Types::Inferred => {
            let inferred = infer_json_schema(start(&place)?, None);
            // Whatever the columns are, what is no JSON is found.
            Arc::new(inferred.map_err(|error| located(&place, &Arc::new(Schema::empty()), error))?.0)
        }
    };
    let reader = ReaderBuilder::new(Arc::clone(&schema)).with_batch_size(BATCH_ROWS).build(start(&place)?);
    let mut reader = reader.map_err(|error| place.failed(error))?;
    let columns = Arc::clone(&schema);
    let batches = std::iter::from_fn(move || Some(reader.next()?.map_err(|error| located(&place, &columns, error))));
    Ok(Opened { is_inferred: *types == Types::Inferred, ..Opened::new(schema, batches.fuse()) })
}

/// The error with its line and column, if it can be found again.
fn located(place: &Place, schema: &SchemaRef, error: ArrowError) -> Error {
    let one_by_one = |schema| ReaderBuilder::new(schema).with_batch_size(1).build_decoder();
    let found = || {
        let record = locate(start(place).ok()?, one_by_one(Arc::clone(schema)).ok()?, false).ok()??;
        let is_bad = |field: &&Arc<arrow::datatypes::Field>| {
            let alone = Arc::new(Schema::new(vec![Arc::clone(field)]));
            one_by_one(alone).and_then(|decoder| decode(decoder, &record.bytes)).is_err()
        };
        // What is no JSON is bad for every column: none of them is to blame.
        let is_json = decode(one_by_one(Arc::new(Schema::empty())).ok()?, &record.bytes).is_ok();
        let bad = schema.fields().iter().filter(|_| is_json).find(is_bad).map(|field| field.name().clone());
        Some((record, bad))
    };
    let Some((record, column)) = found() else { return place.failed(error) };
    let reason = record.error.to_string();
    record.into_error(place, column, reason)
}

fn decode(mut decoder: Decoder, record: &[u8]) -> Result<(), ArrowError> {
    decoder.decode(record)?;
    decoder.flush().map(drop)
}

impl Records for Decoder {
    fn take(&mut self, bytes: &[u8]) -> Result<(usize, bool), ArrowError> {
        let taken = self.decode(bytes)?;
        Ok((taken, !self.is_empty() && !self.has_partial_record()))
    }

    fn end(&mut self) -> Result<(), ArrowError> {
        self.flush().map(drop)
    }
}
