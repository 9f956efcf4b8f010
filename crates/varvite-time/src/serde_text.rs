//! Periods, tilings, spans and units in serde: as their text, in every format.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Period, Tiling, TimeSpan, TimeUnit};

struct FromText<T>(PhantomData<T>, &'static str);

impl<T: FromStr<Err = crate::Error>> Visitor<'_> for FromText<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.1)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

macro_rules! as_text {
    ($($type:ty, $expecting:literal;)+) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(FromText(PhantomData, $expecting))
            }
        }
    )+};
}

as_text! {
    Period, "a period such as `15min`";
    Tiling, "a tiling such as `1d` or `1d@Europe/Berlin`";
    TimeSpan, "a span such as `2013-01-01T00:00:00Z..2013-02-01T00:00:00Z`";
    TimeUnit, "one of `ns`, `us`, `ms`, `s`, `d`";
}
