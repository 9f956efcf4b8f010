//! How a column is encoded, decided from a sample of it.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{AnyDictionaryArray, Array, ArrayRef, AsArray, ByteView, OffsetSizeTrait};
use arrow::compute::interleave;
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use arrow::row::{RowConverter, Rows, SortField};

use super::DEFAULT_BATCH_SIZE;
use super::limits::MAX_BATCH;

/// The encoding of a leaf column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnEncoding {
    /// Differences of neighbours, packed: for integers that ascend.
    Delta,
    /// A dictionary: for few distinct values.
    Dictionary,
    /// The bytes of floats by significance: for noise, whose leading bytes are alike.
    ByteStreamSplit,
    /// As it is.
    Plain,
}

/// Rows that are looked at, of large row groups.
const SAMPLE: usize = 4096;
/// At most one in so many is looked at, of small ones.
const STEP: usize = 16;
/// But so many at least.
const SMALL_SAMPLE: usize = 512;
/// Bytes of a dictionary beyond which the Parquet writer gives it up, less a margin for the estimate.
const DICTIONARY_BYTES: f64 = 0.9 * (1_u32 << 20) as f64;
/// A dictionary is given up by the Parquet writer with a text of more bytes, but not before it was taken.
const LONG: u64 = 1 << 20;
/// Below this share of what the bytes take unsorted, sorting them by significance pays for its time.
const SPLITTING_PAYS: f64 = 0.95;

/// What suits a column of a row group, judged by evenly spread rows: what is expected to take the fewest bits a value.
pub(super) fn choose(batches: &[&ArrayRef], is_ordered: bool) -> ColumnEncoding {
    if let Some(DataType::Dictionary(key, _)) = batches.first().map(Array::data_type) {
        // Parquet's dictionary of all rows is read back as it is: it must not have more words than the index counts.
        let fits = words(batches) <= max_words(key);
        return if fits { ColumnEncoding::Dictionary } else { ColumnEncoding::Plain };
    }
    if has_long_exceptions(&lengths(batches)) {
        return ColumnEncoding::Plain;
    }
    let Some(sample) = Sample::take(batches) else { return ColumnEncoding::Dictionary };
    if is_integer(sample.values.data_type()) && (is_ordered || sample.ascends()) {
        return ColumnEncoding::Delta;
    }
    let (plain, split) = (sample.plain_bits(), sample.split_bits());
    let without_dictionary = split.as_ref().map_or(plain, |split| split.joined.min(plain));
    if sample.dictionary_bits().is_some_and(|bits| bits < without_dictionary) {
        return ColumnEncoding::Dictionary;
    }
    match split {
        Some(split) if split.joined < SPLITTING_PAYS * split.mixed => ColumnEncoding::ByteStreamSplit,
        _ => ColumnEncoding::Plain,
    }
}

/// The lengths of texts and bytes.
#[derive(Debug, Default, Clone, Copy)]
struct Lengths {
    longest: u64,
    total: u64,
    rows: u64,
}

/// Texts that make a dictionary dear: whoever reads one takes each of its rows to be as long as its longest text.
fn has_long_exceptions(lengths: &Lengths) -> bool {
    const EXCEPTIONAL: u64 = 10;
    let Lengths { longest, total, rows } = *lengths;
    let expected = longest.saturating_mul(rows.min(DEFAULT_BATCH_SIZE as u64));
    longest > LONG || expected > MAX_BATCH && longest.saturating_mul(rows) / EXCEPTIONAL > total
}

/// Nothing for what are no texts.
fn lengths(batches: &[&ArrayRef]) -> Lengths {
    fn of(lengths: impl Iterator<Item = u64>) -> Lengths {
        lengths.fold(Lengths::default(), |so_far, len| Lengths {
            longest: so_far.longest.max(len),
            total: so_far.total.saturating_add(len),
            rows: so_far.rows + 1,
        })
    }
    fn offsets<O: OffsetSizeTrait>(offsets: &[O]) -> Lengths {
        of(offsets.windows(2).map(|pair| (pair[1] - pair[0]).as_usize() as u64))
    }
    let views = |views: &[u128]| of(views.iter().map(|view| u64::from(ByteView::from(*view).length)));
    let each = batches.iter().map(|array| match array.data_type() {
        DataType::Utf8 => offsets(array.as_string::<i32>().value_offsets()),
        DataType::LargeUtf8 => offsets(array.as_string::<i64>().value_offsets()),
        DataType::Binary => offsets(array.as_binary::<i32>().value_offsets()),
        DataType::LargeBinary => offsets(array.as_binary::<i64>().value_offsets()),
        DataType::Utf8View => views(array.as_string_view().views()),
        DataType::BinaryView => views(array.as_binary_view().views()),
        _ => Lengths::default(),
    });
    each.fold(Lengths::default(), |all, one| Lengths {
        longest: all.longest.max(one.longest),
        total: all.total.saturating_add(one.total),
        rows: all.rows + one.rows,
    })
}

/// Types that Parquet stores as 32- or 64-bit integers and whose values delta encoding helps.
fn is_integer(data_type: &DataType) -> bool {
    data_type.is_integer()
        || matches!(data_type, DataType::Timestamp(..) | DataType::Date32 | DataType::Time32(_) | DataType::Time64(_))
}

/// Entries of all dictionaries together; those that are shared count once.
fn words(batches: &[&ArrayRef]) -> usize {
    let dictionaries = batches.iter().filter_map(|batch| batch.as_any_dictionary_opt()).map(AnyDictionaryArray::values);
    let by_place: HashMap<_, usize> =
        dictionaries.map(|words| (Arc::as_ptr(words).cast::<()>(), words.len())).collect();
    by_place.values().sum()
}

/// How many words an index of this type counts.
fn max_words(key: &DataType) -> usize {
    match key {
        DataType::Int8 => 1 << 7,
        DataType::UInt8 => 1 << 8,
        DataType::Int16 => 1 << 15,
        DataType::UInt16 => 1 << 16,
        _ => 1 << 31,
    }
}

/// Evenly spread values of a column.
struct Sample {
    values: ArrayRef,
    /// The same, comparable whatever their type.
    rows: Rows,
    /// Values of the whole column.
    num_rows: usize,
}

/// Expected bits of a float by the entropy of its bytes.
struct SplitBits {
    /// Bytes of equal significance together.
    joined: f64,
    /// All bytes together.
    mixed: f64,
}

#[allow(clippy::cast_precision_loss, reason = "estimates over a few thousand values")]
impl Sample {
    /// `None` for types whose values cannot be compared.
    fn take(batches: &[&ArrayRef]) -> Option<Self> {
        let num_rows: usize = batches.iter().map(Array::len).sum();
        let wanted = (num_rows / STEP).clamp(SMALL_SAMPLE, SAMPLE);
        let step = num_rows.div_ceil(wanted).max(1);
        let (mut places, mut skip) = (Vec::with_capacity(wanted), 0);
        for (at, batch) in batches.iter().enumerate() {
            places.extend((skip..batch.len()).step_by(step).map(|row| (at, row)));
            skip = if skip < batch.len() { (step - (batch.len() - skip) % step) % step } else { skip - batch.len() };
        }
        let arrays: Vec<&dyn Array> = batches.iter().map(AsRef::as_ref).collect();
        let values = interleave(&arrays, &places).ok()?;
        let converter = RowConverter::new(vec![SortField::new(values.data_type().clone())]).ok()?;
        let rows = converter.convert_columns(&[ArrayRef::clone(&values)]).ok()?;
        Some(Self { values, rows, num_rows })
    }

    fn ascends(&self) -> bool {
        self.values.null_count() == 0 && self.values.len() > 1 && self.rows.iter().is_sorted()
    }

    fn plain_bits(&self) -> f64 {
        8.0 * self.mean_bytes()
    }

    /// Of a value as Parquet's plain encoding stores it, about.
    fn mean_bytes(&self) -> f64 {
        match self.values.data_type().primitive_width() {
            Some(width) => width as f64,
            None => self.rows.size() as f64 / self.rows.num_rows().max(1) as f64,
        }
    }

    /// The positions, and each value's share of the dictionary. `None` if the dictionary becomes too large.
    fn dictionary_bits(&self) -> Option<f64> {
        let distinct = self.distinct();
        let bytes = distinct * self.mean_bytes();
        let bits = distinct.log2().ceil() + 8.0 * bytes / self.num_rows as f64;
        (bytes <= DICTIONARY_BYTES).then_some(bits)
    }

    /// How many distinct values the whole column has, estimated from how many appear once and twice: Chao (1984),
    /// "Nonparametric estimation of the number of classes in a population", in the form without bias.
    fn distinct(&self) -> f64 {
        let mut counts: HashMap<_, u32> = HashMap::with_capacity(self.rows.num_rows());
        for row in &self.rows {
            *counts.entry(row).or_default() += 1;
        }
        if self.rows.num_rows() == self.num_rows {
            return counts.len() as f64;
        }
        let appear = |times: u32| counts.values().filter(|count| **count == times).count() as f64;
        let (once, twice) = (appear(1), appear(2));
        let unseen = once * (once - 1.0) / (2.0 * (twice + 1.0));
        (counts.len() as f64 + unseen).min(self.num_rows as f64)
    }

    fn split_bits(&self) -> Option<SplitBits> {
        match self.values.data_type() {
            DataType::Float64 => {
                Some(SplitBits::of(self.values.as_primitive::<Float64Type>().values().iter().map(|v| v.to_le_bytes())))
            }
            DataType::Float32 => {
                Some(SplitBits::of(self.values.as_primitive::<Float32Type>().values().iter().map(|v| v.to_le_bytes())))
            }
            _ => None,
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "estimates over a few thousand values")]
impl SplitBits {
    fn of<const WIDTH: usize>(values: impl Iterator<Item = [u8; WIDTH]> + Clone) -> Self {
        let joined = (0..WIDTH).map(|byte| entropy(values.clone().map(|value| value[byte]))).sum();
        Self { joined, mixed: entropy(values.flatten()) * WIDTH as f64 }
    }
}

/// Shannon's entropy of bytes, in bits a byte.
fn entropy(bytes: impl Iterator<Item = u8>) -> f64 {
    let mut counts = [0_u32; 256];
    let mut total = 0_u32;
    for byte in bytes {
        counts[usize::from(byte)] += 1;
        total += 1;
    }
    let share = |count: u32| f64::from(count) / f64::from(total.max(1));
    counts.iter().filter(|count| **count > 0).map(|count| -share(*count) * share(*count).log2()).sum()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use arrow::array::{Float64Array, Int64Array, StringArray};

    use super::*;

    /// `SplitMix64`, of Steele, Lea and Flood.
    fn random(count: u64) -> impl Iterator<Item = u64> {
        (1..=count).map(|at| {
            let mut z = at.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        })
    }

    #[allow(clippy::cast_precision_loss, reason = "any floats do")]
    fn floats(values: impl Iterator<Item = u64>) -> ArrayRef {
        Arc::new(values.map(|value| value as f64 / 100.0).collect::<Float64Array>())
    }

    fn of(column: &ArrayRef) -> ColumnEncoding {
        choose(&[column], false)
    }

    #[test]
    fn prices_that_repeat_in_the_row_group_but_hardly_in_the_sample_get_a_dictionary() {
        assert_eq!(of(&floats(random(1 << 20).map(|r| 10_000 + r % 50_000))), ColumnEncoding::Dictionary);
    }

    #[test]
    fn a_dictionary_that_would_be_given_up_is_not_begun() {
        assert_eq!(of(&floats(random(1 << 20).map(|r| 10_000 + r % 500_000))), ColumnEncoding::ByteStreamSplit);
    }

    #[test]
    fn noise_is_split_into_its_bytes() {
        assert_eq!(of(&floats(random(1 << 17))), ColumnEncoding::ByteStreamSplit);
    }

    #[test]
    fn few_distinct_values_of_a_short_column_get_a_dictionary() {
        assert_eq!(of(&floats(random(100).map(|r| r % 10))), ColumnEncoding::Dictionary);
        assert_ne!(of(&floats(random(100))), ColumnEncoding::Dictionary);
    }

    #[test]
    fn texts_that_are_all_different_have_no_dictionary() {
        let texts = |modulus: u64| -> ArrayRef {
            Arc::new(random(1 << 17).map(|r| Some(format!("symbol {}", r % modulus))).collect::<StringArray>())
        };
        assert_eq!(of(&texts(500)), ColumnEncoding::Dictionary);
        assert_eq!(of(&texts(u64::MAX)), ColumnEncoding::Plain);
    }

    #[test]
    fn long_exceptions_have_no_dictionary() {
        let texts = |long: usize, each: usize| -> ArrayRef {
            let text = |at: usize| if at % each == 7 { "x".repeat(long) } else { (at % 10).to_string() };
            Arc::new((0..20_000).map(|at| Some(text(at))).collect::<StringArray>())
        };
        assert_eq!(of(&texts(900_000, 20_000)), ColumnEncoding::Plain);
        assert_eq!(of(&texts(10_000, 20_000)), ColumnEncoding::Dictionary, "a batch of such rows fits");
        assert_eq!(of(&texts(20_000, 8)), ColumnEncoding::Dictionary, "such rows are no exception");
        let few: ArrayRef = Arc::new(StringArray::from(vec!["x".repeat(2 << 20); 2]));
        assert_eq!(of(&few), ColumnEncoding::Plain, "larger than a dictionary may be");
        let views = |array: &ArrayRef| arrow::compute::cast(array, &DataType::Utf8View).unwrap();
        assert_eq!(of(&views(&texts(900_000, 20_000))), ColumnEncoding::Plain);
    }

    #[test]
    fn the_sample_spans_all_batches() {
        let same: ArrayRef = Arc::new(Int64Array::from(vec![7; 5000]));
        let rising: ArrayRef = Arc::new((0..1 << 20).map(|at| 1 << 40 | at).collect::<Int64Array>());
        assert_eq!(of(&same), ColumnEncoding::Delta);
        assert_eq!(choose(&[&rising, &same], false), ColumnEncoding::Plain);
        let sample = Sample::take(&[&same, &rising]).map(|sample| sample.rows.num_rows());
        assert!(sample.is_some_and(|rows| rows.abs_diff(SAMPLE) < 64));
    }
}
