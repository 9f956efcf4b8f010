//! The macros of varvite: `#[toplevel]`, `#[sublevel]`, `#[derive(FeatureGroup)]` and `#[derive(AssetCollection)]`.
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

use key::{Home, Role};

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
    key::expand(args.into(), &item.into(), Role::Top, Home::KeyCrate).into()
}

/// `sublevel` for those who use the key crate alone; `varvite_key` re-exports it as `sublevel`.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn key_sublevel(args: TokenStream, item: TokenStream) -> TokenStream {
    key::expand(args.into(), &item.into(), Role::Sub, Home::KeyCrate).into()
}

/// Makes a struct describe a feature group: its fields are the columns. See `varvite_schema::FeatureGroup`.
#[cfg(feature = "feature-group")]
#[proc_macro_derive(FeatureGroup, attributes(feature_group, entity_key, event_time, created_time, column))]
pub fn feature_group(item: TokenStream) -> TokenStream {
    feature_group::expand(item.into(), feature_group::Home::Facade).into()
}

/// `FeatureGroup` for those who use the schema crate alone; `varvite_schema` re-exports it under that name.
#[cfg(feature = "feature-group")]
#[doc(hidden)]
#[proc_macro_derive(SchemaFeatureGroup, attributes(feature_group, entity_key, event_time, created_time, column))]
pub fn schema_feature_group(item: TokenStream) -> TokenStream {
    feature_group::expand(item.into(), feature_group::Home::SchemaCrate).into()
}

/// Makes a struct a collection of assets: its fields are fetched. See `varvite_asset::AssetCollection`.
#[cfg(feature = "asset")]
#[proc_macro_derive(AssetCollection, attributes(fetch))]
pub fn asset_collection(item: TokenStream) -> TokenStream {
    asset_collection::expand(item.into(), asset_collection::Home::Facade).into()
}

/// `AssetCollection` for those who use the asset crate alone; `varvite_asset` re-exports it under that name.
#[cfg(feature = "asset")]
#[doc(hidden)]
#[proc_macro_derive(AssetAssetCollection, attributes(fetch))]
pub fn asset_asset_collection(item: TokenStream) -> TokenStream {
    asset_collection::expand(item.into(), asset_collection::Home::AssetCrate).into()
}

/// Makes a struct a model: its fields are the columns of an asset. See `varvite_asset::FeatureModel`.
#[cfg(feature = "asset")]
#[proc_macro_derive(FeatureModel, attributes(model))]
pub fn feature_model(item: TokenStream) -> TokenStream {
    feature_model::expand(item.into(), feature_model::Home::Facade).into()
}

/// `FeatureModel` for those who use the asset crate alone; `varvite_asset` re-exports it under that name.
#[cfg(feature = "asset")]
#[doc(hidden)]
#[proc_macro_derive(AssetFeatureModel, attributes(model))]
pub fn asset_feature_model(item: TokenStream) -> TokenStream {
    feature_model::expand(item.into(), feature_model::Home::AssetCrate).into()
}

/// Makes a module of functions a graph: see `varvite_flow::dataflow`.
#[cfg(feature = "dataflow")]
#[proc_macro_attribute]
pub fn dataflow(args: TokenStream, item: TokenStream) -> TokenStream {
    dataflow::expand(args.into(), &item.into(), shared::Home::Facade).into()
}

/// `dataflow` for those who use the flow crate alone; `varvite_flow` re-exports it under that name.
#[cfg(feature = "dataflow")]
#[doc(hidden)]
#[proc_macro_attribute]
pub fn flow_dataflow(args: TokenStream, item: TokenStream) -> TokenStream {
    dataflow::expand(args.into(), &item.into(), shared::Home::Own).into()
}

/// Makes the fields of a struct that a function of a dataflow returns nodes. See `varvite_flow::Fields`.
#[cfg(feature = "dataflow")]
#[proc_macro_derive(Fields, attributes(fields))]
pub fn fields(item: TokenStream) -> TokenStream {
    fields::expand(item.into(), shared::Home::Facade).into()
}

/// `Fields` for those who use the flow crate alone; `varvite_flow` re-exports it under that name.
#[cfg(feature = "dataflow")]
#[doc(hidden)]
#[proc_macro_derive(FlowFields, attributes(fields))]
pub fn flow_fields(item: TokenStream) -> TokenStream {
    fields::expand(item.into(), shared::Home::Own).into()
}
