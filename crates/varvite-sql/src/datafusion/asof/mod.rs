//! `ASOF JOIN`, which the engine does not have.
//!
//! `nest` makes each such join a relation of its own, which `relation` plans as a `node`; `planner` makes that an `exec`,
//! whose partitions `merge` two ordered streams. `push` moves conditions below.

mod exec;
mod merge;
mod nest;
mod node;
mod ordered;
mod planner;
mod push;
mod relation;

pub(super) use nest::{is_nested, nest};
pub(super) use node::AsOfNode;
pub(super) use planner::Planner;
pub(super) use push::PushBelow;
pub(super) use relation::Relations;

/// Which rows of the right are near a row of the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Hash)]
enum Nearness {
    /// `left >= right`: the last one until then.
    Until,
    /// `left > right`: the last one before.
    Before,
    /// `left <= right`: the first one from then on.
    From,
    /// `left < right`: the first one after.
    After,
}

impl Nearness {
    /// As conditions are written, the left one first.
    fn sign(self) -> &'static str {
        match self {
            Self::Until => ">=",
            Self::Before => ">",
            Self::From => "<=",
            Self::After => "<",
        }
    }
}
