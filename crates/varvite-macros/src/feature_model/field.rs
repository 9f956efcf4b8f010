//! [`FieldOptions`]: what stands in the brackets of a field.

use proc_macro2::Span;
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{Expr, Field, LitStr, Token};

use super::attr::filled_text;
use super::check::Check;
use super::literal::Literal;
use crate::shared::option_name;

/// Options of a field.
#[derive(Default)]
pub(crate) struct FieldOptions {
    pub(crate) name: Option<LitStr>,
    pub(crate) default: Option<Default>,
    pub(crate) key: Option<Span>,
    pub(crate) checks: Vec<Check>,
    pub(crate) skip: Option<Span>,
}

/// What a row has where its column is absent.
pub(crate) enum Default {
    /// Null, or the type's own default.
    OfType,
    /// This one.
    Value(Literal),
}

impl FieldOptions {
    /// The options, as far as they could be read, and everything that could not.
    pub(crate) fn parse(field: &Field) -> (Self, Vec<syn::Error>) {
        let (mut options, mut seen, mut errors) = (Self::default(), Vec::new(), Vec::new());
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("model")) {
            let parsed = attribute.parse_nested_meta(|meta| {
                let name = option_name(&meta, &mut seen)?;
                options.take(&name, &meta)
            });
            errors.extend(parsed.err());
        }
        if let (Some(span), None, true) = (options.skip, &options.default, errors.is_empty()) {
            let message = "a field that is no column needs a value: add `default`, or `default = ...`";
            errors.push(syn::Error::new(span, message));
        }
        (options, errors)
    }

    fn take(&mut self, name: &str, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        match name {
            "name" => self.name = Some(filled_text(meta)?),
            "default" if meta.input.peek(Token![=]) => {
                self.default = Some(Default::Value(Literal::from_expr(&meta.value()?.parse::<Expr>()?)?));
            }
            "default" => self.default = Some(Default::OfType),
            "key" => self.key = Some(meta.path.span()),
            "check" => self.checks = Check::parse_all(meta)?,
            "skip" => self.skip = Some(meta.path.span()),
            _ => {
                let allowed = "`name`, `default`, `key`, `check(...)` or `skip`";
                return Err(meta.error(format!("unknown option `{name}` of a field: use {allowed}")));
            }
        }
        Ok(())
    }
}
