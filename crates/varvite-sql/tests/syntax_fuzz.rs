//! Whatever is thrown at the reader: no panic, and what is taken can be cut, restricted, written and read again.
#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use varvite_sql::syntax::{Cut, Dialect, Ids, Select, shape_of};

const WORDS: [&str; 96] = [
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP",
    "BY",
    "ORDER",
    "HAVING",
    "WITH",
    "RECURSIVE",
    "AS",
    "UNION",
    "ALL",
    "EXCEPT",
    "JOIN",
    "LEFT",
    "ON",
    "USING",
    "LATERAL",
    "EXISTS",
    "IN",
    "NOT",
    "AND",
    "OR",
    "CASE",
    "WHEN",
    "THEN",
    "END",
    "OVER",
    "PARTITION",
    "FILTER",
    "DISTINCT",
    "LIMIT",
    "OFFSET",
    "VALUES",
    "INSERT",
    "INTO",
    "UPDATE",
    "DELETE",
    "TABLE",
    "SET",
    "t",
    "s",
    "u",
    "T",
    "x",
    "y",
    "count",
    "sum",
    "now",
    "unnest",
    "*",
    ",",
    ".",
    "(",
    ")",
    "(",
    ")",
    "(",
    ")",
    ";",
    "=",
    "<",
    "+",
    "-",
    "::",
    "[",
    "]",
    "{",
    "}",
    ":",
    "|>",
    "1",
    "2.5",
    "'a'",
    "'it''s'",
    "E'\\''",
    "$$a$$",
    "$x",
    "$as_of",
    "\"q\"",
    "\"a\"\"b\"",
    "`b`",
    "--",
    "/*",
    "*/",
    "\n",
    "'",
    "\"",
    "`",
    "$",
    "\\",
    "NULL",
    "INTERVAL",
    "timestamp",
    "int",
    "é",
];

/// Pieces of queries, so that more than a few of them parse.
const PARTS: [&str; 24] = [
    "SELECT * FROM t",
    "SELECT x, sum(y) AS y FROM s.t GROUP BY x",
    "SELECT t.x, s.t.y FROM s.t",
    "(SELECT max(x) FROM t)",
    "WITH t AS (SELECT * FROM t)",
    "WITH RECURSIVE u AS (SELECT 1 AS x UNION ALL SELECT x FROM u)",
    ", t AS (SELECT * FROM u)",
    "FROM t AS a JOIN \"T\" AS b ON a.x = b.x",
    "FROM (SELECT x FROM t) AS q",
    "FROM t, u",
    "SELECT a.x, count(*) AS n",
    "SELECT 'it''s', E'\\'', $$'$$, \"a\"\"b\"",
    "WHERE x IN (SELECT x FROM t)",
    "WHERE EXISTS (SELECT 1 FROM t WHERE t.x = $x)",
    "AND x = $x",
    "OR NOT y IS NULL",
    "GROUP BY x",
    "HAVING count(*) > (SELECT 1 FROM u)",
    "ORDER BY x",
    "LIMIT 3",
    "UNION ALL",
    "EXCEPT",
    "(",
    ")",
];

fn soup() -> impl Strategy<Value = String> {
    let words = proptest::collection::vec(proptest::sample::select(&WORDS[..]), 0..40);
    let parts = proptest::collection::vec(proptest::sample::select(&PARTS[..]), 1..9);
    let separator = proptest::sample::select(&[" ", "", "/* ' */", "\n-- \"\n"][..]);
    prop_oneof![
        1 => (words, separator).prop_map(|(words, separator)| format!("SELECT {}", words.join(separator))),
        3 => parts.prop_map(|parts| parts.join(" ")),
        1 => ".{0,80}",
    ]
}

fn check(text: &str) -> bool {
    let Ok(select) = Select::parse(text) else { return false };
    let written = select.to_string();
    let again = Select::parse(&written).unwrap();
    assert_eq!(again, select, "{text}");
    assert_eq!((again.tables(), again.placeholders()), (select.tables(), select.placeholders()));
    for dialect in [Dialect::DuckDb, Dialect::Spark] {
        select.text(dialect);
    }
    let cuts: Vec<Cut> = select.tables().into_iter().map(|table| Cut::until(table, "ts", "cut_to")).collect();
    if let Ok(cut) = select.cut(&cuts) {
        assert_eq!(cut.tables(), select.tables(), "{text}");
        let reads = cut.to_string().matches("<= $cut_to").count();
        assert_eq!(reads > 0, !select.tables().is_empty());
        // What is cut stays cut: each read is the one in a cut.
        let plain: Vec<Cut> = select.tables().into_iter().map(Cut::none).collect();
        assert_eq!(cut.cut(&plain).unwrap(), cut);
    }
    let ids = Ids { table: select.unused_name("ids"), row: "row".into(), keys: vec![("k".into(), "x".into())] };
    // One level deeper may be too deep.
    if let Ok(restricted) = select.restrict(&ids, &["y\"; --".into()]) {
        let mut tables = select.tables();
        tables.push(ids.table);
        tables.sort();
        assert_eq!(restricted.tables(), tables, "{text}");
    }
    let times = select.tables().into_iter().map(|table| (table, "ts".to_owned())).collect();
    shape_of(&select, &["x".into()], &times);
    true
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_and_what_is_taken_comes_back(text in soup()) {
        check(&text);
    }

    #[test]
    fn text_of_any_kind_stays_text(value in "\\PC{0,40}", name in "[^\0]{1,20}") {
        let text = format!("SELECT '{}' AS x FROM \"{}\"", value.replace('\'', "''"), name.replace('"', "\"\""));
        let select = Select::parse(&text).unwrap();
        prop_assert_eq!(select.tables(), [name]);
        prop_assert_eq!(Select::parse(&select.to_string()).unwrap(), select);
    }
}

/// A query of which it is known how often it reads the table `t`.
#[derive(Debug, Clone)]
enum Model {
    Plain,
    InWhere(Box<Model>),
    InFrom(Box<Model>),
    InList(Box<Model>),
    Union(Box<Model>, Box<Model>),
    With(&'static str, Box<Model>, Box<Model>),
    Recursive(Box<Model>),
}

impl Model {
    fn text(&self) -> String {
        match self {
            Self::Plain => "SELECT t.x FROM t".to_owned(),
            Self::InWhere(a) => format!("SELECT x FROM u JOIN T AS z ON true WHERE x IN ({})", a.text()),
            Self::InFrom(a) => format!("SELECT q.x FROM ({}) AS q, s.t AS r LEFT JOIN t ON true", a.text()),
            Self::InList(a) => format!("SELECT ({}) AS x, \"t\" FROM u ORDER BY (SELECT 1 FROM \"t\")", a.text()),
            Self::Union(a, b) => format!("SELECT * FROM (({}) EXCEPT ({})) AS q", a.text(), b.text()),
            Self::With(name, a, b) => {
                format!(
                    "WITH {name} AS ({}), u AS (SELECT 1 FROM t) SELECT 1 FROM t, u WHERE EXISTS ({})",
                    a.text(),
                    b.text()
                )
            }
            Self::Recursive(a) => {
                format!(
                    "WITH RECURSIVE t AS (SELECT 1 FROM u UNION ALL SELECT x FROM t WHERE x IN ({})) SELECT * FROM t",
                    a.text()
                )
            }
        }
    }

    /// Reads of the table, if no CTE hides it.
    fn reads(&self, is_hidden: bool) -> usize {
        let one = usize::from(!is_hidden);
        match self {
            Self::Plain => one,
            Self::InWhere(a) | Self::InFrom(a) | Self::InList(a) => one + a.reads(is_hidden),
            Self::Union(a, b) => a.reads(is_hidden) + b.reads(is_hidden),
            Self::With(name, a, b) => {
                let hides = is_hidden || *name != "v";
                a.reads(is_hidden) + 2 * usize::from(!hides) + b.reads(hides)
            }
            Self::Recursive(a) => a.reads(true),
        }
    }
}

fn model() -> impl Strategy<Value = Model> {
    Just(Model::Plain).prop_recursive(4, 24, 2, |inner| {
        let inner = inner.prop_map(Box::new);
        let name = proptest::sample::select(&["t", "T", "\"t\"", "v"][..]);
        prop_oneof![
            inner.clone().prop_map(Model::InWhere),
            inner.clone().prop_map(Model::InFrom),
            inner.clone().prop_map(Model::InList),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Model::Union(a, b)),
            (name, inner.clone(), inner.clone()).prop_map(|(name, a, b)| Model::With(name, a, b)),
            inner.prop_map(Model::Recursive),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Not one read of the table is left uncut, and no CTE is cut.
    #[test]
    fn each_read_of_a_table_is_cut(model in model(), word in proptest::sample::select(&WORDS[..]), at in 0..1000_usize) {
        let text = model.text();
        let select = Select::parse(&text).unwrap();
        let reads = model.reads(false);
        prop_assert_eq!(select.tables().contains(&"t".to_owned()), reads > 0);
        let cuts = [Cut::until("t", "ts", "cut_to"), Cut::none("u"), Cut::none("s.t")];
        let cut = select.cut(&cuts).unwrap().to_string();
        prop_assert_eq!(cut.matches("$cut_to").count(), reads, "{} became {}", text, cut);
        check(&text);
        // And with something that does not belong there.
        let words: Vec<&str> = text.split(' ').collect();
        let place = at % words.len();
        let (before, after) = words.split_at(place);
        check(&[before, &[word], after].concat().join(" "));
    }
}
