//! `bench`: measures ours beside its peers, each in processes of its own, in turn.

mod assets;
mod features;
mod flow;
mod goals;
mod machine;
mod measure;
mod outcome;
mod peers;
mod report;
mod sides;
mod sizes;
mod stats;
mod works;

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};

use crate::metadata;
use crate::run::cargo;
use measure::{Bench, Folders};
use sizes::Size;
use works::Work;

/// Measures ours beside its peers.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What to measure; without it, what there is is listed.
    what: Option<What>,
    /// Writes every figure, and facts of the machine, into this file.
    #[arg(long)]
    json: Option<PathBuf>,
    /// A tenth of the size: to see that it works. Goals are meant for the full size.
    #[arg(long)]
    quick: bool,
    /// Only works whose names begin so; may be given several times.
    #[arg(long)]
    only: Vec<String>,
    /// How often each side does each work, in turn.
    #[arg(long, default_value_t = 5)]
    runs: usize,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum What {
    /// Datasets and stores beside pyarrow, Polars, `DuckDB`, delta-rs, `ArcticDB` and oups.
    Dataset,
    /// Features joined as of a point in time, beside `DuckDB` and Polars.
    Pit,
    /// Newest values looked up in the process that has them, beside `SQLite` and LMDB from Python.
    Online,
    /// Assets fetched as rows and as frames, beside Polars and hyperion-sdk. Polars is built for it: that takes long, once.
    Asset,
    /// Dataflows beside Hamilton and Polars; as-of merges and segmented aggregation beside Polars and oups. Builds Polars, too.
    Flow,
}

impl What {
    const ALL: [Self; 5] = [Self::Dataset, Self::Pit, Self::Online, Self::Asset, Self::Flow];

    fn name(self) -> &'static str {
        match self {
            Self::Dataset => "dataset",
            Self::Pit => "pit",
            Self::Online => "online",
            Self::Asset => "asset",
            Self::Flow => "flow",
        }
    }

    fn works(self, size: &Size) -> Vec<Work> {
        match self {
            Self::Dataset => works::all(size),
            Self::Pit => features::pit(size),
            Self::Online => features::online(size),
            Self::Asset => assets::all(size),
            Self::Flow => flow::all(size),
        }
    }
}

impl Args {
    /// The same, whatever folder is entered.
    pub(crate) fn absolute(mut self) -> Result<Self> {
        self.json = self.json.map(std::path::absolute).transpose()?;
        Ok(self)
    }

    fn size(&self) -> Size {
        if self.quick { Size::quick() } else { Size::full() }
    }

    fn wants(&self, work: &Work) -> bool {
        self.only.is_empty() || self.only.iter().any(|begin| work.name.starts_with(begin.as_str()))
    }
}

pub(crate) fn run(args: &Args) -> Result<()> {
    match args.what {
        None => {
            println!("{}", listed(&args.size()));
            Ok(())
        }
        Some(what) => measure(what, args),
    }
}

fn listed(size: &Size) -> String {
    let mut lines = Vec::new();
    for what in What::ALL {
        lines.push(format!("cargo xtask bench {}", what.name()));
        lines.extend(what.works(size).iter().map(|work| format!("  --only {:<24} {}", work.name, work.title)));
    }
    lines.join("\n")
}

fn measure(what: What, args: &Args) -> Result<()> {
    let size = args.size();
    let chosen: Vec<Work> = what.works(&size).into_iter().filter(|work| args.wants(work)).collect();
    ensure!(!chosen.is_empty(), "no work has such a name; `cargo xtask bench` lists them");
    cargo(&["build", "--release", "--package", "varvite-bench"])?;
    if chosen.iter().any(|work| work.frames) {
        let frames = ["--no-default-features", "--features", "frames", "--bin", "varvite-bench-frames"];
        cargo(&[&["build", "--profile", "frames", "--package", "varvite-bench"], frames.as_slice()].concat())?;
    }
    let target = metadata::read()?.target_directory;
    let folders = Folders::new(&target, size.name);
    let machine = machine::Machine::look(&folders.root);
    let bench = Bench { folders, peers: peers::install(&target, &chosen)?, runs: args.runs.max(1), size };
    bench.generate(&chosen)?;
    let mut measured = Vec::new();
    for work in &chosen {
        let found = bench.measure(work)?;
        println!("\n{}", report::table(&found));
        measured.push(found);
        goals::judge(&mut measured);
        println!("{}", report::goals(measured.last().map_or(&[], |work| &work.goals)));
    }
    let report = report::Report::new(machine, &bench, measured);
    println!("\n{}", report.summary());
    if let Some(path) = &args.json {
        let text = serde_json::to_vec_pretty(&report)?;
        std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    let failed = report.failures_of_ours();
    if failed.is_empty() { Ok(()) } else { bail!("ours failed:\n{}", failed.join("\n")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use goals::Goal;
    use sides::Side;

    #[test]
    fn ours_is_beside_each_rival_that_a_goal_names() {
        for work in What::ALL.into_iter().flat_map(|what| what.works(&Size::full())) {
            assert!(work.sides.iter().any(Side::is_ours), "{}", work.name);
            for goal in &work.goals {
                if let Goal::Faster { than, .. } = goal {
                    assert!(
                        than.iter().all(|name| work.sides.iter().any(|side| side.rival() == Some(name))),
                        "{}",
                        work.name
                    );
                }
            }
        }
    }
}
