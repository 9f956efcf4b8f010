//! Any sequence of changes, compared with a registry in memory that is as simple as can be.
#![allow(clippy::unwrap_used, clippy::result_large_err, reason = "tests")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::registry::{group, registry};
use proptest::collection::vec;
use proptest::prelude::*;
use varvite_feature::{Direction, LineageKind, LineageNode, Reach, Registry, RegistryChange};
use varvite_schema::{Definitions, FeatureGroupSchema, FeatureSchema};
use varvite_storage::MemoryStorage;

/// What is done to a registry.
#[derive(Debug, Clone)]
enum Step {
    /// Applies groups: name, version, owner, whether `v` is wide, whether there is a `w`.
    Apply(Vec<(usize, u32, u8, bool, bool)>),
    /// Says that `v` of one group comes from `v` of others.
    Lineage(usize, BTreeSet<usize>),
    /// Opens the registry again.
    Restart,
    /// Reads an older revision.
    Look(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let one = (0_usize..4, 1_u32..3, 0_u8..3, any::<bool>(), any::<bool>());
    let apply = vec(one, 0..4).prop_map(Step::Apply);
    let lineage = (0_usize..4, proptest::collection::btree_set(0_usize..4, 0..3));
    let lineage = lineage.prop_map(|(to, from)| Step::Lineage(to, from));
    let step = prop_oneof![5 => apply, 2 => lineage, 1 => Just(Step::Restart), 1 => (0_u64..9).prop_map(Step::Look)];
    // More than one checkpoint's worth, now and then.
    prop_oneof![4 => vec(step.clone(), 1..25), 1 => vec(step, 120..160)]
}

fn schema((name, version, owner, wide, more): (usize, u32, u8, bool, bool)) -> FeatureGroupSchema {
    let mut group = group(&format!("g{name}")).version(version);
    if owner > 0 {
        group = group.owner(format!("owner{owner}"));
    }
    if wide {
        group = group.replace_feature(FeatureSchema::builder("v", "bigint"));
    }
    if more {
        group = group.feature(FeatureSchema::builder("w", "string"));
    }
    group.build().unwrap()
}

/// S14 in a few lines: what a version may become, by hand.
#[derive(Debug, Clone, Default, PartialEq)]
struct Model {
    /// Owner, width and second feature by name and version.
    groups: BTreeMap<(usize, u32), (u8, bool, bool)>,
    lineage: BTreeMap<usize, BTreeSet<usize>>,
}

impl Model {
    fn apply(&mut self, wanted: &[(usize, u32, u8, bool, bool)]) -> bool {
        let mut next = self.clone();
        let mut wanted = wanted.to_vec();
        wanted.sort_by_key(|one| one.1);
        for (name, version, owner, wide, more) in wanted {
            let newest = next.groups.keys().filter(|key| key.0 == name).map(|key| key.1).max();
            let allowed = match next.groups.get(&(name, version)) {
                Some((_, was_wide, had_more)) => wide >= *was_wide && more >= *had_more,
                None => newest.is_none_or(|newest| newest < version),
            };
            if !allowed {
                return false;
            }
            next.groups.insert((name, version), (owner, wide, more));
        }
        *self = next;
        true
    }

    fn set(&mut self, to: usize, from: &BTreeSet<usize>) -> bool {
        let is_known = |name: &usize| self.groups.keys().any(|key| key.0 == *name);
        // What is not defined is a table elsewhere.
        if !is_known(&to) {
            return false;
        }
        if from.is_empty() {
            self.lineage.remove(&to)
        } else {
            self.lineage.insert(to, from.clone())
        };
        true
    }
}

fn node(name: usize) -> LineageNode {
    format!("g{name}.v").parse().unwrap()
}

fn check(registry: &Registry, revision: u64, model: &Model) {
    let state = registry.at_revision(revision).unwrap();
    let mut found: Vec<FeatureGroupSchema> = state.definitions().groups().to_vec();
    found.sort_by_key(FeatureGroupSchema::id);
    let expected = model.groups.iter();
    let expected: Vec<FeatureGroupSchema> = expected
        .map(|((name, version), (owner, wide, more))| schema((*name, *version, *owner, *wide, *more)))
        .collect();
    assert_eq!(found, expected);
    for name in 0..4 {
        let set: Option<BTreeSet<LineageNode>> =
            model.lineage.get(&name).map(|from| from.iter().map(|name| node(*name)).collect());
        assert_eq!(state.set_lineage(&node(name)).cloned(), set);
        let users: BTreeSet<LineageNode> =
            model.lineage.iter().filter(|(_, from)| from.contains(&name)).map(|(to, _)| node(*to)).collect();
        if let Ok(found) = state.lineage(&node(name), Direction::Downstream, LineageKind::Value, Reach::Direct) {
            assert_eq!(found, users);
        } else {
            assert!(users.is_empty());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn s14_a_registry_does_what_a_simple_one_does(steps in steps()) {
        let storage = MemoryStorage::new();
        let mut handle = registry(&storage);
        let mut models = vec![Model::default()];
        for step in steps {
            let mut next = models.last().unwrap().clone();
            let accepted = match &step {
                Step::Apply(wanted) => {
                    let mut wanted = wanted.clone();
                    wanted.sort_by_key(|one| (one.0, one.1));
                    wanted.dedup_by_key(|one| (one.0, one.1));
                    let groups = wanted.iter().map(|one| schema(*one)).collect();
                    let outcome = handle.apply(&Definitions::try_new(groups, vec![]).unwrap());
                    prop_assert_eq!(outcome.is_ok(), next.apply(&wanted));
                    outcome.is_ok()
                }
                Step::Lineage(to, from) => {
                    let change = RegistryChange::new().with_lineage(node(*to), from.iter().map(|name| node(*name)));
                    let outcome = handle.update(|_| Ok(change.clone()));
                    prop_assert_eq!(outcome.is_ok(), next.set(*to, from));
                    outcome.is_ok()
                }
                Step::Restart => {
                    handle = registry(&storage);
                    false
                }
                Step::Look(back) => {
                    let revision = (models.len() as u64 - 1).saturating_sub(*back);
                    check(&handle, revision, &models[usize::try_from(revision).unwrap()]);
                    false
                }
            };
            if accepted && next != *models.last().unwrap() {
                models.push(next);
            }
            let newest = models.len() as u64 - 1;
            prop_assert_eq!(handle.state().unwrap().revision(), newest);
        }
        let newest = models.len() as u64 - 1;
        check(&handle, newest, models.last().unwrap());
        check(&registry(&storage), newest, models.last().unwrap());
        prop_assert_eq!(handle.history().unwrap().len() as u64, newest);
    }
}
