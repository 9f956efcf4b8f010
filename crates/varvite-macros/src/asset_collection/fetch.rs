//! What the attribute of a field says, as an expression of type `Fetch`.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{LitStr, Path, Type};

use super::model::Field;

/// A chain of calls that builds the fetch.
pub(crate) fn fetch(field: &Field, home: &Path) -> TokenStream {
    let (options, model) = (&field.options, field.model());
    let start = options.start.iter().map(|text| bound(home, "start", text));
    let end = options.end.iter().map(|text| bound(home, "end", text));
    let latest = options.latest.then(|| {
        let tolerance = options.tolerance.unwrap_or(0);
        quote!(.latest(#tolerance))
    });
    let missing = options.missing.map(|variant| policy(home, "missing", "Missing", variant));
    let edges = options.edges.map(|variant| policy(home, "edges", "Edges", variant));
    let keys = options.keys.iter().map(|(name, value)| {
        let name = column(model, name);
        quote!(.key(#name, #value))
    });
    let columns = options.columns.iter().map(|names| {
        let names = names.iter().map(|name| column(model, name));
        quote!(.columns([#(#names),*]))
    });
    let filter = options.filter.iter().map(|filter| quote!(.filter(#filter)));
    // Rows have the asset and the version of their model: those are compared, see `checks`.
    let files = !field.has_rows();
    let lake = options.lake.iter().filter(|_| files).map(|name| quote!(.lake(#name)));
    let version = options.version.iter().filter(|_| files).map(|version| quote!(.version(#version)));
    quote! {
        <#home::Fetch as ::core::default::Default>::default()
            #(#start)* #(#end)* #latest #missing #edges
            #(#keys)* #(#columns)* #(#filter)* #(#lake)* #(#version)*
    }
}

/// A call with a bound that is read while compiling: a bad literal is an error at the literal.
fn bound(home: &Path, method: &str, text: &LitStr) -> TokenStream {
    let method = format_ident!("{method}");
    let home = located(home, text.span());
    let value = quote_spanned!(text.span()=> { const BOUND: #home::Bound = #home::Bound::literal(#text); BOUND });
    quote!(.#method(#value))
}

/// What is asked while compiling, beside the literals.
pub(crate) fn checks(field: &Field, home: &Path) -> Vec<TokenStream> {
    let options = &field.options;
    let mut checks = Vec::new();
    if let (Some(start), Some(end)) = (&options.start, &options.end) {
        checks.push(check(home, end.span(), "refuse_reversed", &quote!(#start, #end), &TokenStream::new()));
    }
    let Some(model) = field.model().filter(|_| field.has_rows()) else { return checks };
    let of_model = |constant: &str, span| {
        let (home, model, constant) = (located(home, span), located(model, span), Ident::new(constant, span));
        quote_spanned!(span=> , <#model as #home::FeatureModel>::#constant)
    };
    let names = [(&options.store, "refuse_other_store"), (&options.lake, "refuse_other_lake")];
    for (name, refuse) in names {
        let Some(name) = name else { continue };
        let (asset, kind) = (of_model("ASSET", name.span()), of_model("KIND", name.span()));
        checks.push(check(home, name.span(), refuse, &quote!(#name), &quote!(#asset #kind)));
    }
    if let Some(version) = &options.version {
        let of_model = of_model("VERSION", version.span());
        checks.push(check(home, version.span(), "refuse_other_version", &quote!(#version), &of_model));
    }
    checks
}

/// A call while compiling that refuses what is given. A refusal is an error at `span`.
fn check(home: &Path, span: Span, refuse: &str, given: &TokenStream, of_model: &TokenStream) -> TokenStream {
    let (home, refuse) = (located(home, span), Ident::new(refuse, span));
    quote_spanned!(span=> const _: () = #home::__private::#refuse(#given #of_model);)
}

/// The same tokens, as if they stood at `span`: where the compiler evaluates a call is where its path begins.
fn located(tokens: &impl ToTokens, span: Span) -> TokenStream {
    let located = |mut token: TokenTree| {
        token.set_span(span);
        token
    };
    tokens.to_token_stream().into_iter().map(located).collect()
}

fn policy(home: &Path, method: &str, of: &str, variant: &str) -> TokenStream {
    let (method, of, variant) = (format_ident!("{method}"), format_ident!("{of}"), format_ident!("{variant}"));
    quote!(.#method(#home::#of::#variant))
}

/// The name of a column: of the model's constant, so that a column that is not there is an error at its name.
fn column(model: Option<&Type>, field: &Ident) -> TokenStream {
    let name = field.unraw().to_string();
    let Some(model) = model else { return quote!(#name) };
    let constant = Ident::new(&name.to_uppercase(), field.span());
    quote!(<#model>::#constant.name())
}
