//! The generated code.

mod edges;
mod inputs;
mod names;
mod nodes;

use proc_macro2::TokenStream;
use quote::quote;

use super::Flow;
use super::graph::Graph;

/// What stands beside the functions.
pub(crate) fn module(flow: &Flow, graph: &Graph<'_>) -> TokenStream {
    let home = &flow.options.home;
    let names = names::all(home, graph);
    let inputs = inputs::all(home, graph);
    let edges = edges::all(home, graph);
    let nodes = nodes::all(home, graph);
    let config = flow.options.config.iter().map(|ty| quote!(config: &#ty));
    quote! {
        #names
        #inputs
        #edges

        /// The nodes of this module.
        #[must_use]
        pub fn module(#(#config)*) -> #home::Module {
            #home::Module::new() #(#nodes)*
        }
    }
}

/// What keeps a module that could not be read from causing further messages.
pub(crate) fn stub(flow: &Flow) -> TokenStream {
    let home = &flow.options.home;
    let config = flow.options.config.iter().map(|ty| quote!(_: &#ty));
    quote! {
        /// The nodes of this module.
        pub fn module(#(#config)*) -> #home::Module {
            #home::Module::new()
        }
    }
}
