//! `varvite feature show ROOT NAME`

use std::path::PathBuf;

use serde_json::json;
use varvite::feature::{Direction, FeatureStore, LineageKind, LineageNode, Reach, RegistryState};
use varvite::schema::{DefinitionKind, DefinitionParts, Definitions, FeatureView, Format};

use super::facts::updated;
use super::{Outcome, open};
use crate::error::{About, Result};
use crate::output::format::{count, plural};
use crate::output::{print, print_json};

/// Shows a definition, how many rows it has, when it was changed, and what it comes from
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  varvite feature show features users
  varvite feature show features users@v1 --yaml > users.yaml

JSON: {\"store\", \"name\", \"version\", \"kind\", \"definition\", \"rows\", \"commits\", \"updated\", \"lineage\": {feature: [node]}}")]
pub(crate) struct Args {
    /// The store's folder
    root: PathBuf,

    /// A group, window, virtual or on-demand group, source or feature service, such as `users` or `users@v1`
    #[arg(value_name = "NAME[@vN]")]
    name: String,

    /// Prints the definition alone, as a file that `apply` takes
    #[arg(long, conflicts_with = "json")]
    yaml: bool,
}

/// What a name stands for.
struct Found {
    kind: DefinitionKind,
    name: String,
    version: Option<u32>,
    /// It alone.
    definition: Definitions,
    text: String,
    features: Vec<String>,
}

pub(crate) fn run(args: &Args, as_json: bool) -> Result<Outcome> {
    show(args, as_json).about_a("store", &args.root.display().to_string())?;
    Ok(Outcome::Done)
}

fn show(args: &Args, as_json: bool) -> Result<()> {
    let store = open(&args.root)?;
    let state = store.registry().state()?;
    let found = find(state.definitions(), &args.name)?;
    if args.yaml {
        return print(found.definition.write(Format::Yaml)?.trim_end());
    }
    let stored = found.stored(&store)?;
    let lineage = found.lineage(&state)?;
    let updated = updated(&state, &found.name);
    if as_json {
        let (rows, commits) = stored.unzip();
        let lineage: serde_json::Map<_, _> = lineage.into_iter().map(|(name, from)| (name, json!(from))).collect();
        return print_json(&json!({"store": args.root, "name": found.name, "version": found.version,
            "kind": found.kind.to_string(), "definition": found.definition, "rows": rows, "commits": commits,
            "updated": updated, "lineage": lineage}));
    }
    let mut lines = vec![found.text];
    if let Some((rows, commits)) = stored {
        lines.push(format!("  rows          {} in {}", count(rows), plural(commits, "commit")));
    }
    lines.extend(updated.map(|updated| format!("  last changed  {updated}")));
    lines.extend(lineage.iter().map(|(name, from)| format!("  {name} comes from {}", from.join(", "))));
    print(&lines.join("\n"))
}

impl Found {
    /// Rows and commits of a group; `None` for what is computed.
    fn stored(&self, store: &FeatureStore) -> Result<Option<(u64, u64)>> {
        let (DefinitionKind::Group, Some(version)) = (self.kind, self.version) else { return Ok(None) };
        let history = store.group(&format!("{}@v{version}", self.name))?;
        let commits = history.dataset().snapshot().map_or(0, |snapshot| snapshot.version + 1);
        Ok(Some((history.num_rows(), commits)))
    }

    /// What each feature comes from, where that is known.
    fn lineage(&self, state: &RegistryState) -> Result<Vec<(String, Vec<String>)>> {
        let mut lines = Vec::new();
        for feature in &self.features {
            let node: LineageNode = format!("{}.{feature}", self.name).parse()?;
            let from = state.lineage(&node, Direction::Upstream, LineageKind::Value, Reach::Direct)?;
            if !from.is_empty() {
                lines.push((feature.clone(), from.iter().map(ToString::to_string).collect()));
            }
        }
        Ok(lines)
    }
}

/// Looks among what has features, then among sources and services.
fn find(definitions: &Definitions, text: &str) -> Result<Found> {
    let (name, version) = parse(text)?;
    if definitions.kind_of(name) == Some(DefinitionKind::Source) {
        let source = definitions.source(name)?;
        let parts = DefinitionParts { sources: vec![source.clone()], ..DefinitionParts::default() };
        return found(DefinitionKind::Source, (name, None), parts, source.to_string());
    }
    let is_service = definitions.kind_of(name).is_none() && definitions.service(name, None).is_ok();
    if is_service {
        let service = definitions.service(name, version)?;
        let parts = DefinitionParts { services: vec![service.clone()], ..DefinitionParts::default() };
        return found(DefinitionKind::Service, (name, Some(service.version())), parts, service.to_string());
    }
    let view = definitions.view(name, version)?;
    let mut parts = DefinitionParts::default();
    let text = match view {
        FeatureView::Window(window) => {
            parts.windows.push(window.clone());
            window.to_string()
        }
        FeatureView::Virtual(group) => {
            parts.virtual_groups.push(group.clone());
            group.to_string()
        }
        FeatureView::OnDemand(group) => {
            parts.on_demand.push(group.clone());
            group.to_string()
        }
        _ => {
            let group = definitions.group(name, Some(view.version()))?;
            parts.groups.push(group.clone());
            group.to_string()
        }
    };
    let mut found = found(view.kind(), (name, Some(view.version())), parts, text)?;
    found.features = view.feature_names().into_iter().map(str::to_owned).collect();
    Ok(found)
}

fn found(
    kind: DefinitionKind,
    (name, version): (&str, Option<u32>),
    parts: DefinitionParts,
    text: String,
) -> Result<Found> {
    let definition = Definitions::from_parts(parts)?;
    Ok(Found { kind, name: name.to_owned(), version, definition, text, features: Vec::new() })
}

/// `users` or `users@v2`.
fn parse(text: &str) -> Result<(&str, Option<u32>)> {
    let Some((name, version)) = text.split_once('@') else { return Ok((text, None)) };
    let number = version.strip_prefix('v').and_then(|number| number.parse().ok());
    match number {
        Some(number) => Ok((name, Some(number))),
        None => Err(super::options::usage(format!("`@{version}` is no version: write it like `@v2`"))),
    }
}
