//! Expressions over columns: a table of cases, and what is refused in which words (S17).
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int32Array, Int64Array,
    ListArray, NullArray, RecordBatch, StringArray, StringDictionaryBuilder, TimestampMicrosecondArray,
    TimestampSecondArray,
};
use arrow::datatypes::{Int32Type, Schema};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use varvite_feature::{Error, ErrorKind, Expression};

/// 2024-03-01T12:34:56Z, a Friday.
const AT: i64 = 1_709_296_496;

fn one(values: &[(&str, ArrayRef)]) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(values.iter().map(|(name, array)| (*name, Arc::clone(array), true)))
        .unwrap()
}

fn row() -> RecordBatch {
    let mut words = StringDictionaryBuilder::<Int32Type>::new();
    words.append_value("a");
    one(&[
        ("i", Arc::new(Int64Array::from(vec![7]))),
        ("j", Arc::new(Int32Array::from(vec![-2]))),
        ("zero", Arc::new(Int64Array::from(vec![0]))),
        ("least", Arc::new(Int64Array::from(vec![i64::MIN]))),
        ("x", Arc::new(Float64Array::from(vec![2.5]))),
        ("f", Arc::new(Float32Array::from(vec![0.5]))),
        ("nan", Arc::new(Float64Array::from(vec![-f64::NAN]))),
        ("minus_zero", Arc::new(Float64Array::from(vec![-0.0]))),
        ("n", Arc::new(Int64Array::from(vec![None]))),
        ("nothing", Arc::new(NullArray::new(1))),
        ("yes", Arc::new(BooleanArray::from(vec![true]))),
        ("s", Arc::new(StringArray::from(vec![" Über "]))),
        ("word", Arc::new(words.finish())),
        ("price", Arc::new(Decimal128Array::from(vec![-1250]).with_precision_and_scale(10, 2).unwrap())),
        ("day", Arc::new(Date32Array::from(vec![19_783]))),
        ("at", Arc::new(TimestampSecondArray::from(vec![AT]).with_timezone("UTC"))),
        ("us", Arc::new(TimestampMicrosecondArray::from(vec![AT * 1_000_000 + 1]))),
        ("early", Arc::new(TimestampMicrosecondArray::from(vec![-1]))),
        ("tokyo", Arc::new(TimestampSecondArray::from(vec![AT]).with_timezone("Asia/Tokyo"))),
        ("order by", Arc::new(Int64Array::from(vec![1]))),
        ("stats.mean", Arc::new(Float64Array::from(vec![10.0]))),
        ("list", Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>([Some([Some(1)])]))),
    ])
}

/// The type and the value, as text.
fn found(text: &str) -> String {
    let (rows, expression) = (row(), Expression::parse(text).unwrap_or_else(|error| panic!("{error}")));
    let data_type = expression.data_type(&rows.schema()).unwrap_or_else(|error| panic!("{error}"));
    let array = expression.evaluate(&rows).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(array.len(), 1, "{text}");
    assert_eq!(*array.data_type(), data_type.to_arrow(), "{text}");
    // What holds for one row holds for each of many, and for none.
    let many = arrow::compute::concat_batches(&rows.schema(), [&rows, &rows, &rows]).unwrap();
    let each = expression.evaluate(&many).unwrap();
    assert!((0..3).all(|at| each.slice(at, 1).as_ref() == array.as_ref()), "{text}");
    assert_eq!(expression.evaluate(&rows.slice(0, 0)).unwrap().len(), 0, "{text}");
    let options = FormatOptions::default().with_null("null");
    format!("{data_type} {}", ArrayFormatter::try_new(&array, &options).unwrap().value(0))
}

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(found(text), *expected, "{text}");
    }
}

#[test]
fn literals_and_columns() {
    check(&[
        ("1", "int 1"),
        ("-9223372036854775808", "bigint -9223372036854775808"),
        ("1.5", "double 1.5"),
        ("-1e3", "double -1000.0"),
        ("'it''s'", "string it's"),
        ("true", "boolean true"),
        ("(((i)))", "bigint 7"),
        ("\"order by\" + 1", "bigint 2"),
        ("stats.mean / 4", "double 2.5"),
        ("word", "string a"),
        ("date '2024-02-29'", "date 2024-02-29"),
        ("timestamp '2024-02-29 01:02:03.000004'", "timestamp[us] 2024-02-29T01:02:03.000004"),
        ("timestamp with time zone '2024-02-29T01:00:00+01:00'", "timestamp[us, UTC] 2024-02-29T00:00:00Z"),
    ]);
}

#[test]
fn arithmetic_keeps_integers_and_gives_null_for_what_has_no_value() {
    check(&[
        ("i + j", "bigint 5"),
        ("i / j", "bigint -3"),
        ("i % j", "bigint 1"),
        ("mod(j, 7)", "bigint -2"),
        ("-i - -1", "bigint -6"),
        ("+i * 2", "bigint 14"),
        ("1 + 2 * 3", "bigint 7"),
        ("i / zero", "bigint null"),
        ("i % 0", "bigint null"),
        ("least / -1", "bigint null"),
        ("least % -1", "bigint 0"),
        ("-least", "bigint null"),
        ("abs(least)", "bigint null"),
        ("least - 1", "bigint null"),
        ("9223372036854775807 + i", "bigint null"),
        ("i * x", "double 17.5"),
        ("f + f", "double 1.0"),
        ("x / 0", "double null"),
        ("x / minus_zero", "double null"),
        ("x % 0.0", "double null"),
        ("nan / 0", "double null"),
        ("n + 1", "bigint null"),
        ("null + 1", "bigint null"),
        ("nothing * x", "double null"),
    ]);
}

#[test]
fn decimals_stay_exact() {
    check(&[
        ("price + price", "decimal(11, 2) -25.00"),
        ("price * price", "decimal(20, 4) 156.2500"),
        ("price - 1", "decimal(13, 2) -13.50"),
        ("price % 5", "decimal(12, 2) -2.50"),
        ("price / 5", "double -2.5"),
        ("price / 0", "double null"),
        ("price % 0", "decimal(12, 2) null"),
        ("-price", "decimal(10, 2) 12.50"),
        ("abs(price)", "decimal(10, 2) 12.50"),
        ("sign(price)", "int -1"),
        ("floor(price)", "decimal(9, 0) -13"),
        ("ceil(price)", "decimal(9, 0) -12"),
        ("round(price)", "decimal(9, 0) -13"),
        ("price = -12.5", "boolean true"),
        ("price < -12", "boolean true"),
        ("cast(price as int)", "int -13"),
        ("cast(price as decimal(3, 2))", "decimal(3, 2) null"),
        ("price::decimal(4, 1)", "decimal(4, 1) -12.5"),
        ("cast('9' as decimal(76, 0)) * cast('9' as decimal(76, 0))", "decimal(76, 0) 81"),
    ]);
    let nines = "9".repeat(76);
    check(&[(&format!("cast('{nines}' as decimal(76, 0)) + 1"), "decimal(76, 0) null")]);
}

#[test]
fn comparisons_and_logic_know_three_values() {
    check(&[
        ("i > j and x <= 2.5", "boolean true"),
        ("n = n", "boolean null"),
        ("n is null and i is not null", "boolean true"),
        ("n = 1 and false", "boolean false"),
        ("n = 1 or true", "boolean true"),
        ("n = 1 or false", "boolean null"),
        ("not (n = 1)", "boolean null"),
        ("(n = 1) is true", "boolean false"),
        ("(n = 1) is not true", "boolean true"),
        ("(i = 1) is false", "boolean true"),
        ("yes and null", "boolean null"),
        ("n is distinct from 1", "boolean true"),
        ("n is not distinct from null", "boolean true"),
        ("null = null", "boolean null"),
        ("null is distinct from null", "boolean false"),
        ("i between 7 and 7.5", "boolean true"),
        ("i not between 8 and n", "boolean true"),
        ("i between 1 and n", "boolean null"),
        ("null between null and null", "boolean null"),
        ("i in (1, 7.0)", "boolean true"),
        ("i in (1, n)", "boolean null"),
        ("i in (7, n)", "boolean true"),
        ("i not in (1, n)", "boolean null"),
        ("i not in (1, 2)", "boolean true"),
        ("null in (null)", "boolean null"),
        ("minus_zero = 0", "boolean true"),
        ("nan = nan", "boolean true"),
        ("nan > 1e300", "boolean true"),
        ("s < 'a'", "boolean true"),
        ("word = 'a'", "boolean true"),
        ("yes <> false", "boolean true"),
    ]);
}

#[test]
fn times_compare_as_instants_s07() {
    check(&[
        ("us > at", "boolean true"),
        ("at = tokyo", "boolean true"),
        ("day < at", "boolean true"),
        ("at >= date '2024-03-01'", "boolean true"),
        ("at between day and us", "boolean true"),
        ("cast(us as timestamp(0)) = at", "boolean true"),
        ("cast(early as timestamp(0))", "timestamp[s] 1969-12-31T23:59:59"),
        ("cast(at as date)", "date 2024-03-01"),
        ("cast(day as timestamp)", "timestamp[us] 2024-03-01T00:00:00"),
        ("cast(substr('0001-01-01', j + 3) as date)::timestamp(9)", "timestamp[ns] null"),
        ("timestamp '0001-01-01 00:00:00' < at", "boolean true"),
        ("greatest(day, at, n::int::text::timestamp)", "timestamp[us, UTC] 2024-03-01T12:34:56Z"),
        ("extract(year from at)", "int 2024"),
        ("extract(quarter from day)", "int 1"),
        ("date_part('month', at)", "int 3"),
        ("extract(week from at)", "int 9"),
        ("extract(day from at)", "int 1"),
        ("extract(dow from at)", "int 5"),
        ("extract(doy from day)", "int 61"),
        ("extract(hour from at)", "int 12"),
        ("extract(hour from tokyo)", "int 21"),
        ("extract(hour from day)", "int 0"),
        ("extract(minute from at)", "int 34"),
        ("extract(second from us)", "int 56"),
        ("extract(epoch from us) - extract(epoch from at)", "double 9.5367431640625e-7"),
        ("extract(epoch from early)", "double -1e-6"),
        ("extract(epoch from day)", "double 1709251200.0"),
        ("extract(year from null)", "int null"),
    ]);
}

#[test]
fn choices() {
    check(&[
        ("case when i > 5 then 'big' when i > 1 then 'some' else 'small' end", "string big"),
        ("case when n > 5 then 1 end", "int null"),
        ("case i when 1 then 'a' when 7.0 then 'b' end", "string b"),
        ("case n when null then 1 else 2 end", "int 2"),
        ("case null when null then 1 else 2 end", "int 2"),
        ("case when yes then j else 1.5 end", "double -2.0"),
        ("case when false then null else null end is null", "boolean true"),
        ("case when zero = 0 then 0 else i / zero end", "bigint 0"),
        ("coalesce(n, j, 1)", "bigint -2"),
        ("coalesce(j, 0)", "int -2"),
        ("coalesce(n, 1.5)", "double 1.5"),
        ("ifnull(n, 3)", "bigint 3"),
        ("nullif(i, 7.0)", "bigint null"),
        ("nullif(i, 8)", "bigint 7"),
        ("nullif(i, n)", "bigint 7"),
        ("nullif(minus_zero, 0)", "double null"),
        ("nullif(f, 1)", "float 0.5"),
        ("least(i, n, j)", "bigint -2"),
        ("greatest(n, n)", "bigint null"),
        ("greatest(x, nan, i)", "double NaN"),
        ("greatest(null, null) is null", "boolean true"),
        ("least('b', word)", "string a"),
    ]);
}

#[test]
fn functions_of_numbers() {
    check(&[
        ("abs(j)", "bigint 2"),
        ("abs(-2.5)", "double 2.5"),
        ("sign(j) + sign(x)", "bigint 0"),
        ("sign(nan)", "int null"),
        ("floor(-2.5)", "double -3.0"),
        ("ceiling(2.1)", "double 3.0"),
        ("floor(i)", "bigint 7"),
        ("round(2.5)", "double 3.0"),
        ("round(-2.5)", "double -3.0"),
        ("round(2.345, 2)", "double 2.35"),
        ("round(1250.0, -2)", "double 1300.0"),
        ("round(1.5, 400)", "double 1.5"),
        ("round(-1250, -2)", "bigint -1300"),
        ("round(i, -30)", "bigint 0"),
        ("round(9223372036854775807, -1)", "bigint null"),
        ("sqrt(6.25)", "double 2.5"),
        ("sqrt(-1)", "double null"),
        ("ln(exp(2))", "double 2.0"),
        ("ln(0)", "double null"),
        ("log10(1000)", "double 3.0"),
        ("log10(-1)", "double null"),
        ("power(2, 10)", "double 1024.0"),
        ("pow(0, -1)", "double null"),
        ("power(-8, 0.5)", "double null"),
        ("sqrt(nan)", "double NaN"),
    ]);
}

#[test]
fn functions_of_text() {
    check(&[
        ("upper(trim(s))", "string ÜBER"),
        ("lower(s)", "string  über "),
        ("length(s)", "bigint 6"),
        ("length(ltrim(s)) + length(rtrim(s))", "bigint 10"),
        ("length(trim(leading ' ' from s))", "bigint 5"),
        ("substr(trim(s), 2)", "string ber"),
        ("substring(trim(s) from 2 for 2)", "string be"),
        ("substr('abc', -1, 3)", "string a"),
        ("substr('abc', 9)", "string "),
        ("substr('abc', 1, -1)", "string null"),
        ("substr('abc', 1, 9223372036854775807)", "string abc"),
        ("'a' || word", "string aa"),
        ("'a' || cast(n as string)", "string null"),
        ("concat('a', n, 1, true)", "string a1true"),
    ]);
}

#[test]
fn casts_round_and_give_null_for_what_does_not_fit() {
    check(&[
        ("cast(x as bigint)", "bigint 3"),
        ("cast(-2.5 as int)", "int -3"),
        ("cast(f as int)", "int 1"),
        ("cast(nan as int)", "int null"),
        ("cast(least as int)", "int null"),
        ("i::double precision", "double 7.0"),
        ("cast(i as real)", "float 7.0"),
        ("cast(i as varchar)", "string 7"),
        ("cast(s as int)", "int null"),
        ("try_cast('12' as bigint)", "bigint 12"),
        ("cast(yes as int)", "int 1"),
        ("cast(zero as boolean)", "boolean false"),
        ("cast('true' as boolean)", "boolean true"),
        ("cast(null as date)", "date null"),
        ("cast(x as decimal(10, 1))", "decimal(10, 1) 2.5"),
    ]);
}

#[track_caller]
fn refused(text: &str, reason: &str) {
    let error = Expression::parse(text).and_then(|expression| expression.compile(&row().schema())).unwrap_err();
    assert_eq!(error.to_string(), format!("expression `{text}` cannot be used: {reason}"));
    assert_eq!((error.code(), error.kind()), ("VV0406", ErrorKind::VirtualizationQuery));
}

#[test]
fn what_there_is_not_is_refused_by_name_s20() {
    let functions = "abs, cast, ceil, ceiling, char_length, coalesce, concat, date_part, exp, extract, floor, greatest, \
        ifnull, least, length, ln, log10, lower, ltrim, mod, nullif, pow, power, round, rtrim, sign, sqrt, substr, \
        substring, trim, upper";
    refused("flor(x)", &format!("there is no function `flor` (did you mean `floor`?): there is {functions}"));
    refused("count(*)", &format!("there is no function `count` (did you mean `concat`?): there is {functions}"));
    refused("sum(x) over ()", "`sum` stands for the values of one row: there is no `over`, `filter` or the like");
    refused("abs(1, 2)", "`abs` takes 1 argument, not 2");
    refused("round(1, 2, 3)", "`round` takes 1 to 2 arguments, not 3");
    refused("i ^ 2", "there is no operator `^`: there is + - * / % || = <> < <= > >= and or");
    refused(
        "extract(century from at)",
        "a time has no part `CENTURY`: it has year, quarter, month, week, day, dow, doy, \
        hour, minute, second, epoch",
    );
    refused("i in (select 1)", "there are no queries in it: it is computed from the columns of one row");
    refused("i = ?", "there are no placeholders such as `?`: name a column");
    refused("i; drop table t", "there is `;` after its end: write one expression");
    refused("i as a", "there is `as` after its end: write one expression");
    refused("", "it is empty");
    refused("9223372036854775808", "`9223372036854775808` is no bigint: write it with a point, and it is a double");
    refused("cast(i as array<int>)", "`array<int>` is no single value");
    let nested = format!("{}1{}", "(".repeat(200), ")".repeat(200));
    assert!(Expression::parse(&nested).is_err());
    let chain = vec!["1"; 5_000].join("+");
    let error = Expression::parse(&chain).unwrap_err();
    assert!(error.to_string().ends_with("its parts are more than 100 levels deep"));
    assert!(Expression::parse(&format!("{chain}+1+1")).unwrap_err().to_string().contains("at most 10000 are read"));
}

#[test]
fn types_and_columns_that_do_not_fit_are_named_s20() {
    refused("i + s", "`+` takes numbers, and `s` is string");
    refused("-s", "`-` takes numbers, and `s` is string");
    refused("at - at", "`-` takes numbers, and `at` is timestamp[s, UTC]: `extract(epoch from ...)` gives seconds");
    refused("i and yes", "`and` takes booleans, and `i` is bigint");
    refused("i = s", "`=` takes values of one type: `s` is string, not bigint");
    refused(
        "at > '2024-01-01'",
        "`>` takes values of one type: '2024-01-01' is string, not timestamp[s, UTC]: write \
        TIMESTAMP '2024-03-01 12:00:00'",
    );
    refused("case when i then 1 end", "`when` takes booleans, and `i` is bigint");
    refused("case when yes then 1 else 'a' end", "`case` takes values of one type: 'a' is string, not int");
    refused("upper(abs(i))", "`upper` takes text, and what `abs` gives is bigint");
    refused("list", "column `list` is array<int>: expressions take single values");
    refused(
        "cast(at as bigint)",
        "`at`: timestamp[s, UTC] is not cast to bigint: `extract(epoch from ...)` gives seconds",
    );
    refused("date '2024-13-01'", "'2024-13-01' is no date");
    refused("null", "it is null whatever the columns are: cast it to the type that is meant");
    let error = "amont * 2".parse::<Expression>().unwrap().data_type(&Schema::empty()).unwrap_err();
    assert!(error.to_string().ends_with("there is no column `amont`: there is none"), "{error}");
    let rows = one(&[("amount", Arc::new(Int64Array::from(vec![1])))]);
    let error = "amont * 2".parse::<Expression>().unwrap().evaluate(&rows).unwrap_err();
    assert!(error.to_string().ends_with("there is no column `amont` (did you mean `amount`?): there is `amount`"));
}

#[test]
fn what_is_compiled_fits_tables_of_the_same_columns_alone() {
    let compiled = "a + 1".parse::<Expression>().unwrap();
    let integers = one(&[("b", Arc::new(NullArray::new(1))), ("a", Arc::new(Int64Array::from(vec![1])))]);
    let compiled = compiled.compile(&integers.schema()).unwrap();
    let elsewhere = one(&[("a", Arc::new(Int64Array::from(vec![4])))]);
    assert_eq!(compiled.evaluate(&elsewhere).unwrap().as_ref(), &Int64Array::from(vec![5]) as &dyn arrow::array::Array);
    let others = one(&[("a", Arc::new(Float64Array::from(vec![1.0])))]);
    let error = compiled.evaluate(&others).unwrap_err();
    assert!(matches!(error, Error::InvalidExpression { .. }));
    assert!(error.to_string().ends_with("column `a` is Float64, and was Int64 when this was compiled"), "{error}");
}

#[test]
fn columns_are_named_once_in_order() {
    let expression: Expression = "case b when a then c else coalesce(a, \"D d\") end + cast(b as int)".parse().unwrap();
    assert_eq!(expression.columns(), ["b", "a", "c", "D d"]);
    assert_eq!(expression.to_string(), expression.text());
}
