//! Parts in pieces: whole files, so that no row group is read twice, and few enough rows to be held while others come.

use std::ops::Range;
use std::sync::Arc;

use arrow::datatypes::{DataType, Schema};

use super::{Part, PartSource, PlannedScan};

/// Rows of a piece, unless a single file has more.
const ROWS: u64 = 1 << 15;
/// Bytes of a piece when decoded, unless a single file has more.
const BYTES: u64 = 2 << 20;

/// The pieces of a part, in order.
pub(super) fn cut(part: &Arc<Part>) -> Vec<PlannedScan> {
    let PartSource::Dataset { dataset, row_groups, .. } = &part.source else {
        return vec![PlannedScan {
            part: Arc::clone(part),
            row_groups: 0..1,
            num_rows: 0,
            num_bytes: part.num_bytes,
            // Text and compressed columns grow when they are read.
            decoded_bytes: part.num_bytes.saturating_mul(4),
        }];
    };
    let Some(snapshot) = dataset.snapshot() else { return Vec::new() };
    let width = snapshot.schema.as_ref().map_or(Width::default(), |schema| Width::of(schema, &part.columns));
    let mut pieces = Vec::new();
    let mut piece = Piece::starting(row_groups.start);
    for (at, file) in row_groups.clone().zip(snapshot.files.range(row_groups.clone())) {
        let decoded = width.decoded(file.num_rows, file.len);
        if !piece.row_groups.is_empty() && (piece.rows + file.num_rows > ROWS || piece.decoded + decoded > BYTES) {
            pieces.push(std::mem::replace(&mut piece, Piece::starting(at)));
        }
        piece.row_groups.end = at + 1;
        piece.rows += file.num_rows;
        piece.bytes += file.len;
        piece.decoded = piece.decoded.saturating_add(decoded);
    }
    pieces.push(piece);
    let planned = |piece: Piece| PlannedScan {
        part: Arc::clone(part),
        row_groups: piece.row_groups,
        num_rows: piece.rows,
        num_bytes: piece.bytes,
        decoded_bytes: piece.decoded,
    };
    pieces.into_iter().filter(|piece| !piece.row_groups.is_empty()).map(planned).collect()
}

struct Piece {
    row_groups: Range<usize>,
    rows: u64,
    bytes: u64,
    decoded: u64,
}

impl Piece {
    fn starting(at: usize) -> Self {
        Self { row_groups: at..at, rows: 0, bytes: 0, decoded: 0 }
    }
}

/// How many bytes a row takes when decoded.
#[derive(Default)]
struct Width {
    fixed: u64,
    /// Columns whose values have lengths of their own.
    others: u64,
}

impl Width {
    fn of(schema: &Schema, columns: &[String]) -> Self {
        let mut width = Self::default();
        for field in columns.iter().filter_map(|name| schema.field_with_name(name).ok()) {
            match field.data_type() {
                DataType::Boolean => width.fixed += 1,
                fixed => match fixed.primitive_width() {
                    Some(bytes) => width.fixed += bytes as u64,
                    None => width.others += 1,
                },
            }
        }
        width
    }

    /// A guess: what is stored is compressed, to about a quarter.
    fn decoded(&self, rows: u64, stored: u64) -> u64 {
        let others = if self.others > 0 { stored.saturating_mul(4) } else { 0 };
        rows.saturating_mul(self.fixed + self.others * 16).saturating_add(others)
    }
}
