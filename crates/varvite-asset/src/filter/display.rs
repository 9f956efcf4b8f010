//! The text of filters.

use std::fmt;

use super::{Comparison, Filter};
use crate::Value;

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compare { column, comparison, value } => {
                write!(f, "{} {comparison} {}", Name(column), Literal(value))
            }
            Self::OneOf { column, values } => {
                write!(f, "{} in (", Name(column))?;
                for (at, value) in values.iter().enumerate() {
                    write!(f, "{}{}", if at == 0 { "" } else { ", " }, Literal(value))?;
                }
                f.write_str(")")
            }
            Self::IsNull { column } => write!(f, "{} is null", Name(column)),
            Self::All(filters) => joined(f, filters, " and ", "true"),
            Self::Any(filters) => joined(f, filters, " or ", "false"),
            Self::Not(filter) => match filter.as_ref() {
                Self::IsNull { column } => write!(f, "{} is not null", Name(column)),
                filter => {
                    f.write_str("not ")?;
                    operand(f, filter)
                }
            },
        }
    }
}

/// A column; in backquotes if it is no word.
struct Name<'a>(&'a str);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const KEYWORDS: [&str; 8] = ["and", "or", "not", "in", "is", "null", "true", "false"];
        let is_word = self.0.starts_with(|first: char| first.is_alphabetic() || first == '_')
            && self.0.chars().all(|character| character.is_alphanumeric() || character == '_');
        if is_word && !KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(self.0)) {
            return f.write_str(self.0);
        }
        write!(f, "`{}`", self.0.replace('`', "``"))
    }
}

/// A value, with a quote doubled.
struct Literal<'a>(&'a Value);

impl fmt::Display for Literal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
            value => value.fmt(f),
        }
    }
}

fn joined(f: &mut fmt::Formatter<'_>, filters: &[Filter], word: &str, none: &str) -> fmt::Result {
    let Some((first, rest)) = filters.split_first() else { return f.write_str(none) };
    operand(f, first)?;
    for filter in rest {
        f.write_str(word)?;
        operand(f, filter)?;
    }
    Ok(())
}

/// In brackets if it has parts.
fn operand(f: &mut fmt::Formatter<'_>, filter: &Filter) -> fmt::Result {
    if matches!(filter, Filter::All(_) | Filter::Any(_)) { write!(f, "({filter})") } else { write!(f, "{filter}") }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        })
    }
}
