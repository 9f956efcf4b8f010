//! `Inputs`: a struct of what nobody in the module defines.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Path;
use syn::spanned::Spanned;

use crate::dataflow::function::last_word;
use crate::dataflow::graph::{Graph, Kind, Read, text};
use crate::shared::at;

pub(super) fn all(home: &Path, graph: &Graph<'_>) -> TokenStream {
    let inputs: Vec<_> = graph.inputs.iter().filter(|(_, readers)| !readers.iter().all(is_not_needed)).collect();
    let names: Vec<_> = inputs.iter().map(|(name, _)| name).collect();
    let told: Vec<String> = names.iter().map(|name| text(name)).collect();
    let docs = told.iter().map(|name| format!("The input `{name}`."));
    let wishes: Vec<TokenStream> = inputs.iter().map(|(_, readers)| wish(home, readers)).collect();
    let types = inputs.iter().zip(&wishes).map(|((name, readers), wish)| {
        let span = readers.first().map_or_else(|| name.span(), |read| read.param.written.span());
        at(span, quote!(<#wish as #home::__private::Wish>::Field))
    });
    quote! {
        /// What nobody in this module defines: one value each, for single rows.
        #[allow(dead_code, reason = "not every module is asked for single rows")]
        pub struct Inputs {
            #(#[doc = #docs] pub #names: #types,)*
        }

        impl ::core::clone::Clone for Inputs {
            fn clone(&self) -> Self {
                Self { #(#names: ::core::clone::Clone::clone(&self.#names)),* }
            }
        }

        impl #home::__private::Inputs for Inputs {
            const NAMES: &'static [&'static ::core::primitive::str] = &[#(#told),*];

            fn for_each(&self, each: &mut dyn ::core::ops::FnMut(::core::option::Option<#home::Value>)) {
                #(each(<#wishes as #home::__private::Wish>::value(&self.#names));)*
            }
        }
    }
}

/// Whether single rows do not need it: the words of the type say that it is a column as a whole, or it has a default.
fn is_not_needed(read: &Read<'_>) -> bool {
    let is_whole = last_word(&read.param.written).is_some_and(|word| word == "Folded" || word == "Column");
    read.kind != Kind::Cell && (is_whole || read.param.default.is_some())
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
        let own = at(read.param.written.span(), quote!(<#ty as #home::__private::Reads>::Wish));
        joined = if joined.is_empty() { own } else { quote!(<#joined as #home::__private::Join<#own>>::Both) };
    }
    joined
}
