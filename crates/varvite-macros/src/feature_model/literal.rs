//! [`Literal`]: a number, a flag or text, as it stands in an attribute.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, ExprUnary, Lit, Path, UnOp};

/// A number, a flag or text in an attribute.
pub(crate) struct Literal {
    pub(crate) value: LiteralValue,
    pub(crate) span: Span,
    /// As it was written.
    pub(crate) tokens: TokenStream,
}

/// What it says.
pub(crate) enum LiteralValue {
    Int(i128),
    Float(f64),
    Bool(bool),
    Text(String),
}

impl Literal {
    pub(crate) fn from_expr(expr: &Expr) -> syn::Result<Self> {
        let refused = || syn::Error::new_spanned(expr, "write a number, `true`, `false` or text in quotes");
        let (negative, inner) = match expr {
            Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => (true, expr.as_ref()),
            other => (false, other),
        };
        let Expr::Lit(ExprLit { lit, .. }) = inner else { return Err(refused()) };
        let value = match lit {
            Lit::Int(number) => {
                let number: i128 = number.base10_parse()?;
                LiteralValue::Int(if negative { -number } else { number })
            }
            Lit::Float(number) => {
                let number: f64 = number.base10_parse()?;
                if !number.is_finite() {
                    return Err(syn::Error::new_spanned(expr, "this number is too large for a float of 64 bits"));
                }
                LiteralValue::Float(if negative { -number } else { number })
            }
            Lit::Bool(flag) if !negative => LiteralValue::Bool(flag.value),
            Lit::Str(text) if !negative => LiteralValue::Text(text.value()),
            _ => return Err(refused()),
        };
        Ok(Self { value, span: expr.span(), tokens: expr.to_token_stream() })
    }

    /// The expression of a `Value`.
    pub(crate) fn value(&self, home: &Path) -> TokenStream {
        match &self.value {
            LiteralValue::Int(number) => quote!(#home::Value::Int(#number)),
            LiteralValue::Float(number) => quote!(#home::Value::Float(#number)),
            LiteralValue::Bool(flag) => quote!(#home::Value::Bool(#flag)),
            LiteralValue::Text(text) => {
                quote!(#home::Value::Text(<::std::string::String as ::core::convert::From<&str>>::from(#text)))
            }
        }
    }

    /// The expression of a literal in a constant.
    pub(crate) fn constant(&self, home: &Path) -> TokenStream {
        match &self.value {
            LiteralValue::Int(number) => quote!(#home::__private::model::Literal::Int(#number)),
            LiteralValue::Float(_) => quote!(#home::__private::model::Literal::Float),
            LiteralValue::Bool(_) => quote!(#home::__private::model::Literal::Bool),
            LiteralValue::Text(text) => quote!(#home::__private::model::Literal::Text(#text)),
        }
    }

    /// A number, for comparing two of them.
    #[expect(clippy::cast_precision_loss, reason = "only to see which one is greater")]
    pub(crate) fn as_number(&self) -> Option<f64> {
        match self.value {
            LiteralValue::Int(number) => Some(number as f64),
            LiteralValue::Float(number) => Some(number),
            LiteralValue::Bool(_) | LiteralValue::Text(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn floats_that_are_not_finite_are_refused() {
        let expressions: [Expr; 2] = [parse_quote!(1e999), parse_quote!(-1e999)];
        for expr in &expressions {
            let message = Literal::from_expr(expr).err().map(|error| error.to_string());
            assert_eq!(message.as_deref(), Some("this number is too large for a float of 64 bits"));
        }
        assert!(Literal::from_expr(&parse_quote!(-1e308)).is_ok());
    }
}
