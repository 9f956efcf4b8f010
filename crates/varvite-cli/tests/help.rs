//! Help, completions, man pages, and JSON where nothing else tests it.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says enough by failing")]

mod common;

use common::{folder, varvite, with_day};

#[test]
fn help() {
    let name = if cfg!(feature = "sql") { "help_with_sql" } else { "help" };
    insta::assert_snapshot!(name, varvite(folder().path(), "--help").ok());
}

#[test]
#[cfg(feature = "sql")]
fn help_of_sql() {
    let folder = folder();
    assert!(varvite(folder.path(), "sql --help").ok().contains("Usage: varvite sql"));
    assert!(varvite(folder.path(), "man sql").ok().contains("EXTRA"));
}

#[test]
fn help_of_write() {
    insta::assert_snapshot!(varvite(folder().path(), "dataset write --help").ok());
}

#[test]
fn every_command_has_help_and_a_man_page() {
    let folder = folder();
    for command in [
        "demo",
        "dataset",
        "dataset write",
        "dataset replace",
        "dataset delete",
        "dataset scan",
        "dataset info",
        "dataset log",
        "dataset tag",
        "dataset compact",
        "dataset vacuum",
        "dataset check",
        "dataset import",
        "dataset remove",
        "store",
        "store ls",
        "store intersections",
        "feature",
        "feature apply",
        "feature list",
        "feature search",
        "feature show",
        "feature log",
        "feature write",
        "feature delete",
        "feature get",
        "feature join",
        "feature explain",
        "feature leak-check",
        "feature lineage",
        "feature stats",
        "feature health",
        "feature materialize",
        "feature online",
        "asset",
        "asset ls",
        "asset show",
        "asset fetch",
        "asset gaps",
        "asset write",
        "asset repartition",
        "asset remove",
        "completions",
        "man",
    ] {
        let help = varvite(folder.path(), &format!("{command} --help")).ok();
        assert!(help.contains(&format!("Usage: varvite {command}")), "{help}");
        let page = varvite(folder.path(), &format!("man {command}")).ok();
        assert!(page.contains(".TH") && page.contains("EXTRA") || page.contains("SUBCOMMANDS"), "{page}");
    }
}

#[test]
fn completions_for_every_shell() {
    let folder = folder();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = varvite(folder.path(), &format!("completions {shell}")).ok();
        assert!(script.contains("intersections"), "{shell}");
    }
    let json = varvite(folder.path(), "completions bash --json").json();
    assert!(json["script"].as_str().unwrap().contains("varvite"));
    assert_eq!(varvite(folder.path(), "man store ls --json").json()["name"], "varvite-store-ls");
}

#[test]
fn errors_as_json() {
    let folder = with_day();
    let error = |line: &str, code: i32| -> serde_json::Value {
        let run = varvite(folder.path(), line);
        assert_eq!((run.code, run.out.as_str()), (code, ""), "{line}");
        serde_json::from_str::<serde_json::Value>(&run.err).unwrap()["error"].clone()
    };
    let missing = error("dataset write day none.csv --json", 1);
    assert_eq!((missing["code"].clone(), missing["dataset"].clone()), ("VV0901".into(), "day".into()));
    assert_eq!(missing["causes"].as_array().unwrap().len(), 1);
    let usage = error("dataset write day day.csv --row-group-target-size 1ME --json", 2);
    assert_eq!(usage["code"], "VV0900");
    assert!(usage["message"].as_str().unwrap().contains("use `MS`"));
    assert_eq!(error("--json dataset log none", 1)["code"], "VV0101");
}

#[test]
fn verbose_logs_go_to_stderr() {
    let folder = with_day();
    let run = varvite(folder.path(), "-vvv dataset scan day --json");
    assert_eq!((run.code, run.out.lines().count()), (0, 9));
}

#[test]
fn version() {
    assert_eq!(varvite(folder().path(), "--version").ok(), format!("varvite {}\n", env!("CARGO_PKG_VERSION")));
}
