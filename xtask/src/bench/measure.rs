//! [`Bench`]: prepares and runs works, one process a measurement, sides in turn.

use std::fs::File;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::Value;

use super::features;
use super::goals::Verdict;
use super::outcome::{Fact, Figures, Reply, SideResult};
use super::peers::Peers;
use super::sides::{Program, Side};
use super::sizes::Size;
use super::works::{Data, Expected, Work};
use crate::run::run;

/// How long a process may take.
const LIMIT: Duration = Duration::from_secs(20 * 60);
/// How often a floor is measured in one process.
const FLOOR_REPEATS: usize = 3;
const WEATHER: &str = "crates/varvite-cli/data/nyc_weather_2013.parquet";

/// Everything that measuring needs.
pub(crate) struct Bench {
    pub(crate) folders: Folders,
    pub(crate) peers: Peers,
    pub(crate) runs: usize,
    pub(crate) size: Size,
}

/// Where things are, below the target folder.
pub(crate) struct Folders {
    pub(crate) root: PathBuf,
    /// Our program.
    program: PathBuf,
    /// Our program with frames.
    frames: PathBuf,
}

/// A work with what became of it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct WorkResult {
    #[serde(serialize_with = "name_of")]
    pub(crate) work: Work,
    pub(crate) sides: Vec<SideResult>,
    pub(crate) goals: Vec<Verdict>,
}

fn name_of<S: serde::Serializer>(work: &Work, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&work.name)
}

impl Folders {
    pub(crate) fn new(target: &Path, size: &str) -> Self {
        let named = |name: &str| format!("{name}{}", std::env::consts::EXE_SUFFIX);
        Self {
            root: target.join("bench").join(size),
            program: target.join("release").join(named("varvite-bench")),
            frames: target.join("frames").join(named("varvite-bench-frames")),
        }
    }

    fn program(&self, work: &Work) -> &Path {
        if work.frames { &self.frames } else { &self.program }
    }

    fn case(&self, data: &Data) -> PathBuf {
        self.root.join("data").join(data.name())
    }

    /// What was prepared by `side`, or what it reads instead of that.
    fn base(&self, data: &Data, side: &Side) -> PathBuf {
        let whose = match side.program {
            Program::Peer { files: Some(super::sides::Files::Ours), .. }
            | Program::Ours
            | Program::Bare { .. }
            | Program::Floor { .. } => "varvite",
            // It prepares nothing of its own.
            Program::Peer { lesser: Some(_), .. } if *data == Data::Walk => "varvite",
            Program::Peer { name, .. } => name,
        };
        self.root.join("base").join(data.name()).join(whose)
    }

    fn scratch(&self) -> PathBuf {
        self.root.join("scratch")
    }
}

impl Bench {
    /// Generates the data that these works are done on, where it is missing.
    pub(crate) fn generate(&self, works: &[Work]) -> Result<()> {
        for work in works {
            if let Some(args) = self.generation(&work.data) {
                let mut command = Command::new(&self.folders.program);
                run(command.arg("generate").args(args).arg("--dir").arg(self.folders.case(&work.data)))?;
            }
        }
        Ok(())
    }

    fn generation(&self, data: &Data) -> Option<Vec<String>> {
        let size = &self.size;
        let text = |args: &[(&str, usize)]| -> Vec<String> {
            args.iter().flat_map(|(name, number)| [(*name).to_owned(), number.to_string()]).collect()
        };
        let (what, args) = match data {
            Data::Series => ("series", text(&[("--rows", size.rows)])),
            Data::Weather => ("weather", vec!["--source".to_owned(), WEATHER.to_owned()]),
            Data::Append { row_groups } => {
                let base = ("--base-rows", row_groups * size.rows_of_group);
                ("append", text(&[base, ("--batches", size.appends), ("--batch-rows", size.rows_of_append)]))
            }
            Data::History => {
                let keys = ("--keys", size.feature_keys);
                ("history", text(&[("--rows", size.feature_rows), keys, ("--entity-rows", size.entity_rows)]))
            }
            Data::Online => (
                "online",
                text(&[("--keys", size.feature_keys), ("--asked", features::LOOK_UPS_OF_SEVERAL * features::SEVERAL)]),
            ),
            Data::Assets => ("assets", text(&[("--days", size.days), ("--rows", size.rows_of_day)])),
            Data::Flow => ("flow", text(&[("--rows", size.flow_rows)])),
            Data::Ticks => ("ticks", text(&[("--rows", size.ticks)])),
            Data::Walk | Data::Keys | Data::Intervals => return None,
        };
        Some(std::iter::once(what.to_owned()).chain(args).collect())
    }

    /// Does a work as often as asked: all sides once, then all of them again, each time beginning with another.
    pub(crate) fn measure(&self, work: &Work) -> Result<WorkResult> {
        eprintln!("\n== {}: {}", work.name, work.title);
        let expected = self.expected(work)?;
        let mut sides: Vec<SideResult> = work.sides.iter().cloned().map(SideResult::new).collect();
        for result in &mut sides {
            result.unavailable = self.prepare(work, &result.side).err();
        }
        for round in 0..self.runs {
            let count = sides.len();
            for at in 0..count {
                let result = &mut sides[(at + round) % count];
                if result.unavailable.is_none() && (round == 0 || !result.side.slow) {
                    progress(&format!("{}/{}: {}", round + 1, self.runs, result.title));
                    self.measure_once(work, result, &expected)?;
                }
            }
        }
        progress("");
        for result in &mut sides {
            result.figures = Figures::of(&result.replies);
        }
        Ok(WorkResult { work: work.clone(), sides, goals: Vec::new() })
    }

    /// The side's answer, or why it gives none from now on.
    fn measure_once(&self, work: &Work, result: &mut SideResult, expected: &Fact) -> Result<()> {
        empty(&self.folders.scratch())?;
        let answer = self.command(work, &result.side).and_then(|mut command| self.answer(&mut command));
        match answer {
            Err(why) => result.fail(why),
            Ok(Reply { unavailable: Some(why), version, .. }) => {
                result.version = version;
                result.fail(why);
            }
            Ok(reply) => {
                result.version.clone_from(&reply.version);
                let compared = !result.side.is_floor();
                match reply.differs_from(expected).filter(|_| compared) {
                    Some(why) => result.fail(why),
                    None => result.replies.push(reply),
                }
            }
        }
        empty(&self.folders.scratch())
    }

    fn answer(&self, command: &mut Command) -> Result<Reply, String> {
        let output = self.limited(command).map_err(|error| format!("{error:#}"))??;
        Reply::parse(&output).map_err(|error| format!("{error:#}"))
    }

    fn prepare(&self, work: &Work, side: &Side) -> Result<(), String> {
        empty(&self.folders.scratch()).map_err(|error| format!("{error:#}"))?;
        let mut command = self.command(work, side)?;
        self.limited(command.arg("--prepare")).map_err(|error| format!("{error:#}"))?.map(drop)
    }

    /// What the command prints; or why it ended badly. Its output goes through files, so that no pipe runs full.
    fn limited(&self, command: &mut Command) -> Result<Result<String, String>> {
        let (out, errors) = (self.folders.root.join("out"), self.folders.root.join("errors"));
        let stdout = File::create(&out).with_context(|| format!("creating {}", out.display()))?;
        command.stdin(Stdio::null()).stdout(stdout).stderr(File::create(&errors)?);
        let Some(status) = wait(command)? else {
            return Ok(Err(format!("it takes more than {} minutes", LIMIT.as_secs() / 60)));
        };
        if status.success() {
            return Ok(Ok(std::fs::read_to_string(&out)?));
        }
        let said = std::fs::read(&errors)?;
        let said = String::from_utf8_lossy(&said);
        let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
        // Rust says it first, Python last.
        let message = lines.clone().find(|line| line.starts_with("Error: ")).or(lines.next_back()).unwrap_or_default();
        Ok(Err(format!("failed ({status}): {message}")))
    }

    fn command(&self, work: &Work, side: &Side) -> Result<Command, String> {
        let folders = &self.folders;
        let mut command = match &side.program {
            Program::Ours => {
                let mut command = Command::new(folders.program(work));
                command.arg(work.command).args(&work.args);
                command
            }
            Program::Bare { .. } => {
                let mut command = Command::new(folders.program(work));
                command.arg(work.command).args(&work.args).arg("--bare");
                command
            }
            Program::Peer { name, files, how, .. } => {
                let mut command = self.peers.command(name, work.command)?;
                command.args(&work.args).args(files.iter().flat_map(|files| ["--files", files.as_str()]));
                command.args(how.iter().flat_map(|how| ["--how", how]));
                command
            }
            Program::Floor { what, .. } => {
                let mut command = Command::new(&folders.program);
                command.args(["floor", "--what", what, "--repeats", &FLOOR_REPEATS.to_string()]);
                command
            }
        };
        if work.repeats > 1 && !matches!(side.program, Program::Floor { .. }) {
            command.arg("--repeats").arg(work.repeats.to_string());
        }
        command.arg("--case").arg(folders.case(&work.data)).arg("--base").arg(folders.base(&work.data, side));
        command.arg("--scratch").arg(folders.scratch());
        if side.durable == Some(true) {
            command.arg("--durable");
        }
        Ok(command)
    }

    fn expected(&self, work: &Work) -> Result<Fact> {
        let name = match work.expected {
            Expected::Rows(rows) => return Ok(Fact { rows, ..Fact::default() }),
            Expected::Fact(name) => name,
        };
        let path = self.folders.case(&work.data).join("case.json");
        let text = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        let case: Value = serde_json::from_slice(&text)?;
        let fact = case["facts"].get(name).with_context(|| format!("{} has no fact `{name}`", path.display()))?;
        Ok(serde_json::from_value(fact.clone())?)
    }
}

/// Waits for the end of `command`; `None` if it took too long and was ended.
fn wait(command: &mut Command) -> Result<Option<ExitStatus>> {
    let mut child =
        command.spawn().with_context(|| format!("{} could not be started", command.get_program().display()))?;
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() > LIMIT {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Says on a terminal what is being done, in place of what was said before.
fn progress(text: &str) {
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K{text}");
    }
}

/// An empty folder.
fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).with_context(|| format!("emptying {}", folder.display()))?;
    }
    std::fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))
}
