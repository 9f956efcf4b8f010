//! [`Registry`]: the definitions of a store, on its disk, in revisions that are never changed.
//!
//! A change is planned in memory (`plan.rs`), written as one file (`revision.rs`) and made durable (`log.rs`); a state is
//! what a file of everything (`checkpoint.rs`) and the revisions after it come to (`state.rs`).

mod change;
mod checkpoint;
mod graph;
mod handle;
mod lineage;
mod log;
mod plan;
mod query;
mod revision;
mod sealed;
mod state;

pub use change::RegistryChange;
pub use handle::{Applied, Registry};
pub use lineage::{Direction, LineageKind, LineageNode, Reach};
pub use query::Query;
pub use revision::RevisionInfo;
pub use state::RegistryState;
