//! Layers point one way: what each crate may depend on.

use crate::metadata::{Dependency, Package};

/// Which crates of this repository a crate may use, without the prefix `varvite-`. One row a crate.
const ALLOWED: [(&str, Siblings); 19] = [
    ("varvite-time", Siblings::Only(&[])),
    ("varvite-storage", Siblings::Only(&[])),
    ("varvite-macros", Siblings::Only(&[])),
    ("varvite-key", Siblings::Only(&["macros"])),
    ("varvite-schema", Siblings::Only(&["macros", "time"])),
    ("varvite-dataset", Siblings::Only(&["storage", "time"])),
    ("varvite-store", Siblings::Only(&["dataset", "key", "storage", "time"])),
    ("varvite-feature", Siblings::Only(&["dataset", "key", "macros", "schema", "storage", "store", "time"])),
    ("varvite-ops", Siblings::Only(&["time"])),
    ("varvite-flow", Siblings::Only(&["macros", "ops"])),
    ("varvite-asset", Siblings::Only(&["dataset", "key", "macros", "schema", "storage", "store", "time"])),
    (
        "varvite-pipeline",
        Siblings::Only(&["asset", "dataset", "feature", "flow", "key", "ops", "schema", "storage", "store", "time"]),
    ),
    (
        "varvite",
        Siblings::Only(&[
            "asset", "dataset", "feature", "flow", "key", "macros", "ops", "pipeline", "schema", "sql", "storage",
            "store", "time",
        ]),
    ),
    ("varvite-sql", Siblings::Only(&["dataset", "feature", "key", "schema", "storage", "store", "time"])),
    ("varvite-serve", Siblings::Only(&["feature", "schema", "time"])),
    ("varvite-cli", Siblings::Only(&["", "serve"])),
    ("varvite-testkit", Siblings::Any),
    ("varvite-bench", Siblings::Any),
    ("xtask", Siblings::Only(&[])),
];

/// Crates that stay small enough to be used alone.
const WITHOUT_ARROW: [&str; 4] = ["varvite-key", "varvite-time", "varvite-storage", "varvite-macros"];

/// Engines: only behind a feature.
const OPTIONAL: [&str; 5] = ["polars", "datafusion", "duckdb", "spark-connect", "ballista"];

#[derive(Clone, Copy)]
enum Siblings {
    /// These; the empty name is the facade.
    Only(&'static [&'static str]),
    Any,
}

impl Siblings {
    fn allows(self, sibling: &str) -> bool {
        let name = sibling.strip_prefix("varvite-").or(sibling.strip_prefix("varvite"));
        match self {
            Self::Any => true,
            Self::Only(names) => name.is_some_and(|name| names.contains(&name)),
        }
    }
}

/// What is wrong with the dependencies of `packages`. Those of tests alone are free.
pub(crate) fn problems(packages: &[Package]) -> Vec<String> {
    let is_sibling = |name: &str| packages.iter().any(|package| package.name == name);
    let of_package = |package: &Package| {
        let shipped: Vec<&Dependency> = package.dependencies.iter().filter(|line| line.is_shipped()).collect();
        let siblings = shipped.iter().filter(|line| is_sibling(&line.name)).map(|line| line.name.as_str());
        let mut found = check_siblings(&package.name, siblings);
        found.extend(shipped.iter().filter_map(|line| check_foreign(&package.name, line)));
        found
    };
    packages.iter().flat_map(of_package).collect()
}

fn check_siblings<'a>(package: &str, siblings: impl Iterator<Item = &'a str>) -> Vec<String> {
    let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == package) else {
        return vec![format!("{package}: not in the table of layers: add it to `ALLOWED` in xtask/src/layers.rs")];
    };
    let refused = siblings.filter(|sibling| !allowed.allows(sibling));
    refused.map(|sibling| format!("{package}: may not depend on {sibling}: layers point one way")).collect()
}

fn check_foreign(package: &str, line: &Dependency) -> Option<String> {
    let of_family = |family: &str| {
        line.name.strip_prefix(family).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
    };
    if WITHOUT_ARROW.contains(&package) && (of_family("arrow") || of_family("parquet")) {
        return Some(format!("{package}: may not depend on {}: it is a crate without Arrow", line.name));
    }
    if !line.optional && OPTIONAL.into_iter().any(of_family) {
        return Some(format!("{package}: {} must be optional, behind a feature", line.name));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependencies: &[(&str, Option<&str>, bool)]) -> Package {
        let line = |(name, kind, optional): &(&str, Option<&str>, bool)| Dependency {
            name: (*name).to_owned(),
            kind: kind.map(str::to_owned),
            optional: *optional,
        };
        let dependencies = dependencies.iter().map(line).collect();
        Package {
            name: name.to_owned(),
            dependencies,
            targets: Vec::new(),
            features: std::collections::BTreeMap::new(),
        }
    }

    #[track_caller]
    fn check(name: &str, dependency: (&str, Option<&str>, bool), expected: Option<&str>) {
        let mut packages: Vec<Package> = ALLOWED.iter().map(|(name, _)| package(name, &[])).collect();
        packages.retain(|package| package.name != name);
        packages.push(package(name, &[dependency]));
        let found = problems(&packages);
        assert_eq!(found.first().map(String::as_str), expected);
    }

    #[test]
    fn a_crate_uses_what_is_below_it() {
        check("varvite-dataset", ("varvite-time", None, false), None);
        check("varvite-cli", ("varvite", None, false), None);
        check("varvite-testkit", ("varvite-store", None, false), None);
        check("varvite-time", ("chrono", None, false), None);
    }

    #[test]
    fn a_crate_that_uses_what_is_above_it_is_found() {
        let expected = "varvite-time: may not depend on varvite-dataset: layers point one way";
        check("varvite-time", ("varvite-dataset", None, false), Some(expected));
        check("varvite-time", ("varvite-dataset", None, true), Some(expected));
        check("varvite-time", ("varvite-dataset", Some("build"), false), Some(expected));
    }

    #[test]
    fn the_command_line_uses_the_facade_alone() {
        let expected = "varvite-cli: may not depend on varvite-store: layers point one way";
        check("varvite-cli", ("varvite-store", None, false), Some(expected));
    }

    #[test]
    fn tests_may_use_anything() {
        check("varvite-time", ("varvite-testkit", Some("dev"), false), None);
        check("varvite-key", ("arrow", Some("dev"), false), None);
        check("varvite-store", ("polars", Some("dev"), false), None);
    }

    #[test]
    fn a_crate_that_nobody_placed_is_found() {
        let expected = "varvite-new: not in the table of layers: add it to `ALLOWED` in xtask/src/layers.rs";
        check("varvite-new", ("serde", None, false), Some(expected));
    }

    #[test]
    fn arrow_in_a_leaf_is_found() {
        let expected = "varvite-key: may not depend on arrow-ipc: it is a crate without Arrow";
        check("varvite-key", ("arrow-ipc", None, true), Some(expected));
        check("varvite-dataset", ("arrow-ipc", None, false), None);
        check("varvite-key", ("arrowhead", None, false), None);
    }

    #[test]
    fn an_engine_that_everybody_gets_is_found() {
        let expected = "varvite-dataset: polars-core must be optional, behind a feature";
        check("varvite-dataset", ("polars-core", None, false), Some(expected));
        check("varvite-dataset", ("polars", None, true), None);
        check("varvite", ("datafusion", None, false), Some("varvite: datafusion must be optional, behind a feature"));
    }
}
