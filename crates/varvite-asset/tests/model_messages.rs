//! What the derive of models says about mistakes.

#[test]
fn mistakes_are_explained_in_our_words() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/feature_model/*.rs");
}
