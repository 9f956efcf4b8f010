//! `Inputs`: a struct of what nobody in the module defines.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Path, Type};

use crate::dataflow::graph::{Graph, Read, text};

pub(super) fn all(home: &Path, graph: &Graph<'_>) -> TokenStream {
    let inputs: Vec<_> = graph.inputs.iter().filter(|(_, readers)| !readers.iter().all(is_read_whole)).collect();
    let names: Vec<_> = inputs.iter().map(|(name, _)| name).collect();
    let told: Vec<String> = names.iter().map(|name| text(name)).collect();
    let docs = told.iter().map(|name| format!("The input `{name}`."));
    let wishes: Vec<TokenStream> = inputs.iter().map(|(_, readers)| wish(home, readers)).collect();
    quote! {
        /// What nobody in this module defines: one value each, for single rows.
        #[allow(dead_code, reason = "not every module is asked for single rows")]
        #[derive(::core::clone::Clone)]
        pub struct Inputs {
            #(#[doc = #docs] pub #names: <#wishes as #home::__private::Wish>::Field,)*
        }

        impl #home::__private::Inputs for Inputs {
            const NAMES: &'static [&'static ::core::primitive::str] = &[#(#told),*];

            fn for_each(&self, each: &mut dyn ::core::ops::FnMut(::core::option::Option<#home::Value>)) {
                #(each(<#wishes as #home::__private::Wish>::value(&self.#names));)*
            }
        }
    }
}

/// Whether the words of the type say that it is a column as a whole, which single rows do not have.
fn is_read_whole(read: &Read<'_>) -> bool {
    let Type::Path(path) = &read.param.written else { return false };
    path.path.segments.last().is_some_and(|segment| segment.ident == "Folded" || segment.ident == "Column")
}

/// What all readers of an input want, as a type.
pub(super) fn wish(home: &Path, readers: &[Read<'_>]) -> TokenStream {
    let mut told: Vec<String> = Vec::new();
    let mut joined = TokenStream::new();
    for read in readers {
        let ty = read.ty(home);
        if told.contains(&ty.to_string()) {
            continue;
        }
        told.push(ty.to_string());
        let own = quote!(<#ty as #home::__private::Reads>::Wish);
        joined = if joined.is_empty() {
            own
        } else {
            quote_spanned!(read.param.ident.span()=> <#joined as #home::__private::Join<#own>>::Both)
        };
    }
    joined
}
