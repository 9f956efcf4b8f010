//! [`Shape`]: whether the answers of a query at many times can be had in one pass.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use sqlparser::ast::{Expr, GroupByExpr, SelectItem, SetExpr, TableFactor};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::Token;

use super::cut::Cut;
use super::dialect::Dialect;
use super::rowwise::{Argument, aggregate, column, function_name, is_over};
use super::scope::normal;
use super::select::Select;

/// The placeholder that stands for the time that is asked for.
pub const AS_OF: &str = "as_of";

/// How the answer of a query changes with the time that its tables are cut to. What is not surely known is
/// [`General`](Self::General).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// It does not: no table has an event time.
    Timeless,
    /// Each row of one table gives one row, or none.
    Latest(OnePass),
    /// Aggregates of one table by the keys.
    Running(OnePass),
    /// Each time needs its own run.
    General {
        /// What stands in the way, for people.
        reason: &'static str,
    },
}

/// A query whose rows have a time, and are true from it on until their key's next row.
///
/// For each key and time, the row that an as-of join finds is what the query cut to that time answers: to
/// [`until`](Cut::until) by a join at or before, to [`before`](Cut::before) by one strictly before. Sums of floats are added in
/// order of time, and may differ from another order in their last digits. Bounds that move with the time asked for are
/// another matter: `known_at` and `since` need a run for each time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnePass {
    /// The query. Its one table may be cut to the last time that is asked for.
    pub select: Select,
    /// The column of its rows' time, the last one.
    pub event_time: String,
    /// Whether there is one row at most for each key and time.
    pub is_unique: bool,
    /// Columns of the query that are the event time of its table as it is.
    pub dated_by: Vec<String>,
}

/// Recognises a query whose rows are told apart by the columns `keys`; `event_times` has the columns of the tables that have
/// one.
///
/// ```
/// use varvite_sql::syntax::{Select, Shape};
///
/// let select = Select::parse("SELECT symbol, sum(size) / count(*) AS mean FROM trades WHERE size > 0 GROUP BY symbol")?;
/// let times = [("trades".to_owned(), "ts".to_owned())].into();
/// let Shape::Running(pass) = varvite_sql::syntax::shape_of(&select, &["symbol".into()], &times) else { panic!() };
/// assert_eq!(pass.event_time, "vv_time");
/// assert!(pass.select.to_string().starts_with(
///     r#"SELECT DISTINCT symbol, sum(size) OVER (PARTITION BY "trades"."symbol" ORDER BY "trades"."ts" RANGE BETWEEN"#
/// ));
/// # Ok::<(), varvite_sql::Error>(())
/// ```
pub fn shape_of(select: &Select, keys: &[String], event_times: &BTreeMap<String, String>) -> Shape {
    let is_timed = select.tables().iter().any(|table| event_times.contains_key(table));
    let asks_time = !select.volatile().is_empty() || select.placeholders().iter().any(|name| name == AS_OF);
    if asks_time {
        return Shape::General { reason: "it computes with the time that is asked for" };
    }
    if !is_timed {
        return Shape::Timeless;
    }
    one_pass(select, keys, event_times).unwrap_or_else(|reason| Shape::General { reason })
}

/// What `SELECT ... FROM table [WHERE ...] [GROUP BY ...]` is made of.
struct Simple<'a> {
    /// What its columns are qualified by.
    relation: String,
    /// Its event time.
    column: String,
    /// Its event time, qualified and quoted.
    time: String,
    /// Drops rows without a time: none of them is ever seen.
    timed: Cut,
    /// Outputs with their names.
    outputs: Vec<(String, &'a Expr)>,
    /// What it is grouped by.
    group: &'a [Expr],
}

type Found<T> = Result<T, &'static str>;

fn one_pass(select: &Select, keys: &[String], event_times: &BTreeMap<String, String>) -> Found<Shape> {
    let simple = Simple::of(select, event_times)?;
    if !keys.iter().all(|key| simple.outputs.iter().any(|(name, _)| name == key)) {
        return Err("a key is not among its columns");
    }
    let event_time = select.unused_name("vv_time");
    let read = select.found.reads.first().ok_or("it reads no table")?;
    let from = read.at.start.checked_sub(1).ok_or("it has no FROM")?;
    let time = (from..from, format!(", {} AS {event_time}", simple.time));
    let mut edits = Vec::new();
    let is_unique = !simple.group.is_empty();
    if is_unique {
        let group = simple.check_running(keys)?;
        edits.extend(running(select, &simple, &group)?);
    } else if !simple.outputs.iter().all(|(_, expr)| is_row_wise(expr)) {
        return Err("a column is no expression over one row");
    }
    edits.push(time);
    edits.sort_by_key(|(at, _)| at.start);
    let cannot = |_| "its table needs an alias";
    let select = select.edited(&edits).and_then(|edited| edited.cut(std::slice::from_ref(&simple.timed)));
    let dated_by = simple.dated_by();
    let pass = OnePass { select: select.map_err(cannot)?, event_time, is_unique, dated_by };
    Ok(if is_unique { Shape::Running(pass) } else { Shape::Latest(pass) })
}

fn is_row_wise(expr: &Expr) -> bool {
    is_over(expr, &mut |leaf| column(leaf).is_some())
}

impl<'a> Simple<'a> {
    fn of(select: &'a Select, event_times: &BTreeMap<String, String>) -> Found<Self> {
        let query = select.query.as_ref();
        let has_more = query.with.is_some() || query.order_by.is_some() || query.limit_clause.is_some();
        if has_more || query.fetch.is_some() || select.found.num_queries != 1 {
            return Err("it has subqueries, CTEs, ORDER BY or LIMIT");
        }
        let SetExpr::Select(body) = query.body.as_ref() else { return Err("it is made of several SELECTs") };
        let has_more = body.distinct.is_some() || body.having.is_some() || body.qualify.is_some();
        if has_more || !body.named_window.is_empty() || body.exclude.is_some() {
            return Err("it has DISTINCT, HAVING or windows");
        }
        let [from] = body.from.as_slice() else { return Err("it reads several tables") };
        let TableFactor::Table { alias, .. } = &from.relation else {
            return Err("it reads something else than a table");
        };
        let ([read], true) = (select.found.reads.as_slice(), from.joins.is_empty()) else {
            return Err("it reads several tables");
        };
        if alias.as_ref().is_some_and(|alias| !alias.columns.is_empty()) {
            return Err("it gives its table's columns other names");
        }
        if !body.selection.iter().all(is_row_wise) {
            return Err("its WHERE is no expression over one row");
        }
        let column = event_times.get(&read.table()).ok_or("its table has no event time")?;
        let last = alias.as_ref().map(|alias| normal(&alias.name)).or_else(|| read.name.last().cloned());
        let quote = |name: &str| Dialect::default().identifier(name);
        let relation = last.unwrap_or_default();
        let time = format!("{}.{}", quote(&relation), quote(column));
        let outputs = outputs(&body.projection)?;
        let GroupByExpr::Expressions(group, modifiers) = &body.group_by else { return Err("it groups by ALL") };
        if !modifiers.is_empty() {
            return Err("it groups in several ways");
        }
        let timed = Cut::known(read.table(), column);
        Ok(Self { relation, column: column.clone(), time, timed, outputs, group })
    }

    /// Outputs that are the event time as it is.
    fn dated_by(&self) -> Vec<String> {
        let is_time = |expr: &Expr| self.own_column(expr).is_some_and(|column| column == self.column);
        let dated = self.outputs.iter().filter(|(_, expr)| is_time(expr));
        dated.map(|(name, _)| name.clone()).collect()
    }

    /// The columns that it is grouped by, if those are the keys and all else is made of aggregates.
    fn check_running(&self, keys: &[String]) -> Found<Vec<String>> {
        let group: Option<BTreeSet<String>> = self.group.iter().map(|expr| self.own_column(expr)).collect();
        let group = group.ok_or("it groups by something else than columns")?;
        let of_key = |key: &String| {
            let output = self.outputs.iter().find(|(name, _)| name == key);
            output.and_then(|(_, expr)| self.own_column(expr))
        };
        let of_keys: Option<BTreeSet<String>> = keys.iter().map(of_key).collect();
        if of_keys.as_ref() != Some(&group) {
            return Err("it groups by something else than the keys");
        }
        let mut leaf = |leaf: &Expr| match aggregate(leaf) {
            Some(Argument::All) => true,
            Some(Argument::Of(expr)) => is_row_wise(expr),
            None => self.own_column(leaf).is_some_and(|column| group.contains(&column)),
        };
        if !self.outputs.iter().all(|(_, expr)| is_over(expr, &mut leaf)) {
            return Err("a column is made of something else than plain aggregates");
        }
        Ok(group.into_iter().collect())
    }

    /// The column of the table that an expression is, without what qualifies it.
    fn own_column(&self, expr: &Expr) -> Option<String> {
        match column(expr)?.as_slice() {
            [name] => Some(name.clone()),
            [relation, name] if *relation == self.relation => Some(name.clone()),
            _ => None,
        }
    }
}

/// Outputs with the names that every engine gives them.
fn outputs(projection: &[SelectItem]) -> Found<Vec<(String, &Expr)>> {
    let outputs = projection.iter().map(output).collect::<Found<Vec<_>>>()?;
    let names: BTreeSet<String> = outputs.iter().map(|(name, _)| name.to_lowercase()).collect();
    if names.len() < outputs.len() {
        return Err("two columns have one name");
    }
    Ok(outputs)
}

fn output(item: &SelectItem) -> Found<(String, &Expr)> {
    match item {
        SelectItem::ExprWithAlias { expr, alias } => Ok((normal(alias), expr)),
        SelectItem::UnnamedExpr(expr) if !matches!(expr, Expr::Nested(_)) => {
            let name = column(expr).and_then(|parts| parts.last().cloned());
            Ok((name.ok_or("a column has no name: give it one by AS")?, expr))
        }
        _ => Err("it takes all columns: name them"),
    }
}

/// What makes running windows of aggregates: `DISTINCT` as rows of one time are alike, a frame after each aggregate, and no
/// `GROUP BY`.
fn running(select: &Select, simple: &Simple<'_>, group: &[String]) -> Found<Vec<(Range<usize>, String)>> {
    let quote = |name: &str| Dialect::default().identifier(name);
    let relation = quote(&simple.relation);
    let partition = group.iter().map(|name| format!("{relation}.{}", quote(name))).collect::<Vec<_>>().join(", ");
    let order = &simple.time;
    let over =
        format!("OVER (PARTITION BY {partition} ORDER BY {order} RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)");
    let mut ends = Vec::new();
    let mut note = |leaf: &Expr| {
        let is_aggregate = aggregate(leaf).is_some();
        if is_aggregate {
            ends.push(function_name(leaf).and_then(|name| end_of_call(select, select.tokens.range_of(&[name])?.start)));
        }
        is_aggregate || column(leaf).is_some()
    };
    simple.outputs.iter().for_each(|(_, expr)| {
        is_over(expr, &mut note);
    });
    let ends: Option<Vec<usize>> = ends.into_iter().collect();
    let ends = ends.ok_or("a call has no place")?;
    let group_by = group_by(select).ok_or("its GROUP BY has no place")?;
    let mut edits = vec![(1..1, "DISTINCT".to_owned()), (group_by..select.tokens.len(), String::new())];
    edits.extend(ends.into_iter().map(|end| (end..end, over.clone())));
    Ok(edits)
}

/// The place after the call whose name stands at `start`.
fn end_of_call(select: &Select, start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in select.tokens.iter().enumerate().skip(start + 1) {
        match token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return (*token == Token::RParen).then_some(at + 1);
        }
    }
    None
}

/// Where `GROUP BY` stands, which is the last clause.
fn group_by(select: &Select) -> Option<usize> {
    let is = |token: Option<&&Token>, keyword| matches!(token, Some(Token::Word(word)) if word.quote_style.is_none() && word.keyword == keyword);
    let tokens: Vec<&Token> = select.tokens.iter().collect();
    let mut places =
        (0..tokens.len()).filter(|&at| is(tokens.get(at), Keyword::GROUP) && is(tokens.get(at + 1), Keyword::BY));
    places.next_back()
}
