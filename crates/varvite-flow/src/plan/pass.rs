//! A pass: nodes of rows that are computed together, chunk by chunk, in lanes that are used again.

use std::collections::HashMap;

use super::FoldAt;
use crate::flow_type::Item;

/// Nodes of rows that are computed together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pass {
    pub(crate) ops: Vec<PassOp>,
    /// The types of the lanes.
    pub(crate) lanes: Vec<Item>,
    /// The slots that columns go to, in the order of [`PassOp::Output`].
    pub(crate) outputs: Vec<(u32, Item)>,
    /// The folds, in the order of [`PassOp::Fold`].
    pub(crate) folds: Vec<FoldAt>,
    /// The nodes with checks, in the order of [`PassOp::Check`].
    pub(crate) checks: Vec<u32>,
    pub(crate) drops: Vec<u32>,
}

/// One thing that is done for each chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PassOp {
    /// Rows of a column, or one value for all rows.
    Load {
        slot: u32,
        lane: u32,
    },
    Node {
        node: u32,
        feeds: Vec<FeedAt>,
        lane: u32,
    },
    Output {
        lane: u32,
        output: u32,
    },
    Fold {
        lane: u32,
        fold: u32,
    },
    Check {
        lane: u32,
        check: u32,
    },
}

/// Where an argument of a pass stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FeedAt {
    Lane(u32),
    Slot(u32),
    /// Windows of all rows.
    Windows(u32),
}

impl PassOp {
    /// The lanes it reads.
    fn reads(&self) -> Vec<u32> {
        match self {
            Self::Load { .. } => Vec::new(),
            Self::Node { feeds, .. } => {
                let lanes =
                    feeds.iter().filter_map(|feed| if let FeedAt::Lane(lane) = feed { Some(*lane) } else { None });
                lanes.collect()
            }
            Self::Output { lane, .. } | Self::Fold { lane, .. } | Self::Check { lane, .. } => vec![*lane],
        }
    }

    /// The lane it writes.
    fn writes(&self) -> Option<u32> {
        if let Self::Load { lane, .. } | Self::Node { lane, .. } = self { Some(*lane) } else { None }
    }

    fn rename(&mut self, new: impl Fn(u32) -> u32) {
        match self {
            Self::Node { feeds, lane, .. } => {
                *lane = new(*lane);
                for feed in feeds {
                    if let FeedAt::Lane(lane) = feed {
                        *lane = new(*lane);
                    }
                }
            }
            Self::Load { lane, .. }
            | Self::Output { lane, .. }
            | Self::Fold { lane, .. }
            | Self::Check { lane, .. } => {
                *lane = new(*lane);
            }
        }
    }
}

impl Pass {
    /// Lets lanes share memory: one that nobody reads any more is the next one's. Fewer lanes stay in cache.
    pub(crate) fn share_lanes(&mut self) {
        let mut last = vec![0; self.lanes.len()];
        for (at, op) in self.ops.iter().enumerate() {
            op.reads().into_iter().chain(op.writes()).for_each(|lane| last[lane as usize] = at);
        }
        let mut free: HashMap<Item, Vec<u32>> = HashMap::new();
        let mut items = Vec::new();
        let mut renamed = vec![0; self.lanes.len()];
        for at in 0..self.ops.len() {
            let written = self.ops[at].writes();
            let read = self.ops[at].reads();
            if let Some(lane) = written {
                let item = self.lanes[lane as usize];
                renamed[lane as usize] = free.get_mut(&item).and_then(Vec::pop).unwrap_or_else(|| {
                    items.push(item);
                    u32::try_from(items.len() - 1).unwrap_or(u32::MAX)
                });
            }
            let mut done: Vec<u32> =
                read.into_iter().chain(written).filter(|&lane| last[lane as usize] == at).collect();
            done.sort_unstable();
            done.dedup();
            for lane in done {
                free.entry(self.lanes[lane as usize]).or_default().push(renamed[lane as usize]);
            }
            self.ops[at].rename(|lane| renamed[lane as usize]);
        }
        self.lanes = items;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_needs_two_lanes() {
        let node = |node: u32| PassOp::Node { node, feeds: vec![FeedAt::Lane(node)], lane: node + 1 };
        let mut ops = vec![PassOp::Load { slot: 0, lane: 0 }];
        ops.extend((0..10).map(node));
        let mut pass = Pass { ops, lanes: vec![Item::F64; 11], ..Pass::default() };
        pass.share_lanes();
        assert_eq!(pass.lanes.len(), 2);
        let never_its_own = |op: &PassOp| op.writes().is_none_or(|lane| !op.reads().contains(&lane));
        assert!(pass.ops.iter().all(never_its_own));
    }
}
