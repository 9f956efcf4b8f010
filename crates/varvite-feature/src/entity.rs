//! Entity keys as numbers: equal keys, part by part, have one.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use arrow::row::{RowConverter, SortField};
use hashbrown::{DefaultHashBuilder, HashMap};
use varvite_schema::FeatureGroupSchema;

use crate::error::arrow;
use crate::times::{converted, numbers, unit_of};
use crate::{Error, Result};

/// The number of a key that is not known, or that has a null part.
pub const NONE: u32 = u32::MAX;

/// A table by distance is used if it is at most so many times longer than there are keys.
const MAX_SPARSITY: usize = 16;

/// Gives numbers to keys: typed tuples, compared part by part, never joined as text.
#[derive(Debug)]
pub struct KeyNumbers {
    known: Known,
    len: u32,
}

#[derive(Debug)]
enum Known {
    /// Groups without keys: every row is of the one entity there is.
    One,
    /// One integer key.
    Integers(HashMap<i64, u32, DefaultHashBuilder>),
    /// Any other keys, as bytes that are equal if and only if all parts are.
    Rows { converter: RowConverter, numbers: HashMap<Box<[u8]>, u32, DefaultHashBuilder> },
}

/// Finds the numbers of keys.
#[derive(Debug)]
pub enum KeyLookup {
    /// By hash.
    Hashed(KeyNumbers),
    /// One integer key whose values lie close together: numbers by the distance from the least.
    Dense {
        /// The least key.
        least: i64,
        /// The number of each key by its distance from the least.
        numbers: Vec<u32>,
    },
}

impl KeyNumbers {
    /// Numbers for keys of these types.
    ///
    /// # Errors
    /// [`Error::Arrow`] for types that cannot be compared.
    pub fn new(types: &[DataType]) -> Result<Self> {
        let known = match types {
            [] => Known::One,
            [DataType::Int32 | DataType::Int64] => Known::Integers(HashMap::default()),
            types => {
                let fields = types.iter().cloned().map(SortField::new).collect();
                let converter = RowConverter::new(fields).map_err(arrow("compare keys"))?;
                Known::Rows { converter, numbers: HashMap::default() }
            }
        };
        Ok(Self { known, len: u32::from(types.is_empty()) })
    }

    /// Whether no key has a number.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many keys have a number.
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// The number of each row's key, a new one where it has none yet; [`NONE`] where a part is null.
    ///
    /// # Errors
    /// [`Error::Arrow`] for columns of other types.
    pub fn insert(&mut self, keys: &[ArrayRef], rows: usize) -> Result<Vec<u32>> {
        let Self { known, len } = self;
        let mut next = || {
            *len += 1;
            *len - 1
        };
        match known {
            Known::One => Ok(vec![0; rows]),
            Known::Integers(numbers) => each(&keys[0], |key| *numbers.entry(key).or_insert_with(&mut next)),
            Known::Rows { converter, numbers } => {
                each_row(converter, keys, |key| Some(*numbers.entry_ref(key).or_insert_with(&mut next)))
            }
        }
    }

    /// Prepares for look-ups.
    pub fn into_lookup(self) -> KeyLookup {
        let Known::Integers(numbers) = &self.known else { return KeyLookup::Hashed(self) };
        let (Some(least), Some(greatest)) = (numbers.keys().min(), numbers.keys().max()) else {
            return KeyLookup::Hashed(self);
        };
        let span = usize::try_from(greatest.abs_diff(*least)).unwrap_or(usize::MAX);
        if span / MAX_SPARSITY > numbers.len() {
            return KeyLookup::Hashed(self);
        }
        let mut dense = vec![NONE; span + 1];
        for (key, number) in numbers {
            dense[usize::try_from(key.abs_diff(*least)).unwrap_or(0)] = *number;
        }
        KeyLookup::Dense { least: *least, numbers: dense }
    }
}

impl KeyLookup {
    /// The number of each row's key; [`NONE`] where it has none.
    ///
    /// # Errors
    /// [`Error::Arrow`] for columns of other types.
    pub fn find(&self, keys: &[ArrayRef], rows: usize) -> Result<Vec<u32>> {
        match self {
            Self::Dense { least, numbers } => each(&keys[0], |key| {
                let distance = usize::try_from(key.wrapping_sub(*least)).unwrap_or(usize::MAX);
                numbers.get(distance).copied().unwrap_or(NONE)
            }),
            Self::Hashed(KeyNumbers { known: Known::One, .. }) => Ok(vec![0; rows]),
            Self::Hashed(KeyNumbers { known: Known::Integers(numbers), .. }) => {
                each(&keys[0], |key| numbers.get(&key).copied().unwrap_or(NONE))
            }
            Self::Hashed(KeyNumbers { known: Known::Rows { converter, numbers }, .. }) => {
                each_row(converter, keys, |key| numbers.get(key).copied())
            }
        }
    }
}

/// The numbers of integer keys.
fn each(keys: &ArrayRef, mut number: impl FnMut(i64) -> u32) -> Result<Vec<u32>> {
    let keys = cast(keys, &DataType::Int64).map_err(arrow("compare keys"))?;
    let keys = keys.as_primitive::<Int64Type>();
    Ok(if keys.null_count() == 0 {
        keys.values().iter().map(|key| number(*key)).collect()
    } else {
        keys.iter().map(|key| key.map_or(NONE, &mut number)).collect()
    })
}

/// The numbers of keys of any types.
fn each_row(
    converter: &RowConverter,
    keys: &[ArrayRef],
    mut number: impl FnMut(&[u8]) -> Option<u32>,
) -> Result<Vec<u32>> {
    let rows = converter.convert_columns(keys).map_err(arrow("compare keys"))?;
    let nulls: Vec<_> = keys.iter().filter_map(Array::logical_nulls).collect();
    let has_null = |row: usize| nulls.iter().any(|nulls| nulls.is_null(row));
    let of_row = |(row, key): (usize, arrow::row::Row<'_>)| {
        if has_null(row) { NONE } else { number(key.as_ref()).unwrap_or(NONE) }
    };
    Ok(rows.iter().enumerate().map(of_row).collect())
}

/// The types of a group's keys.
pub(crate) fn key_types(group: &FeatureGroupSchema) -> Vec<DataType> {
    group.entity_keys().iter().map(|key| key.data_type().to_arrow()).collect()
}

/// The columns of a table that hold a group's keys, under their own names, in the types of the group (S19).
///
/// # Errors
/// [`Error::MissingKeyColumn`]; [`Error::KeyTypeMismatch`] where values of the two types are never equal.
pub(crate) fn key_columns(group: &FeatureGroupSchema, table: &RecordBatch) -> Result<Vec<ArrayRef>> {
    group.entity_keys().iter().map(|key| key_column(group, table, key.name(), key.name())).collect()
}

/// The column `column` of a table as the key `key` of a group.
pub(crate) fn key_column(group: &FeatureGroupSchema, table: &RecordBatch, key: &str, column: &str) -> Result<ArrayRef> {
    let declared = group.entity_keys().iter().find(|known| known.name() == key).map(|key| key.data_type().to_arrow());
    key_of_type(table, column, &declared.unwrap_or(DataType::Null), &group.id())
}

/// The column `column` of a table in the type that keys have in `needed_by`.
pub(crate) fn key_of_type(table: &RecordBatch, column: &str, wanted: &DataType, needed_by: &str) -> Result<ArrayRef> {
    let Some(given) = table.column_by_name(column) else {
        return Err(Error::MissingKeyColumn {
            column: column.to_owned(),
            needed_by: format!("`{needed_by}`"),
            known: crate::pit::columns_of(&table.schema()),
        });
    };
    match comparable(given, wanted)? {
        Some(array) => Ok(array),
        None => Err(Error::KeyTypeMismatch {
            column: column.to_owned(),
            given: given.data_type().to_string(),
            expected: wanted.to_string(),
            needed_by: needed_by.to_owned(),
        }),
    }
}

/// `given` in the type `wanted`, where values of the two can be equal. A value that the type does not hold equals none
/// of its values, and becomes null.
fn comparable(given: &ArrayRef, wanted: &DataType) -> Result<Option<ArrayRef>> {
    let is_text = |data_type: &DataType| match data_type {
        DataType::Dictionary(_, value) => value.is_string(),
        other => other.is_string(),
    };
    let safe = |wanted: &DataType| cast(given, wanted).map(Some).map_err(arrow("compare keys"));
    match (given.data_type(), wanted) {
        (given_type, wanted) if given_type == wanted => Ok(Some(Arc::clone(given))),
        (DataType::Null, wanted) => safe(wanted),
        (given_type, wanted) if given_type.is_integer() && wanted.is_integer() => safe(wanted),
        (given_type, wanted) if is_text(given_type) && is_text(wanted) => safe(wanted),
        (DataType::Timestamp(..), DataType::Timestamp(..)) => same_instants(given, wanted).map(Some),
        _ => Ok(None),
    }
}

fn same_instants(given: &ArrayRef, wanted: &DataType) -> Result<ArrayRef> {
    let (Some(from), Some(to)) = (unit_of(given.data_type()), unit_of(wanted)) else { return Ok(Arc::clone(given)) };
    let values: arrow::array::Int64Array = numbers(given)?.iter().map(|value| converted(value?, from, to)).collect();
    cast(&values, wanted).map_err(arrow("compare keys"))
}
