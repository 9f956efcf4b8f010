//! The steps that cargo does alone: `fmt`, `lint`, `test`, `polars`, `doctest`.

use anyhow::Result;

use crate::run::{cargo, has_cargo};

pub(crate) fn fmt() -> Result<()> {
    cargo(&["fmt", "--all", "--check"])
}

pub(crate) fn lint() -> Result<()> {
    cargo(&["clippy", "--workspace", "--all-targets", "--features", "varvite-cli/full", "--", "-D", "warnings"])
}

/// With nextest where it is installed, which runs tests side by side and lists what failed at the end.
pub(crate) fn test() -> Result<()> {
    // With all features of the command line: that is what it is built with where everything is.
    let full = ["--features", "varvite-cli/full", "--no-fail-fast"];
    if has_cargo("nextest") {
        return cargo(&[&["nextest", "run", "--workspace"][..], &full].concat());
    }
    cargo(&[&["test", "--workspace", "--lib", "--bins", "--tests"][..], &full].concat())
}

/// The tests of Polars frames, and the conformance cases of them: a feature of its own, as Polars takes long to build.
pub(crate) fn polars() -> Result<()> {
    const CRATES: [&str; 4] = ["varvite-dataset", "varvite-feature", "varvite-asset", "varvite-testkit"];
    // Together, so that Polars is built once.
    let features = CRATES.map(|name| format!("{name}/polars")).join(",");
    let packages = CRATES.map(|name| ["--package", name]).concat();
    let tests = ["--test", "polars*", "--test", "write_frame"];
    cargo(&[&["test", "--quiet"][..], &packages, &["--features", &features], &tests].concat())
}

pub(crate) fn doctest() -> Result<()> {
    cargo(&["test", "--quiet", "--workspace", "--doc"])
}
