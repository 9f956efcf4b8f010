//! [`Each`]: a node of `each(...)`, and where its arguments come from.

use syn::meta::ParseNestedMeta;
use syn::{Expr, Ident};

use crate::shared::{Given, option_name};

/// One node of `each(...)`.
pub(crate) struct Each {
    pub(crate) name: Ident,
    /// Parameters that are not read by their own names.
    pub(crate) bindings: Vec<(Ident, Source)>,
}

/// Where an argument comes from.
#[derive(Clone)]
pub(crate) enum Source {
    /// A node or an input.
    Name(Ident),
    /// This value.
    Value(Expr),
}

impl Each {
    /// Reads `each(p1(up = x, lit = 3), p2(up = y, lit = 4))`.
    pub(crate) fn parse_all(meta: &ParseNestedMeta<'_>) -> syn::Result<Vec<Self>> {
        let (mut found, mut given) = (Vec::new(), Given::new());
        meta.parse_nested_meta(|node| {
            option_name(&node, &mut given)?;
            let (mut bindings, mut given) = (Vec::new(), Given::new());
            if node.input.peek(syn::token::Paren) {
                node.parse_nested_meta(|param| {
                    option_name(&param, &mut given)?;
                    bindings.push((param.path.require_ident()?.clone(), Source::from(param.value()?.parse::<Expr>()?)));
                    Ok(())
                })?;
            }
            found.push(Self { name: node.path.require_ident()?.clone(), bindings });
            Ok(())
        })?;
        Ok(found)
    }
}

impl From<Expr> for Source {
    /// A bare name is a node or an input, anything else a value.
    fn from(expr: Expr) -> Self {
        match &expr {
            Expr::Path(path) if path.attrs.is_empty() => match path.path.get_ident() {
                Some(name) if name != "None" => Self::Name(name.clone()),
                _ => Self::Value(expr),
            },
            _ => Self::Value(expr),
        }
    }
}
