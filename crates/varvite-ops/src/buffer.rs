//! [`Buffer`]: batches by key, up to a number of bytes.

use std::collections::BTreeMap;

use arrow::array::{Array, RecordBatch};
use arrow::compute::concat_batches;

use crate::{Error, Result};

/// Collects batches by key until they reach a number of bytes.
///
/// It says that it is full, and goes on taking: the caller decides when to take the rows out.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use arrow::array::{ArrayRef, Int64Array, RecordBatch};
/// use varvite_ops::Buffer;
///
/// let rows = |ts: Vec<i64>| RecordBatch::try_from_iter([("ts", Arc::new(Int64Array::from(ts)) as ArrayRef)]);
/// let mut buffer = Buffer::new(32);
/// assert!(!buffer.push("a", rows(vec![1, 2])?)?);
/// assert!(buffer.push("a", rows(vec![3, 4])?)?);
/// let taken = buffer.take()?;
/// assert_eq!(taken["a"].num_rows(), 4);
/// assert!(buffer.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Buffer<K> {
    limit_bytes: usize,
    num_bytes: usize,
    batches: BTreeMap<K, Vec<RecordBatch>>,
}

impl<K: Ord> Buffer<K> {
    /// Makes a buffer that is full at `limit_bytes`.
    pub fn new(limit_bytes: usize) -> Self {
        Self { limit_bytes, num_bytes: 0, batches: BTreeMap::new() }
    }

    /// Adds rows of `key`, and tells whether the buffer is full now.
    ///
    /// # Errors
    /// [`Error::ColumnsChanged`] if earlier rows of the key have other columns. The buffer is then as before.
    pub fn push(&mut self, key: K, rows: RecordBatch) -> Result<bool> {
        if let Some(first) = self.batches.get(&key).and_then(|batches| batches.first())
            && first.schema_ref() != rows.schema_ref()
        {
            let (before, now) = (first.schema_ref().fields(), rows.schema_ref().fields());
            let names = |fields: &arrow::datatypes::Fields| {
                let text = fields.iter().map(|field| format!("{}: {}", field.name(), field.data_type()));
                text.collect::<Vec<_>>().join(", ")
            };
            let reason = format!("they were {}, and are {}", names(before), names(now));
            return Err(Error::ColumnsChanged { place: "a key's rows".to_owned(), reason });
        }
        self.num_bytes += size(&rows);
        self.batches.entry(key).or_default().push(rows);
        Ok(self.is_full())
    }

    /// Whether the limit is reached.
    pub fn is_full(&self) -> bool {
        self.num_bytes >= self.limit_bytes
    }

    /// Whether there are no batches.
    pub fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// Bytes of the rows that are held. Of a slice only its own rows count.
    pub fn num_bytes(&self) -> usize {
        self.num_bytes
    }

    /// Takes all rows out: one batch a key, in the order in which they came.
    ///
    /// # Errors
    /// [`Error::Arrow`] if rows cannot be put together, such as strings beyond 2 GiB. The buffer is then as before.
    pub fn take(&mut self) -> Result<BTreeMap<K, RecordBatch>>
    where
        K: Clone,
    {
        let together = |(key, batches): (&K, &Vec<RecordBatch>)| {
            let rows = concat_batches(batches[0].schema_ref(), batches).map_err(Error::arrow("put rows together"))?;
            Ok((key.clone(), rows))
        };
        let taken = self.batches.iter().map(together).collect::<Result<_>>()?;
        self.batches.clear();
        self.num_bytes = 0;
        Ok(taken)
    }
}

fn size(rows: &RecordBatch) -> usize {
    let of_column = |column: &std::sync::Arc<dyn Array>| {
        column.to_data().get_slice_memory_size().unwrap_or_else(|_| column.get_array_memory_size())
    };
    rows.columns().iter().map(of_column).sum()
}
