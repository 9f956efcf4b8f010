//! What signatures of `#[dataflow]` say: rows, nulls, text, dates, whole columns, folds, fan-outs, windows, aliases.
#![allow(clippy::unwrap_used, clippy::missing_errors_doc, missing_docs, reason = "tests")]

use std::sync::Arc;

use varvite_flow::arrow::array::{
    ArrayRef, Float32Array, Float64Array, Int32Array, RecordBatch, StringArray, TimestampMicrosecondArray, UInt32Array,
};
use varvite_flow::chrono::{DateTime, NaiveDate};
use varvite_flow::{All, Column, Dataflow, Each, Value, Whole, dataflow};

type Score = f64;
type MaybeScore = Option<Score>;
type Average = Whole<Score>;

#[dataflow]
pub mod rows {
    use super::{Average, MaybeScore, Score};
    use varvite_flow::chrono::{DateTime, Datelike, NaiveDate, Utc};
    use varvite_flow::{Column, Count, Element, Folded, Moments, Whole};

    #[node]
    pub fn filled(x: MaybeScore) -> Score {
        x.unwrap_or(-1.0)
    }

    #[node]
    pub fn halved(x: f64, filled: Score) -> MaybeScore {
        (filled > 1.0).then_some(x / 2.0)
    }

    #[node]
    pub fn average(filled: Folded<Moments>, seen: Whole<i64>) -> Average {
        Whole(filled.mean() + if *seen > 3 { 4.0 } else { 0.0 })
    }

    #[node]
    pub fn seen(x: Folded<Count>, name: Folded<Count>) -> Whole<i64> {
        Whole(i64::try_from(x.count + name.count).unwrap_or_default())
    }

    /// Borrowed values of the data set, and text with and without nulls.
    #[node(check(pattern = "^[a-z]+/", length = 3..))]
    pub fn label(name: &str, nick: Option<&str>, seen: &i64) -> String {
        format!("{name}/{}/{seen}", nick.unwrap_or("-"))
    }

    #[node]
    pub fn length<'a>(name: &'a str, label: &'a str) -> i64 {
        let length = name.len() + label.len();
        i64::try_from(length).unwrap_or_default()
    }

    #[node]
    pub fn day(at: DateTime<Utc>) -> NaiveDate {
        at.date_naive()
    }

    #[node]
    pub fn is_late(day: NaiveDate) -> bool {
        day.year() > 2024
    }

    #[node]
    pub fn ranked(filled: Column<f64>) -> Column<i64> {
        let values = filled.to_vec();
        let below = |value: &Option<f64>| values.iter().filter(|other| *other < value).count();
        Column::new(values.iter().map(|value| Some(i64::try_from(below(value)).unwrap_or_default())))
    }

    #[node]
    pub fn checked(x: f64) -> Result<f64, String> {
        if x < 100.0 { Ok(x) } else { Err(format!("{x} is too much")) }
    }

    /// Whatever this is, it is no node.
    pub fn absent<T: Element>() -> Option<T> {
        None
    }
}

fn frame() -> RecordBatch {
    let x: Float64Array = [Some(2.0), None, Some(4.0)].into_iter().collect();
    let name: StringArray = [Some("ann"), Some("bo"), None].into_iter().collect();
    let nick: StringArray = [None, Some("b"), Some("c")].into_iter().collect();
    let days = |year: i32| NaiveDate::from_ymd_opt(year, 5, 1).unwrap().and_hms_opt(0, 0, 0).unwrap().and_utc();
    let at = [2024, 2025, 2026].map(|year| days(year).timestamp_micros());
    let at = TimestampMicrosecondArray::from_iter_values(at).with_timezone("UTC");
    let columns: [(&str, ArrayRef); 4] =
        [("x", Arc::new(x)), ("name", Arc::new(name)), ("nick", Arc::new(nick)), ("at", Arc::new(at))];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
}

#[test]
fn types_say_how_a_node_runs() {
    let flow = Dataflow::builder().with(rows::module()).build().unwrap();
    let run = flow.run().frame(&frame());
    let (halved, label, length, day, late, ranked) =
        run.clone().get::<(rows::halved, rows::label, rows::length, rows::day, rows::is_late, rows::ranked)>().unwrap();
    assert_eq!(halved.to_vec(), [Some(1.0), None, Some(2.0)]);
    assert_eq!(label.to_vec(), [Some("ann/-/4".to_owned()), Some("bo/b/4".to_owned()), None]);
    assert_eq!(length.to_vec(), [Some(10), Some(8), None]);
    assert_eq!(day.to_vec()[0], NaiveDate::from_ymd_opt(2024, 5, 1));
    assert_eq!(late.to_vec(), [Some(false), Some(true), Some(true)]);
    assert_eq!(ranked.to_vec(), [Some(1), Some(0), Some(2)]);
    let average: Whole<f64> = run.get::<rows::average>().unwrap();
    assert!((average.0 - (5.0 / 3.0 + 4.0)).abs() < 1e-12);
}

#[test]
fn a_node_that_fails_says_so() {
    let flow = Dataflow::builder().with(rows::module()).build().unwrap();
    let x: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 200.0]));
    let error = flow.run().frame(&RecordBatch::try_from_iter([("x", x)]).unwrap()).get::<rows::checked>().unwrap_err();
    assert!(error.to_string().contains("200 is too much"), "{error}");
}

#[test]
fn fields_of_inputs_are_what_their_readers_want() {
    let flow = Dataflow::builder().with(rows::module()).build().unwrap();
    let fitted = flow.fit::<(rows::halved, rows::label)>(&[frame()]).unwrap();
    let mut online = flow.online::<(rows::halved, rows::label)>(&fitted).unwrap();
    let mut row = rows::Inputs { x: Some(6.0), name: "cy".into(), nick: None, at: DateTime::from_timestamp_nanos(0) };
    assert_eq!(online.call(&row).unwrap(), (Some(3.0), Some("cy/-/4".to_owned())));
    row.x = None;
    row.nick = Some("c".into());
    assert_eq!(online.clone().call(&row).unwrap(), (None, Some("cy/c/4".to_owned())));
    assert_eq!(rows::absent::<i64>(), None);
}

#[dataflow]
pub mod narrow {
    use varvite_flow::chrono::{NaiveDateTime, Timelike};

    #[node]
    pub fn sum(a: f32, b: i32, c: u32, d: Option<i32>) -> Option<f32> {
        (b > 0).then_some(a + if c > 1 { 0.5 } else { 0.25 } + if d.is_some() { 2.0 } else { 0.0 })
    }

    #[node]
    pub fn hour(at: NaiveDateTime) -> u32 {
        at.hour()
    }

    #[node]
    pub fn is_odd(hour: u32, c: u32) -> Result<bool, String> {
        if hour < 24 { Ok((hour + c) % 2 == 1) } else { Err("no such hour".to_owned()) }
    }
}

#[test]
fn narrow_numbers_and_times_without_a_zone_are_of_rows() {
    let flow = Dataflow::builder().with(narrow::module()).build().unwrap();
    let d: Int32Array = [Some(1), None, Some(3)].into_iter().collect();
    let at = TimestampMicrosecondArray::from(vec![0, 3_600_000_000, 7_200_000_000]);
    let columns: [(&str, ArrayRef); 5] = [
        ("a", Arc::new(Float32Array::from(vec![1.0, 2.0, 3.0]))),
        ("b", Arc::new(Int32Array::from(vec![1, 1, 0]))),
        ("c", Arc::new(UInt32Array::from(vec![1, 2, 3]))),
        ("d", Arc::new(d)),
        ("at", Arc::new(at)),
    ];
    let frame = RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap();
    let (sum, hour, odd) = flow.run().frame(&frame).get::<(narrow::sum, narrow::hour, narrow::is_odd)>().unwrap();
    assert_eq!(sum.to_vec(), [Some(3.25), Some(2.5), None]);
    assert_eq!(hour.to_vec(), [Some(0), Some(1), Some(2)]);
    assert_eq!(odd.to_vec(), [Some(true), Some(true), Some(true)]);
}

#[dataflow]
pub mod values {
    use varvite_flow::{All, Each, Whole};

    #[node(value)]
    pub fn words(text: String) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[node(value)]
    pub fn pair(words: Vec<String>, limit: i64) -> (usize, i64) {
        (words.len(), limit)
    }

    #[node]
    pub fn sum(pair: &(usize, i64)) -> Whole<i64> {
        Whole(i64::try_from(pair.0).unwrap_or_default() + pair.1)
    }

    #[node]
    pub fn numbers(limit: Whole<i64>) -> Each<i64> {
        Each((0..*limit).collect())
    }

    #[node]
    pub fn square(numbers: Whole<i64>) -> Whole<i64> {
        Whole(*numbers * *numbers)
    }

    #[node]
    pub fn squares(square: All<i64>) -> Whole<i64> {
        Whole(square.iter().sum())
    }
}

#[test]
fn values_that_are_not_of_rows() {
    assert_eq!(values::pair(vec!["a".to_owned()], 2), (1, 2));
    assert_eq!(values::numbers(Whole(2)), Each(vec![0, 1]));
    assert_eq!(values::squares(All(vec![1, 2])), Whole(3));
    let flow = Dataflow::builder().with(values::module()).build().unwrap();
    let run = flow.run().inputs(&values::Inputs { text: "a b c".to_owned(), limit: 4 });
    let (sum, words, squares, numbers) =
        run.clone().get::<(values::sum, values::words, values::squares, values::numbers)>().unwrap();
    assert_eq!((sum, squares, numbers), (Whole(7), Whole(14), Each(vec![0, 1, 2, 3])));
    assert_eq!(words.0, ["a", "b", "c"]);
    assert_eq!(run.replace::<values::pair>(Whole((10, 1))).get::<values::sum>().unwrap(), Whole(11));
}

#[dataflow]
pub mod windows {
    use std::time::Duration;
    use varvite_flow::{Sum, Window};

    #[node]
    pub fn recent(#[window(time = at, span = Duration::from_micros(10), by(user))] spend: Window<Sum>) -> f64 {
        spend.sum()
    }

    #[node]
    pub fn before(
        #[window(time = at, span = Duration::from_micros(10), without_own_row, late = "drop")]
        #[from(spend)]
        earlier: Window<Sum>,
        user: &str,
    ) -> String {
        format!("{user} {}", earlier.sum())
    }
}

#[test]
fn windows_are_told_at_the_parameter() {
    let flow = Dataflow::builder().with(windows::module()).build().unwrap();
    let at = TimestampMicrosecondArray::from_iter_values([0, 3, 9, 12]).with_timezone("UTC");
    let user = StringArray::from(vec!["a", "b", "a", "a"]);
    let spend = Float64Array::from(vec![1.0, 2.0, 4.0, 8.0]);
    let columns: [(&str, ArrayRef); 3] = [("at", Arc::new(at)), ("user", Arc::new(user)), ("spend", Arc::new(spend))];
    let frame = RecordBatch::try_from_iter(columns).unwrap();
    let (recent, before) = flow.run().frame(&frame).get::<(windows::recent, windows::before)>().unwrap();
    assert_eq!(recent.to_vec(), [Some(1.0), Some(2.0), Some(5.0), Some(12.0)]);
    assert_eq!(before.to_vec().last().unwrap().as_deref(), Some("a 6"));
    let fitted = flow.fit::<windows::recent>(&[frame.slice(0, 0)]).unwrap();
    let mut stream = flow.stream::<windows::recent>(&fitted).unwrap();
    let streamed: Column<f64> = stream.push(&frame).unwrap();
    assert_eq!(streamed.to_vec(), recent.to_vec());
    let mut online = flow.online::<windows::recent>(&stream.state().unwrap()).unwrap();
    let at = DateTime::from_timestamp_micros(13).unwrap();
    let row = windows::Inputs { spend: Value::F64(16.0), at: at.into(), user: "a".into() };
    assert_eq!(online.call(&row).unwrap(), Some(28.0));
}
