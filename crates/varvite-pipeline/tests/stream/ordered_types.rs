//! Every type that can be ordered on: jobs go on at the ends of the type, too.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Array, Date64Array, Decimal128Array, Float32Array, Float64Array, Int8Array, Int64Array,
    RecordBatch, StringArray, TimestampNanosecondArray, TimestampSecondArray, UInt8Array, UInt64Array,
};
use varvite_dataset::{ScanOptions, WriteOptions};
use varvite_pipeline::{Stateful, StepError, StreamJob};
use varvite_storage::MemoryStorage;

use crate::world::dataset;

/// Values in order, taken one by one and each one twice.
#[track_caller]
fn check(values: &ArrayRef) {
    let storage = MemoryStorage::new();
    let (input, output) = (dataset(storage.clone(), "input"), dataset(storage, "output"));
    let options = WriteOptions::ordered_on("at");
    let job = StreamJob::new("copy", "input", &input, &output, options.clone());
    let copy = || Stateful::new("copy", 1, (), |(), rows: RecordBatch| Ok::<_, StepError>(rows));
    for row in 0..values.len() {
        for _ in 0..2 {
            let batch = RecordBatch::try_from_iter([("at", values.slice(row, 1))]).unwrap();
            let _ = input.write(batch, &options).unwrap();
            let report = job.run(copy()).unwrap_or_else(|error| panic!("row {row} of {values:?}: {error:?}"));
            assert_eq!(report.rows_in, 1, "row {row} of {values:?}: {report}");
        }
    }
    assert_eq!(job.run(copy()).unwrap().rows_in, 0);
    let (given, made) = (input.read(&ScanOptions::default()).unwrap(), output.read(&ScanOptions::default()).unwrap());
    assert_eq!((given.num_rows(), given), (2 * values.len(), made));
}

#[test]
fn integers() {
    check(&(Arc::new(Int8Array::from(vec![i8::MIN, -1, 0, i8::MAX])) as ArrayRef));
    check(&(Arc::new(UInt8Array::from(vec![0, 1, u8::MAX])) as ArrayRef));
    check(&(Arc::new(Int64Array::from(vec![i64::MIN, -1, i64::MAX - 1, i64::MAX])) as ArrayRef));
    check(&(Arc::new(UInt64Array::from(vec![0, 1 << 63, u64::MAX])) as ArrayRef));
}

#[test]
fn floats() {
    let least = f32::MIN_POSITIVE / 8.0;
    check(&(Arc::new(Float32Array::from(vec![f32::NEG_INFINITY, -0.1, 0.0, least, 0.1, f32::INFINITY])) as ArrayRef));
    let least = f64::from_bits(1);
    check(&(Arc::new(Float64Array::from(vec![f64::MIN, -1e-300, -0.0, least, 0.1, f64::INFINITY])) as ArrayRef));
}

#[test]
fn decimals_and_texts() {
    let most = 10_i128.pow(38) - 1;
    let decimals = |scale| {
        let values = Decimal128Array::from(vec![-most, -1, 0, most]);
        Arc::new(values.with_precision_and_scale(38, scale).unwrap()) as ArrayRef
    };
    for scale in [0, 10] {
        check(&decimals(scale));
    }
    check(&(Arc::new(StringArray::from(vec!["", "\0", "\u{1}\"\\", "a", "a\0", "ä\n", "\u{10ffff}"])) as ArrayRef));
}

#[test]
fn dates_and_times() {
    check(&(Arc::new(Date32Array::from(vec![i32::MIN, -1, 0, i32::MAX])) as ArrayRef));
    check(&(Arc::new(Date64Array::from(vec![-86_400_000, 0, 86_400_000])) as ArrayRef));
    check(&(Arc::new(TimestampSecondArray::from(vec![i64::MIN, -1, 0, i64::MAX])) as ArrayRef));
    let zoned = TimestampNanosecondArray::from(vec![i64::MIN, -1, 0, i64::MAX]).with_timezone("Europe/Rome");
    check(&(Arc::new(zoned) as ArrayRef));
}
