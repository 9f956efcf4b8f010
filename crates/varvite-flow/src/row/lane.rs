//! A lane: the values of one node for one chunk, of a type known at run time.

use std::any::Any;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray};
use arrow::compute::{cast, max, min};
use arrow::datatypes::{DataType, Date32Type, TimeUnit, TimestampMicrosecondType};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::copy::date_of_days;
use super::element::Element;
use super::validity::Validity;
use crate::flow_type::Item;
use crate::value::Value;

/// The values of one node for one chunk; the memory is used again for the next.
pub struct Lane<T: Element> {
    pub(crate) values: T::Storage,
    pub(crate) validity: Validity,
    pub(crate) len: usize,
}

/// A [`Lane`] whose type is not known while compiling.
pub trait AnyLane: Any + Send + Sync {
    #[doc(hidden)]
    fn validity(&self) -> &Validity;
    #[doc(hidden)]
    fn get(&self, row: usize) -> Value;
    /// Takes over rows of a column; `false` if it is of another type.
    #[doc(hidden)]
    fn load(&mut self, array: &ArrayRef, start: usize, len: usize) -> bool;
    /// Makes every row this value; `false` if it is of another type.
    #[doc(hidden)]
    fn load_one(&mut self, value: &Value, len: usize) -> bool;
    /// Takes over what `f` makes of each row.
    #[doc(hidden)]
    fn load_each(&mut self, len: usize, f: &mut dyn FnMut(usize) -> Value) -> bool;
    #[doc(hidden)]
    fn sink(&self) -> Box<dyn Sink>;
}

/// Chunks that become one array.
pub trait Sink: Send {
    #[doc(hidden)]
    fn append(&mut self, lane: &dyn AnyLane);
    #[doc(hidden)]
    fn finish(self: Box<Self>) -> ArrayRef;
}

struct Growing<T: Element>(T::Builder);

impl<T: Element> Lane<T> {
    /// A lane without rows.
    pub(crate) fn new() -> Self {
        Self { values: T::Storage::default(), validity: Validity::default(), len: 0 }
    }
}

impl<T: Element> AnyLane for Lane<T> {
    fn validity(&self) -> &Validity {
        &self.validity
    }

    fn get(&self, row: usize) -> Value {
        if self.validity.is_valid(row) { T::at(T::view(&self.values, self.len), row).into_value() } else { Value::Null }
    }

    fn load(&mut self, array: &ArrayRef, start: usize, len: usize) -> bool {
        self.validity.set_from(array.nulls(), start, len);
        self.len = len;
        T::load(&mut self.values, array, start, len)
    }

    fn load_one(&mut self, value: &Value, len: usize) -> bool {
        self.load_each(len, &mut |_| value.clone())
    }

    fn load_each(&mut self, len: usize, f: &mut dyn FnMut(usize) -> Value) -> bool {
        let mut fits = true;
        let mut valid = vec![true; len];
        T::fill(&mut self.values, len, None, |row| {
            let value = f(row);
            valid[row] = !value.is_null();
            let made = T::from_value(&value);
            fits &= made.is_some() || value.is_null();
            made.unwrap_or_else(T::absent)
        });
        self.validity.set_with(len, |row| valid[row]);
        self.len = len;
        fits
    }

    fn sink(&self) -> Box<dyn Sink> {
        Box::new(Growing::<T>(T::Builder::default()))
    }
}

impl<T: Element> Sink for Growing<T> {
    fn append(&mut self, lane: &dyn AnyLane) {
        if let Some(lane) = typed::<T>(lane) {
            T::append(&mut self.0, &lane.values, &lane.validity, lane.len);
        }
    }

    fn finish(self: Box<Self>) -> ArrayRef {
        T::finish(self.0)
    }
}

/// The lane, if it has this type.
#[inline]
pub(crate) fn typed<T: Element>(lane: &dyn AnyLane) -> Option<&Lane<T>> {
    (lane as &dyn Any).downcast_ref()
}

/// The lane to write, if it has this type.
#[inline]
pub(crate) fn typed_mut<T: Element>(lane: &mut dyn AnyLane) -> Option<&mut Lane<T>> {
    (lane as &mut dyn Any).downcast_mut()
}

/// An empty lane for values of a type; nothing for types that rows cannot have.
pub(crate) fn lane(item: Item) -> Option<Box<dyn AnyLane>> {
    fn of<T: Element>() -> Box<dyn AnyLane> {
        Box::new(Lane::<T>::new())
    }
    Some(match item {
        Item::F64 => of::<f64>(),
        Item::F32 => of::<f32>(),
        Item::I64 => of::<i64>(),
        Item::I32 => of::<i32>(),
        Item::U32 => of::<u32>(),
        Item::Bool => of::<bool>(),
        Item::Str => of::<String>(),
        Item::Date => of::<NaiveDate>(),
        Item::DateTime => of::<NaiveDateTime>(),
        Item::Timestamp => of::<DateTime<Utc>>(),
        Item::Any | Item::Batch | Item::Other(..) => return None,
    })
}

/// The item type whose lanes can take a column.
pub(crate) fn item_of(column: &ArrayRef) -> Option<Item> {
    Some(Item::of_column(column.data_type())).filter(|item| *item != Item::Any)
}

/// A column in the form that lanes of `item` load; nothing if its type is another, or a date in it is none of chrono's.
pub(crate) fn conform(column: &ArrayRef, item: Item) -> Option<ArrayRef> {
    let wanted = item.data_type()?;
    let made = if column.data_type() == &wanted {
        column.clone()
    } else if crate::flow_type::convertible(column.data_type(), &wanted) {
        // What cannot be told in the wanted unit comes out as null.
        cast(column, &wanted).ok().filter(|made| made.logical_null_count() == column.logical_null_count())?
    } else {
        return None;
    };
    are_dates(&made).then_some(made)
}

/// Whether dates and times can be read as chrono's: the ends of their range tell.
fn are_dates(column: &ArrayRef) -> bool {
    fn ends<T: ArrowPrimitiveType>(column: &ArrayRef, is_date: impl Fn(T::Native) -> bool) -> bool
    where
        T::Native: PartialOrd,
    {
        let column = column.as_primitive::<T>();
        min(column).is_none_or(&is_date) && max(column).is_none_or(&is_date)
    }
    match column.data_type() {
        DataType::Date32 => ends::<Date32Type>(column, |days| date_of_days(days).is_some()),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            ends::<TimestampMicrosecondType>(column, |at| DateTime::from_timestamp_micros(at).is_some())
        }
        _ => true,
    }
}

/// A column of one value, `len` times.
pub(crate) fn repeated(value: &Value, item: Item, len: usize) -> Option<ArrayRef> {
    let mut made = lane(item)?;
    if !made.load_one(value, len) {
        return None;
    }
    let mut sink = made.sink();
    sink.append(&*made);
    Some(sink.finish())
}

/// The values of a column, one by one.
pub(crate) fn values_of(column: &ArrayRef) -> Option<Vec<Value>> {
    let item = item_of(column)?;
    let mut made = lane(item)?;
    made.load(&conform(column, item)?, 0, column.len()).then(|| (0..column.len()).map(|row| made.get(row)).collect())
}
