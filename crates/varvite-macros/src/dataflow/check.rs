//! [`Check`]: what stands in `check(...)`.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{Expr, ExprArray, ExprLit, ExprRange, Ident, Lit, LitStr, Path, RangeLimits};

use crate::shared::{Given, at, option_name};

/// One check of what a node makes.
pub(crate) struct Check {
    pub(crate) name: Ident,
    pub(crate) rule: Rule,
    pub(crate) warns: bool,
    pub(crate) is_offline: bool,
}

/// What a check is called with.
pub(crate) enum Rule {
    /// Nothing.
    Flag,
    /// A range of floats, or another expression.
    Value(TokenStream),
    OneOf(ExprArray),
    With(Path),
}

const KNOWN: &str = "`range`, `one_of`, `finite`, `length`, `pattern`, `with`, `null_fraction`, `monotonic`, `unique`, `mean`, \
                     `deviation`, `offline` or `severity`";

impl Check {
    /// Reads `check(range = 0.0..=9.0, finite, severity = "warn")`: the severity, and `offline`, are those of all in the brackets.
    pub(crate) fn parse_all(meta: &ParseNestedMeta<'_>) -> syn::Result<Vec<Self>> {
        let (mut checks, mut given) = (Vec::new(), Given::new());
        let (mut warns, mut is_offline) = (false, false);
        meta.parse_nested_meta(|meta| {
            let name = option_name(&meta, &mut given)?;
            if name == "severity" {
                warns = is_warn(&meta)?;
            } else if name == "offline" {
                is_offline = true;
            } else {
                let rule = rule(&name, &meta)?;
                checks.push(Self { name: meta.path.require_ident()?.clone(), rule, warns: false, is_offline: false });
            }
            Ok(())
        })?;
        for check in &mut checks {
            check.warns = warns;
            check.is_offline = is_offline;
        }
        if checks.is_empty() {
            return Err(meta.error("say what is checked: `check(range = 0.0..=1.0)`"));
        }
        Ok(checks)
    }
}

fn rule(name: &str, meta: &ParseNestedMeta<'_>) -> syn::Result<Rule> {
    Ok(match name {
        "range" | "mean" | "deviation" => Rule::Value(range(&meta.value()?.parse()?, &FLOATS)?),
        "length" => Rule::Value(range(&meta.value()?.parse()?, &COUNTS)?),
        "pattern" => {
            let text: LitStr = meta.value()?.parse()?;
            if let Err(error) = regex_syntax::parse(&text.value()) {
                return Err(syn::Error::new(text.span(), format!("this is no pattern: {error}")));
            }
            Rule::Value(quote!(#text))
        }
        "null_fraction" => {
            let fraction: Expr = meta.value()?.parse()?;
            Rule::Value(quote!(#fraction))
        }
        "one_of" => Rule::OneOf(meta.value()?.parse()?),
        "with" => Rule::With(meta.value()?.parse()?),
        "finite" | "monotonic" | "unique" => Rule::Flag,
        _ => return Err(meta.error(format!("unknown check `{name}`: use {KNOWN}"))),
    })
}

fn is_warn(meta: &ParseNestedMeta<'_>) -> syn::Result<bool> {
    let given: LitStr = meta.value()?.parse()?;
    match &*given.value() {
        "warn" => Ok(true),
        "fail" => Ok(false),
        other => Err(syn::Error::new(given.span(), format!("`{other}` is no severity: use `warn`, `fail`"))),
    }
}

/// What a range is of, and its ends if none are written.
struct Ends {
    first: fn() -> TokenStream,
    last: fn() -> TokenStream,
    float: bool,
}

const FLOATS: Ends = Ends { first: || quote!(f64::NEG_INFINITY), last: || quote!(f64::INFINITY), float: true };
const COUNTS: Ends = Ends { first: || quote!(0), last: || quote!(usize::MAX), float: false };

fn range(range: &ExprRange, ends: &Ends) -> syn::Result<TokenStream> {
    if let (RangeLimits::HalfOpen(_), Some(_)) = (&range.limits, &range.end) {
        return Err(syn::Error::new(range.span(), "both ends belong to the range: write `a..=b`"));
    }
    let first = range.start.as_deref().map_or_else(|| Ok((ends.first)()), |end| number(end, ends.float));
    let last = range.end.as_deref().map_or_else(|| Ok((ends.last)()), |end| number(end, ends.float));
    let (first, last) = (first?, last?);
    Ok(quote!(#first..=#last))
}

/// A whole number is as good as a float.
fn number(value: &Expr, float: bool) -> syn::Result<TokenStream> {
    match value {
        Expr::Unary(syn::ExprUnary { op: syn::UnOp::Neg(_), expr, .. }) => {
            let inner = number(expr, float)?;
            Ok(quote!(-#inner))
        }
        Expr::Lit(ExprLit { lit: Lit::Int(whole), .. }) if float && whole.suffix().is_empty() => {
            let number: f64 = whole.base10_parse()?;
            let mut literal = proc_macro2::Literal::f64_suffixed(number);
            literal.set_span(whole.span());
            Ok(quote!(#literal))
        }
        other => Ok(quote!(#other)),
    }
}

impl Check {
    /// The expression that makes it, of a node that makes `made`.
    pub(crate) fn emit(&self, home: &Path, made: &TokenStream) -> TokenStream {
        let Self { name, rule, warns, is_offline } = self;
        let span: Span = name.span();
        let call = at(span, quote!(#home::__private::checks::#name::<#made>));
        let check = match rule {
            Rule::Flag => quote!(#call()),
            Rule::Value(value) => quote!(#call(#value)),
            Rule::OneOf(values) => {
                let values = &values.elems;
                quote!(#call(::std::vec![#values]))
            }
            Rule::With(path) => {
                let name = path.segments.iter().map(|segment| segment.ident.to_string()).collect::<Vec<_>>().join("::");
                let asked = at(path.span(), quote!(|value| #path(value)));
                quote!(#call(#name, #asked))
            }
        };
        let severity = warns.then(|| quote!(.with_severity(#home::Severity::Warn)));
        let offline = is_offline.then(|| quote!(.offline()));
        quote!(#check #severity #offline)
    }
}
