//! `#[dataflow]`: a module's functions become a model, the model is checked, code is emitted beside the functions.

mod attr;
mod check;
mod code;
mod each;
mod emit;
mod function;
mod graph;
mod lifetimes;
mod overlap;
mod structs;
mod window;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Item, ItemMod};

use crate::shared::{Home, combine};
use attr::ModuleOptions;
use function::Function;
use graph::Graph;

/// A module in our words.
pub(crate) struct Flow {
    pub(crate) options: ModuleOptions,
    pub(crate) functions: Vec<Function>,
}

pub(crate) fn expand(args: TokenStream, item: &TokenStream, home: Home) -> TokenStream {
    let Ok(mut module) = syn::parse2::<ItemMod>(item.clone()) else {
        return refuse("`#[dataflow]` belongs on a module", item);
    };
    let Some((_, items)) = &mut module.content else {
        let message = "`#[dataflow]` sees only what stands between the braces of `mod name { .. }`";
        return refuse(message, item);
    };
    let (options, mut mistakes) = ModuleOptions::parse(args, home);
    let (functions, complete) = functions(items, &mut mistakes);
    let flow = Flow { options, functions };
    let code = if complete {
        let structs = structs::of(items);
        let graph = Graph::new(&flow, &structs, &mut mistakes);
        graph.check(&mut mistakes);
        let reserved = graph.reserved();
        // What the macro would write under such a name is left out, so that there is one message.
        let code = if reserved.is_empty() { emit::module(&flow, &graph) } else { TokenStream::new() };
        mistakes.extend(reserved);
        structs::mark(items);
        code
    } else {
        emit::stub(&flow)
    };
    let errors = combine(mistakes).map(|errors| errors.to_compile_error());
    items.push(Item::Verbatim(quote! { #errors #code }));
    module.into_token_stream()
}

fn refuse(message: &str, item: &TokenStream) -> TokenStream {
    let error = syn::Error::new(proc_macro2::Span::call_site(), message).to_compile_error();
    quote! { #error #item }
}

/// The functions that are nodes, without our attributes from now on; `false` if one could not be read.
fn functions(items: &mut [Item], mistakes: &mut Vec<syn::Error>) -> (Vec<Function>, bool) {
    let mut found = Vec::new();
    let mut complete = true;
    for item in items {
        let Item::Fn(item) = item else { continue };
        if !item.attrs.iter().any(attr::is_node) {
            continue;
        }
        let function = Function::take(item, mistakes);
        complete &= function.is_some();
        found.extend(function);
    }
    (found, complete)
}
