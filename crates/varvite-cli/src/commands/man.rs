//! `varvite man [COMMAND]...`

use clap::CommandFactory;
use clap_mangen::Man;
use serde_json::json;

use super::Outcome;
use crate::args::Cli;
use crate::error::{Error, Result, similar};
use crate::output::{print, print_json};

/// Prints the man page, or that of a command
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite man | man -l -
  varvite man dataset write > varvite-dataset-write.1

JSON: {\"name\", \"page\"}, the page in roff")]
pub(crate) struct Args {
    /// The command, such as `dataset write`
    command: Vec<String>,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    let mut command = Cli::command();
    command.build();
    for name in &args.command {
        command = match command.find_subcommand(name) {
            Some(found) => found.clone(),
            None => return Err(unknown(name, &command).into()),
        };
    }
    let name = args.command.iter().fold("varvite".to_owned(), |name, part| format!("{name}-{part}"));
    let mut page = Vec::new();
    let rendered = Man::new(command).render(&mut page);
    rendered.map_err(|error| Error::Write { path: "-".to_owned(), source: error.into() })?;
    let page = String::from_utf8_lossy(&page);
    if as_json {
        print_json(&json!({"name": name, "page": page}))?;
    } else {
        print(page.trim_end())?;
    }
    Ok(Outcome::Done)
}

fn unknown(name: &str, command: &clap::Command) -> Error {
    let suggestion = similar(name, command.get_subcommands().map(clap::Command::get_name));
    let suggestion = suggestion.map(|name| format!(": did you mean `{name}`?")).unwrap_or_default();
    Error::Usage(format!("there is no command `{name}`{suggestion}"))
}
