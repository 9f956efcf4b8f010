//! [`Binding`]: where rows of one layout have the features that are asked for, and what becomes of their types.

use arrow::datatypes::DataType as Arrow;

use crate::Result;
use crate::online::state::StoredColumn;

/// Where rows of one layout have the features of a look-up, one a feature.
#[derive(Debug)]
pub(super) struct Binding(Vec<Bound>);

/// Where a feature is in rows of a layout.
#[derive(Debug)]
enum Bound {
    /// They had none yet.
    Missing,
    At(Place),
    /// It has this type there, which is not the one asked for.
    Unfit(String),
}

/// Where a feature is in rows of a layout.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Its position in the layout.
    pub(super) at: usize,
    pub(super) widening: Option<Widening>,
}

/// How a stored value becomes one of a wider type (S14).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Widening {
    IntToBigInt,
    IntToDouble,
    BigIntToDouble,
    FloatToDouble,
}

impl Widening {
    /// The bytes of the wider value; `None` for bytes that are none of the narrow one.
    pub(super) fn widen(self, bytes: &[u8]) -> Option<[u8; 8]> {
        Some(match self {
            Self::IntToBigInt => i64::from(i32::from_le_bytes(bytes.try_into().ok()?)).to_le_bytes(),
            Self::IntToDouble => f64::from(i32::from_le_bytes(bytes.try_into().ok()?)).to_le_bytes(),
            #[allow(clippy::cast_precision_loss, reason = "what the history does with its older rows")]
            Self::BigIntToDouble => (i64::from_le_bytes(bytes.try_into().ok()?) as f64).to_le_bytes(),
            Self::FloatToDouble => f64::from(f32::from_le_bytes(bytes.try_into().ok()?)).to_le_bytes(),
        })
    }

    fn between(stored: &Arrow, wanted: &Arrow) -> Option<Self> {
        Some(match (stored, wanted) {
            (Arrow::Int32, Arrow::Int64) => Self::IntToBigInt,
            (Arrow::Int32, Arrow::Float64) => Self::IntToDouble,
            (Arrow::Int64, Arrow::Float64) => Self::BigIntToDouble,
            (Arrow::Float32, Arrow::Float64) => Self::FloatToDouble,
            _ => return None,
        })
    }
}

impl Binding {
    /// Finds `features`, by name and type, in a layout.
    pub(super) fn new(layout: &[StoredColumn], features: &[(String, Arrow)]) -> Result<Self> {
        let bind = |(name, wanted): &(String, Arrow)| {
            let Some(at) = layout.iter().position(|column| column.name == *name) else { return Ok(Bound::Missing) };
            let stored = layout[at].parsed()?.to_arrow();
            let widening = Widening::between(&stored, wanted);
            let fits = stored == *wanted || widening.is_some();
            Ok(if fits { Bound::At(Place { at, widening }) } else { Bound::Unfit(layout[at].data_type.clone()) })
        };
        Ok(Self(features.iter().map(bind).collect::<Result<_>>()?))
    }

    /// Where a feature is; `None` where rows had none yet.
    ///
    /// # Errors
    /// The type that it has there, if that is not the one asked for. Rows of such a layout may be gone: only one that is
    /// met is an error.
    pub(super) fn place(&self, feature: usize) -> Result<Option<Place>, &str> {
        match &self.0[feature] {
            Bound::Missing => Ok(None),
            Bound::At(place) => Ok(Some(*place)),
            Bound::Unfit(stored) => Err(stored),
        }
    }
}
