//! The nodes themselves: calls that add them to the module.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{Path, Type};

use crate::dataflow::each::Source;
use crate::dataflow::function::{Function, literal};
use crate::dataflow::graph::{Graph, Node, Part, text};
use crate::dataflow::lifetimes::elided;
use crate::shared::at;

/// One call a name.
pub(super) fn all(home: &Path, graph: &Graph<'_>) -> Vec<TokenStream> {
    let mut seen = HashSet::new();
    let mut calls = Vec::new();
    for node in &graph.nodes {
        // Fields come with their struct, and `each` with its function.
        if matches!(node.part, Part::Field(_)) || !seen.insert(group(node)) {
            continue;
        }
        calls.push(if node.function.is_variant() { variants(home, graph, node) } else { one(home, node) });
    }
    calls
}

/// What is added in one call: a name with its variants, or a function with all its nodes.
fn group(node: &Node<'_>) -> String {
    if node.function.is_variant() { text(&node.name) } else { format!("fn {}", node.function.ident) }
}

fn one(home: &Path, node: &Node<'_>) -> TokenStream {
    if let Part::Struct(_) = node.part {
        let nodes = nodes(home, node);
        return quote!(.nodes(#nodes));
    }
    let node = plain(home, node);
    quote!(.node(#node))
}

/// A `match` without a wildcard, unless there is a default.
fn variants(home: &Path, graph: &Graph<'_>, node: &Node<'_>) -> TokenStream {
    let variants: Vec<&Node<'_>> =
        graph.named(&text(&node.name)).filter(|node| !matches!(node.part, Part::Field(_))).collect();
    let arm = |node: &&Node<'_>| {
        let nodes = nodes(home, node);
        let pattern = node.function.options.when.as_ref().map_or_else(|| quote!(_), |pattern| quote!(#pattern));
        quote!(#pattern => #nodes)
    };
    // The default comes last, wherever it stands.
    let (last, first): (Vec<&&Node<'_>>, Vec<&&Node<'_>>) =
        variants.iter().partition(|node| node.function.options.fallback.is_some());
    let arms = first.into_iter().chain(last).map(arm);
    let config = at(node.function.ident.span(), quote!(config));
    quote!(.nodes(match #config { #(#arms,)* }))
}

/// An expression of a vector of nodes.
fn nodes(home: &Path, node: &Node<'_>) -> TokenStream {
    let Part::Struct(parts) = &node.part else {
        let node = plain(home, node);
        return quote!(::std::vec![#node]);
    };
    let function = node.function;
    let (ident, out) = (&function.ident, &function.out);
    let (params, told) = (names(function), described(home, function, &TokenStream::new()));
    let name = text(&node.name);
    let arguments: Vec<Ident> = (0..function.params.len()).map(|at| format_ident!("a{at}")).collect();
    let types: Vec<Type> = function.params.iter().map(|param| elided(&param.written)).collect();
    let fields = parts.iter().map(|(node, field, _)| {
        let node = text(node);
        quote!(let whole = #home::__private::field(whole, #node, |all: &#out| ::core::clone::Clone::clone(&all.#field));)
    });
    let parts = parts.iter().map(|(node, field, _)| {
        let node = text(node);
        quote! {
            #home::__private::node(#node, [#(#params),*], |#(#arguments: #types),*| self::#ident(#(#arguments),*).#field)
                #told
        }
    });
    quote! {
        <<#out as #home::__private::Fields>::Kind as #home::__private::StructKind>::nodes(
            || {
                let whole = #home::__private::whole(#name, [#(#params),*], self::#ident) #told;
                #(#fields)*
                whole
            },
            || ::std::vec![#(#parts),*],
        )
    }
}

fn names(function: &Function) -> Vec<String> {
    function.params.iter().map(crate::dataflow::function::Param::name).collect()
}

/// An expression of one node, or of one that stands for those of its `each`.
fn plain(home: &Path, node: &Node<'_>) -> TokenStream {
    let function = node.function;
    let (ident, params) = (&function.ident, names(function));
    let name = text(if function.options.each.is_empty() { &node.name } else { &function.ident });
    let made = match &function.state {
        _ if function.options.value => quote!(#home::Node::value(#name, [#(#params),*], self::#ident)),
        None => quote!(#home::__private::node(#name, [#(#params),*], self::#ident)),
        Some(state) => {
            let init = init(function, state);
            let stateful = at(function.out.span(), quote!(#home::__private::stateful));
            quote!(#stateful(#name, [#(#params),*], #init, self::#ident))
        }
    };
    let made = match function.options.batchwise {
        Some(span) => {
            let out = &function.out;
            let batchwise = at(span, quote!(#home::__private::batchwise::<#out>));
            quote!(#batchwise(#made))
        }
        None => made,
    };
    let each = function.options.each.iter().map(|each| {
        let name = text(&each.name);
        let bindings = each.bindings.iter().filter_map(|(param, source)| {
            let of = function.params.iter().find(|known| known.name() == text(param))?;
            let (told, binding) = (text(param), binding(home, function, &of.ty(), source));
            Some(quote!((#told, #binding)))
        });
        quote!(.each(#name, [#(#bindings),*]))
    });
    let described = described(home, function, &node.made(home));
    quote!(#made #described #(#each)*)
}

/// A function that makes the state that a node begins with.
fn init(function: &Function, state: &Type) -> TokenStream {
    match function.options.stateful.as_ref().and_then(|stateful| stateful.init.as_ref()) {
        Some(init) => quote!(|| -> #state { #init }),
        None => at(state.span(), quote!(<#state as ::core::default::Default>::default)),
    }
}

fn binding(home: &Path, function: &Function, ty: &Type, source: &Source) -> TokenStream {
    match source {
        Source::Name(name) => {
            let name = text(name);
            quote!(#home::Binding::source(#name))
        }
        Source::Value(value) => {
            let value = value_of(home, function, ty, value);
            quote!(#home::Binding::value(#value))
        }
    }
}

/// A value that is given for a parameter of this type.
fn value_of(home: &Path, function: &Function, ty: &Type, value: &syn::Expr) -> TokenStream {
    let value = literal(value);
    let ty = if function.options.value { quote!(#home::Whole<#ty>) } else { quote!(#ty) };
    let value_of = at(value.span(), quote!(<#ty as #home::__private::Reads>::value));
    quote!(#value_of(#value))
}

/// What the attributes say about a node. Checks are told of what is made; a struct's fields have none.
fn described(home: &Path, function: &Function, made: &TokenStream) -> TokenStream {
    let options = &function.options;
    let doc = (!function.docs.is_empty()).then(|| {
        let docs = &function.docs;
        quote!(.with_doc(#docs))
    });
    let tags = options.tags.iter().map(|(key, value)| quote!(.with_tag(#key, #value)));
    let version = options.version.iter().map(|version| quote!(.with_version(#version)));
    let params = function.params.iter().filter_map(|param| {
        let name = param.name();
        let Source::Name(source) = &param.source else { return None };
        let source = text(source);
        let binding = (source != name).then(|| quote!(.with_binding(#name, #home::Binding::source(#source))));
        let default = param.default.iter().map(|value| {
            let value = value_of(home, function, &param.ty(), value);
            quote!(.with_default(#name, #value))
        });
        let window = param.window.iter().map(|window| {
            let window = window.emit(home);
            quote!(.with_window(#name, #window))
        });
        Some(quote!(#binding #(#default)* #(#window)*))
    });
    let checks = options.checks.iter().filter(|_| !made.is_empty()).map(|check| {
        let check = check.emit(home, made);
        quote!(.with_check(#check))
    });
    let variant = function.is_variant().then(|| {
        let variant = text(&function.ident);
        quote!(.with_variant(#variant))
    });
    let code = function.code;
    quote!(#doc #(#tags)* #(#version)* #variant .with_code(#code) #(#params)* #(#checks)*)
}
