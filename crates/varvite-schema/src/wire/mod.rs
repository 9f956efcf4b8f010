//! Definitions as files have them: the order of their fields, what may be left out, and that nothing unknown is there.

mod derived;
mod head;
mod virtual_group;

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::definitions::{DefinitionParts, Definitions};
use crate::error::{Error, Result};
use crate::feature::{FeatureBuilder, GivenType};
use crate::group::{EntityKey, FeatureGroupBuilder, TimeColumn};
use crate::metadata::GivenMetadata;
use crate::problem::{Collector, ProblemKind};
use crate::service::FeatureServiceBuilder;
use crate::ttl::GivenTtl;
use crate::{DataType, FeatureGroupSchema, FeatureRef, FeatureSchema, FeatureService, FeatureType, Literal, Ttl};
use crate::{OnDemandBuilder, OnDemandSchema, SourceBuilder, SourceSchema, WindowBuilder, WindowSchema};
use crate::{VirtualBuilder, VirtualSchema};

use derived::{OnDemandWire, SourceWire, WindowWire};
use head::head_wire;
use virtual_group::VirtualWire;

/// The version of the layout of files.
const FORMAT: u32 = 1;

/// What every definition has, so that a file without it means this.
fn one() -> u32 {
    1
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_yes(flag: &bool) -> bool {
    *flag
}

/// A file: tables come last, as TOML needs them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DefinitionsWire {
    #[serde(default = "one")]
    format: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sources: Vec<SourceWire>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    groups: Vec<GroupWire>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    windows: Vec<WindowWire>,
    #[serde(default, skip_serializing_if = "Vec::is_empty", alias = "virtual")]
    virtual_groups: Vec<VirtualWire>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    on_demand: Vec<OnDemandWire>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    services: Vec<ServiceWire>,
}

head_wire!(GroupWire {
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "timestamp_key")]
    event_time: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event_time_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created_time: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created_time_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "ttl_ns")]
    ttl: Option<Literal>,
} {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    entity_keys: Vec<KeyWire>,
    #[serde(default)]
    features: Vec<FeatureWire>,
});

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyWire {
    name: String,
    #[serde(rename = "type", alias = "data_type")]
    data_type: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FeatureWire {
    name: String,
    #[serde(rename = "type", alias = "data_type")]
    data_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    feature_type: Option<FeatureType>,
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    nullable: bool,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    description: String,
    #[serde(default, skip_serializing_if = "MetadataWire::is_empty", alias = "constraints")]
    metadata: MetadataWire,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MetadataWire {
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<Literal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<Literal>,
    #[serde(skip_serializing_if = "Option::is_none", alias = "allowed_values")]
    allowed: Option<Vec<Literal>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    notes: BTreeMap<String, String>,
}

head_wire!(ServiceWire {
    #[serde(default)]
    features: Vec<String>,
} {});

impl MetadataWire {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl From<MetadataWire> for GivenMetadata {
    fn from(MetadataWire { min, max, allowed, unit, notes }: MetadataWire) -> Self {
        Self { min, max, allowed, unit, notes }
    }
}

impl From<GivenMetadata> for MetadataWire {
    fn from(GivenMetadata { min, max, allowed, unit, notes }: GivenMetadata) -> Self {
        Self { min, max, allowed, unit, notes }
    }
}

impl From<&FeatureSchema> for FeatureWire {
    fn from(feature: &FeatureSchema) -> Self {
        let usual = FeatureType::of(feature.data_type());
        Self {
            name: feature.name().to_owned(),
            data_type: feature.data_type().to_string(),
            feature_type: Some(feature.feature_type()).filter(|given| *given != usual),
            nullable: feature.is_nullable(),
            description: feature.description().to_owned(),
            metadata: feature.metadata().to_given().into(),
        }
    }
}

impl From<FeatureWire> for FeatureBuilder {
    fn from(wire: FeatureWire) -> Self {
        let feature = FeatureSchema::builder(wire.name, wire.data_type).description(wire.description);
        let feature = feature.nullable(wire.nullable).given_metadata(wire.metadata.into());
        match wire.feature_type {
            Some(feature_type) => feature.feature_type(feature_type),
            None => feature,
        }
    }
}

impl From<&FeatureGroupSchema> for GroupWire {
    fn from(group: &FeatureGroupSchema) -> Self {
        let name = |time: &TimeColumn| time.name().to_owned();
        let text = |time: Option<&TimeColumn>| time.and_then(TimeColumn::data_type).map(DataType::to_string);
        let key = |key: &EntityKey| KeyWire { name: key.name().to_owned(), data_type: key.data_type().to_string() };
        Self {
            event_time: group.event_time().map(name),
            event_time_type: text(group.event_time()),
            created_time: group.created_time().map(name),
            created_time_type: text(group.created_time()),
            ttl: group.ttl().map(|ttl| Literal::Text(ttl.to_string())),
            entity_keys: group.entity_keys().iter().map(key).collect(),
            features: group.features().iter().map(FeatureWire::from).collect(),
            ..Self::of(&group.head)
        }
    }
}

impl From<GroupWire> for FeatureGroupBuilder {
    fn from(mut wire: GroupWire) -> Self {
        let mut group = FeatureGroupSchema::builder("").with_head(wire.take_head());
        let (event, created) =
            (time(wire.event_time, wire.event_time_type), time(wire.created_time, wire.created_time_type));
        group = group.times(event, created);
        if let Some(ttl) = wire.ttl {
            group = group.ttl(given_ttl(&ttl));
        }
        for key in wire.entity_keys {
            group = group.entity_key(key.name, key.data_type);
        }
        wire.features.into_iter().fold(group, FeatureGroupBuilder::feature)
    }
}

/// A type without a name is refused for its name, which is empty.
fn time(name: Option<String>, data_type: Option<String>) -> Option<(String, Option<GivenType>)> {
    let is_given = name.is_some() || data_type.is_some();
    is_given.then(|| (name.unwrap_or_default(), data_type.map(GivenType::from)))
}

/// Text such as `7d`, or nanoseconds.
fn given_ttl(literal: &Literal) -> GivenTtl {
    match literal {
        Literal::Text(text) => text.as_str().into(),
        Literal::Integer(ns) => (*ns).into(),
        Literal::Float(number) => number.to_string().as_str().into(),
        Literal::Boolean(flag) => flag.to_string().as_str().into(),
    }
}

impl From<&FeatureService> for ServiceWire {
    fn from(service: &FeatureService) -> Self {
        Self { features: service.features().iter().map(FeatureRef::to_string).collect(), ..Self::of(&service.head) }
    }
}

impl From<ServiceWire> for FeatureServiceBuilder {
    fn from(mut wire: ServiceWire) -> Self {
        let service = FeatureService::builder("").with_head(wire.take_head());
        wire.features.into_iter().fold(service, FeatureServiceBuilder::reference)
    }
}

impl From<&Definitions> for DefinitionsWire {
    fn from(definitions: &Definitions) -> Self {
        let DefinitionParts { sources, groups, windows, virtual_groups, on_demand, services } = definitions.parts();
        Self {
            format: FORMAT,
            sources: sources.iter().map(SourceWire::from).collect(),
            groups: groups.iter().map(GroupWire::from).collect(),
            windows: windows.iter().map(WindowWire::from).collect(),
            virtual_groups: virtual_groups.iter().map(VirtualWire::from).collect(),
            on_demand: on_demand.iter().map(OnDemandWire::from).collect(),
            services: services.iter().map(ServiceWire::from).collect(),
        }
    }
}

impl DefinitionsWire {
    /// The definitions, checked to the end of the file.
    fn check(self) -> Result<Definitions> {
        let mut problems = Collector::default();
        if self.format != FORMAT {
            let message =
                format!("its format is {}, of which this version knows {FORMAT} alone: update varvite", self.format);
            problems.add(ProblemKind::Version, message);
        }
        // A macro, as each sort has a builder of its own.
        macro_rules! checked {
            ($list:expr, $builder:ty) => {{
                let builders = $list.into_iter().map(<$builder>::from);
                let check = |builder: $builder| problems.within(builder.what(), |problems| builder.check(problems));
                builders.map(check)
            }};
        }
        let parts = DefinitionParts {
            sources: checked!(self.sources, SourceBuilder).collect(),
            groups: checked!(self.groups, FeatureGroupBuilder).collect(),
            windows: checked!(self.windows, WindowBuilder).flatten().collect(),
            virtual_groups: checked!(self.virtual_groups, VirtualBuilder).collect(),
            on_demand: checked!(self.on_demand, OnDemandBuilder).collect(),
            services: checked!(self.services, FeatureServiceBuilder).collect(),
        };
        let definitions = Definitions::unchecked(parts);
        definitions.check(&mut problems);
        problems.finish("the file", definitions)
    }
}

/// Text such as `7d`, or nanoseconds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
struct LiteralTtl(Literal);

impl Default for LiteralTtl {
    fn default() -> Self {
        Self(Literal::Text(String::new()))
    }
}

/// Definitions as they are read, before they are checked: what a format's reader gives.
#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Unchecked(DefinitionsWire);

#[cfg(any(feature = "json", feature = "toml", feature = "yaml"))]
impl Unchecked {
    pub(crate) fn check(self) -> Result<Definitions> {
        self.0.check()
    }
}

impl Serialize for Definitions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        DefinitionsWire::from(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Definitions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        DefinitionsWire::deserialize(deserializer)?.check().map_err(D::Error::custom)
    }
}

macro_rules! through_wire {
    ($($schema:ty, $wire:ty, $builder:ty;)+) => {$(
        impl Serialize for $schema {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                <$wire>::from(self).serialize(serializer)
            }
        }

        impl<'de> Deserialize<'de> for $schema {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <$builder>::from(<$wire>::deserialize(deserializer)?).build().map_err(D::Error::custom)
            }
        }
    )+};
}

through_wire! {
    FeatureSchema, FeatureWire, FeatureBuilder;
    FeatureGroupSchema, GroupWire, FeatureGroupBuilder;
    FeatureService, ServiceWire, FeatureServiceBuilder;
    SourceSchema, SourceWire, SourceBuilder;
    WindowSchema, WindowWire, WindowBuilder;
    VirtualSchema, VirtualWire, VirtualBuilder;
    OnDemandSchema, OnDemandWire, OnDemandBuilder;
}

macro_rules! as_text {
    ($($type:ty),+) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(|error: Error| D::Error::custom(error))
            }
        }
    )+};
}

as_text!(DataType, FeatureRef, Ttl);

impl Serialize for Literal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Boolean(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => serializer.serialize_i64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Text(value) => serializer.serialize_str(value),
        }
    }
}

impl<'de> Deserialize<'de> for Literal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LiteralVisitor)
    }
}

struct LiteralVisitor;

impl Visitor<'_> for LiteralVisitor {
    type Value = Literal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, `true`, `false` or text in quotes")
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Literal, E> {
        Ok(Literal::Boolean(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Literal, E> {
        Ok(Literal::Integer(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Literal, E> {
        let fits = i64::try_from(value);
        fits.map(Literal::Integer).map_err(|_| E::custom(format!("{value} does not fit 64 bits")))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Literal, E> {
        Ok(Literal::Float(value))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Literal, E> {
        Ok(Literal::Text(value.to_owned()))
    }
}
