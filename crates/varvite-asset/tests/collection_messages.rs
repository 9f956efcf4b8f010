//! What `#[derive(AssetCollection)]` says about mistakes. Polars makes the list of possible fields longer.
#![cfg(not(feature = "polars"))]

#[test]
fn mistakes_are_explained_in_our_words() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/asset_collection/*.rs");
}
