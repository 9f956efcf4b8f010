//! What the attribute of a field says, as an expression of type `Fetch`.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
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
    let lake = options.lake.iter().map(|name| quote!(.lake(#name)));
    let store = options.store.iter().map(|name| quote!(.store(#name)));
    let version = options.version.iter().map(|version| quote!(.version(#version)));
    quote! {
        <#home::Fetch as ::core::default::Default>::default()
            #(#start)* #(#end)* #latest #missing #edges
            #(#keys)* #(#columns)* #(#filter)* #(#lake)* #(#store)* #(#version)*
    }
}

/// A call with a bound that is read while compiling: a bad literal is an error at the literal.
fn bound(home: &Path, method: &str, text: &LitStr) -> TokenStream {
    let method = format_ident!("{method}");
    let value = quote_spanned!(text.span()=> { const BOUND: #home::Bound = #home::Bound::literal(#text); BOUND });
    quote!(.#method(#value))
}

/// Asks while compiling that the fetch does not end before it starts.
pub(crate) fn order(field: &Field, home: &Path) -> Option<TokenStream> {
    let (start, end) = (field.options.start.as_ref()?, field.options.end.as_ref()?);
    Some(quote_spanned!(end.span()=> const _: () = #home::__private::refuse_reversed(#start, #end);))
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
