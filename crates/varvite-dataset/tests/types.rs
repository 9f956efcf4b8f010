//! Every ordered type: written, merged late, opened again and read by range, and in order for whoever reads the folder.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, Date32Array, Date64Array, Decimal32Array, Decimal64Array, Decimal128Array, Decimal256Array,
    Float16Array, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, LargeStringArray,
    RecordBatch, StringArray, StringViewArray, TimestampMicrosecondArray, TimestampMillisecondArray,
    TimestampNanosecondArray, TimestampSecondArray, UInt8Array, UInt16Array, UInt32Array, UInt32Builder, UInt64Array,
};
use arrow::compute::{concat_batches, take};
use arrow::datatypes::{DataType, Int64Type, i256};
use common::{assert_same, batch, files_in, ints, named, on_t, open};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use varvite_dataset::{Dataset, Duplicates, KeyRange, Ordered, OrderedValue, ScanOptions, WriteOptions};
use varvite_storage::MemoryStorage;
use varvite_time::Period;

/// The rows of `values` at the positions that `wanted` holds for; `v` is the position.
fn part(values: &ArrayRef, wanted: impl Fn(usize) -> bool) -> RecordBatch {
    let mut rows = UInt32Builder::new();
    let positions: Vec<usize> = (0..values.len()).filter(|row| wanted(*row)).collect();
    for row in &positions {
        rows.append_value(u32::try_from(*row).unwrap());
    }
    let taken = take(values, &rows.finish(), None).unwrap();
    batch([("t", taken), ("v", ints(positions.iter().map(|row| i64::try_from(*row).unwrap())))])
}

fn positions(found: &RecordBatch) -> Vec<i64> {
    found.column(1).as_primitive::<Int64Type>().values().to_vec()
}

/// `values` ascend; equal ones stand next to each other. They survive, in order, whatever way they come in.
#[track_caller]
fn check(values: impl arrow::array::Array + 'static) {
    let values: ArrayRef = Arc::new(values);
    // By twos with the odd ones late; last to first; first to last, each alone.
    check_writes(&values, &[part(&values, |row| row % 2 == 0), part(&values, |row| row % 2 == 1)], &on_t());
    let single = |row: usize| part(&values, move |at| at == row);
    let alone = on_t().with_row_group_target_size(1);
    let distinct = (1..values.len()).all(|row| order(&values).value(row - 1) < order(&values).value(row));
    if distinct {
        check_writes(&values, &(0..values.len()).rev().map(single).collect::<Vec<_>>(), &alone);
        check_writes(
            &values,
            &(0..values.len()).rev().map(single).collect::<Vec<_>>(),
            &on_t().with_max_n_off_target_rgs(1),
        );
        let backwards = part(&values, |_| true);
        let rows = (0..u32::try_from(values.len()).unwrap()).rev().collect::<UInt32Array>();
        let backwards = arrow::compute::take_record_batch(&backwards, &rows).unwrap();
        check_writes(&values, &[backwards], &on_t().with_sort(true));
    }
    check_writes(&values, &(0..values.len()).map(single).collect::<Vec<_>>(), &alone);
}

fn order(values: &ArrayRef) -> Ordered {
    Ordered::try_new(&batch([("t", Arc::clone(values))]), &"t".into()).unwrap()
}

#[track_caller]
fn check_writes(values: &ArrayRef, writes: &[RecordBatch], options: &WriteOptions) {
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    for rows in writes {
        assert_eq!(dataset.write(rows.clone(), options).unwrap().inserted, rows.num_rows() as u64);
    }
    let dataset = open(&storage).unwrap();
    let all = dataset.read(&ScanOptions::default()).unwrap();
    assert_same(all.column(0), values);
    assert_eq!(positions(&all), (0..values.len()).map(|row| i64::try_from(row).unwrap()).collect::<Vec<_>>());
    assert!(dataset.check(true).unwrap().is_ok());
    check_ranges(&dataset, values);
    check_folder(&storage, &dataset, &all);
    // The same rows once more, told to find duplicates: they are all there.
    let again = options.clone().with_duplicates_on(Duplicates::AllColumns).with_sort(false);
    let report = dataset.write(part(values, |_| true), &again).unwrap();
    assert_eq!((report.identical, report.committed()), (values.len() as u64, false), "{report}");
    // Whatever has the value of the first row goes, and nothing else.
    let key = part(values, |row| row == 0).project(&[0]).unwrap();
    let _ = dataset.delete_keys(key, &WriteOptions::default()).unwrap();
    let left = dataset.read(&ScanOptions::default()).unwrap();
    let ordered = order(values);
    let others = (0..values.len()).filter(|row| ordered.value(*row) != ordered.value(0));
    assert_eq!(positions(&left), others.map(|row| i64::try_from(row).unwrap()).collect::<Vec<_>>());
}

/// Every range between two of the values, bounds as values and as text, with and without rows before it.
#[track_caller]
fn check_ranges(dataset: &Dataset, values: &ArrayRef) {
    let ordered = order(values);
    let text = |value: &OrderedValue| OrderedValue::from(ordered.ordered_type().format(value));
    let first_of = |row: usize| (0..=row).find(|at| ordered.value(*at) == ordered.value(row)).unwrap();
    for start in 0..values.len() {
        for end in start..values.len() {
            let expected: Vec<i64> = (first_of(start)..first_of(end)).map(|row| i64::try_from(row).unwrap()).collect();
            let (low, high) = (ordered.value(start), ordered.value(end));
            for (low, high) in [(text(&low), text(&high)), (low, high)] {
                let range = KeyRange { start: Some(low), end: Some(high) };
                let found = dataset.read(&ScanOptions::default().with_range(range.clone())).unwrap();
                assert_eq!(positions(&found), expected, "{range}");
                let found = dataset.read(&ScanOptions::default().with_range(range.clone()).with_n_prev(3)).unwrap();
                let with_before = first_of(start).saturating_sub(3)..first_of(end);
                assert_eq!(found.num_rows(), with_before.len(), "{range} and 3 before");
            }
        }
    }
}

/// Someone who knows nothing but Parquet reads the folder in order of names.
#[track_caller]
fn check_folder(storage: &MemoryStorage, dataset: &Dataset, expected: &RecordBatch) {
    let files = files_in(storage, "d");
    assert_eq!(files.iter().map(|(path, _)| path.name()).collect::<Vec<_>>(), named(dataset));
    let batches: Vec<RecordBatch> = files
        .into_iter()
        .flat_map(|(_, bytes)| ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap().build().unwrap())
        .map(Result::unwrap)
        .collect();
    let found = concat_batches(&batches[0].schema(), &batches).unwrap();
    for (found, expected) in found.columns().iter().zip(expected.columns()) {
        assert_same(found, expected);
    }
}

#[test]
fn signed_integers() {
    check(Int8Array::from(vec![i8::MIN, -7, -1, 0, 1, 2, 100, i8::MAX]));
    check(Int16Array::from(vec![i16::MIN, -129, -1, 0, 1, 128, i16::MAX]));
    check(Int32Array::from(vec![i32::MIN, -70_000, -1, 0, 1, 70_000, i32::MAX]));
    check(Int64Array::from(vec![i64::MIN, i64::MIN + 1, -1 << 40, -1, 0, 1, 1 << 53, (1 << 53) + 1, i64::MAX]));
}

#[test]
fn unsigned_integers() {
    check(UInt8Array::from(vec![0, 1, 127, 128, 200, u8::MAX]));
    check(UInt16Array::from(vec![0, 1, 32_767, 32_768, u16::MAX]));
    check(UInt32Array::from(vec![0, 1, 1 << 31, (1 << 31) + 1, u32::MAX]));
    let wide = 1_u64 << 63;
    check(UInt64Array::from(vec![0, 1, 1 << 53, wide - 1, wide, wide + 1, u64::MAX - 1, u64::MAX]));
}

#[test]
fn floats() {
    check(Float16Array::from(vec![
        half(f32::NEG_INFINITY),
        half(-1.5),
        half(0.0),
        half(0.1),
        half(2.0),
        half(f32::INFINITY),
    ]));
    check(Float32Array::from(vec![
        f32::NEG_INFINITY,
        f32::MIN,
        -0.7,
        -f32::from_bits(1),
        0.0,
        f32::from_bits(1),
        f32::MIN_POSITIVE,
        0.1,
        0.3,
        0.7,
        f32::MAX,
        f32::INFINITY,
    ]));
    check(Float64Array::from(vec![
        f64::NEG_INFINITY,
        f64::MIN,
        -0.1,
        -f64::from_bits(1),
        0.0,
        f64::from_bits(1),
        f64::MIN_POSITIVE,
        0.1,
        0.1 + 0.2,
        1e300,
        f64::MAX,
        f64::INFINITY,
    ]));
}

fn half(value: f32) -> <arrow::datatypes::Float16Type as arrow::array::ArrowPrimitiveType>::Native {
    value.to_string().parse().unwrap()
}

#[test]
fn the_two_zeros_are_one_value() {
    check(Float64Array::from(vec![-1.0, -0.5, -0.0, 0.0, 1.0]));
    check(Float64Array::from(vec![-1.0, -0.5, 0.0, -0.0, 1.0]));
    check(Float32Array::from(vec![-1.0, -0.5, -0.0, 0.0, 1.0]));
}

#[test]
fn a_bound_in_words_has_the_precision_of_the_column() {
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    let _ =
        dataset.write(part(&(Arc::new(Float32Array::from(vec![0.3, 0.7])) as ArrayRef), |_| true), &on_t()).unwrap();
    let count = |range: KeyRange| dataset.read(&ScanOptions::default().with_range(range)).unwrap().num_rows();
    assert_eq!((count(("0.7"..).into()), count((.."0.3").into()), count((0.7_f32..).into())), (1, 0, 1));
}

#[test]
fn decimals() {
    let wide = |text: &str| i256::from_string(text).unwrap();
    check(
        Decimal32Array::from(vec![-999_999_999, -1, 0, 1, 12_345, 999_999_999]).with_precision_and_scale(9, 2).unwrap(),
    );
    check(
        Decimal64Array::from(vec![-999_999_999_999_999_999, -100, 0, 1, 999_999_999_999_999_999])
            .with_precision_and_scale(18, 18)
            .unwrap(),
    );
    let beyond = i128::from(i64::MAX) + 1;
    check(
        Decimal128Array::from(vec![
            -beyond * 1000,
            -beyond - 1,
            -beyond,
            -beyond + 1,
            -1,
            0,
            5,
            beyond - 1,
            beyond,
            beyond + 1,
            beyond * 1000,
        ])
        .with_precision_and_scale(38, 10)
        .unwrap(),
    );
    let nines = "9".repeat(76);
    check(
        Decimal256Array::from(vec![
            wide(&format!("-{nines}")),
            wide("-170141183460469231731687303715884105729"),
            wide("-9223372036854775809"),
            wide("-1"),
            wide("0"),
            wide("9223372036854775808"),
            wide("170141183460469231731687303715884105728"),
            wide(&nines),
        ])
        .with_precision_and_scale(76, 5)
        .unwrap(),
    );
    check(Decimal128Array::from(vec![-5, 0, 5]).with_precision_and_scale(5, 0).unwrap());
}

#[test]
fn dates() {
    check(Date32Array::from(vec![-719_529, -1, 0, 1, 19_000, 2_932_897]));
    check(Date64Array::from(vec![-86_400_000 * 800_000, -86_400_000, 0, 86_400_000, 86_400_000 * 20_000]));
    // Dates in milliseconds may hold a time of day: what is there is kept.
    check(Date64Array::from(vec![-86_400_001, -1, 0, 1, 86_400_000]));
}

#[test]
fn the_outermost_dates() {
    check(Date32Array::from(vec![i32::MIN, i32::MIN + 1, 0, i32::MAX]));
    check(Date64Array::from(vec![i64::MIN, -1, i64::MAX]));
}

#[test]
fn timestamps() {
    for zone in [None, Some("UTC"), Some("+02:00"), Some("Europe/Berlin")] {
        check(
            TimestampSecondArray::from(vec![-62_135_596_801, -1, 0, 1, 1_700_000_000, 253_402_300_800])
                .with_timezone_opt(zone),
        );
        check(
            TimestampMillisecondArray::from(vec![-62_135_596_800_001, -1001, -1, 0, 999, 1_700_000_000_123])
                .with_timezone_opt(zone),
        );
        check(
            TimestampMicrosecondArray::from(vec![-1_000_001, -1, 0, 1, 1_700_000_000_123_456]).with_timezone_opt(zone),
        );
        check(
            TimestampNanosecondArray::from(vec![i64::MIN, -1_000_000_001, -1, 0, 1, i64::MAX]).with_timezone_opt(zone),
        );
    }
}

#[test]
fn the_outermost_timestamps() {
    check(TimestampSecondArray::from(vec![i64::MIN, -1, i64::MAX]));
    check(TimestampMillisecondArray::from(vec![i64::MIN, -1, i64::MAX]));
    check(TimestampMicrosecondArray::from(vec![i64::MIN, -1, i64::MAX]));
}

const TEXTS: [&str; 16] = [
    "",
    "\0",
    "\0\0",
    "\n\"quoted\\",
    "a",
    "prefix__",
    "prefix__\0",
    "prefix__1",
    "prefix__10",
    "prefix__2",
    "prefix__long enough for more than a view",
    "prefix__long enough for more than a view too",
    "z",
    "é",
    "日本",
    "\u{10FFFF}",
];

#[test]
fn texts() {
    check(StringArray::from(TEXTS.to_vec()));
    check(LargeStringArray::from(TEXTS.to_vec()));
    check(StringViewArray::from(TEXTS.to_vec()));
}

#[test]
fn a_first_text_of_nothing_is_a_first_text() {
    check(StringArray::from(vec!["", "\0\0\0\0\0\0\0\0", "\0\0\0\0\0\0\0\0\0"]));
}

#[test]
fn equal_values_keep_the_order_in_which_they_came() {
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    let same = |from: i64| {
        batch([("t", Arc::new(StringArray::from(vec!["same"; 5])) as ArrayRef), ("v", ints(from..from + 5))])
    };
    for from in [0, 5, 10, 15] {
        let _ = dataset.write(same(from), &on_t()).unwrap();
    }
    let all = dataset.read(&ScanOptions::default()).unwrap();
    assert_eq!(positions(&all), (0..20).collect::<Vec<_>>());
    check_folder(&storage, &dataset, &all);
}

#[test]
fn periods_cut_every_temporal_type_before_1970_too() {
    let day = 86_400;
    let seconds = [-day - 1, -day, -1, 0, 1, day - 1, day, 3 * day];
    let expected = [1, 2, 3, 1, 1];
    let check = |values: ArrayRef| {
        let dataset = open(&MemoryStorage::new()).unwrap();
        let options = WriteOptions::ordered_on("t").with_row_group_target_size(Period::DAY);
        let _ = dataset.write(part(&values, |_| true), &options).unwrap();
        let counts: Vec<u64> = dataset.snapshot().unwrap().files.iter().map(|file| file.num_rows).collect();
        assert_eq!(counts, expected, "{}", values.data_type());
    };
    let times = |unit: i64| seconds.iter().map(|second| second * unit).collect::<Vec<_>>();
    check(Arc::new(TimestampSecondArray::from(times(1))));
    check(Arc::new(TimestampMillisecondArray::from(times(1_000)).with_timezone("Asia/Tokyo")));
    check(Arc::new(TimestampMicrosecondArray::from(times(1_000_000))));
    check(Arc::new(TimestampNanosecondArray::from(times(1_000_000_000))));
    check(Arc::new(Date64Array::from(times(1_000))));
    check(Arc::new(Date32Array::from(vec![-2, -1, -1, 0, 0, 0, 1, 3])));
}

#[test]
fn names_stay_short_enough_for_a_file_system() {
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    let options = on_t().with_row_group_target_size(1);
    // Texts that share their first eight bytes, newest first.
    for at in (0..900).rev() {
        let rows = batch([("t", Arc::new(StringArray::from(vec![format!("customer-{at:04}")])) as ArrayRef)]);
        let _ = dataset.write(rows, &options).unwrap();
    }
    let longest = named(&dataset).iter().map(String::len).max();
    assert!(longest <= Some(255), "{longest:?}");
}

#[test]
fn types_that_cannot_be_ordered_are_refused() {
    use arrow::array::{BinaryArray, DurationSecondArray, NullArray, StringDictionaryBuilder, Time32SecondArray};
    let mut dictionary = StringDictionaryBuilder::<arrow::datatypes::Int8Type>::new();
    dictionary.append_value("a");
    let arrays: [ArrayRef; 5] = [
        Arc::new(BinaryArray::from(vec![&b"a"[..]])),
        Arc::new(Time32SecondArray::from(vec![1])),
        Arc::new(DurationSecondArray::from(vec![1])),
        Arc::new(NullArray::new(1)),
        Arc::new(dictionary.finish()),
    ];
    for array in arrays {
        let data_type: DataType = array.data_type().clone();
        let error = open(&MemoryStorage::new()).unwrap().write(batch([("t", array)]), &on_t()).unwrap_err();
        assert_eq!(error.code(), "VV0105", "{data_type}");
    }
}
