//! Edges inside the module: one binding each, on the parameter, so that the compiler compares types there.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, Path};

use crate::dataflow::each::Source;
use crate::dataflow::graph::{Graph, Node, Part, Read, text};

pub(super) fn all(home: &Path, graph: &Graph<'_>) -> TokenStream {
    let edges = graph.nodes.iter().flat_map(|node| of_node(home, graph, node));
    let variants = variants(home, graph);
    let folds = graph.nodes.iter().flat_map(|node| folds(home, graph, node));
    quote! {
        const _: fn() = || { #(#edges)* #(#variants)* };
        #(#folds)*
    }
}

/// The sources of a node that this module defines.
fn sources<'g>(
    graph: &'g Graph<'_>,
    node: &'g Node<'_>,
) -> impl Iterator<Item = (&'g Read<'g>, &'g Ident, &'g Node<'g>)> {
    node.reads.iter().flat_map(move |read| {
        let name = if let Source::Name(name) = &read.source { Some(name) } else { None };
        name.into_iter().flat_map(move |name| {
            let own = text(&node.name) == text(name);
            graph.named(&text(name)).filter(move |_| !own).map(move |source| (read, name, source)).collect::<Vec<_>>()
        })
    })
}

fn of_node<'g>(home: &Path, graph: &'g Graph<'_>, node: &'g Node<'_>) -> Vec<TokenStream> {
    let binding = |(read, name, source): (&Read<'_>, &Ident, &Node<'_>)| {
        let (ty, made) = (read.ty(home), source.made(home));
        quote_spanned! {name.span()=>
            let _: <#ty as #home::__private::Reads>::Wants<#made> = #home::__private::made::<#made>();
        }
    };
    sources(graph, node).map(binding).collect()
}

/// What accumulators fold, which no type says.
fn folds(home: &Path, graph: &Graph<'_>, node: &Node<'_>) -> Vec<TokenStream> {
    let assertion = |(read, name, source): (&Read<'_>, &Ident, &Node<'_>)| {
        let (ty, made) = (read.ty(home), source.made(home));
        let message = format!("`{}` folds `{}` by an accumulator of values of another type", node.name, name);
        quote_spanned! {name.span()=>
            const _: () = ::core::assert!(
                #home::__private::folds(
                    <#ty as #home::__private::Reads>::FOLDS,
                    <#made as #home::__private::Made>::ITEM,
                ),
                #message
            );
        }
    };
    let is_folded = |read: &Read<'_>| quote::ToTokens::to_token_stream(&read.param.written).to_string().contains('<');
    sources(graph, node).filter(|(read, ..)| is_folded(read)).map(assertion).collect()
}

/// Variants make what the first of them makes.
fn variants(home: &Path, graph: &Graph<'_>) -> Vec<TokenStream> {
    let mut seen = HashSet::new();
    let mut bindings = Vec::new();
    for first in graph.nodes.iter().filter(|node| seen.insert(text(&node.name))) {
        let wanted = first.made(home);
        for other in graph.named(&text(&first.name)).skip(1) {
            let made = other.made(home);
            let span = if let Part::Field(ty) = other.part { ty.span() } else { other.function.out.span() };
            bindings.push(quote_spanned!(span=> let _: #wanted = #home::__private::made::<#made>();));
        }
    }
    bindings
}
