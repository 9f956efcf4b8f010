//! [`diff`]: what differs between two definitions of a group, with the verdict of S14 on each difference.

use std::collections::BTreeMap;

use super::change::{Change, ChangeKind, Verdict};
use crate::head::Head;
use crate::metadata::values;
use crate::{FeatureGroupSchema, FeatureSchema, TimeColumn};

/// What differs between `old` and `new`, but for their versions: parts of the group first, then its features, those
/// that are gone before those that are new.
///
/// It is empty if and only if the two are equal, but for their versions.
///
/// # Examples
/// ```
/// use varvite_schema::{DataType, FeatureGroupSchema, FeatureSchema, diff};
///
/// let old = FeatureGroupSchema::builder("g")
///     .entity_key("k", DataType::BigInt)
///     .event_time("ts")
///     .feature(FeatureSchema::builder("v", DataType::Int))
///     .build()?;
/// let new = old.to_builder()
///     .ttl("7d")
///     .replace_feature(FeatureSchema::builder("v", DataType::BigInt))
///     .feature(FeatureSchema::builder("w", DataType::Double))
///     .build()?;
/// let changes: Vec<String> = diff(&old, &new).iter().map(ToString::to_string).collect();
/// assert_eq!(changes, ["+ ttl: 7d", "~ feature `v`: type: int -> bigint", "+ feature `w`: double"]);
/// # Ok::<(), varvite_schema::Error>(())
/// ```
pub fn diff(old: &FeatureGroupSchema, new: &FeatureGroupSchema) -> Vec<Change> {
    let mut found = Found::default();
    found.refuse(ChangeKind::Name, Some(old.name().to_owned()), Some(new.name().to_owned()), "it is another group");
    found.words(&old.head, &new.head);
    let keys = |group: &FeatureGroupSchema| {
        let keys: Vec<String> = group.entity_keys().iter().map(ToString::to_string).collect();
        (!keys.is_empty()).then(|| keys.join(", "))
    };
    found.refuse(ChangeKind::EntityKeys, keys(old), keys(new), "rows are stored by their keys");
    let time = |time: Option<&TimeColumn>| time.map(ToString::to_string);
    let (before, after) = (time(old.event_time()), time(new.event_time()));
    found.refuse(ChangeKind::EventTime, before, after, "rows are ordered on their event time");
    let (before, after) = (time(old.created_time()), time(new.created_time()));
    found.refuse(ChangeKind::CreatedTime, before, after, "stored rows keep when they became known in this column");
    let ttl = |group: &FeatureGroupSchema| group.ttl().map(|ttl| ttl.to_string());
    found.allow(ChangeKind::Ttl, None, ttl(old), ttl(new), "it limits reads and changes no row");
    found.features(old, new);
    found.0
}

#[derive(Default)]
pub(super) struct Found(pub(super) Vec<Change>);

pub(super) const LABEL: &str = "it changes no row";
const LATER_ROWS: &str = "it holds for rows that are written from now on";

impl Found {
    pub(super) fn add(
        &mut self,
        (kind, subject): (ChangeKind, Option<&str>),
        (from, to): (Option<String>, Option<String>),
        (verdict, reason): (Verdict, &'static str),
    ) {
        if from != to {
            self.0.push(Change { kind, subject: subject.map(str::to_owned), from, to, verdict, reason });
        }
    }

    pub(super) fn allow(
        &mut self,
        kind: ChangeKind,
        subject: Option<&str>,
        from: Option<String>,
        to: Option<String>,
        reason: &'static str,
    ) {
        self.add((kind, subject), (from, to), (Verdict::Allowed, reason));
    }

    pub(super) fn refuse(&mut self, kind: ChangeKind, from: Option<String>, to: Option<String>, reason: &'static str) {
        self.add((kind, None), (from, to), (Verdict::Refused, reason));
    }

    /// What differs in words about the whole.
    pub(super) fn words(&mut self, old: &Head, new: &Head) {
        self.allow(ChangeKind::Description, None, worded(&old.description), worded(&new.description), LABEL);
        self.allow(ChangeKind::Owner, None, old.owner.clone(), new.owner.clone(), LABEL);
        for (name, before, after) in united(&old.tags, &new.tags) {
            self.allow(ChangeKind::Tag, Some(name), before.cloned(), after.cloned(), LABEL);
        }
    }

    fn features(&mut self, old: &FeatureGroupSchema, new: &FeatureGroupSchema) {
        for feature in old.features() {
            let Some(now) = new.get_feature(feature.name()) else {
                let verdict = (Verdict::Refused, "whoever reads it would fail");
                self.add((ChangeKind::Feature, Some(feature.name())), (Some(described(feature)), None), verdict);
                continue;
            };
            self.feature(feature, now);
        }
        for feature in new.features().iter().filter(|feature| old.get_feature(feature.name()).is_none()) {
            let verdict = if feature.is_nullable() {
                (Verdict::Allowed, "rows stored before read as null")
            } else {
                (Verdict::Refused, "rows stored before have no value for it: make it nullable")
            };
            self.add((ChangeKind::Feature, Some(feature.name())), (None, Some(described(feature))), verdict);
        }
        let names =
            |group: &FeatureGroupSchema| group.features().iter().map(|one| one.name().to_owned()).collect::<Vec<_>>();
        self.ordered(&names(old), &names(new));
    }

    /// New entries may stand anywhere without changing the order of the others.
    pub(super) fn ordered(&mut self, old: &[String], new: &[String]) {
        let kept = old.iter().filter(|name| new.contains(name));
        let added = new.iter().filter(|name| !old.contains(name));
        let appended: Vec<String> = kept.chain(added).cloned().collect();
        if appended != new {
            let (from, to) = (appended.join(", "), new.join(", "));
            self.allow(ChangeKind::Order, None, Some(from), Some(to), "rows are read by name");
        }
    }

    /// What differs between two features of the same name.
    fn feature(&mut self, old: &FeatureSchema, new: &FeatureSchema) {
        let name = Some(old.name());
        let verdict = if old.data_type().widens_to(new.data_type()) {
            (Verdict::Allowed, "every stored value keeps its value")
        } else {
            (Verdict::Refused, "stored values would not keep theirs: only int to bigint or double, and float to double")
        };
        let types = (Some(old.data_type().to_string()), Some(new.data_type().to_string()));
        self.add((ChangeKind::DataType, name), types, verdict);
        let verdict = if new.is_nullable() {
            (Verdict::Allowed, "stored values stay as they are")
        } else {
            (Verdict::Refused, "stored rows may be null")
        };
        let nulls =
            |feature: &FeatureSchema| Some(if feature.is_nullable() { "allowed" } else { "refused" }.to_owned());
        self.add((ChangeKind::Nullable, name), (nulls(old), nulls(new)), verdict);
        self.labels(old, new);
    }

    /// What differs in what changes no stored row.
    fn labels(&mut self, old: &FeatureSchema, new: &FeatureSchema) {
        let name = Some(old.name());
        let both = |text: fn(&FeatureSchema) -> Option<String>| (text(old), text(new));
        let parts = [
            (ChangeKind::FeatureType, both(|feature| Some(feature.feature_type().to_string())), LABEL),
            (ChangeKind::FeatureDescription, both(|feature| worded(feature.description())), LABEL),
            (ChangeKind::Min, both(|feature| feature.metadata().min().map(ToString::to_string)), LATER_ROWS),
            (ChangeKind::Max, both(|feature| feature.metadata().max().map(ToString::to_string)), LATER_ROWS),
            (ChangeKind::AllowedValues, both(|feature| worded(&values(feature.metadata().allowed()))), LATER_ROWS),
            (ChangeKind::Unit, both(|feature| feature.metadata().unit().map(str::to_owned)), LABEL),
        ];
        for (kind, texts, reason) in parts {
            self.add((kind, name), texts, (Verdict::Allowed, reason));
        }
        for (note, before, after) in united(old.metadata().notes(), new.metadata().notes()) {
            let text = |value: Option<&String>| value.map(|value| format!("{note}={value}"));
            self.add((ChangeKind::Note, name), (text(before), text(after)), (Verdict::Allowed, LABEL));
        }
    }
}

/// The entries of both maps, in order of their names.
fn united<'a>(
    old: &'a BTreeMap<String, String>,
    new: &'a BTreeMap<String, String>,
) -> impl Iterator<Item = (&'a str, Option<&'a String>, Option<&'a String>)> {
    let gone = old.iter().map(move |(name, value)| (name.as_str(), Some(value), new.get(name)));
    let added = new.iter().filter(move |(name, _)| !old.contains_key(*name));
    gone.chain(added.map(|(name, value)| (name.as_str(), None, Some(value))))
}

fn worded(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// A feature but for its name.
fn described(feature: &FeatureSchema) -> String {
    let text = feature.to_string();
    let rest = text.strip_prefix(feature.name()).unwrap_or(&text).trim_start().to_owned();
    if feature.description().is_empty() { rest } else { format!("{rest}: {}", feature.description()) }
}
