//! [`Peers`]: the environments that peers live in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::works::Work;
use crate::python::{clean, environment, pip_install};

const SCRIPTS: &str = "xtask/bench";

/// What `features.py` measures.
const FEATURE_WORKS: [&str; 3] = ["pit", "online", "materialize"];
/// What `assets.py` measures.
const ASSET_WORKS: [&str; 4] = ["asset-write", "asset-plan", "asset-rows", "asset-frame"];
/// What `flow.py` measures; `peers.py` does the rest.
const FLOW_WORKS: [&str; 6] = ["flow-scalar", "flow-build", "flow-layered", "flow-row", "asof", "segagg"];

/// Pythons that make the environment of oups: it needs 3.13 or newer.
const NEWER: [&str; 4] = ["python3.13", "python3.14", "python3", "python"];

/// A Python for each peer, or why there is none.
pub(crate) struct Peers {
    pythons: BTreeMap<String, Result<PathBuf, String>>,
}

/// Makes the environments. A peer that does not install leaves the others alone.
pub(crate) fn install(target: &Path, chosen: &[Work]) -> Result<Peers> {
    let folder = target.join("bench");
    std::fs::create_dir_all(&folder)?;
    let python = environment("python3", &folder.join("venv"))?;
    let mut pythons = each_alone(&python)?;
    // Part of Python.
    pythons.insert("sqlite3".to_owned(), Ok(python));
    for (name, install) in [("oups", oups as fn(&Path) -> _), ("hyperion", hyperion), ("hamilton", hamilton)] {
        if chosen.iter().flat_map(|work| &work.sides).any(|side| side.rival() == Some(name)) {
            pythons.insert(name.to_owned(), install(&folder.join(format!("venv-{name}"))));
        }
    }
    Ok(Peers { pythons })
}

impl Peers {
    /// The script, told to measure a work of `peer`; or why the peer is not there.
    pub(crate) fn command(&self, peer: &str, work: &str) -> Result<Command, String> {
        let script = match work {
            work if FEATURE_WORKS.contains(&work) => "features.py",
            work if ASSET_WORKS.contains(&work) => "assets.py",
            work if FLOW_WORKS.contains(&work) => "flow.py",
            _ => "peers.py",
        };
        let python = self.pythons.get(peer).ok_or_else(|| format!("no requirement names {peer}"))?.clone()?;
        let mut command = clean(&python);
        command.arg(Path::new(SCRIPTS).join(script)).args([work, "--peer", peer]);
        Ok(command)
    }
}

/// Each line of the requirements, installed on its own.
fn each_alone(python: &Path) -> Result<BTreeMap<String, Result<PathBuf, String>>> {
    let path = Path::new(SCRIPTS).join("requirements.txt");
    let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let lines = requirements(&text);
    let installed = lines.map(|(name, line)| {
        let mark = python.with_file_name(format!("{name}.installed"));
        (name.to_owned(), once(&mark, line, pip_install(python).arg(line)).map(|()| python.to_owned()))
    });
    Ok(installed.collect())
}

fn oups(folder: &Path) -> Result<PathBuf, String> {
    let maker = NEWER.into_iter().find(|maker| is_newer(maker)).ok_or("it needs Python 3.13 or newer")?;
    alone("oups", maker, folder)
}

fn hyperion(folder: &Path) -> Result<PathBuf, String> {
    alone("hyperion", "python3", folder)
}

fn hamilton(folder: &Path) -> Result<PathBuf, String> {
    alone("hamilton", "python3", folder)
}

/// A peer in an environment of its own, with a list of requirements of its own.
fn alone(name: &str, maker: &str, folder: &Path) -> Result<PathBuf, String> {
    let python = environment(maker, folder).map_err(|error| format!("{error:#}"))?;
    let path = Path::new(SCRIPTS).join(format!("requirements-{name}.txt"));
    let text = std::fs::read_to_string(&path).map_err(|error| format!("reading {}: {error}", path.display()))?;
    let mark = python.with_file_name(format!("{name}.installed"));
    once(&mark, &text, pip_install(&python).arg("--requirement").arg(&path)).map(|()| python)
}

fn is_newer(python: &str) -> bool {
    let test = "import sys; sys.exit(sys.version_info < (3, 13))";
    Command::new(python).args(["-c", test]).output().is_ok_and(|output| output.status.success())
}

/// Runs `install` unless `mark` says that just this was installed before.
fn once(mark: &Path, what: &str, install: &mut Command) -> Result<(), String> {
    if std::fs::read_to_string(mark).is_ok_and(|marked| marked == what) {
        return Ok(());
    }
    eprintln!("installing {}", what.lines().last().unwrap_or_default());
    let output = install.output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("it does not install: {}", errors.lines().last().unwrap_or("pip says nothing")));
    }
    std::fs::write(mark, what).map_err(|error| error.to_string())
}

/// Names and lines of requirements, without comments.
fn requirements(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| (line.split("==").next().unwrap_or(line), line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_read_line_by_line() {
        let found: Vec<_> = requirements("# a\nx==1\n\ny==2.0\n").collect();
        assert_eq!(found, [("x", "x==1"), ("y", "y==2.0")]);
    }

    #[test]
    fn a_peer_that_is_not_there_says_why() {
        let broken = Err("it does not install: no wheel".to_owned());
        let peers = Peers { pythons: BTreeMap::from([("x".to_owned(), broken)]) };
        assert_eq!(peers.command("x", "read").unwrap_err(), "it does not install: no wheel");
        assert!(peers.command("y", "read").is_err());
    }
}
