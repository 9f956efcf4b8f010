//! What one run has to itself: settings, memory, folder for what is put aside.

use std::sync::Arc;

use datafusion::common::Result as Outcome;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{FairSpillPool, MemoryPool, PeakRecordingPool, UnboundedMemoryPool};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::optimizer::{Optimizer, OptimizerRule};
use datafusion::prelude::SessionConfig;

use super::{Options, asof};
use crate::Limits;

/// The engine's state for one query, and what tells its greatest use of memory.
pub(super) fn session(limits: &Limits, options: &Options) -> Outcome<(SessionState, Arc<PeakRecordingPool>)> {
    let inner: Arc<dyn MemoryPool> = match limits.memory {
        Some(bytes) => Arc::new(FairSpillPool::new(bytes)),
        None => Arc::new(UnboundedMemoryPool::default()),
    };
    let pool = Arc::new(PeakRecordingPool::new(inner));
    let mode = options
        .put_aside
        .clone()
        .map_or(DiskManagerMode::OsTmpDirectory, |folder| DiskManagerMode::Directories(vec![folder]));
    let env = RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::clone(&pool) as Arc<dyn MemoryPool>)
        .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(mode))
        .build_arc()?;
    for (url, store) in &options.object_stores {
        env.register_object_store(url.as_ref(), Arc::clone(store));
    }
    let state =
        SessionStateBuilder::new_with_default_features().with_config(config(limits, options)).with_runtime_env(env);
    let state = state
        .with_relation_planners(vec![Arc::new(asof::Relations)])
        .with_optimizer_rules(rules())
        .with_query_planner(Arc::new(asof::Planner));
    Ok((state.build(), pool))
}

/// The engine's rules, and after the one that brings conditions down to `ASOF JOIN` the one that brings them below.
fn rules() -> Vec<Arc<dyn OptimizerRule + Send + Sync>> {
    let mut rules = Optimizer::new().rules;
    let after = rules.iter().position(|rule| rule.name() == "push_down_filter");
    rules.insert(after.map_or(rules.len(), |at| at + 1), Arc::new(asof::PushBelow));
    rules
}

fn config(limits: &Limits, options: &Options) -> SessionConfig {
    let mut config = SessionConfig::new().with_information_schema(false).with_create_default_catalog_and_schema(false);
    if let Some(partitions) = options.partitions {
        config = config.with_target_partitions(partitions.get());
    }
    if let Some(rows) = limits.batch_rows {
        config = config.with_batch_size(rows.max(1));
    }
    let all = config.options_mut();
    all.sql_parser.enable_ident_normalization = false;
    // Text has the type that tables have.
    all.sql_parser.map_string_types_to_utf8view = false;
    all.execution.parquet.schema_force_view_types = false;
    // Sorts keep this much for merging what they put aside: it must leave room within a small limit.
    if let Some(bytes) = limits.memory {
        all.execution.sort_spill_reservation_bytes = all.execution.sort_spill_reservation_bytes.min(bytes / 8);
    }
    config
}
