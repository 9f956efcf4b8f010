//! Which values are let go, and when: after their last reader.

use super::{FeedAt, PassOp, Plan, Segment};

/// Notes after which part of the plan each slot is read no more.
pub(super) fn note(plan: &mut Plan) {
    let mut is_read = vec![false; plan.num_slots];
    plan.outputs.iter().for_each(|&slot| is_read[slot as usize] = true);
    let mut is_last = |slot: u32| !std::mem::replace(&mut is_read[slot as usize], true);
    for segment in plan.segments.iter_mut().rev() {
        match segment {
            Segment::Calls(calls) => calls.note_drops(&mut is_last),
            Segment::Pass(pass) => {
                let read = pass.ops.iter().flat_map(|op| match op {
                    PassOp::Load { slot, .. } => vec![*slot],
                    PassOp::Node { feeds, .. } => feeds
                        .iter()
                        .filter_map(|feed| match feed {
                            FeedAt::Slot(slot) | FeedAt::Windows(slot) => Some(*slot),
                            FeedAt::Lane(_) => None,
                        })
                        .collect(),
                    _ => Vec::new(),
                });
                pass.drops = read.filter(|&slot| is_last(slot)).collect();
            }
            Segment::Lazy(lazy) => lazy.drops = lazy.reads().into_iter().filter(|&slot| is_last(slot)).collect(),
            Segment::Window(step) => {
                let args = plan.windows[step.window as usize].args.iter().copied();
                step.drops = args.filter(|&slot| is_last(slot)).collect();
            }
            Segment::Fan(fan) => {
                let read = fan.items.iter().chain(&fan.captures).map(|(outer, _)| *outer).chain([fan.source]);
                fan.drops = read.filter(|&slot| is_last(slot)).collect();
                let mut inner = vec![false; fan.num_slots];
                fan.collects.iter().for_each(|(slot, _)| inner[*slot as usize] = true);
                fan.captures.iter().for_each(|(_, slot)| inner[*slot as usize] = true);
                fan.constants.iter().for_each(|(slot, _)| inner[*slot as usize] = true);
                fan.calls.note_drops(|slot| !std::mem::replace(&mut inner[slot as usize], true));
            }
        }
    }
}
