//! [`Binding`]: where rows of one layout have the features that are asked for, and what becomes of their types.

use arrow::datatypes::DataType as Arrow;

use crate::online::state::StoredColumn;
use crate::{Error, Result};

/// Where rows of one layout have the features of a look-up: one place a feature, `None` where they had none yet.
pub(super) type Binding = Vec<Option<Place>>;

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

/// Finds `features`, by name and type, in a layout.
pub(super) fn bind(layout: &[StoredColumn], features: &[(String, Arrow)], group: &str) -> Result<Binding> {
    let place = |(name, wanted): &(String, Arrow)| {
        let Some(at) = layout.iter().position(|column| column.name == *name) else { return Ok(None) };
        let stored = layout[at].parsed()?.to_arrow();
        let widening = Widening::between(&stored, wanted);
        if stored != *wanted && widening.is_none() {
            let reason = format!("`{name}` is stored as {}, and was asked for as {wanted}", layout[at].data_type);
            return Err(Error::OnlineStale { group: group.to_owned(), reason });
        }
        Ok(Some(Place { at, widening }))
    };
    features.iter().map(place).collect()
}
