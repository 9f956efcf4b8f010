//! A type for each name: nodes beside their functions, and inputs.

use proc_macro2::TokenStream;
use quote::quote;
use std::collections::HashSet;
use syn::{Ident, Path, Visibility, parse_quote};

use crate::dataflow::graph::{Graph, text};

/// Names whose types would hide those of the language or of the standard library.
const TAKEN: [&str; 20] = [
    "bool", "char", "f32", "f64", "i128", "i16", "i32", "i64", "i8", "isize", "str", "u128", "u16", "u32", "u64", "u8",
    "usize", "alloc", "core", "std",
];

pub(super) fn all(home: &Path, graph: &Graph<'_>) -> TokenStream {
    let mut seen = HashSet::new();
    let nodes = graph.nodes.iter().filter(|node| seen.insert(text(&node.name))).filter_map(|node| {
        let output = node.output(home)?;
        let name = &node.name;
        let named = named(home, name, &node.function.visibility, &node.function.docs, &output);
        Some(quote! {
            #named
            impl #home::__private::NamedNode for #name {}
        })
    });
    let inputs = graph.inputs.iter().filter(|(name, _)| has_type(name)).map(|(name, readers)| {
        let wish = super::inputs::wish(home, readers);
        let doc = format!("The input `{}`.", text(name));
        named(home, name, &parse_quote!(pub), &doc, &quote!(<#wish as #home::__private::Wish>::Out))
    });
    quote!(#(#nodes)* #(#inputs)*)
}

/// Whether an input has a type of its name.
fn has_type(name: &Ident) -> bool {
    !TAKEN.contains(&&*text(name))
}

fn named(home: &Path, name: &Ident, visibility: &Visibility, doc: &str, output: &TokenStream) -> TokenStream {
    let told = text(name);
    let doc = if doc.is_empty() { format!("The node `{told}`.") } else { doc.to_owned() };
    quote! {
        #[doc = #doc]
        #[allow(non_camel_case_types, dead_code, clippy::empty_enums, reason = "it names, and has no values")]
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        #visibility enum #name {}

        impl #home::__private::Named for #name {
            const NAME: &'static ::core::primitive::str = #told;
            type Out = #output;
        }
    }
}
