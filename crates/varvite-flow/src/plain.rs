//! Rust values of any type in and out of [`Value`]: known types in place, all others shared.

use std::any::{Any, TypeId};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use crate::value::Value;

/// What a plain parameter or result may be.
pub trait Plain: Any + Clone + Send + Sync {}

impl<T: Any + Clone + Send + Sync> Plain for T {}

/// A `T` from its value; `None` if the value is of another type.
pub(crate) fn take<T: Plain>(value: &Value) -> Option<T> {
    if let Some(value) = cast(value.clone()) {
        return Some(value);
    }
    match value {
        Value::Null => null(),
        Value::Bool(value) => one(*value),
        Value::I64(value) => {
            one(*value).or_else(|| one(i32::try_from(*value).ok()?)).or_else(|| one(u32::try_from(*value).ok()?))
        }
        #[expect(clippy::cast_possible_truncation, reason = "a node that says f32 has f32")]
        Value::F64(value) => one(*value).or_else(|| one(*value as f32)),
        Value::Str(value) => one(Arc::clone(value)).or_else(|| one(value.to_string())),
        Value::Date(value) => one(*value),
        Value::DateTime(value) => one(*value),
        Value::Timestamp(value) => one(*value),
        Value::Column(value) => one(Arc::clone(value)),
        Value::Batch(batch) => one(Arc::clone(batch)).or_else(|| one(RecordBatch::clone(batch))),
        Value::List(values) => list(values),
        Value::Other(shared) => {
            let any: &dyn Any = &**shared;
            any.downcast_ref::<T>().or_else(|| any.downcast_ref::<Arc<T>>().map(|shared| &**shared)).cloned()
        }
    }
}

/// A `T` where it is kept; nothing if it is of another type, or kept in another form.
pub(crate) fn borrowed<T: Plain>(value: &Value) -> Option<&T> {
    let inside: &dyn Any = match value {
        Value::F64(value) => value,
        Value::I64(value) => value,
        Value::Bool(value) => value,
        Value::Date(value) => value,
        Value::DateTime(value) => value,
        Value::Timestamp(value) => value,
        Value::Column(value) => value,
        Value::Batch(value) => &**value,
        Value::Other(value) => &**value,
        other => other,
    };
    inside.downcast_ref().or_else(|| (value as &dyn Any).downcast_ref())
}

/// Whether values of this type are kept in another form: nothing can refer to them there.
pub(crate) fn is_kept_otherwise<T: Plain>() -> bool {
    let id = TypeId::of::<T>();
    macro_rules! forms {
        ($($ty:ty),*) => { false $(|| id == TypeId::of::<Option<$ty>>() || id == TypeId::of::<Vec<$ty>>())* };
    }
    let narrow = [TypeId::of::<f32>(), TypeId::of::<i32>(), TypeId::of::<u32>(), TypeId::of::<String>()];
    narrow.contains(&id)
        || forms!(
            f64,
            i64,
            bool,
            String,
            f32,
            i32,
            u32,
            NaiveDate,
            NaiveDateTime,
            DateTime<Utc>,
            ArrayRef,
            RecordBatch,
            Value
        )
}

/// The value of a `T`.
pub(crate) fn of<T: Plain>(value: T) -> Value {
    let mut slot = Some(value);
    macro_rules! known {
        ($($ty:ty),*) => {$(
            if let Some(value) = (&mut slot as &mut dyn Any).downcast_mut::<Option<$ty>>() {
                return value.take().map_or(Value::Null, Value::from);
            }
            if let Some(value) = (&mut slot as &mut dyn Any).downcast_mut::<Option<Option<$ty>>>() {
                return value.take().flatten().map_or(Value::Null, Value::from);
            }
            if let Some(values) = (&mut slot as &mut dyn Any).downcast_mut::<Option<Vec<$ty>>>() {
                return values.take().unwrap_or_default().into_iter().map(Value::from).collect::<Vec<_>>().into();
            }
        )*};
    }
    known!(f64, i64, bool, String, f32, i32, u32, NaiveDate, NaiveDateTime, DateTime<Utc>, ArrayRef, RecordBatch);
    if let Some(value) = (&mut slot as &mut dyn Any).downcast_mut::<Option<Value>>() {
        return value.take().unwrap_or_default();
    }
    if let Some(values) = (&mut slot as &mut dyn Any).downcast_mut::<Option<Vec<Value>>>() {
        return values.take().unwrap_or_default().into();
    }
    slot.map_or(Value::Null, Value::other)
}

/// `value` as a `T`, if that is what it is. Costs nothing: both types are known while compiling.
fn cast<S: 'static, T: 'static>(value: S) -> Option<T> {
    (&mut Some(value) as &mut dyn Any).downcast_mut::<Option<T>>().and_then(Option::take)
}

fn one<S: 'static + Clone, T: 'static>(value: S) -> Option<T> {
    cast(value.clone()).or_else(|| cast(Some(value)))
}

fn null<T: 'static>() -> Option<T> {
    macro_rules! none {
        ($($ty:ty),*) => { None$(.or_else(|| cast(None::<$ty>)))* };
    }
    none!(f64, i64, bool, String, f32, i32, u32, NaiveDate, NaiveDateTime, DateTime<Utc>, ArrayRef, RecordBatch)
}

fn list<T: 'static>(values: &Arc<[Value]>) -> Option<T> {
    macro_rules! lists {
        ($($ty:ty),*) => {
            cast(values.to_vec())
            $(.or_else(|| {
                // The type first: without it every list would be converted to each type in turn.
                if TypeId::of::<T>() != TypeId::of::<Vec<$ty>>() { return None; }
                cast(values.iter().map(take::<$ty>).collect::<Option<Vec<_>>>()?)
            }))*
        };
    }
    lists!(f64, i64, bool, String, f32, i32, u32, NaiveDate, NaiveDateTime, DateTime<Utc>, RecordBatch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_types_are_stored_in_place() {
        assert_eq!(of(1.5_f64), Value::F64(1.5));
        assert_eq!(of(Some(3_i32)), Value::I64(3));
        assert_eq!(of(None::<String>), Value::Null);
        assert_eq!(of(vec![1_i64, 2]), Value::from(vec![Value::I64(1), Value::I64(2)]));
    }

    #[test]
    fn values_come_back_as_what_they_were() {
        assert_eq!(take::<f64>(&of(1.5_f64)), Some(1.5));
        assert_eq!(take::<Option<f64>>(&of(1.5_f64)), Some(Some(1.5)));
        assert_eq!(take::<Option<f64>>(&Value::Null), Some(None));
        assert_eq!(take::<Vec<i64>>(&of(vec![1_i64, 2])), Some(vec![1, 2]));
        assert_eq!(take::<String>(&of("a".to_owned())), Some("a".to_owned()));
        assert_eq!(take::<(u8, u8)>(&of((1_u8, 2_u8))), Some((1, 2)));
    }

    #[test]
    fn another_type_is_refused() {
        assert_eq!(take::<f64>(&Value::I64(1)), None);
        assert_eq!(take::<i64>(&Value::Null), None);
        assert_eq!(take::<u32>(&Value::I64(-1)), None);
        assert_eq!(take::<(u8, u8)>(&of((1_u8, 2_i8))), None);
    }
}
