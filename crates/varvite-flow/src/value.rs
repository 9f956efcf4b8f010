//! One value on its way through a graph: small, cheap to copy, of a type known at run time.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

/// A value of a node or an input. Numbers and dates are stored in place, all else is shared.
#[derive(Clone, Default)]
pub enum Value {
    /// No value.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number; narrower types are kept as this one.
    I64(i64),
    /// A floating-point number.
    F64(f64),
    /// Text.
    Str(Arc<str>),
    /// A day.
    Date(NaiveDate),
    /// A date and time without a zone.
    DateTime(NaiveDateTime),
    /// An instant.
    Timestamp(DateTime<Utc>),
    /// Several values: what a group, a fan-out or a list is.
    List(Arc<[Value]>),
    /// A whole column.
    Column(ArrayRef),
    /// Rows of several columns.
    Batch(Arc<RecordBatch>),
    /// Anything else, by its Rust type.
    Other(Arc<dyn Opaque>),
}

/// What [`Value::Other`] holds: any type that threads may share.
pub trait Opaque: Any + Send + Sync {
    /// The name of the type, for messages.
    fn type_name(&self) -> &'static str;
}

impl<T: Any + Send + Sync> Opaque for T {
    fn type_name(&self) -> &'static str {
        std::any::type_name::<T>()
    }
}

impl Value {
    /// Wraps a value of a type that has no variant of its own.
    pub fn other<T: Any + Send + Sync>(value: T) -> Self {
        Self::Other(Arc::new(value))
    }

    /// The value inside [`Value::Other`], if it has this type.
    pub fn downcast_ref<T: Any>(&self) -> Option<&T> {
        let Self::Other(value) = self else { return None };
        let value: &dyn Any = &**value;
        value.downcast_ref()
    }

    /// Whether there is no value.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The number, if it is one.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::F64(value) => Some(*value),
            #[expect(clippy::cast_precision_loss, reason = "a reader of floats asked")]
            Self::I64(value) => Some(*value as f64),
            _ => None,
        }
    }

    /// The whole number, if it is one.
    pub fn as_i64(&self) -> Option<i64> {
        if let Self::I64(value) = self { Some(*value) } else { None }
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Str(value) = self { Some(value) } else { None }
    }

    /// The rows, if it is a batch of them.
    pub fn as_batch(&self) -> Option<&RecordBatch> {
        if let Self::Batch(batch) = self { Some(batch) } else { None }
    }

    /// The name of the value's type, for messages.
    pub fn type_name(&self) -> &str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::I64(_) => "i64",
            Self::F64(_) => "f64",
            Self::Str(_) => "String",
            Self::Date(_) => "NaiveDate",
            Self::DateTime(_) => "NaiveDateTime",
            Self::Timestamp(_) => "DateTime<Utc>",
            Self::List(_) => "list",
            Self::Column(_) => "column",
            Self::Batch(_) => "RecordBatch",
            Self::Other(value) => (**value).type_name(),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::I64(value) => write!(f, "{value}"),
            Self::F64(value) => write!(f, "{value:?}"),
            Self::Str(value) => write!(f, "{value:?}"),
            Self::Date(value) => write!(f, "{value}"),
            Self::DateTime(value) => write!(f, "{value}"),
            Self::Timestamp(value) => write!(f, "{value}"),
            Self::List(values) => f.debug_list().entries(values.iter()).finish(),
            Self::Column(column) => write!(f, "column of {} {}", column.len(), column.data_type()),
            Self::Batch(batch) => write!(f, "batch of {} rows, {} columns", batch.num_rows(), batch.num_columns()),
            Self::Other(value) => write!(f, "<{}>", crate::flow_type::short((**value).type_name())),
        }
    }
}

/// Equal by content; what has no comparison is equal to itself alone.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::I64(a), Self::I64(b)) => a == b,
            (Self::F64(a), Self::F64(b)) => a == b,
            (Self::Str(a), Self::Str(b)) => a == b,
            (Self::Date(a), Self::Date(b)) => a == b,
            (Self::DateTime(a), Self::DateTime(b)) => a == b,
            (Self::Timestamp(a), Self::Timestamp(b)) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Column(a), Self::Column(b)) => a == b,
            (Self::Batch(a), Self::Batch(b)) => a == b,
            (Self::Other(a), Self::Other(b)) => std::ptr::addr_eq(Arc::as_ptr(a), Arc::as_ptr(b)),
            _ => false,
        }
    }
}

macro_rules! from {
    ($($from:ty => |$value:ident| $made:expr),* $(,)?) => {$(
        impl From<$from> for Value {
            fn from($value: $from) -> Self {
                $made
            }
        }
    )*};
}

from! {
    bool => |value| Self::Bool(value),
    i64 => |value| Self::I64(value),
    i32 => |value| Self::I64(value.into()),
    u32 => |value| Self::I64(value.into()),
    f64 => |value| Self::F64(value),
    f32 => |value| Self::F64(value.into()),
    &str => |value| Self::Str(value.into()),
    String => |value| Self::Str(value.into()),
    Arc<str> => |value| Self::Str(value),
    NaiveDate => |value| Self::Date(value),
    NaiveDateTime => |value| Self::DateTime(value),
    DateTime<Utc> => |value| Self::Timestamp(value),
    Vec<Value> => |values| Self::List(values.into()),
    ArrayRef => |column| Self::Column(column),
    RecordBatch => |batch| Self::Batch(Arc::new(batch)),
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
