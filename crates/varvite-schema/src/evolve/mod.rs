//! How definitions change: what differs, whether one version may change so (S14), and what applying a file would do.

mod apply;
mod change;
mod compatibility;
mod diff;
pub(crate) mod differences;
pub(crate) mod unresolved;

pub use apply::{ApplyPlan, ApplyStep, plan_apply};
pub use change::{Change, ChangeKind, Verdict};
pub use compatibility::{Compatibility, Outcome, check_registration, compatibility};
pub use diff::diff;
