//! `varvite completions SHELL`

use clap::CommandFactory;
use clap_complete::Shell;
use serde_json::json;

use super::Outcome;
use crate::args::Cli;
use crate::error::Result;
use crate::output::{print, print_json};

/// Prints shell completions
#[derive(Debug, Clone, Copy, clap::Args)]
#[command(after_help = "Example:
  varvite completions bash > ~/.local/share/bash-completion/completions/varvite

JSON: {\"shell\", \"script\"}")]
pub(crate) struct Args {
    shell: Shell,
}

pub(crate) fn run(args: Args, as_json: bool) -> Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "varvite", &mut script);
    let script = String::from_utf8_lossy(&script);
    if as_json {
        print_json(&json!({"shell": args.shell.to_string(), "script": script}))?;
    } else {
        print(script.trim_end())?;
    }
    Ok(Outcome::Done)
}
