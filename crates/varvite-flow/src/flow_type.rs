//! What a parameter or a result is: how many values of which type.

use std::any::TypeId;
use std::fmt;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, TimeUnit};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use crate::fold::FoldType;
use crate::value::Value;

/// The type of a parameter or a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowType {
    /// How many values there are, and of what.
    pub shape: Shape,
    /// The type of one value.
    pub item: Item,
    /// Whether nulls are seen (`Option<T>`).
    pub nullable: bool,
    /// Whether it is a list of such items.
    pub list: bool,
}

/// How the values of a parameter or a result relate to the rows of a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// One value for the run: `Whole<T>`, or any value in a graph of values.
    One,
    /// The value of a row; null in, null out.
    Row,
    /// A column folded by an accumulator.
    Folded(FoldType),
    /// The rows of a key within a span, folded by an accumulator.
    Window(FoldType),
    /// The whole column at once.
    Column,
    /// A result whose items are fanned out over the nodes that read it.
    Each,
    /// What was fanned out, collected.
    All,
}

/// The type of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Item {
    /// Not checked.
    Any,
    /// `f64`
    F64,
    /// `f32`
    F32,
    /// `i64`
    I64,
    /// `i32`
    I32,
    /// `u32`
    U32,
    /// `bool`
    Bool,
    /// `String` and `&str`
    Str,
    /// `chrono::NaiveDate`
    Date,
    /// `chrono::NaiveDateTime`
    DateTime,
    /// `chrono::DateTime<Utc>`
    Timestamp,
    /// `arrow`'s `RecordBatch`
    Batch,
    /// Another Rust type.
    Other(TypeId, &'static str),
}

impl Item {
    /// The item type of a Rust type; types of our own become [`Item::Other`].
    pub fn of<T: 'static>() -> Self {
        let known = Self::known(TypeId::of::<T>());
        known.unwrap_or(Self::Other(TypeId::of::<T>(), std::any::type_name::<T>()))
    }

    fn known(id: TypeId) -> Option<Self> {
        let known = [
            (TypeId::of::<f64>(), Self::F64),
            (TypeId::of::<i64>(), Self::I64),
            (TypeId::of::<bool>(), Self::Bool),
            (TypeId::of::<String>(), Self::Str),
            (TypeId::of::<f32>(), Self::F32),
            (TypeId::of::<i32>(), Self::I32),
            (TypeId::of::<u32>(), Self::U32),
            (TypeId::of::<NaiveDate>(), Self::Date),
            (TypeId::of::<NaiveDateTime>(), Self::DateTime),
            (TypeId::of::<DateTime<Utc>>(), Self::Timestamp),
            (TypeId::of::<RecordBatch>(), Self::Batch),
            (TypeId::of::<Value>(), Self::Any),
        ];
        known.into_iter().find(|(known, _)| *known == id).map(|(_, item)| item)
    }

    /// The Arrow type of a column of such values.
    pub fn data_type(self) -> Option<DataType> {
        Some(match self {
            Self::F64 => DataType::Float64,
            Self::F32 => DataType::Float32,
            Self::I64 => DataType::Int64,
            Self::I32 => DataType::Int32,
            Self::U32 => DataType::UInt32,
            Self::Bool => DataType::Boolean,
            Self::Str => DataType::Utf8,
            Self::Date => DataType::Date32,
            Self::DateTime => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Any | Self::Batch | Self::Other(..) => return None,
        })
    }

    /// The type of the values of a column; [`Item::Any`] where rows cannot have them.
    pub fn of_column(data_type: &DataType) -> Self {
        let known = [
            Self::F64,
            Self::I64,
            Self::Bool,
            Self::Str,
            Self::F32,
            Self::I32,
            Self::U32,
            Self::Date,
            Self::DateTime,
            Self::Timestamp,
        ];
        let reads = |item: &Self| item.data_type().is_some_and(|wanted| convertible(data_type, &wanted));
        known.into_iter().find(reads).unwrap_or(Self::Any)
    }

    /// Whether a value that is not null is of this type.
    fn accepts(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Any, _)
            | (Self::F64 | Self::F32, Value::F64(_))
            | (Self::I64, Value::I64(_))
            | (Self::Bool, Value::Bool(_))
            | (Self::Str, Value::Str(_))
            | (Self::Date, Value::Date(_))
            | (Self::DateTime, Value::DateTime(_))
            | (Self::Timestamp, Value::Timestamp(_))
            | (Self::Batch, Value::Batch(_)) => true,
            (Self::I32, Value::I64(value)) => i32::try_from(*value).is_ok(),
            (Self::U32, Value::I64(value)) => u32::try_from(*value).is_ok(),
            // Rows of Arrow become a frame where they are read.
            #[cfg(feature = "polars")]
            (_, Value::Batch(_)) if self == crate::lazy::frame_item() => true,
            (Self::Other(id, _), Value::Other(value)) => {
                let any: &dyn std::any::Any = &**value;
                any.type_id() == id
            }
            _ => false,
        }
    }

    fn name(self) -> String {
        match self {
            Self::Any => "any".to_owned(),
            Self::F64 => "f64".to_owned(),
            Self::F32 => "f32".to_owned(),
            Self::I64 => "i64".to_owned(),
            Self::I32 => "i32".to_owned(),
            Self::U32 => "u32".to_owned(),
            Self::Bool => "bool".to_owned(),
            Self::Str => "String".to_owned(),
            Self::Date => "NaiveDate".to_owned(),
            Self::DateTime => "NaiveDateTime".to_owned(),
            Self::Timestamp => "DateTime<Utc>".to_owned(),
            Self::Batch => "RecordBatch".to_owned(),
            Self::Other(_, name) => short(name),
        }
    }
}

impl FlowType {
    /// One value of any type, unchecked.
    pub const ANY: Self = Self::one(Item::Any);

    /// One value for the run.
    pub const fn one(item: Item) -> Self {
        Self { shape: Shape::One, item, nullable: false, list: false }
    }

    /// The value of a row.
    pub const fn row(item: Item) -> Self {
        Self { shape: Shape::Row, item, nullable: false, list: false }
    }

    /// A whole column.
    pub const fn column(item: Item) -> Self {
        Self { shape: Shape::Column, item, nullable: false, list: false }
    }

    /// Items that are fanned out.
    pub const fn each(item: Item) -> Self {
        Self { shape: Shape::Each, item, nullable: false, list: false }
    }

    /// Items that are collected.
    pub const fn all(item: Item) -> Self {
        Self { shape: Shape::All, item, nullable: false, list: false }
    }

    /// A column folded by an accumulator.
    pub const fn folded(fold: FoldType, item: Item) -> Self {
        Self { shape: Shape::Folded(fold), item, nullable: false, list: false }
    }

    /// The rows of a key within a span, folded by an accumulator.
    pub const fn window(fold: FoldType, item: Item) -> Self {
        Self { shape: Shape::Window(fold), item, nullable: false, list: false }
    }

    /// The same, with nulls seen.
    pub fn optional(self) -> Self {
        Self { nullable: true, ..self }
    }

    /// A list of what this is.
    pub fn list(self) -> Self {
        Self { list: true, ..self }
    }

    /// The type of one Rust value for the run: `Option<f64>` sees nulls, `Vec<f64>` is a list.
    pub fn of<T: 'static>() -> Self {
        let id = TypeId::of::<T>();
        macro_rules! wrapped {
            ($($ty:ty),*) => {$(
                if id == TypeId::of::<Option<$ty>>() { return Self::one(Item::of::<$ty>()).optional(); }
                if id == TypeId::of::<Vec<$ty>>() { return Self::one(Item::of::<$ty>()).list(); }
            )*};
        }
        wrapped!(f64, i64, bool, String, f32, i32, u32, NaiveDate, NaiveDateTime, DateTime<Utc>, RecordBatch, Value);
        Self::one(Item::of::<T>())
    }

    /// Whether this describes something of a data set's rows: a row's value or a whole column.
    pub fn is_of_rows(&self) -> bool {
        matches!(self.shape, Shape::Row | Shape::Column)
    }

    /// Whether a single `value` may stand for this.
    pub fn accepts(&self, value: &Value) -> bool {
        match value {
            Value::Null => self.nullable || self.item == Item::Any || self.shape == Shape::Row,
            Value::List(values) if self.list || matches!(self.shape, Shape::All | Shape::Each) => {
                values.iter().all(|value| self.item.accepts(value))
            }
            _ if self.shape == Shape::Each => false,
            Value::Column(column) if self.is_of_rows() => {
                self.item.data_type().is_none_or(|wanted| convertible(column.data_type(), &wanted))
            }
            _ => (!self.list || self.item == Item::Any) && self.item.accepts(value),
        }
    }

    /// Whether what a node makes may be read by a parameter.
    pub fn feeds(&self, wanted: &Self) -> bool {
        let shapes = match (&self.shape, &wanted.shape) {
            (Shape::One | Shape::Each, Shape::One)
            | (Shape::One, Shape::All)
            | (Shape::Row | Shape::Column, Shape::Row | Shape::Column | Shape::Folded(_) | Shape::Window(_)) => true,
            (Shape::One, _) => self.item == Item::Any,
            (_, Shape::One) => wanted.item == Item::Any && self.shape != Shape::Row,
            _ => false,
        };
        let items = self.item == wanted.item || self.item == Item::Any || wanted.item == Item::Any;
        // Of rows, nulls are no matter of the type: null in, null out.
        let nulls = !self.nullable || wanted.nullable || wanted.item == Item::Any || wanted.shape != Shape::One;
        let lists = self.list == wanted.list || wanted.item == Item::Any || self.item == Item::Any;
        shapes && items && nulls && lists
    }

    /// What an input must be that two parameters read: the tighter of both, or nothing if they contradict each other.
    pub fn both(&self, other: &Self) -> Option<Self> {
        let item = match (self.item, other.item) {
            (Item::Any, item) | (item, Item::Any) => item,
            (one, two) if one == two => one,
            _ => return None,
        };
        let shape = match (self.input_shape(), other.input_shape()) {
            (one, two) if one == two => one,
            (Shape::One, shape) if self.item == Item::Any => shape,
            (shape, Shape::One) if other.item == Item::Any => shape,
            _ => return None,
        };
        let any = self.item == Item::Any || other.item == Item::Any;
        if self.list != other.list && !any {
            return None;
        }
        Some(Self { shape, item, nullable: self.nullable && other.nullable, list: self.list || other.list })
    }

    /// What an input is that is read as this: columns are given as rows' values.
    pub fn input_shape(&self) -> Shape {
        match self.shape {
            Shape::Folded(_) | Shape::Window(_) | Shape::Column => Shape::Row,
            Shape::Each | Shape::All => Shape::One,
            ref shape => shape.clone(),
        }
    }
}

/// The item type of a value that rows may have.
pub(crate) fn item_of_value(value: &Value) -> Option<Item> {
    Some(match value {
        Value::Bool(_) => Item::Bool,
        Value::I64(_) => Item::I64,
        Value::F64(_) => Item::F64,
        Value::Str(_) => Item::Str,
        Value::Date(_) => Item::Date,
        Value::DateTime(_) => Item::DateTime,
        Value::Timestamp(_) => Item::Timestamp,
        Value::Null | Value::List(_) | Value::Column(_) | Value::Batch(_) | Value::Other(_) => return None,
    })
}

/// Whether a column of one type can be read as another: values stay the same, but times go into whole microseconds.
pub(crate) fn convertible(from: &DataType, wanted: &DataType) -> bool {
    match (from, wanted) {
        (DataType::LargeUtf8 | DataType::Utf8View, DataType::Utf8) => true,
        (DataType::Dictionary(_, values), DataType::Utf8) => convertible(values, wanted),
        (DataType::Timestamp(_, from), DataType::Timestamp(_, wanted)) => from.is_some() == wanted.is_some(),
        _ => from == wanted,
    }
}

impl fmt::Display for FlowType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut name = self.item.name();
        if self.list {
            name = format!("Vec<{name}>");
        }
        if self.nullable {
            name = format!("Option<{name}>");
        }
        match &self.shape {
            Shape::One => f.write_str(&name),
            Shape::Row => write!(f, "row {name}"),
            Shape::Folded(fold) => write!(f, "Folded<{}>", fold.name()),
            Shape::Window(fold) => write!(f, "Window<{}>", fold.name()),
            Shape::Column => write!(f, "Column<{name}>"),
            Shape::Each => write!(f, "Each<{name}>"),
            Shape::All => write!(f, "All<{name}>"),
        }
    }
}

/// A type's name without the modules it stands in.
pub(crate) fn short(name: &str) -> String {
    let mut made = String::new();
    let mut word = String::new();
    for letter in name.chars() {
        match letter {
            ':' => word.clear(),
            letter if letter.is_alphanumeric() || letter == '_' => word.push(letter),
            other => {
                made.push_str(&word);
                word.clear();
                made.push(other);
            }
        }
    }
    made + &word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short() {
        assert_eq!(short("alloc::vec::Vec<core::option::Option<f64>>"), "Vec<Option<f64>>");
        assert_eq!(FlowType::of::<Option<String>>().to_string(), "Option<String>");
        assert_eq!(FlowType::row(Item::F64).to_string(), "row f64");
    }

    #[test]
    fn a_value_feeds_what_is_equal_or_wider() {
        let (plain, optional) = (FlowType::of::<i64>(), FlowType::of::<Option<i64>>());
        assert!(plain.feeds(&optional));
        assert!(!optional.feeds(&plain));
        assert!(!plain.feeds(&FlowType::of::<f64>()));
        assert!(plain.feeds(&FlowType::ANY) && FlowType::ANY.feeds(&plain));
        assert!(!plain.feeds(&FlowType::row(Item::I64)));
        assert!(FlowType::row(Item::I64).optional().feeds(&FlowType::row(Item::I64)));
    }

    #[test]
    fn of_two_wishes_the_tighter_wins() {
        let (plain, optional) = (FlowType::of::<i64>(), FlowType::of::<Option<i64>>());
        assert_eq!(plain.both(&optional), Some(plain.clone()));
        assert_eq!(
            optional.both(&FlowType::ANY),
            Some(FlowType::of::<Option<i64>>()).map(|ty| FlowType { nullable: false, ..ty })
        );
        assert_eq!(plain.both(&FlowType::of::<f64>()), None);
        assert_eq!(FlowType::column(Item::F64).both(&FlowType::row(Item::F64)), Some(FlowType::row(Item::F64)));
    }
}
