//! Bringing new commits in while serving.

use std::sync::Arc;
use std::time::Duration;

use varvite_feature::Result;
use varvite_feature::online::MaterializeOptions;

use crate::app::App;

/// Materializes every registered group that has rows, again and again, until the task is dropped.
pub(crate) async fn follow(app: Arc<App>, every: Duration) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let app = Arc::clone(&app);
        let run = tokio::task::spawn_blocking(move || catch_up(&app)).await;
        if let Err(error) = run {
            tracing::error!(%error, "following the histories broke off");
        }
    }
}

fn catch_up(app: &App) {
    let state = match app.store.registry().state() {
        Ok(state) => state,
        Err(error) => return tracing::error!(%error, "the registry cannot be read"),
    };
    app.lookups.follow(state.revision());
    for group in state.definitions().groups() {
        if let Err(error) = catch_up_with(app, &group.id()) {
            tracing::error!(%error, group = group.id(), "the group could not be materialized");
        }
    }
}

fn catch_up_with(app: &App, group: &str) -> Result<()> {
    let history = app.store.group(group)?;
    if history.num_rows() == 0 || history.group().entity_keys().is_empty() {
        return Ok(());
    }
    let report = app.store.materialize(&app.online, group, &MaterializeOptions::up_to(app.store.now()))?;
    app.metrics.served(group, report.keys, Some(0));
    if report.rows_written > 0 {
        tracing::info!(%report, "materialized");
    }
    Ok(())
}
