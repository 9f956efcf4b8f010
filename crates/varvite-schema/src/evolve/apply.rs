//! [`plan_apply`]: what applying definitions to those that are known would do. It only compares; nothing is stored.

use std::fmt;

use super::compatibility::{Compatibility, Outcome, judge};
use crate::definitions::Definition;
use crate::error::{Error, Result};
use crate::{
    Definitions, FeatureGroupSchema, FeatureService, OnDemandSchema, SourceSchema, VirtualSchema, WindowSchema,
};

/// What applying definitions would do, step by step: sources, groups, windows, virtual groups, on-demand groups,
/// services; older versions before newer ones.
///
/// All of it or nothing: see [`check`](Self::check). What the new definitions do not mention stays as it is.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[must_use]
pub struct ApplyPlan {
    steps: Vec<ApplyStep>,
    #[cfg_attr(feature = "serde", serde(skip))]
    changed: Definitions,
    #[cfg_attr(feature = "serde", serde(skip))]
    result: Definitions,
}

/// What applying comes to for one version of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ApplyStep {
    /// What the version allows.
    pub compatibility: Compatibility,
    /// References that mean nothing, each with its alternatives.
    #[cfg_attr(feature = "serde", serde(serialize_with = "texts", skip_serializing_if = "Vec::is_empty"))]
    pub unresolved: Vec<Error>,
}

/// Plans to apply `wanted` to `known`.
///
/// # Examples
/// ```
/// use varvite_schema::{DataType, Definitions, FeatureGroupSchema, FeatureSchema, plan_apply};
///
/// let users = FeatureGroupSchema::builder("users")
///     .entity_key("user_id", DataType::BigInt)
///     .event_time("at")
///     .feature(FeatureSchema::builder("age", DataType::Int))
///     .build()?;
/// let known = Definitions::try_new(vec![users.clone()], vec![])?;
/// let wanted = Definitions::try_new(vec![users.to_builder().owner("growth").build()?], vec![])?;
/// let plan = plan_apply(&known, &wanted);
/// assert_eq!(plan.to_string(), "group `users@v1`: updated\n  + owner: growth\n1 updated\n");
/// let now = plan.into_definitions()?;
/// assert_eq!(now.group("users", None)?.owner(), Some("growth"));
/// assert!(plan_apply(&now, &wanted).is_empty());
/// # Ok::<(), varvite_schema::Error>(())
/// ```
pub fn plan_apply(known: &Definitions, wanted: &Definitions) -> ApplyPlan {
    let mut plan = ApplyPlan { steps: Vec::new(), changed: Definitions::default(), result: known.clone() };
    // What is read comes before what reads it.
    plan.add::<SourceSchema>(wanted);
    plan.add::<FeatureGroupSchema>(wanted);
    plan.add::<WindowSchema>(wanted);
    plan.add::<VirtualSchema>(wanted);
    plan.add::<OnDemandSchema>(wanted);
    plan.add::<FeatureService>(wanted);
    plan
}

#[cfg(feature = "serde")]
fn texts<S: serde::Serializer>(errors: &[Error], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(errors.iter().map(ToString::to_string))
}

impl ApplyStep {
    /// Whether the step cannot be taken.
    pub fn is_refused(&self) -> bool {
        self.compatibility.is_refused() || !self.unresolved.is_empty()
    }
}

impl ApplyPlan {
    /// Plans the definitions of one sort, older versions before newer ones.
    fn add<D: Definition>(&mut self, wanted: &Definitions) {
        let mut wanted: Vec<&D> = D::list(wanted.parts()).iter().collect();
        wanted.sort_by_key(|one| one.head().version);
        for one in wanted {
            let known = |one: &&D| {
                self.result.of_name::<D>(&one.head().name).find(|known| known.head().version == one.head().version)
            };
            let one = known(&one).map_or_else(|| one.clone(), |known| one.filled_from(known));
            let compatibility = judge(self.result.of_name::<D>(&one.head().name), &one);
            let is_new = compatibility.outcome != Outcome::Unchanged;
            let unresolved = if is_new { one.unresolved(&self.result) } else { Vec::new() };
            self.steps.push(ApplyStep { compatibility, unresolved });
            if is_new {
                self.changed.put(one.clone());
                self.result.put(one);
            }
        }
    }

    /// The steps, in the order in which they are taken.
    pub fn steps(&self) -> &[ApplyStep] {
        &self.steps
    }

    /// Those of the new definitions that are not known just so: putting them into those that are known, with
    /// [`Definitions::merged`], gives what is known afterwards.
    pub fn changed(&self) -> &Definitions {
        &self.changed
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.iter().all(|step| step.compatibility.outcome == Outcome::Unchanged)
    }

    /// Whether every step can be taken.
    ///
    /// # Errors
    /// What the first step that cannot be taken is refused for; or that a name stands for two things.
    pub fn check(&self) -> Result<()> {
        for step in &self.steps {
            step.compatibility.clone().into_result()?;
            if let Some(error) = step.unresolved.first() {
                return Err(error.clone());
            }
        }
        Definitions::from_parts(self.result.parts().clone()).map(drop)
    }

    /// The definitions that are known afterwards.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn into_definitions(self) -> Result<Definitions> {
        self.check()?;
        Ok(self.result)
    }
}

impl fmt::Display for ApplyPlan {
    /// Writes each step but those without changes, and how many there are of each sort.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in self.steps.iter().filter(|step| step.compatibility.outcome != Outcome::Unchanged) {
            writeln!(f, "{}", step.compatibility)?;
            step.unresolved.iter().try_for_each(|error| writeln!(f, "      refused: {error}"))?;
        }
        let sorts = [Outcome::Created, Outcome::NewVersion, Outcome::Updated, Outcome::Unchanged, Outcome::Refused];
        let outcome = |step: &ApplyStep| if step.is_refused() { Outcome::Refused } else { step.compatibility.outcome };
        let count = |sort: Outcome| self.steps.iter().filter(|step| outcome(step) == sort).count();
        let present = sorts.into_iter().filter(|sort| count(*sort) > 0);
        let counts: Vec<String> = present.map(|sort| format!("{} {sort}", count(sort))).collect();
        writeln!(f, "{}", if counts.is_empty() { "nothing to do".to_owned() } else { counts.join(", ") })
    }
}
