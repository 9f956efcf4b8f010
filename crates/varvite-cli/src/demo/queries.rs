//! The same feature, asked of a group that is written and of one that SQL computes.

use std::sync::Arc;

use serde_json::{Value, json};
use varvite::feature::{FeatureStore, HistoricalOptions};
use varvite::schema::{Definitions, Format};
use varvite::sql::{DataFusionExecutor, SqlFeatures};

use super::Demo;
use super::features::{DEPARTURES, departures, texts};
use crate::error::Result;
use crate::output::table::Table;

const DEFINITIONS: &str = "\
virtual_groups:
- name: newest
  entity_keys: [origin]
  event_time: at
  ttl: 2h
  sources: [weather]
  sql: SELECT origin, at, felt FROM weather
- name: so_far
  entity_keys: [origin]
  sources: [weather]
  sql: SELECT origin, count(*) AS hours, max(felt) AS warmest FROM weather GROUP BY origin
";

const FEATURES: [&str; 4] = ["weather.felt", "newest.felt", "so_far.hours", "so_far.warmest"];

pub(super) fn run(demo: &Demo) -> Result<Value> {
    demo.tell(DEFINITIONS)?;
    let engine = SqlFeatures::new(Arc::new(DataFusionExecutor::try_new()?));
    let store = FeatureStore::open(demo.folder.join("features"))?.with_virtual(Arc::new(engine));
    let _ = store.apply(&Definitions::read(DEFINITIONS, Format::Yaml)?)?;
    let options = HistoricalOptions::default().with_full_names(true);
    let entities = departures()?;
    let found = store.explain(&entities, FEATURES, &options)?;
    let values = texts(&found);
    demo.tell("Nothing of it is stored. The same departures ask, each as of its own time:\n")?;
    demo.tell(&table(&values).render(None))?;
    let same = values.chunks(FEATURES.len()).all(|row| row[0] == row[1]);
    let verdict = if same { "are the same, written or computed" } else { "DIFFER: this is a defect" };
    demo.tell(&format!("\nThe first two columns {verdict}.\n"))?;
    let command = format!(
        "varvite sql 'SELECT origin, count(*) AS written FROM weather GROUP BY origin' --root {}",
        demo.folder.join("features").display()
    );
    demo.tell(&format!(
        "Ask anything else of all rows that were written, those that were corrected later among them:\n\n  {command}\n"
    ))?;
    Ok(json!({"command": command, "same": same, "values": values}))
}

fn table(values: &[String]) -> Table {
    let mut table = Table::new().left("from").left("departure");
    for name in ["written", "computed", "hours so far", "warmest"] {
        table = table.right(name);
    }
    for ((origin, at), row) in DEPARTURES.iter().zip(values.chunks(FEATURES.len())) {
        table.row([origin, at].into_iter().copied().chain(row.iter().map(String::as_str)));
    }
    table
}
