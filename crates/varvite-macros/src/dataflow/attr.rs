//! What stands in brackets: [`ModuleOptions`] of the module, [`NodeOptions`] of a function.

use proc_macro2::{Span, TokenStream};
use syn::meta::ParseNestedMeta;
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Ident, LitInt, LitStr, Pat, Path, Token, Type};

use super::check::Check;
use super::each::Each;
use crate::shared::{Given, Home, option_name};

/// Options of the module.
pub(crate) struct ModuleOptions {
    /// Path of the flow crate.
    pub(crate) home: Path,
    /// The type that chooses among variants.
    pub(crate) config: Option<Type>,
}

/// Options of a function.
#[derive(Default)]
pub(crate) struct NodeOptions {
    pub(crate) name: Option<Ident>,
    pub(crate) tags: Vec<(String, String)>,
    pub(crate) version: Option<u32>,
    pub(crate) checks: Vec<Check>,
    /// The config that it is for.
    pub(crate) when: Option<Pat>,
    /// Where it says that it is for all other configs.
    pub(crate) fallback: Option<Span>,
    pub(crate) each: Vec<Each>,
    /// Whether it is of plain values, which are not of rows.
    pub(crate) value: bool,
    /// Whether it has a state.
    pub(crate) stateful: Option<Stateful>,
    /// Whether its expression may look at other rows of a batch.
    pub(crate) batchwise: Option<Span>,
    /// Nodes and the fields that they are.
    pub(crate) fields: Option<Vec<(Ident, Ident)>>,
    given: Given,
}

/// What is said of a state.
pub(crate) struct Stateful {
    pub(crate) span: Span,
    /// What it begins as; unless told, the default of its type.
    pub(crate) init: Option<Expr>,
}

impl ModuleOptions {
    pub(crate) fn parse(args: TokenStream, home: Home) -> (Self, Vec<syn::Error>) {
        let mut options = Self { home: home.path("flow"), config: None };
        let mut given = Given::new();
        let parser = syn::meta::parser(|meta| {
            match &*option_name(&meta, &mut given)? {
                "config" => options.config = Some(meta.value()?.parse()?),
                "crate" => options.home = meta.value()?.parse()?,
                other => {
                    let message = format!("unknown option `{other}`: use `config = Type` or `crate = path`");
                    return Err(meta.error(message));
                }
            }
            Ok(())
        });
        let mistakes = parser.parse2(args).err().into_iter().collect();
        (options, mistakes)
    }
}

pub(crate) fn is_node(attribute: &Attribute) -> bool {
    attribute.path().is_ident("node")
}

impl NodeOptions {
    /// The options of a function, as far as they could be read.
    pub(crate) fn parse(attributes: &[Attribute], mistakes: &mut Vec<syn::Error>) -> Self {
        let mut options = Self::default();
        for attribute in attributes.iter().filter(|attribute| is_node(attribute)) {
            if matches!(attribute.meta, syn::Meta::Path(_)) {
                continue;
            }
            let parsed = attribute.parse_nested_meta(|meta| {
                // Checks may be told in turn, each with a severity of its own.
                let name = if meta.path.is_ident("check") {
                    "check".to_owned()
                } else {
                    option_name(&meta, &mut options.given)?
                };
                options.take(&name, &meta)
            });
            mistakes.extend(parsed.err());
        }
        mistakes.extend(options.contradictions());
        options
    }

    fn take(&mut self, name: &str, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        match name {
            "name" => self.name = Some(node_name(meta)?),
            "tags" => self.tags = tags(meta)?,
            "version" => self.version = Some(version(meta)?),
            "check" => self.checks.extend(Check::parse_all(meta)?),
            "when" => self.when = Some(Pat::parse_multi.parse2(pattern(meta)?)?),
            "default" => self.fallback = Some(place(meta)),
            "each" => self.each = Each::parse_all(meta)?,
            "value" => self.value = true,
            "stateful" => {
                let init = if meta.input.peek(Token![=]) { Some(meta.value()?.parse()?) } else { None };
                self.stateful = Some(Stateful { span: place(meta), init });
            }
            "batchwise" => self.batchwise = Some(place(meta)),
            "fields" => self.fields = Some(fields(meta)?),
            _ => {
                let known = "`name`, `tags(...)`, `version`, `check(...)`, `when`, `default`, `each(...)`, \
                             `fields(...)`, `value`, `stateful` or `batchwise`";
                return Err(meta.error(format!("unknown option `{name}`: use {known}")));
            }
        }
        Ok(())
    }

    fn contradictions(&self) -> Vec<syn::Error> {
        let pairs = [
            ("default", "when", "`default` is for all configs that no `when` names: write one of both"),
            ("each", "name", "`each` names its nodes itself"),
            ("each", "fields", "a function has `each` or `fields`, not both"),
            ("fields", "value", "`fields` are told by their types whether they are of rows: leave out `value`"),
            (
                "stateful",
                "value",
                "a function with a state is told by its types whether it is of rows: leave out `value`",
            ),
            ("batchwise", "value", "`batchwise` is for expressions, and `value` for functions of plain values"),
            (
                "batchwise",
                "stateful",
                "what a function with a state makes of a batch is its answer: leave out `batchwise`",
            ),
        ];
        let place = |option: &str| self.given.iter().find(|(name, _)| name == option).map(|(_, span)| *span);
        let wrong = pairs.into_iter().filter_map(|(one, two, why)| Some((place(one)?, place(two)?, why)));
        wrong.map(|(_, at, why)| syn::Error::new(at, why)).collect()
    }
}

fn place(meta: &ParseNestedMeta<'_>) -> Span {
    meta.path.span()
}

/// A node has a type of its name, so that its name is one of Rust's.
fn node_name(meta: &ParseNestedMeta<'_>) -> syn::Result<Ident> {
    let text: LitStr = meta.value()?.parse()?;
    text.parse::<Ident>().map_err(|_| {
        let message = format!("`{}` cannot be the name of a node: use letters, digits and `_`", text.value());
        syn::Error::new(text.span(), message)
    })
}

fn version(meta: &ParseNestedMeta<'_>) -> syn::Result<u32> {
    let number: LitInt = meta.value()?.parse()?;
    match number.base10_parse()? {
        0 => Err(syn::Error::new(number.span(), "versions are numbered from 1")),
        version => Ok(version),
    }
}

/// `owner = "risk", tier = "1"` in brackets.
fn tags(meta: &ParseNestedMeta<'_>) -> syn::Result<Vec<(String, String)>> {
    let (mut found, mut given) = (Vec::new(), Given::new());
    meta.parse_nested_meta(|tag| {
        let name = option_name(&tag, &mut given)?;
        found.push((name, tag.value()?.parse::<LitStr>()?.value()));
        Ok(())
    })?;
    Ok(found)
}

/// The tokens of a pattern, up to the next comma.
fn pattern(meta: &ParseNestedMeta<'_>) -> syn::Result<TokenStream> {
    let value = meta.value()?;
    let mut tokens = TokenStream::new();
    while !value.is_empty() && !value.peek(syn::Token![,]) {
        tokens.extend([value.parse::<proc_macro2::TokenTree>()?]);
    }
    Ok(tokens)
}

/// `age_mean = mean, std` in brackets: a node and its field, or a field that names its node.
fn fields(meta: &ParseNestedMeta<'_>) -> syn::Result<Vec<(Ident, Ident)>> {
    let (mut found, mut given) = (Vec::new(), Given::new());
    meta.parse_nested_meta(|field| {
        option_name(&field, &mut given)?;
        let node = field.path.require_ident()?.clone();
        let of = if field.input.peek(syn::Token![=]) { field.value()?.parse()? } else { node.clone() };
        found.push((node, of));
        Ok(())
    })?;
    Ok(found)
}
