//! [`Graph`]: the nodes of a module, what they read, and what is wrong with that.

use std::collections::{HashMap, HashSet};

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Ident, Path, Type};

use super::Flow;
use super::each::Source;
use super::function::{Function, Param};
use super::overlap::overlap;
use super::structs::{self, Structs};
use super::window::Window;
use crate::shared::at;

/// The nodes of a module and the inputs that nobody defines.
pub(crate) struct Graph<'f> {
    /// In the order of the functions; variants of one name each.
    pub(crate) nodes: Vec<Node<'f>>,
    /// Names that are read and not defined, in the order of their first reader, each with its readers.
    pub(crate) inputs: Vec<(Ident, Vec<Read<'f>>)>,
}

/// What the macro writes beside the nodes.
const RESERVED: [&str; 2] = ["module", "Inputs"];

/// One node.
pub(crate) struct Node<'f> {
    pub(crate) name: Ident,
    pub(crate) function: &'f Function,
    pub(crate) reads: Vec<Read<'f>>,
    pub(crate) part: Part<'f>,
}

/// What of its function's result a node is.
pub(crate) enum Part<'f> {
    /// All of it.
    All,
    /// A struct, whose fields are these: names of nodes, fields, types.
    Struct(Vec<(Ident, &'f Ident, &'f Type)>),
    /// A field of this type.
    Field(&'f Type),
}

/// A parameter of a node, and where its argument comes from there.
#[derive(Clone)]
pub(crate) struct Read<'f> {
    pub(crate) param: &'f Param,
    pub(crate) source: Source,
    pub(crate) kind: Kind,
}

/// How a source is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// As the parameter's type says.
    Param,
    /// As a plain value.
    Value,
    /// As the times or a key of a window.
    Cell,
}

impl Read<'_> {
    /// The type that says what is read. A plain value is what `Whole` reads.
    pub(crate) fn ty(&self, home: &Path) -> TokenStream {
        let ty = self.param.ty();
        match self.kind {
            Kind::Param => quote!(#ty),
            Kind::Value => quote!(#home::Whole<#ty>),
            Kind::Cell => quote!(#home::__private::Cell),
        }
    }
}

impl Node<'_> {
    /// What readers see of it, as a type.
    pub(crate) fn made(&self, home: &Path) -> TokenStream {
        let out = &self.function.out;
        let kind = quote!(<#out as #home::__private::Fields>::Kind);
        match &self.part {
            Part::Field(ty) => of_outcome(home, ty, "Made"),
            Part::Struct(_) => quote!(<#kind as #home::__private::StructKind>::Made<#out>),
            Part::All if self.function.options.value => quote!(#home::Whole<#out>),
            Part::All => of_outcome(home, out, "Made"),
        }
    }

    /// What a request for it gives, as a type; nothing of a struct, whose fields are asked for.
    pub(crate) fn output(&self, home: &Path) -> Option<TokenStream> {
        let out = &self.function.out;
        match &self.part {
            Part::Field(ty) => Some(of_outcome(home, ty, "Out")),
            Part::Struct(_) => None,
            Part::All if self.function.options.value => Some(quote!(#home::Whole<#out>)),
            Part::All => Some(of_outcome(home, out, "Out")),
        }
    }
}

/// What is known of a type that a node returns.
fn of_outcome(home: &Path, ty: &Type, what: &str) -> TokenStream {
    let what = Ident::new(what, Span::call_site());
    at(ty.span(), quote!(<#ty as #home::__private::NodeOutcome>::#what))
}

pub(crate) fn text(ident: &Ident) -> String {
    ident.unraw().to_string()
}

impl<'f> Graph<'f> {
    pub(crate) fn new(flow: &'f Flow, structs: &'f Structs, mistakes: &mut Vec<syn::Error>) -> Self {
        let nodes: Vec<Node<'f>> =
            flow.functions.iter().flat_map(|function| nodes_of(function, structs, mistakes)).collect();
        mistakes.extend(duplicates(flow, &nodes));
        let defined: HashSet<String> = nodes.iter().map(|node| text(&node.name)).collect();
        let mut inputs: Vec<(Ident, Vec<Read<'f>>)> = Vec::new();
        for read in nodes.iter().flat_map(|node| &node.reads) {
            let Source::Name(name) = &read.source else { continue };
            if defined.contains(&text(name)) {
                continue;
            }
            match inputs.iter_mut().find(|(known, _)| text(known) == text(name)) {
                Some((_, readers)) => readers.push(read.clone()),
                None => inputs.push((name.clone(), vec![read.clone()])),
            }
        }
        Self { nodes, inputs }
    }

    /// Functions, nodes and inputs with names that the macro gives to what it writes.
    pub(crate) fn reserved(&self) -> Vec<syn::Error> {
        let functions = self.nodes.iter().map(|node| &node.function.ident);
        let mut names: Vec<&Ident> = functions.chain(self.nodes.iter().map(|node| &node.name)).collect();
        names.extend(self.inputs.iter().map(|(name, _)| name));
        let mut told = HashSet::new();
        let reserved =
            names.into_iter().filter(|name| RESERVED.contains(&text(name).as_str()) && told.insert(text(name)));
        let error = |name: &Ident| {
            let message = format!("`{name}` is what `#[dataflow]` writes into the module itself: choose another name");
            syn::Error::new(name.span(), message)
        };
        reserved.map(error).collect()
    }

    /// Nodes of one name: the variants, or the one.
    pub(crate) fn named(&self, name: &str) -> impl Iterator<Item = &Node<'f>> {
        self.nodes.iter().filter(move |node| text(&node.name) == name)
    }

    /// What reads itself, and circles.
    pub(crate) fn check(&self, mistakes: &mut Vec<syn::Error>) {
        for node in &self.nodes {
            let own = node.reads.iter().filter_map(|read| {
                let Source::Name(name) = &read.source else { return None };
                (text(name) == text(&node.name)).then_some(name)
            });
            mistakes.extend(own.map(|name| {
                let message = format!("`{name}` reads itself: say what it reads with `#[from(other)]`, or rename it");
                syn::Error::new(name.span(), message)
            }));
        }
        mistakes.extend(self.circles());
    }

    /// One error for each circle, where it closes. Variants are left to the build, which knows the config.
    fn circles(&self) -> Vec<syn::Error> {
        let mut reads: HashMap<String, Vec<&Ident>> = HashMap::new();
        for node in self.nodes.iter().filter(|node| !node.function.is_variant()) {
            let own = text(&node.name);
            let sources = node.reads.iter().filter_map(|read| match &read.source {
                Source::Name(name) if text(name) != own => Some(name),
                _ => None,
            });
            let mut sources: Vec<&Ident> = sources.collect();
            if let Part::Field(_) = node.part {
                sources.push(node.function.node_name());
            }
            reads.insert(own, sources);
        }
        let mut search = Search { reads: &reads, done: HashSet::new(), way: Vec::new(), found: Vec::new() };
        for node in &self.nodes {
            search.visit(&text(&node.name));
        }
        search.found
    }
}

struct Search<'a> {
    reads: &'a HashMap<String, Vec<&'a Ident>>,
    done: HashSet<String>,
    way: Vec<String>,
    found: Vec<syn::Error>,
}

impl Search<'_> {
    fn visit(&mut self, name: &str) {
        if self.done.contains(name) {
            return;
        }
        self.way.push(name.to_owned());
        for source in self.reads.get(name).into_iter().flatten() {
            let next = text(source);
            match self.way.iter().position(|known| *known == next) {
                Some(start) => {
                    let circle = self.way[start..].iter().chain([&next]).map(|name| format!("`{name}`"));
                    let told = circle.collect::<Vec<_>>().join(" reads ");
                    self.found
                        .push(syn::Error::new(source.span(), format!("nodes read each other in a circle: {told}")));
                }
                None => self.visit(&next),
            }
        }
        self.way.pop();
        self.done.insert(name.to_owned());
    }
}

/// The nodes that one function makes.
fn nodes_of<'f>(function: &'f Function, structs: &'f Structs, mistakes: &mut Vec<syn::Error>) -> Vec<Node<'f>> {
    let of_values = function.options.value;
    let kind = if of_values { Kind::Value } else { Kind::Param };
    let own = function.params.iter().map(|param| Read { param, source: param.source.clone(), kind });
    let cells = function.params.iter().flat_map(|param| {
        let names = param.window.iter().flat_map(Window::names);
        names.map(move |name| Read { param, source: Source::Name(name.clone()), kind: Kind::Cell })
    });
    let reads: Vec<Read<'f>> = own.chain(cells).collect();
    if !function.options.each.is_empty() {
        return function
            .options
            .each
            .iter()
            .map(|each| {
                let mut reads = reads.clone();
                for (param, source) in &each.bindings {
                    match reads.iter_mut().find(|read| read.kind != Kind::Cell && read.param.name() == text(param)) {
                        Some(read) => read.source = source.clone(),
                        None => mistakes.push(no_param(function, param)),
                    }
                }
                Node { name: each.name.clone(), function, reads, part: Part::All }
            })
            .collect();
    }
    let name = function.node_name().clone();
    let known = if of_values { None } else { structs::find(structs, &function.out) };
    match (known, &function.options.fields) {
        (None, None) => vec![Node { name, function, reads, part: Part::All }],
        (None, Some(_)) => {
            let message = "`fields` are those of a struct with `#[derive(Fields)]` in this module";
            mistakes.push(syn::Error::new_spanned(&function.out, message));
            vec![Node { name, function, reads, part: Part::All }]
        }
        (Some(fields), chosen) => {
            mistakes.extend(function.options.checks.first().map(|check| {
                let message = "a struct has no checks: check a node that reads its field";
                syn::Error::new(check.name.span(), message)
            }));
            mistakes.extend(function.options.stateful.iter().map(|stateful| {
                let message =
                    "a function with a state makes one value: return that, and read it by a function of fields";
                syn::Error::new(stateful.span, message)
            }));
            mistakes.extend(function.options.batchwise.map(|span| {
                syn::Error::new(
                    span,
                    "fields are nodes of their own: make each expression by a function that is `batchwise`",
                )
            }));
            let parts = parts(fields, chosen.as_deref(), mistakes);
            let of_field = |(name, _, ty): &(Ident, &'f Ident, &'f Type)| Node {
                name: name.clone(),
                function,
                reads: Vec::new(),
                part: Part::Field(ty),
            };
            let mut nodes: Vec<Node<'f>> = parts.iter().map(of_field).collect();
            nodes.insert(0, Node { name, function, reads, part: Part::Struct(parts) });
            nodes
        }
    }
}

/// Nodes, fields and types: all fields, or those that were chosen.
fn parts<'f>(
    fields: &'f [(Ident, Type)],
    chosen: Option<&'f [(Ident, Ident)]>,
    mistakes: &mut Vec<syn::Error>,
) -> Vec<(Ident, &'f Ident, &'f Type)> {
    let Some(chosen) = chosen else {
        return fields.iter().map(|(name, ty)| (name.clone(), name, ty)).collect();
    };
    let mut found = Vec::new();
    for (node, field) in chosen {
        let known = fields.iter().find(|(name, _)| text(name) == text(field));
        mistakes.extend(known.is_none().then(|| {
            let known: Vec<String> = fields.iter().map(|(name, _)| format!("`{name}`")).collect();
            let message = format!("there is no field `{field}`: the struct has {}", known.join(", "));
            syn::Error::new(field.span(), message)
        }));
        found.extend(known.map(|(name, ty)| (node.clone(), name, ty)));
    }
    found
}

fn no_param(function: &Function, param: &Ident) -> syn::Error {
    let known: Vec<String> = function.params.iter().map(|param| format!("`{}`", param.ident)).collect();
    let message = format!("`{}` has no parameter `{param}`: it has {}", function.ident, known.join(", "));
    syn::Error::new(param.span(), message)
}

/// Nodes of one name that no config tells apart.
fn duplicates(flow: &Flow, nodes: &[Node<'_>]) -> Vec<syn::Error> {
    let mut mistakes = Vec::new();
    for function in flow.functions.iter().filter(|function| function.is_variant() && flow.options.config.is_none()) {
        let message = "which config? add `config = Type` to `#[dataflow]`";
        mistakes.push(syn::Error::new(function.ident.span(), message));
    }
    for (at, node) in nodes.iter().enumerate() {
        let mut earlier = nodes[..at].iter().filter(|known| text(&known.name) == text(&node.name));
        mistakes.extend(earlier.find_map(|known| clash(known, node)));
    }
    mistakes
}

/// Why two nodes of one name cannot both be there.
fn clash(known: &Node<'_>, node: &Node<'_>) -> Option<syn::Error> {
    let (one, two) = (known.function, node.function);
    let name = &node.name;
    if !one.is_variant() || !two.is_variant() {
        let message = format!(
            "the node `{name}` is defined twice: rename one, or tell them apart by `when` and the config of the module"
        );
        return Some(syn::Error::new(name.span(), message));
    }
    if let (Some(_), Some(span)) = (one.options.fallback, two.options.fallback) {
        return Some(syn::Error::new(span, format!("`{name}` has a default already: `{}`", one.ident)));
    }
    let (Some(first), Some(second)) = (&one.options.when, &two.options.when) else { return None };
    let message = || format!("overlaps with the variant `{}` of `{name}`: one config would choose both", one.ident);
    overlap(first, second).then(|| syn::Error::new_spanned(second, message()))
}
