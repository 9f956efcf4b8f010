//! Expressions that look at one row and at nothing else, and aggregates over them.

use sqlparser::ast::{
    CaseWhen, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName, Value,
};

use super::scope::normal;

/// Functions of one row, in every engine. What is not listed might be an aggregate or give several rows.
const SCALAR: [&str; 58] = [
    "abs",
    "acos",
    "asin",
    "atan",
    "atan2",
    "btrim",
    "cbrt",
    "ceil",
    "ceiling",
    "char_length",
    "character_length",
    "coalesce",
    "concat",
    "concat_ws",
    "cos",
    "date_part",
    "date_trunc",
    "degrees",
    "exp",
    "floor",
    "greatest",
    "ifnull",
    "initcap",
    "isnan",
    "least",
    "left",
    "length",
    "ln",
    "log",
    "log10",
    "log2",
    "lower",
    "lpad",
    "ltrim",
    "md5",
    "mod",
    "nullif",
    "nvl",
    "pi",
    "pow",
    "power",
    "radians",
    "repeat",
    "replace",
    "reverse",
    "right",
    "round",
    "rpad",
    "rtrim",
    "sign",
    "sin",
    "split_part",
    "sqrt",
    "starts_with",
    "strpos",
    "substr",
    "tan",
    "upper",
];

/// Aggregates whose value over the rows up to a time is what a running window has there.
const AGGREGATES: [&str; 14] = [
    "count",
    "sum",
    "min",
    "max",
    "avg",
    "mean",
    "stddev",
    "stddev_samp",
    "stddev_pop",
    "var",
    "var_samp",
    "var_pop",
    "variance",
    "var_sample",
];

/// A column in its parts, as engines compare them.
pub(super) fn column(expr: &Expr) -> Option<Vec<String>> {
    match expr {
        Expr::Identifier(name) => Some(vec![normal(name)]),
        Expr::CompoundIdentifier(parts) => Some(parts.iter().map(normal).collect()),
        Expr::Nested(inner) => column(inner),
        _ => None,
    }
}

/// Whether `expr` is made of `leaves`, and of operators and functions over them that look at one row. What is no leaf by
/// itself is looked into: columns are leaves or refused.
pub(super) fn is_over(expr: &Expr, leaves: &mut impl FnMut(&Expr) -> bool) -> bool {
    if leaves(expr) {
        return true;
    }
    let mut all = |parts: &[&Expr]| parts.iter().all(|part| is_over(part, leaves));
    match expr {
        Expr::Value(value) => !matches!(&value.value, Value::Placeholder(name) if name == "$as_of"),
        Expr::TypedString(_) => true,
        Expr::Interval(interval) => matches!(interval.value.as_ref(), Expr::Value(_)),
        Expr::Nested(expr)
        | Expr::UnaryOp { expr, .. }
        | Expr::Cast { expr, .. }
        | Expr::Extract { expr, .. }
        | Expr::Ceil { expr, .. }
        | Expr::Floor { expr, .. }
        | Expr::IsNull(expr)
        | Expr::IsNotNull(expr)
        | Expr::IsTrue(expr)
        | Expr::IsNotTrue(expr)
        | Expr::IsFalse(expr)
        | Expr::IsNotFalse(expr) => all(&[expr]),
        Expr::BinaryOp { left, right, .. }
        | Expr::IsDistinctFrom(left, right)
        | Expr::IsNotDistinctFrom(left, right) => all(&[left, right]),
        Expr::AtTimeZone { timestamp, time_zone } => all(&[timestamp, time_zone]),
        Expr::Position { expr, r#in } => all(&[expr, r#in]),
        Expr::Like { expr, pattern, .. } | Expr::ILike { expr, pattern, .. } => all(&[expr, pattern]),
        Expr::Between { expr, low, high, .. } => all(&[expr, low, high]),
        Expr::InList { expr, list, .. } => all(&[expr]) && list.iter().all(|item| all(&[item])),
        Expr::Substring { expr, substring_from, substring_for, .. } => {
            all(&[expr]) && [substring_from, substring_for].into_iter().flatten().all(|part| all(&[part]))
        }
        Expr::Trim { expr, trim_what, trim_characters: None, .. } => {
            all(&[expr]) && trim_what.iter().all(|what| all(&[what]))
        }
        Expr::Case { operand, conditions, else_result, .. } => {
            [operand, else_result].into_iter().flatten().all(|part| all(&[part]))
                && conditions.iter().all(|CaseWhen { condition, result }| all(&[condition, result]))
        }
        Expr::Function(function) => {
            let args = arguments(function).filter(|_| is_one_of(&function.name, &SCALAR));
            let mut is_fine = |argument: &Argument<'_>| matches!(argument, Argument::Of(expr) if all(&[expr]));
            args.is_some_and(|args| args.iter().all(&mut is_fine))
        }
        _ => false,
    }
}

/// What a function is given.
#[derive(Debug, Clone, Copy)]
pub(super) enum Argument<'a> {
    /// `*`
    All,
    /// An expression.
    Of(&'a Expr),
}

/// The argument of a plain aggregate.
pub(super) fn aggregate(expr: &Expr) -> Option<Argument<'_>> {
    let Expr::Function(function) = expr else { return None };
    if !is_one_of(&function.name, &AGGREGATES) {
        return None;
    }
    match arguments(function)?.as_slice() {
        [Argument::All] if !is_one_of(&function.name, &["count"]) => None,
        [argument] => Some(*argument),
        _ => None,
    }
}

/// Where the name of a function begins.
pub(super) fn function_name(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Function(function) => function.name.0.first()?.as_ident(),
        _ => None,
    }
}

fn is_one_of(name: &ObjectName, names: &[&str]) -> bool {
    match name.0.as_slice() {
        [part] => part.as_ident().is_some_and(|name| names.contains(&normal(name).as_str())),
        _ => false,
    }
}

/// The arguments of a call without DISTINCT, FILTER, OVER and the like.
fn arguments(function: &Function) -> Option<Vec<Argument<'_>>> {
    let is_plain = matches!(function.parameters, FunctionArguments::None)
        && function.filter.is_none()
        && function.over.is_none()
        && function.null_treatment.is_none()
        && function.within_group.is_empty()
        && !function.uses_odbc_syntax;
    let FunctionArguments::List(list) = &function.args else { return None };
    if !is_plain || list.duplicate_treatment.is_some() || !list.clauses.is_empty() {
        return None;
    }
    list.args.iter().map(argument).collect()
}

fn argument(arg: &FunctionArg) -> Option<Argument<'_>> {
    match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(Argument::Of(expr)),
        FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => Some(Argument::All),
        _ => None,
    }
}
