//! The steps that cargo does alone: `fmt`, `lint`, `test`, `polars`, `doctest`.

use anyhow::Result;

use crate::examples;
use crate::run::{cargo, has_cargo};

pub(crate) fn fmt() -> Result<()> {
    cargo(&["fmt", "--all", "--check"])
}

pub(crate) fn lint() -> Result<()> {
    cargo(&["clippy", "--workspace", "--all-targets", "--features", FULL, "--", "-D", "warnings"])
}

/// All features of the command line, and of the facade that it has no use for: what everything is built with, so that no
/// crate is built twice.
pub(crate) const FULL: &str = "varvite-cli/full,varvite-testkit/sql,varvite/text-files";

/// With nextest where it is installed, which runs tests side by side and lists what failed at the end.
pub(crate) fn test() -> Result<()> {
    let full = ["--features", FULL, "--no-fail-fast"];
    if has_cargo("nextest") {
        return cargo(&[&["nextest", "run", "--workspace"][..], &full].concat());
    }
    cargo(&[&["test", "--workspace", "--lib", "--bins", "--tests"][..], &full].concat())
}

/// The tests of Polars frames and expressions, the conformance cases of them, and examples: a step of its own, as Polars takes long to build.
pub(crate) fn polars() -> Result<()> {
    const CRATES: [&str; 6] =
        ["varvite", "varvite-dataset", "varvite-feature", "varvite-asset", "varvite-flow", "varvite-testkit"];
    // Together, so that Polars is built once.
    let features =
        [&CRATES.map(|name| format!("{name}/polars"))[..], &["varvite/asset".to_owned(), "varvite/flow".to_owned()]]
            .concat()
            .join(",");
    let with = [&CRATES.map(|name| ["--package", name]).concat()[..], &["--features", &features]].concat();
    cargo(&[&["test", "--quiet"][..], &with, &["--test", "polars*", "--test", "write_frame"]].concat())?;
    // The guide of frames and expressions stands in the documentation of the dataflow crate.
    cargo(&[&["test", "--quiet", "--doc"][..], &with, &["--", "crates/varvite-flow/"]].concat())?;
    examples::run_with_polars(&with)
}

pub(crate) fn doctest() -> Result<()> {
    cargo(&["test", "--quiet", "--workspace", "--doc", "--features", FULL])
}
