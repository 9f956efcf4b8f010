//! Fan-outs of a plan: their nodes in slots of their own, and what goes in and out.

use std::collections::HashMap;

use super::assemble::{Assembly, Draft, NOWHERE, count};
use super::levels::Rank;
use super::{Calls, Entity, Fan, Op, Segment};
use crate::flow_type::Shape;
use crate::graph::Read;
use crate::node::Param;

impl Assembly<'_> {
    pub(super) fn fan(&mut self, source: u32, nodes: &[u32]) -> Draft {
        let mut fan = Fan {
            calls: Calls::default(),
            num_slots: 0,
            source: self.slot(Entity::Node(source)),
            items: Vec::new(),
            captures: Vec::new(),
            constants: Vec::new(),
            collects: Vec::new(),
            drops: Vec::new(),
        };
        let mut local = HashMap::new();
        for &node in nodes {
            let graph = self.graph;
            let mut args = Vec::new();
            for (param, read) in graph.node(node).params.iter().zip(&graph.reads[node as usize]) {
                let arg = self.fan_arg(param, read, &mut fan, &local);
                args.push(arg);
            }
            let out = take(&mut fan.num_slots);
            fan.calls.push(Op::Node(node), &args, out);
            local.insert(node, out);
        }
        Draft { segment: Segment::Fan(fan), local }
    }

    fn fan_arg(&mut self, param: &Param, read: &Read, fan: &mut Fan, local: &HashMap<u32, u32>) -> u32 {
        if let Read::Group(group) = read {
            let args: Vec<u32> = group.iter().map(|read| self.fan_arg(param, read, fan, local)).collect();
            let out = take(&mut fan.num_slots);
            fan.calls.push(Op::Gather, &args, out);
            return out;
        }
        let Some(source) = self.source(read) else {
            let value = if let Read::Value(value) = read { Some(value) } else { param.default.as_ref() };
            let slot = take(&mut fan.num_slots);
            fan.constants.push((slot, value.cloned().unwrap_or_default()));
            return slot;
        };
        if let Entity::Node(node) = source
            && let Some(&slot) = local.get(&node)
        {
            return slot;
        }
        let outer = match param.flow_type.shape {
            Shape::Folded(fold) => self.fold(source, fold),
            _ => self.slot(source),
        };
        let is_item = matches!(self.level(source).rank, Rank::Each(_)) && param.flow_type.shape != Shape::All;
        let known = if is_item { &mut fan.items } else { &mut fan.captures };
        if let Some((_, inner)) = known.iter().find(|(known, _)| *known == outer) {
            return *inner;
        }
        let inner = take(&mut fan.num_slots);
        known.push((outer, inner));
        inner
    }

    /// Adds what leaves each fan-out.
    pub(super) fn finish_fans(&mut self, segments: &mut [Draft]) {
        for draft in segments {
            let Segment::Fan(fan) = &mut draft.segment else { continue };
            let leaving = draft.local.iter().map(|(&node, &inner)| (inner, self.slots.places[node as usize]));
            fan.collects.extend(leaving.filter(|(_, outer)| *outer != NOWHERE));
            fan.collects.sort_unstable();
        }
    }
}

fn take(count: &mut usize) -> u32 {
    *count += 1;
    self::count(*count - 1)
}
