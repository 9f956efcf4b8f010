//! [`Node`]: an expression as it was written, before anything is known of its columns.

use std::fmt;

use varvite_schema::DataType;

use super::function::Function;

/// A part of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// The column of this name; of a qualified name, its parts with dots between.
    Column(String),
    Literal(Literal),
    /// An operator or a function.
    Call(Function, Vec<Self>),
    /// Both forms of `CASE`.
    Case {
        operand: Option<Box<Self>>,
        whens: Vec<(Self, Self)>,
        otherwise: Option<Box<Self>>,
    },
    Cast(Box<Self>, DataType),
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    Null,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(String),
}

impl Node {
    /// Adds the names of columns, each once, in the order in which they appear.
    pub(super) fn columns<'a>(&'a self, found: &mut Vec<&'a str>) {
        match self {
            Self::Column(name) if found.contains(&name.as_str()) => {}
            Self::Column(name) => found.push(name),
            Self::Literal(_) => {}
            Self::Call(_, arguments) => arguments.iter().for_each(|argument| argument.columns(found)),
            Self::Case { operand, whens, otherwise } => {
                if let Some(operand) = operand {
                    operand.columns(found);
                }
                for (when, then) in whens {
                    when.columns(found);
                    then.columns(found);
                }
                if let Some(otherwise) = otherwise {
                    otherwise.columns(found);
                }
            }
            Self::Cast(inner, _) => inner.columns(found),
        }
    }
}

impl fmt::Display for Node {
    /// Writes a short name of it, for messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Column(name) => write!(f, "`{name}`"),
            Self::Literal(Literal::Null) => f.write_str("null"),
            Self::Literal(Literal::Boolean(value)) => write!(f, "{value}"),
            Self::Literal(Literal::Integer(value)) => write!(f, "{value}"),
            Self::Literal(Literal::Float(value)) => write!(f, "{value:?}"),
            Self::Literal(Literal::Text(value)) => write!(f, "'{}'", value.escape_debug()),
            Self::Call(function, _) => write!(f, "what `{function}` gives"),
            Self::Case { .. } => f.write_str("what `case` gives"),
            Self::Cast(_, data_type) => write!(f, "the cast to {data_type}"),
        }
    }
}
