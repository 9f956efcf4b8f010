//! What the sorts of definitions have in common, so that lists of them are looked after once.

use super::{DefinitionParts, Definitions};
use crate::error::Error;
use crate::evolve::{Change, differences, unresolved};
use crate::head::{DefinitionKind, Head};
use crate::{FeatureGroupSchema, FeatureService, OnDemandSchema, SourceSchema, VirtualSchema, WindowSchema};

pub(crate) trait Definition: Clone + 'static {
    const KIND: DefinitionKind;

    fn head(&self) -> &Head;
    fn list(parts: &DefinitionParts) -> &[Self];
    fn list_mut(parts: &mut DefinitionParts) -> &mut Vec<Self>;

    /// What differs between two definitions of this sort, but for their versions.
    fn diff(old: &Self, new: &Self) -> Vec<Change>;

    /// The definition with what it leaves open as the known one of its version has it.
    fn filled_from(&self, _: &Self) -> Self {
        self.clone()
    }

    /// What it asks for that is not there.
    fn unresolved(&self, definitions: &Definitions) -> Vec<Error>;
}

macro_rules! definition {
    ($($type:ty, $kind:ident, $list:ident, $diff:path, $unresolved:expr $(, $filled:path)?;)+) => {$(
        impl Definition for $type {
            const KIND: DefinitionKind = DefinitionKind::$kind;

            fn head(&self) -> &Head {
                &self.head
            }

            fn list(parts: &DefinitionParts) -> &[Self] {
                &parts.$list
            }

            fn list_mut(parts: &mut DefinitionParts) -> &mut Vec<Self> {
                &mut parts.$list
            }

            fn diff(old: &Self, new: &Self) -> Vec<Change> {
                $diff(old, new)
            }

            $(fn filled_from(&self, known: &Self) -> Self {
                $filled(self, known)
            })?

            fn unresolved(&self, definitions: &Definitions) -> Vec<Error> {
                let of: fn(&Self, &Definitions) -> Vec<Error> = $unresolved;
                of(self, definitions)
            }
        }
    )+};
}

definition! {
    SourceSchema, Source, sources, differences::of_sources, |_, _| Vec::new();
    FeatureGroupSchema, Group, groups, crate::diff, |_, _| Vec::new();
    WindowSchema, Window, windows, differences::of_windows, unresolved::of_window;
    VirtualSchema, Virtual, virtual_groups, differences::of_virtual, unresolved::of_virtual, VirtualSchema::filled_from;
    OnDemandSchema, OnDemand, on_demand, differences::of_on_demand, unresolved::of_on_demand;
    FeatureService, Service, services, differences::of_services, unresolved::of_service;
}
