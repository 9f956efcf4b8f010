//! Text of rows: the bytes of a chunk in one string that is used again.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringBuilder};

use super::element::{Element, sealed::Sealed};
use super::validity::Validity;
use crate::flow_type::Item;
use crate::value::Value;

/// The texts of a chunk, one after the other.
#[derive(Debug, Default)]
pub struct Texts {
    bytes: String,
    ends: Vec<usize>,
}

impl Texts {
    #[inline]
    pub(crate) fn get(&self, row: usize) -> &str {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.bytes[start..self.ends[row]]
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    fn push(&mut self, text: &str) {
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len());
    }
}

impl Sealed for String {}

impl Element for String {
    const ITEM: Item = Item::Str;
    type Storage = Texts;
    type View<'a> = &'a Texts;
    type Builder = StringBuilder;

    fn view(storage: &Texts, _len: usize) -> &Texts {
        storage
    }

    fn at(view: &Texts, row: usize) -> Self {
        view.get(row).to_owned()
    }

    fn from_value(value: &Value) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }

    fn into_value(self) -> Value {
        self.into()
    }

    fn fill(storage: &mut Texts, len: usize, mask: Option<&Validity>, mut f: impl FnMut(usize) -> Self) {
        storage.clear();
        for row in 0..len {
            if mask.is_none_or(|mask| mask.is_valid(row)) {
                storage.push(&f(row));
            } else {
                storage.push("");
            }
        }
    }

    fn load(storage: &mut Texts, array: &ArrayRef, start: usize, len: usize) -> bool {
        let Some(array) = array.as_string_opt::<i32>() else { return false };
        storage.clear();
        (start..start + len).for_each(|row| storage.push(if array.is_null(row) { "" } else { array.value(row) }));
        true
    }

    fn append(builder: &mut StringBuilder, storage: &Texts, validity: &Validity, len: usize) {
        (0..len).for_each(|row| builder.append_option(validity.is_valid(row).then(|| storage.get(row))));
    }

    fn finish(mut builder: StringBuilder) -> ArrayRef {
        Arc::new(builder.finish())
    }

    fn absent() -> Self {
        Self::new()
    }
}
