//! Text to [`Node`]. The grammar is that of `sqlparser`; what there is not is refused here, by name.

use std::ops::RangeInclusive;

use sqlparser::ast::{
    BinaryOperator, CaseWhen, CastKind, CeilFloorKind, DataType as SqlType, DateTimeField, Expr,
    Function as SqlFunction, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, TimezoneInfo, TrimWhereField,
    UnaryOperator, Value,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;
use varvite_schema::{DataType, TimeUnit};

use super::function::{Arithmetic, Comparison, Function, NAMED, Part, Side, Whole};
use super::syntax::{Literal, Node};

/// Longest text of an expression, in bytes.
const MAX_LENGTH: usize = 10_000;

/// Most parts within each other.
const MAX_DEPTH: usize = 100;

type Parsed<T> = Result<T, String>;

/// Reads an expression.
///
/// # Errors
/// What is wrong.
pub(super) fn parse(text: &str) -> Parsed<Node> {
    if text.len() > MAX_LENGTH {
        return Err(format!("it has {} bytes: at most {MAX_LENGTH} are read", text.len()));
    }
    if text.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    let said = |error: sqlparser::parser::ParserError| error.to_string().replace("sql parser error: ", "");
    let mut parser = Parser::new(&GenericDialect {}).try_with_sql(text).map_err(said)?;
    let parsed = parser.parse_expr().map_err(said)?;
    match parser.peek_token().token {
        Token::EOF => node(&parsed, MAX_DEPTH),
        token => Err(format!("there is `{token}` after its end: write one expression")),
    }
}

fn node(of: &Expr, depth: usize) -> Parsed<Node> {
    let depth = depth.checked_sub(1).ok_or_else(|| format!("its parts are more than {MAX_DEPTH} levels deep"))?;
    let sub = |of: &Expr| node(of, depth);
    let call = |function, arguments: &[&Expr]| {
        Ok(Node::Call(function, arguments.iter().map(|argument| sub(argument)).collect::<Parsed<_>>()?))
    };
    match of {
        Expr::Identifier(name) => Ok(Node::Column(name.value.clone())),
        Expr::CompoundIdentifier(names) => Ok(Node::Column(qualified(names))),
        Expr::Nested(inner) => sub(inner),
        Expr::Value(value) => literal(&value.value).map(Node::Literal),
        Expr::TypedString(typed) => {
            let text = Node::Literal(literal(&typed.value.value)?);
            Ok(Node::Cast(Box::new(text), data_type(&typed.data_type)?))
        }
        Expr::BinaryOp { left, op, right } => call(binary(op)?, &[left, right]),
        Expr::UnaryOp { op: UnaryOperator::Plus, expr } => sub(expr),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => negated_number(expr)
            .map_or_else(|| call(Function::Negate, &[expr]), |number| literal(&number).map(Node::Literal)),
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => call(Function::Not, &[expr]),
        Expr::IsNull(expr) | Expr::IsUnknown(expr) => call(Function::IsNull, &[expr]),
        Expr::IsNotNull(expr) | Expr::IsNotUnknown(expr) => call(Function::IsNotNull, &[expr]),
        Expr::IsTrue(expr) => call(Function::Is(true), &[expr]),
        Expr::IsFalse(expr) => call(Function::Is(false), &[expr]),
        Expr::IsNotTrue(expr) => Ok(not(call(Function::Is(true), &[expr])?)),
        Expr::IsNotFalse(expr) => Ok(not(call(Function::Is(false), &[expr])?)),
        Expr::IsDistinctFrom(a, b) => call(Function::Compare(Comparison::Distinct), &[a, b]),
        Expr::IsNotDistinctFrom(a, b) => call(Function::Compare(Comparison::NotDistinct), &[a, b]),
        Expr::Between { expr, negated, low, high } => {
            Ok(not_if(*negated, call(Function::Between, &[expr, low, high])?))
        }
        Expr::InList { expr, list, negated } => {
            let arguments: Vec<&Expr> = std::iter::once(&**expr).chain(list).collect();
            Ok(not_if(*negated, call(Function::In, &arguments)?))
        }
        Expr::Case { operand, conditions, else_result, .. } => {
            let when = |CaseWhen { condition, result }: &CaseWhen| Ok((sub(condition)?, sub(result)?));
            Ok(Node::Case {
                operand: operand.as_deref().map(sub).transpose()?.map(Box::new),
                whens: conditions.iter().map(when).collect::<Parsed<_>>()?,
                otherwise: else_result.as_deref().map(sub).transpose()?.map(Box::new),
            })
        }
        Expr::Cast { kind, expr, data_type: wanted, format: None, array: false } => match kind {
            CastKind::Cast | CastKind::TryCast | CastKind::DoubleColon => {
                Ok(Node::Cast(Box::new(sub(expr)?), data_type(wanted)?))
            }
            CastKind::SafeCast => Err("there is no `safe_cast`: write `cast`".to_owned()),
        },
        Expr::Extract { field, expr, .. } => call(Function::Extract(part(field)?), &[expr]),
        Expr::Ceil { expr, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) } => {
            call(Function::Whole(Whole::Ceil), &[expr])
        }
        Expr::Floor { expr, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) } => {
            call(Function::Whole(Whole::Floor), &[expr])
        }
        Expr::Substring { expr, substring_from: Some(from), substring_for, .. } => {
            let arguments: Vec<&Expr> = [&**expr, from].into_iter().chain(substring_for.as_deref()).collect();
            call(Function::Substring, &arguments)
        }
        Expr::Trim { expr, trim_where, trim_what, trim_characters: None } if is_blank(trim_what.as_deref()) => {
            let side = match trim_where {
                None | Some(TrimWhereField::Both) => Side::Both,
                Some(TrimWhereField::Leading) => Side::Left,
                Some(TrimWhereField::Trailing) => Side::Right,
            };
            call(Function::Trim(side), &[expr])
        }
        Expr::Function(function) => named(function, depth),
        other => Err(refused(other)),
    }
}

fn not(inner: Node) -> Node {
    Node::Call(Function::Not, vec![inner])
}

fn not_if(negated: bool, inner: Node) -> Node {
    if negated { not(inner) } else { inner }
}

fn qualified(names: &[Ident]) -> String {
    names.iter().map(|name| name.value.as_str()).collect::<Vec<_>>().join(".")
}

/// The number with its sign, which the least integer needs.
fn negated_number(of: &Expr) -> Option<Value> {
    match of {
        Expr::Value(value) => match &value.value {
            Value::Number(digits, long) => Some(Value::Number(format!("-{digits}"), *long)),
            _ => None,
        },
        _ => None,
    }
}

/// Whether blanks are cut off: nothing else is said, or they are named.
fn is_blank(what: Option<&Expr>) -> bool {
    match what {
        None => true,
        Some(Expr::Value(value)) => matches!(&value.value, Value::SingleQuotedString(text) if text == " "),
        Some(_) => false,
    }
}

fn literal(value: &Value) -> Parsed<Literal> {
    match value {
        Value::Null => Ok(Literal::Null),
        Value::Boolean(value) => Ok(Literal::Boolean(*value)),
        Value::SingleQuotedString(text) => Ok(Literal::Text(text.clone())),
        Value::Number(digits, _) => number(digits),
        Value::Placeholder(name) => Err(format!("there are no placeholders such as `{name}`: name a column")),
        other => Err(format!("there is no literal `{other}`: write numbers, 'text', true, false or null")),
    }
}

fn number(digits: &str) -> Parsed<Literal> {
    if !digits.contains(['.', 'e', 'E']) {
        let too_large = |_| format!("`{digits}` is no bigint: write it with a point, and it is a double");
        return digits.parse().map(Literal::Integer).map_err(too_large);
    }
    match digits.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(Literal::Float(value)),
        _ => Err(format!("`{digits}` is no double")),
    }
}

fn binary(op: &BinaryOperator) -> Parsed<Function> {
    Ok(match op {
        BinaryOperator::Plus => Function::Arithmetic(Arithmetic::Add),
        BinaryOperator::Minus => Function::Arithmetic(Arithmetic::Subtract),
        BinaryOperator::Multiply => Function::Arithmetic(Arithmetic::Multiply),
        BinaryOperator::Divide => Function::Arithmetic(Arithmetic::Divide),
        BinaryOperator::Modulo => Function::Arithmetic(Arithmetic::Remainder),
        BinaryOperator::StringConcat => Function::Join,
        BinaryOperator::Eq => Function::Compare(Comparison::Eq),
        BinaryOperator::NotEq => Function::Compare(Comparison::NotEq),
        BinaryOperator::Lt => Function::Compare(Comparison::Less),
        BinaryOperator::LtEq => Function::Compare(Comparison::LessEq),
        BinaryOperator::Gt => Function::Compare(Comparison::Greater),
        BinaryOperator::GtEq => Function::Compare(Comparison::GreaterEq),
        BinaryOperator::And => Function::And,
        BinaryOperator::Or => Function::Or,
        other => {
            let known = "+ - * / % || = <> < <= > >= and or";
            return Err(format!("there is no operator `{other}`: there is {known}"));
        }
    })
}

fn part(field: &DateTimeField) -> Parsed<Part> {
    Part::named(match field {
        DateTimeField::Week(None) => "week",
        DateTimeField::DayOfWeek => "dow",
        DateTimeField::DayOfYear => "doy",
        other => return Part::named(&other.to_string()),
    })
}

/// A function that is called by its name.
fn named(function: &SqlFunction, depth: usize) -> Parsed<Node> {
    let name = function.name.to_string();
    let plain = function.over.is_none() && function.filter.is_none() && function.within_group.is_empty();
    if !plain || function.null_treatment.is_some() || !matches!(function.parameters, FunctionArguments::None) {
        return Err(format!("`{name}` stands for the values of one row: there is no `over`, `filter` or the like"));
    }
    let lower = name.to_ascii_lowercase();
    let arguments = arguments(&lower, &function.args)?;
    if lower == "date_part" {
        return date_part(&arguments, depth);
    }
    let Some((_, found, counts)) = NAMED.iter().find(|(known, ..)| *known == lower) else {
        return Err(unknown_function(&lower));
    };
    if !counts.contains(&arguments.len()) {
        return Err(format!("`{name}` takes {}, not {}", counted(counts), arguments.len()));
    }
    Ok(Node::Call(*found, arguments.into_iter().map(|argument| node(argument, depth)).collect::<Parsed<_>>()?))
}

fn arguments<'a>(name: &str, given: &'a FunctionArguments) -> Parsed<Vec<&'a Expr>> {
    let list = match given {
        FunctionArguments::None => return Ok(Vec::new()),
        FunctionArguments::Subquery(_) => return Err(format!("`{name}` takes no query")),
        FunctionArguments::List(list) => list,
    };
    if list.duplicate_treatment.is_some() || !list.clauses.is_empty() {
        return Err(format!("`{name}` takes plain arguments alone"));
    }
    let argument = |argument: &'a FunctionArg| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)) => Ok(argument),
        other if NAMED.iter().any(|(known, ..)| *known == name) => Err(format!("`{name}` takes no argument `{other}`")),
        _ => Err(unknown_function(name)),
    };
    list.args.iter().map(argument).collect()
}

fn date_part(arguments: &[&Expr], depth: usize) -> Parsed<Node> {
    let [field, time] = arguments else {
        return Err(format!("`date_part` takes 2 arguments, not {}", arguments.len()));
    };
    match node(field, depth)? {
        Node::Literal(Literal::Text(name)) => {
            Ok(Node::Call(Function::Extract(Part::named(&name)?), vec![node(time, depth)?]))
        }
        _ => Err("`date_part` takes the name of a part first, such as 'year'".to_owned()),
    }
}

fn counted(counts: &RangeInclusive<usize>) -> String {
    match (*counts.start(), *counts.end()) {
        (1, 1) => "1 argument".to_owned(),
        (least, usize::MAX) => format!("at least {least}"),
        (least, most) if least == most => format!("{least} arguments"),
        (least, most) => format!("{least} to {most} arguments"),
    }
}

fn unknown_function(name: &str) -> String {
    let known = || NAMED.iter().map(|(name, ..)| *name).chain(["date_part", "extract", "cast"]);
    let mut all: Vec<&str> = known().collect();
    all.sort_unstable();
    format!("there is no function `{name}`{}: there is {}", super::types::meant(name, known()), all.join(", "))
}

/// A type as SQL or as definitions write it.
fn data_type(of: &SqlType) -> Parsed<DataType> {
    let timestamp = |precision: Option<u64>, zoned: bool| {
        let unit = match precision {
            Some(0) => TimeUnit::Second,
            Some(1..=3) => TimeUnit::Millisecond,
            None | Some(4..=6) => TimeUnit::Microsecond,
            Some(_) => TimeUnit::Nanosecond,
        };
        DataType::Timestamp { unit, zone: zoned.then(|| "UTC".to_owned()) }
    };
    match of {
        SqlType::Timestamp(precision, zone) => {
            Ok(timestamp(*precision, matches!(zone, TimezoneInfo::WithTimeZone | TimezoneInfo::Tz)))
        }
        SqlType::Real | SqlType::Float4 => Ok(DataType::Float),
        SqlType::DoublePrecision | SqlType::Float8 => Ok(DataType::Double),
        SqlType::Text | SqlType::Varchar(None) => Ok(DataType::String),
        SqlType::Int4(None) => Ok(DataType::Int),
        SqlType::Int8(None) => Ok(DataType::BigInt),
        other => {
            let text = other.to_string().to_ascii_lowercase().replace("numeric", "decimal");
            let found: DataType = text.parse().map_err(|error: varvite_schema::Error| error.to_string())?;
            if found.is_scalar() { Ok(found) } else { Err(format!("`{found}` is no single value")) }
        }
    }
}

fn refused(other: &Expr) -> String {
    let what = match other {
        Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => {
            return "there are no queries in it: it is computed from the columns of one row".to_owned();
        }
        Expr::Like { .. } | Expr::ILike { .. } | Expr::SimilarTo { .. } | Expr::RLike { .. } => "pattern",
        Expr::Interval(_) => "interval",
        Expr::AtTimeZone { .. } => "conversion of zones",
        Expr::Array(_) | Expr::Struct { .. } | Expr::Map(_) | Expr::Tuple(_) => "nested value",
        Expr::UnaryOp { .. } => "operator",
        Expr::Ceil { .. } | Expr::Floor { .. } | Expr::Trim { .. } | Expr::Substring { .. } => "form",
        _ => "expression",
    };
    let text: String = other.to_string().chars().take(60).collect();
    format!(
        "there is no {what} such as `{text}`: there are literals, columns, arithmetic, comparisons, and, or, not, is null, \
        between, in, case, cast, ||, extract and functions"
    )
}
