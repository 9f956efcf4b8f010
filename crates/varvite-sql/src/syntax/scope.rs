//! Walks a query once: which tables it reads, which names it gives, and whether anything stands in it that may not.

use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};
use std::ptr;

use sqlparser::ast::{Expr, Ident, ObjectName, Query, Select, SetExpr, SetOperator, TableAlias, TableFactor};
use sqlparser::ast::{Statement, Value, ValueWithSpan, Visit, Visitor};

use super::functions;
use super::tokens::Tokens;
use crate::{Error, Result};

/// What a walk finds.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    /// Each place where a table is read, in order.
    pub(super) reads: Vec<Read>,
    /// Names that stand for rows somewhere in the query: aliases, CTEs, and tables by their last names.
    pub(super) given: Vec<String>,
    /// Expressions that answer otherwise when asked again.
    pub(super) volatile: BTreeSet<String>,
    /// How many queries there are, one in another.
    pub(super) num_queries: usize,
}

/// A table in a FROM.
#[derive(Debug, Clone)]
pub(super) struct Read {
    /// Its name, in parts.
    pub(super) name: Vec<String>,
    /// Where the name stands.
    pub(super) at: Range<usize>,
    /// Whether an alias follows.
    pub(super) has_alias: bool,
}

impl Read {
    /// The name as tables are known by it.
    pub(super) fn table(&self) -> String {
        self.name.join(".")
    }
}

/// A name as engines compare it: as quoted, else in lower case.
pub(super) fn normal(name: &Ident) -> String {
    if name.quote_style.is_some() { name.value.clone() } else { name.value.to_ascii_lowercase() }
}

/// Walks `query`, whose tokens these are.
pub(super) fn walk(query: &Query, tokens: &Tokens) -> Result<Found> {
    let mut walk = Walk { tokens, scopes: Vec::new(), found: Found::default() };
    match query.visit(&mut walk) {
        ControlFlow::Break(error) => Err(*error),
        ControlFlow::Continue(()) => Ok(walk.found),
    }
}

struct Walk<'a> {
    tokens: &'a Tokens,
    scopes: Vec<Scope>,
    found: Found,
}

/// A query that the walk is in.
struct Scope {
    /// Its CTEs, by where they are in memory, in order.
    ctes: Vec<(*const Query, String)>,
    /// Whether they see themselves.
    is_recursive: bool,
    /// Those that are in sight.
    visible: Vec<String>,
}

type Flow = ControlFlow<Box<Error>>;

fn refuse(what: impl Into<String>, instead: &'static str) -> Flow {
    ControlFlow::Break(Box::new(Error::Forbidden { what: what.into(), instead }))
}

const ONLY_SELECT: &str = "it reads and does nothing else, so leave it out";
const ONLY_TABLES: &str = "it reads the tables that it is given and nothing else: name one of them";
const ONLY_COMMON: &str = "not every engine knows it: write it in standard SQL";

impl Visitor for Walk<'_> {
    type Break = Box<Error>;

    fn pre_visit_query(&mut self, query: &Query) -> Flow {
        self.found.num_queries += 1;
        check_query(query)?;
        let own = self.scopes.last().filter(|scope| scope.is_recursive).and_then(|scope| scope.cte(query));
        let visible = own.into_iter().collect();
        let with = query.with.as_ref();
        let ctes = with.into_iter().flat_map(|with| &with.cte_tables);
        let ctes = ctes.map(|cte| (ptr::from_ref(cte.query.as_ref()), normal(&cte.alias.name))).collect();
        self.scopes.push(Scope { ctes, is_recursive: with.is_some_and(|with| with.recursive), visible });
        Flow::Continue(())
    }

    fn post_visit_query(&mut self, query: &Query) -> Flow {
        self.scopes.pop();
        if let Some(scope) = self.scopes.last_mut()
            && let Some(name) = scope.cte(query)
        {
            self.found.given.push(name.clone());
            scope.visible.push(name);
        }
        Flow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> Flow {
        check_select(select)
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> Flow {
        let alias = check_factor(factor)?;
        self.found.given.extend(alias.map(|alias| normal(&alias.name)));
        if let TableFactor::Table { name, .. } = factor {
            self.read(name, alias.is_some())?;
        }
        Flow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> Flow {
        self.found.volatile.extend(functions::volatile(expr));
        match expr {
            Expr::Function(function) => match functions::reaching(function) {
                Some(name) => refuse(
                    format!("`{name}(...)`"),
                    "it reads its tables alone: files, code and settings are out of its reach",
                ),
                None => Flow::Continue(()),
            },
            _ => Flow::Continue(()),
        }
    }

    fn pre_visit_statement(&mut self, statement: &Statement) -> Flow {
        let text = statement.to_string();
        refuse(text.split_whitespace().next().unwrap_or("a statement"), ONLY_SELECT)
    }

    fn pre_visit_value(&mut self, value: &ValueWithSpan) -> Flow {
        match &value.value {
            Value::Placeholder(name) if !name.starts_with('$') => {
                refuse(format!("`{name}`"), "a placeholder is `$name`")
            }
            _ => Flow::Continue(()),
        }
    }
}

impl Walk<'_> {
    fn read(&mut self, name: &ObjectName, has_alias: bool) -> Flow {
        let idents: Vec<&Ident> = name.0.iter().filter_map(|part| part.as_ident()).collect();
        if idents.len() != name.0.len() || idents.iter().any(|name| !matches!(name.quote_style, None | Some('"'))) {
            return refuse(format!("`{name}` as a table"), ONLY_TABLES);
        }
        let parts: Vec<String> = idents.iter().map(|name| normal(name)).collect();
        if let [name] = parts.as_slice()
            && self.scopes.iter().any(|scope| scope.visible.contains(name))
        {
            return Flow::Continue(());
        }
        let Some(at) = self.tokens.range_of(&idents) else {
            return refuse(format!("`{name}` as a table"), ONLY_TABLES);
        };
        if !has_alias {
            self.found.given.extend(parts.last().cloned());
        }
        self.found.reads.push(Read { name: parts, at, has_alias });
        Flow::Continue(())
    }
}

impl Scope {
    /// The name of the CTE that `query` is.
    fn cte(&self, query: &Query) -> Option<String> {
        self.ctes.iter().find(|(cte, _)| ptr::eq(*cte, query)).map(|(_, name)| name.clone())
    }
}

fn check_query(query: &Query) -> Flow {
    if !query.locks.is_empty() {
        return refuse("FOR UPDATE or FOR SHARE", ONLY_SELECT);
    }
    if query.for_clause.is_some() || query.settings.is_some() || query.format_clause.is_some() {
        return refuse("FOR, SETTINGS or FORMAT after the query", ONLY_COMMON);
    }
    if !query.pipe_operators.is_empty() {
        return refuse("|>", ONLY_COMMON);
    }
    let mut bodies = vec![query.body.as_ref()];
    while let Some(body) = bodies.pop() {
        match body {
            SetExpr::SetOperation { left, right, .. } => bodies.extend([left.as_ref(), right.as_ref()]),
            SetExpr::Table(table) => return refuse(format!("`{table}`"), "write SELECT * FROM instead"),
            _ => {}
        }
    }
    let with = query.with.as_ref().filter(|with| with.recursive);
    with.into_iter()
        .flat_map(|with| &with.cte_tables)
        .try_for_each(|cte| check_recursive(&normal(&cte.alias.name), &cte.query))
}

/// Engines disagree about what a recursive CTE sees where it is not the right side of one UNION: its own rows, or the table
/// of its name; and some overlook what stands around the UNION. So it stands alone, and reads itself on the right.
fn check_recursive(name: &str, query: &Query) -> Flow {
    let right = match query.body.as_ref() {
        SetExpr::SetOperation { op: SetOperator::Union, right, .. } => {
            let is_alone = query.with.is_none() && query.order_by.is_none() && query.limit_clause.is_none();
            if !is_alone || query.fetch.is_some() {
                let instead = "put them into a CTE before it, or after it into the query that reads it";
                return refuse(format!("WITH, ORDER BY or LIMIT inside of the recursive `{name}`"), instead);
            }
            count(name, right.as_ref())
        }
        _ => 0,
    };
    if count(name, query) > right {
        let instead = "a recursive CTE reads itself on the right of its UNION alone: rename it if the table is meant";
        return refuse(format!("`{name}` inside of the recursive `{name}`"), instead);
    }
    Flow::Continue(())
}

/// How often a name is read, whatever it means there.
fn count(name: &str, within: &impl Visit) -> usize {
    let mut count = 0;
    let _: ControlFlow<()> = sqlparser::ast::visit_relations(within, |relation| {
        let is_it = relation.0.last().and_then(|part| part.as_ident()).is_some_and(|ident| normal(ident) == name);
        count += usize::from(is_it && relation.0.len() == 1);
        ControlFlow::Continue(())
    });
    count
}

fn check_select(select: &Select) -> Flow {
    if select.into.is_some() {
        return refuse("SELECT ... INTO", ONLY_SELECT);
    }
    if !select.lateral_views.is_empty() {
        return refuse("LATERAL VIEW", ONLY_COMMON);
    }
    if select.flavor != sqlparser::ast::SelectFlavor::Standard {
        return refuse("FROM before SELECT", "write SELECT ... FROM ...");
    }
    let foreign = select.prewhere.is_some()
        || select.top.is_some()
        || !select.connect_by.is_empty()
        || !select.cluster_by.is_empty()
        || !select.distribute_by.is_empty()
        || !select.sort_by.is_empty()
        || !select.optimizer_hints.is_empty()
        || select.select_modifiers.is_some()
        || select.value_table_mode.is_some();
    if foreign {
        return refuse("a clause of one database", ONLY_COMMON);
    }
    Flow::Continue(())
}

/// The alias of a source of rows that may stand in a FROM.
fn check_factor(factor: &TableFactor) -> ControlFlow<Box<Error>, Option<&TableAlias>> {
    let alias = match factor {
        TableFactor::Table {
            name,
            alias,
            args,
            with_hints,
            version,
            with_ordinality,
            partitions,
            json_path,
            sample,
            index_hints,
        } => {
            if args.is_some() {
                refuse(format!("the table function `{name}`"), ONLY_TABLES)?;
            }
            let is_plain = with_hints.is_empty() && partitions.is_empty() && index_hints.is_empty();
            if !is_plain || version.is_some() || *with_ordinality || json_path.is_some() || sample.is_some() {
                refuse(
                    format!("hints, samples or versions of `{name}`"),
                    "the whole table is read, as of the time that is asked for",
                )?;
            }
            alias
        }
        TableFactor::Derived { alias, sample: None, .. }
        | TableFactor::NestedJoin { alias, .. }
        | TableFactor::UNNEST { alias, .. } => alias,
        TableFactor::Derived { .. } => return refuse("TABLESAMPLE", "every row is read").map_continue(|()| None),
        TableFactor::Function { name, .. } => {
            return refuse(format!("the table function `{name}`"), ONLY_TABLES).map_continue(|()| None);
        }
        other => {
            let text = other.to_string();
            let short: String = text.chars().take(40).collect();
            return refuse(format!("`{short}` in FROM"), ONLY_TABLES).map_continue(|()| None);
        }
    };
    if let Some(alias) = alias
        && alias.at.is_some()
    {
        refuse("AT after an alias", ONLY_COMMON)?;
    }
    ControlFlow::Continue(alias.as_ref())
}
