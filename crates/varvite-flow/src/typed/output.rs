//! What a request gives for a node, and what may stand in a node's place.

use arrow::array::{Array, ArrayRef};

use crate::flow_type::{FlowType, Item};
use crate::plain::{self, Plain};
use crate::row::Element;
use crate::value::Value;
use crate::wrappers::{Column, Each, Whole};

/// What a node makes, as a request gives it.
pub trait Output: 'static {
    /// Of a data set or a batch: `Column<f64>` for a node of rows, `Whole<f64>` for one value.
    type Offline;
    /// Of one row: `Option<f64>`, since a null gives a null, or `Whole<f64>`.
    type Online;
    #[doc(hidden)]
    fn flow_type() -> FlowType;
    #[doc(hidden)]
    fn offline(value: &Value) -> Option<Self::Offline>;
    #[doc(hidden)]
    fn online(value: &Value) -> Option<Self::Online>;
}

impl<T: Element> Output for T {
    type Offline = Column<T>;
    type Online = Option<T>;

    fn flow_type() -> FlowType {
        FlowType::row(T::ITEM)
    }

    /// Values given one by one make a column of one row.
    fn offline(value: &Value) -> Option<Column<T>> {
        match value {
            Value::Column(column) => Column::from_array(column),
            single => Some(Column::new([Self::online(single)?])),
        }
    }

    fn online(value: &Value) -> Option<Option<T>> {
        if value.is_null() { Some(None) } else { T::from_value(value).map(Some) }
    }
}

impl<T: Plain> Output for Whole<T> {
    type Offline = Self;
    type Online = Self;

    fn flow_type() -> FlowType {
        FlowType::of::<T>()
    }

    fn offline(value: &Value) -> Option<Self> {
        plain::take(value).map(Whole)
    }

    fn online(value: &Value) -> Option<Self> {
        Self::offline(value)
    }
}

impl<T: Plain> Output for Each<T> {
    type Offline = Self;
    type Online = Self;

    fn flow_type() -> FlowType {
        FlowType::each(Item::of::<T>())
    }

    fn offline(value: &Value) -> Option<Self> {
        let Value::List(values) = value else { return None };
        values.iter().map(plain::take).collect::<Option<_>>().map(Each)
    }

    fn online(value: &Value) -> Option<Self> {
        Self::offline(value)
    }
}

/// A column of whatever type it has: an input that is folded and nothing else.
#[derive(Debug, Clone, Copy)]
pub enum AnyRows {}

impl Output for AnyRows {
    type Offline = ArrayRef;
    type Online = Value;

    fn flow_type() -> FlowType {
        FlowType::row(Item::Any)
    }

    fn offline(value: &Value) -> Option<ArrayRef> {
        if let Value::Column(column) = value { Some(ArrayRef::clone(column)) } else { None }
    }

    fn online(value: &Value) -> Option<Value> {
        Some(value.clone())
    }
}

/// What may be put in the place of a node that makes `Out`: for rows a column, or one value for all of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand for a node that makes `{Out}`",
    note = "a node of rows is replaced by a `Column<T>`, or by one value for all rows; one of the data set by `Whole<T>`"
)]
pub trait Replaces<Out> {
    #[doc(hidden)]
    fn into_value(self) -> Value;
}

impl<T: Element> Replaces<T> for T {
    fn into_value(self) -> Value {
        Element::into_value(self)
    }
}

impl<T: Element> Replaces<T> for Option<T> {
    fn into_value(self) -> Value {
        self.map_or(Value::Null, Element::into_value)
    }
}

impl<T: Element> Replaces<T> for Column<T> {
    fn into_value(self) -> Value {
        Value::Column(self.as_array().clone())
    }
}

impl Replaces<String> for &str {
    fn into_value(self) -> Value {
        self.into()
    }
}

impl<T: Plain> Replaces<Self> for Whole<T> {
    fn into_value(self) -> Value {
        plain::of(self.0)
    }
}

impl<T: Plain> Replaces<Self> for Each<T> {
    fn into_value(self) -> Value {
        self.0.into_iter().map(plain::of).collect::<Vec<_>>().into()
    }
}

/// How an answer of another type than it was asked for is told.
pub(super) fn found(value: &Value) -> String {
    match value {
        Value::Column(column) => format!("a column of {}", column.data_type()),
        other => crate::flow_type::short(other.type_name()),
    }
}
