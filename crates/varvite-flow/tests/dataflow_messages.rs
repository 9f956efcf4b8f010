//! What `#[dataflow]` says about mistakes: with the feature `ops`, since the compiler writes some names at length where another
//! crate has them too.
#![cfg(all(feature = "macros", feature = "ops"))]

#[test]
fn mistakes_are_explained_where_they_are_made() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/dataflow/*.rs");
}
