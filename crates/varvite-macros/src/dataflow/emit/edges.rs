//! Edges inside the module: one binding each, on the parameter, so that the compiler compares types there.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::spanned::Spanned;
use syn::{Ident, Path};

use crate::dataflow::each::Source;
use crate::dataflow::graph::{Graph, Node, Part, Read, text};
use crate::shared::at;

pub(super) fn all(home: &Path, graph: &Graph<'_>) -> TokenStream {
    let edges = graph.nodes.iter().flat_map(|node| of_node(home, graph, node));
    let inputs = inputs(home, graph);
    let variants = variants(home, graph);
    let folds = graph.nodes.iter().flat_map(|node| folds(home, graph, node));
    quote! {
        const _: fn() = || { #(#edges)* #(#inputs)* #(#variants)* };
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
        edge(home, name.span(), &ty, &made)
    };
    sources(graph, node).map(binding).collect()
}

/// A binding that compiles if what is made is what a parameter of this type wants.
fn edge(home: &Path, span: Span, ty: &TokenStream, made: &TokenStream) -> TokenStream {
    let binding = quote!(let _: <#ty as #home::__private::Reads>::Wants<#made> = #home::__private::made::<#made>(););
    at(span, binding)
}

/// Readers of one input want the same: the first tells what.
fn inputs<'g>(home: &Path, graph: &'g Graph<'_>) -> Vec<TokenStream> {
    let of_input = |readers: &'g [Read<'g>]| {
        let first = readers.first().map(|read| read.ty(home).to_string());
        let others = readers.iter().filter(move |read| first.as_ref() != Some(&read.ty(home).to_string()));
        others.map(move |read| {
            let wish = super::inputs::wish(home, readers);
            edge(home, read.param.ident.span(), &read.ty(home), &quote!(<#wish as #home::__private::Wish>::Made))
        })
    };
    graph.inputs.iter().flat_map(|(_, readers)| of_input(readers)).collect()
}

/// What accumulators fold, which no type says.
fn folds(home: &Path, graph: &Graph<'_>, node: &Node<'_>) -> Vec<TokenStream> {
    let assertion = |(read, name, source): (&Read<'_>, &Ident, &Node<'_>)| {
        let (ty, made) = (read.ty(home), source.made(home));
        let message = format!("`{}` folds `{}` by an accumulator of values of another type", node.name, name);
        let assertion = quote! {
            const _: () = ::core::assert!(
                #home::__private::folds(
                    <#ty as #home::__private::Reads>::FOLDS,
                    <#made as #home::__private::Made>::ITEM,
                ),
                #message
            );
        };
        at(name.span(), assertion)
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
            bindings.push(at(span, quote!(let _: #wanted = #home::__private::made::<#made>();)));
        }
    }
    bindings
}
