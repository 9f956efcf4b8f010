//! `interop`: other readers read the folders that the demo and random work write, and must see what we see.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::metadata;
use crate::python::{clean, environment, install};
use crate::run::{cargo, run};

const SCRIPTS: &str = "xtask/interop";
const READERS: [&str; 3] = ["pyarrow", "duckdb", "polars"];

/// Two states of each dataset of random work.
const BRIEFLY: usize = 104;

/// Has pyarrow, `DuckDB` and Polars read the folders that the demo and random work write.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many states of random work are compared with a model.
    #[arg(long, default_value_t = 624)]
    states: usize,
    /// What that work is drawn from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(crate) fn run_readers(args: &Args) -> Result<()> {
    let target = metadata::read()?.target_directory;
    let python = python(&target)?;
    run(&mut unit_tests(&python))?;
    states(&python, &target, args)?;
    let demo = fresh(&target.join("interop").join("demo"))?;
    cargo(&["run", "--release", "--package", "varvite-cli", "--", "demo", &demo.to_string_lossy()])?;
    run(&mut readers(&python, &demo, &command_line(&target)))
}

/// Some states; or a line that says what is missing for it.
pub(crate) fn briefly() -> Result<()> {
    let target = metadata::read()?.target_directory;
    match python(&target) {
        Ok(python) => {
            run(&mut unit_tests(&python))?;
            states(&python, &target, &Args { states: BRIEFLY, seed: 1 })
        }
        Err(missing) => {
            eprintln!("SKIPPED: {missing:#}");
            Ok(())
        }
    }
}

/// A Python that has the readers.
fn python(target: &Path) -> Result<PathBuf> {
    let python = environment("python3", &target.join("interop").join("venv"))?;
    install(&python, &Path::new(SCRIPTS).join("requirements.txt"))?;
    Ok(python)
}

/// Has random work leave states behind, and every reader compare them with what they must hold.
fn states(python: &Path, target: &Path, args: &Args) -> Result<()> {
    let folder = fresh(&target.join("interop").join("states"))?;
    let [states, seed] = [args.states.to_string(), args.seed.to_string()];
    let path = folder.to_string_lossy();
    cargo(&[
        "run",
        "--package",
        "varvite-testkit",
        "--bin",
        "states",
        "--",
        &path,
        "--states",
        &states,
        "--seed",
        &seed,
    ])?;
    let failed: Vec<&str> =
        READERS.into_iter().filter(|reader| run(&mut reading(python, reader, &folder)).is_err()).collect();
    if !failed.is_empty() {
        bail!("{} saw something else; the states are in {path}", failed.join(" and "));
    }
    Ok(std::fs::remove_dir_all(&folder)?)
}

fn reading(python: &Path, reader: &str, folder: &Path) -> Command {
    let mut command = clean(python);
    command.arg(Path::new(SCRIPTS).join("states.py")).arg(reader).arg(folder);
    command
}

fn command_line(target: &Path) -> PathBuf {
    target.join("release").join(format!("varvite{}", std::env::consts::EXE_SUFFIX))
}

/// An empty folder; what an earlier run left in it is gone.
fn fresh(folder: &Path) -> Result<PathBuf> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).with_context(|| format!("emptying {}", folder.display()))?;
    }
    std::fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
    Ok(folder.to_owned())
}

fn unit_tests(python: &Path) -> Command {
    let mut command = clean(python);
    command.args(["-m", "unittest", "discover", "--start-directory", SCRIPTS]);
    command
}

fn readers(python: &Path, root: &Path, varvite: &Path) -> Command {
    let mut command = clean(python);
    command.arg(Path::new(SCRIPTS).join("read.py")).arg(root).arg("--varvite").arg(varvite);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readers_get_the_folder_and_the_command_line() {
        let command = readers(Path::new("python"), Path::new("demo"), Path::new("varvite"));
        let args: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect();
        assert_eq!(args, ["xtask/interop/read.py", "demo", "--varvite", "varvite"]);
    }

    #[test]
    fn the_committed_files_are_there() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop");
        for name in ["read.py", "states.py", "test_read.py", "test_states.py", "requirements.txt"] {
            assert!(here.join(name).is_file(), "{name}");
        }
    }
}
