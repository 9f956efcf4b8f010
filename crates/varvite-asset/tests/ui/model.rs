//! Models that the examples of mistakes share.
#![allow(dead_code)]

use varvite_asset::{AssetKind, Col, DecodeError, FeatureModel, ModelSchema, Resolution};

pub struct Weather;

impl Weather {
    pub const TIMESTAMP: Col<i64> = Col::new("timestamp");
    pub const TEMPERATURE: Col<f64> = Col::new("temperature");
}

pub struct Station;

macro_rules! model {
    ($name:ident, $asset:literal, $kind:expr, $time:expr, $columns:expr) => {
        impl FeatureModel for $name {
            const ASSET: &'static str = $asset;
            const KIND: AssetKind = $kind;
            const VERSION: u32 = 1;
            const TIME: Option<&'static str> = $time;
            const COLUMNS: &'static [&'static str] = $columns;

            fn schema() -> &'static ModelSchema {
                unimplemented!()
            }

            fn decode(_: &arrow::array::RecordBatch, _: &mut Vec<Self>) -> Result<(), DecodeError> {
                unimplemented!()
            }

            fn encode(_: &[Self]) -> Result<arrow::array::RecordBatch, DecodeError> {
                unimplemented!()
            }
        }
    };
}

const DAILY: AssetKind = AssetKind::Feature { resolution: Resolution::literal("1d") };
model!(Weather, "weather", DAILY, Some("timestamp"), &["timestamp", "temperature"]);
model!(Station, "stations", AssetKind::Persistent, None, &["name"]);
