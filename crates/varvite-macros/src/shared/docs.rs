//! Doc comments.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The documentation as one line.
pub(crate) fn docs(attributes: &[Attribute]) -> String {
    let line = |attribute: &Attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value().trim().to_owned()),
            _ => None,
        },
        _ => None,
    };
    let lines: Vec<String> = attributes.iter().filter_map(line).filter(|line| !line.is_empty()).collect();
    lines.join(" ")
}
