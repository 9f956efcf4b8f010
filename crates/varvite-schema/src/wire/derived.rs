//! Sources, windows and on-demand groups as files have them.

use serde::{Deserialize, Serialize};

use super::head::head_wire;
use super::{LiteralTtl, given_ttl, one};
use crate::{AggregateFunction, Aggregation, Literal, OnDemandBuilder, OnDemandFeature, OnDemandInput, OnDemandSchema};
use crate::{SourceBuilder, SourceColumn, SourceSchema, WindowBuilder, WindowSchema};

head_wire!(unversioned SourceWire {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "timestamp_key")]
    event_time: Option<String>,
} {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    columns: Vec<ColumnWire>,
});

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnWire {
    name: String,
    #[serde(rename = "type", alias = "data_type")]
    data_type: String,
}

head_wire!(WindowWire {
    source: String,
    #[serde(alias = "window_ns", alias = "length")]
    window: LiteralTtl,
    #[serde(default)]
    entity_keys: Vec<String>,
} {
    #[serde(default, alias = "features")]
    aggregations: Vec<AggregationWire>,
});

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AggregationWire {
    function: AggregateFunction,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    column: Option<String>,
    #[serde(rename = "as", alias = "name")]
    name: String,
}

head_wire!(OnDemandWire {
    #[serde(default)]
    inputs: Vec<String>,
} {
    #[serde(default)]
    features: Vec<ExpressionWire>,
});

/// Entries of a list: not every format keeps the order of a map.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpressionWire {
    name: String,
    expression: String,
}

impl From<&SourceSchema> for SourceWire {
    fn from(source: &SourceSchema) -> Self {
        let column = |SourceColumn { name, data_type }: &SourceColumn| ColumnWire {
            name: name.clone(),
            data_type: data_type.to_string(),
        };
        Self {
            location: source.location().map(str::to_owned),
            event_time: source.event_time().map(str::to_owned),
            columns: source.columns().iter().map(column).collect(),
            ..Self::of(&source.head)
        }
    }
}

impl From<SourceWire> for SourceBuilder {
    fn from(mut wire: SourceWire) -> Self {
        let mut source = SourceSchema::builder("").with_head(wire.take_head());
        if let Some(location) = wire.location {
            source = source.location(location);
        }
        if let Some(time) = wire.event_time {
            source = source.event_time(time);
        }
        wire.columns.into_iter().fold(source, |source, column| source.column(column.name, column.data_type))
    }
}

impl From<&WindowSchema> for WindowWire {
    fn from(window: &WindowSchema) -> Self {
        let aggregation = |one: &Aggregation| AggregationWire {
            function: one.function(),
            column: one.column().map(str::to_owned),
            name: one.name().to_owned(),
        };
        Self {
            source: window.source().to_owned(),
            window: LiteralTtl(Literal::Text(window.length().to_string())),
            entity_keys: window.entity_keys().to_vec(),
            aggregations: window.aggregations().iter().map(aggregation).collect(),
            ..Self::of(&window.head)
        }
    }
}

impl From<WindowWire> for WindowBuilder {
    fn from(mut wire: WindowWire) -> Self {
        let head = wire.take_head();
        let window = WindowSchema::builder("", wire.source, given_ttl(&wire.window.0)).with_head(head);
        let window = wire.entity_keys.into_iter().fold(window, WindowBuilder::entity_key);
        let aggregation = |AggregationWire { function, column, name }| Aggregation { function, column, name };
        wire.aggregations.into_iter().map(aggregation).fold(window, WindowBuilder::aggregation)
    }
}

impl From<&OnDemandSchema> for OnDemandWire {
    fn from(group: &OnDemandSchema) -> Self {
        let feature = |OnDemandFeature { name, expression }: &OnDemandFeature| ExpressionWire {
            name: name.clone(),
            expression: expression.clone(),
        };
        Self {
            inputs: group.inputs().iter().map(OnDemandInput::to_string).collect(),
            features: group.features().iter().map(feature).collect(),
            ..Self::of(&group.head)
        }
    }
}

impl From<OnDemandWire> for OnDemandBuilder {
    fn from(mut wire: OnDemandWire) -> Self {
        let group = OnDemandSchema::builder("").with_head(wire.take_head());
        let group = wire.inputs.into_iter().fold(group, OnDemandBuilder::input);
        wire.features.into_iter().fold(group, |group, feature| group.expression(feature.name, feature.expression))
    }
}
