//! The text of filters.

use std::fmt;

use super::{Comparison, Filter};

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compare { column, comparison, value } => write!(f, "{column} {comparison} {value}"),
            Self::OneOf { column, values } => {
                write!(f, "{column} in (")?;
                for (at, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str(")")
            }
            Self::IsNull { column } => write!(f, "{column} is null"),
            Self::All(filters) => joined(f, filters, " and ", "true"),
            Self::Any(filters) => joined(f, filters, " or ", "false"),
            Self::Not(filter) => match filter.as_ref() {
                Self::IsNull { column } => write!(f, "{column} is not null"),
                filter => {
                    f.write_str("not ")?;
                    operand(f, filter)
                }
            },
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
