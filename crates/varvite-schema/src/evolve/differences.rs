//! What differs between two definitions of what is no group, with the verdict on each difference.

use super::change::{Change, ChangeKind, Verdict};
use super::diff::Found;
use crate::head::Head;
use crate::{Aggregation, FeatureRef, FeatureService, OnDemandFeature, OnDemandInput, OnDemandSchema};
use crate::{DataType, SourceColumn, SourceSchema, VirtualFeature, VirtualKey, VirtualSchema, WindowSchema};

pub(crate) fn of_sources(old: &SourceSchema, new: &SourceSchema) -> Vec<Change> {
    let mut found = Found::begin(&old.head, &new.head, "it is another source");
    let time = |source: &SourceSchema| source.event_time().map(str::to_owned);
    found.refuse(ChangeKind::EventTime, time(old), time(new), "what is computed from it counts from this time");
    let location = |source: &SourceSchema| source.location().map(str::to_owned);
    let verdict = match (old.location(), new.location()) {
        (Some(_), Some(_)) => (Verdict::Allowed, "the same table is elsewhere now"),
        _ => (Verdict::Refused, "rows that were written would be read no more, or others in their place"),
    };
    found.add((ChangeKind::Location, None), (location(old), location(new)), verdict);
    let allow_new = if old.is_open() { "what the table has is declared" } else { "rows stored before read as null" };
    let widens = |before: &SourceColumn, after: &SourceColumn| before.data_type.widens_to(&after.data_type);
    let types = |column: &SourceColumn| (column.name.clone(), column.data_type.to_string());
    for column in old.columns() {
        let now = new.columns().iter().find(|now| now.name == column.name);
        let verdict = match now {
            Some(now) if widens(column, now) => (Verdict::Allowed, "every stored value keeps its value"),
            Some(_) => (Verdict::Refused, "stored values would not keep theirs"),
            None => (Verdict::Refused, "what is computed from it would fail"),
        };
        let (name, from) = types(column);
        found.add((ChangeKind::Column, Some(&name)), (Some(from), now.map(|now| types(now).1)), verdict);
    }
    for column in new.columns().iter().filter(|column| old.column(&column.name).is_none()) {
        found.allow(ChangeKind::Column, Some(&column.name), None, Some(column.data_type.to_string()), allow_new);
    }
    let names = |source: &SourceSchema| source.columns().iter().map(|one| one.name.clone()).collect::<Vec<_>>();
    found.ordered(&names(old), &names(new));
    found.0
}

pub(crate) fn of_windows(old: &WindowSchema, new: &WindowSchema) -> Vec<Change> {
    const REASON: &str = "a version keeps what it computes";
    let mut found = Found::begin(&old.head, &new.head, "it is another window");
    let keys = |window: &WindowSchema| Some(window.entity_keys().join(", "));
    found.refuse(ChangeKind::EntityKeys, keys(old), keys(new), REASON);
    let source = |window: &WindowSchema| Some(window.source().to_owned());
    found.refuse(ChangeKind::Source, source(old), source(new), REASON);
    let length = |window: &WindowSchema| Some(window.length().to_string());
    found.refuse(ChangeKind::Window, length(old), length(new), REASON);
    let features = |window: &WindowSchema| {
        let feature = |one: &Aggregation| (one.name().to_owned(), one.call());
        window.aggregations().iter().map(feature).collect::<Vec<_>>()
    };
    found.computed(ChangeKind::Aggregation, &features(old), &features(new));
    found.0
}

pub(crate) fn of_virtual(old: &VirtualSchema, new: &VirtualSchema) -> Vec<Change> {
    const REASON: &str = "a version keeps what it computes";
    let mut found = Found::begin(&old.head, &new.head, "it is another virtual group");
    found.virtual_keys(old.entity_keys(), new.entity_keys());
    let time = |group: &VirtualSchema| group.event_time().map(str::to_owned);
    found.refuse(ChangeKind::EventTime, time(old), time(new), REASON);
    let ttl = |group: &VirtualSchema| group.ttl().map(|ttl| ttl.to_string());
    found.allow(ChangeKind::Ttl, None, ttl(old), ttl(new), "it limits reads and changes no row");
    let sources = |group: &VirtualSchema| Some(group.sources().join(", "));
    found.refuse(ChangeKind::Source, sources(old), sources(new), REASON);
    let sql = |group: &VirtualSchema| group.sql().map(str::to_owned);
    found.refuse(ChangeKind::Query, sql(old), sql(new), REASON);
    found.virtual_features(old, new);
    found.0
}

pub(crate) fn of_on_demand(old: &OnDemandSchema, new: &OnDemandSchema) -> Vec<Change> {
    let mut found = Found::begin(&old.head, &new.head, "it is another on-demand group");
    let inputs = |group: &OnDemandSchema| group.inputs().iter().map(OnDemandInput::to_string).collect::<Vec<_>>();
    let (before, after) = (inputs(old), inputs(new));
    for input in before.iter().filter(|input| !after.contains(input)) {
        let verdict = (Verdict::Refused, "expressions may use it");
        found.add((ChangeKind::Input, Some(input)), (Some("used".to_owned()), None), verdict);
    }
    for input in after.iter().filter(|input| !before.contains(input)) {
        let reason = "expressions may use more";
        found.allow(ChangeKind::Input, Some(input), None, Some("used".to_owned()), reason);
    }
    found.ordered(&before, &after);
    let features = |group: &OnDemandSchema| {
        let feature = |one: &OnDemandFeature| (one.name().to_owned(), one.expression().to_owned());
        group.features().iter().map(feature).collect::<Vec<_>>()
    };
    found.computed(ChangeKind::Expression, &features(old), &features(new));
    found.0
}

pub(crate) fn of_services(old: &FeatureService, new: &FeatureService) -> Vec<Change> {
    let mut found = Found::begin(&old.head, &new.head, "it is another service");
    let references = |service: &FeatureService| {
        let references: Vec<String> = service.features().iter().map(FeatureRef::to_string).collect();
        Some(references.join(", "))
    };
    let reason = "models rely on the features of a version";
    found.refuse(ChangeKind::References, references(old), references(new), reason);
    found.0
}

impl Found {
    /// Names and words of two definitions.
    fn begin(old: &Head, new: &Head, other: &'static str) -> Self {
        let mut found = Self::default();
        found.refuse(ChangeKind::Name, Some(old.name.clone()), Some(new.name.clone()), other);
        found.words(old, new);
        found
    }

    /// Keys whose types were left to a query may get them.
    fn virtual_keys(&mut self, old: &[VirtualKey], new: &[VirtualKey]) {
        let is_same = |(old, new): (&VirtualKey, &VirtualKey)| {
            old.name() == new.name() && old.data_type().is_none_or(|known| new.data_type() == Some(known))
        };
        let is_kept = old.len() == new.len() && old.iter().zip(new).all(is_same);
        let verdict = if is_kept {
            (Verdict::Allowed, "their types are known now")
        } else {
            (Verdict::Refused, "a version keeps what it computes")
        };
        let text = |keys: &[VirtualKey]| {
            let keys: Vec<String> = keys.iter().map(VirtualKey::to_string).collect();
            (!keys.is_empty()).then(|| keys.join(", "))
        };
        self.add((ChangeKind::EntityKeys, None), (text(old), text(new)), verdict);
    }

    /// Features of a virtual group: a version keeps those it has, and may get more.
    fn virtual_features(&mut self, old: &VirtualSchema, new: &VirtualSchema) {
        for feature in old.features() {
            let name = Some(feature.name());
            let Some(now) = new.feature(feature.name()) else {
                let verdict = (Verdict::Refused, "whoever reads it relies on it");
                self.add((ChangeKind::Feature, name), (Some(feature.made()), None), verdict);
                continue;
            };
            let verdict = match feature.data_type() {
                None => (Verdict::Allowed, "its type is known now"),
                Some(_) => (Verdict::Refused, "whoever reads it relies on it"),
            };
            let data_type = |feature: &VirtualFeature| feature.data_type().map(DataType::to_string);
            self.add((ChangeKind::DataType, name), (data_type(feature), data_type(now)), verdict);
            let sql = |feature: &VirtualFeature| feature.sql().map(str::to_owned);
            let verdict = (Verdict::Refused, "whoever reads it relies on it");
            self.add((ChangeKind::Query, name), (sql(feature), sql(now)), verdict);
        }
        for feature in new.features().iter().filter(|feature| old.feature(feature.name()).is_none()) {
            self.allow(ChangeKind::Feature, Some(feature.name()), None, Some(feature.made()), "nobody reads it yet");
        }
        let names =
            |group: &VirtualSchema| group.features().iter().map(|one| one.name().to_owned()).collect::<Vec<_>>();
        self.ordered(&names(old), &names(new));
    }

    /// Features that are computed: a version keeps those it has, and may get more.
    fn computed(&mut self, kind: ChangeKind, old: &[(String, String)], new: &[(String, String)]) {
        for (name, before) in old {
            let now = new.iter().find(|(other, _)| other == name).map(|(_, now)| now.clone());
            let kind = if now.is_some() { kind } else { ChangeKind::Feature };
            let verdict = (Verdict::Refused, "whoever reads it relies on it");
            self.add((kind, Some(name)), (Some(before.clone()), now), verdict);
        }
        for (name, now) in new.iter().filter(|(name, _)| !old.iter().any(|(other, _)| other == name)) {
            self.allow(ChangeKind::Feature, Some(name), None, Some(now.clone()), "nobody reads it yet");
        }
        let names = |features: &[(String, String)]| features.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        self.ordered(&names(old), &names(new));
    }
}
