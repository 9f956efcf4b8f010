//! Random expressions over columns with nulls, compared with an evaluator that goes row by row (S17).
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{Float64Type, Int64Type};
use proptest::prelude::*;
use varvite_feature::Expression;

/// One value; `None` is null.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Boolean(Option<bool>),
    Integer(Option<i64>),
    Double(Option<f64>),
    Text(Option<String>),
}

/// Expressions of each type, so that each text is sound.
#[derive(Debug, Clone)]
enum Integer {
    Literal(i64),
    Null,
    Column(usize),
    Binary(char, Box<Integer>, Box<Integer>),
    Negate(Box<Integer>),
    Abs(Box<Integer>),
    Nullif(Box<Integer>, Box<Integer>),
    Coalesce(Box<Integer>, Box<Integer>),
    Least(Box<Integer>, Box<Integer>),
    Case(Box<Boolean>, Box<Integer>, Option<Box<Integer>>),
    Switch(Box<Integer>, Box<Integer>, Box<Integer>),
    Length(Box<Text>),
    FromDouble(Box<Double>),
}

#[derive(Debug, Clone)]
enum Double {
    Literal(i16),
    Column(usize),
    Binary(char, Box<Double>, Box<Double>),
    FromInteger(Box<Integer>),
    Greatest(Box<Double>, Box<Double>),
    Sqrt(Box<Double>),
    Floor(Box<Double>),
}

#[derive(Debug, Clone)]
enum Boolean {
    Column,
    And(Box<Boolean>, Box<Boolean>),
    Or(Box<Boolean>, Box<Boolean>),
    Not(Box<Boolean>),
    Integers(&'static str, Box<Integer>, Box<Integer>),
    Doubles(&'static str, Box<Double>, Box<Double>),
    IsNull(Box<Integer>),
    Between(Box<Integer>, Box<Integer>, Box<Integer>),
    In(Box<Integer>, Vec<Integer>),
    Same(Box<Text>, Box<Text>),
    IsTrue(Box<Boolean>),
}

#[derive(Debug, Clone)]
enum Text {
    Literal(String),
    Column,
    Join(Box<Text>, Box<Text>),
    Concat(Box<Text>, Box<Integer>),
    Upper(Box<Text>),
    Substring(Box<Text>, Box<Integer>),
}

#[derive(Debug, Clone)]
struct Row {
    integers: [Option<i64>; 2],
    doubles: [Option<f64>; 2],
    boolean: Option<bool>,
    text: Option<String>,
}

impl Integer {
    fn sql(&self) -> String {
        match self {
            Self::Literal(value) => format!("cast({value} as bigint)"),
            Self::Null => "cast(null as bigint)".to_owned(),
            Self::Column(at) => format!("i{at}"),
            Self::Binary(op, a, b) => format!("({} {op} {})", a.sql(), b.sql()),
            Self::Negate(a) => format!("(-({}))", a.sql()),
            Self::Abs(a) => format!("abs({})", a.sql()),
            Self::Nullif(a, b) => format!("nullif({}, {})", a.sql(), b.sql()),
            Self::Coalesce(a, b) => format!("coalesce({}, {})", a.sql(), b.sql()),
            Self::Least(a, b) => format!("least({}, {})", a.sql(), b.sql()),
            Self::Case(when, then, None) => format!("case when {} then {} end", when.sql(), then.sql()),
            Self::Case(when, then, Some(other)) => {
                format!("case when {} then {} else {} end", when.sql(), then.sql(), other.sql())
            }
            Self::Switch(of, a, b) => {
                format!("case {0} when {1} then {2} when {2} then {1} end", of.sql(), a.sql(), b.sql())
            }
            Self::Length(text) => format!("length({})", text.sql()),
            Self::FromDouble(a) => format!("cast({} as bigint)", a.sql()),
        }
    }

    fn value(&self, row: &Row) -> Option<i64> {
        match self {
            Self::Literal(value) => Some(*value),
            Self::Null => None,
            Self::Column(at) => row.integers[*at],
            Self::Binary(op, a, b) => {
                let (a, b) = (i128::from(a.value(row)?), i128::from(b.value(row)?));
                let exact = match op {
                    '+' => a + b,
                    '-' => a - b,
                    '*' => a * b,
                    _ if b == 0 => return None,
                    '/' => a / b,
                    _ => a % b,
                };
                i64::try_from(exact).ok()
            }
            Self::Negate(a) => a.value(row)?.checked_neg(),
            Self::Abs(a) => a.value(row)?.checked_abs(),
            Self::Nullif(a, b) => {
                let (a, b) = (a.value(row), b.value(row));
                if a.is_some() && a == b { None } else { a }
            }
            Self::Coalesce(a, b) => a.value(row).or_else(|| b.value(row)),
            Self::Least(a, b) => [a.value(row), b.value(row)].into_iter().flatten().min(),
            Self::Case(when, then, other) => match when.value(row) {
                Some(true) => then.value(row),
                _ => other.as_ref().and_then(|other| other.value(row)),
            },
            Self::Switch(of, a, b) => {
                let (of, a, b) = (of.value(row)?, a.value(row), b.value(row));
                if a == Some(of) {
                    b
                } else if b == Some(of) {
                    a
                } else {
                    None
                }
            }
            Self::Length(text) => text.value(row).map(|text| i64::try_from(text.chars().count()).unwrap()),
            Self::FromDouble(a) => {
                let a = a.value(row)?.round();
                #[allow(clippy::cast_possible_truncation, reason = "within the range")]
                (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&a).then_some(a as i64)
            }
        }
    }
}

impl Double {
    fn sql(&self) -> String {
        match self {
            Self::Literal(quarters) => format!("{:?}", f64::from(*quarters) / 4.0),
            Self::Column(at) => format!("x{at}"),
            Self::Binary(op, a, b) => format!("({} {op} {})", a.sql(), b.sql()),
            Self::FromInteger(a) => format!("cast({} as double)", a.sql()),
            Self::Greatest(a, b) => format!("greatest({}, {})", a.sql(), b.sql()),
            Self::Sqrt(a) => format!("sqrt({})", a.sql()),
            Self::Floor(a) => format!("floor({})", a.sql()),
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "as the cast does")]
    fn value(&self, row: &Row) -> Option<f64> {
        match self {
            Self::Literal(quarters) => Some(f64::from(*quarters) / 4.0),
            Self::Column(at) => row.doubles[*at],
            Self::Binary(op, a, b) => {
                let (a, b) = (a.value(row)?, b.value(row)?);
                match op {
                    '+' => Some(a + b),
                    '-' => Some(a - b),
                    '*' => Some(a * b),
                    _ if b == 0.0 => None,
                    '/' => Some(a / b),
                    _ => Some(a % b),
                }
            }
            Self::FromInteger(a) => a.value(row).map(|a| a as f64),
            Self::Greatest(a, b) => match (a.value(row), b.value(row)) {
                (Some(a), Some(b)) if a.is_nan() || a >= b => Some(a),
                (a, None) => a,
                (_, b) => b,
            },
            Self::Sqrt(a) => a.value(row).filter(|a| a.is_nan() || *a >= 0.0).map(f64::sqrt),
            Self::Floor(a) => a.value(row).map(f64::floor),
        }
    }
}

fn compared<T: PartialOrd>(op: &str, a: Option<T>, b: Option<T>) -> Option<bool> {
    let (a, b) = (a?, b?);
    Some(match op {
        "=" => a == b,
        "<>" => a != b,
        "<" => a < b,
        "<=" => a <= b,
        ">" => a > b,
        _ => a >= b,
    })
}

/// Doubles in the order of SQL: NaN above all.
#[derive(PartialEq, PartialOrd)]
struct Ordered(bool, f64);

fn ordered(of: Option<f64>) -> Option<Ordered> {
    of.map(|of| if of.is_nan() { Ordered(true, 0.0) } else { Ordered(false, of) })
}

fn all(mut values: impl Iterator<Item = Option<bool>>, decides: bool) -> Option<bool> {
    let mut found = Some(!decides);
    values
        .try_for_each(|value| match value {
            Some(value) if value == decides => Err(()),
            Some(_) => Ok(()),
            None => {
                found = None;
                Ok(())
            }
        })
        .map_or(Some(decides), |()| found)
}

impl Boolean {
    fn sql(&self) -> String {
        match self {
            Self::Column => "b".to_owned(),
            Self::And(a, b) => format!("({} and {})", a.sql(), b.sql()),
            Self::Or(a, b) => format!("({} or {})", a.sql(), b.sql()),
            Self::Not(a) => format!("(not {})", a.sql()),
            Self::Integers(op, a, b) => format!("({} {op} {})", a.sql(), b.sql()),
            Self::Doubles(op, a, b) => format!("({} {op} {})", a.sql(), b.sql()),
            Self::IsNull(a) => format!("({} is null)", a.sql()),
            Self::Between(a, low, high) => format!("({} between {} and {})", a.sql(), low.sql(), high.sql()),
            Self::In(a, list) => {
                let list: Vec<String> = list.iter().map(Integer::sql).collect();
                format!("({} in ({}))", a.sql(), list.join(", "))
            }
            Self::Same(a, b) => format!("({} = {})", a.sql(), b.sql()),
            Self::IsTrue(a) => format!("({} is true)", a.sql()),
        }
    }

    fn value(&self, row: &Row) -> Option<bool> {
        match self {
            Self::Column => row.boolean,
            Self::And(a, b) => all([a.value(row), b.value(row)].into_iter(), false),
            Self::Or(a, b) => all([a.value(row), b.value(row)].into_iter(), true),
            Self::Not(a) => a.value(row).map(|a| !a),
            Self::Integers(op, a, b) => compared(op, a.value(row), b.value(row)),
            Self::Doubles(op, a, b) => compared(op, ordered(a.value(row)), ordered(b.value(row))),
            Self::IsNull(a) => Some(a.value(row).is_none()),
            Self::Between(a, low, high) => {
                let a = a.value(row);
                all([compared(">=", a, low.value(row)), compared("<=", a, high.value(row))].into_iter(), false)
            }
            Self::In(a, list) => all(list.iter().map(|other| compared("=", a.value(row), other.value(row))), true),
            Self::Same(a, b) => compared("=", a.value(row), b.value(row)),
            Self::IsTrue(a) => Some(a.value(row) == Some(true)),
        }
    }
}

impl Text {
    fn sql(&self) -> String {
        match self {
            Self::Literal(text) => format!("'{}'", text.replace('\'', "''")),
            Self::Column => "t".to_owned(),
            Self::Join(a, b) => format!("({} || {})", a.sql(), b.sql()),
            Self::Concat(a, b) => format!("concat({}, {})", a.sql(), b.sql()),
            Self::Upper(a) => format!("upper({})", a.sql()),
            Self::Substring(a, from) => format!("substr({}, {})", a.sql(), from.sql()),
        }
    }

    fn value(&self, row: &Row) -> Option<String> {
        match self {
            Self::Literal(text) => Some(text.clone()),
            Self::Column => row.text.clone(),
            Self::Join(a, b) => Some(a.value(row)? + &b.value(row)?),
            Self::Concat(a, b) => {
                let number = b.value(row).map_or_else(String::new, |b| b.to_string());
                Some(a.value(row).unwrap_or_default() + &number)
            }
            Self::Upper(a) => a.value(row).map(|a| a.to_uppercase()),
            Self::Substring(a, from) => {
                let (text, from) = (a.value(row)?, from.value(row)?);
                let places = (1_i64..).zip(text.chars());
                Some(places.filter(|(place, _)| *place >= from).map(|(_, c)| c).collect())
            }
        }
    }
}

fn integer(depth: u32) -> BoxedStrategy<Integer> {
    let leaf = prop_oneof![
        (-3_i64..4).prop_map(Integer::Literal),
        prop::sample::select(vec![i64::MIN, i64::MAX]).prop_map(Integer::Literal),
        Just(Integer::Null),
        (0_usize..2).prop_map(Integer::Column),
        (0_usize..2).prop_map(Integer::Column),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    let sub = || integer(depth - 1).prop_map(Box::new);
    prop_oneof![
        leaf,
        (prop::sample::select(vec!['+', '-', '*', '/', '%']), sub(), sub())
            .prop_map(|(op, a, b)| Integer::Binary(op, a, b)),
        sub().prop_map(Integer::Negate),
        sub().prop_map(Integer::Abs),
        (sub(), sub()).prop_map(|(a, b)| Integer::Nullif(a, b)),
        (sub(), sub()).prop_map(|(a, b)| Integer::Coalesce(a, b)),
        (sub(), sub()).prop_map(|(a, b)| Integer::Least(a, b)),
        (boolean(depth - 1), sub(), prop::option::of(sub())).prop_map(|(w, a, b)| Integer::Case(Box::new(w), a, b)),
        (sub(), sub(), sub()).prop_map(|(of, a, b)| Integer::Switch(of, a, b)),
        text(depth - 1).prop_map(|a| Integer::Length(Box::new(a))),
        double(depth - 1).prop_map(|a| Integer::FromDouble(Box::new(a))),
    ]
    .boxed()
}

fn double(depth: u32) -> BoxedStrategy<Double> {
    let leaf = prop_oneof![(-8_i16..9).prop_map(Double::Literal), (0_usize..2).prop_map(Double::Column)];
    if depth == 0 {
        return leaf.boxed();
    }
    let sub = || double(depth - 1).prop_map(Box::new);
    prop_oneof![
        leaf,
        (prop::sample::select(vec!['+', '-', '*', '/', '%']), sub(), sub())
            .prop_map(|(op, a, b)| Double::Binary(op, a, b)),
        integer(depth - 1).prop_map(|a| Double::FromInteger(Box::new(a))),
        (sub(), sub()).prop_map(|(a, b)| Double::Greatest(a, b)),
        sub().prop_map(Double::Sqrt),
        sub().prop_map(Double::Floor),
    ]
    .boxed()
}

fn boolean(depth: u32) -> BoxedStrategy<Boolean> {
    if depth == 0 {
        return Just(Boolean::Column).boxed();
    }
    let op = || prop::sample::select(vec!["=", "<>", "<", "<=", ">", ">="]);
    let sub = || boolean(depth - 1).prop_map(Box::new);
    let number = || integer(depth - 1).prop_map(Box::new);
    prop_oneof![
        Just(Boolean::Column),
        (sub(), sub()).prop_map(|(a, b)| Boolean::And(a, b)),
        (sub(), sub()).prop_map(|(a, b)| Boolean::Or(a, b)),
        sub().prop_map(Boolean::Not),
        sub().prop_map(Boolean::IsTrue),
        (op(), number(), number()).prop_map(|(op, a, b)| Boolean::Integers(op, a, b)),
        (op(), double(depth - 1), double(depth - 1)).prop_map(|(op, a, b)| Boolean::Doubles(
            op,
            Box::new(a),
            Box::new(b)
        )),
        number().prop_map(Boolean::IsNull),
        (number(), number(), number()).prop_map(|(a, low, high)| Boolean::Between(a, low, high)),
        (number(), prop::collection::vec(integer(depth - 1), 1..4)).prop_map(|(a, list)| Boolean::In(a, list)),
        (text(depth - 1), text(depth - 1)).prop_map(|(a, b)| Boolean::Same(Box::new(a), Box::new(b))),
    ]
    .boxed()
}

fn text(depth: u32) -> BoxedStrategy<Text> {
    let leaf = prop_oneof!["[aß' ]{0,2}".prop_map(Text::Literal), Just(Text::Column)];
    if depth == 0 {
        return leaf.boxed();
    }
    let sub = || text(depth - 1).prop_map(Box::new);
    prop_oneof![
        leaf,
        (sub(), sub()).prop_map(|(a, b)| Text::Join(a, b)),
        (sub(), integer(depth - 1)).prop_map(|(a, b)| Text::Concat(a, Box::new(b))),
        sub().prop_map(Text::Upper),
        (sub(), integer(depth - 1)).prop_map(|(a, b)| Text::Substring(a, Box::new(b))),
    ]
    .boxed()
}

fn any_row() -> impl Strategy<Value = Row> {
    let integer = || prop::option::weighted(0.7, prop_oneof![-3_i64..4, Just(i64::MAX), Just(i64::MIN)]);
    let special = vec![0.0, -0.0, f64::NAN, -f64::NAN, f64::INFINITY, 1e300];
    let double = move || {
        prop::option::weighted(
            0.7,
            prop_oneof![(-8_i16..9).prop_map(|q| f64::from(q) / 4.0), prop::sample::select(special.clone())],
        )
    };
    let text = prop::option::weighted(0.7, "[aßc ]{0,3}");
    ([integer(), integer()], [double(), double()], prop::option::weighted(0.7, any::<bool>()), text)
        .prop_map(|(integers, doubles, boolean, text)| Row { integers, doubles, boolean, text })
}

fn table(rows: &[Row]) -> RecordBatch {
    let integers = |at: usize| rows.iter().map(|row| row.integers[at]).collect::<Int64Array>();
    let doubles = |at: usize| rows.iter().map(|row| row.doubles[at]).collect::<Float64Array>();
    let columns: [(&str, ArrayRef, bool); 6] = [
        ("i0", Arc::new(integers(0)), true),
        ("i1", Arc::new(integers(1)), true),
        ("x0", Arc::new(doubles(0)), true),
        ("x1", Arc::new(doubles(1)), true),
        ("b", Arc::new(rows.iter().map(|row| row.boolean).collect::<BooleanArray>()), true),
        ("t", Arc::new(rows.iter().map(|row| row.text.clone()).collect::<StringArray>()), true),
    ];
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

fn found(sql: &str, rows: &RecordBatch) -> ArrayRef {
    let expression = Expression::parse(sql).unwrap_or_else(|error| panic!("{error}"));
    expression.evaluate(rows).unwrap_or_else(|error| panic!("{error}"))
}

fn at(array: &ArrayRef, row: usize) -> Value {
    let valid = array.is_valid(row);
    match array.data_type() {
        arrow::datatypes::DataType::Boolean => Value::Boolean(valid.then(|| array.as_boolean().value(row))),
        arrow::datatypes::DataType::Int64 => {
            Value::Integer(valid.then(|| array.as_primitive::<Int64Type>().value(row)))
        }
        arrow::datatypes::DataType::Float64 => {
            Value::Double(valid.then(|| array.as_primitive::<Float64Type>().value(row)))
        }
        _ => Value::Text(valid.then(|| array.as_string::<i32>().value(row).to_owned())),
    }
}

fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Double(Some(a)), Value::Double(Some(b))) if a.is_nan() => b.is_nan(),
        (a, b) => a == b,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn an_expression_is_its_meaning_row_by_row(
        rows in prop::collection::vec(any_row(), 1..12),
        integer in integer(3),
        double in double(3),
        boolean in boolean(3),
        text in text(3),
    ) {
        let table = table(&rows);
        let (i, d) = (found(&integer.sql(), &table), found(&double.sql(), &table));
        let (b, t) = (found(&boolean.sql(), &table), found(&text.sql(), &table));
        for (row, given) in rows.iter().enumerate() {
            let same = |array: &ArrayRef, expected: Value| same(&at(array, row), &expected);
            prop_assert!(same(&i, Value::Integer(integer.value(given))), "{} of {:?}: {:?}", integer.sql(), given, at(&i, row));
            prop_assert!(same(&d, Value::Double(double.value(given))), "{} of {:?}: {:?}", double.sql(), given, at(&d, row));
            prop_assert!(same(&b, Value::Boolean(boolean.value(given))), "{} of {:?}: {:?}", boolean.sql(), given, at(&b, row));
            prop_assert!(same(&t, Value::Text(text.value(given))), "{} of {:?}: {:?}", text.sql(), given, at(&t, row));
        }
    }
}
