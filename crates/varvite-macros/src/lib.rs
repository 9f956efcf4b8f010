//! The macros of varvite: `#[toplevel]`, `#[sublevel]`, `#[dataflow]` and the derives `FeatureGroup`, `FeatureModel`, `AssetCollection`, `Fields`.
//!
//! Use them through `varvite`, or the crate that each belongs to, which re-export them under these names.

#[cfg(feature = "asset")]
mod asset_collection;
#[cfg(feature = "dataflow")]
mod dataflow;
#[cfg(feature = "feature-group")]
mod feature_group;
#[cfg(feature = "asset")]
mod feature_model;
#[cfg(feature = "dataflow")]
mod fields;
mod key;
mod shared;

use proc_macro::TokenStream;

use key::Role;
use shared::Home;

/// Makes a struct a typed key: its values become a path of folders and come back from it.
///
/// The struct has named, private fields: integers of any width, `bool`, `String`, or types that implement `KeyField`.
/// The last one may be a [`#[sublevel]`](macro@sublevel) struct, whose fields make the next folder.
///
/// Options, in brackets after the name:
///
/// - `fields_sep = "."`: what stands between the fields of a level. Default: `-`.
/// - `strict`: refuses values that a path cannot hold plainly, instead of escaping them.
/// - `name = "..."`: the key type's name on disk. Default: the struct's. Give it when you rename the struct.
/// - `crate = path`: where the generated code finds this library, if it was renamed.
///
/// What is generated: `new`, which checks the values; a getter a field; `Key`, `Display`, `FromStr`; and those of
/// `Clone`, `Debug`, `PartialEq`, `Eq`, `PartialOrd`, `Ord`, `Hash` that the struct does not derive itself.
#[proc_macro_attribute]
pub fn toplevel(args: TokenStream, item: TokenStream) -> TokenStream {
    key::expand(args.into(), &item.into(), Role::Top, Home::Facade).into()
}

/// Makes a struct a deeper level of a key: the last field of a [`#[toplevel]`](macro@toplevel) or another sublevel.
///
/// It takes the one option `crate = path`.
#[proc_macro_attribute]
pub fn sublevel(args: TokenStream, item: TokenStream) -> TokenStream {
    key::expand(args.into(), &item.into(), Role::Sub, Home::Facade).into()
}

/// `toplevel` for those who use the key crate alone; `varvite_key` re-exports it as `toplevel`.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn key_toplevel(args: TokenStream, item: TokenStream) -> TokenStream {
    key::expand(args.into(), &item.into(), Role::Top, Home::Own).into()
}

/// `sublevel` for those who use the key crate alone; `varvite_key` re-exports it as `sublevel`.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn key_sublevel(args: TokenStream, item: TokenStream) -> TokenStream {
    key::expand(args.into(), &item.into(), Role::Sub, Home::Own).into()
}

/// Makes a struct describe a feature group: its fields are the columns. See `varvite_schema::FeatureGroup`.
#[cfg(feature = "feature-group")]
#[proc_macro_derive(FeatureGroup, attributes(feature_group, entity_key, event_time, created_time, column))]
pub fn feature_group(item: TokenStream) -> TokenStream {
    feature_group::expand(item.into(), Home::Facade).into()
}

/// `FeatureGroup` for those who use the schema crate alone; `varvite_schema` re-exports it under that name.
#[cfg(feature = "feature-group")]
#[doc(hidden)]
#[proc_macro_derive(SchemaFeatureGroup, attributes(feature_group, entity_key, event_time, created_time, column))]
pub fn schema_feature_group(item: TokenStream) -> TokenStream {
    feature_group::expand(item.into(), Home::Own).into()
}

/// Makes a struct a collection of assets: its fields are fetched. See `varvite_asset::AssetCollection`.
#[cfg(feature = "asset")]
#[proc_macro_derive(AssetCollection, attributes(fetch))]
pub fn asset_collection(item: TokenStream) -> TokenStream {
    asset_collection::expand(item.into(), Home::Facade).into()
}

/// `AssetCollection` for those who use the asset crate alone; `varvite_asset` re-exports it under that name.
#[cfg(feature = "asset")]
#[doc(hidden)]
#[proc_macro_derive(AssetAssetCollection, attributes(fetch))]
pub fn asset_asset_collection(item: TokenStream) -> TokenStream {
    asset_collection::expand(item.into(), Home::Own).into()
}

/// Makes a struct a model: its fields are the columns of an asset. See `varvite_asset::FeatureModel`.
#[cfg(feature = "asset")]
#[proc_macro_derive(FeatureModel, attributes(model))]
pub fn feature_model(item: TokenStream) -> TokenStream {
    feature_model::expand(item.into(), Home::Facade).into()
}

/// `FeatureModel` for those who use the asset crate alone; `varvite_asset` re-exports it under that name.
#[cfg(feature = "asset")]
#[doc(hidden)]
#[proc_macro_derive(AssetFeatureModel, attributes(model))]
pub fn asset_feature_model(item: TokenStream) -> TokenStream {
    feature_model::expand(item.into(), Home::Own).into()
}

/// Makes a module of functions a graph: each function with `#[node]` is a node, which reads those that its parameters are
/// named like. A name that no function makes is an input. Functions stay as they are, to be called and tested.
///
/// ```ignore
/// #[dataflow]
/// pub mod features {
///     use varvite::flow::{Folded, Moments, Whole};
///
///     /// Mean age of the training population.
///     #[node(tags(owner = "risk"))]
///     pub fn age_mean(age: Folded<Moments>) -> Whole<f64> {
///         Whole(age.mean())
///     }
///
///     #[node(check(range = -100..=100, severity = "warn"))]
///     pub fn age_off(age: f64, age_mean: Whole<f64>) -> f64 {
///         age - *age_mean
///     }
/// }
///
/// let flow = Dataflow::builder().with(features::module()).build()?;
/// let (off, mean) = flow.run().frame(&people).get::<(features::age_off, features::age_mean)>()?;
/// ```
///
/// # What is made
///
/// - `module()`, the nodes; `module(config: &Config)` with `#[dataflow(config = Config)]`.
/// - A type beside each function, of the node's name and the function's visibility: it names the node in requests
///   (`get`, `replace`, `fit`, `stream`, `online`). Inputs have such types, too.
/// - `Inputs`, a struct of the inputs that single rows need: those that are read as a column as a whole are not there,
///   and those with a default are left to it.
///
/// # What a signature says
///
/// Types say it, also through aliases. A number, `bool`, text (`&str`, `String`), a chrono type, or `Option` of one: a
/// row's value; what is not an `Option` is not called for nulls. `Whole<T>` or `&T`: one value for the data set.
/// `Folded<A>`, `Column<T>`: the column as a whole. `Window<A>`: rows before this one. `Each<T>`, `All<T>`: fanned out,
/// collected. A function is one of rows if it returns a row's value, and of the data set if it returns `Whole<T>`,
/// `Column<T>` or `Each<T>`; a `Result` of either may fail. Functions of other plain values, which are called once and do
/// not fail, are `#[node(value)]`: their results are read as values by others, and as `Whole<T>` by rows. A struct of the
/// same module with `#[derive(Fields)]` makes a node of each field.
///
/// # Options of `#[node(...)]`
///
/// - `name = "..."`: the node's name. Default: the function's.
/// - `tags(owner = "risk")`, `version = 2`.
/// - `check(range = 0.0..=1.0, finite, severity = "warn")`, several times: `range`, `one_of = [..]`, `finite`,
///   `length = 1..=8`, `pattern = "^[a-z]+$"`, `with = path::to::function`, `null_fraction = 0.1`, `monotonic`, `unique`, `mean = ..`,
///   `deviation = ..`. The severity is `fail` unless told. What is `offline` is asked of data sets alone, not in streams and
///   not of single rows.
/// - `when = Mode::Online`, a pattern of the config; `default`: all configs that no other function of the name is for.
/// - `each(p1(up = x, lit = 3.0), p2(up = y))`: a node each with the same function. A bare name is a node or an input,
///   any other expression a value (a constant is written with its path).
/// - `fields(age_mean = mean)`: names for the fields of the struct that is returned, and which of them.
/// - `value`: a function of plain values.
/// - `stateful`, `stateful = 0.5`: a function with a state, which is its first parameter, `state: &mut State`, and begins as
///   the default of its type or as the value says. A function of rows is a loop then, called for each row in order; one
///   of the data set is called once a batch. The state goes on from batch to batch; single rows have no such nodes.
/// - `batchwise`: an expression (`ColExpr<T>`) that looks at other rows may look at those of its batch.
///
/// Of parameters: `#[from(node)]` reads another node than the parameter's name; `#[default(3.0)]` is what it is if there
/// is neither node nor input; `#[window(time = at, span = Duration::from_secs(60), by(user))]` says which rows a window
/// has, also `late = "drop"` and `without_own_row`.
///
/// # Mistakes
///
/// Types of edges, checks, literals and defaults, circles, names that are defined twice, variants that are missing or
/// overlap are found while compiling, and said at the parameter or the option. Types are compared as they are: a
/// `Whole<f64>` is no `Whole<Option<f64>>`. A circle that only some variants close is found when the graph is built.
#[cfg(feature = "dataflow")]
#[proc_macro_attribute]
pub fn dataflow(args: TokenStream, item: TokenStream) -> TokenStream {
    dataflow::expand(args.into(), &item.into(), Home::Facade).into()
}

/// `dataflow` for those who use the flow crate alone; `varvite_flow` re-exports it under that name.
#[cfg(feature = "dataflow")]
#[doc(hidden)]
#[proc_macro_attribute]
pub fn flow_dataflow(args: TokenStream, item: TokenStream) -> TokenStream {
    dataflow::expand(args.into(), &item.into(), Home::Own).into()
}

/// Makes the fields of a struct that a function of a dataflow returns nodes. See `varvite_flow::Fields`.
#[cfg(feature = "dataflow")]
#[proc_macro_derive(Fields, attributes(fields))]
pub fn fields(item: TokenStream) -> TokenStream {
    fields::expand(item.into(), Home::Facade).into()
}

/// `Fields` for those who use the flow crate alone; `varvite_flow` re-exports it under that name.
#[cfg(feature = "dataflow")]
#[doc(hidden)]
#[proc_macro_derive(FlowFields, attributes(fields))]
pub fn flow_fields(item: TokenStream) -> TokenStream {
    fields::expand(item.into(), Home::Own).into()
}
