//! Which of equal rows survives: the last one, standing where it stands.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, RecordBatch, UInt32Array, make_array};
use arrow::compute::take;
use arrow::datatypes::{DataType, Float16Type, Float32Type, Float64Type, Schema};
use arrow::row::{RowConverter, Rows, SortField};
use xxhash_rust::xxh3::xxh3_128;

use crate::ordered::find_array;
use crate::{ColumnPath, Duplicates, Error, Ordered, Result};

/// The columns in which rows of equal ordered value must agree to be the same row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DuplicateKey {
    columns: Vec<ColumnPath>,
}

impl DuplicateKey {
    /// The key that `duplicates` means in `schema`; `None` if every row is kept.
    pub(crate) fn try_new(duplicates: &Duplicates, schema: &Schema, ordered_on: &ColumnPath) -> Result<Option<Self>> {
        let columns = match duplicates {
            Duplicates::KeepAll => return Ok(None),
            Duplicates::Columns(columns) => columns.clone(),
            Duplicates::AllColumns => schema.fields().iter().map(|field| field.name().into()).collect(),
        };
        let mut key: Vec<ColumnPath> = Vec::new();
        for column in columns {
            let field = crate::schema::find_field(schema, &column)?;
            if !RowConverter::supports_fields(&[SortField::new(field.data_type().clone())]) {
                let reason = format!("values of column `{column}` ({}) cannot be compared", field.data_type());
                return Err(Error::InvalidOption { option: "duplicates_on", reason });
            }
            // The ordered column needs no second look: only rows of equal value are compared.
            if column != *ordered_on && !key.contains(&column) {
                key.push(column);
            }
        }
        Ok(Some(Self { columns: key }))
    }

    /// A hash of the key of each row of `batch`: rows of equal ordered value with equal ones are the same row.
    pub(crate) fn hashes(&self, batch: &RecordBatch) -> Result<Vec<u128>> {
        let arrays = self.arrays(batch)?;
        let encoded = Encoder::try_new(&arrays)?.encode(&arrays)?;
        let hash = |row| encoded.as_ref().map_or(0, |rows| xxh3_128(rows.row(row).as_ref()));
        Ok((0..batch.num_rows()).map(hash).collect())
    }

    /// The key of each row of `batch`, comparable with those of other batches through the same `encoder`.
    fn arrays(&self, batch: &RecordBatch) -> Result<Vec<ArrayRef>> {
        self.columns.iter().map(|column| Ok(canonical(&find_array(batch, column)?))).collect()
    }
}

/// Turns rows into bytes that are equal when the rows are.
struct Encoder(Option<RowConverter>);

impl Encoder {
    fn try_new(arrays: &[ArrayRef]) -> Result<Self> {
        if arrays.is_empty() {
            return Ok(Self(None));
        }
        let fields = arrays.iter().map(|array| SortField::new(array.data_type().clone())).collect();
        RowConverter::new(fields).map(|converter| Self(Some(converter))).map_err(arrow_error)
    }

    fn encode(&self, arrays: &[ArrayRef]) -> Result<Option<Rows>> {
        self.0.as_ref().map(|converter| converter.convert_columns(arrays).map_err(arrow_error)).transpose()
    }
}

fn arrow_error(source: arrow::error::ArrowError) -> Error {
    Error::Arrow { action: "compare rows", source }
}

fn key_bytes(rows: Option<&Rows>, row: usize) -> Vec<u8> {
    rows.map(|rows| rows.row(row).as_ref().to_vec()).unwrap_or_default()
}

/// Ranges of at least two rows of equal ordered value.
pub(crate) fn ties(ordered: &Ordered) -> Vec<Range<usize>> {
    let mut ties: Vec<Range<usize>> = Vec::new();
    for row in (0..ordered.len().saturating_sub(1)).filter(|row| ordered.ties_with_next(*row)) {
        match ties.last_mut() {
            Some(tie) if tie.end == row + 1 => tie.end += 1,
            _ => ties.push(row..row + 2),
        }
    }
    ties
}

/// The rows of `ordered` (the ordered column of `batch`) that no later row equals; `None` if all survive.
pub(crate) fn survivors(batch: &RecordBatch, ordered: &Ordered, key: &DuplicateKey) -> Result<Option<Vec<u32>>> {
    let ties = ties(ordered);
    if ties.is_empty() {
        return Ok(None);
    }
    let arrays = key.arrays(batch)?;
    let encoded = TieRows::encode(&arrays, &ties)?;
    let mut dropped = vec![false; batch.num_rows()];
    let mut any = false;
    let mut at = 0;
    for tie in &ties {
        let mut last: HashMap<Vec<u8>, usize> = HashMap::new();
        for row in tie.clone() {
            if let Some(earlier) = last.insert(encoded.bytes(at), row) {
                dropped[earlier] = true;
                any = true;
            }
            at += 1;
        }
    }
    Ok(any.then(|| {
        (0..batch.num_rows()).filter(|row| !dropped[*row]).filter_map(|row| u32::try_from(row).ok()).collect()
    }))
}

/// The encoded keys of all rows in ties, one after the other.
struct TieRows(Option<Rows>);

impl TieRows {
    fn encode(arrays: &[ArrayRef], ties: &[Range<usize>]) -> Result<Self> {
        let rows: UInt32Array = ties.iter().flat_map(Clone::clone).filter_map(|row| u32::try_from(row).ok()).collect();
        let taken =
            arrays.iter().map(|array| take(array, &rows, None)).collect::<Result<Vec<_>, _>>().map_err(arrow_error)?;
        Ok(Self(Encoder::try_new(&taken)?.encode(&taken)?))
    }

    fn bytes(&self, at: usize) -> Vec<u8> {
        key_bytes(self.0.as_ref(), at)
    }
}

/// What a merged row is, seen from the duplicates key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It stays, and is no incoming row that meets a stored one.
    Stays,
    /// A later row has its key.
    Dropped,
    /// It is an incoming row that replaces a stored row with other values.
    Updates,
    /// It is an incoming row equal in every column to the stored row at this merged position.
    Equals(usize),
}

/// What becomes of each row of a merged batch; `stored[row]` tells whether the row was stored before.
pub(crate) fn fates(batch: &RecordBatch, ordered: &Ordered, key: &DuplicateKey, stored: &[bool]) -> Result<Vec<Fate>> {
    let mut fates = vec![Fate::Stays; batch.num_rows()];
    let ties: Vec<_> = ties(ordered);
    if ties.is_empty() {
        return Ok(fates);
    }
    let keys = TieRows::encode(&key.arrays(batch)?, &ties)?;
    let mut whole: Option<TieRows> = None;
    let mut at = 0;
    for tie in &ties {
        let first_at = at;
        let mut last: HashMap<Vec<u8>, usize> = HashMap::new();
        for row in tie.clone() {
            if let Some(earlier) = last.insert(keys.bytes(at), row) {
                let mut equals = |twin: usize| -> Result<Fate> {
                    let whole = match &mut whole {
                        Some(whole) => whole,
                        None => whole.insert(encode_whole(batch, &ties)?),
                    };
                    let same = whole.0.is_some() && whole.bytes(at) == whole.bytes(first_at + (twin - tie.start));
                    Ok(if same { Fate::Equals(twin) } else { Fate::Updates })
                };
                fates[row] = match (stored[earlier], stored[row], fates[earlier]) {
                    (true, false, _) => equals(earlier)?,
                    // An incoming row after an incoming row of the same key: it meets what that one met.
                    (false, false, Fate::Equals(twin)) => equals(twin)?,
                    (false, false, fate) => fate,
                    _ => Fate::Stays,
                };
                fates[earlier] = Fate::Dropped;
            }
            at += 1;
        }
    }
    Ok(fates)
}

/// All columns of the rows in ties; nothing where a column cannot be compared, so that no row equals another.
fn encode_whole(batch: &RecordBatch, ties: &[Range<usize>]) -> Result<TieRows> {
    let comparable = batch
        .columns()
        .iter()
        .all(|column| RowConverter::supports_fields(&[SortField::new(column.data_type().clone())]));
    if comparable { TieRows::encode(batch.columns(), ties) } else { Ok(TieRows(None)) }
}

type F16 = <Float16Type as ArrowPrimitiveType>::Native;

/// `array` with one NaN and one zero, also inside structs and lists, so that equal keys have equal bytes.
pub(super) fn canonical(array: &ArrayRef) -> ArrayRef {
    match array.data_type() {
        DataType::Float64 => Arc::new(
            array
                .as_primitive::<Float64Type>()
                .unary::<_, Float64Type>(|value| if value.is_nan() { f64::NAN } else { value + 0.0 }),
        ),
        DataType::Float32 => Arc::new(
            array
                .as_primitive::<Float32Type>()
                .unary::<_, Float32Type>(|value| if value.is_nan() { f32::NAN } else { value + 0.0 }),
        ),
        DataType::Float16 => Arc::new(
            array
                .as_primitive::<Float16Type>()
                .unary::<_, Float16Type>(|value| if value.is_nan() { F16::NAN } else { value + F16::ZERO }),
        ),
        _ if array.to_data().child_data().is_empty() => Arc::clone(array),
        DataType::Dictionary(..) => Arc::clone(array),
        _ => {
            let data = array.to_data();
            let children =
                data.child_data().iter().map(|child| canonical(&make_array(child.clone())).to_data()).collect();
            let rebuilt = data.into_builder().child_data(children).build();
            rebuilt.map_or_else(|_| Arc::clone(array), make_array)
        }
    }
}
