//! Running other programs.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// Runs cargo, without what the cargo that runs this program has told it about its package: scripts that build
/// dependencies look at that, and would build them anew after each cargo that was called by hand.
pub(crate) fn cargo(args: &[&str]) -> Result<()> {
    cargo_with(args, &[])
}

/// The same with variables of its environment.
pub(crate) fn cargo_with(args: &[&str], environment: &[(&str, String)]) -> Result<()> {
    let mut command = Command::new("cargo");
    for (name, _) in std::env::vars_os() {
        if is_of_package(&name.to_string_lossy()) {
            command.env_remove(&name);
        }
    }
    let variables = environment.iter().map(|(name, value)| (name, value));
    run(command.args(args).envs(variables))
}

fn is_of_package(variable: &str) -> bool {
    variable.starts_with("CARGO_PKG_") || variable.starts_with("CARGO_MANIFEST_")
}

/// Runs `command`; an error names it so that it can be run again by hand.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let text = text(command);
    eprintln!("$ {text}");
    let status = command.status().with_context(|| format!("`{text}` could not be started"))?;
    ensure!(status.success(), "`{text}` failed: {status}");
    Ok(())
}

/// What `command` prints to its standard output.
pub(crate) fn output(command: &mut Command) -> Result<Vec<u8>> {
    let text = text(command);
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("`{text}` could not be started"))?;
    ensure!(output.status.success(), "`{text}` failed: {}", output.status);
    Ok(output.stdout)
}

/// Whether `cargo NAME` is installed.
pub(crate) fn has_cargo(name: &str) -> bool {
    let version = Command::new("cargo").args([name, "--version"]).output();
    version.is_ok_and(|output| output.status.success())
}

/// Prints all of `failed` as one error; nothing failed, nothing is wrong.
pub(crate) fn report(what: &str, failed: &[String]) -> Result<()> {
    ensure!(failed.is_empty(), "{} {what} failed:\n{}", failed.len(), failed.join("\n"));
    Ok(())
}

fn text(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_reads_as_it_is_typed() {
        assert_eq!(text(Command::new("cargo").args(["test", "--doc"])), "cargo test --doc");
    }

    #[test]
    fn what_cargo_says_of_this_package_is_known() {
        assert!(is_of_package("CARGO_PKG_NAME") && is_of_package("CARGO_MANIFEST_DIR"));
        assert!(!is_of_package("CARGO_TARGET_DIR") && !is_of_package("CARGO_HOME"));
    }

    #[test]
    fn every_failure_is_named() {
        assert!(report("examples", &[]).is_ok());
        let error = report("examples", &["a: it ended".to_owned(), "b: it ended".to_owned()]).unwrap_err();
        assert_eq!(error.to_string(), "2 examples failed:\na: it ended\nb: it ended");
    }
}
