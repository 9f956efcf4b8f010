//! Rows ordered on a field inside structs, and nested values that go through merges.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryViewArray, BooleanArray, DictionaryArray, Float64Array, Int64Builder, ListBuilder,
    MapBuilder, NullArray, RecordBatch, StringArray, StringBuilder, StringDictionaryBuilder, StructArray,
    Time64NanosecondArray, UInt32Array, new_null_array,
};
use arrow::buffer::NullBuffer;
use arrow::compute::{cast, concat, take};
use arrow::datatypes::{DataType, Field, Fields, Int8Type, Int64Type, Schema};
use common::{batch, ints, on_t, open};
use varvite_dataset::{ColumnPath, Dataset, Duplicates, Error, Mode, ScanOptions, WriteOptions};
use varvite_storage::MemoryStorage;

const PATH: [&str; 3] = ["event", "at", "ts"];

fn field(name: &str, array: &ArrayRef) -> Arc<Field> {
    Arc::new(Field::new(name, array.data_type().clone(), true))
}

fn wrap(name: &str, array: ArrayRef, other: ArrayRef) -> ArrayRef {
    let fields = Fields::from(vec![field("other", &other), field(name, &array)]);
    Arc::new(StructArray::new(fields, vec![other, array], None))
}

/// Rows whose time is `event.at.ts`, with a user at `event.other`.
fn events(rows: &[(i64, &str, i64)]) -> RecordBatch {
    let times = ints(rows.iter().map(|row| row.0));
    let users = Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.1))) as ArrayRef;
    let at = wrap("ts", times, ints(rows.iter().map(|_| 0)));
    batch([("event", wrap("at", at, users)), ("v", ints(rows.iter().map(|row| row.2)))])
}

fn read_events(dataset: &Dataset, options: &ScanOptions) -> Vec<(i64, String, i64)> {
    let found = dataset.read(options).unwrap();
    let event = found.column(0).as_struct();
    let times = event.column_by_name("at").unwrap().as_struct().column_by_name("ts").unwrap();
    let (times, values) = (times.as_primitive::<Int64Type>(), found.column(1).as_primitive::<Int64Type>());
    let users = event.column_by_name("other").unwrap().as_string::<i32>();
    (0..found.num_rows()).map(|row| (times.value(row), users.value(row).to_owned(), values.value(row))).collect()
}

fn on_path() -> WriteOptions {
    WriteOptions::ordered_on(PATH).with_row_group_target_size(2)
}

#[test]
fn rows_are_ordered_on_a_field_inside_structs() {
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    let _ = dataset.write(events(&[(1, "a", 1), (3, "b", 3), (5, "c", 5), (7, "d", 7)]), &on_path()).unwrap();
    let report = dataset.write(events(&[(2, "e", 2), (6, "f", 6), (8, "g", 8)]), &on_path()).unwrap();
    assert_eq!((report.inserted, report.late), (3, 2));
    let dataset = open(&storage).unwrap();
    let found = read_events(&dataset, &ScanOptions::default());
    assert_eq!(found.iter().map(|row| row.0).collect::<Vec<_>>(), [1, 2, 3, 5, 6, 7, 8]);
    let part = read_events(&dataset, &ScanOptions::default().with_range(3..7).with_n_prev(1));
    assert_eq!(part.iter().map(|row| row.2).collect::<Vec<_>>(), [2, 3, 5, 6]);
    assert!(dataset.check(true).unwrap().is_ok());
    assert_eq!(dataset.snapshot().unwrap().settings.ordered_on, ColumnPath::from(PATH));
    // A column that is not the ordered one, of rows found by it.
    let values = dataset.read(&ScanOptions::default().with_range(3..6).with_columns(["v"])).unwrap();
    assert_eq!(values.column(0).as_primitive::<Int64Type>().values().as_ref(), [3, 5]);
}

#[test]
fn a_struct_or_a_field_that_is_missing_is_a_missing_value() {
    let times = ints([1, 2, 3]);
    let nulls = NullBuffer::from(vec![true, false, true]);
    let gaps =
        Arc::new(StructArray::new(Fields::from(vec![field("ts", &times)]), vec![times], Some(nulls))) as ArrayRef;
    let error = open(&MemoryStorage::new())
        .unwrap()
        .write(batch([("event", gaps)]), &WriteOptions::ordered_on(["event", "ts"]))
        .unwrap_err();
    assert!(matches!(error, Error::Unorderable { row: 1, found: "null", .. }), "{error}");
    let rows = events(&[(1, "a", 1)]);
    for path in [["event", "ts", "at"], ["event", "at", "tz"], ["event", "other", "ts"], ["v", "at", "ts"]] {
        let error =
            open(&MemoryStorage::new()).unwrap().write(rows.clone(), &WriteOptions::ordered_on(path)).unwrap_err();
        assert_eq!(error.code(), "VV0106", "{error}");
    }
    let error =
        open(&MemoryStorage::new()).unwrap().write(rows, &WriteOptions::ordered_on(["event", "at"])).unwrap_err();
    assert_eq!(error.code(), "VV0105", "{error}");
}

#[test]
fn duplicates_are_found_by_a_field_inside_structs() {
    let dataset = open(&MemoryStorage::new()).unwrap();
    let options = on_path().with_duplicates_on(Duplicates::on([["event", "other"]]));
    let _ = dataset.write(events(&[(1, "a", 1), (1, "b", 1), (2, "a", 1), (3, "a", 1)]), &options).unwrap();
    let report = dataset.write(events(&[(1, "b", 2), (2, "b", 2), (3, "a", 1), (3, "a", 1)]), &options).unwrap();
    assert_eq!((report.inserted, report.updated, report.identical, report.dropped), (1, 1, 1, 1));
    let found = read_events(&dataset, &ScanOptions::default());
    let found: Vec<_> = found.iter().map(|(time, user, value)| (*time, user.as_str(), *value)).collect();
    assert_eq!(found, [(1, "a", 1), (1, "b", 2), (2, "a", 1), (2, "b", 2), (3, "a", 1)]);
}

#[test]
fn duplicates_are_found_by_a_whole_struct() {
    let dataset = open(&MemoryStorage::new()).unwrap();
    let options = on_path().with_duplicates_on(Duplicates::on(["event"]));
    let _ = dataset.write(events(&[(1, "a", 1), (1, "b", 1)]), &options).unwrap();
    let report = dataset.write(events(&[(1, "b", 2), (1, "c", 2)]), &options).unwrap();
    assert_eq!((report.inserted, report.updated), (1, 1));
}

#[test]
fn missing_and_undefined_values_equal_themselves_inside_structs_and_lists() {
    let rows = || {
        let floats = Arc::new(Float64Array::from(vec![Some(f64::NAN), None, Some(-0.0)])) as ArrayRef;
        let mut lists = ListBuilder::new(arrow::array::Float64Builder::new());
        lists.append_value([Some(f64::NAN), None]);
        lists.append_null();
        lists.append_value([]);
        let fields = Fields::from(vec![field("x", &floats)]);
        let nulls = NullBuffer::from(vec![true, false, true]);
        let structs = Arc::new(StructArray::new(fields, vec![floats], Some(nulls))) as ArrayRef;
        batch([("t", ints([1, 1, 2])), ("s", structs), ("l", Arc::new(lists.finish()) as ArrayRef)])
    };
    let dataset = open(&MemoryStorage::new()).unwrap();
    let options = on_t().with_duplicates_on(Duplicates::AllColumns);
    let _ = dataset.write(rows(), &options).unwrap();
    let report = dataset.write(rows(), &options).unwrap();
    assert_eq!((report.identical, report.committed()), (3, false), "{report}");
}

/// A column of every nested or unusual kind, for the rows 0 to 5.
fn columns() -> Vec<(&'static str, ArrayRef)> {
    let mut lists = ListBuilder::new(Int64Builder::new());
    let mut maps = MapBuilder::new(None, StringBuilder::new(), Int64Builder::new());
    for row in 0..6_i64 {
        if row == 2 {
            lists.append_null();
        } else {
            lists.append_value((0..row).map(|item| (item != 1).then_some(item)));
        }
        (0..row % 3).for_each(|entry| {
            maps.keys().append_value(format!("k{entry}"));
            maps.values().append_option((entry == 0).then_some(row));
        });
        maps.append(row != 3).unwrap();
    }
    let texts = Arc::new(StringArray::from(vec![Some("a"), None, Some(""), Some("dd"), Some("e"), None])) as ArrayRef;
    let inner = Arc::new(StructArray::new(
        Fields::from(vec![field("text", &texts)]),
        vec![texts.clone()],
        Some(NullBuffer::from(vec![true, true, false, true, true, true])),
    )) as ArrayRef;
    let lists: ArrayRef = Arc::new(lists.finish());
    let structs = Arc::new(StructArray::new(
        Fields::from(vec![field("inner", &inner), field("list", &lists)]),
        vec![inner, lists.clone()],
        Some(NullBuffer::from(vec![true, true, true, false, true, true])),
    )) as ArrayRef;
    let fixed = DataType::FixedSizeList(Arc::new(Field::new_list_field(DataType::Int64, true)), 3);
    let fixed = arrow::array::FixedSizeListArray::from_iter_primitive::<Int64Type, _, _>(
        (0..6).map(|row| (row != 1).then(|| vec![Some(row), None, Some(-row)])),
        3,
    )
    .into_data_type(fixed);
    vec![
        ("list", lists.clone()),
        (
            "large_list",
            cast(&lists, &DataType::LargeList(Arc::new(Field::new_list_field(DataType::Int64, true)))).unwrap(),
        ),
        ("fixed", fixed),
        ("map", Arc::new(maps.finish())),
        ("struct", structs),
        ("text", texts.clone()),
        ("view", cast(&texts, &DataType::Utf8View).unwrap()),
        (
            "bytes",
            Arc::new(BinaryViewArray::from(vec![
                Some(&b"\xff"[..]),
                None,
                Some(b""),
                Some(b"0123456789abcdef"),
                None,
                None,
            ])),
        ),
        ("flag", Arc::new(BooleanArray::from(vec![Some(true), None, Some(false), None, Some(true), Some(true)]))),
        (
            "time",
            Arc::new(Time64NanosecondArray::from(vec![
                Some(0),
                None,
                Some(86_399_999_999_999),
                None,
                Some(1),
                Some(2),
            ])),
        ),
        ("nothing", Arc::new(NullArray::new(6))),
        ("void", new_null_array(&DataType::Int64, 6)),
    ]
}

trait IntoDataType {
    fn into_data_type(self, data_type: DataType) -> ArrayRef;
}

impl IntoDataType for arrow::array::FixedSizeListArray {
    fn into_data_type(self, data_type: DataType) -> ArrayRef {
        cast(&self, &data_type).unwrap()
    }
}

/// The rows of the column at these positions, with `t`.
fn rows_at(name: &str, column: &ArrayRef, positions: &[u32]) -> RecordBatch {
    let rows = UInt32Array::from(positions.to_vec());
    let schema =
        Schema::new(vec![Field::new("t", DataType::Int64, false), Field::new(name, column.data_type().clone(), true)]);
    let times = ints(positions.iter().map(|at| i64::from(*at)));
    RecordBatch::try_new(Arc::new(schema), vec![times, take(column, &rows, None).unwrap()]).unwrap()
}

/// Dictionaries are compared by their values: which keys stand for them is nobody's business.
#[track_caller]
fn assert_equal(found: &ArrayRef, expected: &ArrayRef, name: &str) {
    assert_eq!(found.data_type(), expected.data_type(), "{name}");
    let plain = |array: &ArrayRef| match array.data_type() {
        DataType::Dictionary(_, values) => cast(array, values).unwrap(),
        _ => Arc::clone(array),
    };
    assert_eq!(&plain(found), &plain(expected), "{name}");
}

#[track_caller]
fn check_merges(name: &str, column: &ArrayRef) {
    let storage = MemoryStorage::new();
    let dataset = open(&storage).unwrap();
    for positions in [&[1, 4][..], &[0, 2, 5], &[3]] {
        let _ = dataset.write(rows_at(name, column, positions), &on_t()).unwrap();
    }
    let found = open(&storage).unwrap().read(&ScanOptions::default()).unwrap();
    assert_equal(found.column(1), column, name);
    assert!(dataset.check(true).unwrap().is_ok(), "{name}");
    let part = dataset.read(&ScanOptions::default().with_range(1..3).with_columns([name]).with_n_prev(1)).unwrap();
    assert_equal(part.column(0), &column.slice(0, 3), name);
    // Slices, whose buffers begin elsewhere.
    let whole = rows_at(name, column, &[0, 1, 2, 3, 4, 5]);
    let _ = dataset.write(whole.slice(2, 4), &on_t().with_mode(Mode::Overwrite)).unwrap();
    let _ = dataset.write(whole.slice(0, 2), &on_t().with_row_group_target_size(9)).unwrap();
    assert_equal(dataset.read(&ScanOptions::default()).unwrap().column(1), column, name);
}

#[track_caller]
fn check_as_key(name: &str, column: &ArrayRef) {
    let dataset = open(&MemoryStorage::new()).unwrap();
    let options = on_t().with_duplicates_on(Duplicates::AllColumns);
    let whole = rows_at(name, column, &[0, 1, 2, 3, 4, 5]);
    match dataset.write(whole.clone(), &options) {
        Ok(_) => {
            let report = dataset.write(whole.slice(1, 5), &options).unwrap();
            assert_eq!((report.identical, report.committed()), (5, false), "{name}: {report}");
            let other = rows_at(name, &column.slice(3, 3), &[0]); // the value of row 3 at the place of row 0
            let report = dataset.write(other, &options).unwrap();
            let differs = column.slice(3, 1).to_data() != column.slice(0, 1).to_data();
            assert_eq!(report.inserted == 1, differs, "{name}: {report}");
        }
        Err(error) => {
            assert_eq!(error.code(), "VV0111", "{name}: {error}");
            assert!(!dataset.exists());
        }
    }
}

#[track_caller]
fn check_updates(name: &str, column: &ArrayRef) {
    let dataset = open(&MemoryStorage::new()).unwrap();
    let options = on_t().with_duplicates_on(Duplicates::on(["t"]));
    let whole = rows_at(name, column, &[0, 1, 2, 3, 4, 5]);
    let _ = dataset.write(whole.clone(), &options).unwrap();
    let report = dataset.write(whole.slice(2, 3), &options).unwrap();
    assert_eq!(report.identical + report.updated, 3, "{name}: {report}");
    assert_equal(dataset.read(&ScanOptions::default()).unwrap().column(1), column, name);
}

#[test]
fn nested_values_survive_merges() {
    for (name, column) in columns() {
        check_merges(name, &column);
    }
}

#[test]
fn nested_values_are_compared_or_refused_as_a_key() {
    for (name, column) in columns() {
        check_as_key(name, &column);
    }
}

#[test]
fn values_that_cannot_be_compared_are_still_updated() {
    for (name, column) in columns() {
        check_updates(name, &column);
    }
}

#[test]
fn dictionaries_survive_merges_and_are_compared() {
    let mut words = StringDictionaryBuilder::<Int8Type>::new();
    (0..6).for_each(|row| words.append_option((row != 4).then(|| ["x", "y"][row % 2])));
    let words: ArrayRef = Arc::new(words.finish());
    check_merges("words", &words);
    check_as_key("words", &words);
    check_updates("words", &words);
    let inside = Arc::new(StructArray::new(Fields::from(vec![field("words", &words)]), vec![words], None)) as ArrayRef;
    check_merges("inside", &inside);
}

#[test]
fn more_words_than_a_small_dictionary_holds_are_read_or_refused() {
    let words_repeated = |times: i64, from: i64, to: i64| {
        let mut words = StringDictionaryBuilder::<Int8Type>::new();
        (from..to).for_each(|at| words.append_value(format!("word {}", at / times)));
        let words: DictionaryArray<Int8Type> = words.finish();
        batch([("t", ints(from..to)), ("w", Arc::new(words) as ArrayRef)])
    };
    for (times, target) in [(1, 50), (1, 1000), (20, 10_000)] {
        let words = |from: i64, to: i64| words_repeated(times, from * times, to * times);
        let storage = MemoryStorage::new();
        let dataset = open(&storage).unwrap();
        let options = on_t().with_row_group_target_size(target).with_max_n_off_target_rgs(0);
        let mut written = 100 * usize::try_from(times).unwrap();
        let _ = dataset.write(words(0, 100), &options).unwrap();
        let before = storage.files();
        match dataset.write(words(100, 200), &options) {
            Ok(_) => written *= 2,
            Err(_) => assert_eq!(storage.files(), before),
        }
        // What was taken can be read again, if in small batches.
        let mut scan = dataset.scan(&ScanOptions::default().with_batch_size(20)).unwrap();
        let mut rows = 0;
        while let Some(batch) = scan.next_batch().unwrap() {
            rows += batch.num_rows();
        }
        assert_eq!(rows, written);
    }
}

#[test]
fn renamed_fields_inside_structs_are_refused() {
    let inside = |first: &str, second: &str| {
        let (a, b) = (ints([1]), ints([2]));
        let fields = Fields::from(vec![field(first, &a), field(second, &b)]);
        batch([("t", ints([1])), ("s", Arc::new(StructArray::new(fields, vec![a, b], None)) as ArrayRef)])
    };
    let dataset = open(&MemoryStorage::new()).unwrap();
    let _ = dataset.write(inside("a", "b"), &on_t()).unwrap();
    for (first, second) in [("a", "c"), ("b", "a")] {
        let error = dataset.write(inside(first, second), &on_t()).unwrap_err();
        assert_eq!(error.code(), "VV0107", "{error}");
    }
    let _ = dataset.write(inside("a", "b"), &on_t()).unwrap();
}

#[test]
fn names_of_items_and_promises_about_nulls_may_differ_inside() {
    let list = |name: &str, nullable: bool| {
        let item = Arc::new(Field::new(name, DataType::Int64, nullable));
        let values = ints([1, 2]);
        let offsets = arrow::buffer::OffsetBuffer::from_lengths([2]);
        let list = Arc::new(arrow::array::ListArray::new(item, offsets, values, None)) as ArrayRef;
        batch([("t", ints([1])), ("l", list)])
    };
    let dataset = open(&MemoryStorage::new()).unwrap();
    let stored = list("element", true);
    let _ = dataset.write(stored.clone(), &on_t()).unwrap();
    for (name, nullable) in [("item", true), ("item", false), ("element", false)] {
        let _ = dataset.write(list(name, nullable), &on_t()).unwrap();
    }
    let found = dataset.read(&ScanOptions::default()).unwrap();
    let expected = concat(&[stored.column(1).as_ref(); 4]).unwrap();
    assert_equal(found.column(1), &expected, "l");
    // A promise that is broken.
    let strict = open(&MemoryStorage::new()).unwrap();
    let _ = strict.write(list("item", false), &on_t()).unwrap();
    let mut holes = ListBuilder::new(Int64Builder::new());
    holes.append_value([None]);
    let error =
        strict.write(batch([("t", ints([2])), ("l", Arc::new(holes.finish()) as ArrayRef)]), &on_t()).unwrap_err();
    assert_eq!(error.code(), "VV0107", "{error}");
}
