//! Virtual groups as files have them.

use serde::{Deserialize, Serialize};

use super::given_ttl;
use super::head::head_wire;
use super::one;
use crate::feature::GivenType;
use crate::{DataType, Literal, VirtualBuilder, VirtualFeature, VirtualKey, VirtualSchema};

head_wire!(VirtualWire {
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "timestamp_key")]
    event_time: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "ttl_ns")]
    ttl: Option<Literal>,
    #[serde(default)]
    sources: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "query")]
    sql: Option<String>,
} {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    entity_keys: Vec<GivenKeyWire>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    features: Vec<VirtualFeatureWire>,
});

/// A key; where no type is declared, its name is enough.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged, expecting = "a key is its name, or has a `name` and perhaps a `type`")]
enum GivenKeyWire {
    Full(VirtualKeyWire),
    Name(String),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VirtualKeyWire {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "type", alias = "data_type")]
    data_type: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VirtualFeatureWire {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "type", alias = "data_type")]
    data_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "query")]
    sql: Option<String>,
}

impl From<&VirtualSchema> for VirtualWire {
    fn from(group: &VirtualSchema) -> Self {
        let key = |key: &VirtualKey| {
            GivenKeyWire::Full(VirtualKeyWire {
                name: key.name().to_owned(),
                data_type: key.data_type().map(DataType::to_string),
            })
        };
        let feature = |feature: &VirtualFeature| VirtualFeatureWire {
            name: feature.name().to_owned(),
            data_type: feature.data_type().map(DataType::to_string),
            sql: feature.sql().map(str::to_owned),
        };
        Self {
            event_time: group.event_time().map(str::to_owned),
            ttl: group.ttl().map(|ttl| Literal::Text(ttl.to_string())),
            sources: group.sources().to_vec(),
            sql: group.sql().map(str::to_owned),
            entity_keys: group.entity_keys().iter().map(key).collect(),
            features: group.features().iter().map(feature).collect(),
            ..Self::of(&group.head)
        }
    }
}

impl From<VirtualWire> for VirtualBuilder {
    fn from(mut wire: VirtualWire) -> Self {
        let mut group = VirtualSchema::builder("").with_head(wire.take_head());
        if let Some(time) = wire.event_time {
            group = group.event_time(time);
        }
        if let Some(ttl) = wire.ttl {
            group = group.ttl(given_ttl(&ttl));
        }
        if let Some(sql) = wire.sql {
            group = group.sql(sql);
        }
        let group = wire.sources.into_iter().fold(group, VirtualBuilder::source);
        let group = wire.entity_keys.into_iter().fold(group, |group, key| match key {
            GivenKeyWire::Name(name) => group.given_key(name, None),
            GivenKeyWire::Full(key) => group.given_key(key.name, key.data_type.map(GivenType::from)),
        });
        wire.features.into_iter().fold(group, |group, feature| {
            group.given_feature(feature.name, feature.data_type.map(GivenType::from), feature.sql)
        })
    }
}
