//! A plan in words: one line a segment.

use super::{Op, PassOp, Plan, Segment};
use crate::flow_type::Shape;
use crate::graph::Graph;

/// One line a segment: `call`, `column`, `each`, `collect` or `pass`, and what it does.
pub(crate) fn lines(graph: &Graph, plan: &Plan) -> Vec<String> {
    let names = Names { graph, plan };
    plan.segments.iter().flat_map(|segment| names.segment(segment)).collect()
}

/// One segment in words.
pub(crate) fn segment(graph: &Graph, plan: &Plan, segment: &Segment) -> String {
    Names { graph, plan }.segment(segment).join("; ")
}

/// How many nodes a plan runs, those inside fan-outs left out.
pub(crate) fn num_nodes(plan: &Plan) -> usize {
    let of = |segment: &Segment| match segment {
        Segment::Calls(calls) => calls.steps.iter().filter(|step| matches!(step.op, Op::Node(_))).count(),
        Segment::Pass(pass) => pass.ops.iter().filter(|op| matches!(op, PassOp::Node { .. })).count(),
        Segment::Lazy(lazy) => lazy.steps.len(),
        Segment::Fan(_) | Segment::Window(_) => 0,
    };
    plan.segments.iter().map(of).sum()
}

struct Names<'a> {
    graph: &'a Graph,
    plan: &'a Plan,
}

impl Names<'_> {
    fn segment(&self, segment: &Segment) -> Vec<String> {
        match segment {
            Segment::Calls(calls) => {
                let mut lines: Vec<(&str, Vec<&str>)> = Vec::new();
                for step in &calls.steps {
                    let Op::Node(node) = step.op else { continue };
                    let own = self.graph.node(node);
                    let kind = if own.out.shape == Shape::Column { "column" } else { "call" };
                    match lines.last_mut() {
                        Some((last, names)) if *last == kind => names.push(&own.name),
                        _ => lines.push((kind, vec![&own.name])),
                    }
                }
                lines.into_iter().map(|(kind, names)| format!("{kind} {}", names.join(", "))).collect()
            }
            Segment::Fan(fan) => {
                let nodes = fan.calls.steps.iter().filter_map(|step| match step.op {
                    Op::Node(node) => Some(self.graph.node(node).name.as_str()),
                    Op::Gather | Op::Window(_) => None,
                });
                let nodes = nodes.collect::<Vec<_>>().join(", ");
                vec![format!("each {}: {nodes}", self.slot(fan.source))]
            }
            Segment::Window(step) => {
                let window = &self.plan.windows[step.window as usize];
                vec![format!("window {}", crate::memory::window_name(self.graph, window))]
            }
            Segment::Lazy(lazy) => vec![self.lazy(lazy)],
            Segment::Pass(pass) => vec![format!("pass over rows: {}", self.pass(pass))],
        }
    }

    fn lazy(&self, lazy: &super::Lazy) -> String {
        let of_step = |step: u32| self.graph.node(lazy.steps[step as usize].node).name.as_str();
        let frame = lazy.frame.map_or_else(|| "rows".to_owned(), |slot| self.slot(slot));
        let parts: [(&str, Vec<&str>); 3] = [
            ("load", lazy.columns.iter().map(|column| column.name.as_str()).collect()),
            ("express", (0..).take(lazy.steps.len()).map(of_step).collect()),
            ("keep", lazy.outputs.iter().map(|(step, _)| of_step(*step)).collect()),
        ];
        let parts = parts.iter().filter(|(_, of)| !of.is_empty()).map(|(what, of)| format!("{what} {}", of.join(", ")));
        format!("collect {frame}: {}", parts.collect::<Vec<_>>().join("; "))
    }

    fn pass(&self, pass: &super::Pass) -> String {
        let mut standing: Vec<String> = vec![String::new(); pass.lanes.len()];
        let mut parts: [(&str, Vec<String>); 5] =
            [("load", vec![]), ("compute", vec![]), ("check", vec![]), ("fold", vec![]), ("keep", vec![])];
        for op in &pass.ops {
            let (part, text) = match op {
                PassOp::Load { slot, lane } => {
                    standing[*lane as usize] = self.slot(*slot);
                    (0, standing[*lane as usize].clone())
                }
                PassOp::Node { node, lane, .. } => {
                    standing[*lane as usize].clone_from(&self.graph.node(*node).name);
                    (1, standing[*lane as usize].clone())
                }
                PassOp::Check { lane, .. } => (2, standing[*lane as usize].clone()),
                PassOp::Fold { lane, fold } => {
                    (3, format!("{} by {}", standing[*lane as usize], pass.folds[*fold as usize].fold.name()))
                }
                PassOp::Output { lane, .. } => (4, standing[*lane as usize].clone()),
            };
            parts[part].1.push(text);
        }
        let parts = parts.iter().filter(|(_, of)| !of.is_empty()).map(|(what, of)| format!("{what} {}", of.join(", ")));
        parts.collect::<Vec<_>>().join("; ")
    }

    /// What stands in a slot.
    fn slot(&self, slot: u32) -> String {
        if let Some((_, value)) = self.plan.constants.iter().find(|(at, _)| *at == slot) {
            return format!("{value:?}");
        }
        if let Some((entity, _)) = self.plan.given.iter().find(|(_, at)| *at == slot) {
            return entity.name(self.graph).to_owned();
        }
        for segment in &self.plan.segments {
            match segment {
                Segment::Calls(calls) => {
                    let made = calls.steps.iter().find(|step| step.out == slot);
                    if let Some(Op::Node(node)) = made.map(|step| step.op) {
                        return self.graph.node(node).name.clone();
                    }
                }
                Segment::Pass(pass) => {
                    let Some(at) = pass.outputs.iter().position(|(to, _)| *to == slot) else { continue };
                    let lane = pass
                        .ops
                        .iter()
                        .position(|op| matches!(op, PassOp::Output { output, .. } if *output as usize == at));
                    let written = lane.and_then(|at| {
                        pass.ops[..at].iter().rev().find_map(|op| match op {
                            PassOp::Node { node, .. } => Some(*node),
                            _ => None,
                        })
                    });
                    if let Some(node) = written {
                        return self.graph.node(node).name.clone();
                    }
                }
                Segment::Lazy(lazy) => {
                    if let Some((step, _)) = lazy.outputs.iter().find(|(_, to)| *to == slot) {
                        return self.graph.node(lazy.steps[*step as usize].node).name.clone();
                    }
                }
                Segment::Fan(_) | Segment::Window(_) => {}
            }
        }
        format!("#{slot}")
    }
}
