//! What `#[dataflow]` says about mistakes.
#![cfg(feature = "macros")]

#[test]
fn mistakes_are_explained_where_they_are_made() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/dataflow/*.rs");
}
