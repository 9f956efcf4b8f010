//! `states`: leaves data folders in many states, and what each must hold, for `cargo xtask interop`.

use std::path::PathBuf;

use clap::Parser;

/// Leaves data folders in the states that random work brings them to, each with the rows that it must hold.
#[derive(Parser)]
struct Cli {
    /// An empty folder.
    folder: PathBuf,
    /// How many states.
    #[arg(long, default_value_t = 104)]
    states: usize,
    /// What datasets and their work are drawn from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> anyhow::Result<()> {
    let Cli { folder, states, seed } = Cli::parse();
    #[cfg(unix)]
    varvite_testkit::states::leave(&folder, seed, states)?;
    #[cfg(not(unix))]
    anyhow::bail!("{states} states of seed {seed} in {}: only on Unix", folder.display());
    #[cfg(unix)]
    Ok(())
}
